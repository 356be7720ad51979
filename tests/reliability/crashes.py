"""Every folder that a crash could leave behind, and what a store makes of it.

A store works on a disk that writes down every system call, and every call of the store, as it
begins and as it is acknowledged. Then the host crashes after each event in turn. What was not
synced by then may be on the disk or not:

* Of the bytes written to a file since its last sync: none, half of them, all, or zeros.
* Of the changes made to a name since the last sync of the folder *began*: none, or any one of them
  as the last. (Changes of different names are lost independently, so this covers every loss and
  every order. A rename is two changes here, weaker than any file system in use.)

A file system may promise more; a store that survives this needs no promise. `check` puts every such
folder in place, opens the store there and asks for each key: the answer must be that of the last
acknowledged call, or of one that began after it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import NamedTuple

from agentkit.errors import CallEnded, StateCorrupt, StateFull, StateUnavailable
from agentkit.state.base import ABSENT, ANY
from agentkit.state.disk import Disk
from agentkit.state.file import FileState
from tests.state.stores import Clock

TTL_SECONDS = 100.0
ABSENCE = "absent"
ENDED = "ended"
DAMAGED = "damaged"

Folder = dict[str, bytes]


class Event(NamedTuple):
    """One thing that happened, and when."""

    kind: str
    now: float
    name: str = ""
    other: str = ""
    file: int = 0
    data: bytes = b""


class Trace:
    """What happened, in order."""

    def __init__(self, clock: Clock) -> None:
        self.events: list[Event] = []
        self.initial: Folder = {}
        self.files = 0
        self.lock = threading.RLock()
        self.interlude: Callable[[], None] | None = None
        self._clock = clock

    def add(
        self, kind: str, name: str = "", other: str = "", file: int = 0, data: bytes = b""
    ) -> None:
        with self.lock:
            self.events.append(Event(kind, self._clock.now, name, other, file, data))


class RecordingDisk(Disk):
    """A disk that writes down what is done with it."""

    def __init__(self, folder: int, trace: Trace) -> None:
        super().__init__(folder)
        self.trace = trace
        self.numbers: dict[int, int] = {}

    def create(self, name: str) -> int:
        with self.trace.lock:
            file = super().create(name)
            self.trace.files += 1
            self.numbers[file] = self.trace.files
            self.trace.add("create", name, file=self.trace.files)
        return file

    def write(self, file: int, data: memoryview) -> int:
        written = super().write(file, data)
        self.trace.add("write", file=self.numbers[file], data=bytes(data[:written]))
        return written

    def sync(self, file: int) -> None:
        super().sync(file)
        self.trace.add("sync", file=self.numbers[file])

    def rename(self, name: str, other: str) -> None:
        with self.trace.lock:
            super().rename(name, other)
            self.trace.add("rename", name, other)

    def unlink(self, name: str) -> None:
        with self.trace.lock:
            super().unlink(name)
            self.trace.add("unlink", name)

    def sync_folder(self) -> None:
        with self.trace.lock:
            began = len(self.trace.events)
            self.trace.add("folder begins", file=began)
        interlude, self.trace.interlude = self.trace.interlude, None
        if interlude is not None:
            interlude()
        super().sync_folder()
        self.trace.add("folder ends", file=began)


class World:
    """A store on a recording disk, and the calls that a scenario makes."""

    def __init__(self, directory: Path, make_disk: Callable[[int, Trace], Disk]) -> None:
        self.clock = Clock()
        self.directory = directory
        self.trace = Trace(self.clock)
        self.disks: list[Disk] = []
        self.state = FileState(directory, clock=self.clock, make_disk=self._disk_of(make_disk))
        self.state.open()

    def _disk_of(self, make_disk: Callable[[int, Trace], Disk]) -> Callable[[int], Disk]:
        def make(folder: int) -> Disk:
            self.disks.append(make_disk(folder, self.trace))
            return self.disks[-1]

        return make

    def forget_the_past(self) -> None:
        """Let what is there now be on the disk, whatever comes."""
        self.trace.events.clear()
        self.trace.initial = contents(self.directory)

    def put(self, key: str, value: str, *, final: bool = False) -> None:
        def put() -> None:
            self.state.put(
                key,
                value.encode(),
                expect=ANY,
                ttl_seconds=TTL_SECONDS,
                write_id=value,
                final=final,
            )

        self.call(key, value, put)

    def delete(self, key: str, *, final: bool = True) -> None:
        self.call(key, ENDED if final else ABSENCE, lambda: self.state.delete(key, final=final))

    def call(self, key: str, value: str, work: Callable[[], object]) -> None:
        """Write down that a call begins, whose outcome is this value, and how it ends."""
        self.trace.add("call begins", key, value)
        try:
            work()
        except (StateFull, StateUnavailable):
            self.trace.add("call refused", key, value)
        else:
            self.trace.add("call acknowledged", key, value)

    def pass_time(self, key: str, value: str) -> None:
        """Let the record expire, which makes this of it."""
        self.clock.advance(TTL_SECONDS)
        self.trace.add("call begins", key, value)
        self.trace.add("call acknowledged", key, value)


Scenario = Callable[[World], None]


# What a crash leaves --------------------------------------------------------------------------


class Crash(NamedTuple):
    """A folder that a crash may leave, the time, and what each key may answer."""

    folder: frozenset[tuple[str, bytes]]
    now: float
    answers: frozenset[tuple[str, frozenset[str]]]


class Model:
    """What is on the disk for certain, and what perhaps."""

    def __init__(self, initial: Folder) -> None:
        self.names: dict[str, list[int]] = {}  # the files it named since the last sync; 0 is none
        self.when: dict[str, list[int]] = {}  # the numbers of the events that changed it
        self.written = {0: b""}
        self.synced = {0: 0}
        self.order: dict[str, list[str]] = {}  # the values of each key, the acknowledged one first
        for number, (name, data) in enumerate(sorted(initial.items())):
            file = -1 - number
            self.written[file], self.synced[file] = data, len(data)
            self.names[name], self.when[name] = [file], [-1]

    def apply(self, number: int, event: Event) -> None:
        steps: dict[str, Callable[[int, Event], None]] = {
            "create": self._create,
            "write": self._write,
            "sync": self._sync,
            "rename": self._rename,
            "unlink": lambda number, event: self._name(number, event.name, 0),
            "folder ends": lambda _, event: self._settle(event.file),
            "call begins": lambda _, event: self._answers(event).append(event.other),
            "call refused": lambda _, event: self._answers(event).remove(event.other),
            "call acknowledged": self._acknowledge,
        }
        if event.kind in steps:
            steps[event.kind](number, event)

    def _create(self, number: int, event: Event) -> None:
        self.written[event.file], self.synced[event.file] = b"", 0
        self._name(number, event.name, event.file)

    def _write(self, _: int, event: Event) -> None:
        self.written[event.file] += event.data

    def _sync(self, _: int, event: Event) -> None:
        self.synced[event.file] = len(self.written[event.file])

    def _rename(self, number: int, event: Event) -> None:
        self._name(number, event.other, self.names[event.name][-1])
        self._name(number, event.name, 0)

    def _name(self, number: int, name: str, file: int) -> None:
        self.names.setdefault(name, [0]).append(file)
        self.when.setdefault(name, [-1]).append(number)

    def _settle(self, began: int) -> None:
        """What was done before a sync began is on the disk when it ends."""
        for name, when in self.when.items():
            lasting = max(index for index, number in enumerate(when) if number < began)
            del when[:lasting], self.names[name][:lasting]

    def _answers(self, event: Event) -> list[str]:
        return self.order.setdefault(event.name, [ABSENCE])

    def _acknowledge(self, _: int, event: Event) -> None:
        answers = self._answers(event)
        while event.other in answers[1:]:  # it is not there if a later one was acknowledged before
            del answers[0]

    def crashes(self, now: float) -> Iterator[Crash]:
        answers = frozenset((key, frozenset(order)) for key, order in self.order.items())
        names = sorted(self.names)
        for files in product(*(sorted(set(self.names[name])) for name in names)):
            used = sorted(set(files) - {0})
            for variant in product(*map(self._variants, used)):
                content = dict(zip(used, variant, strict=True))
                folder = zip(names, files, strict=True)
                there = frozenset((name, content[file]) for name, file in folder if file)
                yield Crash(there, now, answers)

    def _variants(self, file: int) -> list[bytes]:
        synced, rest = (
            self.written[file][: self.synced[file]],
            self.written[file][self.synced[file] :],
        )
        losses = (b"", rest[: len(rest) // 2], bytes(len(rest)), rest)
        return sorted({synced + kept for kept in losses})


def crashes_of(trace: Trace) -> Iterator[Crash]:
    """Return what a crash may leave after each event."""
    model = Model(trace.initial)
    for number, event in enumerate(trace.events):
        model.apply(number, event)
        yield from model.crashes(event.now)


# What the store makes of it -------------------------------------------------------------------


class Checked(NamedTuple):
    """How many folders a crash could leave, and after how many the store answered wrongly."""

    events: int
    states: int
    distinct: int
    wrong: int


def check(scenario: Scenario, directory: Path, make_disk: Callable[[int, Trace], Disk]) -> Checked:
    """Run a scenario, crash it everywhere, and open the store after each crash."""
    world = World(directory / "recorded", make_disk)
    scenario(world)
    world.state.close()
    states = list(crashes_of(world.trace))
    distinct = set(states)
    wrong = sum(not survives(crash, directory / "crashed") for crash in distinct)
    return Checked(len(world.trace.events), len(states), len(distinct), wrong)


def survives(crash: Crash, directory: Path) -> bool:
    """Say whether the store answers for every key as it must, and can be used."""
    lay_out(crash.folder, directory)
    state = FileState(directory, clock=Clock(crash.now))
    answers = {key: answer(state, key) for key, _ in crash.answers}
    tidy = not any("." in name for name in contents(directory))
    usable = all(takes_writes(state, key, answers[key]) for key in answers)
    state.close()
    return tidy and usable and all(answers[key] in allowed for key, allowed in crash.answers)


def answer(state: FileState, key: str) -> str:
    try:
        record = state.get(key)
        if record is not None:
            return record.data.decode()
        state.put(key, b"new", expect=ABSENT, ttl_seconds=TTL_SECONDS, write_id="new")
    except CallEnded:
        return ENDED
    except StateCorrupt:
        return DAMAGED
    return ABSENCE


def takes_writes(state: FileState, key: str, known: str) -> bool:
    """Say whether a key can be written, unless it is right that it cannot."""
    with suppress(CallEnded, StateCorrupt):
        version = state.put(key, b"x", expect=ANY, ttl_seconds=TTL_SECONDS, write_id="probe")
        record = state.get(key)
        return record is not None and (record.version, record.data) == (version, b"x")
    return known in {ENDED, DAMAGED}


def contents(directory: Path) -> Folder:
    """Return the files in the folder of records."""
    return {each.name: each.read_bytes() for each in (directory / "records").iterdir()}


def lay_out(folder: frozenset[tuple[str, bytes]], directory: Path) -> None:
    records = directory / "records"
    records.mkdir(parents=True, exist_ok=True)
    for each in records.iterdir():
        each.unlink()
    for name, data in folder:
        (records / name).write_bytes(data)


def without_syncs(_: int) -> None:
    """Take the place of `os.fsync`: the crash is pretended, so waiting for the disk is idle."""
