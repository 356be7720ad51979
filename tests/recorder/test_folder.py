"""The files of journals: names, modes, limits, half lines."""

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import _json
from agentkit.recorder.folder import Folder, InMemory, Kept
from agentkit.recorder.format import journal_name

HOSTILE = ["../../etc/passwd", "a/b", "", ".", "\x00", "\ud800", "x" * 5000, "ü\n", "CON", "a\\b"]


def folder_at(path: Path, **limits: int) -> Folder:
    return Folder(path / "calls", **{"call_bytes": 10_000, "calls": 10} | limits)


def add(folder: Folder, call_id: str = "c-1", text: str = "x", *, begins: bool = True) -> Kept:
    line = _json.encode({"at": 1, "kind": "note", "text": text}) + b"\n"
    return folder.append(call_id, line, 1.0, begins=begins)


def lines_of(folder: Folder, call_id: str = "c-1") -> list[bytes]:
    return (folder.path / journal_name(call_id)).read_bytes().splitlines()


@pytest.mark.parametrize("call_id", HOSTILE, ids=range(len(HOSTILE)))
def test_the_file_of_a_hostile_id_lies_in_the_folder(tmp_path: Path, call_id: str) -> None:
    name = journal_name(call_id)
    assert name.startswith("call-")
    assert name.removeprefix("call-").removesuffix(".jsonl").isalnum()


@given(st.text(), st.text())
def test_two_calls_have_two_files(one: str, other: str) -> None:
    assert (journal_name(one) == journal_name(other)) is (one == other)


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    assert add(folder) is Kept.WRITTEN
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    [file] = folder.path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_journal_begins_with_its_call(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    add(folder)
    add(folder, text="y")
    head, *rest = map(_json.decode, lines_of(folder))
    assert head == {"at": 1, "kind": "call", "format": 1, "call_id": "c-1"}
    assert [line["text"] for line in rest] == ["x", "y"]


def test_a_line_that_begins_nothing_needs_a_journal(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    assert add(folder, begins=False) is Kept.UNKNOWN
    assert not folder.path.exists()
    add(folder)
    assert add(folder, begins=False) is Kept.WRITTEN


def test_a_journal_that_is_full_says_so_once(tmp_path: Path) -> None:
    folder = folder_at(tmp_path, call_bytes=250)
    assert [add(folder, text="z" * 80) for _ in range(4)] == [Kept.WRITTEN, *[Kept.FULL] * 3]
    last = [_json.decode(line) for line in lines_of(folder)][-1]
    assert last["text"] == "the journal of the call is as long as it may be: the rest is missing"
    assert len(lines_of(folder)) == 3


def test_what_is_known_of_full_journals_is_bounded(tmp_path: Path) -> None:
    folder = folder_at(tmp_path, call_bytes=10, calls=2)
    for number in range(9):
        assert add(folder, f"c-{number}") is Kept.FULL
    assert len(folder._full) <= 3


def test_the_oldest_journals_make_room(tmp_path: Path) -> None:
    folder = folder_at(tmp_path, calls=3)
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "mine.txt").write_text("kept", "utf-8")
    for number in range(6):
        add(folder, f"c-{number}")
        os.utime(folder.path / journal_name(f"c-{number}"), (number, number))
    names = {file.name for file in folder.path.iterdir()}
    assert names == {"mine.txt", *(journal_name(f"c-{number}") for number in (3, 4, 5))}


def test_whoever_comes_after_half_a_line_begins_a_new_one(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    add(folder)
    with (folder.path / journal_name("c-1")).open("ab") as file:
        file.write(b'{"at":1,"kind":"ans')
    add(folder, text="after")
    assert _json.decode(lines_of(folder)[-1])["text"] == "after"
    assert lines_of(folder)[-2] == b'{"at":1,"kind":"ans'


def test_a_link_in_the_place_of_a_journal_is_not_followed(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    folder.path.mkdir()
    outside = tmp_path / "outside"
    outside.write_bytes(b"")
    (folder.path / journal_name("c-1")).symlink_to(outside)
    with pytest.raises(OSError, match="symbolic links"):
        add(folder)
    assert outside.read_bytes() == b""


def test_a_short_write_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, write = folder_at(tmp_path), os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:7]))
    add(folder)
    assert len([_json.decode(line) for line in lines_of(folder)]) == 2


def test_a_full_disk_leaves_no_empty_journals_that_push_others_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_at(tmp_path, calls=2)
    add(folder, "a")
    add(folder, "b")

    def full(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        for call_id in ("c", "d", "e", "b"):
            with pytest.raises(OSError, match="no space left"):
                add(folder, call_id)
    assert {file.name for file in folder.path.iterdir()} == {journal_name("b")}
    add(folder, "f")
    assert len(lines_of(folder, "f")) == 2


def test_lines_may_be_kept_in_memory() -> None:
    kept = InMemory()
    assert kept.append("c", b"1\n", 1.0, begins=True) is Kept.WRITTEN
    kept.append("c", b"2\n", 1.0, begins=False)
    assert kept.lines == {"c": [b"1\n", b"2\n"]}
