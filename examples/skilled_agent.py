"""An agent with skills: built-in ones, and one written here."""

from typing import Any

from agentkit import AgentBase, FunctionResult
from agentkit.skills import SkillBase, register_skill


class Guestbook(SkillBase):
    """Notes who called, in the data of the call."""

    SKILL_NAME = "guestbook"
    SKILL_DESCRIPTION = "Note who called."

    @classmethod
    def get_parameter_schema(cls) -> dict[str, dict[str, Any]]:
        most = {"type": "integer", "description": "How many guests.", "default": 3, "min": 1}
        return {**super().get_parameter_schema(), "most": most}

    def register_tools(self) -> None:
        self.define_tool(
            name="note_guest",
            description="Note the name of a guest.",
            parameters={"name": {"type": "string", "description": "The guest's name."}},
            handler=self.note,
        )

    def note(self, args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
        guests = [*self.get_skill_data(raw_data).get("guests", []), args["name"]]
        if len(guests) > self.param("most"):
            return FunctionResult("The book is full.")
        result = FunctionResult(f"Noted, guest number {len(guests)}.")
        self.update_skill_data(result, {"guests": guests})
        return result

    def get_prompt_sections(self) -> list[dict[str, Any]]:
        return [{"title": "Guests", "body": "Note every guest with note_guest."}]


register_skill(Guestbook)

agent = AgentBase("doorman", route="/doorman")
agent.prompt_add_section("Role", "You greet the guests of a party.")
agent.add_skill("datetime")
agent.add_skill("math", {"skip_prompt": True})
agent.add_skill("guestbook", {"most": 2})


if __name__ == "__main__":
    agent.run()
