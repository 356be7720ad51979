"""The platform's webhook signature over the configured URL and the raw body.

`X-Signalwire-Signature` is the lowercase hex HMAC-SHA1 of URL + body under the project's signing
key; newer platforms add a SHA-256 twin. It carries no time, so it proves the sender and nothing
about freshness (facts of the wire, section 6).
"""

import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

_USUAL_PORTS = {"http": 80, "https": 443}


class Verifier:
    """Checks signatures under any of several keys, so that a key can be rotated."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [key.encode() for key in keys]

    def sign(self, url: str, body: bytes) -> str:
        """Return the value of `X-Signalwire-Signature` under the first key."""
        return hmac.digest(self._keys[0], url.encode() + body, "sha1").hex()

    def accepts(self, url: str, body: bytes, sha1: bytes | None, sha256: bytes | None) -> bool:
        """Say whether the signature headers prove the body; the stronger one decides if sent.

        Args:
            url: the full URL that the platform was given, without user and password.
            body: the bytes as they came.
            sha1: value of `X-Signalwire-Signature`, if any.
            sha256: value of `X-Signalwire-SHA256-Signature`, if any.
        """
        given, digest = (sha1, "sha1") if sha256 is None else (sha256, "sha256")
        if given is None:
            return False
        found = False
        for signed in [spelled.encode() + body for spelled in spellings(url)]:
            for key in self._keys:
                expected = hmac.digest(key, signed, digest).hex().encode()
                found |= hmac.compare_digest(given, expected)
        return found


def spellings(url: str) -> list[str]:
    """Return the ways in which an author may have written a URL at the platform.

    A request does not tell whether its URL had a slash behind the host, or named the usual port.
    """
    parts = urlsplit(url)
    port = _USUAL_PORTS.get(parts.scheme)
    hosts = (
        [parts.netloc] if port is None or parts.port else [parts.netloc, f"{parts.netloc}:{port}"]
    )
    paths = [parts.path] if parts.path.strip("/") or parts.query else ["/", ""]
    return [urlunsplit(parts._replace(netloc=h, path=p)) for p in paths for h in hosts]
