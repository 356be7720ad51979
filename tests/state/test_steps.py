"""A step of the clock neither ends nor lengthens the life of a record."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.state import steps
from agentkit.state.base import unix_clock
from agentkit.state.row import Row
from agentkit.state.steps import HostClock, Reading, boot_clock, moved
from tests.state.stores import Clock

ROW = Row(b"", "v.1", 1000.0, 1010.0, 1110.0)
HERE = Reading(1050.0, "boot", 1000.0)


def test_times_move_with_the_clock() -> None:
    later = Reading(1_001_050.0, "boot", 1_001_000.0)
    assert moved(ROW, HERE, later) == Row(b"", "v.1", 1_001_000.0, 1_001_010.0, 1_001_110.0)


def test_without_a_step_a_row_is_left_as_it_is() -> None:
    assert moved(ROW, HERE, Reading(2000.0, "boot", 1000.9)) is ROW


def test_after_a_reboot_a_row_is_left_as_it_is() -> None:
    assert moved(ROW, HERE, Reading(1050.0, "another boot", -5000.0)) is ROW


@given(
    step=st.floats(-1e9, 1e9),
    passed=st.floats(0, 1e6),
    life=st.floats(1, 1e6),
)
def test_what_is_left_of_a_life_is_what_was_left_less_the_time_that_passed(
    step: float, passed: float, life: float
) -> None:
    wall, steady = Clock(1e9), Clock(0.0)
    clock = HostClock(wall, steady, "boot")
    written = clock.read()
    row = Row(b"", "v.1", written.now, written.now, written.now + life)
    wall.advance(step + passed)
    steady.advance(passed)
    here = clock.read()
    left = moved(row, written, here).expires_at - here.now
    assert left == pytest.approx(life - passed, abs=steps.STEP_SECONDS + 1e-3)


def test_the_clocks_of_the_system_are_read_unless_others_are_given() -> None:
    reading = HostClock().read()
    assert reading.now == pytest.approx(unix_clock(), abs=60)
    assert reading.ahead == pytest.approx(unix_clock() - boot_clock(), abs=60)
    assert reading.boot == HostClock().read().boot != ""


def test_the_time_since_boot_never_goes_back() -> None:
    assert time.monotonic() <= boot_clock() + 1.0
    assert boot_clock() <= boot_clock()


def test_a_clock_that_is_given_alone_is_taken_to_be_never_stepped() -> None:
    clock = Clock()
    host = HostClock(clock)
    before = host.read()
    clock.advance(1e9)
    assert host.read().ahead == before.ahead == 0.0
    assert host.read().boot != HostClock().read().boot


def test_where_boots_have_no_name_only_what_this_process_wrote_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "_BOOT_ID", tmp_path / "nothing")
    assert HostClock().read().boot != HostClock().read().boot
