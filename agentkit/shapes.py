"""What authors write in the platform's own form, checked field by field (facts 1.4).

One table a form. Keys that are not in a table are kept: the platform may know more than agentkit.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from agentkit import checked, urls
from agentkit.checked import Check
from agentkit.place import Place, caller

JSON = dict[str, Any]

MAX_CODES = 3
EMOTIONS = ("happy", "sad", "angry", "fearful", "disgusted", "surprised", "neutral")


def shaped(form: str, given: object, agent: str | None, path: str) -> Any:
    """Return a checked copy of what an author wrote.

    Args:
        form: the name of the form: one of `FORMS`.
        given: what was written.
        agent: the agent's name, None while there is none.
        path: where it stands in the document.

    Raises:
        DefinitionError: a field is not what it should be; it tells the agent, the path and the
            line.
    """
    return FORMS[form](Place(path, agent, caller()), given)


def either(check: Check, place: Place, given: object) -> Any:
    """Return a text, or something of a form.

    Raises:
        DefinitionError: here and in every function below, it is not what it should be.
    """
    return checked.name(place, given) if isinstance(given, str) else check(place, given)


def form(checks: dict[str, Check], needed: tuple[str, ...], place: Place, given: object) -> JSON:
    """Return a dict with some keys checked and some needed."""
    return checked.required(place, checked.fields(place, given, checks), needed)


def url(place: Place, given: object) -> str:
    """Return an absolute http(s) URL."""
    text = checked.text(place, given)
    if not urls.is_safe_url(text):
        raise place.wrong("an absolute http(s) URL", urls.shown(text))
    return text


def codes(place: Place, given: object) -> str | list[str]:
    """Return a language code, or up to three."""
    if not isinstance(given, str | list | tuple):
        raise place.wrong(f"a language code, or up to {MAX_CODES}", given)
    found: str | list[str] = either(checked.names, place, given)
    if isinstance(found, list) and not 1 <= len(found) <= MAX_CODES:
        raise place.wrong(f"1 to {MAX_CODES} language codes", given)
    return found


def phrases(place: Place, given: object) -> list[str] | dict[str, list[str]]:
    """Return phrases, or phrases by language."""
    return checked.fillers(place, given) if isinstance(given, dict) else checked.names(place, given)


def data(place: Place, given: object) -> JSON:
    """Return a copy of any plain data in a dict."""
    found: JSON = checked.plain(place, checked.mapping(place, given))
    return found


def _number(low: float, high: float) -> Check:
    return partial(checked.number, low=low, high=high)


def _at_least(low: int) -> Check:
    return partial(checked.whole, low=low, high=1 << 31)


VOICE: dict[str, Check] = {
    "stability": _number(0, 1),
    "similarity": _number(0, 1),
    "speakingRate": _number(0.5, 1.5),
    "temperature": _number(0, 2),
    "speed": _number(0.5, 2),
    "vol": _number(0.1, 1),
    "pitch": _number(-12, 12),
    "emotion": partial(checked.choice, choices=EMOTIONS),
}
PRONUNCIATION: dict[str, Check] = {
    "replace": checked.name,
    "with": checked.name,
    "ignore_case": checked.flag,
}
_pronunciation = partial(form, PRONUNCIATION, ("replace", "with"))
_voice = partial(form, VOICE, ())
LANGUAGE: dict[str, Check] = {
    "name": checked.name,
    "code": codes,
    "voice": checked.name,
    "listen_language": codes,
    "model": checked.name,
    "engine": checked.name,
    "auto_emotion": checked.flag,
    "auto_speed": checked.flag,
    "params": _voice,
    "fillers": checked.names,
    "function_fillers": checked.names,
    "speech_fillers": checked.names,
    "turn_fillers": checked.names,
    "pronounce": partial(checked.each, _pronunciation),
}
SPOKEN: dict[str, Check] = {
    "language": checked.name,
    "voice": checked.name,
    "model": checked.name,
    "engine": checked.name,
    "params": _voice,
}
MULTILINGUAL: dict[str, Check] = {
    "languages": partial(checked.each, partial(either, partial(form, SPOKEN, ("language",)))),
    "allowed": checked.names,
    "engine": checked.name,
    "model": checked.name,
    "provider": checked.name,
    "start_language": checked.name,
    "min_switch_words": _at_least(1),
    "fillers": phrases,
    "function_fillers": phrases,
    "turn_fillers": phrases,
}
INCLUDE: dict[str, Check] = {
    "url": url,
    "functions": checked.names,
    "meta_data": data,
    "auth_user": checked.name,
    "auth_password": checked.name,
}
TOOL: dict[str, Check] = {
    "fillers": checked.fillers,
    "webhook_url": url,
}
MCP_SERVER: dict[str, Check] = {
    "url": url,
    "headers": checked.texts,
    "resources": checked.flag,
    "resource_vars": checked.texts,
}


def _internal_fillers(place: Place, given: object) -> dict[str, Any]:
    return {
        function: checked.fillers(place.at(function), languages)
        for function, languages in checked.mapping(place, given).items()
    }


FORMS: dict[str, Callable[[Place, object], Any]] = {
    "languages": partial(checked.each, partial(form, LANGUAGE, ("name", "code", "voice"))),
    "voice": _voice,
    "multilingual": partial(form, MULTILINGUAL, ("languages",)),
    "pronounce": partial(checked.each, _pronunciation),
    "includes": partial(checked.each, partial(form, INCLUDE, ("url", "functions"))),
    "mcp_servers": partial(checked.each, partial(form, MCP_SERVER, ("url",))),
    "internal_fillers": _internal_fillers,
    "tool": partial(form, TOOL, ()),
}
"""The forms by name."""
