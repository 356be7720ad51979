"""Letters as operators see them: listed, read, and given another chance."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import NamedTuple

import msgspec

from agentkit.errors import StateError
from agentkit.outbox import SCOPE, Progress, Stage, progress_of, unpacked
from agentkit.state import outbox as letters
from agentkit.state.base import Entry, unix_clock
from agentkit.state.manager import StateManager
from agentkit.state.outbox import DEAD, KEPT_SECONDS, OUTBOX, Letter

_PAGE = 100


class Found(NamedTuple):
    """A letter in a store.

    Attributes:
        id: of the delivery.
        entry: its size and times.
        letter: itself.
        progress: how far its delivery has come, None when that is not known any more.
    """

    id: str
    entry: Entry
    letter: Letter
    progress: Progress | None


async def found(states: StateManager, scope: str) -> AsyncIterator[Found]:
    """Give the letters of a scope.

    Raises:
        StateError: the store cannot be read.
    """
    after = ""
    while entries := await states.run(letters.page(scope, "", after, _PAGE)):
        for entry in entries:
            name = letters.id_of(entry)
            letter = await letter_of(states, scope, name)
            if letter is not None:
                yield Found(name, entry, letter, await _progress(states, name))
        after = entries[-1].key


async def letter_of(states: StateManager, scope: str, letter_id: str) -> Letter | None:
    """Return a letter, None when there is none.

    Raises:
        StateCorrupt: it is damaged.
    """
    stored = await states.run(letters.read(scope, letter_id))
    return None if stored is None else await unpacked(stored)


async def revive(
    states: StateManager, letter_id: str, clock: Callable[[], float] = unix_clock
) -> bool:
    """Make a letter due now, with its attempts counted anew, and say whether there is one.

    Raises:
        StateError: it is being tried at this moment, or the store failed.
    """
    scope = DEAD
    stored = await states.run(letters.read(scope, letter_id))
    if stored is None:
        scope = OUTBOX
        stored = await states.run(letters.read(scope, letter_id))
    if stored is None:
        return False
    await states.run(letters.keep(OUTBOX, letter_id, stored))
    await states.run(letters.mark(letter_id.partition(".")[0]))
    kept = states.scoped(SCOPE, KEPT_SECONDS)
    await kept.run(kept.operations.rewrite_state(letter_id, partial(_due, clock())))
    if scope == DEAD:
        await states.run(letters.drop(DEAD, letter_id))
    return True


def _due(now: float, data: dict[str, object] | None) -> dict[str, object]:
    known = None if data is None else progress_of(data)
    if known is not None and known.stage is Stage.STARTED and (known.free_at() or 0.0) > now:
        raise StateError("this summary is being tried at this moment")
    due: dict[str, object] = msgspec.to_builtins(Progress(Stage.PENDING, attempts=1))
    return due


async def _progress(states: StateManager, letter_id: str) -> Progress | None:
    kept = states.scoped(SCOPE)
    data = await kept.run(kept.operations.get_state(letter_id))
    return None if data is None else progress_of(data)
