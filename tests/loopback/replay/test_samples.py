"""The summaries of real calls, and of a made-up one, replayed against agents that answer alike."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from agentkit import AgentBase, _json
from agentkit.loopback.replay import Journal, call_in, compared
from tests.loopback.replay.calls import AUTH, replayed

SAMPLES = Path(__file__).parents[4] / "shared/protocol/samples"
FILES = sorted(SAMPLES.glob("post_prompt.*.json"))
OWN = {
    "call_id": "c-1",
    "swaig_log": [
        {
            "command_name": "order",
            "post_data": {"call_id": "c-1", "argument": {"parsed": [{"tea": tea}]}},
            "post_response": {"response": f"{tea} is ordered."},
        }
        for tea in ("Assam", "Sencha")
    ],
}


def answering_like(journal: Journal) -> AgentBase:
    """Return an agent whose tools answer with what the journal has, in its order."""
    agent = AgentBase("sample", route="/shop", basic_auth=AUTH).set_post_prompt("Sum up.")
    answers: dict[str, list[Any]] = defaultdict(list)
    for exchange in journal.exchanges:
        if exchange.function and exchange.reply is not None:
            answers[exchange.function].append(exchange.reply.body)
    for name, bodies in answers.items():
        agent.define_tool(name, "As before.", {}, lambda args, raw, b=bodies: b.pop(0))
    return agent


@pytest.mark.parametrize(
    "summary",
    [
        pytest.param(_json.encode(OWN), id="own"),
        *(pytest.param(file.read_bytes(), id=file.stem) for file in FILES),
    ],
)
async def test_a_call_is_replayed(summary: bytes) -> None:
    journal = call_in(summary)
    found = compared(journal, await replayed(journal, answering_like(journal)), [], [])
    assert found.changed == []
    assert found.equal == len(journal.exchanges) - 1


def test_all_samples_are_here_or_none() -> None:
    assert len(FILES) in {0, 4}
