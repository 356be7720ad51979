"""The thread that redacts and writes: whoever has a line for a journal hands it over and goes on.

Handing over takes no lock and waits for nothing, so it may be done on an event loop. When the
thread cannot keep up, what is too much is dropped and counted; each journal that is written next
says so. A disk that refuses costs lines, never a call.
"""

import atexit
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple
from weakref import WeakMethod

from msgspec import Struct

from agentkit._log import log
from agentkit.recorder import format as journal
from agentkit.recorder.folder import Kept, Sink

FLUSH_SECONDS = 5.0
"""How long the end of a process waits for what is not written yet."""


class Item(NamedTuple):
    """Something for a journal.

    Attributes:
        call_id: whose journal.
        at: when it happened, in Unix seconds.
        write: makes the line, in the thread that writes.
        size: about how many bytes it holds until then.
        begins: whether it may begin a journal.
    """

    call_id: str
    at: float
    write: Callable[[], bytes]
    size: int
    begins: bool = False


class Counts(Struct):
    """What became of the lines of one recorder in this process.

    Attributes:
        written: how many were written.
        dropped: how many were not, because the writing thread was behind.
        refused: how many the disk refused.
        too_long: how many did not fit into the journal of their call.
        unknown: how many belonged to no journal, such as answers after theirs was removed.
    """

    written: int = 0
    dropped: int = 0
    refused: int = 0
    too_long: int = 0
    unknown: int = 0


class Writer:
    """Writes the lines of journals in a thread of its own, which starts with the first.

    Args:
        sink: where they go.
        lines: how many may wait.
        size: how many bytes may wait, about.

    Attributes:
        counts: what became of them.
    """

    def __init__(self, sink: Sink, *, lines: int, size: int) -> None:
        self.counts = Counts()
        self._sink = sink
        self._most_lines = lines
        self._most_bytes = size
        self._queue: SimpleQueue[Item | threading.Event | None] = SimpleQueue()
        self._process = 0
        self._taken = self._done = 0  # bytes; only the thread changes the second
        self._told = 0
        self._failing = False
        self._flushes_at_exit = False

    def put(self, item: Item) -> None:
        """Hand something over, or drop it when too much is waiting."""
        if self._process != os.getpid():
            self._start()
        waiting = self._queue.qsize()
        if not waiting:  # two threads that count at once may lose some: begin anew when all is done
            self._taken = self._done
        if waiting >= self._most_lines or self._taken - self._done > self._most_bytes:
            self.counts.dropped += 1
            return
        self._taken += item.size
        self._queue.put(item)

    def flush(self, seconds: float = FLUSH_SECONDS) -> bool:
        """Wait until what was handed over is written; False when that takes too long."""
        if self._process != os.getpid():
            return True
        done = threading.Event()
        self._queue.put(done)
        return done.wait(seconds)

    def close(self, seconds: float = FLUSH_SECONDS) -> bool:
        """Do what `flush` does and end the thread; the next line starts another."""
        flushed = self.flush(seconds)
        if self._process == os.getpid():
            self._queue.put(None)
            self._process = 0
        return flushed

    def _start(self) -> None:
        """A forked process has no thread, and what its parent has not written is not its own."""
        forked = self._process != 0
        self._process = os.getpid()
        if forked:
            self._queue, self.counts = SimpleQueue(), Counts()
            self._taken = self._done = self._told = 0
        threading.Thread(target=self._run, args=[self._queue], daemon=True, name="journal").start()
        if not self._flushes_at_exit:
            self._flushes_at_exit = True
            atexit.register(_flush_at_exit, WeakMethod(self.flush))

    def _run(self, queue: SimpleQueue[Item | threading.Event | None]) -> None:
        while (item := queue.get()) is not None:
            if isinstance(item, threading.Event):
                item.set()
                continue
            self._keep(item)
            self._done += item.size

    def _keep(self, item: Item) -> None:
        counts = self.counts
        try:
            line = self._about_dropped(item) + item.write()
            kept = self._sink.append(item.call_id, line, item.at, begins=item.begins)
        except Exception as error:  # noqa: BLE001 - a sink is an author's; the thread must live
            counts.refused += 1
            self._say_once(error)
            return
        self._failing = False
        if kept is Kept.WRITTEN:
            counts.written += 1
        elif kept is Kept.FULL:
            counts.too_long += 1
        else:
            counts.unknown += 1

    def _about_dropped(self, item: Item) -> bytes:
        missing = self.counts.dropped - self._told
        if missing <= 0:
            return b""
        self._told = self.counts.dropped
        log.warning("journal_lines_dropped", lines=missing)
        text = f"{missing} lines were dropped about now, of this call or of others"
        return journal.line(item.at, "note", text=text)

    def _say_once(self, error: Exception) -> None:
        """Say why lines are lost when the first one is, and again after one was written."""
        if not self._failing:
            log.exception("journal_not_written", error)
        self._failing = True


def _flush_at_exit(flush: WeakMethod[Callable[[], bool]]) -> None:
    method = flush()
    if method is not None:
        method()
