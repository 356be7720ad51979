"""A store is kept in folders of its own, on a disk of this host."""

import os
import stat
from pathlib import Path

import pytest

from agentkit.errors import DefinitionError
from agentkit.state import folders
from agentkit.state.folders import filesystem_of, open_folder, open_private


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that says what is mounted, empty."""
    file = tmp_path / "mountinfo"
    file.touch()
    monkeypatch.setattr(folders, "_MOUNTS", file)
    return file


def mounted(path: Path, kind: str) -> str:
    device = path.stat().st_dev
    mark = f"{os.major(device)}:{os.minor(device)}"
    return (
        "21 1 99:99 / /other rw shared:1 - ext4 /dev/a rw\n"
        f"22 1 {mark} / / rw,relatime shared:1 master:2 - {kind} /dev/b rw\n"
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    os.close(open_folder(tmp_path / "a" / "b"))
    assert mode(tmp_path / "a" / "b") == 0o700


def test_the_names_of_new_folders_are_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(folders, "sync_folder", synced.append)
    os.close(open_folder(tmp_path / "a" / "b"))
    assert set(synced) == {tmp_path, tmp_path / "a"}
    os.close(open_folder(tmp_path / "a" / "b"))
    assert len(synced) == 2


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    os.close(open_folder(tmp_path))
    assert mode(tmp_path) == 0o755


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_a_network_filesystem_is_refused(tmp_path: Path, mounts: Path, kind: str) -> None:
    mounts.write_text(mounted(tmp_path, kind), "utf-8")
    opened = descriptors()
    with pytest.raises(DefinitionError, match=f"is on {kind}, a network filesystem"):
        open_folder(tmp_path)
    assert descriptors() == opened


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay"])
def test_a_local_filesystem_is_not_refused(tmp_path: Path, mounts: Path, kind: str) -> None:
    mounts.write_text(mounted(tmp_path, kind), "utf-8")
    os.close(open_folder(tmp_path))


def test_a_filesystem_that_cannot_be_told_is_not_refused(tmp_path: Path, mounts: Path) -> None:
    folder = open_folder(tmp_path)
    assert filesystem_of(folder) is None
    mounts.unlink()
    assert filesystem_of(folder) is None
    os.close(folder)


def test_the_filesystem_is_what_the_system_says(tmp_path: Path) -> None:
    folder = open_folder(tmp_path)
    known = Path("/proc/filesystems").read_text("ascii").split()
    assert str(filesystem_of(folder)).partition(".")[0] in {*known, "None"}
    os.close(folder)


def test_a_private_folder_is_its_owners_alone_again_when_it_is_opened(tmp_path: Path) -> None:
    within = open_folder(tmp_path)
    os.close(open_private(within, "records"))
    assert mode(tmp_path / "records") == 0o700
    (tmp_path / "records").chmod(0o777)
    os.close(open_private(within, "records"))
    assert mode(tmp_path / "records") == 0o700
    os.close(within)


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    within = open_folder(tmp_path)
    monkeypatch.setattr("agentkit.state.folders.os.geteuid", lambda: os.getuid() + 1)
    with pytest.raises(DefinitionError, match="belongs to user"):
        open_private(within, "records")
    os.close(within)


def test_a_link_in_the_place_of_a_private_folder_is_refused(tmp_path: Path) -> None:
    within = open_folder(tmp_path / "store")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "store" / "records").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotADirectoryError):
        open_private(within, "records")
    os.close(within)
