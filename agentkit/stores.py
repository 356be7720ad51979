"""Which store an agent keeps its state in, and whether it can be trusted with it."""

import os
from collections.abc import Callable, Mapping

from agentkit.access import Access
from agentkit.errors import DefinitionError
from agentkit.state.base import BlockingBackend, StateBackend
from agentkit.state.manager import StateManager
from agentkit.state.memory import MemoryState
from agentkit.state.opening import default_url, open_url

Store = StateManager | StateBackend | BlockingBackend | str


def manager_of(
    given: Store | None,
    *,
    tracked: bool,
    clock: Callable[[], float],
    environ: Mapping[str, str] = os.environ,
) -> StateManager:
    """Return the manager of an agent: given, from `AGENTKIT_STATE`, of this host, or in memory.

    Raises:
        DefinitionError: it is no store, or a URL that names none.
    """
    if isinstance(given, StateManager):
        return given
    is_store = isinstance(given, StateBackend | BlockingBackend | str | None)
    if not is_store or isinstance(given, type):
        raise DefinitionError(f"state_manager= takes a manager, a backend or a URL, not {given!r}")
    if not given and environ.get("AGENTKIT_STATE"):
        return _of_environment(environ["AGENTKIT_STATE"])
    chosen = given or (default_url() if tracked else None)
    if chosen is None:
        return in_memory(clock)
    return StateManager(open_url(chosen) if isinstance(chosen, str) else chosen)


def _of_environment(url: str) -> StateManager:
    try:
        return StateManager(open_url(url))
    except DefinitionError as error:
        raise DefinitionError(f"AGENTKIT_STATE: {error}") from error


def in_memory(clock: Callable[[], float]) -> StateManager:
    """Return the manager of an agent that nobody gave a store."""
    return StateManager(MemoryState(clock=clock))


def check_secret(states: StateManager, access: Access) -> None:
    """Refuse to share calls between hosts whose tokens the other hosts cannot verify.

    Raises:
        DefinitionError: the secret is a file of this host.
    """
    if states.capabilities.shared_between_hosts and access.secret_is_local:
        raise DefinitionError(
            "hosts that share state must share the secret of their tokens: set AGENTKIT_SECRET"
        )
