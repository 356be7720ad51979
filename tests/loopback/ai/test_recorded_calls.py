"""Recorded calls, played again, send what was recorded.

The records here are fictional and have the shapes of real ones, beside which `test_samples` lays
them where those are at hand.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.ai.comparing import CHECKS, DIFFERENCES, stands_for_itself
from tests.loopback.ai.replaying import Record, decoded, play
from tests.loopback.ai.wires import Stage

JSON = dict[str, Any]

PAYLOADS = {path.stem: decoded(path.read_bytes())
            for path in sorted((Path(__file__).parent / "payloads").glob("*.json"))}  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", PAYLOADS)
async def test_a_recorded_call_is_played_again(
    name: str, check: Callable[[Record, Stage], None]
) -> None:
    record = Record(PAYLOADS[name])
    check(record, await play(record))


@pytest.mark.parametrize("name", PAYLOADS)
async def test_every_exchange_stands_for_itself(name: str) -> None:
    for each in Record(PAYLOADS[name]).posted:
        await stands_for_itself(each["post_data"], each["post_response"], each["url"])


def test_what_differs_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in DIFFERENCES.values())
