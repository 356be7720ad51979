"""Agents of both SDKs, each side served in a process of its own, and calls to them."""

import sys
from collections.abc import Callable, Iterator

import pytest

from agentkit.loopback import Call, Loopback
from tests.differential.live.child import Served, served
from tests.differential.live.shops import USER
from tests.differential.vendor import VENDOR, needs_vendor

Dial = Callable[..., Call]

PYTHONS = {"agentkit": sys.executable, "vendor": str(VENDOR)}
SIDES = ["agentkit", pytest.param("vendor", marks=needs_vendor)]


@pytest.fixture(scope="session", params=SIDES)
def agents(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The agents of one side, served once; a module may ask for those of the vendor alone."""
    side = str(request.param)
    with served(PYTHONS[side], side, tmp_path_factory.mktemp(side)) as there:
        yield there


@pytest.fixture
def dial(agents: Served) -> Iterator[Dial]:
    """Makes calls to the agents of the side that is tested."""
    with Loopback() as loopback:
        yield lambda route, server="several", **options: loopback.call(
            agents.url(server, route), **{"auth": USER, **options}
        )
