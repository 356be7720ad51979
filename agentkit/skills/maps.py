"""The skill `google_maps`: addresses and driving routes, by Google's Places and Routes."""

import re
from typing import Any, ClassVar

from agentkit.errors import ToolError
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.parameters import parameter
from agentkit.skills.services import at, clipped, service_of
from agentkit.swaig.result import SwaigFunctionResult

PLACES = "https://maps.googleapis.com/maps/api/place/textsearch/json"
ROUTES = "https://routes.googleapis.com/directions/v2:computeRoutes"
NEAR_METRES = 50_000
METRES_PER_MILE = 1609.344
LONGEST = 300
_DURATION = re.compile(r"(\d{1,9})(?:\.\d+)?s")
_DIGITS = dict(zip(
    ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "00123456789",
    strict=True,
))  # fmt: skip
_LIMITS = {"lat": 90.0, "lng": 180.0}


class MapsSkill(SkillBase):
    """Finds addresses and routes."""

    SKILL_NAME: ClassVar[str] = "google_maps"
    SKILL_DESCRIPTION: ClassVar[str] = "Find addresses and driving routes, by Google Maps."

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters `api_key`, `lookup_tool_name` and `route_tool_name`."""
        return {
            **super().get_parameter_schema(),
            "api_key": parameter(
                "string", "Key of Google Maps.", required=True, hidden=True,
                env_var="GOOGLE_MAPS_API_KEY",
            ),
            "lookup_tool_name": parameter(
                "string", "What the tool for addresses is called.", default="lookup_address"
            ),
            "route_tool_name": parameter(
                "string", "What the tool for routes is called.", default="compute_route"
            ),
        }  # fmt: skip

    def register_tools(self) -> None:
        """Register `lookup_address` and `compute_route`."""
        self.define_tool(
            name=self.param("lookup_tool_name"),
            description=_LOOKUP,
            parameters=_ADDRESS,
            handler=self._lookup,
        )
        self.define_tool(
            name=self.param("route_tool_name"),
            description=_ROUTE,
            parameters=_POINTS,
            handler=self._route,
        )

    def get_hints(self) -> list[str]:
        """Return what callers say of ways."""
        return ["address", "location", "route", "directions", "miles", "distance"]

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model of both tools."""
        lookup, route = self.param("lookup_tool_name"), self.param("route_tool_name")
        return [
            {
                "title": "Google Maps",
                "body": "You can validate addresses and compute driving routes.",
                "bullets": [
                    f"Use {lookup} to validate and geocode addresses or business names",
                    f"Use {route} to get driving distance and time between two points",
                    "Address lookup supports spoken numbers (e.g. 'seven one four' becomes '714')",
                    "You can bias address results toward a known location to find the nearest "
                    "match",
                ],
            }
        ]

    def _lookup(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        address = written(str(args.get("address") or "")[:LONGEST])
        if not address:
            raise ToolError("Say which address to look up.")
        asked = {"query": address, "key": self.param("api_key")}
        if args.get("bias_lat") is not None and args.get("bias_lng") is not None:
            near = f"{_degrees(args, 'bias_lat')},{_degrees(args, 'bias_lng')}"
            asked |= {"location": near, "radius": NEAR_METRES}
        found = at(service_of(self).get(PLACES, asked), "results", 0)
        place = at(found, "geometry", "location")
        latitude, longitude = at(place, "lat"), at(place, "lng")
        if not (_is_number(latitude) and _is_number(longitude)):
            return SwaigFunctionResult("Nothing was found there. Ask for more of the address.")
        told = (clipped(at(found, key), LONGEST) for key in ("name", "formatted_address"))
        lines = [*filter(None, told), f"Latitude {latitude}, longitude {longitude}"]
        return SwaigFunctionResult("\n".join(lines))

    def _route(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        asked = {
            "origin": _point(args, "origin"),
            "destination": _point(args, "dest"),
            "travelMode": "DRIVE",
            "routingPreference": "TRAFFIC_AWARE",
        }
        headers = {
            "X-Goog-Api-Key": self.param("api_key"),
            "X-Goog-FieldMask": "routes.distanceMeters,routes.duration",
        }
        route = at(service_of(self).post(ROUTES, asked, headers), "routes", 0)
        metres, seconds = at(route, "distanceMeters"), _seconds(at(route, "duration"))
        if not _is_number(metres) or seconds is None:
            return SwaigFunctionResult("There is no driving route between these points.")
        miles = f"{metres / METRES_PER_MILE:.1f} miles"
        return SwaigFunctionResult(f"The way is {miles} and takes about {_minutes(seconds)}.")


def written(spoken: str) -> str:
    """Return an address with spoken digits in figures: `seven one four Main` is `714 Main`."""
    words: list[str] = []
    follows = False
    for word in spoken.split():
        digit = _DIGITS.get(word.lower().strip(","))
        if digit is not None and follows:
            words[-1] += digit
        else:
            words.append(digit or word)
        follows = digit is not None
    return " ".join(words)


def _point(args: JSON, name: str) -> JSON:
    latitude, longitude = (_degrees(args, f"{name}_{axis}") for axis in _LIMITS)
    return {"location": {"latLng": {"latitude": latitude, "longitude": longitude}}}


def _degrees(args: JSON, name: str) -> float:
    value, most = args.get(name), _LIMITS[name.rpartition("_")[2]]
    if not _is_number(value) or not -most <= value <= most:  # type: ignore[operator]  # a number
        raise ToolError(f"{name} must be a number of degrees from -{most:g} to {most:g}.")
    return float(value)  # type: ignore[arg-type]  # a number


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _seconds(duration: object) -> int | None:
    found = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    return int(found[1]) if found else None


def _minutes(seconds: int) -> str:
    hours, minutes = divmod(max(1, round(seconds / 60)), 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join(filter(None, parts))


_LOOKUP = (
    "Validate and geocode a street address or business name using Google Maps. Optionally bias "
    "results toward a known location (e.g. find the nearest Walmart)."
)
_ROUTE = (
    "Compute a driving route between two points using Google Maps Routes API. Returns distance and "
    "estimated travel time."
)
_ADDRESS = {
    "address": {"type": "string", "description": "The address or business name to look up"},
    "bias_lat": {
        "type": "number", "description": "Latitude to bias results toward (optional)"
    },
    "bias_lng": {
        "type": "number", "description": "Longitude to bias results toward (optional)"
    },
}  # fmt: skip
_POINTS = {
    "origin_lat": {"type": "number", "description": "Origin latitude"},
    "origin_lng": {"type": "number", "description": "Origin longitude"},
    "dest_lat": {"type": "number", "description": "Destination latitude"},
    "dest_lng": {"type": "number", "description": "Destination longitude"},
}
