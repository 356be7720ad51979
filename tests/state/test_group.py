"""Writers that wait at the same moment share one sync, which began after each had come."""

import threading

import pytest

from agentkit.errors import StateUnknown
from agentkit.state.group import GroupCommit
from tests.state.threads import Arrivals, outcomes


class Syncs:
    """Syncs that each begin, wait for the test, and end as it says."""

    def __init__(self) -> None:
        self.began = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.count = 0
        self.endings: list[BaseException | None] = []

    def __call__(self) -> None:
        self.count += 1
        self.began.release()
        self.go_on.acquire()
        ending = self.endings.pop(0) if self.endings else None
        if ending is not None:
            raise ending


class Stop(BaseException):
    """What nobody expects."""


def late_comers(
    endings: list[BaseException | None],
) -> tuple[Syncs, list[type[BaseException] | None]]:
    """Let five join while a sync is running, and return what came of all."""
    syncs, results = Syncs(), list[type[BaseException] | None]()
    syncs.endings = endings
    group = GroupCommit(syncs)
    group._changed = arrivals = Arrivals()
    threads = [outcomes(group.join, results)]
    syncs.began.acquire()
    for _ in range(5):
        threads.append(outcomes(group.join, results))
        arrivals.arrived.acquire()
    assert syncs.count == 1
    assert not results
    syncs.go_on.release(2)
    for thread in threads:
        thread.join()
    return syncs, results


def test_one_that_is_alone_syncs_at_once() -> None:
    count: list[int] = []
    group = GroupCommit(lambda: count.append(1))
    group.join()
    group.join()
    assert count == [1, 1]


def test_all_who_come_during_a_sync_share_the_next() -> None:
    syncs, results = late_comers([])
    assert results == [None] * 6
    assert syncs.count == 2


def test_a_sync_that_fails_fails_for_all_who_waited_for_it_and_for_nobody_else() -> None:
    _, results = late_comers([None, OSError("the disk is gone")])
    assert results == [None, *[StateUnknown] * 5]


def test_the_failure_is_told_with_its_cause_and_the_write_is_in_doubt() -> None:
    failure = OSError("the disk is gone")

    def sync() -> None:
        raise failure

    with pytest.raises(StateUnknown) as caught:
        GroupCommit(sync).join()
    assert caught.value.__cause__ is failure
    assert caught.value.applied is None


def test_a_sync_that_is_interrupted_leaves_nobody_waiting() -> None:
    _, results = late_comers([None, Stop()])
    assert results.count(StateUnknown) == 4
    assert results.count(Stop) == 1


def test_after_a_failure_the_next_sync_counts() -> None:
    failures = [OSError("once")]

    def sync() -> None:
        if failures:
            raise failures.pop()

    group = GroupCommit(sync)
    with pytest.raises(StateUnknown):
        group.join()
    group.join()
