"""A skill in a folder, for either SDK."""

from typing import Any

from tests.differential.sdk import SkillBase


class GreetingSkill(SkillBase):
    SKILL_NAME = "greeting"
    SKILL_DESCRIPTION = "Greet."

    @classmethod
    def get_parameter_schema(cls) -> dict[str, Any]:
        return super().get_parameter_schema()

    def setup(self) -> bool:
        return True

    def register_tools(self) -> None:
        self.define_tool(
            name="greet", description="Greet.", parameters={}, handler=lambda args, raw: "Hello."
        )
