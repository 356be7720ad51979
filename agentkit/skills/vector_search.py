"""The skill `native_vector_search`: asks a search server for what documents say.

Indexes are built and searched by the server (`POST /search`, `GET /health`); none is opened here.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.fetching import Fetch, FetchError, send
from agentkit.skills.parameters import parameter, refuse
from agentkit.skills.searching import framed, missing, query_of
from agentkit.skills.services import at, clipped, dicts, service_of
from agentkit.swaig.result import SwaigFunctionResult

HEALTH_SECONDS = 5.0
MOST = 20
Format = Callable[..., Any]


class VectorSearchSkill(SkillBase):
    """Searches documents, by a server."""

    SKILL_NAME: ClassVar[str] = "native_vector_search"
    SKILL_DESCRIPTION: ClassVar[str] = "Search documents, by a search server."
    SUPPORTS_MULTIPLE_INSTANCES: ClassVar[bool] = True

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters: the server, its index, and how results are told."""
        return {**super().get_parameter_schema(), **_PARAMETERS}

    def get_instance_key(self) -> str:
        """Tell instances apart by tool and index file."""
        index = self.params.get("index_file") or "default"
        return f"{self.SKILL_NAME}_{self.param('tool_name')}_{index}"

    def setup(self) -> bool:
        """Ask the server whether it is well."""
        url = self.params.get("remote_url")
        if not url:
            refuse(type(self), "needs 'remote_url': indexes are searched by a server")
        self._url = url.rstrip("/")
        client = self.params.get("http_client") or send
        try:
            reply = client(Fetch(url=f"{self._url}/health", seconds=HEALTH_SECONDS))
        except FetchError as error:
            refuse(type(self), f"cannot reach its server: {error}")
        if not reply.is_good:
            refuse(type(self), f"cannot use its server: status {reply.status}")
        return True

    def register_tools(self) -> None:
        """Register `search_knowledge`."""
        count = self.param("count")
        told = f"Number of results to return (default: {count})"
        self.define_tool(
            name=self.param("tool_name"),
            description=self._description(),
            parameters={
                "query": {"type": "string", "description": "Search query or question"},
                "count": {"type": "integer", "description": told, "default": count},
            },
            handler=self._search,
        )

    def get_hints(self) -> list[str]:
        """Return what callers say of searches, and the author's words."""
        return [
            "search", "find", "look up", "documentation", "knowledge base", *self.param("hints"),
        ]  # fmt: skip

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model of the tool."""
        tool = self.param("tool_name")
        return [
            {
                "title": "Knowledge Search",
                "body": "You can search various knowledge sources using the following tools:",
                "bullets": [
                    f"Use {tool} to search remote search server: {self._description()}",
                    "Search for relevant information using clear, specific queries",
                    "If no results are found, suggest the user try rephrasing their question or "
                    "try another knowledge source",
                ],
            }
        ]

    def _description(self) -> str:
        return str(self.params.get("description") or _DESCRIPTION)

    def _search(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        query = query_of(args)
        count = max(1, min(args.get("count") or self.param("count"), MOST))
        asked = {
            "query": query,
            "index_name": self.param("index_name"),
            "count": count,
            "similarity_threshold": self.param("similarity_threshold"),
            "tags": list(self.param("tags")),
        }
        found = dicts(service_of(self).post(f"{self._url}/search", asked, {}), "results")[:count]
        told = self._told(query, found)
        shape: Format | None = self.params.get("response_format_callback")
        if shape is not None:
            told = str(
                shape(response=told, agent=self.agent, query=query, results=found, args=args)
            )
        return SwaigFunctionResult(told)

    def _told(self, query: str, found: list[JSON]) -> str:
        room = self.param("max_content_length") // max(1, len(found))
        texts = [_result(number, each, room) for number, each in enumerate(found, 1)]
        if not texts:
            return missing(self, query)
        return framed(self, "\n\n".join(texts))


def _result(number: int, found: JSON, room: int) -> str:
    source = clipped(at(found, "metadata", "filename"), 200)
    section = clipped(at(found, "metadata", "section"), 200)
    place = ", ".join(part for part in (source, section) if part)
    head = f"**Result {number}**{f' ({place})' if place else ''}"
    return f"{head}\n{clipped(found.get('content'), room)}"


_DESCRIPTION = "Search the local knowledge base for information"
_ELSEWHERE = "Of no effect: indexes are built by the server."
_PARAMETERS: dict[str, JSON] = {
    "tool_name": parameter("string", "What the tool is called.", default="search_knowledge"),
    "remote_url": parameter("string", "The search server, such as `http://localhost:8001`."),
    "index_name": parameter("string", "The server's index.", default="default"),
    "index_file": parameter("string", "Tells instances apart; no file is opened here."),
    "count": parameter(
        "integer", "How many results there are at most.", default=5, min=1, max=MOST
    ),
    "similarity_threshold": parameter(
        "number", "How alike results must be, 0 to 1.", default=0.0, min=0.0, max=1.0
    ),
    "tags": parameter("array", "Tags that results must have.", default=[]),
    "no_results_message": parameter(
        "string",
        "What is said when nothing is found; `{query}` stands for the query.",
        default="No information found for '{query}'",
    ),
    "response_prefix": parameter("string", "What comes before the results.", default=""),
    "response_postfix": parameter("string", "What comes after the results.", default=""),
    "max_content_length": parameter(
        "integer", "How long all results may be, in characters.", default=32_768, min=1_000
    ),
    "response_format_callback": parameter(
        "callable",
        "Makes the answer: takes `response`, `agent`, `query`, `results` and `args` by name.",
    ),
    "description": parameter("string", "What the tool does."),
    "hints": parameter("array", "Words that speech recognition should expect.", default=[]),
    "build_index": parameter("boolean", _ELSEWHERE, default=False),
    "source_dir": parameter("string", _ELSEWHERE),
}
