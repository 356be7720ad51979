"""Sessions in which anything happens in any order, drawn with a seed, never break."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from agentkit.loopback.ai.actions import NAMES
from agentkit.loopback.errors import CallError
from agentkit.loopback.webhook import Answer
from tests.loopback.ai.test_hostile import WHOLE, WRONG, changed, paths
from tests.loopback.ai.wires import JSON, Stage

PLACES = paths(WHOLE)
VALUES: list[Any] = [*WRONG, "a", "b", "other", "default", "next", "look", 3, "2m"]
FAILURES = [Answer(404, b"x"), Answer(0, error="timeout"), Answer(200, b"null"), Answer(200, b"")]
ASKED = ["look", "startup_hook", "hangup_hook", "check_for_input", "summarize_conversation",
         "signature", "mcp", "post_prompt"]  # fmt: skip


def answering(draw: random.Random) -> Callable[[JSON], Any]:
    def answer(_: JSON) -> Any:
        actions = [
            {draw.choice([*sorted(NAMES), "dance"]): draw.choice(VALUES)}
            for _ in range(draw.randint(0, 4))
        ]
        said = {"response": draw.choice(VALUES), "action": actions}
        return draw.choice([said, said, said, {**said, "post_process": True}, *FAILURES])

    return answer


async def lives(draw: random.Random) -> None:
    """One session of a document that is wrong in a place, and a dozen things that happen in it."""
    document = changed(WHOLE, draw.choice(PLACES), draw.choice(VALUES))
    verb = draw.choice(["ai", "ai", "ai", "amazon_bedrock", "ai_sidecar"])
    stage = Stage(document, dict.fromkeys(ASKED, answering(draw)), verb=verb)
    session = stage.session
    await session.start()
    for _ in range(12):
        acts: list[Callable[[], Any]] = [
            lambda: session.hear("Hello there", draw.choice(["", "en", "es"])),
            lambda: session.say("Hi ${x}"),
            lambda: session.pass_time(draw.choice([1, 20, 700])),
            lambda: session.call_tool(draw.choice(session.tools()).name, draw.choice(
                [None, {"answer": draw.choice(VALUES), "step": "b", "context": "other"}])),
        ]  # fmt: skip
        with suppress(CallError):
            await draw.choice(acts)()
        session.messages()
        session.ended = draw.choice([None, session.ended])
    await session.end(draw.choice(["hangup", "stop", "llm_fatal"]), draw.choice([None, "x", {}]))


@pytest.mark.parametrize("seed", range(12))
async def test_anything_may_happen_in_any_order(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(25):
        await lives(draw)
