"""The state of calls as dicts: what agents and users work with.

    state = manager.get_state(call_id) or {}
    manager.update_state(call_id, {"cart": {"tea": 2}})

The methods below block and may be called from plain code anywhere: tools, scripts, timer threads.
Coroutines await the same operations: `await manager.run(manager.operations.get_state(call_id))`.

Nothing that the manager hands out is stored, and nothing that it is given is kept: values are
copied both ways. What a write was answered with is stored; an error's `applied` says otherwise.
"""

import math
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from agentkit.errors import DefinitionError
from agentkit.late import pattern
from agentkit.state.base import BlockingBackend, Capabilities, Entry, StateBackend
from agentkit.state.operations import (
    CALL_SCOPE,
    GRACE_SECONDS,
    Migration,
    Operations,
    Swapped,
)
from agentkit.state.requests import Operation
from agentkit.state.runner import Runner
from agentkit.state.schemas import Schema
from agentkit.state.stage import Stage
from agentkit.state.values import MAX_BYTES
from agentkit.state.writing import Snapshot

TTL_SECONDS = 86_400.0
"""How long the state of a call is kept after its last write."""

_SCOPE = pattern(r"[a-z][a-z0-9_]{0,31}")

T = TypeVar("T")


class StateManager:
    """State of calls, conversations and the like in one store.

    Ids are any text of 1 to 256 characters without control characters. Values are plain data (see
    `agentkit.state.values`) of at most 64 levels and 4,096 keys. Any method may raise
    `StateUnavailable`, or `StateCorrupt` if what is stored cannot be read.

    Args:
        backend: where the bytes are kept; a `Runner` shares an open store with other managers.
        ttl_seconds: a record expires this long after its last write.
        max_bytes: longest value, as JSON.
        scope: the first part of every key, so that one store can hold several kinds of state.
        clock: seconds that never go back, for the deadline of retries.

    Raises:
        DefinitionError: a setting is wrong.
    """

    __slots__ = ("_runner", "operations")

    operations: Operations
    """The same operations for coroutines: hand one to `run`."""

    def __init__(
        self,
        backend: StateBackend | BlockingBackend | Runner,
        *,
        ttl_seconds: float = TTL_SECONDS,
        max_bytes: int = MAX_BYTES,
        scope: str = CALL_SCOPE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if max_bytes < len("{}"):
            raise DefinitionError(f"max_bytes={max_bytes!r}: no value is that short")
        self._runner = backend if isinstance(backend, Runner) else Runner(backend)
        self.operations = Operations(
            _checked_scope(scope),
            _checked_ttl(ttl_seconds),
            Schema(max_bytes),
            clock,
            self._runner.memory,
        )

    def scoped(
        self, scope: str, ttl_seconds: float | None = None, max_bytes: int | None = None
    ) -> "StateManager":
        """Return a manager of another kind of state in the same store, such as `conversation`.

        Only calls end: in another scope a deleted id can be written again at once. What is not
        given is as it is here.

        Raises:
            DefinitionError: a setting is wrong.
        """
        other = StateManager(self._runner, scope=scope)
        ttl = None if ttl_seconds is None else _checked_ttl(ttl_seconds)
        other.operations = self.operations.scoped(scope, ttl, max_bytes)
        return other

    def migrating(self, migrations: Sequence[Migration]) -> "StateManager":
        """Return a manager of the same states, whose values have a history of schemas.

        The first migration makes a value of schema 1 one of schema 2, and so on. What is stored in
        an older schema is migrated when it is read and written back by the next write. What is
        stored in a newer one can be read as it is, and writing raises `StateSchema`.
        """
        other = self.scoped(self.operations.scope)
        other.operations = self.operations.migrating(tuple(migrations))
        return other

    def staged(self, call_id: str) -> "tuple[StateManager, Stage]":
        """Return a manager that holds back what is written to one id, and what it holds back."""
        stage = Stage(self._runner.backend, self.operations.key(call_id))
        other = StateManager(self._runner.behind(stage), scope=self.operations.scope)
        other.operations = self.operations.without_memory()  # it must not outlive the stage
        return other, stage

    @property
    def backend(self) -> StateBackend:
        """The store."""
        return self._runner.backend

    @property
    def capabilities(self) -> Capabilities:
        """What the store promises: whether it is durable, and who can share it."""
        return self._runner.capabilities

    def move(self, backend: StateBackend | BlockingBackend) -> None:
        """Keep all state in another store from now on; nothing is carried over.

        For playing calls with an agent whose own store must not see them. It holds for every
        manager of the same store that was made from this one, and must come before the first use.
        """
        self._runner.move(backend)

    async def open(self) -> None:
        """Open the store now, and let plain code in other threads reach it through this loop."""
        await self._runner.open()

    async def close(self) -> None:
        """Close the store; the next operation opens it again."""
        await self._runner.close()

    def run(self, operation: Operation[T]) -> Coroutine[Any, Any, T]:
        """Await one of the `operations`; it raises what the method of that name raises."""
        return self._runner.run(operation)

    def wait(self, operation: Operation[T]) -> T:
        """Do for plain code what `run` does for coroutines."""
        return self._runner.wait(operation)

    def get_state(self, call_id: str) -> dict[str, Any] | None:
        """Return a copy of the state, None if there is none.

        Raises:
            StateEncoding: the id cannot be a call's.
        """
        return self._runner.wait(self.operations.get_state(call_id))

    def snapshot(self, call_id: str) -> Snapshot:
        """Return the state with its version, to be handed back to `update_state` as `seen`.

        Raises:
            StateEncoding: the id cannot be a call's.
        """
        return self._runner.wait(self.operations.snapshot(call_id))

    def set_state(self, call_id: str, data: dict[str, Any]) -> Snapshot:
        """Replace the state, whatever it is, renew its time to live and return it with its version.

        Raises:
            StateEncoding: the value is not plain data, or the id cannot be a call's.
            StateTooLarge: the value is over a limit.
            StateConflict: others kept writing for two seconds.
            CallEnded: the call is over and its state is gone.
        """
        return self._runner.wait(self.operations.set_state(call_id, data))

    def update_state(
        self, call_id: str, changes: dict[str, Any], *, seen: Snapshot | None = None
    ) -> dict[str, Any]:
        """Change the state, renew its time to live and return a copy of it.

        Without `seen`, changes are merged into what is stored: dicts key by key, everything else
        is replaced. With `seen` they are the whole new state, in place of what was seen: a key that
        is missing was deleted. If somebody else wrote since, both changes are kept, and where both
        touched the same value this one wins.

        Raises:
            StateEncoding: the value is not plain data, or the id cannot be a call's.
            StateTooLarge: the value is over a limit.
            StateConflict: others kept writing for two seconds.
            CallEnded: the call is over and its state is gone.
        """
        return self._runner.wait(self.operations.update_state(call_id, changes, seen=seen))

    def swap_state(self, call_id: str, state: dict[str, Any], seen: Snapshot) -> Swapped:
        """Do what `update_state` does with `seen`, and return what to hand in the next time.

        Raises:
            StateEncoding: the value is not plain data, or the id cannot be a call's.
            StateTooLarge: the value is over a limit.
            StateConflict: others kept writing for two seconds.
            CallEnded: the call is over and its state is gone.
        """
        return self._runner.wait(self.operations.swap_state(call_id, state, seen))

    def ensure(self, call_id: str) -> bool:
        """Create an empty state if there is none, and say whether this call did.

        Raises:
            StateEncoding: the id cannot be a call's.
            CallEnded: the call is over and its state is gone.
        """
        return self._runner.wait(self.operations.ensure(call_id))

    def end_call(self, call_id: str, grace_seconds: float = GRACE_SECONDS) -> bool:
        """Keep the state for a grace time only, and say whether there is any.

        Writes still succeed in that time and renew it. After it, for an hour, they raise
        `CallEnded`. Ending a call again changes nothing, unless the grace time is shorter.

        Raises:
            StateEncoding: the id cannot be a call's.
            StateConflict: others kept writing for two seconds.
        """
        return self._runner.wait(self.operations.end_call(call_id, grace_seconds))

    def delete_state(self, call_id: str) -> bool:
        """Delete the state of a call that is over, and say whether there was any.

        For an hour, writes raise `CallEnded`. To empty the state of a running call, set it to {}.

        Raises:
            StateEncoding: the id cannot be a call's.
        """
        return self._runner.wait(self.operations.delete_state(call_id))

    def scan(self, after: str = "", limit: int = 100) -> list[Entry]:
        """Return the next records of this scope, without their values; see `StateBackend.scan`."""
        return self._runner.wait(self.operations.scan(after, limit))

    def cleanup_expired(self) -> int:
        """Collect what has expired, of every scope, in batches, and return how much it was.

        One sweeps at a time: 0 while another process does.
        """
        return self._runner.wait(self.operations.purge())

    def ping(self) -> None:
        """Return when the store can be read and written."""
        self._runner.wait(self.operations.ping())

    # The names of the vendor's early SDK, in which errors were answered with False.

    def store(self, call_id: str, data: dict[str, Any]) -> bool:
        """Do what `set_state` does and return True."""
        self.set_state(call_id, data)
        return True

    def retrieve(self, call_id: str) -> dict[str, Any] | None:
        """Do what `get_state` does."""
        return self.get_state(call_id)

    def update(self, call_id: str, data: dict[str, Any]) -> bool:
        """Do what `update_state` does and return True."""
        self.update_state(call_id, data)
        return True

    def delete(self, call_id: str) -> bool:
        """Do what `delete_state` does."""
        return self.delete_state(call_id)

    def exists(self, call_id: str) -> bool:
        """Say whether there is any state."""
        return self.snapshot(call_id).version is not None


def _checked_scope(scope: str) -> str:
    if not _SCOPE.fullmatch(scope):
        raise DefinitionError(f"scope={scope!r}: a scope is a lower-case word")
    return scope


def _checked_ttl(ttl_seconds: float) -> float:
    if not 0 < ttl_seconds < math.inf:
        raise DefinitionError(f"ttl_seconds={ttl_seconds!r}: a time to live is positive and finite")
    return ttl_seconds
