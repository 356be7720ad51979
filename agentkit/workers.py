"""Whether the processes that serve an agent share its state."""

from typing import TYPE_CHECKING, Protocol

from agentkit.errors import DefinitionError

if TYPE_CHECKING:
    from agentkit.state.manager import StateManager


class Stateful(Protocol):
    """An agent, as far as its state goes."""

    @property
    def name(self) -> str:
        """The agent's name."""
        ...

    @property
    def needs_state(self) -> bool:
        """Whether its author asked for call state."""
        ...

    @property
    def states(self) -> "StateManager":
        """Where it is kept."""
        ...


def check_workers(agent: Stateful, workers: int) -> None:
    """Refuse several processes whose state only one of them would have.

    Raises:
        DefinitionError: the agent needs state and keeps it in memory.
    """
    if workers > 1 and agent.needs_state and not agent.states.capabilities.shared_between_processes:
        raise DefinitionError(
            f"agent {agent.name!r} keeps call state in memory, which {workers} workers do not "
            "share: pass state='sqlite:///calls.db' or another store"
        )
