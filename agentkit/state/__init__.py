"""State of calls: bytes with versions in a store below, dicts with merging above.

`StateManager` is what agents use, `FileStateManager` its older form. `MemoryState` is the store for
tests and a single worker, `SQLiteState` and `FileState` are those of one host, `RedisState` and
`PostgresState` those of several. `StateBackend` and `BlockingBackend` are the seams for others.
"""

from typing import TYPE_CHECKING

from agentkit.late import exports

if TYPE_CHECKING:
    from agentkit.state.base import (
        ABSENT,
        ANY,
        AsyncBackend,
        BlockingBackend,
        Capabilities,
        Entry,
        Expectation,
        Record,
        StateBackend,
    )
    from agentkit.state.file import FileState
    from agentkit.state.file_manager import FileStateManager
    from agentkit.state.manager import StateManager
    from agentkit.state.memory import MemoryState
    from agentkit.state.operations import Operations, Swapped
    from agentkit.state.postgres import PostgresState
    from agentkit.state.redis import RedisState
    from agentkit.state.requests import Operation
    from agentkit.state.sqlite import SQLiteState
    from agentkit.state.writing import Snapshot

__all__ = [
    "ABSENT",
    "ANY",
    "AsyncBackend",
    "BlockingBackend",
    "Capabilities",
    "Entry",
    "Expectation",
    "FileState",
    "FileStateManager",
    "MemoryState",
    "Operation",
    "Operations",
    "PostgresState",
    "Record",
    "RedisState",
    "SQLiteState",
    "Snapshot",
    "StateBackend",
    "StateManager",
    "Swapped",
]

_BASE = (
    "ABSENT", "ANY", "AsyncBackend", "BlockingBackend", "Capabilities", "Entry", "Expectation",
    "Record", "StateBackend",
)  # fmt: skip
_LATE = {
    **dict.fromkeys(_BASE, "agentkit.state.base"),
    "FileState": "agentkit.state.file",
    "FileStateManager": "agentkit.state.file_manager",
    "MemoryState": "agentkit.state.memory",
    "Operation": "agentkit.state.requests",
    "Operations": "agentkit.state.operations",
    "PostgresState": "agentkit.state.postgres",
    "RedisState": "agentkit.state.redis",
    "SQLiteState": "agentkit.state.sqlite",
    "Snapshot": "agentkit.state.writing",
    "StateManager": "agentkit.state.manager",
    "Swapped": "agentkit.state.operations",
}

__getattr__ = exports(__name__, _LATE)
