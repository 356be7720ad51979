"""What is kept for a call: its state by its id, for plain code anywhere, and its inbox.

Inside a tool the call remembers which version was read, so that `update_state` can merge.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from agentkit.context import current_call
from agentkit.late import LateModule
from agentkit.state.manager import StateManager

if TYPE_CHECKING:
    from agentkit.inbox import Inbox

JSON = dict[str, Any]
_inbox = LateModule("agentkit.inbox")


class Keeper(Protocol):
    """An agent that keeps the state of calls."""

    clock: Callable[[], float]

    @property
    def states(self) -> StateManager:
        """Where it is kept."""
        ...

    def set_state(self, call_id: str, state: JSON) -> None:
        """Replace a call's state."""
        ...


def get_state(self: Keeper, call_id: str) -> JSON | None:
    """Return a copy of a call's state, None when there is none.

    Inside a tool the version is remembered, so that `update_state` can tell what the tool
    changed from what others changed meanwhile.

    Raises:
        StateError: it cannot be read.
    """
    seen = _states_of(self, call_id).snapshot(call_id)
    call = current_call()
    if call is not None:
        call.seen[call_id] = seen
    return seen.data


def update_state(self: Keeper, call_id: str, state: JSON) -> JSON:
    """Write a call's state and return a copy of it.

    After `get_state` in the same tool, `state` is the whole new state, merged with what others
    wrote since; without it, `state` is merged into what is stored.

    Raises:
        StateError: it cannot be written; see `StateManager.update_state`.
    """
    call, states = current_call(), _states_of(self, call_id)
    seen = call.seen.get(call_id) if call is not None else None
    if call is None or seen is None:
        return states.update_state(call_id, state)
    swapped = states.swap_state(call_id, state, seen)
    call.seen[call_id] = swapped.seen
    return swapped.state


def set_state(self: Keeper, call_id: str, state: JSON) -> None:
    """Replace a call's state, whatever it is.

    Raises:
        StateError: it cannot be written; see `StateManager.set_state`.
    """
    written = _states_of(self, call_id).set_state(call_id, state)
    call = current_call()
    if call is not None:
        call.seen[call_id] = written


def clear_state(self: Keeper, call_id: str) -> None:
    """Empty a call's state; the call may go on writing.

    Raises:
        StateError: it cannot be written.
    """
    self.set_state(call_id, {})


def delete_state(self: Keeper, call_id: str) -> bool:
    """Delete a call's state and say whether there was any; later writes raise `CallEnded`.

    Raises:
        StateError: the store cannot be reached.
    """
    return _states_of(self, call_id).delete_state(call_id)


def cleanup_expired_state(self: Keeper) -> int:
    """Collect what has expired in the store and return how many records that were.

    Raises:
        StateError: the store cannot be reached.
    """
    return self.states.cleanup_expired()


def inbox_of(agent: Keeper) -> "Inbox":
    """Return the inboxes of all conversations."""
    inbox: Inbox = _inbox.Inbox(agent.states, agent.clock)
    return inbox


def _states_of(agent: Keeper, call_id: str) -> StateManager:
    """A `once` tool sees the state of its own call with what it has changed itself."""
    call = current_call()
    return call.states if call is not None and call.call_id == call_id else agent.states
