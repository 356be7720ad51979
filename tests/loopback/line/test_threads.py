import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue, SimpleQueue
from types import SimpleNamespace

import pytest

from agentkit.loopback.line import threads


@pytest.fixture
def others() -> threads.Others:
    """What other tests have left does not count."""
    return threads.Others()


def test_a_thread_that_computes_is_working(others: threads.Others) -> None:
    seen, stop = threading.Event(), threading.Event()

    def computes() -> None:
        while not stop.is_set():
            seen.set()

    thread = threading.Thread(target=computes)
    thread.start()
    seen.wait()
    assert others.working()
    stop.set()
    thread.join()


def test_a_pool_that_waits_for_jobs_does_not_work(others: threads.Others) -> None:
    with ThreadPoolExecutor(2) as pool:
        pool.submit(int).result()
        until_quiet(others)
        assert not threads.alone()


def until_quiet(others: threads.Others) -> None:
    """Look until all threads wait: one that has just done its job is on its way to do so."""
    until(lambda: not others.working())


def until(condition: Callable[[], bool]) -> None:
    """Look until something is so."""
    deque(iter(condition, True), maxlen=0)


def test_a_job_that_waits_is_work_unless_it_waits_for_a_future(others: threads.Others) -> None:
    started, answer = threading.Event(), threading.Event()
    future: Future[str] = Future()

    def asks() -> str:
        started.set()
        answer.wait()
        return future.result()

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(asks)
        started.wait()
        assert others.working()
        answer.set()
        until_quiet(others)
        future.set_result("done")
        assert asked.result() == "done"


def test_a_job_that_waits_for_a_future_no_longer_than_so_is_work(others: threads.Others) -> None:
    started = threading.Event()
    future: Future[str] = Future()

    def asks() -> str:
        started.set()
        return future.result(timeout=30)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asks)
        started.wait()
        assert others.working()
        future.set_result("done")


@pytest.mark.parametrize("queue", [Queue[int](), SimpleQueue[int]()])
def test_a_job_that_nobody_has_begun_is_seen_in_its_queue(
    queue: "Queue[int] | SimpleQueue[int]",
) -> None:
    def holds(_held: object) -> bool:
        return threads._has_job(sys._getframe())

    pool = SimpleNamespace(name="pool", jobs=queue)
    assert not holds(queue)
    assert not holds(pool)
    queue.put(1)
    assert holds(queue)
    assert holds(pool)
    assert not holds("something else")


def test_whose_future_is_done_is_about_to_go_on() -> None:
    future: Future[object] = Future()
    assert not threads._is_done(future)
    future.set_result(None)
    assert threads._is_done(future)
    assert threads._is_done(None)


def test_what_was_begun_before_a_call_is_not_of_the_call(others: threads.Others) -> None:
    jobs, seen = SimpleQueue[threading.Event](), threading.Semaphore(0)

    def serves() -> None:
        for _ in range(2):
            job = jobs.get()
            seen.release()
            holds(job)

    def holds(stop: threading.Event) -> None:
        while not stop.is_set():
            pass

    with ThreadPoolExecutor(1) as pool:
        first, second = threading.Event(), threading.Event()
        pool.submit(holds, first)
        thread = threading.Thread(target=serves)
        thread.start()
        jobs.put(first)
        seen.acquire()
        until(lambda: len(others.at_work()) == 2)
        later = threads.Others()
        assert not later.working()
        first.set()
        until_quiet(others)
        pool.submit(holds, second)
        until(later.working)
        second.set()
        jobs.put(second)
        thread.join()
