"""Play many scenarios: each with an agent of its own, several processes at a time.

Theory. Scenarios must not see each other, or a suite would pass and fail by the way in which its
files are spread over processes. So before each one, the author's modules (those that lie beside the
scenario or below the current folder) are forgotten and loaded anew, state is kept in a memory of
its own, and ids depend on the file's name. What a scenario prints is kept, and shown if it fails.
"""

import io
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from multiprocessing import get_context
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

from msgspec import Struct

from agentkit.agent import AgentBase
from agentkit.errors import AgentKitError
from agentkit.loading import forgetting, keep_in_memory, telling
from agentkit.loopback.agents import loaded
from agentkit.loopback.scenario.forms import Scenario
from agentkit.loopback.scenario.loading import load_scenario
from agentkit.loopback.scenario.playing import Status, run_scenario
from agentkit.recorder import Recorder
from agentkit.server import AgentServer

MOST_PRINTED = 20_000
"""How much of what a scenario prints is kept, in characters: the end of it."""


class Played(Struct, frozen=True):
    """What came of one scenario.

    Attributes:
        path: the file, as it was named.
        title: what it is about.
        status: as of `agentkit.loopback.Result`.
        message: why it has not passed.
        transcript: the call as far as it went, unless the message tells it.
        seconds: how long it took.
        printed: what the agent printed.
    """

    path: str
    title: str
    status: Status
    message: str = ""
    transcript: str = ""
    seconds: float = 0.0
    printed: str = ""


class Suite(Struct, frozen=True):
    """How scenarios are played.

    Attributes:
        jobs: how many processes.
        timeout_seconds: how long one may take.
        stop: end after the first that has not passed.
        keep_state: leave agents their own stores.
        auth: user and password for agents at URLs without them.
    """

    jobs: int = 1
    timeout_seconds: float = 60.0
    stop: bool = False
    keep_state: bool = False
    auth: tuple[str, str] | None = None


def played(files: list[Path], suite: Suite) -> Iterator[Played]:
    """Play scenarios and return what came of each, as soon as it is known.

    Args:
        files: in the order in which they begin.
        suite: how.
    """
    several = suite.jobs > 1 and len(files) > 1
    for each in _in_processes(files, suite) if several else map(_here(suite), files):
        yield each
        if suite.stop and each.status != "passed":
            return


def play(file: Path, suite: Suite) -> Played:
    """Play one scenario, apart from all others."""
    printed, began = io.StringIO(), time.perf_counter()
    with redirect_stdout(printed), redirect_stderr(printed), forgetting(file.parent):
        try:
            with _limited(suite.timeout_seconds):
                agent, options = _prepared(file, suite)
                result = run_scenario(file, agent=agent, **options)
        except _TooLongError as error:
            return Played(str(file), file.stem, "broken", f"{file}: {error}", "", _since(began))
    seconds = _since(began)
    if result.passed:
        return Played(str(file), result.title, result.status, seconds=seconds)
    told = "" if result.transcript.strip() in result.message else result.transcript
    output = printed.getvalue()[-MOST_PRINTED:]
    return Played(str(file), result.title, result.status, result.message, told, seconds, output)


def _here(suite: Suite) -> Callable[[Path], Played]:
    return lambda file: play(file, suite)


def _in_processes(files: list[Path], suite: Suite) -> Iterator[Played]:
    """A process that dies takes its pool along: what is left is played each in one of its own."""
    left = dict.fromkeys(files)
    with _pool(min(suite.jobs, len(files))) as pool:
        begun: dict[Future[Played], Path] = {pool.submit(play, file, suite): file for file in files}
        try:
            for future in as_completed(begun):
                with suppress(BrokenProcessPool):
                    yield future.result()
                    del left[begun[future]]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    for file in left:
        yield _alone(file, suite)


def _alone(file: Path, suite: Suite) -> Played:
    with _pool(1) as pool:
        try:
            return pool.submit(play, file, suite).result()
        except BrokenProcessPool:
            return Played(str(file), file.stem, "broken", f"{file}: its process died")


def _pool(processes: int) -> ProcessPoolExecutor:
    """Processes that begin anew: a fork would share locks and threads with this one."""
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"))


def _prepared(file: Path, suite: Suite) -> tuple[object, dict[str, Any]]:
    """Return the agent of a scenario with its state in memory, None to let the scenario load it."""
    try:
        scenario = load_scenario(file)
        name = scenario.agent or ""
        if "://" in name:
            return None, _elsewhere(scenario, suite)
        with telling(name):
            agent = loaded(name, file.parent) if name else None
    except (AgentKitError, ModuleNotFoundError):  # the scenario tells its place
        return None, {}
    if isinstance(agent, Recorder):
        agent = agent.app
    if isinstance(agent, AgentBase | AgentServer) and not suite.keep_state:
        keep_in_memory(agent)
        return agent, {} if scenario.seed else {"seed": file.as_posix()}
    return agent, _seed(scenario)


def _elsewhere(scenario: Scenario, suite: Suite) -> dict[str, Any]:
    return {**({"auth": suite.auth} if suite.auth else {}), **_seed(scenario)}


def _seed(scenario: Scenario) -> dict[str, Any]:
    """A store that remembers calls must see another one each time."""
    return {} if scenario.seed else {"seed": secrets.token_hex(8)}


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 4)


class _TooLongError(BaseException):
    """It is none of the scenario's own errors: nothing in it may catch it."""


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """End what takes too long, where there are alarms: not on Windows, and in the first thread."""
    if not hasattr(signal, "setitimer") or current_thread() is not main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise _TooLongError(f"it has not ended within {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    other_alarm = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *other_alarm)
        signal.signal(signal.SIGALRM, before)
