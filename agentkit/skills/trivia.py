"""The skill `api_ninjas_trivia`: the platform asks API Ninjas for a quiz question."""

from typing import ClassVar

from agentkit.datamap import DataMap
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.parameters import parameter, refuse

CATEGORIES = {
    "artliterature": "Art and Literature",
    "language": "Language",
    "sciencenature": "Science and Nature",
    "general": "General Knowledge",
    "fooddrink": "Food and Drink",
    "peopleplaces": "People and Places",
    "geography": "Geography",
    "historyholidays": "History and Holidays",
    "entertainment": "Entertainment",
    "toysgames": "Toys and Games",
    "music": "Music",
    "mathematics": "Mathematics",
    "religionmythology": "Religion and Mythology",
    "sportsleisure": "Sports and Leisure",
}


class TriviaSkill(SkillBase):
    """Asks quiz questions; the key stands in the document, which only the platform gets."""

    SKILL_NAME: ClassVar[str] = "api_ninjas_trivia"
    SKILL_DESCRIPTION: ClassVar[str] = "Ask quiz questions of the API of API Ninjas."
    SUPPORTS_MULTIPLE_INSTANCES: ClassVar[bool] = True

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters `api_key`, `tool_name` and `categories`."""
        return {
            **super().get_parameter_schema(),
            "api_key": parameter(
                "string", "Key of API Ninjas.", required=True, hidden=True, env_var="API_NINJAS_KEY"
            ),
            "tool_name": parameter("string", "What the tool is called.", default="get_trivia"),
            "categories": parameter(
                "array", "Which categories the model may ask for.", default=list(CATEGORIES)
            ),
        }

    def get_instance_key(self) -> str:
        """Tell instances apart by their tool."""
        return f"{self.SKILL_NAME}_{self.param('tool_name')}"

    def setup(self) -> bool:
        """Check the categories."""
        wrong = [name for name in self.param("categories") if name not in CATEGORIES]
        if wrong or not self.param("categories"):
            known = ", ".join(CATEGORIES)
            refuse(type(self), f"parameter 'categories' must have some of {known}, not {wrong}")
        return True

    def register_tools(self) -> None:
        """Register `get_trivia`, which the platform answers itself."""
        name, categories = self.param("tool_name"), list(self.param("categories"))
        told = "; ".join(f"{each}: {CATEGORIES[each]}" for each in categories)
        made = (
            DataMap(name)
            .description(f"Get trivia questions for {name.replace('_', ' ')}")
            .parameter(
                "category",
                "string",
                f"Category for trivia question. Options: {told}",
                required=True,
                enum=categories,
            )
            .webhook(
                "GET",
                "https://api.api-ninjas.com/v1/trivia?category=%{args.category}",
                headers={"X-Api-Key": self.param("api_key")},
            )
            .output({"response": _QUESTION})
            .global_error_keys(["error"])
            .fallback_output({"response": _SORRY})
        )
        self.register_data_map(made)


_QUESTION = (
    "Category %{array[0].category} question: %{array[0].question} Answer: %{array[0].answer}, "
    "be sure to give the user time to answer before saying the answer."
)
_SORRY = "Sorry, I cannot get trivia questions right now. Please try again later."
