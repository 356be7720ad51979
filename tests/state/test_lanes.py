"""A store on a server recognises the last write of a process, however many others wrote since."""

import secrets
from collections.abc import Callable

import pytest

from agentkit.errors import StateConflict
from agentkit.state.base import ANY, Expectation, StateBackend
from agentkit.state.witness import LANES_KEPT, MARKS_KEPT
from agentkit.testing.state_checks import opened
from tests.state.remote_places import PostgresPlace, RedisPlace

Place = RedisPlace | PostgresPlace


@pytest.fixture(params=[RedisPlace, PostgresPlace], ids=["Redis", "PostgreSQL"])
def place(request: pytest.FixtureRequest) -> Place:
    make: Callable[[], Place] = request.param
    return make()


async def put(store: StateBackend, expect: Expectation, write_id: str) -> str:
    return await store.put("k", b"1", expect=expect, ttl_seconds=60.0, write_id=write_id)


async def test_a_write_is_recognised_however_many_others_wrote_since(place: Place) -> None:
    async with opened(place) as mine, opened(place) as other:
        first = await put(mine, ANY, "begin")
        made = newest = await put(mine, first, "mine")
        for number in range(3 * MARKS_KEPT):
            newest = await put(other, newest, f"theirs {number}")
        assert await put(mine, first, "mine") == made
        assert number_of(await put(mine, newest, "next")) == 3 + 3 * MARKS_KEPT
        with pytest.raises(StateConflict):
            await put(mine, first, "mine")


async def test_only_so_many_processes_are_remembered(place: Place) -> None:
    async with opened(place) as mine:
        first = await put(mine, ANY, "begin")
        made = newest = await put(mine, first, "mine")
        for _ in range(LANES_KEPT):
            async with opened(place) as other:
                newest = await put(other, newest, secrets.token_hex(4))
        with pytest.raises(StateConflict):
            await put(mine, first, "mine")
        assert number_of(newest) == number_of(made) + LANES_KEPT


def number_of(version: str) -> int:
    return int(version.partition(".")[2])
