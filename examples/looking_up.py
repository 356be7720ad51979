"""An agent that looks things up, and how to try it without the service."""

from agentkit import AgentBase
from agentkit.skills.fetching import Fetch, Reply

CANNED = b"""{"query": {"pages": {"1": {
    "index": 1, "title": "Sencha", "extract": "Sencha is a green tea."}}}}"""


def canned(fetch: Fetch) -> Reply:
    """Stands for the service."""
    assert fetch.url.startswith("https://en.wikipedia.org/")
    return Reply(body=CANNED)


def make(**params: object) -> AgentBase:
    agent = AgentBase("librarian", route="/librarian")
    agent.prompt_add_section("Role", "You know your way around an encyclopedia.")
    return agent.add_skill("wikipedia_search", {"num_results": 2, **params})


agent = make()

if __name__ == "__main__":
    agent.run()
