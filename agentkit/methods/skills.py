"""The skills of an agent; the packages of skills are loaded for agents that have some."""

from collections.abc import Mapping
from typing import Any, TypeVar

from agentkit.late import LateModule
from agentkit.spec import AgentSpec, Holder

A = TypeVar("A", bound=Holder)
_adding = LateModule("agentkit.skills.adding")


def add_skill(
    self: A, skill_name: str | type[object], params: Mapping[str, Any] | None = None
) -> A:
    """Add a skill: its tools, hints, data and sections of the prompt.

    Args:
        skill_name: a built-in skill, or one that `agentkit.skills` was told of; or its class.
        params: the skill's parameters.

    Raises:
        DefinitionError: there is no such skill, it is there already, or it misses a parameter,
            a package or a variable of the environment. The agent is then as it was.
    """
    spec = self._spec
    try:
        spec = _adding.add(self, skill_name, params)
    finally:
        self._spec = spec
    return self


def remove_skill(self: A, skill_name: str) -> A:
    """Remove a skill with all that it added; a name that means none changes nothing.

    Args:
        skill_name: one of `list_skills`, or a skill's name for all of its instances.
    """
    self._spec = _adding.remove(self, skill_name)
    return self


def list_skills(spec: AgentSpec) -> list[str]:
    """Return what the agent's skills are called: their names, or those of their instances."""
    return list(spec.skills)


def has_skill(spec: AgentSpec, skill_name: str) -> bool:
    """Say whether the agent has a skill: one of `list_skills`, or any instance of a name."""
    return bool(_adding.named(spec, skill_name))
