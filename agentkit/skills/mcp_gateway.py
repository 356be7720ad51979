"""The skill `mcp_gateway`: tools of MCP servers behind a gateway, each as a function of the agent.

The gateway is asked for its services and their tools when the skill is added; a call of a tool goes
there with the call's id as the session, and the session ends with the call.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote

from agentkit.errors import DefinitionError, ToolError
from agentkit.skills.addresses import FetchError
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.fetching import Fetch, Reply, send
from agentkit.skills.parameters import parameter, refuse
from agentkit.skills.services import Service, at, clipped, dicts
from agentkit.swaig.result import SwaigFunctionResult

LONGEST = 16_000
"""Longest result of a tool that the model is told, in characters."""

HANGUP = "_mcp_gateway_hangup"
SECONDS = 20.0
"""How long a call of a tool may take at most: a tool of the agent has 25 seconds."""

_USER = re.compile(r"^(https?://)[^/@]*@")
_ODD = re.compile(r"[^A-Za-z0-9_-]")
_KEPT = ("type", "description", "enum", "default")


class _Offered(NamedTuple):
    """A service of the gateway and the names of the tools that are taken; all, when None."""

    name: str
    tools: list[str] | None


class McpGatewaySkill(SkillBase):
    """Offers the tools of a gateway."""

    SKILL_NAME: ClassVar[str] = "mcp_gateway"
    SKILL_DESCRIPTION: ClassVar[str] = "Offer the tools of MCP servers behind a gateway."

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters: the gateway, its credentials, and which tools are taken."""
        return {**super().get_parameter_schema(), **_PARAMETERS}

    def setup(self) -> bool:
        """Ask the gateway what it offers."""
        self._url = str(self.param("gateway_url")).rstrip("/")
        self._shown = _USER.sub(r"\1", self._url)  # it stands in the prompt
        self._headers = self._credentials()
        self._service = Service(self._client, self.logger)
        self._answered("/health")
        self._offered = list(self._chosen()) or list(self._everything())
        return True

    def register_tools(self) -> None:
        """Register one function a tool, and one that ends the sessions of a call."""
        for offered in self._offered:
            listed = self._answered(f"/services/{quote(offered.name, safe='')}/tools")
            for tool in dicts(listed, "tools"):
                if offered.tools is None or tool.get("name") in offered.tools:
                    self._register(offered.name, tool)
        self.define_tool(
            name=HANGUP,
            description="Internal cleanup function for MCP sessions",
            parameters={},
            handler=self._hung_up,
            is_hangup_hook=True,
        )

    def get_hints(self) -> list[str]:
        """Return the names of the services."""
        return ["MCP", "gateway", *(offered.name for offered in self._offered)]

    def get_global_data(self) -> JSON:
        """Say what the agent is connected to."""
        return {
            "mcp_gateway_url": self._shown,
            "mcp_session_id": None,
            "mcp_services": [offered.name for offered in self._offered],
        }

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model of the services."""
        told = ", ".join(f"{name} ({_amount(tools)})" for name, tools in self._offered)
        return [
            {
                "title": "MCP Gateway Integration",
                "body": (
                    "You have access to external MCP (Model Context Protocol) services through a "
                    "gateway."
                ),
                "bullets": [
                    f"Connected to gateway at {self._shown}",
                    f"Available services: {told}",
                    f"Functions are prefixed with '{self.param('tool_prefix')}' followed by service"
                    " name",
                    "Each service maintains its own session state throughout the call",
                ],
            }
        ]

    def _credentials(self) -> dict[str, str]:
        token = self.params.get("auth_token")
        if token:
            return {"Authorization": f"Bearer {token}"}
        user, password = (self.params.get(key) for key in ("auth_user", "auth_password"))
        if not user or not password:
            refuse(type(self), "needs 'auth_token', or 'auth_user' and 'auth_password'")
        return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}

    def _chosen(self) -> Iterator[_Offered]:
        for service in self.param("services"):
            name = service.get("name") if isinstance(service, dict) else None
            if not isinstance(name, str) or not name:
                refuse(type(self), f"parameter 'services' needs dicts with a name, not {service!r}")
            tools = service.get("tools", "*")
            yield _Offered(name, None if tools == "*" else list(tools))

    def _everything(self) -> Iterator[_Offered]:
        found = self._answered("/services")
        names = found if isinstance(found, dict) else {}
        return (_Offered(name, None) for name in names)

    def _client(self, fetch: Fetch) -> Reply:
        """Try again when there is no reply, and only for what changes nothing."""
        client = self.params.get("http_client") or send
        tries = self.param("retry_attempts") if fetch.method == "GET" else 1
        for _ in range(tries - 1):
            try:
                return client(fetch)
            except FetchError as error:
                self.logger.info("gateway_tried_again", reason=str(error))
        return client(fetch)

    def _answered(self, path: str) -> Any:
        """Return what the gateway says while the skill is set up."""
        try:
            return self._service.get(f"{self._url}{path}", headers=self._headers)
        except ToolError as error:
            raise DefinitionError(
                f"skill {self.SKILL_NAME!r} has no answer of its gateway at {path}"
            ) from error

    def _register(self, service: str, tool: JSON) -> None:
        name, schema = str(tool.get("name")), at(tool, "inputSchema")
        properties = at(schema, "properties")
        described = properties if isinstance(properties, dict) else {}
        self.define_tool(
            name=_ODD.sub("_", f"{self.param('tool_prefix')}{service}_{name}")[:64],
            description=f"[{service}] {clipped(tool.get('description') or name, 1_000)}",
            parameters={key: _described(each) for key, each in described.items()},
            required=[key for key in at(schema, "required") or () if key in described],
            handler=partial(self._called, service, name),
            is_typed_handler=False,
        )

    def _called(self, service: str, tool: str, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        call_id = raw_data.get("call_id")
        asked = {
            "tool": tool,
            "arguments": args,
            "session_id": call_id,
            "timeout": self.param("session_timeout"),
            "metadata": {"agent_id": self.agent.name, "timestamp": None, "call_id": call_id},
        }
        seconds = min(float(self.param("request_timeout")), SECONDS)
        url = f"{self._url}/services/{quote(service, safe='')}/call"
        found = self._service.post(url, asked, self._headers, seconds=seconds)
        if error := at(found, "error"):
            reason = clipped(str(error), 200)
            self.logger.warning("mcp_tool_failed", service=service, tool=tool, reason=reason)
            return SwaigFunctionResult("The tool could not do that.")
        told = at(found, "result")
        if told is None:
            return SwaigFunctionResult("Done.")
        return SwaigFunctionResult(clipped(told if isinstance(told, str) else str(told), LONGEST))

    def _hung_up(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        call_id = raw_data.get("call_id")
        if call_id:
            url = f"{self._url}/sessions/{quote(str(call_id), safe='')}"
            self._service.reply(Fetch(url=url, method="DELETE", headers=self._headers))
        return SwaigFunctionResult("The sessions are closed.")


def _described(given: object) -> JSON:
    known = given if isinstance(given, dict) else {}
    kept = {key: known[key] for key in _KEPT if key in known}
    kinds = kept.pop("type", "string")
    named = (
        next((each for each in kinds if each != "null"), "string")
        if isinstance(kinds, list)
        else kinds
    )
    return {"type": named, "description": "", **kept}


def _amount(tools: list[str] | None) -> str:
    return "all tools" if tools is None else f"{len(tools)} tools"


_PARAMETERS: dict[str, JSON] = {
    "gateway_url": parameter("string", "The gateway.", required=True),
    "auth_token": parameter(
        "string", "Token of the gateway.", hidden=True, env_var="MCP_GATEWAY_AUTH_TOKEN"
    ),
    "auth_user": parameter(
        "string", "User of the gateway, without a token.", env_var="MCP_GATEWAY_AUTH_USER"
    ),
    "auth_password": parameter(
        "string", "Password of that user.", hidden=True, env_var="MCP_GATEWAY_AUTH_PASSWORD"
    ),
    "services": parameter(
        "array", "Dicts with the `name` of a service and its `tools`; all when empty.", default=[]
    ),
    "session_timeout": parameter("integer", "How long a session lives, in seconds.", default=300),
    "tool_prefix": parameter("string", "What names of functions begin with.", default="mcp_"),
    "retry_attempts": parameter(
        "integer", "How often the gateway is asked what it offers.", default=3, min=1, max=10
    ),
    "request_timeout": parameter(
        "integer", "How long a tool may take, in seconds, at most 20.", default=30, min=1
    ),
    "verify_ssl": parameter(
        "boolean", "Of no effect: certificates are always checked.", default=True
    ),
}
