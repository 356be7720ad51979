"""Who this process is to an outbox, and what it remembers of it between two looks."""

import os

from agentkit.worker import this_worker

HINT_SECONDS = 60.0
"""How long a process trusts what it remembers of a letter."""


class Watch:
    """Who this process is, and what it remembers between looks into an outbox.

    What it remembers are hints that spare reads; the store knows the truth.
    """

    __slots__ = ("_process", "_worker", "free_at", "next_look")

    def __init__(self) -> None:
        self._process, self._worker = os.getpid(), this_worker()
        self.next_look: dict[str, float] = {}  # by agent
        self.free_at: dict[str, float] = {}  # by letter

    def note(self, letter_id: str, free_at: float, now: float) -> None:
        """Remember when a letter is free; others may free it earlier, so not for long."""
        self.free_at[letter_id] = min(free_at, now + HINT_SECONDS)

    def worker(self) -> str:
        """Return who takes deliveries here; a forked child is somebody else."""
        if self._process != os.getpid():
            self._process, self._worker = os.getpid(), this_worker()
        return self._worker
