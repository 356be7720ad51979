"""The skill `datetime`."""

import pytest

from agentkit import AgentBase
from tests.skills.asking import said

NOON = 1_767_268_800  # 2026-01-01 12:00 UTC


@pytest.fixture
def agent() -> AgentBase:
    return AgentBase("clock", clock=lambda: NOON).add_skill("datetime")


@pytest.mark.parametrize(
    ("zone", "time"),
    [
        ({}, "It is 12:00:00 PM UTC."),
        ({"timezone": ""}, "It is 12:00:00 PM UTC."),
        ({"timezone": "Asia/Tokyo"}, "It is 09:00:00 PM JST."),
        ({"timezone": " America/New_York "}, "It is 07:00:00 AM EST."),
    ],
)
async def test_the_time_is_told_in_a_zone(
    agent: AgentBase, zone: dict[str, str], time: str
) -> None:
    assert await said(agent, "get_current_time", **zone) == time


async def test_the_date_is_that_of_the_zone(agent: AgentBase) -> None:
    assert await said(agent, "get_current_date") == "Today is Thursday, January 01, 2026."
    told = await said(agent, "get_current_date", timezone="Pacific/Kiritimati")
    assert told == "Today is Friday, January 02, 2026."


@pytest.mark.parametrize(
    "hostile", ["Mars/Base", "../../etc/passwd", "/etc/passwd", "Europe", "\0", "a" * 5000, "Ä"]
)
async def test_a_name_that_is_no_zone_is_answered_with_a_sentence(
    agent: AgentBase, hostile: str
) -> None:
    told = await said(agent, "get_current_time", timezone=hostile)
    assert told.startswith("There is no time zone named ")
    assert len(told) < 160


async def test_what_the_caller_says_opens_no_expression(agent: AgentBase) -> None:
    told = await said(agent, "get_current_date", timezone="${vars.secret}")
    assert '"$ {vars.secret}"' in told
