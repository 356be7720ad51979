"""The state under one id, for coroutines: as dicts, or typed by a Struct.

    booking = await call.state.get()
    await call.state.update(lambda booking: setattr(booking, "seats", 4))
    async with call.state.edit() as booking:
        booking.seats = 4

A typed write keeps the fields that the Struct does not know, so that old and new code can share a
store while a new version is rolled out.
"""

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from agentkit.errors import DefinitionError, StateError, StateSchema
from agentkit.state.manager import StateManager
from agentkit.state.writing import Snapshot

JSON = dict[str, Any]
Change = Callable[[Any], Any]


class StateView:
    """What `call.state` is: read it, change it, delete it.

    Every method may raise a `StateError`; see `StateManager`.
    """

    __slots__ = ("_id", "_kind", "_missing", "_states")

    def __init__(
        self,
        states: StateManager,
        key: str | None,
        kind: type[msgspec.Struct] | None = None,
        missing: str = "this request names no call, so there is no call state",
    ) -> None:
        self._states = states
        self._id = key
        self._kind = kind
        self._missing = missing

    async def get(self) -> Any:
        """Return a copy of the state.

        Without any state: an empty dict, or the Struct made of its defaults, or None when it has
        fields without one.

        Raises:
            StateSchema: what is stored does not fit the Struct.
        """
        return self._value((await self.snapshot()).data)

    async def snapshot(self) -> Snapshot:
        """Return the state as it is stored, with its `version` for `set`."""
        return await self._states.run(self._states.operations.snapshot(self._key()))

    async def set(self, value: Any, version: str | None = None) -> None:
        """Replace the state, whatever it is, or only if its version is still this one.

        Raises:
            StateConflict: somebody else wrote since.
        """
        operations, key = self._states.operations, self._key()
        if version is None:
            await self._states.run(operations.set_state(key, self._data(value, None)))
        else:
            data = self._data(value, (await self.snapshot()).data)
            await self._states.run(operations.replace_state(key, data, version))

    async def update(self, change: JSON | Change) -> Any:
        """Change the state and return a copy of it.

        Args:
            change: a dict is merged into what is stored, dicts key by key; a plain function gets
                the value, changes it or returns another, and may run several times.

        Raises:
            DefinitionError: the function is a coroutine function: it must not wait.
            StateSchema: what is stored does not fit the Struct.
        """
        operations, key = self._states.operations, self._key()
        if isinstance(change, dict):
            data = await self._states.run(operations.update_state(key, change))
            return self._value(data)
        if inspect.iscoroutinefunction(change):
            raise DefinitionError("update takes a plain function: it may run several times")
        rewrite = operations.rewrite_state(key, lambda data: self._changed(change, data))
        return self._value((await self._states.run(rewrite)).data)

    @asynccontextmanager
    async def edit(self) -> AsyncIterator[Any]:
        """Hand out the value and write it back at the end, merged with what others wrote since.

        Nothing is written when the block raises.
        """
        seen = await self.snapshot()
        value = self._value(seen.data)
        if value is None:
            raise StateError("there is no state to edit yet, and the Struct needs fields: set it")
        yield value
        data = self._data(value, seen.data)
        await self._states.run(self._states.operations.swap_state(self._key(), data, seen))

    async def delete(self) -> bool:
        """Delete the state and say whether there was any; of a call, later writes are refused."""
        return await self._states.run(self._states.operations.delete_state(self._key()))

    def _key(self) -> str:
        if self._id is None:
            raise StateError(self._missing)
        return self._id

    def _changed(self, change: Change, data: JSON | None) -> JSON:
        value = self._value(data)
        changed = change(value)
        return self._data(value if changed is None else changed, data)

    def _value(self, data: JSON | None) -> Any:
        if self._kind is None:
            return data or {}
        try:
            return msgspec.convert(data or {}, self._kind)
        except msgspec.ValidationError as error:
            if data is None:
                return None
            raise StateSchema(f"what is stored is no {self._kind.__name__}: {error}") from error

    def _data(self, value: Any, stored: JSON | None) -> JSON:
        if self._kind is None:
            data: JSON = value
            return data
        if not isinstance(value, self._kind):
            raise StateError(f"the state is a {self._kind.__name__}, not {type(value).__name__}")
        known = {field.encode_name for field in msgspec.structs.fields(self._kind)}
        kept = {key: item for key, item in (stored or {}).items() if key not in known}
        return {**kept, **msgspec.to_builtins(value)}
