"""Whatever a call id is, its state is its own, and lies in the folder."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentkit.errors import StateEncoding
from agentkit.state.file import FileState
from agentkit.state.manager import StateManager
from agentkit.testing.state_contract import ODD_IDS
from tests.reliability.harness import LONG, SEED, size
from tests.reliability.unsynced import Unsynced

Lines = Callable[..., None]

TWINS = [
    "a\u0430", "e\u0435", "o\u043e", "A\u0391", "K\u212a", "k\u212a", "\u00e9e\u0301",
    "\u00c5\u212b", "s\u017f", "\u00dfss", "\u0130i", "\u0131I", "\ufb01fi", "1\u2460",
    "1\uff11", "/\uff0f", "\\\uff3c", ".\uff0e", ".\u2024", ":\uff1a", "/\u2044", "/\u2215",
]  # fmt: skip
"""Characters that look, fold, decompose or compose alike."""

WINDOWS = ["CON", "PRN", "AUX", "NUL", "COM1", "LPT9", "con.txt", "C:\\x", "\\\\?\\C:\\x", "a:b"]
TRAVERSALS = ["..", "../..", "/etc/passwd", "..\\..", "./.", "~root", "%2e%2e%2f", "....//", "-rf"]
ENDINGS = ["", ".", "..", " ", "  ", ". .", "\u00a0", "\u3000", "\u200b", "\u2060", "\ufeff", "/"]
REFUSED = ["", "\0", "a\0b", "a\nb", "\x7f", "\x85", "\ud800", "x" * 257]


def hostile_ids(chance: random.Random) -> Iterator[str]:
    """Give ids of every kind, and ids put together from parts of them, for ever."""
    yield from ODD_IDS
    yield from (character for pair in TWINS for character in (pair[0], pair[1:]))
    yield from WINDOWS + TRAVERSALS
    kinds = [a_path, a_windows_name, a_twin, a_long_id, another_case, any_text]
    while True:
        yield (chance.choice(kinds)(chance) + chance.choice(ENDINGS))[:256]


def a_path(chance: random.Random) -> str:
    parts = [chance.choice([*TRAVERSALS, "a", "b"]) for _ in range(chance.randint(1, 6))]
    return chance.choice(["/", "\\", "//", "/./", "%2f"]).join(parts)


def a_windows_name(chance: random.Random) -> str:
    return chance.choice(WINDOWS) + chance.choice(["", ".", ".txt", ":stream", "::$DATA", "  "])


def a_twin(chance: random.Random) -> str:
    return "call-" + "".join(
        chance.choice(pair) for pair in chance.choices(TWINS, k=chance.randint(1, 8))
    )


def a_long_id(chance: random.Random) -> str:
    return chance.choice(["x", "\U0001f600", "ﷺ", "é"]) * chance.randint(240, 256)


def another_case(chance: random.Random) -> str:
    return "".join(chance.choice([c.lower(), c.upper()])[0] for c in "call-abcdef-stra\u00dfe")


def any_text(chance: random.Random) -> str:
    characters = [
        chr(chance.choice([0x20, 0xA0, 0x400, 0x1F600]) + chance.randrange(94)) for _ in "abcd"
    ]
    return "".join(characters)


def tree(directory: Path) -> set[str]:
    return {str(each.relative_to(directory)) for each in directory.rglob("*")}


@pytest.mark.timeout(1800 if LONG else 600)
def test_hostile_ids_share_nothing_and_leave_the_folder_alone(
    tmp_path: Path, record: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = size(5_000, 100_000)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    home = tmp_path / "deep" / "deeper" / "state"
    manager = StateManager(FileState(home, make_disk=Unsynced))
    ids: dict[str, None] = {}
    candidates = hostile_ids(random.Random(SEED))
    while len(ids) < wanted:
        call_id = next(candidates)
        if call_id not in ids and accepted(manager, call_id):
            ids[call_id] = None
    shared = sum(manager.get_state(call_id) != {"id": call_id} for call_id in ids)
    outside = [name for name in tree(tmp_path) if not name.startswith("deep/deeper/state")]
    files = [each.name for each in (home / "records").iterdir()]
    odd = [name for name in files if len(name) != 64 or not set(name) <= set("0123456789abcdef")]
    record("hostile ids, files", ids=len(ids), seed=SEED, shared=shared, odd_names=len(odd))
    assert shared == 0
    assert not odd
    assert len(files) == len(ids) == wanted
    assert set(outside) == {"deep", "deep/deeper"}


def accepted(manager: StateManager, call_id: str) -> bool:
    """Store under an id; only ids with what no id has are refused."""
    try:
        manager.set_state(call_id, {"id": call_id})
    except StateEncoding:
        return False
    return True


@pytest.mark.parametrize("call_id", REFUSED, ids=ascii)
def test_an_id_that_no_call_can_have_is_refused(call_id: str, tmp_path: Path) -> None:
    assert not accepted(StateManager(FileState(tmp_path / "state")), call_id)
    assert not (tmp_path / "state").exists() or not any((tmp_path / "state" / "records").iterdir())
