"""Agents for tests, and their documents as the platform reads them."""

from typing import Any

from agentkit import AgentBase, _json

JSON = dict[str, Any]

AUTH = ("u", "p")
SECRET = "a-secret-for-tests-only"
ADDRESS = ("http", "localhost:3000", "")
NOW = 1_800_000_000.0


def make(name: str = "Mini", kind: type[AgentBase] = AgentBase, **options: Any) -> AgentBase:
    """An agent whose tokens, credentials and clock are known."""
    return kind(name, **{"basic_auth": AUTH, "secret": SECRET, "clock": lambda: NOW, **options})


def document_of(agent: AgentBase, call_id: str | None = "c-1") -> JSON:
    """The document that a call gets at http://localhost:3000."""
    document: JSON = _json.decode(agent.compiled().document(ADDRESS, call_id, NOW))
    return document


def main_of(agent: AgentBase) -> list[JSON]:
    """The verbs of the section `main`."""
    verbs: list[JSON] = document_of(agent)["sections"]["main"]
    return verbs


def ai_of(agent: AgentBase) -> JSON:
    """The body of the `ai` verb."""
    body: JSON = next(verb["ai"] for verb in main_of(agent) if "ai" in verb)
    return body


def functions_of(agent: AgentBase) -> dict[str, JSON]:
    """The entries of `SWAIG.functions` by name."""
    return {entry["function"]: entry for entry in ai_of(agent)["SWAIG"]["functions"]}


def pong(args: JSON, raw_data: JSON) -> str:
    """Answer."""
    return "pong"
