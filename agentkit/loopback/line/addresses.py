"""Where a URL leads: the one place that takes URLs apart."""

import base64
import re
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from agentkit.loopback.errors import CallError
from agentkit.testing.asgi import VERSION
from agentkit.testing.transcript import without_secrets

PORTS = {"http": 80, "https": 443}

_PATH_SAFE = "/%:@!$&'()*+,;=~"
_QUERY_SAFE = f"{_PATH_SAFE}?"
_CLIENT = ("127.0.0.1", 50000)
_UNSENDABLE = re.compile(r"[\x00-\x20\x7f]")

Origin = tuple[str, str, int]
"""Scheme, host and port."""


class Address(Struct, frozen=True):
    """A URL in the parts that a request needs.

    Attributes:
        url: as it was written, but without user and password: this is what gets signed.
        shown: without anything secret, for transcripts.
        authority: host and port as the Host header has them.
        path: percent-encoded, at least `/`.
        query: percent-encoded.
        authorization: the value of the header that user and password of the URL make, or "".
        scope: what an ASGI scope says of it; never changed, only copied.
    """

    url: str
    shown: str
    origin: Origin
    authority: str
    path: str
    query: str
    authorization: str
    scope: dict[str, Any]

    @property
    def target(self) -> str:
        """Path and query, as in a request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def joined(self, location: str) -> str:
        """Return the URL to which a redirect leads from here."""
        try:
            return urljoin(self.url, location)
        except ValueError:  # no URL at all
            return location


@lru_cache(maxsize=1024)
def address(url: str) -> Address:
    """Take a URL apart.

    Raises:
        CallError: the platform can send nothing to it.
    """
    if _UNSENDABLE.search(url):
        raise _no_url(url)
    place, mark, query = url.partition("?")
    try:
        if query and "#" not in url:
            return _asked(_place(place), quote(query, safe=_QUERY_SAFE), mark + query)
        return _place(url)
    except ValueError:  # a port, an IPv6 address or a name that there cannot be
        raise _no_url(url) from None


def _asked(place: Address, query: str, written: str) -> Address:
    """Return the address of a place that is asked with a query."""
    scope = {**place.scope, "query_string": query.encode("ascii")}
    return replace(place, url=place.url + written, query=query, scope=scope)


@lru_cache(maxsize=256)  # a place stays, while each call asks it with tokens of its own
def _place(url: str) -> Address:
    return _address(urlsplit(url))


@lru_cache(maxsize=64)
def basic(user: str, password: str) -> str:
    """Return the value of an Authorization header."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


def _no_url(url: str) -> CallError:
    return CallError(f"the platform can send nothing to {without_secrets(url)!r}: no http(s) URL")


def _address(parts: SplitResult) -> Address:
    host = (parts.hostname or "").encode("idna").decode("ascii")
    if parts.scheme not in PORTS or not host:
        raise ValueError(parts.scheme)
    port = parts.port or PORTS[parts.scheme]
    bracketed = f"[{host}]" if ":" in host else host
    authority = f"{bracketed}:{parts.port}" if parts.port else bracketed
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    query = quote(parts.query, safe=_QUERY_SAFE)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    return Address(
        url=bare,
        shown=without_secrets(bare),
        origin=(parts.scheme, host, port),
        authority=authority,
        path=path,
        query=query,
        authorization=_authorization(parts.username, parts.password),
        scope={
            "type": "http",
            "asgi": VERSION,
            "http_version": "1.1",
            "scheme": parts.scheme,
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "query_string": query.encode("ascii"),
            "root_path": "",
            "client": _CLIENT,
            "server": (host, port),
        },
    )


def _authorization(user: str | None, password: str | None) -> str:
    return "" if user is None else basic(unquote(user), unquote(password or ""))
