"""The URLs in a document, and what each of them is for."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit, urlunsplit

from agentkit.urls import Base


class For(Enum):
    """What a URL is for."""

    TOOLS = "swaig"
    SUMMARY = "post_prompt"
    DEBUG = "debug_events"
    FILE = "file"


class Link(NamedTuple):
    """A URL in a document.

    Attributes:
        purpose: what it is for.
        url: as it stands there.
        function: whose URL it is, when it is one function's own.
    """

    purpose: For
    url: str
    function: str | None = None

    @property
    def token(self) -> str:
        """The token in it, empty when there is none: then it is not agentkit's."""
        return parse_qs(urlsplit(self.url).query).get("__token", [""])[0]

    @property
    def shown(self) -> str:
        """The URL without what must not be read."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    def forged(self) -> str:
        """The URL with a token that nobody has signed."""
        return self.url.replace(f"__token={self.token}", "__token=forged")

    def is_below(self, base: Base) -> bool:
        """Say whether it leads to an application at this address."""
        return f"{self.shown}/".startswith(f"{base.origin}{base.prefix}/")


def links_of(document: Any) -> Iterator[Link]:
    """Yield every URL in a document, once."""
    yield from dict.fromkeys(_links(document, None))


def _links(value: Any, function: str | None) -> Iterator[Link]:
    if isinstance(value, dict):
        named = value.get("function")
        inner = named if isinstance(named, str) else function
        for each in value.values():
            yield from _links(each, inner)
    elif isinstance(value, list):
        for each in value:
            yield from _links(each, function)
    elif isinstance(value, str) and value.startswith(("http://", "https://")):
        yield _link(value, function)


def _link(url: str, function: str | None) -> Link:
    last = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    purpose = next((each for each in For if each.value == last), For.FILE)
    return Link(purpose, url, function if purpose is For.TOOLS else None)
