"""All contexts of an agent as one frozen value, as it stands in the agent's spec."""

from collections.abc import Collection, Mapping
from typing import Any, Self

import msgspec

from agentkit import _json, checked
from agentkit.contexts import forms
from agentkit.contexts.checking import PATH, Surroundings, Written, check
from agentkit.contexts.values import ContextSpec, StepSpec
from agentkit.errors import DefinitionError
from agentkit.place import Place

JSON = dict[str, Any]


class ContextsSpec(msgspec.Struct, frozen=True):
    """Contexts by name, in the order they were added."""

    contexts: dict[str, ContextSpec] = {}

    def with_context(self, context: ContextSpec) -> Self:
        """Return a copy in which a context is added, or stands for the one of its name."""
        return type(self)({**self.contexts, context.name: context})

    def context(self, name: str) -> ContextSpec:
        """Return the context of a name.

        Raises:
            DefinitionError: it is there no more.
        """
        try:
            return self.contexts[name]
        except KeyError:
            raise DefinitionError(f"the context {name!r} was removed") from None

    def to_swml(
        self,
        agent: str,
        tools: Mapping[str, Written],
        others: Collection[str] = (),
        *,
        is_open: bool = False,
    ) -> JSON:
        """Return the contexts as they stand in the document; they are shared, so copy them.

        Args:
            agent: the agent's name, for what is said when they are wrong.
            tools: its tools by name.
            others: the names of its native and included functions.
            is_open: functions are found during the call, so every name may be one.

        Raises:
            DefinitionError: they do not hold together.
        """
        check(self.contexts, Surroundings(agent, tools, others, is_open))
        return self._swml()

    def to_dict(self) -> JSON:
        """Return a copy of the contexts as plain data, unchecked."""
        found: JSON = _json.to_builtins(self._swml())
        return found

    def _swml(self) -> JSON:
        return {name: context.to_swml() for name, context in self.contexts.items()}


def read(given: object, agent: str | None, line: str) -> ContextsSpec:
    """Return contexts written as a dict, in the form that they have in the document.

    Raises:
        DefinitionError: a field is not what it should be.
    """
    place = Place(PATH, agent, line)
    found = checked.mapping(place, given)
    if not found:
        raise place.error("there must be at least one context")
    return ContextsSpec(
        {name: _context(place.at(name), name, each) for name, each in found.items()}
    )


def _context(place: Place, name: str, given: object) -> ContextSpec:
    checked.name(place, name)
    written = given.to_dict() if hasattr(given, "to_dict") else given
    fields = checked.mapping(place, written)
    steps = checked.items(place.at("steps"), fields.pop("steps", ()))
    read_steps = [_step(place.at("steps").at(index), each) for index, each in enumerate(steps)]
    for index, step in enumerate(read_steps):
        if any(step.name == other.name for other in read_steps[:index]):
            raise place.at("steps").at(index).error(f"there is a step {step.name!r} already")
    known = checked.fields(place, fields, forms.CONTEXT)
    return ContextSpec(name, tuple(read_steps), known, lines={"": place.line or ""})


def _step(place: Place, given: object) -> StepSpec:
    written = given.to_dict() if hasattr(given, "to_dict") else given
    fields = checked.fields(place, written, forms.STEP)
    name = fields.pop("name", None)
    if name is None:
        raise place.error("a step needs a name")
    return StepSpec(name, fields, lines={"": place.line or ""})
