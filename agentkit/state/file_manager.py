"""`FileStateManager`, as the vendor's early SDK had it, on a store that does not lose writes."""

from pathlib import Path

from agentkit import private_files
from agentkit.state.file import FileState
from agentkit.state.manager import StateManager

DAY_SECONDS = 86_400.0


class FileStateManager(StateManager):
    """Keeps the state of calls in a folder of files.

    Args:
        storage_dir: the folder, made when it is missing; else one of the user's own.
        expiry_days: how long a state is kept after its last write.

    Raises:
        DefinitionError: a setting is wrong.
    """

    def __init__(self, storage_dir: str | Path | None = None, expiry_days: float = 1.0) -> None:
        folder = storage_dir or private_files.data_directory() / "state"
        super().__init__(FileState(folder), ttl_seconds=expiry_days * DAY_SECONDS)
