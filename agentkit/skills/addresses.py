"""Which URLs a skill may ask, and at which address: the one place that guards against forged ones.

A URL that the author set is trusted: it may lead into a private network, and there without TLS. Any
other (from the model, a caller, a page, a search) must be https and lead to public addresses alone.
A name is resolved once, every address is judged, and the connection goes to a judged address: what
the name means a moment later does not count. `SWML_ALLOW_PRIVATE_URLS` lifts this in development.
"""

import ipaddress
import os
import re
import socket
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from agentkit.errors import AgentKitError

DEVELOPMENT = "SWML_ALLOW_PRIVATE_URLS"
"""Set it to 1 to let skills ask private addresses, and hosts without TLS."""

LONGEST = 2_048
"""Longest URL that is asked, in characters."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
_UNSAFE = re.compile(r"[^!-\[\]-~]")  # spaces, controls, backslashes, beyond ASCII
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class FetchError(AgentKitError):
    """There is no reply that could be used; the message is for the log, not for the model."""


class RefusedURL(FetchError):
    """A URL that is not asked at all."""


class Target(NamedTuple):
    """Where a request goes.

    Attributes:
        scheme: `http` or `https`.
        host: the name in the URL, which the certificate must have.
        port: where.
        path: with the query.
        address: the address that the name was resolved to, and that was judged.
        userinfo: `user:password` of a trusted URL, decoded; else empty.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: str
    userinfo: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What two URLs must have in common to be of one site."""
        return (self.scheme, self.host.lower(), self.port)


def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a host.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def target_of(url: str, *, trusted: bool, resolve: Resolve = resolved) -> Target:
    """Return where a URL leads.

    Raises:
        RefusedURL: it must not be asked.
        FetchError: its host is not known.
    """
    parts, host, port = _parts(url)
    if (parts.username is not None) and not trusted:
        raise RefusedURL("a URL with a user")
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"no address of {host}") from error
    _check(parts.scheme, host, addresses, trusted=trusted)
    query = f"?{parts.query}" if parts.query else ""
    return Target(
        scheme=parts.scheme,
        host=host,
        port=port,
        path=f"{parts.path or '/'}{query}",
        address=addresses[0],
        userinfo=_userinfo(parts),
    )


def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet, also in what it embeds."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return all(_is_global(each) for each in _meant(found))


def in_development() -> bool:
    """Say whether private addresses are allowed."""
    return os.environ.get(DEVELOPMENT, "").lower() in {"1", "true", "yes"}


def _parts(url: str) -> tuple[SplitResult, str, int]:
    if len(url) > LONGEST or _UNSAFE.search(url):
        raise RefusedURL("a URL that is too long, or has odd characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise RefusedURL("no URL") from error
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host) or port == 0:
        raise RefusedURL("no URL of the web")
    return parts, host, port or (443 if parts.scheme == "https" else 80)


def _check(scheme: str, host: str, addresses: list[str], *, trusted: bool) -> None:
    if not addresses:
        raise FetchError(f"no address of {host}")
    if in_development():
        return
    public = [address for address in addresses if is_public(address)]
    if trusted and scheme == "http" and public:
        raise RefusedURL(f"{host} is public, so it needs https")
    if not trusted and (scheme == "http" or len(public) < len(addresses)):
        raise RefusedURL(f"{host} is private, or has no TLS")


def _userinfo(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"


def _meant(found: Address) -> Iterator[Address]:
    """An IPv6 address can carry an IPv4 address that traffic ends at; both are judged."""
    inner = None
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        if found.teredo is not None:
            yield from found.teredo
    if inner is not None:
        yield inner
    if inner is None or not getattr(found, "ipv4_mapped", None):
        yield found


def _is_global(address: Address) -> bool:
    is_site = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not address.is_multicast and not is_site
