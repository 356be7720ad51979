"""Where the webhooks of a call go today: by the URLs of the document that is served now."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from agentkit.loopback.replay.journal import Exchange

JSON = dict[str, Any]

CALLING: Final = frozenset({"function", "hook", "poll"})
"""Requests that go where the document sends the calls of their function."""


class Links:
    """The URLs in the documents that were served so far.

    A call may go from one agent's document to another's. What is posted goes to the URL of the
    newest document whose URL has the path that it had then, else to that of the newest one.
    """

    def __init__(self) -> None:
        self._models: list[_Model] = []
        self._by_path: dict[str, str] = {}

    def take(self, document: Any) -> None:
        """Take the URLs of another document; they count before those that were known."""
        self._models = [*map(_model, _models(document)), *self._models]
        self._by_path |= {_path(url): url for url in _urls(document)}

    def of(self, exchange: Exchange) -> str | None:
        """Return where a webhook goes today, None when no document says so."""
        then, found = _path(exchange.url), list[str]()
        if exchange.what in CALLING and exchange.function:
            name = exchange.function
            found = [model.functions.get(name, model.default) for model in self._models]
        elif exchange.what in {"post_prompt", "fetch_conversation"}:
            found = [model.summary for model in self._models]
        known = [url for url in found if url]
        same = (url for url in known if _path(url) == then)
        return next(same, known[0] if known else self._by_path.get(then))


class _Model(Struct):
    """Where one document sends the calls of functions, and the summary."""

    functions: dict[str, str]
    default: str
    summary: str


def _model(ai: JSON) -> _Model:
    swaig = ai.get("SWAIG")
    swaig = swaig if isinstance(swaig, dict) else {}
    defaults, functions = swaig.get("defaults"), swaig.get("functions")
    listed = functions if isinstance(functions, list) else []
    own = {str(entry.get("function")): _text(entry, "web_hook_url") for entry in _objects(listed)}
    default = _text(defaults, "web_hook_url") if isinstance(defaults, dict) else ""
    own = {name: url for name, url in own.items() if url}
    return _Model(own, default, _text(ai, "post_prompt_url"))


def _text(holder: JSON, name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def _objects(values: list[Any]) -> Iterator[JSON]:
    return (value for value in values if isinstance(value, dict))


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/")


def _models(document: Any) -> Iterator[JSON]:
    """Return the bodies of all verbs that run a model."""
    for value in _within(document):
        if isinstance(value, dict):
            for verb in ("ai", "amazon_bedrock", "ai_sidecar"):
                if isinstance(value.get(verb), dict):
                    yield value[verb]


def _urls(document: Any) -> Iterator[str]:
    for value in _within(document):
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            yield value


def _within(value: Any) -> Iterator[Any]:
    """Return everything in plain data."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        yield item
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
