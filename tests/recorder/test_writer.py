"""The thread that writes: nobody waits for it, what is lost is counted, nothing ends it."""

import atexit
import errno
import gc
import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentkit.recorder.folder import Folder, InMemory, Kept
from agentkit.recorder.writer import Counts, Item, Writer
from tests.deadlines import LONG


class Gate(InMemory):
    """A sink that lets nothing through before it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened, self.reached = threading.Event(), threading.Event()

    def append(self, call_id: str, line: bytes, at: float, *, begins: bool) -> Kept:
        self.reached.set()
        assert self.opened.wait(LONG)
        return super().append(call_id, line, at, begins=begins)


class Refusing(InMemory):
    """A disk that is full."""

    full = True

    def append(self, call_id: str, line: bytes, at: float, *, begins: bool) -> Kept:
        if self.full:
            raise OSError(errno.ENOSPC, "no space left")
        return super().append(call_id, line, at, begins=begins)


def item(text: str = "x", size: int = 1) -> Item:
    return Item("c", 1.0, text.encode, size, begins=True)


def broken() -> bytes:
    raise RuntimeError("a fault")


@pytest.fixture
def made() -> Iterator[Callable[..., Writer]]:
    writers: list[Writer] = []

    def make(sink: InMemory | Folder, lines: int = 100, size: int = 1000) -> Writer:
        writers.append(Writer(sink, lines=lines, size=size))
        return writers[-1]

    yield make
    closed = [writer.close() for writer in writers]
    assert all(closed)


def test_lines_are_written_in_their_order(made: Callable[..., Writer]) -> None:
    sink = InMemory()
    writer = made(sink)
    assert writer.flush()  # nothing was written, so nothing is waited for
    for number in range(50):
        writer.put(item(str(number)))
    assert writer.flush()
    assert sink.lines["c"] == [str(number).encode() for number in range(50)]
    assert writer.counts == Counts(written=50)


@pytest.mark.parametrize(("lines", "size"), [(3, 10_000), (100, 30)], ids=["lines", "bytes"])
def test_what_is_too_much_is_dropped_and_said(
    made: Callable[..., Writer], caplog: pytest.LogCaptureFixture, lines: int, size: int
) -> None:
    gate = Gate()
    writer = made(gate, lines=lines, size=size)
    writer.put(item("first"))
    assert gate.reached.wait(LONG)
    for number in range(10):
        writer.put(item(str(number), 10))
    gate.opened.set()
    writer.flush()
    writer.put(item("after"))
    writer.flush()
    dropped = writer.counts.dropped
    assert 0 < dropped < 10
    assert writer.counts.written == 12 - dropped
    note, _, _ = b"".join(gate.lines["c"]).partition(b"}\n")
    assert f"{dropped} lines were dropped".encode() in note
    assert "journal_lines_dropped" in caplog.text


def test_a_full_disk_costs_lines_and_is_said_once(
    made: Callable[..., Writer], caplog: pytest.LogCaptureFixture
) -> None:
    sink = Refusing()
    writer = made(sink)
    for _ in range(5):
        writer.put(item())
    writer.flush()
    sink.full = False
    writer.put(item("room again"))
    writer.flush()
    assert writer.counts == Counts(written=1, refused=5)
    assert sink.lines == {"c": [b"room again"]}
    assert [record.getMessage() for record in caplog.records] == ["journal_not_written"]
    sink.full = True
    writer.put(item())
    writer.flush()
    assert len(caplog.records) == 2


def test_a_line_that_cannot_be_made_does_not_end_the_thread(
    made: Callable[..., Writer], caplog: pytest.LogCaptureFixture
) -> None:
    sink = InMemory()
    writer = made(sink)
    writer.put(Item("c", 1.0, broken, 1))
    writer.put(item())
    writer.flush()
    assert writer.counts == Counts(written=1, refused=1)
    assert caplog.records[0].levelno == logging.ERROR


def test_full_and_unknown_journals_are_counted(made: Callable[..., Writer], tmp_path: Path) -> None:
    writer = made(Folder(tmp_path, call_bytes=10, calls=2))
    writer.put(Item("nobody", 1.0, lambda: b"x\n", 2))
    writer.put(item("longer than ten bytes"))
    writer.flush()
    assert writer.counts == Counts(too_long=1, unknown=1)


def test_a_thread_that_is_busy_is_not_waited_for_for_ever(made: Callable[..., Writer]) -> None:
    gate = Gate()
    writer = made(gate)
    writer.put(item())
    assert not writer.flush(0.01)
    gate.opened.set()


def test_a_closed_writer_begins_again(made: Callable[..., Writer]) -> None:
    sink = InMemory()
    writer = made(sink)
    for number in range(3):
        writer.put(item(str(number)))
        assert writer.close()
        assert writer.close()
    assert len(sink.lines["c"]) == 3


def test_a_forked_process_writes_what_is_its_own(
    made: Callable[..., Writer], monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = InMemory()
    writer = made(sink)
    writer.put(item("parent"))
    writer.flush()
    writer._queue.put(None)  # the thread does not live on in the child
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert writer.flush()  # nothing of its own yet
    writer.put(item("child"))
    writer.flush()
    assert writer.counts == Counts(written=1)
    assert sink.lines["c"] == [b"parent", b"child"]


def test_the_end_of_the_process_writes_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    at_exit: list[tuple[Callable[..., None], object]] = []
    monkeypatch.setattr(atexit, "register", lambda *given: at_exit.append(given))
    sink = InMemory()
    writer = Writer(sink, lines=9, size=9)
    writer.put(item())
    [(function, method)] = at_exit
    function(method)
    assert writer.counts.written == 1
    writer.close()


def test_a_writer_that_is_gone_is_not_asked_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    at_exit: list[tuple[Callable[..., None], object]] = []
    monkeypatch.setattr(atexit, "register", lambda *given: at_exit.append(given))
    others = threading.enumerate()
    writer = Writer(InMemory(), lines=9, size=9)
    writer.put(item())
    thread = next(t for t in threading.enumerate() if t.name == "journal" and t not in others)
    writer.close()
    thread.join(LONG)
    del writer
    gc.collect()
    [(function, method)] = at_exit
    function(method)
