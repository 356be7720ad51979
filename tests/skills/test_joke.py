"""The skill `joke`, answered here as the platform would."""

import pytest

from agentkit import AgentBase
from agentkit.datamap.evaluation import evaluate
from agentkit.datamap.transport import Answers, TransportError

JOKES = "https://api.api-ninjas.com/v1/dadjokes"


@pytest.fixture
def agent() -> AgentBase:
    return AgentBase("desk").add_skill("joke", {"api_key": "key-1"})


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ([{"joke": "A tea walks in."}], "Tell this joke to the user: A tea walks in."),
        ({"error": "no key"}, "Sorry, there is a problem with the joke service right now."),
        (TransportError("down"), "Sorry, there is a problem with the joke service right now."),
    ],
)
async def test_the_platform_asks_for_a_joke(agent: AgentBase, reply: object, said: str) -> None:
    answers = Answers({JOKES: reply})
    entry = agent.spec.tools["get_joke"].entry
    found = await evaluate(entry, {"type": "dadjokes"}, answers)
    assert str(found.response).startswith(said)
    assert answers.requests[0].headers["X-Api-Key"] == "key-1"
