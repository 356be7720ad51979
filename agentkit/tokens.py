"""Signed tokens that say: this URL was given to this call by this agent, for this purpose.

A token is `v1.<key id>.<expiry>.<scope>.<signature>`. Purpose, agent, function and call are signed
but not written, so a token in a log tells nothing. Scope `c` is bound to a call; scope `a` is
bound to the agent alone, for documents that were fetched without a call id. The signature is
keyed BLAKE2b over the whole length; the signed fields are length-prefixed but the last.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hmac import compare_digest
from typing import TYPE_CHECKING

from agentkit.errors import DefinitionError
from agentkit.late import LateModule

if TYPE_CHECKING:
    import secrets

    from agentkit import private_files
else:  # for a secret that nobody has set
    secrets = LateModule("secrets")
    private_files = LateModule("agentkit.private_files")

SKEW_SECONDS = 60
"""How long after its expiry a token is still taken, for clocks that differ."""

MINIMUM_SECRET = 16
"""Shortest secret, in characters."""

_PARTS = 5
_LIMIT = 160  # a token has 90 characters


class Keys:
    """The secrets of a deployment: the first one signs, all of them verify."""

    __slots__ = ("by_id", "newest")

    def __init__(self, texts: Sequence[str]) -> None:
        self.by_id: dict[str, bytes] = {}
        for text in texts:
            if len(text) < MINIMUM_SECRET:
                raise DefinitionError(
                    f"a secret needs at least {MINIMUM_SECRET} characters; "
                    "make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
                )
            key = hashlib.blake2b(
                text.encode("utf-8", "surrogatepass"), person=b"agentkit-key-v1"
            ).digest()
            self.by_id[hashlib.blake2b(key, digest_size=4).hexdigest()] = key
        if not self.by_id:
            raise DefinitionError("the secret is empty")
        self.newest = next(iter(self.by_id))


@lru_cache(maxsize=16)
def _keys(texts: tuple[str, ...]) -> Keys:
    return Keys(texts)


def load_keys(secret: str | None = None, environ: Mapping[str, str] = os.environ) -> Keys:
    """Return the keys from `secret`, else `AGENTKIT_SECRET`, else a file that this host keeps.

    Several secrets are separated by commas, the newest first.

    Raises:
        DefinitionError: a secret is too short, or no file can be kept or read.
    """
    text = secret or environ.get("AGENTKIT_SECRET")
    if not text:
        path = private_files.data_directory(environ) / "secret"
        stored = private_files.read_or_create(
            path, lambda: secrets.token_hex(32).encode(), "set AGENTKIT_SECRET"
        )
        text = stored.decode("ascii", "replace").strip()
        if not (text and text.isascii() and text.isprintable()):
            raise DefinitionError(f"{path} is damaged; delete it for a new secret")
    return _keys(tuple(part for part in map(str.strip, text.split(",")) if part))


Binding = tuple[str, bytes]
"""What all tokens of a document are bound to: as they show it, and as it is signed."""


def bound_to(call_id: str | None, expires: int) -> Binding:
    """Return a binding to a call, or to the agent alone when there is no call id.

    Args:
        call_id: the call that the tokens are bound to.
        expires: when they end, in Unix seconds.
    """
    shown = f"{expires:x}.a" if call_id is None else f"{expires:x}.c"
    return shown, _message(shown, call_id)


def _message(shown: str, call_id: str | None) -> bytes:
    return f"{shown}.{call_id or ''}".encode("utf-8", "surrogatepass")


class Signer:
    """Mints and checks the tokens of one purpose, agent and function."""

    __slots__ = ("_hashers", "_head", "_newest")

    def __init__(self, keys: Keys, purpose: str, agent: str, function: str = "") -> None:
        fields = b"".join(
            b"%d:%s" % (len(raw), raw) for raw in (f.encode() for f in (purpose, agent, function))
        )
        self._hashers = {}
        for key_id, key in keys.by_id.items():
            hasher = hashlib.blake2b(key=key, digest_size=32, person=b"agentkit-token-1")
            hasher.update(fields)
            self._hashers[key_id] = hasher
        self._newest = self._hashers[keys.newest]
        self._head = f"v1.{keys.newest}"

    def mint(self, binding: Binding) -> bytes:
        """Return a token for a binding that `bound_to` made."""
        shown, message = binding
        hasher = self._newest.copy()
        hasher.update(message)
        return f"{self._head}.{shown}.{hasher.hexdigest()}".encode()

    def accepts(self, token: str, call_id: str | None, now: float) -> bool:
        """Say whether a token is genuine, not expired, and given to this call or to any."""
        readable = len(token) <= _LIMIT and token.isascii()
        parts = token.split(".", _PARTS) if readable else []
        if len(parts) != _PARTS or parts[0] != "v1" or parts[1] not in self._hashers:
            return False
        _, key_id, expires, scope, signature = parts
        hasher = self._hashers[key_id].copy()
        hasher.update(_message(f"{expires}.{scope}", None if scope == "a" else call_id))
        expected = hasher.hexdigest()
        genuine = compare_digest(signature, expected)
        return genuine and int(expires, 16) + SKEW_SECONDS >= now
