"""What the model is told: texts from the document, with the values of the call put in (facts 5.2).

A prompt reads the platform's variables, such as `${caller_id_number}` and `${spoken_date}`, and
`global_data`, both as `${global_data.name}` and as `${name}`.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from anyio import to_thread

from agentkit.datamap.functions import Functions
from agentkit.datamap.templates import Expander
from agentkit.loopback.ai import pom
from agentkit.loopback.ai.params import Params
from agentkit.loopback.ai.reading import Reader
from agentkit.loopback.clock import Clock
from agentkit.loopback.trace import Concern

JSON = dict[str, Any]

DEFAULT_TZ = "US/Central"
_NOON, _EVENING = 12, 17
_TIME = "strftime_tz"
_NAMED = re.compile(rf"{_TIME}\s+([\w/+-]+)")
_ZONES: dict[str, tzinfo] = {}  # whoever asks for one of these again reads no file


def told(given: object, form: str, reader: Reader, path: str) -> str:
    """Return the text of a prompt, `{text}` or `{pom}`; a plain text stands for itself."""
    if isinstance(given, str):
        reader.warn(
            Concern.MISFIT, f"{path}: an object with `text` or `pom` belongs here, not a text"
        )
        return given
    prompt = reader.mapping(given, path)
    if "pom" in prompt:
        if "text" in prompt:
            reader.warn(Concern.UNREAD, f"{path}: `text` is not read, for there is a `pom`")
        return pom.rendered(prompt["pom"], form, reader, f"{path}.pom")
    return reader.text_of(prompt, "text", path)


class Variables:
    """The platform's variables for prompts.

    Args:
        call: the call, as in the request for the document.
        caller: `caller_id_name` and `caller_id_number`.
    """

    def __init__(self, call: JSON, caller: JSON, params: Params, clock: Clock) -> None:
        self._call = call
        self._caller = caller
        self._params = params
        self._clock = clock
        self.languages: tuple[str, ...] = ()
        self.default_language = ""

    async def load_zones(self, texts: Iterable[str]) -> None:
        """Load the zones that the session and these texts name; their rules are in files."""
        named = (name for text in texts if _TIME in text for name in _NAMED.findall(text))
        for name in (self._zone_name(), *named):
            if name not in _ZONES:
                _ZONES[name] = await to_thread.run_sync(_zone, name)

    def now(self) -> datetime:
        """Return the time in the zone of `params.local_tz`."""
        zone = _ZONES.get(self._zone_name(), UTC)
        return datetime.fromtimestamp(self._clock.seconds, zone)

    def _zone_name(self) -> str:
        return self._params.text("local_tz", DEFAULT_TZ)

    def all(self) -> JSON:
        """Return the variables by name."""
        now = self.now()
        return {
            "call_direction": self._call.get("direction", "inbound"),
            **self._caller,
            "local_date": now.strftime("%A, %B %d, %Y"),
            "spoken_date": now.strftime("%A, %B %d, %Y"),
            "local_time": now.strftime("%I:%M:%S %p %z"),
            "time_of_day": _time_of_day(now.hour),
            "supported_languages": ", ".join(self.languages),
            "default_language": self.default_language,
        }

    def expanded(self, text: str, global_data: JSON) -> str:
        """Return a text with its templates filled; what they do not find becomes empty."""
        if "{" not in text:
            return text
        data = {**global_data, **self.all(), "global_data": global_data}
        return Expander(data, Functions(self._seconds)).text(text)

    @property
    def _seconds(self) -> Callable[[], float]:
        return lambda: self._clock.seconds


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _time_of_day(hour: int) -> str:
    if hour < _NOON:
        return "morning"
    return "afternoon" if hour < _EVENING else "evening"
