"""The skills `datasphere` and `datasphere_serverless`: searches in documents of a space.

The first is answered here, so the credentials stay on this host. The second is a data map that the
platform answers: no request reaches the agent, and the credentials stand in the document.
"""

import re
from base64 import b64encode
from typing import Any, ClassVar

from agentkit.datamap import DataMap
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.parameters import parameter, refuse
from agentkit.skills.searching import missing, query_of
from agentkit.skills.services import clipped, dicts, service_of
from agentkit.swaig.result import SwaigFunctionResult

LONGEST = 8_000
"""Longest text of one result that the model is told, in characters."""

DOMAIN = ".signalwire.com"
RULE = "=" * 50
_SPACE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_NARROWING = ("tags", "language", "pos_to_expand", "max_synonyms")
_QUERY = {
    "type": "string",
    "description": ("The search query - what information you're looking for in the knowledge base"),
}
_DESCRIPTION = "Search the knowledge base for information on any topic and return relevant results"


class _Search(SkillBase):
    """What both skills have in common."""

    SUPPORTS_MULTIPLE_INSTANCES: ClassVar[bool] = True

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters: where to search, and how."""
        return {**super().get_parameter_schema(), **_PARAMETERS}

    def get_instance_key(self) -> str:
        """Tell instances apart by their tool."""
        return f"{self.SKILL_NAME}_{self.param('tool_name')}"

    def setup(self) -> bool:
        """Check the space, which becomes a host name."""
        space = self.param("space_name").removesuffix(DOMAIN)
        if not _SPACE.fullmatch(space):
            refuse(type(self), "parameter 'space_name' must be the first part of the space's name")
        pair = f"{self.param('project_id')}:{self.param('token')}"
        self._url = f"https://{space}{DOMAIN}/api/datasphere/documents/search"
        self._authorization = f"Basic {b64encode(pair.encode()).decode()}"
        return True

    def _asked(self, query: str) -> JSON:
        narrowing = {key: self.param(key) for key in _NARROWING if self.param(key) is not None}
        return {
            "document_id": self.param("document_id"),
            "query_string": query,
            "count": self.param("count"),
            "distance": self.param("distance"),
            **narrowing,
        }

    def _bullets(self) -> list[str]:
        return [
            f"Use the {self.param('tool_name')} tool when users ask for information that might be "
            "in the knowledge base",
            "Search for relevant information using clear, specific queries",
            "Summarize search results in a clear, helpful way",
            "If no results are found, suggest the user try rephrasing their question",
        ]

    def _section(self, title: str, bullets: list[str]) -> JSON:
        tool = self.param("tool_name")
        body = f"You can search a knowledge base for information using the {tool} tool."
        return {"title": title, "body": body, "bullets": bullets}


class DataSphereSkill(_Search):
    """Searches a document, from here."""

    SKILL_NAME: ClassVar[str] = "datasphere"
    SKILL_DESCRIPTION: ClassVar[str] = "Search a document of DataSphere."

    def register_tools(self) -> None:
        """Register `search_knowledge`."""
        self.define_tool(
            name=self.param("tool_name"),
            description=_DESCRIPTION,
            parameters={"query": _QUERY},
            handler=self._search,
        )

    def get_global_data(self) -> JSON:
        """Say which document is searched."""
        return {
            "datasphere_enabled": True,
            "document_id": self.param("document_id"),
            "knowledge_provider": "SignalWire DataSphere",
        }

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model of the tool."""
        return [self._section("Knowledge Search Capability", self._bullets())]

    def _search(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        query = query_of(args)
        headers = {"Authorization": self._authorization, "Accept": "application/json"}
        found = service_of(self).post(self._url, self._asked(query), headers)
        texts = [clipped(each.get("text"), LONGEST) for each in dicts(found, "chunks")]
        texts = [text for text in texts if text][: self.param("count")]
        if not texts:
            return SwaigFunctionResult(missing(self, query))
        results = "\n\n".join(f"=== RESULT {n} ===\n{t}\n{RULE}" for n, t in enumerate(texts, 1))
        return SwaigFunctionResult(f"These are the results:\n\n{results}")


class DataSphereServerlessSkill(_Search):
    """Has the platform search a document."""

    SKILL_NAME: ClassVar[str] = "datasphere_serverless"
    SKILL_DESCRIPTION: ClassVar[str] = "Have the platform search a document of DataSphere."

    def register_tools(self) -> None:
        """Register `search_knowledge`, which the platform answers itself."""
        headers = {"Content-Type": "application/json", "Authorization": self._authorization}
        nothing = self.param("no_results_message").replace("{query}", "${args.query}")
        results = {
            "input_key": "chunks",
            "output_key": "formatted_results",
            "max": self.param("count"),
            "append": f"=== RESULT ===\n${{this.text}}\n{RULE}\n\n",
        }
        made = (
            DataMap(self.param("tool_name"))
            .description(_DESCRIPTION)
            .parameter("query", "string", _QUERY["description"], required=True)
            .webhook("POST", self._url, headers)
            .params(self._asked("${args.query}"))
            .foreach(results)
            .output({"response": _FOUND})
            .error_keys(["error"])
            .fallback_output({"response": nothing})
        )
        self.register_data_map(made)

    def get_global_data(self) -> JSON:
        """Say which document is searched."""
        return {
            "datasphere_serverless_enabled": True,
            "document_id": self.param("document_id"),
            "knowledge_provider": "SignalWire DataSphere (Serverless)",
        }

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model of the tool."""
        bullets = [*self._bullets(), _SERVERLESS]
        return [self._section("Knowledge Search Capability (Serverless)", bullets)]


_SERVERLESS = "This tool executes on SignalWire servers for optimal performance"
_FOUND = 'I found results for "${input.args.query}":\n\n${formatted_results}'
_PARAMETERS: dict[str, JSON] = {
    "tool_name": parameter("string", "What the tool is called.", default="search_knowledge"),
    "space_name": parameter("string", "The space: NAME of NAME.signalwire.com.", required=True),
    "project_id": parameter(
        "string", "The project's id.", required=True, env_var="SIGNALWIRE_PROJECT_ID"
    ),
    "token": parameter(
        "string", "A token of its API.", required=True, hidden=True, env_var="SIGNALWIRE_API_TOKEN"
    ),
    "document_id": parameter("string", "The document that is searched.", required=True),
    "count": parameter("integer", "How many results there are at most.", default=1, min=1, max=10),
    "distance": parameter(
        "number", "How far results may be from the query.", default=3.0, min=0.0, max=10.0
    ),
    "tags": parameter("array", "Tags of what is searched."),
    "language": parameter("string", "Language of the query, such as `en`."),
    "pos_to_expand": parameter(
        "array", "Parts of speech that synonyms are tried of: NOUN, VERB, ADJ, ADV."
    ),
    "max_synonyms": parameter("integer", "How many synonyms are tried.", min=1, max=10),
    "no_results_message": parameter(
        "string",
        "What is said when nothing is found; `{query}` stands for the query.",
        default=(
            "I couldn't find any relevant information for '{query}' in the knowledge base. "
            "Try rephrasing your question or asking about a different topic."
        ),
    ),
}
