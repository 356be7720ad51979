"""Folders that a store may trust: its owner's alone, on a disk of this host.

A lock on a network filesystem may be granted to two hosts at once, and what was synced there may
be lost, so the known ones are refused when the store is opened and not when a write is lost.
"""

import os
from contextlib import suppress
from pathlib import Path

from agentkit.errors import DefinitionError

NETWORK_FILESYSTEMS = frozenset({
    "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph",
    "fuse.curlftpfs", "fuse.davfs2", "fuse.gcsfuse", "fuse.glusterfs", "fuse.goofys",
    "fuse.juicefs", "fuse.moosefs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
    "fuse.vmhgfs-fuse", "gfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4",
    "ocfs2", "orangefs", "prl_fs", "pvfs2", "smb3", "smbfs", "vboxsf", "vmhgfs",
})  # fmt: skip
"""The names under which the kernel mounts what several hosts may share."""

_MOUNTS = Path("/proc/self/mountinfo")
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def open_folder(path: Path) -> int:
    """Create a folder unless it is there, durably, and return a descriptor of it.

    Raises:
        DefinitionError: it is on a network filesystem.
        OSError: it cannot be made or opened.
    """
    made = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in made:
        sync_folder(each.parent)
    folder = os.open(path, _FLAGS)
    try:
        refuse_network_filesystem(folder, path)
    except DefinitionError:
        os.close(folder)
        raise
    return folder


def open_private(within: int, name: str) -> int:
    """Create a folder that only its owner can look into, and return a descriptor of it.

    Raises:
        DefinitionError: it belongs to another user.
        OSError: it cannot be made or opened.
    """
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=within)
    folder = os.open(name, _FLAGS | os.O_NOFOLLOW, dir_fd=within)
    known = os.fstat(folder)
    if os.geteuid() not in {0, known.st_uid}:
        os.close(folder)
        raise DefinitionError(f"the folder {name!r} of the store belongs to user {known.st_uid}")
    if known.st_mode & 0o077:
        os.fchmod(folder, 0o700)
    return folder


def sync_folder(path: Path) -> None:
    """Return when the names in a folder are on the disk.

    Raises:
        OSError: they are perhaps not.
    """
    folder = os.open(path, _FLAGS)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def refuse_network_filesystem(file: int, path: Path) -> None:
    """Check where an open file or folder is.

    Raises:
        DefinitionError: on a network filesystem.
    """
    kind = filesystem_of(file)
    if kind in NETWORK_FILESYSTEMS:
        raise DefinitionError(
            f"{path} is on {kind}, a network filesystem, where locks and syncs cannot be relied "
            "on: keep call state on a disk of this host, or in Redis or PostgreSQL"
        )


def filesystem_of(file: int) -> str | None:
    """Return the kernel's name of the filesystem of an open file, None if it cannot be told."""
    device = os.fstat(file).st_dev
    mark = f"{os.major(device)}:{os.minor(device)}"
    with suppress(OSError):
        for line in _MOUNTS.read_text("utf-8", "replace").splitlines():
            fields = line.split()
            if fields[2] == mark:
                return fields[fields.index("-") + 1]
    return None
