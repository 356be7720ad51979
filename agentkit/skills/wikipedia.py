"""The skill `wikipedia_search`: what the first paragraphs of articles say."""

from typing import Any, ClassVar

from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.parameters import parameter
from agentkit.skills.searching import missing, query_of
from agentkit.skills.services import at, clipped, service_of
from agentkit.swaig.result import SwaigFunctionResult

URL = "https://en.wikipedia.org/w/api.php"
LONGEST = 4_000
"""Longest text of one article that the model is told, in characters."""


class WikipediaSkill(SkillBase):
    """Looks things up in the English Wikipedia."""

    SKILL_NAME: ClassVar[str] = "wikipedia_search"
    SKILL_DESCRIPTION: ClassVar[str] = "Look things up in Wikipedia."

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters `num_results` and `no_results_message`."""
        return {
            **super().get_parameter_schema(),
            "num_results": parameter(
                "integer", "How many articles are told at most.", default=1, min=1, max=5
            ),
            "no_results_message": parameter(
                "string", "What is said when nothing is found; `{query}` is the query.",
                default=(
                    "I couldn't find any Wikipedia articles for '{query}'. "
                    "Try rephrasing your search or using different keywords."
                ),
            ),
        }  # fmt: skip

    def register_tools(self) -> None:
        """Register `search_wiki`."""
        self.define_tool(
            name="search_wiki",
            description="Search Wikipedia for information about a topic and get article summaries",
            parameters={"query": _QUERY},
            handler=self._search,
        )

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model of the tool."""
        body = (
            "You can search Wikipedia for factual information using search_wiki. "
            f"This will return up to {self.param('num_results')} Wikipedia article summaries."
        )
        return [{"title": "Wikipedia Search", "body": body, "bullets": list(_BULLETS)}]

    def _search(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        query = query_of(args, "Say what to look up.")
        asked = {**_ASKED, "gsrsearch": query, "gsrlimit": self.param("num_results")}
        pages = at(service_of(self).get(URL, asked), "query", "pages")
        found = (
            [each for each in pages.values() if isinstance(each, dict)]
            if isinstance(pages, dict)
            else []
        )
        told = [_told(each) for each in sorted(found, key=_place) if at(each, "extract")]
        if not told:
            return SwaigFunctionResult(missing(self, query))
        return SwaigFunctionResult("\n\n".join(told[: self.param("num_results")]))


def _place(article: JSON) -> float:
    place = article.get("index")
    return place if isinstance(place, int) else float("inf")


def _told(article: JSON) -> str:
    return f"**{clipped(article.get('title'), 200)}**\n\n{clipped(article['extract'], LONGEST)}"


_ASKED = {
    "action": "query",
    "format": "json",
    "generator": "search",
    "prop": "extracts",
    "exintro": 1,
    "explaintext": 1,
    "exlimit": "max",
}
_QUERY = {"type": "string", "description": "The search term or topic to look up on Wikipedia"}
_BULLETS = (
    "Use search_wiki for factual, encyclopedic information",
    "Great for answering questions about people, places, concepts, and history",
    "Returns reliable, well-sourced information from Wikipedia articles",
)
