"""Stores that try for long: how long they try is asked by the tests that say so to them.

Everywhere else their limits, which are seconds, would only tell that a machine stood still.
"""

from collections.abc import Callable
from typing import Any

from agentkit.state import writing
from agentkit.state.locks import FileLock
from agentkit.state.postgres import PostgresState
from agentkit.state.redis import RedisState

SECONDS = 60.0

Put = Callable[[Any, str, float], object]


def have(set_item: Put, set_attribute: Put) -> None:
    """Let what is made from now on be patient, by functions that put a value into its place."""
    set_attribute(writing, "RETRY_SECONDS", SECONDS)
    set_item(FileLock.__init__.__kwdefaults__, "wait_seconds", SECONDS)
    for store in (PostgresState, RedisState):
        set_item(store.__init__.__kwdefaults__, "deadline_seconds", SECONDS)
