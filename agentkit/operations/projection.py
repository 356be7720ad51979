"""Show the model a part of the call's state: the visible fields, in `global_data`.

Only what differs from what the model sees already is set or unset, on the answer of the tool that
changed it. Values are escaped: a caller's words must not open an expression of the platform (D13).
"""

from collections.abc import Sequence
from typing import Any

from agentkit._log import log
from agentkit.context import Call
from agentkit.errors import StateError
from agentkit.escape import escape_all
from agentkit.operations.results import answer_of

JSON = dict[str, Any]


async def projected(result: object, visible: Sequence[str], call: Call) -> JSON:
    """Return a tool's answer with the actions that bring the visible fields up to date."""
    answer = answer_of(result)
    try:
        state = (await call.state.snapshot()).data or {}
    except StateError as error:
        log.exception("state_not_projected", error)
        return answer
    actions = changes({k: escape_all(state[k]) for k in visible if k in state}, visible, call)
    given = answer.get("action", [])
    own = given if isinstance(given, list) else [given]
    return {**answer, "action": [*own, *actions]} if actions else answer


def changes(wanted: JSON, visible: Sequence[str], call: Call) -> list[JSON]:
    """Return the fewest actions that make the model see what is wanted."""
    known = call.global_data
    new = {k: value for k, value in wanted.items() if k not in known or known[k] != value}
    gone = [name for name in visible if name in known and name not in wanted]
    set_new: list[JSON] = [{"set_global_data": new}] if new else []
    return set_new + ([{"unset_global_data": gone}] if gone else [])
