"""A store from a URL, so that a deployment can choose it.

memory:                        for tests, one process
file:./state                   a folder of files, one host
sqlite:///calls.db             a file beside you, four slashes for an absolute path; one host
redis://host:6379/0            also rediss:, valkey:; several hosts
postgresql://user@host/db      also postgres:; several hosts
"""

from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from agentkit.errors import DefinitionError
from agentkit.late import LateModule
from agentkit.state.base import BlockingBackend, StateBackend
from agentkit.state.memory import MemoryState

if TYPE_CHECKING:
    import pathlib

    from agentkit import private_files
else:  # for stores of this host
    pathlib = LateModule("pathlib")
    private_files = LateModule("agentkit.private_files")

_STORES = {
    "file": ("agentkit.state.file", "FileState"),
    "sqlite": ("agentkit.state.sqlite", "SQLiteState"),
    "redis": ("agentkit.state.redis", "RedisState"),
    "rediss": ("agentkit.state.redis", "RedisState"),
    "valkey": ("agentkit.state.redis", "RedisState"),
    "postgresql": ("agentkit.state.postgres", "PostgresState"),
    "postgres": ("agentkit.state.postgres", "PostgresState"),
}
_LOCAL = {"file", "sqlite"}


def open_url(url: str) -> StateBackend | BlockingBackend:
    """Return the store that a URL names; it is opened on its first use.

    Raises:
        DefinitionError: the URL names no store.
    """
    scheme, colon, rest = url.partition(":")
    if scheme == "memory" and not rest:
        return MemoryState()
    if not colon or scheme not in _STORES:
        known = ", ".join(["memory", *_STORES])
        raise DefinitionError(f"state {_without_password(url)!r} is no URL of a store ({known})")
    module, name = _STORES[scheme]
    store = getattr(import_module(module), name)
    made: StateBackend | BlockingBackend = store(_path(url) if scheme in _LOCAL else url)
    return made


def check_there(url: str) -> None:
    """Refuse a store of this host that nobody has made yet: who looks at one makes none.

    Raises:
        DefinitionError: there is no such file or folder.
    """
    if url.partition(":")[0] in _LOCAL and not pathlib.Path(_path(url)).exists():
        raise DefinitionError(f"there is no store at {_path(url)}")


def default_url() -> str:
    """Return the URL of this host's own store, a file in the user's data folder."""
    return f"sqlite:///{private_files.data_directory() / 'state.sqlite3'}"


def _path(url: str) -> str:
    """`sqlite:///a` and `file:a` are relative, `sqlite:////a` and `file:///a` absolute."""
    scheme, _, rest = url.partition(":")
    if not rest.startswith("//"):
        path = rest
    elif scheme == "sqlite":
        path = rest.removeprefix("///") if rest.startswith("///") else ""
    else:
        path = rest.removeprefix("//")
    if not path:
        raise DefinitionError(f"state {url!r} names no path")
    return unquote(path)


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url)
        return url.replace(f":{parts.password}@", ":***@") if parts.password else url
    except ValueError:
        return "***"
