"""The doors that every hostile request is sent through, and the search for leaks after each."""

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from agentkit.operations import agents, documents, inputs, telling
from tests.hostile.canaries import LEDGER, LOGGERS
from tests.hostile.doors import Door, InProcess, Stage, nothing_here, staged


@pytest.fixture(scope="session")
def httptools() -> Iterator[Stage]:
    with staged("httptools") as stage:
        yield stage


@pytest.fixture(scope="session")
def h11() -> Iterator[Stage]:
    with staged("h11") as stage:
        yield stage


@pytest.fixture(params=["httptools", "h11"])
def server(request: pytest.FixtureRequest) -> Stage:
    """A real server, for what only a server can be sent."""
    stage: Stage = request.getfixturevalue(request.param)
    return stage


@pytest.fixture(params=["in process", "httptools", "h11"])
def door(request: pytest.FixtureRequest) -> Door:
    """Each test goes through every door."""
    if request.param == "in process":
        return InProcess(nothing_here)
    stage: Stage = request.getfixturevalue(request.param)
    return stage


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """Search what a test brought to light for what must stay hidden."""
    LEDGER.clear()
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.addHandler(LEDGER)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
        logger.removeHandler(LEDGER)
    assert not [*LEDGER.leaks()]


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give what hooks are asked from now on a tenth of a second: not for hooks that must answer."""

    def hurry() -> None:
        for module in (agents, documents, inputs):
            monkeypatch.setattr(module, "DOCUMENT_SECONDS", 0.1)
        monkeypatch.setattr(telling, "SUMMARY_SECONDS", 0.1)

    return hurry


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What threads that hang wait for; it comes at the end of the test."""
    event = threading.Event()
    yield event
    event.set()
