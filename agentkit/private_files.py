"""Small secrets that the processes of one host share: files of mode 0600 in a private folder."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from agentkit._log import log
from agentkit.errors import DefinitionError


def data_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for what agentkit keeps on this host.

    `AGENTKIT_HOME`, else `XDG_DATA_HOME/agentkit`, else `~/.local/share/agentkit`.
    """
    if home := environ.get("AGENTKIT_HOME"):
        return Path(home)
    base = environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "agentkit"


def read_or_create(path: Path, make: Callable[[], bytes], instead: str) -> bytes:
    """Return the content of path; the first process to ask writes what `make` returns.

    `instead` says in the error what to set when no file can be kept here.

    Raises:
        DefinitionError: the file can neither be read nor written.
    """
    try:
        if not path.exists():
            _create(path, make())
        return _read_private(path)
    except OSError as error:
        raise DefinitionError(f"cannot keep {path}: {error.strerror}; {instead}") from error


def _create(path: Path, content: bytes) -> None:
    """Publish a complete file or lose the race to another process that did."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".new-{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.link(temporary, path)
        log.info("secret_file_created", path=str(path))
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _read_private(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        log.warning("secret_file_was_readable_by_others", path=str(path))
        path.chmod(0o600)
    return path.read_bytes()
