"""An agent that answers from a list of questions and answers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agentkit.agent import AgentBase
from agentkit.prefabs.contents import entries
from agentkit.swaig.result import SwaigFunctionResult

JSON = dict[str, Any]
MOST_FOUND = 3
"""How many questions a search tells."""

_SHORTEST_HINT = 4
_SAME, _PART, _CATEGORY = 3, 2, 1


class FAQBotAgent(AgentBase):
    """Answers common questions.

    Args:
        faqs: dicts with `question` and `answer`, and maybe `categories`; those without either text
            are left out of the prompt.
        suggest_related: have the model suggest related questions.
        persona: who the agent is.
        name: what the agent is called.
        route: the path that it answers at.
        **options: settings of `AgentBase`.

    Raises:
        DefinitionError: an entry is wrong.
    """

    def __init__(
        self,
        faqs: Sequence[Mapping[str, Any]],
        suggest_related: bool = True,
        persona: str | None = None,
        name: str = "faq_bot",
        route: str = "/faq",
        **options: Any,
    ) -> None:
        super().__init__(name, route, **options)
        self.faqs = entries(faqs, "faqs", ("question",), least=0)
        self._tell(persona or _PERSONA, suggest_related=suggest_related)
        categories = dict.fromkeys(c for faq in self.faqs for c in faq.get("categories", ()))
        self.set_post_prompt(_SUMMARY).add_hints(_hints(self.faqs, categories))
        self.set_params({"wait_for_user": False, "end_of_speech_timeout": 1000, "ai_volume": 5})
        self.set_global_data({"faq_count": len(self.faqs), "categories": list(categories)})
        self.set_native_functions(["check_time"])

    @AgentBase.tool(
        "search_faqs",
        description="Search for FAQs matching a specific query or category",
        parameters={
            "query": {"type": "string", "description": "The search query"},
            "category": {"type": "string", "description": "Optional category to filter by"},
        },
    )
    def search_faqs(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        """Tell the questions that fit best."""
        query, category = (str(args.get(key) or "").lower() for key in ("query", "category"))
        ranked = sorted(self.faqs, key=lambda faq: -_rank(faq, query, category))
        found = [faq["question"] for faq in ranked if _rank(faq, query, category)][:MOST_FOUND]
        if not found:
            return SwaigFunctionResult("No question in the database fits.")
        lines = "\n".join(f"{number}. {question}" for number, question in enumerate(found, 1))
        return SwaigFunctionResult(f"These questions fit best:\n\n{lines}")

    def _tell(self, persona: str, *, suggest_related: bool) -> None:
        self.prompt_add_section("Personality", persona)
        self.prompt_add_section("Goal", _GOAL)
        rules = [*_RULES, *([_RELATED] if suggest_related else [])]
        self.prompt_add_section("Instructions", bullets=rules)
        told = [_section(faq) for faq in self.faqs if faq.get("answer")]
        self.prompt_add_section("FAQ Database", _DATABASE, subsections=told)
        if suggest_related:
            self.prompt_add_section("Related Questions", _RELATED)


def _section(faq: JSON) -> JSON:
    categories = ", ".join(faq.get("categories", ()))
    told = f"\n\nCategories: {categories}" if categories else ""
    return {"title": faq["question"], "body": f"{faq['answer']}{told}"}


def _rank(faq: JSON, query: str, category: str) -> int:
    """Say how well an entry fits; 0 when it does not."""
    named = category in {str(each).lower() for each in faq.get("categories", ())}
    if category and not named:
        return 0
    question = faq["question"].lower()
    if query and query == question.rstrip("?!. "):
        return _SAME
    return _PART if query and query in question else int(bool(category) and named) * _CATEGORY


def _hints(faqs: Sequence[JSON], categories: Iterable[str]) -> list[str]:
    words = (word.strip(".,?!") for faq in faqs for word in faq["question"].split())
    return list(dict.fromkeys([*(w for w in words if len(w) >= _SHORTEST_HINT), *categories]))


_PERSONA = "You are a helpful FAQ bot that provides accurate answers to common questions."
_GOAL = "Answer user questions by matching them to the most similar FAQ in your database."
_DATABASE = "Here is your database of frequently asked questions and answers:"
_RELATED = (
    "When appropriate, suggest other related questions from the FAQ database that might be helpful."
)
_RULES = (
    "Compare user questions to your FAQ database and find the best match.",
    "Provide the answer from the FAQ database for the matching question.",
    "If no close match exists, politely say you don't have that information.",
    "Be concise and factual in your responses.",
)
_SUMMARY = """
        Return a JSON summary of this interaction:
        {
            "question": "MAIN_QUESTION_ASKED",
            "matched_faq": "MATCHED_FAQ_QUESTION_OR_null",
            "answered_successfully": true/false,
            "suggested_related": []
        }
        """
