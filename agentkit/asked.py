"""Prompts that an author's methods tell: `get_prompt` and `get_post_prompt`, when overridden.

They are asked whenever the agent's document is needed; as long as they tell the same, the document
that was compiled before is served.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from agentkit.errors import DefinitionError
from agentkit.hooks import is_overridden
from agentkit.prompt import Prompt, checked
from agentkit.spec import AgentSpec

Ask = Callable[[], Any]


class AskedPrompts:
    """The spec that results from what was told last."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: tuple[AgentSpec, object, AgentSpec] | None = None

    def spec(self, spec: AgentSpec, get_prompt: Ask, get_post_prompt: Ask) -> AgentSpec:
        """Return the spec with the prompts that the methods tell.

        Raises:
            DefinitionError: one tells neither text nor sections.
        """
        told = (
            get_prompt() if is_overridden(get_prompt) else None,
            get_post_prompt() if is_overridden(get_post_prompt) else None,
        )
        last = self._last
        if last is not None and last[0] is spec and last[1] == told:
            return last[2]
        made = spec.changed(
            prompt=_prompt_told(spec.prompt, told[0]),
            post_prompt=_post_prompt_told(spec.post_prompt, told[1]),
        )
        self._last = (spec, told, made)
        return made


def _prompt_told(known: Prompt, told: object) -> Prompt:
    if told is None:
        return known
    if isinstance(told, str):
        return replace(known, text=told, sections=())
    if isinstance(told, list | tuple):
        return replace(known, text="", sections=tuple(map(checked, told)))
    raise DefinitionError(f"get_prompt returned a {type(told).__name__}, not text or sections")


def _post_prompt_told(known: Prompt, told: object) -> Prompt:
    if told is None:
        return known
    if isinstance(told, str):
        return replace(known, text=told)
    raise DefinitionError(f"get_post_prompt returned a {type(told).__name__}, not text")
