"""The skill `swml_transfer`: the platform moves a call by what the model says."""

from collections.abc import Mapping
from typing import Any, ClassVar

from agentkit.datamap import DataMap
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.parameters import parameter, refuse
from agentkit.swaig.result import SwaigFunctionResult

Target = Mapping[str, Any]
_MESSAGE = "Transferring you now..."
_RETURN = "The transfer is complete. How else can I help you?"
_WAYS = ("url", "address")


class TransferSkill(SkillBase):
    """Transfers calls to where the first pattern leads that fits."""

    SKILL_NAME: ClassVar[str] = "swml_transfer"
    SKILL_DESCRIPTION: ClassVar[str] = "Transfer calls to other agents, numbers or SIP addresses."
    SUPPORTS_MULTIPLE_INSTANCES: ClassVar[bool] = True

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters: `transfers` by pattern, and the words around them."""
        return {**super().get_parameter_schema(), **_PARAMETERS}

    def get_instance_key(self) -> str:
        """Tell instances apart by their tool."""
        return f"{self.SKILL_NAME}_{self.param('tool_name')}"

    def setup(self) -> bool:
        """Check the transfers."""
        if not self.param("transfers"):
            refuse(type(self), "parameter 'transfers' must have at least one transfer")
        for pattern, target in self.param("transfers").items():
            given = target if isinstance(target, Mapping) else {}
            if len([way for way in _WAYS if given.get(way)]) != 1:
                refuse(type(self), f"parameter 'transfers': {pattern!r} needs a url or an address")
        return True

    def register_tools(self) -> None:
        """Register `transfer_call`, which the platform answers itself."""
        name = self.param("parameter_name")
        made = DataMap(self.param("tool_name")).description(self.param("description"))
        made.parameter(name, "string", self.param("parameter_description"), required=True)
        for field, told in self.param("required_fields").items():
            made.parameter(field, "string", told, required=True)
        for pattern, target in self.param("transfers").items():
            made.expression(f"${{args.{name}}}", pattern, self._transferred(target))
        told = SwaigFunctionResult(
            self.param("default_message"), post_process=self.param("default_post_process")
        )
        made.expression(f"${{args.{name}}}", "/.*/", self._with_fields(told))
        self.register_data_map(made)

    def get_hints(self) -> list[str]:
        """Return the words of the patterns, and those that ask for a transfer."""
        words = [each for pattern in self._destinations() for each in pattern.split("|")]
        return [*words, "transfer", "connect", "speak to", "talk to"]

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model where calls can go, and how."""
        tool, fields = self.param("tool_name"), self.param("required_fields")
        wanted = [
            "You must provide the following information before transferring:",
            *(f"  - {field}: {told}" for field, told in fields.items()),
            "All required information will be saved under 'call_data' for the next agent",
        ]
        where = {
            "title": "Transferring",
            "body": (
                f"You can transfer calls using the {tool} function with the following destinations:"
            ),
            "bullets": [
                f'"{word}" - transfers to {to}' for word, to in self._destinations().items()
            ],
        }
        how = {
            "title": "Transfer Instructions",
            "body": "How to use the transfer capability:",
            "bullets": [
                f"Use the {tool} function when a transfer is needed",
                f"Pass the destination type to the '{self.param('parameter_name')}' parameter",
                *(wanted if fields else ()),
                "The system will match patterns and handle the transfer automatically",
                "After transfer completes, you'll regain control of the conversation",
            ],
        }
        return [where, how]

    def _destinations(self) -> dict[str, str]:
        """Return where patterns lead that a model can read as words."""
        found = {_words(pattern): to for pattern, to in self.param("transfers").items()}
        return {
            words: str(to.get("url") or to.get("address"))
            for words, to in found.items()
            if words and not words.startswith(".")
        }

    def _transferred(self, target: Target) -> SwaigFunctionResult:
        result = SwaigFunctionResult(
            target.get("message", _MESSAGE), post_process=target.get("post_process", True)
        )
        self._with_fields(result)
        final = target.get("final", True)
        if target.get("url"):
            return result.swml_transfer(
                target["url"], target.get("return_message", _RETURN), final=final
            )
        return result.connect(target["address"], final=final, from_addr=target.get("from_addr"))

    def _with_fields(self, result: SwaigFunctionResult) -> SwaigFunctionResult:
        kept = {field: f"${{args.{field}}}" for field in self.param("required_fields")}
        return result.update_global_data({"call_data": kept}) if kept else result


def _words(pattern: str) -> str:
    """Return a pattern without the slashes and flags that may be around it."""
    if not pattern.startswith("/"):
        return pattern
    return pattern[1:].rpartition("/")[0]


_PARAMETERS: dict[str, JSON] = {
    "tool_name": parameter("string", "What the tool is called.", default="transfer_call"),
    "transfers": parameter(
        "object",
        "By pattern: `url` of a document, or `address` (a number or SIP address); `message`, "
        "`return_message`, `post_process`, `final`, `from_addr`.",
        required=True,
    ),
    "description": parameter(
        "string", "What the tool does.", default="Transfer call based on pattern matching"
    ),
    "parameter_name": parameter(
        "string", "The argument that the patterns look at.", default="transfer_type"
    ),
    "parameter_description": parameter(
        "string", "What that argument is.", default="The type of transfer to perform"
    ),
    "default_message": parameter(
        "string",
        "What is said when no pattern fits.",
        default="Please specify a valid transfer type.",
    ),
    "default_post_process": parameter("boolean", "Let the model speak before that.", default=False),
    "required_fields": parameter(
        "object", "What the model must find out before, by argument.", default={}
    ),
}
