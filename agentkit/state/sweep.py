"""Collecting what has expired: in batches, and by one sweeper at a time.

Whoever sweeps holds a lease, a record of its own in the store, and asks for more time with every
batch. Who dies is followed by the next one when the lease has run out.
"""

import os
from operator import methodcaller

from agentkit.errors import StateConflict
from agentkit.state.base import ABSENT, Expectation
from agentkit.state.requests import Operation, Request

PURGE_BATCH = 500
"""How many rows are collected in one step."""

SWEEP_SECONDS = 30.0
"""How long one who sweeps has for a batch before another may take over."""

SWEEPER = "sweeper:"
"""The key of the lease; no scope has it."""


def sweep() -> Operation[int]:
    """Collect all that has expired, and return how much; 0 while somebody else does."""
    collected, batch = 0, -1
    version: Expectation = ABSENT
    try:
        while batch:
            version = yield _lease(version)
            batch = yield methodcaller("purge", PURGE_BATCH)
            collected += batch
        yield methodcaller("delete", SWEEPER, expect=version, final=False)
    except StateConflict:  # somebody else sweeps, or has taken over from one who was slow
        return collected
    return collected


def _lease(version: Expectation) -> Request:
    """Return a request for the lease, or for more time."""
    write_id = os.urandom(8).hex()
    return methodcaller(
        "put", SWEEPER, b"", expect=version, ttl_seconds=SWEEP_SECONDS, write_id=write_id
    )
