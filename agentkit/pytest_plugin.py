"""What the fixtures of the pytest plugin do, once a test asks for one of them."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from agentkit.loopback.call import Call
from agentkit.loopback.expect import SO_FAR
from agentkit.loopback.factory import Loopback
from agentkit.loopback.options import CallOptions
from agentkit.loopback.phone_call import PhoneCall
from agentkit.loopback.snapshots import UPDATE, Snapshots
from agentkit.loopback.transcript import render

_AGENT = "agent"


class Played:
    """The platform of one test, and whether the test has failed."""

    def __init__(self, loopback: Loopback) -> None:
        self.loopback = loopback
        self.error: BaseException | None = None

    def tell(self, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
        """Add the transcripts to the report of a failure that does not tell them itself."""
        error = call.excinfo.value if call.excinfo is not None else None
        self.error = error
        if SO_FAR in str(error):
            _shorten(report)
            return
        for number, each in enumerate(self.loopback.calls, 1):
            title = "the call" if len(self.loopback.calls) == 1 else f"call {number}"
            report.sections.append((title, render(each.moments)))


def _shorten(report: pytest.TestReport) -> None:
    """Leave the call out of pytest's summary, which repeats errors whole where CI is set."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        crash.message = crash.message.partition(SO_FAR)[0].rstrip()


@contextmanager
def platform(request: pytest.FixtureRequest, key: "pytest.StashKey[Any]") -> Iterator[Loopback]:
    """Make the platform of a test, and end its calls after it.

    Raises:
        UsageError: the marker of the test has settings that there are not.
    """
    item = request.node
    loopback = Loopback(item.nodeid, **_options(item))
    update = bool(request.config.getoption(UPDATE))
    loopback.snapshots = Snapshots(Path(item.path), item.name, update=update)
    played = Played(loopback)
    item.stash[key] = played
    yield loopback
    loopback.close(played.error)


def call(request: pytest.FixtureRequest, loopback: Loopback) -> Call | PhoneCall:
    """Return a call to the agent of a test.

    Raises:
        UsageError: the test has none.
    """
    agent = _agent(request)
    if inspect.iscoroutinefunction(request.function):
        return loopback.phone_call(agent)
    return loopback.call(agent)


def _agent(request: pytest.FixtureRequest) -> object:
    """Return the agent that the marker names, else the fixture, else the module's variable."""
    named = _marked(request.node).get(_AGENT)
    if named is not None:
        return named
    try:
        return request.getfixturevalue(_AGENT)
    except pytest.FixtureLookupError:
        pass
    agent = getattr(request.module, _AGENT, None)
    if agent is None:
        raise pytest.UsageError(
            "the fixture call needs an agent: a fixture or variable named agent in the module of"
            f" the test, or @pytest.mark.loopback(agent=…); {request.node.nodeid} has none"
        )
    return agent


def _options(item: pytest.Item) -> CallOptions:
    given = {key: value for key, value in _marked(item).items() if key != _AGENT}
    known = CallOptions.__annotations__
    if unknown := given.keys() - known.keys():
        raise pytest.UsageError(
            f"{item.nodeid}: the marker loopback has no {', '.join(sorted(unknown))},"
            f" but agent, {', '.join(known)}"
        )
    return cast("CallOptions", given)


def _marked(item: pytest.Item) -> dict[str, Any]:
    """Return what all markers of a test say; the one nearest to it counts."""
    found: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("loopback"))):
        if marker.args:
            raise pytest.UsageError(f"{item.nodeid}: the marker loopback takes names only")
        found |= marker.kwargs
    return found
