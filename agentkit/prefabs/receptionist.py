"""An agent that greets callers, notes who they are, and puts them through to a department."""

from collections.abc import Mapping, Sequence
from typing import Any

from agentkit.agent import AgentBase
from agentkit.prefabs.contents import entries, heard
from agentkit.swaig.result import SwaigFunctionResult

JSON = dict[str, Any]


class ReceptionistAgent(AgentBase):
    """Puts callers through.

    Args:
        departments: dicts with `name`, `description`, and `number`: a number or SIP address.
        name: what the agent is called.
        route: the path that it answers at.
        greeting: how callers are greeted.
        voice: who speaks.
        **options: settings of `AgentBase`.

    Raises:
        DefinitionError: a department is wrong.
    """

    def __init__(
        self,
        departments: Sequence[Mapping[str, str]],
        name: str = "receptionist",
        route: str = "/receptionist",
        greeting: str = "Thank you for calling. How can I help you today?",
        voice: str = "rime.spore",
        **options: Any,
    ) -> None:
        super().__init__(name, route, **options)
        self.departments = entries(departments, "departments", ("name", "description", "number"))
        self._tell(greeting)
        self.set_post_prompt(_SUMMARY)
        self.set_params(_PARAMS)
        self.set_languages([{"name": "English", "code": "en-US", "voice": voice}])
        self.set_global_data({"departments": self.departments, "caller_info": {}})
        self._register()

    def collect_caller_info(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        """Note who calls, and why."""
        name, reason = (heard(args.get(key) or "") for key in ("name", "reason"))
        told = f"Noted: {name} calls about {reason}."
        known = {"name": name, "reason": reason}
        return SwaigFunctionResult(told).update_global_data({"caller_info": known})

    def transfer_call(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        """Connect the caller with a department; the model says goodbye before."""
        asked = args.get("department")
        found = next((each for each in self.departments if each["name"] == asked), None)
        if found is None:
            return SwaigFunctionResult(f"There is no department named '{heard(asked)}'.")
        told = f"Tell the caller that you put them through to {found['name']} now."
        return SwaigFunctionResult(told, post_process=True).connect(found["number"], final=True)

    def _tell(self, greeting: str) -> None:
        self.prompt_add_section("Personality", _PERSONA)
        self.prompt_add_section("Goal", _GOAL)
        first = f"Begin by greeting the caller with: '{greeting}'"
        self.prompt_add_section("Instructions", bullets=[first, *_RULES])
        told = [f"{each['name']}: {each['description']}" for each in self.departments]
        self.prompt_add_section("Available Departments", bullets=told)

    def _register(self) -> None:
        """The tools are no methods' marks: what they may be called with is the author's list."""
        self.define_tool(
            "collect_caller_info",
            "Collect the caller's information for routing",
            parameters=_CALLER,
            handler=self.collect_caller_info,
        )
        department = {
            "type": "string",
            "description": "The department to transfer to",
            "enum": [each["name"] for each in self.departments],
        }
        self.define_tool(
            "transfer_call",
            "Transfer the caller to the appropriate department",
            parameters={"department": department},
            handler=self.transfer_call,
        )


_CALLER = {
    "name": {"type": "string", "description": "The caller's name"},
    "reason": {"type": "string", "description": "The reason for the call"},
}
_PARAMS: JSON = {
    "end_of_speech_timeout": 700,
    "speech_event_timeout": 1000,
    "transfer_summary": True,
}
_PERSONA = (
    "You are a friendly and professional receptionist. You speak clearly and efficiently while "
    "maintaining a warm, helpful tone."
)
_GOAL = (
    "Your goal is to greet callers, collect their basic information, and transfer them to the "
    "appropriate department."
)
_RULES = (
    "Collect their name and a brief description of their needs.",
    "Based on their needs, determine which department would be most appropriate.",
    "Use the collect_caller_info function when you have their name and reason for calling.",
    "Use the transfer_call function to transfer them to the appropriate department.",
    "Before transferring, always confirm with the caller that they're being transferred to the "
    "right department.",
    "If a caller's request doesn't clearly match a department, ask follow-up questions to clarify.",
)
_SUMMARY = """
        Return a JSON summary of the conversation:
        {
            "caller_name": "CALLER'S NAME",
            "reason": "REASON FOR CALLING",
            "department": "DEPARTMENT TRANSFERRED TO",
            "satisfaction": "high/medium/low (estimated caller satisfaction)"
        }
        """
