"""The summaries of real calls, replayed against agents that answer as those did."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import AgentBase
from agentkit.loopback.replay import Journal, call_in, compared
from tests.loopback.replay.calls import AUTH, replayed

SAMPLES = Path(__file__).parents[4] / "shared/protocol/samples"
FILES = sorted(SAMPLES.glob("post_prompt.*.json"))


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


@pytest.mark.skipif(not FILES, reason="the samples of the protocol are not here")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_real_call_is_replayed(file: Path) -> None:
    journal = call_in(await anyio.Path(file).read_bytes())
    found = compared(journal, await replayed(journal, answering_like(journal)), [], [])
    assert found.changed == []
    assert found.equal == len(journal.exchanges) - 1


def test_there_are_samples_or_they_are_skipped() -> None:
    assert len(FILES) in {0, 4}
