"""A disk for tests of much writing in which nothing crashes."""

from agentkit.state.disk import Disk


class Unsynced(Disk):
    """A disk that leaves syncing to the system: for tests in which nothing crashes."""

    def sync(self, file: int) -> None:
        pass

    def sync_folder(self) -> None:
        pass
