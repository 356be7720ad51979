"""What children do with a file store until they are killed; few imports, as many are started."""

from multiprocessing.connection import Connection

from agentkit.state.base import TOMBSTONE_SECONDS
from agentkit.state.file import FileState
from tests.state.files import TTL, put
from tests.state.stores import Clock


def opens_and_closes(sender: Connection, path: str) -> None:  # pragma: no cover
    sender.send_bytes(b"begun")
    while True:
        store = FileState(path)
        put(store, "other")
        store.close()


def purges(sender: Connection, path: str) -> None:  # pragma: no cover
    sender.send_bytes(b"begun")
    clock = Clock()
    store = FileState(path, clock=clock)
    while True:
        for number in range(5):
            put(store, f"old-{number}", final=number > 2)
        for seconds in (TTL, TOMBSTONE_SECONDS):
            clock.advance(seconds)
            store.purge(3)
