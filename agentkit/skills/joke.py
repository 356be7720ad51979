"""The skill `joke`: the platform asks API Ninjas for a joke, and the model tells it."""

from typing import ClassVar

from agentkit.datamap import DataMap
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.parameters import parameter


class JokeSkill(SkillBase):
    """Tells jokes of API Ninjas; the key stands in the document, which only the platform gets."""

    SKILL_NAME: ClassVar[str] = "joke"
    SKILL_DESCRIPTION: ClassVar[str] = "Tell jokes of the API of API Ninjas."

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters `api_key` and `tool_name`."""
        return {
            **super().get_parameter_schema(),
            "api_key": parameter(
                "string", "Key of API Ninjas.", required=True, hidden=True, env_var="API_NINJAS_KEY"
            ),
            "tool_name": parameter("string", "What the tool is called.", default="get_joke"),
        }

    def register_tools(self) -> None:
        """Register `get_joke`, which the platform answers itself."""
        made = (
            DataMap(self.param("tool_name"))
            .description("Get a joke to tell the caller")
            .parameter(
                "type",
                "string",
                "Type of joke to get",
                required=True,
                enum=["jokes", "dadjokes"],
            )
            .webhook(
                "GET",
                "https://api.api-ninjas.com/v1/${args.type}",
                headers={"X-Api-Key": self.param("api_key")},
            )
            .output({"response": "Tell this joke to the user: ${array[0].joke}"})
            .error_keys(["error"])
            .fallback_output({"response": _SORRY})
        )
        self.register_data_map(made)

    def get_global_data(self) -> JSON:
        """Say that there are jokes."""
        return {"joke_skill_enabled": True}

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model of the tool."""
        return [
            {
                "title": "Joke Telling",
                "body": "You can tell jokes to entertain users.",
                "bullets": [
                    f"Use {self.param('tool_name')} to tell jokes when users ask for humor",
                    "You can tell regular jokes or dad jokes",
                    "Be enthusiastic and fun when sharing jokes",
                ],
            }
        ]


_SORRY = "Sorry, there is a problem with the joke service right now. Please try again later."
