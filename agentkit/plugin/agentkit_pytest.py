"""The pytest plugin of agentkit: the fixtures `loopback` and `call`, docs/testing.md.

It is installed beside the package and imports nothing of it, so that test runs that play no calls
do not pay for it; what the fixtures do is in `agentkit.pytest_plugin`.
"""

from collections.abc import Generator, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from agentkit.loopback import Call, Loopback, PhoneCall

LOOPBACK = pytest.StashKey[Any]()
"""Where a test's item keeps its platform."""

_MARKER = "loopback(**options): settings of the calls of a test: faults, caller, called, url …"
_UPDATE = "--loopback-update"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes transcripts anew."""
    group = parser.getgroup("agentkit")
    group.addoption(_UPDATE, action="store_true", help="write the transcripts that calls expect")


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the transcripts of a test that failed."""
    report = yield
    made = item.stash.get(LOOPBACK, None)
    if made is not None and report.failed:
        made.tell(report, call)
    return report


@pytest.fixture
def loopback(request: pytest.FixtureRequest) -> "Iterator[Loopback]":
    """The phone platform: `loopback.call(agent)` is a call, played without `await`."""
    with import_module("agentkit.pytest_plugin").platform(request, LOOPBACK) as made:
        yield made


@pytest.fixture
def call(request: pytest.FixtureRequest, loopback: "Loopback") -> "Call | PhoneCall":
    """A call to `agent`, the fixture or variable of that name; awaited in asynchronous tests."""
    called: Call | PhoneCall = import_module("agentkit.pytest_plugin").call(request, loopback)
    return called
