"""The skill `datetime`: what time it is, and what day, in any time zone."""

from datetime import datetime, tzinfo
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agentkit.errors import ToolError
from agentkit.escape import escape
from agentkit.skills.base import JSON, SkillBase
from agentkit.swaig.result import SwaigFunctionResult

LONGEST = 64
"""Longest name of a time zone that is looked up, in characters."""


class DateTimeSkill(SkillBase):
    """Tells time and date from the agent's clock."""

    SKILL_NAME: ClassVar[str] = "datetime"
    SKILL_DESCRIPTION: ClassVar[str] = "Tell the time and the date in any time zone."

    def register_tools(self) -> None:
        """Register `get_current_time` and `get_current_date`."""
        self.define_tool(
            name="get_current_time",
            description="Get the current time, optionally in a specific timezone",
            parameters={"timezone": _ZONE_OF_TIME},
            handler=self._time,
        )
        self.define_tool(
            name="get_current_date",
            description="Get the current date",
            parameters={"timezone": _ZONE_OF_DATE},
            handler=self._date,
        )

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model of both tools."""
        return [
            {
                "title": "Date and Time Information",
                "body": "You can provide current date and time information.",
                "bullets": [
                    "Use get_current_time to tell users what time it is",
                    "Use get_current_date to tell users today's date",
                    "Both tools support different timezones",
                ],
            }
        ]

    def _time(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        return SwaigFunctionResult(f"It is {self._now(args):%I:%M:%S %p %Z}.")

    def _date(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        return SwaigFunctionResult(f"Today is {self._now(args):%A, %B %d, %Y}.")

    def _now(self, args: JSON) -> datetime:
        return datetime.fromtimestamp(self.agent.clock(), _zone(args.get("timezone") or "UTC"))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name[:LONGEST].strip())
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder, a name with ..
        told = escape(name[:LONGEST])
        raise ToolError(
            f'There is no time zone named "{told}". Use a name such as Europe/London.'
        ) from error


_ZONE_OF_TIME = {
    "type": "string",
    "description": "Timezone name (e.g., 'America/New_York', 'Europe/London'). Defaults to UTC.",
}
_ZONE_OF_DATE = {
    "type": "string",
    "description": "Timezone name for the date. Defaults to UTC.",
}
