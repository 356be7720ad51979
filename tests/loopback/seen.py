"""A call that has happened already, for what looks at calls."""

from typing import Any

from agentkit.loopback.clock import Clock
from agentkit.loopback.expect import Expecting
from agentkit.loopback.trace import Kind, Moment, Trace


class Past(Expecting):
    """Tells what was put into it."""

    def __init__(self, *moments: tuple[Kind, str, Any]) -> None:
        self.clock = Clock()
        self.trace = Trace(self.clock)
        self.global_data: dict[str, Any] = {}
        self.place = ("", "")
        for kind, text, data in moments:
            self.trace.add(kind, text, data)
            self.clock.advance(0.25)

    @property
    def moments(self) -> list[Moment]:
        return self.trace.moments

    def _settled(self) -> "Past":
        return self


def booked(seats: int = 2, response: str = "Booked.") -> list[tuple[Kind, str, Any]]:
    """Return a booking: what was said, the call of the function, its answer, the words after it."""
    return [
        ("caller", f"A table for {seats}", None),
        ("tool", "book", {"seats": seats, "day": "Friday"}),
        ("answer", response, [{"set_global_data": {"seats": seats}}]),
        ("agent", response, None),
    ]
