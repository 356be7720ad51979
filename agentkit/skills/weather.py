"""The skill `weather_api`: the platform asks WeatherAPI.com, and the model tells the weather."""

from typing import ClassVar

from agentkit.datamap import DataMap
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.parameters import parameter

FAHRENHEIT, CELSIUS = UNITS = ("fahrenheit", "celsius")


class WeatherSkill(SkillBase):
    """Tells the weather; the key stands in the document, which only the platform gets."""

    SKILL_NAME: ClassVar[str] = "weather_api"
    SKILL_DESCRIPTION: ClassVar[str] = "Tell the weather of a place, by WeatherAPI.com."

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters `api_key`, `tool_name` and `temperature_unit`."""
        return {
            **super().get_parameter_schema(),
            "api_key": parameter(
                "string",
                "Key of WeatherAPI.com.",
                required=True,
                hidden=True,
                env_var="WEATHER_API_KEY",
            ),
            "tool_name": parameter("string", "What the tool is called.", default="get_weather"),
            "temperature_unit": parameter(
                "string", "How temperatures are told.", default=FAHRENHEIT, enum=list(UNITS)
            ),
        }

    def register_tools(self) -> None:
        """Register `get_weather`, which the platform answers itself."""
        url = f"https://api.weatherapi.com/v1/current.json?key={self.param('api_key')}"
        made = (
            DataMap(self.param("tool_name"))
            .description("Get current weather information for any location")
            .parameter(
                "location",
                "string",
                "The city, state, country, or location to get weather for",
                required=True,
            )
            .webhook("GET", f"{url}&q=${{lc:enc:args.location}}&aqi=no")
            .output({"response": _told(self.param("temperature_unit"))})
            .global_error_keys(["error"])
            .fallback_output({"response": _SORRY})
        )
        self.register_data_map(made)


def _told(unit: str) -> str:
    name, key = unit.capitalize(), unit[0]
    return (
        "Tell the user the current weather conditions. "
        f"Express all temperatures in {name} using natural language numbers "
        "without abbreviations or symbols for clear text-to-speech pronunciation. "
        f"For example, say 'seventy two degrees {name}' instead of '72F' or '72°F'. "
        "Include the condition, current temperature, wind direction and speed, "
        "cloud coverage percentage, and what the temperature feels like. "
        "Current conditions: ${current.condition.text}. "
        f"Temperature: ${{current.temp_{key}}} degrees {name}. "
        "Wind: ${current.wind_dir} at ${current.wind_mph} miles per hour. "
        "Cloud coverage: ${current.cloud} percent. "
        f"Feels like: ${{current.feelslike_{key}}} degrees {name}."
    )


_SORRY = (
    "Sorry, I cannot get weather information right now. "
    "Please try again later or check if the location name is correct."
)
