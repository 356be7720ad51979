"""Where a builder reads the contexts that it changes, and where it puts them back.

A builder holds no contexts itself: every method reads the current value, makes a changed one and
puts it in place, as every setter of an agent does. So a builder may be used at any time, a request
keeps the value it began with, and what is built on a copy of an agent stays there.
"""

from typing import Any, Protocol

from agentkit.contexts.spec import ContextsSpec


class Cell(Protocol):
    """A variable that holds contexts."""

    @property
    def agent(self) -> str | None:
        """The name of the agent whose contexts these are."""
        ...

    def get(self) -> ContextsSpec:
        """Return the current contexts."""
        ...

    def put(self, contexts: ContextsSpec) -> None:
        """Put changed contexts in place."""
        ...


class Alone:
    """Contexts that belong to no agent yet."""

    agent = None

    def __init__(self, contexts: ContextsSpec) -> None:
        self._contexts = contexts

    def get(self) -> ContextsSpec:
        """Return the current contexts."""
        return self._contexts

    def put(self, contexts: ContextsSpec) -> None:
        """Put changed contexts in place."""
        self._contexts = contexts


class OfAgent:
    """The contexts in the spec of an agent."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    @property
    def agent(self) -> str:
        """The agent's name."""
        name: str = self.owner.name
        return name

    def get(self) -> ContextsSpec:
        """Return the current contexts, none when nothing was defined yet."""
        return self.owner.spec.contexts or ContextsSpec()

    def put(self, contexts: ContextsSpec) -> None:
        """Put changed contexts in place."""
        self.owner.set_contexts(contexts)
