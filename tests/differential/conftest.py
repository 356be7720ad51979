"""Agents of both SDKs, each side served once in a process of its own, and calls to them."""

import sys
from collections.abc import Callable, Iterator

import pytest

from agentkit.loopback import Call, Loopback
from tests.differential.live.child import Served, served
from tests.differential.live.shops import USER
from tests.differential.vendor import VENDOR

Dial = Callable[..., Call]


@pytest.fixture(scope="session")
def own_agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(sys.executable, "agentkit", tmp_path_factory.mktemp("agentkit")) as there:
        yield there


@pytest.fixture(scope="session")
def vendor_agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(str(VENDOR), "vendor", tmp_path_factory.mktemp("vendor")) as there:
        yield there


@pytest.fixture
def dial(agents: Served) -> Iterator[Dial]:
    """Makes calls to the agents that a test module names `agents`."""
    with Loopback() as loopback:
        yield lambda route, server="several", **options: loopback.call(
            agents.url(server, route), **{"auth": USER, **options}
        )
