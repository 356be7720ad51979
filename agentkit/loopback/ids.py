"""Identifiers in the platform's forms, the same ones every time for the same seed."""

import random

_VERSION_AND_VARIANT = 0xF000 << 64 | 0xC000 << 48
_VERSION_4 = 0x4000 << 64 | 0x8000 << 48


class Ids:
    """Makes identifiers.

    Args:
        seed: what they depend on, such as the name of the scenario.
    """

    def __init__(self, seed: str | int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same ones are wanted

    def uuid(self) -> str:
        """Return the next random UUID, as in call and session ids."""
        bits = self._random.getrandbits(128) & ~_VERSION_AND_VARIANT | _VERSION_4
        digits = f"{bits:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def hex32(self) -> str:
        """Return 32 hex digits, as in `ai_id_tag`."""
        return f"{self._random.getrandbits(128):032x}"
