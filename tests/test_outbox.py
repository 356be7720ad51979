"""The law of deliveries: one holder at a time, done is done, and nothing is lost on the way."""

from typing import Any

import anyio
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentkit.outbox import (
    FIRST_PAUSE_SECONDS,
    LEASE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    MOST_ATTEMPTS,
    Outbox,
    Stage,
    Taken,
    delivery_id,
    pause_after,
)
from agentkit.state.manager import StateManager
from agentkit.state.memory import MemoryState
from agentkit.state.outbox import DEAD, OUTBOX, Head, Letter
from agentkit.worker import this_worker
from tests.outboxes import Clock

NAME = "agent.delivery"
LETTER = Letter(Head("agent", "/"), b"{}")
_steps = st.sampled_from(["take", "done", "failed", "release", "die"]) | st.sampled_from(
    [0.5, 1.0, FIRST_PAUSE_SECONDS, LEASE_SECONDS, LONGEST_PAUSE_SECONDS * 1.3]
)


class World:
    """Two workers, one delivery, and what must hold between any two steps."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.states = StateManager(MemoryState(clock=self.clock))
        self.boxes = [self.box(f"elsewhere.{number}.0") for number in range(2)]
        self.holders: dict[int, tuple[Taken, float]] = {}
        self.running: Taken | None = None  # what the record says, also of one that has died
        self.over: Stage | None = None

    def box(self, worker: str) -> Outbox:
        return Outbox(self.states, "agent", self.clock, worker)

    async def step(self, step: str | float, turn: int) -> None:
        if isinstance(step, float):
            self.clock.now += step
        elif step == "take":
            await self.take(turn)
        elif turn in self.holders:
            taken, until = self.holders.pop(turn)
            assert until <= self.clock.now or taken is self.running
            await getattr(self, step)(self.boxes[turn], taken)
            if taken is self.running and step != "die":
                self.running = None
        await self.check()

    async def take(self, turn: int) -> None:
        taken = await self.boxes[turn].take(NAME)
        held = [until for _, until in self.holders.values() if until > self.clock.now]
        if taken.version is None:
            assert taken.progress.stage is not Stage.STARTED or held or self.forgotten
            return
        assert not held
        assert self.over is None
        assert taken.progress.attempts >= 1
        self.holders[turn] = taken, taken.progress.until
        self.running = taken

    forgotten = 0.0

    async def done(self, box: Outbox, taken: Taken) -> None:
        await box.done(taken)
        self.over = Stage.DONE if self.running in {None, taken} else self.over

    async def failed(self, box: Outbox, taken: Taken) -> None:
        progress = await box.failed(taken, LETTER, "E-1")
        is_last = taken.progress.attempts >= MOST_ATTEMPTS
        assert (progress.stage is Stage.DEAD) == is_last
        self.over = Stage.DEAD if taken is self.running and is_last else self.over

    async def release(self, box: Outbox, taken: Taken) -> None:
        await box.release(taken)

    async def die(self, box: Outbox, taken: Taken) -> None:
        self.forgotten = max(self.forgotten, taken.progress.until)

    async def check(self) -> None:
        """Once it is over it stays so, and what failed has a letter until then."""
        data = self.states.scoped("summary").get_state(NAME)
        stage = None if data is None else Stage(data["stage"])
        assert self.over is None or stage is self.over
        if stage is Stage.PENDING and data is not None and data.get("error_id"):
            assert await self.boxes[0].letter(NAME) == LETTER


LATE = LEASE_SECONDS
OVERTAKEN: list[tuple[Any, int]] = [("take", 0), (LATE, 0), ("take", 1)]
AGAIN: list[tuple[Any, int]] = [("take", 0), ("failed", 0), (LATE, 0), *OVERTAKEN]


@example(
    [("take", 0), ("release", 0), ("take", 1), ("die", 1), ("take", 0), (LATE, 0), ("take", 0)]
)
@example([*OVERTAKEN, ("done", 0), ("take", 0), ("failed", 1), ("take", 0)])
@example([*OVERTAKEN, ("failed", 1), ("done", 0), (LATE, 0), ("take", 0)])
@example([*AGAIN, ("failed", 1), ("done", 0), (LATE, 0), ("take", 1)])
@example([*AGAIN, ("done", 0), ("failed", 1), (LATE, 0), ("take", 1), ("done", 1)])
@example([*AGAIN, ("done", 1), ("failed", 0), (LATE, 0), ("take", 1)])
@example([*OVERTAKEN, ("die", 1), ("done", 0), (LATE, 0), ("take", 0), ("done", 0)])
@settings(max_examples=150)
@given(st.lists(st.tuples(_steps, st.integers(0, 1)), max_size=60))
def test_a_delivery_has_one_holder_and_ends_once(steps: list[tuple[Any, int]]) -> None:
    async def play() -> World:
        world = World()
        for step, turn in steps:
            await world.step(step, turn)
        return world

    this_worker()  # which reads who this machine is, once, and not on an event loop
    anyio.run(play)


async def test_every_failure_leaves_a_letter_in_one_place() -> None:
    world = World()
    box = world.boxes[0]
    for attempt in range(1, MOST_ATTEMPTS + 1):
        taken = await box.take(NAME)
        assert (taken.version is not None, taken.progress.attempts) == (True, attempt)
        progress = await box.failed(taken, LETTER, "E-1")
        world.clock.now = max(progress.next_at, world.clock.now)
        scopes = [scope for scope in (OUTBOX, DEAD) if world.states.scoped(scope).scan()]
        assert scopes == [OUTBOX if attempt < MOST_ATTEMPTS else DEAD]
    assert (await box.take(NAME)).progress.stage is Stage.DEAD


@given(st.integers(1, MOST_ATTEMPTS))
def test_pauses_grow_and_are_bounded(attempts: int) -> None:
    pause = pause_after(attempts)
    assert 0.75 * FIRST_PAUSE_SECONDS <= pause <= 1.25 * LONGEST_PAUSE_SECONDS
    assert pause <= 1.25 * FIRST_PAUSE_SECONDS * 4 ** (attempts - 1)


_ids = st.none() | st.text(min_size=1, max_size=3)
_delivery = st.tuples(_ids, _ids, st.binary(max_size=2))


@given(_delivery, _delivery)
def test_deliveries_are_told_apart_by_their_ids_or_bodies(one: Any, other: Any) -> None:
    def identity(call: str | None, session: str | None, body: bytes) -> tuple[Any, ...]:
        named = call is not None and session is not None
        return (call, session) if named else (call, session, body)

    same = identity(*one) == identity(*other)
    assert (delivery_id("a", *one) == delivery_id("a", *other)) == same
    assert delivery_id("a", *one) != delivery_id("b", *one)


async def test_who_was_overtaken_at_the_last_attempt_takes_no_letter_away() -> None:
    world = World()
    one, other = world.boxes
    for _ in range(MOST_ATTEMPTS - 1):
        progress = await one.failed(await one.take(NAME), LETTER, "E-1")
        world.clock.now = progress.next_at
    slow = await one.take(NAME)
    world.clock.now += LEASE_SECONDS
    quick = await other.take(NAME)
    assert (await one.failed(slow, LETTER, "E-2")).stage is Stage.DEAD
    assert await other.letter(NAME) == LETTER
    await other.done(quick)
    assert world.states.scoped(OUTBOX).scan() == world.states.scoped(DEAD).scan() == []
