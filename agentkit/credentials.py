"""HTTP Basic authentication (RFC 7617), decided from one header value.

The bytes of the header are compared with the expected ones first, in constant time. In the usual
spelling that decides: base64 is taken in its one canonical form only. A header in another spelling
(the scheme in capitals, more spaces) is parsed, strictly, and both halves are compared as digests,
always both and for every pair, so that time tells nothing.
"""

import base64
import binascii
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from agentkit import _json
from agentkit._log import log
from agentkit.digests import blake2b, compare_digest
from agentkit.errors import DefinitionError
from agentkit.late import LateModule, pattern

if TYPE_CHECKING:
    import secrets
    from pathlib import Path

    from agentkit import private_files
else:  # for credentials that nobody has set
    secrets = LateModule("secrets")
    private_files = LateModule("agentkit.private_files")

HEADER_LIMIT = 4096
"""Longest Authorization header that is looked at, in bytes."""

CHALLENGE = 'Basic realm="agentkit", charset="UTF-8"'

_CONTROL = pattern(r"[\x00-\x1f\x7f\ud800-\udfff]")


Credentials = tuple[str, str]
"""A user name and its password."""


class _Stored(msgspec.Struct):
    user: str
    password: str


class BasicAuth:
    """The pairs that are accepted; the first one is written into URLs.

    Attributes:
        source: where they come from: `provided`, `environment` or `generated`.
    """

    __slots__ = ("_digests", "_headers", "credentials", "kept_in", "source", "userinfo")

    def __init__(
        self,
        pairs: Sequence[tuple[str, str]],
        source: str = "provided",
        kept_in: "Path | None" = None,
    ) -> None:
        self.source = source
        self.kept_in = kept_in  # the file of generated ones
        self.credentials = [_checked(*pair) for pair in pairs]
        self.userinfo = ":".join(quote(half, safe="") for half in self.credentials[0])
        self._headers = [_header(pair) for pair in self.credentials]
        self._digests = [(_digest(user), _digest(word)) for user, word in self.credentials]

    def accepts(self, header: bytes | None) -> bool:
        """Say whether an Authorization header proves one of the pairs."""
        if header is None:
            return False
        for expected in self._headers:
            if compare_digest(header, expected):
                return True
        if header.startswith(b"Basic ") and not header.startswith(b"Basic  "):
            return False  # the usual spelling: it has one form a pair, and none of those was it
        given = parse(header)
        return given is not None and self.knows(*given)

    def knows(self, user_name: str, password: str) -> bool:
        """Say whether this is one of the pairs, in constant time."""
        user, word = _digest(user_name), _digest(password)
        known = False
        for expected_user, expected_word in self._digests:
            same_user = compare_digest(user, expected_user)
            same_word = compare_digest(word, expected_word)
            known |= same_user & same_word
        return known


def parse(header: bytes) -> Credentials | None:
    """Return what a well-formed Basic header carries, else None."""
    scheme, _, token = header.partition(b" ")
    if len(header) > HEADER_LIMIT or scheme.lower() != b"basic":
        return None
    try:
        pair = base64.b64decode(token.lstrip(b" "), validate=True)
        text = pair.decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    if base64.b64encode(pair) != token.lstrip(b" "):  # other bits than RFC 4648 writes
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon and _is_clean(text) else None


def resolve(
    basic_auth: tuple[str, str] | Sequence[tuple[str, str]] | None,
    environ: Mapping[str, str] = os.environ,
) -> BasicAuth:
    """Return the credentials of an agent: given, from the environment, or generated.

    Raises:
        DefinitionError: a pair is empty, has a colon in the user name or control characters, or
            only one of `SWML_BASIC_AUTH_USER` and `SWML_BASIC_AUTH_PASSWORD` is set.
    """
    if basic_auth is not None:
        return BasicAuth(_pairs(basic_auth))
    user, password = environ.get("SWML_BASIC_AUTH_USER"), environ.get("SWML_BASIC_AUTH_PASSWORD")
    if user and password:
        return BasicAuth([(user, password)], "environment")
    if user or password:
        raise DefinitionError(
            "set both SWML_BASIC_AUTH_USER and SWML_BASIC_AUTH_PASSWORD, or neither"
        )
    return _generated(environ)


def _generated(environ: Mapping[str, str]) -> BasicAuth:
    path = private_files.data_directory(environ) / "credentials.json"
    content = private_files.read_or_create(
        path,
        lambda: _json.encode(_Stored("agentkit", secrets.token_urlsafe(32))),
        "pass basic_auth=, or set SWML_BASIC_AUTH_USER and SWML_BASIC_AUTH_PASSWORD",
    )
    try:
        stored = msgspec.json.decode(content, type=_Stored)
    except msgspec.MsgspecError as error:
        raise DefinitionError(f"{path} is damaged; delete it for new credentials") from error
    made = BasicAuth([(stored.user, stored.password)], "generated", path)
    announce([made])
    return made


def announce(known: Iterable[BasicAuth]) -> None:
    """Say where generated credentials are kept: when they are read, and when a server starts.

    A server shows its log only when it starts, and the agents were made before.
    """
    for path in dict.fromkeys(auth.kept_in for auth in known if auth.kept_in is not None):
        log.info("basic_auth_generated", path=str(path))


def _pairs(given: tuple[str, str] | Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    one = len(given) == 2 and all(isinstance(half, str) for half in given)  # noqa: PLR2004
    pairs = [given] if one else given
    if not pairs or not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):  # noqa: PLR2004
        raise DefinitionError("basic_auth= takes (user, password) or a list of such pairs")
    return pairs  # type: ignore[return-value]  # checked just above


def _checked(user: str, password: str) -> Credentials:
    for half in (user, password):
        if not isinstance(half, str) or not half or not _is_clean(half):
            raise DefinitionError(
                "basic_auth: user and password must be text, not empty, no control characters"
            )
    if ":" in user:
        raise DefinitionError("basic_auth: the user name must not contain a colon (RFC 7617)")
    return user, password


def _is_clean(text: str) -> bool:
    """Say whether there are no control characters in it, nor halves of UTF-16's pairs."""
    return text.isprintable() or not _CONTROL.search(text)


def _header(pair: Credentials) -> bytes:
    return b"Basic " + base64.b64encode(":".join(pair).encode())


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=32).digest()
