"""Transcripts that are kept beside tests."""

from pathlib import Path

import pytest

import agentkit.loopback
from agentkit.loopback import Call, CallError
from agentkit.loopback.snapshots import Snapshots
from tests.loopback.shops import shop


def kept(folder: Path, *, update: bool = False) -> Snapshots:
    return Snapshots(folder / "test_tea.py", "test_order[two packs]", update=update)


def test_a_transcript_is_kept_and_compared(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"no transcript is kept .*: run pytest --loop"):
        kept(tmp_path).check("a\nb\n")
    writing = kept(tmp_path, update=True)
    writing.check("a\nb\n")
    file = tmp_path / "transcripts" / "test_tea.test_order-two-packs.txt"
    assert writing.written == [file]
    assert file.read_bytes() == b"a\nb\n"
    kept(tmp_path).check("a\nb\n")
    with pytest.raises(CallError) as failed:
        kept(tmp_path).check("a\nc\n")
    assert "--- kept\n+++ now\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n" in str(failed.value)
    assert str(failed.value).endswith("the call so far:\na\nc\n")
    writing.check("a\nb\n")
    assert writing.written == [file]


def test_a_test_may_keep_several(tmp_path: Path) -> None:
    snapshots = kept(tmp_path)
    assert snapshots.path("first").name == "test_tea.test_order-two-packs-.first.txt"
    assert snapshots.path("first") != snapshots.path("second") != snapshots.path()


def test_a_long_name_is_cut_and_stays_its_own(tmp_path: Path) -> None:
    names = [f"test_{'x' * 300}{end}" for end in "ab"]
    first, second = (Snapshots(tmp_path / "t.py", name, update=False).path() for name in names)
    assert first != second
    assert len(first.name) < 150


def test_names_that_are_not_exported_are_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Robot'"):
        agentkit.loopback.Robot  # noqa: B018 - it is looked up


def test_only_calls_of_fixtures_have_kept_transcripts() -> None:
    call = Call(shop())
    with pytest.raises(CallError, match="for calls of the fixtures call and loopback"):
        call.expect_transcript()
