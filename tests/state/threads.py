"""Threads and children whose outcomes a test looks at, and a condition that tells who waits."""

import threading
from collections.abc import Callable

from tests.state.forks import in_child


class Arrivals(threading.Condition):
    """A condition that tells when somebody begins to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = threading.Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        self.arrived.release()
        return super().wait(timeout)


def outcomes(
    work: Callable[[], object], into: list[type[BaseException] | None]
) -> threading.Thread:
    """Start a thread and note what came of its work."""

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the outcome, whatever it is
            into.append(type(error))
        else:
            into.append(None)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def holds_in_child(check: Callable[[], bool]) -> bool:
    """Say whether a check is true in a forked child."""
    return in_child(check) == int(True)
