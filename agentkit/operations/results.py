"""What a tool returned, made into the answer that the platform takes (D9 of the design)."""

from typing import Any

from agentkit import _json
from agentkit.errors import EncodingError
from agentkit.escape import escape_all
from agentkit.swaig.result import SwaigFunctionResult

JSON = dict[str, Any]

DONE = "Function executed successfully"
"""Said to the model when a tool returns nothing, in the vendor's words."""

_ODD = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
_ANSWER_KEYS = {"response", "action", "post_process"}


def answer_of(result: object) -> JSON:
    """Return the answer for any result of a tool.

    A `SwaigFunctionResult` and a dict with an answer's keys stand as they are, text is the
    response, None says that it was done; everything else is told to the model as JSON.

    Raises:
        EncodingError: JSON cannot carry it.
    """
    if isinstance(result, SwaigFunctionResult):
        return _own_answer(result)
    if result is None:
        return {"response": DONE}
    if isinstance(result, str):
        return {"response": result}
    if isinstance(result, dict) and (not result or _ANSWER_KEYS & result.keys()):
        return result
    return {"response": _json.encode(result).decode()}


def _own_answer(result: SwaigFunctionResult) -> JSON:
    """An author's own kind of result may fail at saying what it is."""
    try:
        return result.to_dict()
    except _ODD as error:
        raise EncodingError("the result's own to_dict failed") from error


def encoded(result: object, *, strict: bool) -> bytes:
    """Return the answer as bytes, escaped when templates are strict (D13).

    Raises:
        EncodingError: JSON cannot carry it.
    """
    if type(result) is str and not strict:  # what most tools return
        return _json.encode({"response": result})
    try:
        answer = answer_of(result)
        return _json.encode(escape_all(answer) if strict else answer)
    except EncodingError:
        raise
    except _ODD as error:  # a result that is too deep to escape
        raise EncodingError("JSON cannot carry this result") from error
