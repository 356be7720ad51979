"""Signed tokens that say: this URL was given to this call by this agent, for this purpose.

A token is `v1.<key id>.<expiry>.<scope>.<signature>`. Purpose, agent, function and call are signed
but not written, so a token in a log tells nothing. Scope `c` is bound to a call; scope `a` is
bound to the agent alone, for documents that were fetched without a call id. The signature is
32 bytes of keyed BLAKE2b; the signed fields are length-prefixed but the last.

A document has tokens for two purposes. One hash of 64 bytes signs both: each purpose has its half,
and knowing one tells nothing about the other.
"""

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from agentkit.digests import blake2b, compare_digest
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

_SIGNATURE_BYTES = 32
_SPLITS = 3  # the head and the expiry, the scope, the signature
_LIMIT = 160  # a token has 90 characters
_REMEMBERED = 128  # an agent's calls at a time; a thousand agents must not fill the memory


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
            key = blake2b(text.encode("utf-8", "surrogatepass"), person=b"agentkit-key-v1").digest()
            self.by_id[blake2b(key, digest_size=4).hexdigest()] = key
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
        DefinitionError: a secret is none or too short, or no file can be kept or read.
    """
    if secret and not isinstance(secret, str):
        raise DefinitionError("secret takes a text")
    text = secret or environ.get("AGENTKIT_SECRET")
    if not text:
        path = private_files.data_directory(environ) / "secret"
        stored = private_files.read_or_create(
            path, lambda: secrets.token_hex(32).encode(), "set AGENTKIT_SECRET"
        )
        text = stored.decode("ascii", "replace").strip()
        if not (text and text.isascii() and text.isprintable()):
            raise DefinitionError(f"{path} is damaged; delete it for a new secret")
    try:
        return _keys(tuple(part for part in map(str.strip, text.split(",")) if part))
    except DefinitionError as error:
        raise error if secret else DefinitionError(f"AGENTKIT_SECRET: {error}") from error


Binding = tuple[str, bytes]
"""What all tokens of a document are bound to: as they show it, and as it is signed."""


def bound_to(call_id: str | None, expires: int) -> Binding:
    """Return a binding to a call, or to the agent alone when there is no call id.

    Args:
        call_id: the call that the tokens are bound to.
        expires: when they end, in Unix seconds.
    """
    shown = f"{expires:x}.a" if call_id is None else f"{expires:x}.c"
    return shown, f"{shown}.{call_id or ''}".encode("utf-8", "surrogatepass")


class Seal:
    """Signs what tokens are bound to, for one or two purposes of an agent and function at once.

    Args:
        keys: of the deployment.
        purposes: what the tokens are for; each has its part of a signature.
        agent: whose tokens they are.
        function: what they allow, empty for whatever the agent has.
    """

    __slots__ = ("_hashers", "_head", "_newest", "_purposes")

    def __init__(
        self, keys: Keys, purposes: tuple[str, ...], agent: str, function: str = ""
    ) -> None:
        fields = [field.encode() for field in (*purposes, agent, function)]
        signed = b"".join([b"%d;" % len(purposes), *(b"%d:%s" % (len(f), f) for f in fields)])
        self._hashers = {}
        for key_id, key in keys.by_id.items():
            size = _SIGNATURE_BYTES * len(purposes)
            hasher = blake2b(key=key, digest_size=size, person=b"agentkit-token-1")
            hasher.update(signed)
            self._hashers[f"v1.{key_id}"] = hasher
        self._head = f"v1.{keys.newest}"
        self._newest = self._hashers[self._head]
        self._purposes = purposes

    def signer(self, purpose: str) -> "Signer":
        """Return what mints and checks the tokens of one of the purposes."""
        begin = 2 * _SIGNATURE_BYTES * self._purposes.index(purpose)
        return Signer(self, slice(begin, begin + 2 * _SIGNATURE_BYTES))

    def sign(self, binding: Binding) -> tuple[str, str]:
        """Return how the tokens of a binding begin, and the signatures of all purposes."""
        shown, message = binding
        hasher = self._newest.copy()
        hasher.update(message)
        return f"{self._head}.{shown}.", hasher.hexdigest()

    def signed_under(self, head: str, message: bytes) -> str | None:
        """Return the signatures of all purposes under `v1.<key id>`, None if there is no such."""
        if head not in self._hashers:
            return None
        hasher = self._hashers[head].copy()
        hasher.update(message)
        return hasher.hexdigest()


class Signer:
    """Mints and checks the tokens of one purpose, agent and function.

    A call sends its token with every request, so the latest that were genuine are remembered: to
    look one up costs a tenth of a signature.

    Attributes:
        seal: what signs.
        part: of its signatures, which this purpose has.
    """

    __slots__ = ("_genuine", "part", "seal")

    def __init__(self, seal: Seal, part: slice) -> None:
        self.seal = seal
        self.part = part
        self._genuine: dict[str, tuple[str | None, int]] = {}  # by token: its call, its last second

    def mint(self, binding: Binding) -> bytes:
        """Return a token for a binding that `bound_to` made."""
        head, signatures = self.seal.sign(binding)
        return f"{head}{signatures[self.part]}".encode()

    def accepts(self, token: str, call_id: str | None, now: float) -> bool:
        """Say whether a token is genuine, not expired, and given to this call or to any."""
        known = self._genuine.get(token)
        if known is None or known[0] != call_id:
            known = self._checked(token, call_id)
        return known is not None and known[1] >= now

    def _checked(self, token: str, call_id: str | None) -> tuple[str | None, int] | None:
        """Return the call and the last second of a genuine token, None of any other."""
        parts = token.rsplit(".", _SPLITS) if len(token) <= _LIMIT and token.isascii() else []
        if len(parts) <= _SPLITS:
            return None
        head, expires, scope, signature = parts
        bound = "" if scope == "a" or call_id is None else call_id
        message = f"{expires}.{scope}.{bound}".encode("utf-8", "surrogatepass")
        expected = self.seal.signed_under(head, message)
        if expected is None or not compare_digest(signature, expected[self.part]):
            return None
        if len(self._genuine) >= _REMEMBERED:
            self._genuine.clear()
        found = self._genuine[token] = (call_id, int(expires, 16) + SKEW_SECONDS)
        return found
