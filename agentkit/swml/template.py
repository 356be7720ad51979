"""A document encoded once to bytes, with named holes that each request fills.

An author's text is encoded and never looked at again. What differs between requests (public URLs,
tokens) is written into the document as marker strings that hold a random seed, so nothing an
author or a caller writes can be mistaken for one. Encoding gives bytes, which are cut at the
markers: literal, hole, literal, … A hole's value is known in two steps. Its URL depends on where
the application is reached, which is the same for nearly every request: `bind` writes it into the
literals and the result is kept. Its token depends on the call: `fill` mints it and joins.

The law: filling a template gives the same document as putting the values in and encoding.
It holds because values stand inside JSON strings and are made of characters that need no escape.
"""

import os
from collections.abc import Callable

from msgspec import Struct

from agentkit import _json
from agentkit.tokens import Seal, Signer, bound_to

_SEED = os.urandom(12).hex()
_MARK = f"hole-{_SEED}-".encode()


def hole(name: str) -> str:
    """Return the text that stands for a value to come."""
    return f"hole-{_SEED}-{name};"


class Value(Struct, frozen=True):
    """What a hole is filled with: text, then a token if there is a signer."""

    text: str
    signer: Signer | None = None


class Template:
    """Literals and the names of the holes between them."""

    __slots__ = ("_names", "_texts")

    def __init__(self, document: object) -> None:
        first, *marked = _json.encode(document).split(_MARK)
        cut = [piece.partition(b";") for piece in marked]
        self._texts = [first, *(literal for _, _, literal in cut)]
        self._names = [name.decode() for name, _, _ in cut]

    def bind(self, value_of: Callable[[str], Value]) -> "Bound":
        """Return the template with every hole's text written in; only tokens are left."""
        parts = [self._texts[0]]
        slots: dict[Seal, list[tuple[int, slice]]] = {}
        for name, literal in zip(self._names, self._texts[1:], strict=True):
            value = value_of(name)
            parts[-1] += value.text.encode()
            if (signer := value.signer) is None:
                parts[-1] += literal
            else:
                slots.setdefault(signer.seal, []).append((len(parts), signer.part))
                parts += [b"", literal]
        return Bound(parts, list(slots.items()))


class Bound:
    """A template for one public address; `fill` makes the document of a call."""

    __slots__ = ("_parts", "_slots")

    def __init__(
        self, parts: list[bytes], slots: list[tuple[Seal, list[tuple[int, slice]]]]
    ) -> None:
        self._parts = parts
        self._slots = slots

    def fill(self, call_id: str | None, expires: int) -> bytes:
        """Return the document, with tokens for this call that end at `expires` (Unix seconds)."""
        parts = self._parts.copy()
        binding = bound_to(call_id, expires)
        for seal, places in self._slots:
            head, signatures = seal.sign(binding)
            for index, part in places:
                parts[index] = f"{head}{signatures[part]}".encode()
        return b"".join(parts)
