"""The one place where URLs are made and judged.

A public URL is configured; only when it is not, the request's own scheme and host are used, for
that request and no other. Nothing learned from a request is ever kept on an agent.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from string import ascii_letters, digits, hexdigits
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from agentkit.errors import DefinitionError, RequestError
from agentkit.late import pattern

# Sets and not patterns: compiling those took longer than all else that every start does with URLs.
_IN_HOSTS = frozenset(f"{ascii_letters}{digits}._-")
_IN_ADDRESSES = frozenset(f"{hexdigits}:.")
_IN_PATHS = frozenset(f"{ascii_letters}{digits}/._~!$&'()*+,;=:@%-")
_CLIMBS = pattern(r"/\.\.(?:[/;]|$)|//")

_ESCAPE = pattern(r"%([0-9A-Fa-f]{2})")
_BAD_PREFIX = "the path prefix of this request cannot stand in a URL"

PORT_DIGITS = 5

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Base(Struct, frozen=True):
    """Where an application can be reached: `scheme://host` and the path prefix before routes."""

    origin: str
    prefix: str

    def with_user(self, userinfo: str) -> str:
        """Return the URL of the prefix with `user:password@` (already percent-encoded)."""
        return f"{self.origin.replace('://', f'://{userinfo}@', 1)}{self.prefix}"


def clean_route(route: str) -> str:
    """Return a route without its trailing slash; the root is the empty string.

    Raises:
        DefinitionError: it does not start with a slash, or could not be a path in a URL.
    """
    if not isinstance(route, str):
        raise DefinitionError(f"route {route!r} is not a path such as '/support'")
    cleaned = f"/{route.strip('/')}" if route.strip("/") else ""
    dots = any(part in {".", ".."} for part in cleaned.split("/"))
    hidden = dots or "%" in cleaned  # servers hand over paths decoded, so it could not be found
    if not route.startswith("/") or hidden or not _is_path(cleaned):
        raise DefinitionError(f"route {route!r} is not a path such as '/support'")
    return cleaned


def public_base(url: str) -> Base:
    """Return the parts of a configured public URL.

    Raises:
        DefinitionError: it is not an absolute http(s) URL without user, query and fragment.
    """
    try:
        seen = isinstance(url, str) and _is_visible(url)  # urlsplit would leave line ends out
        parts = urlsplit(url if seen else "")
        host_is_good = _is_host(parts.netloc) and parts.port != 0
    except ValueError:
        host_is_good = False
        parts = urlsplit("")
    path = parts.path.rstrip("/")
    if parts.scheme not in {"http", "https"} or not host_is_good or not _is_path(path):
        raise DefinitionError(f"public URL {shown(url)!r} is not like 'https://agents.example.com'")
    if parts.query or parts.fragment:
        raise DefinitionError(f"public URL {shown(url)!r} must not carry a query or a fragment")
    return Base(f"{parts.scheme}://{parts.netloc}", path)


def under(public: Base, root_path: str) -> Base:
    """Return the public base of an application that is mounted at root_path.

    A public URL may already name the mount's prefix, or a part of it; it is not said twice.

    Raises:
        RequestError: 400, root_path could not stand in a URL (a mount's path may have parameters).
    """
    if not _is_path(root_path):
        raise RequestError(400, _BAD_PREFIX)
    if not root_path or public.prefix.endswith(root_path):
        return public
    if root_path.startswith(f"{public.prefix}/"):
        return Base(public.origin, root_path)
    return Base(public.origin, public.prefix + root_path)


def request_base(scheme: str, host: str, root_path: str) -> Base:
    """Return the base of a request, from its own scheme and host.

    Raises:
        RequestError: 400, the host could not stand in a URL.
    """
    if scheme not in {"http", "https"} or not _is_host(host):
        raise RequestError(400, "the Host header is not a host name")
    if not _is_path(root_path):
        raise RequestError(400, _BAD_PREFIX)
    return Base(f"{scheme}://{host}", root_path)


def forwarded(
    headers: Mapping[bytes, bytes], scheme: str, host: str, root_path: str
) -> tuple[str, str, str]:
    """Return scheme, host and prefix as a trusted proxy says them (the nearest hop's word)."""

    def said(name: bytes, otherwise: str) -> str:
        value = headers.get(name, b"").decode("latin-1").rpartition(",")[2].strip()
        return value or otherwise

    prefix = said(b"x-forwarded-prefix", "").rstrip("/")
    return (
        said(b"x-forwarded-proto", scheme).lower(),
        said(b"x-forwarded-host", host),
        under(Base("", prefix), root_path).prefix,
    )


def networks(proxies: Sequence[str] | str) -> tuple[Network, ...]:
    """Return the networks of trusted proxies: a list, or one text with commas.

    Raises:
        DefinitionError: an entry is neither an address nor a network such as `10.0.0.0/8`.
    """
    entries = proxies.split(",") if isinstance(proxies, str) else proxies
    try:
        return tuple(ipaddress.ip_network(entry.strip()) for entry in entries)
    except ValueError as error:
        raise DefinitionError(f"trusted_proxies: {error}") from error


def is_trusted(client: str, trusted: Sequence[Network]) -> bool:
    """Say whether a peer's address lies in one of the networks."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)  # how an IPv6 socket shows an IPv4 peer
    return any((mapped or address) in network for network in trusted)


def query_suffix(params: Mapping[str, str]) -> str:
    """Return `a=1&b=2&` to stand before a token, or nothing."""
    return f"{urlencode(params)}&" if params else ""


def _is_host(text: str) -> bool:
    """Say whether a text is a host name or an address, perhaps with a port."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):  # the colons are those of an IPv6 address
        host, port = text, "0"
    if not (port.isascii() and port.isdigit() and len(port) <= PORT_DIGITS):
        return False
    if host.startswith("[") and host.endswith("]"):
        return bool(host[1:-1]) and _IN_ADDRESSES.issuperset(host[1:-1])
    return host[:1].isalnum() and host[-1:].isalnum() and _IN_HOSTS.issuperset(host)


def _is_path(text: str) -> bool:
    """Say whether a text is the path of a URL without a slash at its end; the root is empty."""
    if not text:
        return True
    whole = text[0] == "/" != text[-1] and "//" not in text
    return whole and _IN_PATHS.issuperset(text)


def _is_visible(text: str) -> bool:
    """Say whether there is nothing but ASCII in it, nor spaces, controls and backslashes."""
    return text.isascii() and text.isprintable() and not {" ", "\\"}.intersection(text)


def is_safe_path(path: str) -> bool:
    """Say whether a path may be followed: one leading slash, nothing that climbs or hides."""
    plain, _, query = path.partition("?")
    decoded = _decoded(plain)
    if not _is_visible(f"{path}{decoded}{_decoded(query)}") or _decoded(decoded) != decoded:
        return False
    return path.startswith("/") and not _CLIMBS.search(decoded)


def _decoded(text: str) -> str:
    return _ESCAPE.sub(lambda hit: chr(int(hit[1], 16)), text)


def is_safe_url(url: str) -> bool:
    """Say whether an absolute http(s) URL may stand in a Location header or a document."""
    if not _is_visible(url) or not url.startswith(("http://", "https://")):
        return False
    try:
        parts = urlsplit(url)
        return _is_host(parts.netloc.rpartition("@")[2]) and parts.port != 0
    except ValueError:
        return False


def checked_url(url: str, setting: str) -> str:
    """Return an absolute http(s) URL as given.

    Raises:
        DefinitionError: it is not one; the message names the setting.
    """
    if not isinstance(url, str) or not is_safe_url(url):
        raise DefinitionError(f"{setting}: {shown(url)!r} is not an absolute http(s) URL")
    return url


def shown(url: str) -> str:
    """Return a URL without a password, which shall not be read in a log; what is none, as it is."""
    return re.sub(r"//[^/?#]*@", "//…@", url) if isinstance(url, str) else url
