"""Writes in doubt stay so until something proves them; servers that forget are noticed."""

import logging

import pytest

from agentkit.errors import (
    CallEnded,
    StateConflict,
    StateError,
    StateFull,
    StateUnavailable,
    StateUnknown,
)
from agentkit.state import witness as module
from agentkit.state.base import ABSENT, ANY, Expectation
from agentkit.state.witness import (
    LANE_BYTES,
    MARK_BYTES,
    MARKS_KEPT,
    Attempt,
    Conflict,
    Ended,
    Made,
    Outcome,
    Witness,
    mark,
)


@pytest.fixture
def witness() -> Witness:
    return Witness()


def answered(outcome: Outcome, *, repeated: bool = False) -> Attempt:
    async def attempt(*_: object) -> tuple[Outcome, bool]:
        return outcome, repeated

    return attempt


def failed(error: StateError) -> Attempt:
    async def attempt(*_: object) -> tuple[Outcome, bool]:
        raise error

    return attempt


async def put(witness: Witness, attempt: Attempt, expect: Expectation = "a.5") -> str:
    return await witness.put("k", expect, "id", attempt)


@pytest.mark.parametrize("repeated", [True, False])
async def test_a_write_that_was_made_is_answered(witness: Witness, repeated: bool) -> None:
    assert await put(witness, answered(Made("a.6"), repeated=repeated)) == "a.6"


@pytest.mark.parametrize("repeated", [True, False])
async def test_a_tombstone_ends_a_write(witness: Witness, repeated: bool) -> None:
    with pytest.raises(CallEnded, match="'k' has ended"):
        await put(witness, answered(Ended(), repeated=repeated))


@pytest.mark.parametrize("found", ["a.6", "a.500", "b.1", ""])
@pytest.mark.parametrize("expect", ["a.5", ABSENT])
async def test_a_conflict_at_the_first_attempt_proves_that_nothing_was_written(
    witness: Witness, found: str, expect: Expectation
) -> None:
    with pytest.raises(StateConflict):
        await put(witness, answered(Conflict(found)), expect)


@pytest.mark.parametrize("number", [6, 5 + MARKS_KEPT])
async def test_a_conflict_proves_it_while_the_record_would_still_tell(
    witness: Witness, number: int
) -> None:
    with pytest.raises(StateConflict):
        await put(witness, answered(Conflict(f"a.{number}"), repeated=True))


@pytest.mark.parametrize("found", [f"a.{6 + MARKS_KEPT}", "b.7", ""])
async def test_a_conflict_proves_nothing_once_the_record_may_have_forgotten(
    witness: Witness, found: str
) -> None:
    with pytest.raises(StateUnknown, match="nobody can tell"):
        await put(witness, answered(Conflict(found), repeated=True))


@pytest.mark.parametrize("expect", ["", "x", "x.y", "x.\u0663"])
async def test_a_nonsense_version_was_never_replaced(witness: Witness, expect: str) -> None:
    with pytest.raises(StateConflict):
        await put(witness, answered(Conflict("a.900"), repeated=True), expect)


async def test_a_record_that_a_lost_write_created_is_recognised(witness: Witness) -> None:
    async def attempt(first: str, _: bytes) -> tuple[Outcome, bool]:
        return Conflict(f"{first.partition('.')[0]}.900"), True

    assert (await put(witness, attempt, ABSENT)).endswith(".1")


async def test_a_record_that_somebody_else_created_is_a_conflict(witness: Witness) -> None:
    with pytest.raises(StateConflict):
        await put(witness, answered(Conflict("b.900"), repeated=True), ABSENT)


async def test_a_write_in_doubt_stays_so_when_it_is_repeated(witness: Witness) -> None:
    with pytest.raises(StateUnknown):
        await put(witness, failed(StateUnknown()))
    with pytest.raises(StateUnknown):
        await put(witness, answered(Conflict("a.900")))
    with pytest.raises(StateUnknown, match="full"):
        await put(witness, failed(StateFull("full")))
    with pytest.raises(StateConflict):
        await put(witness, answered(Conflict("a.6")))


async def test_a_write_in_doubt_names_the_same_first_version_again(witness: Witness) -> None:
    firsts: list[str] = []

    async def attempt(first: str, _: bytes) -> tuple[Outcome, bool]:
        firsts.append(first)
        raise StateUnknown

    for _ in range(2):
        with pytest.raises(StateUnknown):
            await put(witness, attempt, ABSENT)
    assert firsts[0] == firsts[1]


async def test_doubt_ends_with_an_answer(witness: Witness) -> None:
    with pytest.raises(StateUnknown):
        await put(witness, failed(StateUnknown()))
    await put(witness, answered(Made("a.6")))
    with pytest.raises(StateConflict):
        await put(witness, answered(Conflict("a.900")))


async def test_the_doubt_of_one_key_is_not_that_of_another(witness: Witness) -> None:
    with pytest.raises(StateUnknown):
        await put(witness, failed(StateUnknown()))
    with pytest.raises(StateConflict):
        await witness.put("other", "a.5", "id", answered(Conflict("a.900")))


async def test_a_refusal_without_doubt_is_what_it_is(witness: Witness) -> None:
    with pytest.raises(StateUnavailable):
        await put(witness, failed(StateUnavailable()))
    with pytest.raises(StateConflict):
        await put(witness, answered(Conflict("a.900")))


async def test_only_so_many_doubts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    witness = Witness()
    for key in ("k", "l", "m"):
        with pytest.raises(StateUnknown):
            await witness.put(key, "a.5", "id", failed(StateUnknown()))
    with pytest.raises(StateConflict):
        await put(witness, answered(Conflict("a.900")))


def test_marks_are_short_and_differ() -> None:
    marks = {mark(f"{number}") for number in range(1_000)}
    assert len(marks) == 1_000
    assert {len(each) for each in marks} == {MARK_BYTES}


# Servers that forget


def read(witness: Witness, version: str) -> None:
    witness.compare("k", witness.seen("k"), version)


def went_back(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


@pytest.mark.parametrize(
    "versions",
    [["a.1", "a.1", "a.2", "a.9"], ["a.5", "b.1", "b.2"], ["a.5", "b.1", "c.1"]],
)
def test_versions_that_go_forward_are_not_worth_a_word(
    witness: Witness, versions: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    for version in versions:
        read(witness, version)
    assert went_back(caplog) == []


@pytest.mark.parametrize("versions", [["a.5", "a.4"], ["a.5", "b.1", "a.5"], ["a.5", "b.1", "a.9"]])
def test_a_version_that_goes_back_is_logged_once(
    witness: Witness, versions: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    for version in [*versions, versions[-1]]:
        read(witness, version)
    [line] = went_back(caplog)
    assert f"state_went_back key=k stored={versions[-1]} seen={versions[-2]}" in line


async def test_what_was_written_is_known_too(
    witness: Witness, caplog: pytest.LogCaptureFixture
) -> None:
    await put(witness, answered(Made("a.6")))
    read(witness, "a.5")
    assert len(went_back(caplog)) == 1


async def test_an_old_version_of_a_repeated_write_is_no_step_back(
    witness: Witness, caplog: pytest.LogCaptureFixture
) -> None:
    read(witness, "a.9")
    await put(witness, answered(Made("a.6")))
    read(witness, "a.9")
    assert went_back(caplog) == []
    read(witness, "a.8")
    assert len(went_back(caplog)) == 1


def test_an_answer_that_was_overtaken_is_no_step_back(
    witness: Witness, caplog: pytest.LogCaptureFixture
) -> None:
    before = witness.seen("k")
    read(witness, "a.2")
    witness.compare("k", before, "a.1")
    read(witness, "a.2")
    known = witness.seen("k")
    read(witness, "b.1")
    witness.compare("k", known, "a.2")
    read(witness, "b.1")
    assert went_back(caplog) == []


async def test_any_overwrites_without_conflicts(witness: Witness) -> None:
    assert await put(witness, answered(Made("a.7"), repeated=True), ANY) == "a.7"


@pytest.mark.parametrize(
    ("conflict", "kind"),
    [
        (Conflict("a.900", complete=True), StateConflict),
        (Conflict("a.900", complete=False), StateUnknown),
        (Conflict("b.900", complete=True), StateUnknown),
        (Conflict(f"a.{5 + MARKS_KEPT}"), StateConflict),
        (Conflict(f"a.{6 + MARKS_KEPT}"), StateUnknown),
    ],
)
async def test_a_record_that_remembers_all_lanes_proves_what_became_of_a_write(
    witness: Witness, conflict: Conflict, kind: type[StateError]
) -> None:
    with pytest.raises(kind):
        await put(witness, answered(conflict, repeated=True))


async def test_a_write_that_is_made_again_later_may_have_lost_its_lane(witness: Witness) -> None:
    with pytest.raises(StateUnknown):
        await put(witness, failed(StateUnknown()))
    with pytest.raises(StateUnknown):
        await put(witness, answered(Conflict("a.900", complete=True)))


async def test_each_write_under_way_has_a_lane_of_its_own(witness: Witness) -> None:
    lanes: list[bytes] = []

    async def write(key: str, depth: int) -> str:
        async def attempt(_: str, lane: bytes) -> tuple[Outcome, bool]:
            lanes.append(lane)
            if depth:
                await write(key, depth - 1)
            return Made("a.6"), False

        return await witness.put(key, "a.5", f"{depth}", attempt)

    await write("k", 2)
    await write("k", 0)
    await write("l", 0)
    assert {len(lane) for lane in lanes} == {LANE_BYTES}
    assert len(set(lanes)) == 3
    assert lanes[0] == lanes[3] == lanes[4]
    assert witness._lanes == {}
    assert not lanes[0].startswith(Witness()._name)
