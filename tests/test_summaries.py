"""A summary is told once for however many deliveries, and what fails is kept and tried again."""

import logging
import os
import secrets
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from agentkit import MemoryState
from agentkit.errors import StateConflict, StateFull, StateUnavailable, StateUnknown
from agentkit.events import SummaryTaken
from agentkit.operations import looking, retries, summaries, telling
from agentkit.outbox import LEASE_SECONDS, MOST_ATTEMPTS, Progress, Stage, delivery_id
from agentkit.outbox import SCOPE as RECORDS
from agentkit.state import outbox as letters
from agentkit.state.manager import StateManager
from agentkit.state.outbox import DEAD, OUTBOX
from agentkit.testing import AgentClient
from agentkit.watch import Watch
from tests.deadlines import LONG
from tests.documents import AUTH, JSON, make
from tests.outboxes import Desk, Platform, body_of, until

TOLD = {"success": True}
DAY = 86_400.0
AWAY = StateUnavailable("away")


def keys(desk: Desk, scope: str) -> list[str]:
    """The ids in a scope of the store of a desk."""
    return [entry.key.partition(":")[2] for entry in desk.states.scoped(scope).scan()]


def progress(desk: Desk) -> Progress:
    """How far the only delivery has come."""
    (name,) = keys(desk, RECORDS)
    data = desk.states.scoped(RECORDS).get_state(name) or {}
    return Progress(**{**data, "stage": Stage(data["stage"])})


async def test_a_repeated_summary_is_told_once_and_answered_alike() -> None:
    desk = Desk()
    answers = [await Platform(desk).post(body_of()) for _ in range(4)]
    assert [(answer.status, answer.json()) for answer in answers] == [(200, TOLD)] * 4
    assert desk.heard == ["c-1/s-1"]


async def test_each_session_of_a_call_has_a_summary_of_its_own() -> None:
    desk = Desk()
    for session in ("s-1", "s-2", "s-1"):
        await Platform(desk).post(body_of(session=session))
    assert desk.heard == ["c-1/s-1", "c-1/s-2"]


@pytest.mark.parametrize("session", [None, "", 5])
async def test_without_a_session_a_summary_is_known_by_its_body(session: Any) -> None:
    desk = Desk()
    for summary in ("a", "b", "a"):
        body = {**body_of(session=None), "summary": summary, "ai_session_id": session}
        await Platform(desk).post(body)
    assert desk.heard == ["a", "b"]


async def test_deliveries_that_come_at_once_share_one_run() -> None:
    desk = Desk()
    desk.gate = anyio.Event()
    answers: list[JSON] = []

    async def post() -> None:
        answers.append((await Platform(desk).post(body_of())).json())

    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(post)
            await until(lambda: desk.tries)
            desk.gate.set()
    assert answers == [TOLD] * 5
    assert (desk.tries, desk.heard) == (1, ["c-1/s-1"])


async def test_after_a_day_it_is_not_remembered_any_more_that_a_summary_was_told() -> None:
    desk = Desk()
    await Platform(desk).post(body_of())
    desk.time.now += DAY - 1
    await Platform(desk).post(body_of())
    assert desk.tries == 1
    desk.time.now += 2
    assert keys(desk, RECORDS) == []


async def test_a_summary_that_fails_is_kept_and_tried_again() -> None:
    desk = Desk()
    desk.broken = True
    answer = await Platform(desk).post(body_of(big="x" * 300_000))
    assert (answer.status, answer.json()["success"]) == (200, False)
    known = progress(desk)
    assert known.error_id == answer.json()["error_id"]
    assert 3.75 <= known.next_at - desk.time.now <= 6.25
    assert await desk.retry_summaries() == 0
    desk.broken = False
    desk.time.now = known.next_at
    assert await desk.retry_summaries() == 1
    assert (desk.tries, desk.heard) == (2, ["c-1/s-1"])
    assert (keys(desk, OUTBOX), progress(desk).stage) == ([], Stage.DONE)
    assert await desk.retry_summaries() == 0
    again = await Platform(desk).post(body_of(big="x" * 300_000))
    assert (again.json(), desk.tries) == (TOLD, 2)


async def test_a_repetition_of_a_kept_summary_is_not_tried_before_its_time() -> None:
    desk = Desk()
    desk.broken = True
    first = (await Platform(desk).post(body_of())).json()
    assert (await Platform(desk).post(body_of())).json() == first
    assert desk.tries == 1
    desk.broken = False
    desk.time.now += 10
    desk.shared.watch.next_look[keys(desk, OUTBOX)[0].partition(".")[0]] = desk.time.now + 60
    assert (await Platform(desk).post(body_of())).json() == TOLD
    assert (desk.heard, keys(desk, OUTBOX)) == (["c-1/s-1"], [])


async def test_attempts_grow_apart_and_end_in_a_dead_letter() -> None:
    desk = Desk()
    desk.broken = True
    answer = (await Platform(desk).post(body_of())).json()
    began, pauses = desk.time.now, list[float]()
    while progress(desk).stage is Stage.PENDING:
        pauses.append(progress(desk).next_at - desk.time.now)
        desk.time.now = progress(desk).next_at
        assert await desk.retry_summaries() == 1
    assert desk.tries == MOST_ATTEMPTS
    assert pauses[:6] == sorted(pauses[:6])
    assert 6 * 3600 < desk.time.now - began < 15 * 3600
    (name,) = keys(desk, DEAD)
    assert (keys(desk, OUTBOX), progress(desk).attempts) == ([], MOST_ATTEMPTS)
    assert await desk.retry_summaries() == 0
    repeated = (await Platform(desk).post(body_of())).json()
    assert repeated == {"success": False, "error_id": progress(desk).error_id} != answer
    desk.time.now += 7 * DAY + 1
    assert keys(desk, DEAD) == keys(desk, RECORDS) == []
    assert name


async def test_a_retry_is_configured_as_the_request_was() -> None:
    desk, seen = Desk(), list[Any]()

    def configure(query: JSON, body: JSON, headers: JSON, copy: Any) -> None:
        if "summary" in body:
            seen.append((query, body["call_id"], headers))
            assert query.get("tenant") == "blue & green" or desk.tries, "a test"
        copy.add_swaig_query_params({"tenant": query.get("tenant", "")})

    desk.add_per_call_config(configure)
    desk.broken = True
    await Platform(desk).post(body_of(), "?tenant=blue+%26+green")
    desk.broken, desk.time.now = False, desk.time.now + 10
    assert await desk.retry_summaries() == 1
    assert [query for query, _, _ in seen] == [{"tenant": "blue & green"}] * 2
    assert seen[1][2] == {}
    (head,) = [each for each in desk.store.asked if each[1].startswith(OUTBOX)][:1]
    assert head[0] == "put"


async def test_configuration_that_fails_is_a_failure_of_the_summary() -> None:
    desk = Desk()

    def configure(query: JSON, body: JSON, headers: JSON, copy: Any) -> None:
        if "summary" in body and not desk.heard:
            desk.heard.append("configured")
            raise RuntimeError("canary")

    desk.add_per_call_config(configure)
    assert (await Platform(desk).post(body_of())).json()["success"] is False
    desk.time.now += 10
    assert await desk.retry_summaries() == 1
    assert desk.heard == ["configured", "c-1/s-1"]


async def test_configuration_may_be_all_the_user_code_there_is() -> None:
    agent, seen = make(state_manager="memory:").set_post_prompt("Sum up."), list[Any]()
    agent.add_per_call_config(lambda query, body, headers, copy: seen.append(body.get("summary")))
    for _ in range(2):
        assert (await Platform(agent).post(body_of())).json() == TOLD
    assert [each for each in seen if each] == ["c-1/s-1"]


async def test_what_is_kept_holds_no_credentials_tokens_or_headers() -> None:
    desk = Desk()
    desk.broken = True
    await Platform(desk).post(body_of(), "?a=b")
    (name,) = keys(desk, OUTBOX)
    record = desk.store.get(f"{OUTBOX}:{name}")
    assert record is not None
    letter = letters.unpack(record.data)
    assert letter.head == letters.Head("Desk", "/desk", "c-1", "", desk.time.now)
    assert b"__token" not in record.data


async def test_a_hook_that_hangs_is_kept_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "SUMMARY_SECONDS", 0.02)
    desk = Desk()
    desk.gate = anyio.Event()
    with anyio.fail_after(LONG):
        assert (await Platform(desk).post(body_of())).json()["success"] is False
    assert len(keys(desk, OUTBOX)) == 1


async def test_a_large_summary_is_kept_as_well() -> None:
    desk, log = Desk(), secrets.token_hex(200_000)
    desk.broken = True
    await Platform(desk).post(body_of(call_log=log))
    (name,) = keys(desk, OUTBOX)
    letter = await telling.outbox_of(desk).letter(name)
    assert letter is not None
    exchange = telling.exchange_of(letter)
    assert exchange.data() == body_of(call_log=log)
    assert await exchange.request().json() == body_of(call_log=log)
    assert await exchange.receive() == {"type": "http.disconnect"}
    desk.broken, desk.time.now = False, desk.time.now + 10
    assert await desk.retry_summaries() == 1


def test_a_forked_child_is_another_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    worker = watch.worker()
    assert watch.worker() == worker
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert watch.worker() != worker
    assert watch.worker() == watch.worker()


async def test_those_who_watch_are_told_what_became_of_each_delivery() -> None:
    desk, seen = Desk(), list[Any]()
    desk.on_event(seen.append)
    desk.broken = True
    for _ in range(2):
        await Platform(desk).post(body_of())
    desk.broken, desk.time.now = False, desk.time.now + 10
    assert await desk.retry_summaries() == 1
    told = [(e.call_id, e.outcome.value) for e in seen if isinstance(e, SummaryTaken)]
    assert told == [("c-1", "failed"), ("c-1", "repeated"), ("c-1", "answered")]
    assert all(event.seconds >= 0 for event in seen)


# Workers that die ------------------------------------------------------------------------------


def claim(desk: Desk, worker: str, until: float) -> None:
    """Leave a record as a worker does that takes a delivery."""
    name = delivery_id(telling.outbox_of(desk).agent, "c-1", "s-1", b"")
    data = {"stage": "started", "worker": worker, "until": until, "attempts": 1}
    desk.states.scoped(RECORDS).set_state(name, data)


def gone(worker: str) -> str:
    """A worker of this machine whose process is no more."""
    machine = worker.partition(".")[0]
    return f"{machine}.{2**22 + 1}.00000000"  # more than a process number can be


async def test_a_summary_whose_worker_died_is_told_again() -> None:
    desk = Desk()
    claim(desk, gone(desk.shared.watch.worker()), desk.time.now + LEASE_SECONDS)
    assert (await Platform(desk).post(body_of())).json() == TOLD
    assert (desk.heard, progress(desk).stage) == (["c-1/s-1"], Stage.DONE)


async def test_a_worker_elsewhere_is_waited_for_until_its_lease_is_over() -> None:
    desk = Desk()
    claim(desk, "another.1.0", desk.time.now + LEASE_SECONDS)
    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            group.start_soon(Platform(desk).post, body_of())
            await until(lambda: [what for what, _ in desk.store.asked].count("get") > 1)
            assert desk.tries == 0
            desk.time.now += LEASE_SECONDS
    assert desk.heard == ["c-1/s-1"]


async def test_a_worker_that_never_ends_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(summaries, "JOIN_SECONDS", 0.05)
    desk = Desk()
    claim(desk, "another.1.0", desk.time.now + LEASE_SECONDS)
    answer = await Platform(desk).post(body_of())
    assert (answer.status, desk.tries) == (503, 0)


async def break_off(desk: Desk, then: Callable[[], None]) -> None:
    """Cancel a request while the hook runs."""
    desk.gate, scope = anyio.Event(), anyio.CancelScope()

    async def post() -> None:
        with scope:
            await Platform(desk).post(body_of())

    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            group.start_soon(post)
            await until(lambda: desk.tries)
            then()
            scope.cancel()


async def test_an_attempt_that_is_broken_off_is_given_back() -> None:
    desk = Desk()
    await break_off(desk, lambda: None)
    assert progress(desk) == Progress(Stage.PENDING, next_at=desk.time.now)
    desk.gate = None
    assert (await Platform(desk).post(body_of())).json() == TOLD
    assert desk.heard == ["c-1/s-1"]


async def test_an_attempt_that_cannot_be_given_back_waits_for_its_lease() -> None:
    desk = Desk()
    await break_off(desk, lambda: setattr(desk.store, "fault", lambda what, key: AWAY))
    desk.store.fault = lambda what, key: None
    assert progress(desk).stage is Stage.STARTED


async def test_who_was_slow_does_not_undo_what_others_did(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk()
    desk.gate = anyio.Event()
    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            group.start_soon(Platform(desk).post, body_of())
            await until(lambda: desk.tries)
            claim(desk, "another.1.0", desk.time.now + LEASE_SECONDS)
            desk.gate.set()
    assert progress(desk).worker == "another.1.0"
    assert "summary_taken_over" in caplog.text


# Stores that fail ------------------------------------------------------------------------------


async def test_a_summary_is_told_while_the_store_is_away() -> None:
    desk = Desk()
    with desk.store.failing(AWAY):
        assert (await Platform(desk).post(body_of())).json() == TOLD
    assert desk.heard == ["c-1/s-1"]


async def test_what_can_neither_be_handled_nor_stored_comes_again() -> None:
    desk = Desk()
    desk.broken = True
    with desk.store.failing(AWAY):
        answer = await Platform(desk).post(body_of())
    assert (answer.status, desk.tries) == (503, 1)
    assert "neither be handled nor stored (E-" in answer.json()["error"]
    desk.broken = False
    assert (await Platform(desk).post(body_of())).json() == TOLD


@pytest.mark.parametrize("key", [f"{OUTBOX}:", "outbox_mark:", f"{DEAD}:"])
async def test_a_failure_that_cannot_be_kept_comes_again_at_once(key: str) -> None:
    desk = Desk()
    desk.broken = True
    if key.startswith(DEAD):
        data = {"stage": "pending", "attempts": MOST_ATTEMPTS - 1}
        name = delivery_id(telling.outbox_of(desk).agent, "c-1", "s-1", b"")
        desk.states.scoped(RECORDS).set_state(name, data)
    with desk.store.failing(StateFull("full"), "put", key):
        answer = await Platform(desk).post(body_of())
    assert (answer.status, answer.json()) == (503, {"error": "the summary could not be stored"})
    assert progress(desk).stage is Stage.PENDING
    desk.broken = False
    assert (await Platform(desk).post(body_of())).json() == TOLD


async def test_a_write_of_unknown_fate_is_repeated() -> None:
    desk, failures = Desk(), [StateUnknown("lost"), StateUnknown("lost")]
    desk.broken = True

    def fault(what: str, key: str) -> StateUnknown | None:
        return failures.pop() if what == "put" and key.startswith(OUTBOX) and failures else None

    desk.store.fault = fault
    with anyio.fail_after(LONG):
        assert (await Platform(desk).post(body_of())).status == 200
    assert (failures, len(keys(desk, OUTBOX))) == ([], 1)


async def test_a_write_whose_fate_stays_unknown_is_a_failure() -> None:
    desk = Desk()
    desk.broken = True
    with desk.store.failing(StateUnknown("lost"), "put", OUTBOX), anyio.fail_after(LONG):
        assert (await Platform(desk).post(body_of())).status == 503


async def test_a_success_that_cannot_be_remembered_is_a_success() -> None:
    desk, puts = Desk(), list[str]()

    def fault(what: str, key: str) -> StateFull | None:
        puts.extend([key] if what == "put" else [])
        return StateFull("full") if len(puts) > 1 else None

    desk.store.fault = fault
    assert (await Platform(desk).post(body_of())).json() == TOLD
    assert desk.heard == ["c-1/s-1"]


async def test_a_damaged_record_does_not_hide_a_summary() -> None:
    desk = Desk()
    name = delivery_id(telling.outbox_of(desk).agent, "c-1", "s-1", b"")
    desk.states.scoped(RECORDS).set_state(name, {"stage": "nowhere"})
    assert (await Platform(desk).post(body_of())).json() == TOLD
    assert desk.heard == ["c-1/s-1"]


# Calls and conversations -----------------------------------------------------------------------


async def test_a_summary_is_told_after_the_state_of_its_call_is_gone() -> None:
    desk = Desk()
    desk.set_state("c-1", {"teas": 2})
    desk.states.end_call("c-1")
    desk.time.now += 1000
    assert desk.get_state("c-1") is None
    assert (await Platform(desk).post(body_of())).json() == TOLD
    assert desk.heard == ["c-1/s-1"]


@pytest.mark.parametrize("first", ["hang-up", "summary"])
async def test_after_hang_up_and_summary_the_state_is_kept_for_a_grace_time(first: str) -> None:
    desk = Desk(enable_state_tracking=True)
    client = AgentClient(desk, auth=AUTH)
    ai = (await client.get("/desk")).json()["sections"]["main"][1]["ai"]
    url = ai["SWAIG"]["defaults"]["web_hook_url"]
    desk.set_state("c-1", {"teas": 2})

    async def hang_up() -> None:
        await client.post(url, json={"function": "hangup_hook", "call_id": "c-1"})

    async def sum_up() -> None:
        await Platform(desk).post(body_of())

    steps: list[Callable[[], Any]] = [hang_up, sum_up]
    for step in steps if first == "hang-up" else reversed(steps):
        await step()
    assert desk.get_state("c-1") == {"teas": 2}
    desk.time.now += 901
    assert desk.get_state("c-1") is None


async def fetched(desk: Desk) -> JSON:
    answer: JSON = (await Platform(desk).post({"action": "fetch_conversation", **TALK})).json()
    return answer


TALK = {"conversation_id": "t-1"}


async def test_a_late_repetition_does_not_take_a_conversation_back() -> None:
    desk = Desk()
    first = body_of("c-1", conversation_summary="Tea.", ai_start_date=1_000, **TALK)
    second = body_of("c-2", conversation_summary="More tea.", ai_start_date=2_000, **TALK)
    for body in (second, first):
        await Platform(desk).post(body)
    assert await fetched(desk) == {"conversation_summary": "More tea."}
    assert desk.heard == ["c-2/s-1", "c-1/s-1"]
    third = body_of("c-3", conversation_summary="No more.", **TALK)
    await Platform(desk).post(third)
    assert await fetched(desk) == {"conversation_summary": "No more."}


async def test_a_conversation_is_kept_without_user_code() -> None:
    agent = make(state_manager="memory:").set_post_prompt("Sum up.")
    platform = Platform(agent)
    for _ in range(2):
        answer = await platform.post(body_of(conversation_summary="Tea.", **TALK))
        assert answer.json() == TOLD
    asked = await platform.post({"action": "fetch_conversation", **TALK})
    assert asked.json() == {"conversation_summary": "Tea."}
    assert agent.states.scoped(RECORDS).scan() == []
    assert await agent.retry_summaries() == 0


async def test_a_call_begins_without_its_conversation_while_the_store_is_away() -> None:
    desk = Desk()
    await Platform(desk).post(body_of(conversation_summary="Tea.", **TALK))
    with desk.store.failing(AWAY):
        assert await fetched(desk) == {}
    assert await fetched(desk) == {"conversation_summary": "Tea."}


async def test_a_conversation_that_cannot_be_kept_comes_again_unless_user_code_ran() -> None:
    desk = Desk()
    body = body_of(conversation_summary="Tea.", **TALK)
    with desk.store.failing(AWAY, key="conversation:"):
        assert (await Platform(desk).post(body)).json() == TOLD
    plain = make(state_manager=StateManager(desk.store)).set_post_prompt("Sum up.")
    with desk.store.failing(AWAY, key="conversation:"):
        assert (await Platform(plain).post(body)).status == 503


# Driving retries -------------------------------------------------------------------------------


async def test_a_later_summary_tries_one_letter_and_looks_seldom() -> None:
    desk = Desk()
    desk.broken = True
    for number in range(3):
        await Platform(desk).post(body_of(f"c-{number}"))
    desk.broken, desk.time.now = False, desk.time.now + 20
    await Platform(desk).post(body_of("c-9"))
    assert len(desk.heard) == 2
    desk.store.asked.clear()
    await Platform(desk).post(body_of("c-10"))
    assert len(desk.heard) == 3
    assert not [key for _, key in desk.store.asked if key.startswith("outbox")]


async def test_a_look_costs_one_read_when_there_is_nothing() -> None:
    desk = Desk()
    await desk.retry_summaries()
    assert [what for what, _ in desk.store.asked] == ["get"]


async def test_a_look_that_finds_no_letters_takes_the_mark_away() -> None:
    desk = Desk()
    desk.broken = True
    await Platform(desk).post(body_of())
    desk.broken, desk.time.now = False, desk.time.now + 10
    assert await desk.retry_summaries() == 1
    assert len(keys(desk, "outbox_mark")) == 1
    assert await desk.retry_summaries() == 0
    assert keys(desk, "outbox_mark") == []


async def test_a_mark_that_was_set_again_meanwhile_stays() -> None:
    desk = Desk()
    agent = telling.outbox_of(desk).agent
    await desk.states.run(letters.mark(agent))
    with desk.store.failing(StateConflict("set again"), "delete"):
        assert await desk.retry_summaries() == 0
    assert keys(desk, "outbox_mark") == [agent]


async def test_letters_are_tried_a_batch_at_a_time() -> None:
    desk = Desk()
    desk.broken = True
    for number in range(looking.BATCH + 3):
        await Platform(desk).post(body_of(f"c-{number}"))
    desk.broken, desk.time.now = False, desk.time.now + 10
    assert await desk.retry_summaries() == looking.BATCH
    assert await desk.retry_summaries() == 3
    assert len(desk.heard) == looking.BATCH + 3


async def test_two_processes_do_not_try_one_letter_at_the_same_time() -> None:
    store_of_both = Desk()
    one, two = store_of_both, Desk(state_manager=store_of_both.store, clock=store_of_both.time)
    one.broken = True
    await Platform(one).post(body_of())
    one.time.now += 10
    one.broken, one.gate = False, anyio.Event()
    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            group.start_soon(one.retry_summaries)
            await until(lambda: one.tries == 2)
            assert await two.retry_summaries() == 1  # it looked, and somebody had it
            assert (two.tries, await two.retry_summaries()) == (0, 0)
            one.gate.set()
    assert (one.heard, two.heard) == (["c-1/s-1"], [])


@pytest.mark.parametrize("stage", ["done", "dead"])
async def test_a_letter_whose_delivery_is_over_is_removed(stage: str) -> None:
    desk = Desk()
    desk.broken = True
    await Platform(desk).post(body_of())
    (name,) = keys(desk, OUTBOX)
    desk.states.scoped(RECORDS).set_state(name, {"stage": stage})
    desk.time.now += 10
    assert await desk.retry_summaries() == 1
    assert (desk.tries, keys(desk, OUTBOX)) == (1, [])


async def test_a_letter_without_a_record_is_tried() -> None:
    desk = Desk()
    desk.broken = True
    await Platform(desk).post(body_of())
    desk.states.scoped(RECORDS).delete_state(keys(desk, RECORDS)[0])
    desk.broken, desk.time.now = False, desk.time.now + 10
    assert await desk.retry_summaries() == 1
    assert desk.heard == ["c-1/s-1"]


async def test_a_letter_that_was_removed_meanwhile_is_given_up() -> None:
    desk = Desk()
    desk.broken = True
    await Platform(desk).post(body_of())
    (name,) = keys(desk, OUTBOX)
    desk.time.now += 10

    def fault(what: str, key: str) -> None:
        if (what, key) == ("get", f"{OUTBOX}:{name}"):
            MemoryState.delete(desk.store, key)

    desk.store.fault = fault
    assert await desk.retry_summaries() == 1
    assert (desk.tries, progress(desk).stage) == (1, Stage.DEAD)


DAMAGED = {
    "another format": b"\x01{}",
    "nothing": b"",
    "no head": b"\x10\x00\x00\x00\x05{",
    "no body": b"\x10\x00\x00\x00\x1e" + b'{"agent": "a", "route": "/r"}' + b" junk",
    "another head": b"\x10\x00\x00\x00\x02[]",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
async def test_a_damaged_letter_keeps_no_other_from_being_tried(
    data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk()
    desk.broken = True
    for number in range(2):
        await Platform(desk).post(body_of(f"c-{number}"))
    name = delivery_id(telling.outbox_of(desk).agent, "c-0", "s-1", b"")
    await desk.states.run(letters.keep(OUTBOX, name, data))
    desk.broken, desk.time.now = False, desk.time.now + 10
    assert await desk.retry_summaries() == 2
    assert desk.heard == ["c-1/s-1"]
    assert "summary_damaged" in caplog.text


async def test_a_fault_that_nobody_foresaw_ends_no_application(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "run_due", None)
    assert await retries.look(Desk()) == 0
    assert "outbox_failed" in caplog.text


async def test_an_agent_that_was_set_wrong_while_it_was_served_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "LOOK_SECONDS", 0.001)
    desk, other = Desk(signing_key="a key without a public URL"), Desk()
    other.broken = True
    await Platform(other).post(body_of())
    other.broken, other.time.now = False, other.time.now + 10
    with anyio.fail_after(LONG):
        async with looking.watching(lambda: [desk, other]):
            await until(lambda: other.heard)
            assert desk.store.asked == []


async def test_a_store_that_fails_in_a_retry_is_told_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk()
    desk.broken = True
    await Platform(desk).post(body_of())
    desk.time.now += 10
    with desk.store.failing(AWAY, key=f"{RECORDS}:"):
        assert await desk.retry_summaries() == 1
    assert "summary_not_retried" in caplog.text
    with desk.store.failing(AWAY):
        assert await retries.look(desk) == 0
        with pytest.raises(StateUnavailable):
            await desk.retry_summaries()
    assert "outbox_not_read" in caplog.text


async def test_an_application_with_a_lifespan_tries_again_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "LOOK_SECONDS", 0.001)
    desk = Desk()
    client = AgentClient(desk, auth=AUTH)
    with anyio.fail_after(LONG):
        async with client.lifespan():
            desk.broken = True
            await Platform(desk).post(body_of())
            desk.broken, desk.time.now = False, desk.time.now + 10
            await until(lambda: desk.heard)
    assert desk.heard == ["c-1/s-1"]


async def test_an_attempt_that_the_end_of_the_application_breaks_off_is_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "LOOK_SECONDS", 0.001)
    desk = Desk()
    desk.broken = True
    await Platform(desk).post(body_of())
    desk.time.now += 10
    desk.gate = anyio.Event()
    with anyio.fail_after(LONG):
        async with AgentClient(desk, auth=AUTH).lifespan():
            await until(lambda: desk.tries == 2)
    assert progress(desk) == Progress(Stage.PENDING, attempts=1, next_at=desk.time.now)


async def test_a_full_batch_is_followed_by_the_next_without_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "BATCH", 2)
    monkeypatch.setattr(looking, "LOOK_SECONDS", 3600.0)
    desk = Desk()
    desk.broken = True
    for number in range(5):
        await Platform(desk).post(body_of(f"c-{number}"))
    desk.broken, desk.time.now = False, desk.time.now + 10
    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            group.start_soon(looking.watch_over, lambda: [desk])
            await until(lambda: len(desk.heard) == 5)
            group.cancel_scope.cancel()


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_summary_is_kept_and_told_on_either_library(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "LOOK_SECONDS", 0.001)
    desk = Desk()

    async def live() -> None:
        with anyio.fail_after(LONG):
            async with AgentClient(desk, auth=AUTH).lifespan():
                desk.broken = True
                assert (await Platform(desk).post(body_of())).json()["success"] is False
                desk.broken, desk.time.now = False, desk.time.now + 10
                await until(lambda: desk.heard)
                assert (await Platform(desk).post(body_of())).json() == TOLD

    anyio.run(live, backend=library)
    assert desk.heard == ["c-1/s-1"]


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "agentkit")
