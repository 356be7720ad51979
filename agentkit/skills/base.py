"""What a skill is: a class that sets itself up and tells what it adds to an agent."""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, ClassVar

from agentkit._log import EventLogger
from agentkit.agent import AgentBase
from agentkit.datamap import DataMap
from agentkit.swaig.result import SwaigFunctionResult

JSON = dict[str, Any]
NAMESPACE = "skill:"


class SkillBase:
    """A part of an agent, added by `agent.add_skill(name, params)`.

    A subclass names itself, registers its tools in `register_tools`, and may tell hints, global
    data and sections of the prompt.

    Args:
        agent: who it is added to.
        params: what the author set, checked against `get_parameter_schema`.

    Attributes:
        agent: who it was added to.
        params: what the author set, without `swaig_fields`.
        swaig_fields: further fields of the entry of every tool.
        logger: writes events as `agent.log` does.
    """

    SKILL_NAME: ClassVar[str] = ""
    SKILL_DESCRIPTION: ClassVar[str] = ""
    SKILL_VERSION: ClassVar[str] = "1.0.0"
    REQUIRED_PACKAGES: ClassVar[Sequence[str]] = ()
    REQUIRED_ENV_VARS: ClassVar[Sequence[str]] = ()
    SUPPORTS_MULTIPLE_INSTANCES: ClassVar[bool] = False

    def __init__(self, agent: AgentBase, params: Mapping[str, Any] | None = None) -> None:
        given = dict(params or {})
        self.agent = agent
        self.swaig_fields: JSON = dict(given.pop("swaig_fields", None) or {})
        self.params = given
        self.logger = EventLogger(f"agentkit.skills.{self.SKILL_NAME}")

    # What a skill says -----------------------------------------------------------------------

    def setup(self) -> bool:
        """Get ready; return False, or raise, when that cannot be done."""
        return True

    def register_tools(self) -> None:
        """Register the tools, by `define_tool` and `register_data_map`."""

    def get_hints(self) -> list[str]:
        """Return words that speech recognition should expect."""
        return []

    def get_global_data(self) -> JSON:
        """Return what prompts and tools see in `global_data`."""
        return {}

    def get_prompt_sections(self) -> list[JSON]:
        """Return sections of the prompt, in the form of `set_prompt_pom`."""
        return self._get_prompt_sections()

    def _get_prompt_sections(self) -> list[JSON]:
        return []

    def cleanup(self) -> None:
        """Let go of what `setup` took; called when the skill is removed."""

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the skill's parameters by name: extend what this returns.

        Each has a `type` (`string`, `integer`, `number`, `boolean`, `array`, `object`,
        `callable`), a `description`, and may have `default`, `required`, `enum`, `min`, `max`,
        `env_var` (the environment's word when it is not given) and `hidden` for secrets.
        """
        shared: dict[str, JSON] = {
            "swaig_fields": {
                "type": "object",
                "description": "Further fields of the entry of every tool of the skill.",
                "default": {},
                "required": False,
            },
            "skip_prompt": {
                "type": "boolean",
                "description": "Leave the skill's sections out of the prompt.",
                "default": False,
                "required": False,
            },
        }
        if cls.SUPPORTS_MULTIPLE_INSTANCES:
            shared["tool_name"] = {
                "type": "string",
                "description": "What the tool is called; another name makes another instance.",
                "default": cls.SKILL_NAME,
                "required": False,
            }
        return shared

    def get_instance_key(self) -> str:
        """Return what this one is called among the agent's skills."""
        if not self.SUPPORTS_MULTIPLE_INSTANCES:
            return self.SKILL_NAME
        return f"{self.SKILL_NAME}_{self.params.get('tool_name') or self.SKILL_NAME}"

    # What a skill uses -----------------------------------------------------------------------

    def param(self, name: str) -> Any:
        """Return a parameter: the author's, else the default of the schema."""
        given = self.params.get(name)
        return self.get_parameter_schema()[name].get("default") if given is None else given

    def define_tool(self, **options: Any) -> None:
        """Register a tool as `agent.define_tool` does; `swaig_fields` join its entry.

        Raises:
            DefinitionError: something of it is wrong.
        """
        self.agent.define_tool(**{**self.swaig_fields, **options})

    def register_data_map(self, made: DataMap, **fields: Any) -> None:
        """Register a function that the platform answers; fields and `swaig_fields` join its entry.

        Raises:
            DefinitionError: something of it is wrong.
        """
        own = {key: value for key, value in self.swaig_fields.items() if key != "secure"}
        self.agent.register_swaig_function({**made.to_swaig_function(), **fields, **own})

    def validate_env_vars(self) -> bool:
        """Say whether the environment has all of `REQUIRED_ENV_VARS`."""
        return all(os.environ.get(name) for name in self.REQUIRED_ENV_VARS)

    def validate_packages(self) -> bool:
        """Say whether all of `REQUIRED_PACKAGES` are installed."""
        return all(is_installed(name) for name in self.REQUIRED_PACKAGES)

    # Data of the skill in a call -------------------------------------------------------------

    def get_skill_data(self, raw_data: Mapping[str, Any] | None) -> JSON:
        """Return a copy of what the skill keeps in the call's `global_data`.

        Args:
            raw_data: the posted body, as a tool gets it.
        """
        known = (raw_data or {}).get("global_data")
        own = known.get(self._get_skill_namespace()) if isinstance(known, Mapping) else None
        return dict(own) if isinstance(own, Mapping) else {}

    def update_skill_data(
        self, result: SwaigFunctionResult, data: Mapping[str, Any]
    ) -> SwaigFunctionResult:
        """Have a result replace what the skill keeps in the call's `global_data`."""
        return result.update_global_data({self._get_skill_namespace(): dict(data)})

    def _get_skill_namespace(self) -> str:
        return f"{NAMESPACE}{self.params.get('prefix') or self.get_instance_key()}"


def is_installed(package: str) -> bool:
    """Say whether a package can be imported."""
    try:
        return find_spec(package) is not None
    except (ModuleNotFoundError, ValueError):  # its parent is missing, or it hides itself
        return False
