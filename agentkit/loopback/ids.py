"""Identifiers in the platform's forms, the same ones every time for the same seed."""

import random
import re

_VERSION_AND_VARIANT = 0xF000 << 64 | 0xC000 << 48
_VERSION_4 = 0x4000 << 64 | 0x8000 << 48
_TELLING = 8
"""So many of its digits tell an id: the end of a long line may be cut."""


class Ids:
    """Makes identifiers.

    Args:
        seed: what they depend on, such as the name of the scenario.
    """

    def __init__(self, seed: str | int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same ones are wanted
        self._made: list[str] = []

    def uuid(self) -> str:
        """Return the next random UUID, as in call and session ids."""
        bits = self._random.getrandbits(128) & ~_VERSION_AND_VARIANT | _VERSION_4
        digits = f"{bits:032x}"
        parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]
        return self._noted("-".join(parts))

    def hex32(self) -> str:
        """Return 32 hex digits, as in `ai_id_tag`."""
        return self._noted(f"{self._random.getrandbits(128):032x}")

    def masked(self, text: str) -> str:
        """Return a text with numbers for the ids that were made, so that it can be compared."""
        for number, made in enumerate(self._made, 1):
            beginning = made[:_TELLING]
            if beginning in text:
                text = re.sub(rf"{beginning}[0-9a-f-]*", f"<id {number}>", text)
        return text

    def _noted(self, made: str) -> str:
        self._made.append(made)
        return made
