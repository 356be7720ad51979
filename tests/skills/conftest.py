"""A server that stands for the service that a skill asks."""

from collections.abc import Iterator

import pytest

from tests.skills.servers import Standing, standing


@pytest.fixture
def service() -> Iterator[Standing]:
    with standing() as found:
        yield found
