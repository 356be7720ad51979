"""What a webhook's answer says: the response for the model and the actions for the platform.

An answer is `{response?, action?, post_process?}` (facts 3.4). Whatever else comes is a failure of
the function; the call goes on, and the model is told in a sentence that it failed.
"""

from typing import Any

from msgspec import Struct

from agentkit.loopback.ai.reading import Reader
from agentkit.loopback.trace import Concern
from agentkit.loopback.webhook import Answer

JSON = dict[str, Any]

FAILED = "There was an error processing this request."
"""What the model is told of a function that failed (facts 5.1)."""

MAX_BYTES = 8 * 1024 * 1024
"""Longest answer that is read."""

_OK = range(200, 300)
_PARTS = frozenset({"response", "action", "post_process"})


class Told(Struct, frozen=True):
    """What was answered.

    Attributes:
        response: what the model is told.
        actions: what the platform is asked to do, in order.
        later: whether the actions wait until the model has spoken (`post_process`).
        error: why there is no answer, "" when there is one.
        raw: the answer as it came.
    """

    response: str = ""
    actions: tuple[JSON, ...] = ()
    later: bool = False
    error: str = ""
    raw: JSON | None = None


def read_answer(answer: Answer, reader: Reader, function: str, *, plain: bool = False) -> Told:
    """Return what an HTTP answer says; `plain` ones have only a text and actions."""
    error = _failure(answer)
    if error:
        return Told(FAILED, error=error)
    try:
        body = answer.json()
    except ValueError:
        return Told(FAILED, error="not_json")
    if not isinstance(body, dict):
        return Told(FAILED, error="not_an_object")
    if plain:
        body = _plain(body, reader, function)
    return read_output(body, reader, function)


def read_output(body: JSON, reader: Reader, function: str) -> Told:
    """Return what the object of an answer says."""
    for key in body.keys() - _PARTS:
        reader.warn(
            Concern.UNREAD, f"{function}: {key!r} in the answer means nothing to the platform"
        )
    response = _response(body.get("response"), reader, function)
    later = reader.flag(body.get("post_process"), f"{function}: post_process")
    return Told(response, tuple(_actions(body, reader, function)), later, "", body)


def _failure(answer: Answer) -> str:
    if answer.error:
        return answer.error
    if answer.status not in _OK:
        return f"http_{answer.status}"
    return "too_long" if len(answer.body) > MAX_BYTES else ""


def _response(given: object, reader: Reader, function: str) -> str:
    if isinstance(given, dict):
        path = f"{function}: response"
        parts = (reader.text(given.get(key), f"{path}.{key}") for key in _RESULT)
        return "\n".join(part for part in parts if part)
    return reader.text(given, f"{function}: response")


def _plain(body: JSON, reader: Reader, function: str) -> JSON:
    """Return an answer without what `amazon_bedrock` does not take (facts 1.6)."""
    if "post_process" in body:
        reader.warn(Concern.UNREAD, f"{function}: post_process means nothing here")
    response = reader.text(body.get("response"), f"{function}: response")
    kept = {key: value for key, value in body.items() if key != "post_process"}
    return {**kept, "response": response}


_RESULT = ("tool_result", "tool_prompt")


def _actions(body: JSON, reader: Reader, function: str) -> list[JSON]:
    given = body.get("action")
    if isinstance(given, dict):
        return [given]
    return [action for _, action in reader.objects(given, f"{function}: action")]
