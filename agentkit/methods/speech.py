"""What the model hears and says: languages, hints and pronunciations."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from agentkit import speech
from agentkit.late import LateModule
from agentkit.spec import AgentSpec, plain, texts

if TYPE_CHECKING:

    class Hearing(Protocol):
        """An agent that takes hints."""

        def add_hints(self, hints: Sequence[str]) -> Self:
            """Add words that speech recognition should expect."""
            ...


JSON = dict[str, Any]
_shapes = LateModule("agentkit.shapes")


A = TypeVar("A", bound="Hearing")


def add_language(
    spec: AgentSpec,
    name: str,
    code: str,
    voice: str,
    speech_fillers: Sequence[str] | None = None,
    function_fillers: Sequence[str] | None = None,
    engine: str | None = None,
    model: str | None = None,
    params: Mapping[str, Any] | None = None,
) -> AgentSpec:
    """Add a language with its voice; a voice may be written `engine.voice:model`."""
    added = speech.language(
        name,
        code,
        voice,
        speech_fillers=speech_fillers,
        function_fillers=function_fillers,
        engine=engine,
        model=model,
        params=params,
    )
    return spec.adding("languages", *_shaped(spec, "languages", [plain(added, "add_language")]))


def set_languages(spec: AgentSpec, languages: Sequence[Mapping[str, Any]]) -> AgentSpec:
    """Replace all languages with entries in the platform's form."""
    return spec.changed(languages=tuple(_shaped(spec, "languages", languages)))


def set_language_params(spec: AgentSpec, code: str, params: Mapping[str, Any]) -> AgentSpec:
    """Set the voice's parameters of the language with this code, such as `stability`.

    Raises:
        DefinitionError: there is no such language, or a parameter is not within its limits.
    """
    given = _shaped(spec, "voice", params, "languages.params")
    return spec.changed(languages=speech.with_params(spec.languages, code, given))


def get_language_params(spec: AgentSpec, code: str) -> JSON | None:
    """Return a copy of the voice's parameters of the language with this code, if it has any."""
    found = (each for each in spec.languages if each["code"] == code)
    return dict(next(found, {}).get("params", {})) or None


def set_multilingual(spec: AgentSpec, config: Mapping[str, Any]) -> AgentSpec:
    """Let the platform detect the language; this overrides `add_language`.

    Args:
        config: `languages` (codes, or dicts with `language` and a voice), and what rules the
            switch between them; an empty dict forgets it.

    Raises:
        DefinitionError: a field is not what it should be.
    """
    if not config:
        return spec.changed(multilingual=None)
    return spec.changed(multilingual=_shaped(spec, "multilingual", config))


def add_hint(self: A, hint: str) -> A:
    """Add a word that speech recognition should expect."""
    return self.add_hints([hint])


def add_hints(spec: AgentSpec, hints: Sequence[str]) -> AgentSpec:
    """Add words that speech recognition should expect; empty ones are left out."""
    return spec.adding("hints", *(hint for hint in texts(hints, "add_hints") if hint))


def add_pattern_hint(
    spec: AgentSpec, hint: str, pattern: str, replace: str, ignore_case: bool = False
) -> AgentSpec:
    """Replace what was heard as `pattern` (a regular expression) with `replace`."""
    made = speech.pattern_hint(hint, pattern, replace, ignore_case=ignore_case)
    return spec.adding("hints", made)


def add_pronunciation(
    spec: AgentSpec, replace: str, with_text: str, ignore_case: bool = False
) -> AgentSpec:
    """Say a word in another way."""
    rule = speech.pronunciation(replace, with_text, ignore_case=ignore_case)
    return spec.adding("pronunciations", rule)


def set_pronunciations(spec: AgentSpec, pronunciations: Sequence[Mapping[str, Any]]) -> AgentSpec:
    """Replace all pronunciations with entries in the platform's form."""
    return spec.changed(pronunciations=tuple(_shaped(spec, "pronounce", pronunciations)))


def _shaped(spec: AgentSpec, form: str, given: object, path: str = "") -> Any:
    """Return a checked copy of what is written in one of the platform's forms."""
    return _shapes.shaped(form, given, spec.name, f"ai.{path or form}")
