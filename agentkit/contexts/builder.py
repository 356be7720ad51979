"""Builds the contexts of an agent; what it builds is at once part of the agent."""

from collections.abc import Mapping
from typing import Any, Self

from agentkit import checked
from agentkit.contexts.cells import Alone, Cell, OfAgent
from agentkit.contexts.checking import MAX_CONTEXTS, PATH
from agentkit.contexts.context import Context
from agentkit.contexts.spec import ContextsSpec, read
from agentkit.contexts.step import Step
from agentkit.contexts.values import ContextSpec
from agentkit.place import Place, caller

JSON = dict[str, Any]


class ContextBuilder:
    """The contexts of an agent, to be changed.

    Every method changes the agent at once, as the agent's own setters do. A builder of a copy of an
    agent (the one that per-call configuration gets) changes the copy.

    Args:
        agent: the agent; None builds contexts for `define_contexts` of one that comes later.
    """

    __slots__ = ("_cell",)

    def __init__(self, agent: Any = None) -> None:
        self._cell: Cell = Alone(ContextsSpec()) if agent is None else OfAgent(agent)

    def add_context(self, name: str) -> Context:
        """Add a context and return it; a context that is the only one is named `default`.

        Raises:
            DefinitionError: there is a context of this name, or 50 contexts already.
        """
        contexts, line = self._cell.get(), caller()
        place = Place(PATH, self._cell.agent, line)
        known = checked.name(place, name)
        if known in contexts.contexts:
            raise place.at(known).error("there is a context of this name already")
        if len(contexts.contexts) >= MAX_CONTEXTS:
            raise place.at(known).error(f"there may be at most {MAX_CONTEXTS} contexts")
        self._cell.put(contexts.with_context(ContextSpec(known, lines={"": line})))
        return Context(known, self._cell)

    def get_context(self, name: str) -> Context | None:
        """Return a context, None when there is none of this name."""
        return Context(name, self._cell) if name in self._cell.get().contexts else None

    def define(self, contexts: "Mapping[str, Any] | ContextBuilder") -> Self:
        """Replace all contexts.

        Args:
            contexts: a dict in the form of the document, whose values may be `Context`s, or what
                another builder has built.

        Raises:
            DefinitionError: a field is not what it should be.
        """
        if isinstance(contexts, ContextBuilder):
            self._cell.put(contexts._cell.get())  # noqa: SLF001 - of the same class
        else:
            self._cell.put(read(contexts, self._cell.agent, caller()))
        return self

    def reset(self) -> Self:
        """Forget all contexts."""
        self._cell.put(ContextsSpec())
        return self

    def validate(self) -> None:
        """Check that the contexts hold together, as far as they can be judged by themselves.

        Functions are checked when the agent is compiled.

        Raises:
            DefinitionError: they do not.
        """
        self._cell.get().to_swml(self._cell.agent or "", {}, is_open=True)

    def to_dict(self) -> JSON:
        """Return the contexts as they stand in the document.

        Raises:
            DefinitionError: they do not hold together.
        """
        self.validate()
        return self._cell.get().to_dict()


def rebind(copy: object, original: object) -> None:
    """Have the builders that a copy of an agent keeps as attributes change the copy.

    An attribute that was set on the original would otherwise change the original, also when it is
    reached through the copy.
    """
    for name, value in vars(copy).items():
        if isinstance(value, ContextBuilder | Context | Step):
            cell = value._cell  # noqa: SLF001 - of this package
            if isinstance(cell, OfAgent) and cell.owner is original:
                setattr(copy, name, _rebound(value, OfAgent(copy)))


def _rebound(value: ContextBuilder | Context | Step, cell: Cell) -> object:
    if isinstance(value, Step):
        return Step(value.name, value._context, cell)  # noqa: SLF001 - of this package
    if isinstance(value, Context):
        return Context(value.name, cell)
    builder = ContextBuilder()
    builder._cell = cell  # noqa: SLF001 - of the same class
    return builder
