import anyio
import pytest

from agentkit.loopback.clock import START_US, Clock


def test_time_stands_still_until_the_platform_waits() -> None:
    clock = Clock()
    assert clock.us == START_US
    clock.advance(0.25)
    assert clock.us == START_US + 250_000
    assert clock.seconds == (START_US + 250_000) / 1_000_000


def test_a_wait_takes_no_real_time() -> None:
    clock = Clock(0)
    anyio.run(clock.sleep, 120)
    assert clock.seconds == 120


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="forward only"):
        Clock().advance(-1)
