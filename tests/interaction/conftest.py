"""Every interaction test runs on every host."""

import pytest

from tests.interaction.hosts import HOSTS, Host


@pytest.fixture(params=list(HOSTS.values()), ids=list(HOSTS))
def host(request: pytest.FixtureRequest) -> Host:
    found: Host = request.param
    return found
