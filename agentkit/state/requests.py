"""What an operation asks for: a generator yields requests and is sent the answers.

A request is a method call for whatever backend there is, a `Turn` or a `Pause`. Errors are thrown
in, and what the generator returns is the result. No I/O and no waiting happens inside.
"""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

import msgspec


class Pause(msgspec.Struct, frozen=True, gc=False):
    """A request to wait."""

    seconds: float


class Turn(msgspec.Struct, frozen=True, gc=False):
    """A request to wait until nobody else of this process is changing this record.

    The answer is the store itself if its calls neither wait nor leave doubt: they are made in
    place then, instead of being asked for.
    """

    key: str


T = TypeVar("T")
Request = Callable[[Any], Any] | Pause | Turn
Operation = Generator[Request, Any, T]
