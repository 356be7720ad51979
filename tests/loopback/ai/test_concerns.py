"""A warning says what it is about, so that nobody has to read its words."""

from typing import Any

import pytest

from agentkit.loopback.trace import Concern
from tests.loopback.ai.wires import URL, Stage, function, started, verb

JSON = dict[str, Any]


def concerns(stage: Stage) -> list[Concern | None]:
    return [moment.concern for moment in stage.trace.moments if moment.kind == "warning"]


@pytest.mark.parametrize(
    ("ai", "concern"),
    [
        (verb(global_data="x"), Concern.MISFIT),
        (verb(prompt="Be kind."), Concern.MISFIT),
        (verb(hints=[{"pattern": "(", "replace": "x"}]), Concern.MISFIT),
        (verb({"function": "nameless"}), Concern.INCOMPLETE),
        (verb(prompt={"pom": [{"title": "Empty"}]}), Concern.DISPUTED),
        (verb(prompt={"text": "x", "pom": [{"body": "y"}]}), Concern.UNREAD),
        (
            verb(
                prompt={"text": "x", "contexts": {"tea": {"steps": [{"name": "a", "text": "b"}]}}}
            ),
            Concern.DISPUTED,
        ),
    ],
)
async def test_a_document_is_warned_of_by_kind(ai: JSON, concern: Concern) -> None:
    _, stage = await started(ai)
    assert concerns(stage) == [concern]


@pytest.mark.parametrize(
    ("answer", "concern"),
    [
        ({"action": {"set_global_data": 7}}, Concern.MISFIT),
        ({"action": {"transfer": ""}}, Concern.INCOMPLETE),
        ({"action": {"change_step": "nowhere"}}, Concern.ABSENT),
        ({"action": {"SWML": {}}}, Concern.OUT_OF_REACH),
        ({"action": {"settings": {"top-p": 1}}}, Concern.FORBIDDEN),
        ({"error": "What error?"}, Concern.UNREAD),
    ],
)
async def test_an_answer_is_warned_of_by_kind(answer: JSON, concern: Concern) -> None:
    ai = verb(function("look"), params={"swaig_allow_settings": False})
    session, stage = await started(ai, {"look": answer})
    await session.call_tool("look", {})
    assert concerns(stage) == [concern]


async def test_what_was_tried_in_vain_is_a_failure() -> None:
    ai = verb()
    ai["SWAIG"]["includes"] = [{"url": URL, "functions": ["x"]}]
    _, stage = await started(ai, {"signature": "none"})
    assert concerns(stage) == [Concern.FAILED]


async def test_only_warnings_are_about_something() -> None:
    session, stage = await started(verb(function("look"), global_data="x"))
    await session.call_tool("look", {})
    for moment in stage.trace.moments:
        assert (moment.concern is not None) == (moment.kind == "warning")
