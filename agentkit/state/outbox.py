"""Letters: bodies that could not be handed over yet, kept as bytes beside the state of calls.

A letter stands in the scope `outbox` while it is tried again and in `dead` when it was tried too
often. Its key begins with the digest of the agent that it is for. The agent's mark says that there
may be letters: it is set after a letter was written and removed by whoever saw, since the mark was
last set, that there are none. So looking costs one read of a small record when there is nothing.

As in `agentkit.state.operations`, an operation is a generator that yields requests. A body may be
longer than the value of a state and is no dict, so it goes to the store as it is, compressed.
"""

import secrets
import zlib
from operator import methodcaller
from typing import NamedTuple

import msgspec

from agentkit import _json
from agentkit.errors import StateCorrupt, StateError
from agentkit.state.base import ANY, Entry, Record
from agentkit.state.operations import Operation, Pause

OUTBOX = "outbox"
DEAD = "dead"
"""The scopes of letters."""

KEPT_SECONDS = 7 * 86_400.0
"""How long letters are kept after they were written."""

_MARK = "outbox_mark"
_FORMAT = b"\x10"
_HEAD_BYTES = 4
_LEVEL = 3  # of compression: call logs shrink to a tenth in a few milliseconds
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.1


class Head(msgspec.Struct, frozen=True):
    """What is known of a letter without its body.

    Attributes:
        agent: the name of the agent that it is for.
        route: the path that the agent answers at.
        call_id: the call that it is about.
        query: the query of the request, without its token.
        received_at: when the platform posted it, in Unix seconds.
    """

    agent: str
    route: str
    call_id: str | None = None
    query: str = ""
    received_at: float = 0.0


class Letter(NamedTuple):
    """A body that is to be handed over."""

    head: Head
    body: bytes


def pack(letter: Letter) -> bytes:
    """Return a letter as bytes; of a large one this takes a while."""
    head = _json.encode(letter.head)
    return _FORMAT + len(head).to_bytes(_HEAD_BYTES) + head + zlib.compress(letter.body, _LEVEL)


def unpack(packed: bytes) -> Letter:
    """Return the letter in stored bytes.

    Raises:
        StateCorrupt: they are no letter.
    """
    start = len(_FORMAT) + _HEAD_BYTES
    end = start + int.from_bytes(packed[len(_FORMAT) : start])
    if not packed.startswith(_FORMAT):
        raise StateCorrupt(f"the stored letter has the unknown format {packed[:1].hex()}")
    try:
        return Letter(_head.decode(packed[start:end]), zlib.decompress(packed[end:]))
    except (zlib.error, ValueError) as error:
        raise StateCorrupt(f"the stored letter is damaged: {error}") from error


_head = _json.decoder(Head)


def keep(scope: str, letter_id: str, packed: bytes) -> Operation[None]:
    """Store a letter; when this returns, it is stored.

    Raises:
        StateError: it is not, or nobody knows.
    """
    put = _put(f"{scope}:{letter_id}", packed)
    for _ in range(_ATTEMPTS - 1):
        try:
            yield put
        except StateError as error:
            if error.applied is not None:
                raise
            yield Pause(_PAUSE_SECONDS)  # and again with the same write id
        else:
            return
    yield put


def read(scope: str, letter_id: str) -> Operation[bytes | None]:
    """Return a letter as it is stored, None when there is none."""
    record: Record | None = yield methodcaller("get", f"{scope}:{letter_id}")
    return None if record is None else record.data


def drop(scope: str, letter_id: str) -> Operation[bool]:
    """Remove a letter and say whether there was one."""
    dropped: bool = yield methodcaller("delete", f"{scope}:{letter_id}", final=False)
    return dropped


def page(scope: str, agent: str, after: str, limit: int) -> Operation[list[Entry]]:
    """Return the next letters to an agent, or to all when its digest is empty, without bodies."""
    entries: list[Entry] = yield methodcaller("scan", f"{scope}:{agent}", after, limit)
    return entries


def id_of(entry: Entry) -> str:
    """Return the id of a letter that `page` found."""
    return entry.key.partition(":")[2]


def mark(agent: str) -> Operation[None]:
    """Say that there may be letters to an agent."""
    yield _put(f"{_MARK}:{agent}", _FORMAT)


def marked(agent: str) -> Operation[str | None]:
    """Return the version of an agent's mark, None when there is none."""
    record: Record | None = yield methodcaller("get", f"{_MARK}:{agent}")
    return None if record is None else record.version


def unmark(agent: str, version: str) -> Operation[None]:
    """Remove an agent's mark.

    Raises:
        StateConflict: it was set again meanwhile.
    """
    yield methodcaller("delete", f"{_MARK}:{agent}", expect=version, final=False)


def _put(key: str, data: bytes) -> methodcaller:
    return methodcaller(
        "put",
        key,
        data,
        expect=ANY,
        ttl_seconds=KEPT_SECONDS,
        write_id=secrets.token_hex(8),
    )
