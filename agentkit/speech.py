"""What the model hears and says: languages, hints, pronunciations, as the platform names them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agentkit.errors import DefinitionError

JSON = dict[str, Any]


def language(
    name: str,
    code: str,
    voice: str,
    *,
    speech_fillers: Sequence[str] | None = None,
    function_fillers: Sequence[str] | None = None,
    engine: str | None = None,
    model: str | None = None,
    params: Mapping[str, Any] | None = None,
) -> JSON:
    """Return an entry of `languages`; a voice `engine.voice:model` is taken apart.

    Raises:
        DefinitionError: name, code or voice is empty, or the voice is no text.
    """
    if not (name and code and isinstance(voice, str) and voice):
        raise DefinitionError("a language needs a name, a code and a voice")
    known: JSON = {"name": name, "code": code, **_voice(voice, engine, model)}
    fillers = _fillers(speech_fillers, function_fillers)
    return {**known, **fillers, **({"params": _plain(params)} if params else {})}


def _plain(params: Any) -> Any:
    return dict(params) if isinstance(params, Mapping) else params


def with_params(languages: Sequence[JSON], code: str, params: JSON) -> tuple[JSON, ...]:
    """Return languages of which the one with this code has other voice parameters.

    Raises:
        DefinitionError: there is none with this code.
    """
    if all(each["code"] != code for each in languages):
        raise DefinitionError(f"there is no language with the code {code!r}")
    return tuple({**each, "params": params} if each["code"] == code else each for each in languages)


def pattern_hint(hint: str, pattern: str, replace: str, *, ignore_case: bool) -> JSON:
    """Return a hint that rewrites what was heard.

    Raises:
        DefinitionError: one of the texts is empty or no text, or the flag is none.
    """
    if not _are_texts(hint, pattern, replace):
        raise DefinitionError("a pattern hint needs hint, pattern and replace, all of them texts")
    flag = _flag(ignore_case, "add_pattern_hint")
    return {"hint": hint, "pattern": pattern, "replace": replace, "ignore_case": flag}


def pronunciation(replace: str, with_text: str, *, ignore_case: bool) -> JSON:
    """Return a rule for saying a word.

    Raises:
        DefinitionError: one of the texts is empty or no text, or the flag is none.
    """
    if not _are_texts(replace, with_text):
        raise DefinitionError("a pronunciation needs replace and with_text, both of them texts")
    rule: JSON = {"replace": replace, "with": with_text}
    return {**rule, "ignore_case": True} if _flag(ignore_case, "add_pronunciation") else rule


def _are_texts(*given: object) -> bool:
    return all(isinstance(each, str) and each for each in given)


def _flag(given: object, setting: str) -> bool:
    if not isinstance(given, bool):
        raise DefinitionError(f"{setting}: ignore_case is True or False, not {given!r}")
    return given


def _voice(voice: str, engine: str | None, model: str | None) -> JSON:
    left, dot, right = voice.partition(".")
    spoken, colon, its_model = right.partition(":")
    if not engine and not model and dot and colon:
        return {"voice": spoken, "engine": left, "model": its_model}
    given = {"voice": voice, "engine": engine, "model": model}
    return {key: value for key, value in given.items() if value}


def _fillers(speech: Sequence[str] | None, function: Sequence[str] | None) -> JSON:
    """The platform has a key for each kind, and one for agents that have only one kind."""
    if speech and function:
        return {"speech_fillers": _listed(speech), "function_fillers": _listed(function)}
    only = speech or function
    return {"fillers": _listed(only)} if only else {}


def _listed(given: Any) -> Any:
    """Return a list; what is none stays as it is, a text among it, for the form to refuse."""
    is_list = isinstance(given, Iterable) and not isinstance(given, str)
    return list(given) if is_list else given
