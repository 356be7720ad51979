"""What the model is told: the prompt, its contexts, the post prompt, how answers are sampled."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from msgspec.structs import replace

from agentkit import prompt
from agentkit.late import LateModule
from agentkit.prompt import Section
from agentkit.spec import AgentSpec, Holder, plain_dict, text_of

if TYPE_CHECKING:
    from agentkit.contexts import ContextBuilder
    from agentkit.contexts.spec import ContextsSpec

JSON = dict[str, Any]
A = TypeVar("A", bound=Holder)
_builder = LateModule("agentkit.contexts.builder")
_parameters = LateModule("agentkit.parameters")


def set_prompt_text(spec: AgentSpec, text: str) -> AgentSpec:
    """Set the prompt's free text; it comes before any sections."""
    told = text_of(text, "set_prompt_text")
    return spec.changed(prompt=replace(spec.prompt, text=told))


def set_prompt_pom(spec: AgentSpec, pom: Sequence[Mapping[str, Any]]) -> AgentSpec:
    """Replace all sections of the prompt."""
    return _with_sections(spec, tuple(prompt.checked(section) for section in pom))


def prompt_add_section(
    spec: AgentSpec,
    title: str,
    body: str = "",
    bullets: Sequence[str] | None = None,
    numbered: bool = False,
    numbered_bullets: bool = False,
    subsections: Sequence[Mapping[str, Any]] | None = None,
) -> AgentSpec:
    """Add a section at the end of the prompt."""
    added = prompt.section(
        title,
        body,
        bullets,
        numbered=numbered,
        numbered_bullets=numbered_bullets,
        subsections=subsections,
    )
    return _with_sections(spec, (*spec.prompt.sections, added))


def prompt_add_subsection(
    spec: AgentSpec,
    parent_title: str,
    title: str,
    body: str = "",
    bullets: Sequence[str] | None = None,
) -> AgentSpec:
    """Add a subsection to the section titled parent_title, which is made when missing."""
    sub = prompt.section(title, body, bullets)
    return _with_sections(spec, prompt.add_subsection(spec.prompt.sections, parent_title, sub))


def prompt_add_to_section(
    spec: AgentSpec,
    title: str,
    body: str | None = None,
    bullet: str | None = None,
    bullets: Sequence[str] | None = None,
) -> AgentSpec:
    """Add a paragraph or bullets to a section, which is made when missing."""
    points = [*([bullet] if bullet else []), *prompt.points(title, bullets or ())]
    added = prompt.add_to_section(spec.prompt.sections, title, body or "", points)
    return _with_sections(spec, added)


def prompt_has_section(spec: AgentSpec, title: str) -> bool:
    """Say whether the prompt has a section with this title, at any level."""
    return prompt.has_section(spec.prompt.sections, title)


def set_prompt_llm_params(spec: AgentSpec, /, **params: Any) -> AgentSpec:
    """Set sampling parameters of the prompt, such as `temperature` and `top_p`."""
    merged = {**spec.prompt.parameters, **_sampling(spec, params, "prompt")}
    return spec.changed(prompt=replace(spec.prompt, parameters=merged))


def set_post_prompt(spec: AgentSpec, text: str) -> AgentSpec:
    """Set what the model is asked after the call; `on_summary` gets its answer."""
    told = text_of(text, "set_post_prompt")
    return spec.changed(post_prompt=replace(spec.post_prompt, text=told))


def set_post_prompt_llm_params(spec: AgentSpec, /, **params: Any) -> AgentSpec:
    """Set sampling parameters of the post prompt."""
    merged = {**spec.post_prompt.parameters, **_sampling(spec, params, "post_prompt")}
    return spec.changed(post_prompt=replace(spec.post_prompt, parameters=merged))


@overload
def define_contexts(self: Holder, contexts: None = None) -> "ContextBuilder": ...


@overload
def define_contexts(self: A, contexts: "Mapping[str, Any] | ContextBuilder") -> A: ...


def define_contexts(
    self: A, contexts: "Mapping[str, Any] | ContextBuilder | None" = None
) -> "ContextBuilder | A":
    """Return the builder of the agent's contexts; with contexts, replace all by them.

    Args:
        contexts: contexts by name, in the form of the document or as `Context`s, or what
            another builder has built; the agent is returned then.

    Raises:
        DefinitionError: a field of them is not what it should be. That they hold together is
            checked when the agent is compiled.
    """
    builder: ContextBuilder = _builder.ContextBuilder(self)
    if contexts is None:
        return builder
    builder.define(contexts)
    return self


def set_contexts(spec: AgentSpec, contexts: "ContextsSpec | None") -> AgentSpec:
    """Put contexts in place that were built before, as one value."""
    return spec.changed(contexts=contexts)


def reset_contexts(spec: AgentSpec) -> AgentSpec:
    """Forget all contexts."""
    return spec.changed(contexts=None)


def _with_sections(spec: AgentSpec, sections: tuple[Section, ...]) -> AgentSpec:
    return spec.changed(prompt=replace(spec.prompt, sections=sections))


def _sampling(spec: AgentSpec, params: JSON, prompt_name: str) -> JSON:
    given = plain_dict(params, prompt_name)
    _parameters.check_sampling(given, spec.name, prompt_name)
    return given
