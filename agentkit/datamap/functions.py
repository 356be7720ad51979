"""The functions of templates, `@{name argument}` (facts 5.2)."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agentkit.datamap import arithmetic, phones

Clock = Callable[[], float]


class Functions:
    """The functions; time comes from a clock, and nothing ever waits here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Callable[[str], str | None]] = {
            "strftime_tz": self._time,
            "fmt_ph": _phone,
            "expr": _sum,
            "echo": str,
            "separate": " ".join,
            "sleep": _nothing,
        }

    def __call__(self, name: str, argument: str) -> str | None:
        """Return what a function gives, None when it gives nothing."""
        known = self._known.get(name.lower())
        return None if known is None else known(argument)

    def _time(self, argument: str) -> str | None:
        zone, _, form = argument.partition(" ")
        try:
            now = datetime.fromtimestamp(self._clock(), ZoneInfo(zone))
            return now.strftime(form)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return None


def _phone(argument: str) -> str | None:
    form, _, number = argument.partition(" ")
    name, _, separator = form.partition(":sep:")
    if not phones.is_format(name):
        return phones.formatted(argument)
    return phones.formatted(number, name, separator)


def _sum(argument: str) -> str | None:
    try:
        return arithmetic.worked_out(argument)
    except ValueError:
        return None


def _nothing(_: str) -> str:
    return ""
