"""The skill `web_search`: Google's Custom Search, and what the best of the pages say.

Pages are strangers': they are fetched by https from public addresses alone, each with a deadline,
all within one, and are told to the model as text that opens no expression of the platform.
"""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, ClassVar

from agentkit.escape import escape
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.fetching import FetchError, send
from agentkit.skills.pages import page
from agentkit.skills.parameters import parameter
from agentkit.skills.searching import framed, missing, query_of
from agentkit.skills.services import clipped, dicts, service_of
from agentkit.swaig.result import SwaigFunctionResult

URL = "https://www.googleapis.com/customsearch/v1"
MOST_RESULTS = 10
"""How many results the service gives at most."""

THREADS = 8
FULL_TEXT = 1_000
"""From how many characters on a page counts as full of content."""

LONGEST_SNIPPET = 500


class WebSearchSkill(SkillBase):
    """Searches the web."""

    SKILL_NAME: ClassVar[str] = "web_search"
    SKILL_DESCRIPTION: ClassVar[str] = "Search the web, by Google's Custom Search."
    SKILL_VERSION: ClassVar[str] = "2.0.0"
    SUPPORTS_MULTIPLE_INSTANCES: ClassVar[bool] = True

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters: key and engine, how much is read, and how long."""
        return {**super().get_parameter_schema(), **_PARAMETERS}

    def get_instance_key(self) -> str:
        """Tell instances apart by engine and tool."""
        engine = self.params.get("search_engine_id")
        return f"{self.SKILL_NAME}_{engine}_{self.param('tool_name')}"

    def register_tools(self) -> None:
        """Register `web_search`."""
        self.define_tool(
            name=self.param("tool_name"),
            description=_DESCRIPTION,
            parameters={"query": _QUERY},
            handler=self._search,
        )

    def get_global_data(self) -> JSON:
        """Say that there is a search."""
        return {
            "web_search_enabled": True,
            "search_provider": "Google Custom Search",
            "quality_filtering": True,
        }

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model of the tool."""
        tool = self.param("tool_name")
        return [
            {
                "title": "Web Search Capability (Quality Enhanced)",
                "body": (
                    "You can search the internet for high-quality information using the "
                    f"{tool} tool."
                ),
                "bullets": [
                    f"Use the {tool} tool when users ask for information you need to look up",
                    *_BULLETS,
                ],
            }
        ]

    def _search(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        query = query_of(args)
        end = monotonic() + self.param("overall_deadline")
        found = self._found(query)
        texts = self._read(found, end)
        told = self._told(query, found, texts)
        if not told:
            return SwaigFunctionResult(missing(self, query))
        return SwaigFunctionResult(framed(self, told))

    def _found(self, query: str) -> list[JSON]:
        """Return more results than are told, so that poor pages can be left out."""
        wanted = round(self.param("num_results") * self.param("oversample_factor"))
        count = self.param("num_results") if self.param("snippets_only") else wanted
        asked = {
            "key": self.param("api_key"),
            "cx": self.param("search_engine_id"),
            "q": query,
            "num": min(count, MOST_RESULTS),
        }
        return dicts(service_of(self).get(URL, asked), "items")

    def _read(self, found: list[JSON], end: float) -> list[str]:
        """Return what the pages say, in the order of the results; nothing of those that fail."""
        if self.param("snippets_only"):
            return [""] * len(found)
        with ThreadPoolExecutor(THREADS if self.param("parallel_scrape") else 1) as pool:
            return list(pool.map(lambda result: self._page(result, end), found))

    def _page(self, result: JSON, end: float) -> str:
        left = min(self.param("per_page_timeout"), end - monotonic())
        if left <= 0 or not isinstance(result.get("link"), str):
            return ""
        client = self.params.get("http_client") or send
        try:
            return escape(page(client, result["link"], seconds=left).read().text)
        except FetchError as error:
            self.logger.debug("page_left_out", reason=str(error))
            return ""

    def _told(self, query: str, found: list[JSON], texts: list[str]) -> str:
        """Tell the best pages; where there are none, what the search itself said of them."""
        rated = [
            (quality(text, query), text, each) for text, each in zip(texts, found, strict=True)
        ]
        good = [each for each in rated if each[0] >= self.param("min_quality_score")]
        best = sorted(good, key=lambda each: -each[0]) if any(texts) and good else rated
        chosen = best[: self.param("num_results")]
        room = self.param("max_content_length") // max(1, len(chosen))
        return "\n\n".join(
            _result(number, each, clipped(text, room))
            for number, (_, text, each) in enumerate(chosen, 1)
        )


def quality(text: str, query: str) -> float:
    """Rate a page from 0 to 1: how much it says, and how much of the query it has."""
    words = {word for word in query.lower().split() if len(word) > 2}  # noqa: PLR2004 - articles
    lower = text.lower()
    hits = sum(word in lower for word in words) / len(words) if words else 1.0
    return min(1.0, len(text) / FULL_TEXT) * (0.5 + hits / 2)


def _result(number: int, found: JSON, text: str) -> str:
    lines = [
        f"=== RESULT {number} ===",
        f"Title: {clipped(found.get('title'), LONGEST_SNIPPET)}",
        f"URL: {clipped(found.get('link'), LONGEST_SNIPPET)}",
        f"Snippet: {clipped(found.get('snippet'), LONGEST_SNIPPET)}",
        f"Content:\n{text}" if text else "",
    ]
    return "\n".join(line for line in lines if line)


_DESCRIPTION = (
    "Search the web for high-quality information, automatically filtering low-quality results"
)
_QUERY = {
    "type": "string",
    "description": "The search query - what you want to find information about",
}
_BULLETS = (
    "The search automatically filters out low-quality results like empty pages",
    "Results are ranked by content quality, relevance, and domain reputation",
    "Summarize the high-quality results in a clear, helpful way",
)
_PARAMETERS: dict[str, JSON] = {
    "api_key": parameter(
        "string",
        "Key of Google's Custom Search.",
        required=True,
        hidden=True,
        env_var="GOOGLE_SEARCH_API_KEY",
    ),
    "search_engine_id": parameter(
        "string",
        "The search engine.",
        required=True,
        hidden=True,
        env_var="GOOGLE_SEARCH_ENGINE_ID",
    ),
    "num_results": parameter(
        "integer", "How many results are told at most.", default=3, min=1, max=10
    ),
    "delay": parameter("number", "Of no effect: pages are of different sites.", default=0.5, min=0),
    "max_content_length": parameter(
        "integer", "How long all results may be, in characters.", default=32_768, min=1_000
    ),
    "oversample_factor": parameter(
        "number", "How many more pages are read than told.", default=2.5, min=1.0, max=3.5
    ),
    "min_quality_score": parameter(
        "number", "How good a page must be, 0 to 1.", default=0.3, min=0.0, max=1.0
    ),
    "no_results_message": parameter(
        "string",
        "What is said when nothing is found; `{query}` stands for the query.",
        default="I found nothing on '{query}'. Try other words.",
    ),
    "response_prefix": parameter("string", "What comes before the results.", default=""),
    "response_postfix": parameter("string", "What comes after the results.", default=""),
    "per_page_timeout": parameter(
        "number", "How long one page may take, in seconds.", default=2.0, min=0.1
    ),
    "overall_deadline": parameter(
        "number", "How long all pages together may take, in seconds.", default=10.0, min=1.0
    ),
    "parallel_scrape": parameter("boolean", "Read pages at the same time.", default=True),
    "snippets_only": parameter("boolean", "Read no pages.", default=False),
}
