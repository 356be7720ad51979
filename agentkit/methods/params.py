"""Settings and data of the model: parameters of the `ai` verb, global data, debug events."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from agentkit.errors import DefinitionError
from agentkit.late import LateModule
from agentkit.parameters import check_params
from agentkit.spec import AgentSpec, plain_dict

if TYPE_CHECKING:
    from agentkit.swml.ai_params import AiParams

    class Named(Protocol):
        """An agent that takes parameters and data."""

        @property
        def name(self) -> str:
            """The agent's name."""
            ...

        def set_params(self, params: "Mapping[str, Any] | AiParams") -> Self:
            """Set parameters of the `ai` verb."""
            ...

        def set_global_data(self, data: Mapping[str, Any]) -> Self:
            """Set data that prompts and tools see."""
            ...


JSON = dict[str, Any]
DEBUG_LEVELS = (0, 1, 2)
_gates = LateModule("agentkit.gates")


A = TypeVar("A", bound="Named")


def set_param(self: A, key: str, value: Any) -> A:
    """Set one parameter of the `ai` verb."""
    return self.set_params({key: value})


def set_params(spec: AgentSpec, params: "Mapping[str, Any] | AiParams") -> AgentSpec:
    """Set parameters of the `ai` verb, as a dict or typed (`AiParams`); others stay."""
    given = plain_dict(params, "set_params")
    check_params(given, spec.name)
    return spec.merging("params", given)


def set_semantic_gates(
    self: A,
    enabled: bool | None = None,
    timeout_ms: int | None = None,
    history: int | None = None,
) -> A:
    """Rule the gates of all tools; what is None stays as it is.

    Args:
        enabled: whether gates are asked at all.
        timeout_ms: how long the platform waits for their answers, 500 to 10000 (2500).
        history: how many turns of the conversation they see, 0 to 100 (20).

    Raises:
        DefinitionError: one is not within its limits.
    """
    return self.set_params(_gates.parameters(self.name, enabled, timeout_ms, history))


def set_global_data(spec: AgentSpec, data: Mapping[str, Any]) -> AgentSpec:
    """Set data that prompts and tools see during the call; other keys stay."""
    return spec.merging("global_data", plain_dict(data, "set_global_data"))


def update_global_data(self: A, data: Mapping[str, Any]) -> A:
    """Do what `set_global_data` does."""
    return self.set_global_data(data)


def enable_debug_events(spec: AgentSpec, level: int = 1) -> AgentSpec:
    """Have the platform post what happens in a call to `/debug_events`.

    Args:
        level: 1 for what happens, 2 with each request to the model as well, 0 for nothing.

    Raises:
        DefinitionError: the level is another.
    """
    if isinstance(level, bool) or level not in DEBUG_LEVELS:
        raise DefinitionError(f"enable_debug_events: level is 0, 1 or 2, not {level!r}")
    return spec.changed(debug_level=level)
