"""What skills that search have in common: the query, and how what is found is told."""

from agentkit.errors import ToolError
from agentkit.escape import escape
from agentkit.skills.base import JSON, SkillBase

LONGEST_QUERY = 1_000
"""How much of a query is sent to a service, in characters."""


def query_of(args: JSON, sorry: str = "Say what to search for.") -> str:
    """Return what the model searches for.

    Raises:
        ToolError: it did not say; `sorry` is for the model.
    """
    query = str(args.get("query") or "").strip()[:LONGEST_QUERY]
    if not query:
        raise ToolError(sorry)
    return query


def missing(skill: SkillBase, query: str) -> str:
    """Return the author's message of no results, with the query in the place of `{query}`."""
    return str(skill.param("no_results_message")).replace("{query}", escape(query))


def framed(skill: SkillBase, results: str) -> str:
    """Return results between the words that the author wants around them."""
    parts = (skill.param("response_prefix"), results, skill.param("response_postfix"))
    return "\n\n".join(part for part in parts if part)
