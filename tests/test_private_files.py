"""Small secrets that the processes of one host share."""

import errno
import logging
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import NoReturn

import pytest

from agentkit.errors import DefinitionError
from agentkit.private_files import data_directory, read_or_create

refuse = partial(pytest.fail, "made although there is one")


def fixed(content: bytes) -> Callable[[], bytes]:
    return lambda: content


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_is_the_one_that_the_environment_names() -> None:
    home = {"AGENTKIT_HOME": "/a", "XDG_DATA_HOME": "/b"}
    assert data_directory(home) == Path("/a")
    assert data_directory({"AGENTKIT_HOME": "", "XDG_DATA_HOME": "/b"}) == Path("/b/agentkit")
    usual = Path.home() / ".local" / "share" / "agentkit"
    assert data_directory({}) == usual
    assert data_directory({"XDG_DATA_HOME": ""}) == usual


def test_the_first_to_ask_writes_and_all_others_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "secret"
    assert read_or_create(path, fixed(b"one"), "") == b"one"
    assert read_or_create(path, refuse, "") == b"one"
    assert path.read_bytes() == b"one"


def test_only_the_owner_can_read_a_secret_and_its_folder(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        read_or_create(tmp_path / "home" / "secret", fixed(b"x"), "")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "home" / "secret") == 0o600
    assert mode_of(tmp_path / "home") == 0o700


def test_nothing_but_the_secret_is_left_in_the_folder(tmp_path: Path) -> None:
    read_or_create(tmp_path / "home" / "secret", fixed(b"x"), "")
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o777])
def test_a_secret_that_others_could_read_is_closed_and_told(
    tmp_path: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"known")
    path.chmod(mode)
    assert read_or_create(path, refuse, "") == b"known"
    assert mode_of(path) == 0o600
    assert [vars(record)["event"] for record in caplog.records] == [
        "secret_file_was_readable_by_others"
    ]
    assert "known" not in caplog.text


def test_where_a_secret_was_made_is_logged_and_what_it_is_never(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "agentkit")
    read_or_create(tmp_path / "secret", fixed(b"canary"), "")
    assert f"secret_file_created path={tmp_path}/secret" in caplog.text
    assert "canary" not in caplog.text


def test_threads_that_race_agree_on_one_secret(tmp_path: Path) -> None:
    racers = 8
    for round_ in range(20):
        path, start = tmp_path / f"{round_}" / "secret", Barrier(racers)

        def race(number: int, path: Path = path, start: Barrier = start) -> bytes:
            start.wait()
            return read_or_create(path, fixed(b"secret of %d" % number), "")

        with ThreadPoolExecutor(racers) as pool:
            assert len(set(pool.map(race, range(racers)))) == 1
        assert [found.name for found in path.parent.iterdir()] == ["secret"]


def test_who_loses_the_race_reads_what_the_winner_wrote(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    def overtaken() -> bytes:
        read_or_create(path, fixed(b"winner"), "")
        return b"loser"

    assert read_or_create(path, overtaken, "") == b"winner"
    assert [found.name for found in tmp_path.iterdir()] == ["secret"]


def test_a_place_that_takes_no_file_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "secret"
    with pytest.raises(DefinitionError) as refused:
        read_or_create(path, fixed(b"x"), "set THE_SECRET")
    assert str(refused.value) == f"cannot keep {path}: File exists; set THE_SECRET"


def test_a_link_to_nowhere_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(DefinitionError, match="cannot keep"):
        read_or_create(path, fixed(b"x"), "")
    assert [found.name for found in tmp_path.iterdir()] == ["secret"]


def test_a_full_disk_leaves_no_half_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: str, target: Path) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), source, None, str(target))

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(DefinitionError, match="No space left on device; set THE_SECRET"):
        read_or_create(tmp_path / "secret", fixed(b"x"), "set THE_SECRET")
    assert list(tmp_path.iterdir()) == []
