"""Journals that several processes write, and that a process leaves when it is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agentkit.loopback.replay.journal import read
from agentkit.recorder.folder import Folder, Kept
from agentkit.recorder.format import journal_name

WRITING = """
import itertools, sys
from pathlib import Path
from agentkit.recorder.folder import Folder
from agentkit.recorder.format import line
from agentkit.recorder.writer import Item, Writer

folder, name, many = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
writer = Writer(Folder(folder, call_bytes=2**30, calls=10), lines=10**6, size=2**30)

def item(number):
    about = {"exchange": f"{name}-{number}", "what": "function", "body": {"text": "x" * 3000}}
    return Item("c-1", 1.0, lambda: line(1.0, "webhook", **about), 100, begins=True)

for number in range(many) if many else itertools.count():
    writer.put(item(number))
    if number == 20:
        writer.flush()
        print("begun", flush=True)
"""


def begin(folder: Path, name: str, many: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITING, str(folder), name, str(many)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")


@pytest.mark.timeout(120)  # processes begin, on a machine that may be busy
def test_several_processes_write_one_journal_and_no_line_is_torn(tmp_path: Path) -> None:
    running = [begin(tmp_path, name, 150) for name in ("a", "b", "c")]
    assert [each.wait(40) for each in running] == [0, 0, 0]
    for each in running:
        assert each.stdout is not None
        each.stdout.close()
    call = read((tmp_path / journal_name("c-1")).read_bytes())
    assert (len(call.exchanges), call.missing) == (450, [])


@pytest.mark.timeout(120)  # processes begin, on a machine that may be busy
def test_a_process_that_is_killed_leaves_a_journal_that_can_be_read_and_goes_on(
    tmp_path: Path,
) -> None:
    with begin(tmp_path, "a", 0) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        running.send_signal(signal.SIGKILL)
    file = tmp_path / journal_name("c-1")
    call = read(file.read_bytes())
    assert len(call.exchanges) >= 21
    assert call.missing in ([], ["1 damaged lines were passed over"])
    folder = Folder(tmp_path, call_bytes=2**30, calls=10)
    line = b'{"at":1.0,"kind":"webhook","exchange":"after","what":"document"}\n'
    assert folder.append("c-1", line, 1.0, begins=False) is Kept.WRITTEN
    assert read(file.read_bytes()).exchanges[-1].what == "document"
