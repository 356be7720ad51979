"""An agent that tells the guests of a venue of its services, amenities and hours."""

from collections.abc import Mapping, Sequence
from typing import Any

from agentkit.agent import AgentBase
from agentkit.prefabs.contents import heard
from agentkit.spec import plain_dict, texts
from agentkit.swaig.result import SwaigFunctionResult

JSON = dict[str, Any]


class ConciergeAgent(AgentBase):
    """Speaks for a venue.

    Override `check_availability` and `get_directions` to ask a system of your own.

    Args:
        venue_name: what the venue is called.
        services: names of what can be booked.
        amenities: what there is, by name: details such as `hours` and `location`.
        hours_of_operation: hours by day; `default` is 9 AM to 5 PM when none are given.
        special_instructions: further rules for the model.
        welcome_message: the first words, always the same, which cannot be interrupted.
        name: what the agent is called.
        route: the path that it answers at.
        **options: settings of `AgentBase`.

    Raises:
        DefinitionError: what is given is not of this shape.
    """

    def __init__(
        self,
        venue_name: str,
        services: Sequence[str],
        amenities: Mapping[str, Mapping[str, str]],
        hours_of_operation: Mapping[str, str] | None = None,
        special_instructions: Sequence[str] | None = None,
        welcome_message: str | None = None,
        name: str = "concierge",
        route: str = "/concierge",
        **options: Any,
    ) -> None:
        super().__init__(name, route, **options)
        self.venue_name = venue_name
        self.services = texts(services, "services")
        self.amenities = plain_dict(amenities, "amenities")
        self.hours_of_operation = plain_dict(hours_of_operation or _HOURS, "hours_of_operation")
        self._tell(texts(special_instructions or (), "special_instructions"))
        self.set_post_prompt(_SUMMARY)
        self.add_hints([venue_name, *self.services, *self.amenities])
        self.set_params(_PARAMS)
        if welcome_message:
            self.set_params({"static_greeting": welcome_message, "static_greeting_no_barge": True})
        self.set_global_data(self._data()).set_native_functions(["check_time"])

    @AgentBase.tool(
        "check_availability",
        description="Check availability for a service on a specific date and time",
        parameters={
            "service": {
                "type": "string",
                "description": "The service to check (e.g., spa, restaurant)",
            },
            "date": {"type": "string", "description": "The date to check (YYYY-MM-DD format)"},
            "time": {
                "type": "string",
                "description": "The time to check (HH:MM format, 24-hour)",
            },
        },
    )
    def check_availability(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        """Say whether the venue offers a service; it knows no bookings of its own."""
        asked = str(args.get("service") or "").strip().lower()
        offered = next((each for each in self.services if each.lower() == asked), None)
        if offered is None:
            others = ", ".join(self.services)
            return SwaigFunctionResult(
                f"{self.venue_name} does not offer {heard(asked)}. The services are: {others}."
            )
        when = " at ".join(heard(args[key]) for key in ("date", "time") if args.get(key))
        return SwaigFunctionResult(
            f"Yes, {self.venue_name} offers {offered}. Ask whether to reserve it"
            f"{' for ' if when else ''}{when}."
        )

    @AgentBase.tool(
        "get_directions",
        description="Get directions to a specific location or amenity",
        parameters={
            "location": {
                "type": "string",
                "description": "The location or amenity to get directions to",
            }
        },
    )
    def get_directions(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        """Say where an amenity is."""
        asked = str(args.get("location") or "").strip().lower()
        found = next((each for each in self.amenities if each.lower() == asked), "")
        place = self.amenities.get(found, {}).get("location")
        if not place:
            return SwaigFunctionResult(
                f"There are no directions to {heard(asked)}. The front desk can help."
            )
        return SwaigFunctionResult(
            f"{found} is here: {place}. The signs at the entrance lead to it."
        )

    def _tell(self, special: Sequence[str]) -> None:
        self.prompt_add_section("Personality", f"{_PERSONA} {self.venue_name}.")
        self.prompt_add_section("Goal", _GOAL)
        self.prompt_add_section("Instructions", bullets=[*_RULES, *special])
        services = ", ".join(self.services)
        self.prompt_add_section(
            "Available Services", f"The following services are available: {services}"
        )
        told = [
            {"title": name.title(), "body": _lines(details)}
            for name, details in self.amenities.items()
        ]
        self.prompt_add_section(
            "Amenities", "Information about available amenities:", subsections=told
        )
        self.prompt_add_section("Hours of Operation", _lines(self.hours_of_operation))

    def _data(self) -> JSON:
        return {
            "venue_name": self.venue_name,
            "services": list(self.services),
            "amenities": self.amenities,
            "hours": self.hours_of_operation,
        }


def _lines(details: Mapping[str, Any]) -> str:
    return "\n".join(f"{key.title()}: {value}" for key, value in details.items())


_HOURS = {"default": "9 AM - 5 PM"}
_PARAMS: JSON = {
    "wait_for_user": False,
    "end_of_speech_timeout": 1000,
    "ai_volume": 5,
    "local_tz": "America/New_York",
}
_PERSONA = "You are a professional and helpful virtual concierge for"
_GOAL = (
    "Provide exceptional service by helping users with information, recommendations, and booking "
    "assistance."
)
_RULES = (
    "Be warm and welcoming but professional at all times.",
    "Provide accurate information about amenities, services, and operating hours.",
    "Offer to help with reservations and bookings when appropriate.",
    "Answer questions concisely with specific, relevant details.",
)
_SUMMARY = """
        Return a JSON summary of this interaction:
        {
            "topic": "MAIN_TOPIC",
            "service_requested": "SPECIFIC_SERVICE_REQUESTED_OR_null",
            "questions_answered": ["QUESTION_1", "QUESTION_2"],
            "follow_up_needed": true/false
        }
        """
