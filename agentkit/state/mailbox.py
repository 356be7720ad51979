"""Messages that wait for a conversation: what is stored of them, and the operations on it.

A box is one record, so every step is one swap. It numbers messages from 1, and holds each until
somebody says that it arrived:

* A cursor names a box and a number: "what came up to here has arrived". A box that was made anew
  after its time has another name, so a cursor of the old one, or of another conversation, says
  nothing about it.
* Whoever has no cursor is believed when its answer went out. A reader that is known to give
  cursors back (the platform, with its meta data) is given a message again when the next cursor
  does not cover it, but not for ever: a call must not hear the same again and again.
* Ids of delivered messages are remembered for a while, so that a producer may repeat itself.

What has expired is not delivered, and is dropped by the next write.
"""

import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from agentkit import _json
from agentkit.errors import InboxFull, StateCorrupt, StateEncoding, StateTooLarge
from agentkit.state.operations import Operation, Operations

MAX_MESSAGES = 100
"""Most messages that wait for one conversation."""

MAX_MESSAGES_BYTES = 65_536
"""Most bytes of them together, as JSON."""

KEPT_SECONDS = 86_400.0
"""How long a message waits at most, and how long a box is kept after its last write."""

REMEMBERED_SECONDS = 3_600.0
"""How long the id of a message that arrived is remembered, among the last `REMEMBERED_IDS`."""

REMEMBERED_IDS = 256

MAX_SENDS = 4
"""How often a message goes out that is never covered: as often as the platform sends a request."""

_CURSOR = re.compile(r"([0-9a-f]{16})\.([0-9]{1,15})")

Change = Callable[["Box"], bool]


class Letter(msgspec.Struct, frozen=True, array_like=True):
    """A message in a box."""

    sequence: int
    id: str
    role: str
    text: str
    pushed_at: float
    expires_at: float


class Box(msgspec.Struct):
    """What is stored for one conversation.

    Attributes:
        tag: its name in cursors.
        last: the number of the newest message.
        sends: how many answers went out to a reader that gives cursors back, and did not.
        sent: up to this number, messages were in all of them.
        letters: what waits, in order.
        known: of the messages that arrived or expired, the oldest first, in one text, which costs
            least to store: `digest of the id:number:when to forget it`, with blanks between.
    """

    tag: str
    last: int = 0
    sends: int = 0
    sent: int = 0
    letters: list[Letter] = []
    known: str = ""


class Receipt(NamedTuple):
    """What became of a message.

    Attributes:
        id: its id.
        sequence: its number in the conversation.
        duplicate: a message of this id had come before, and this one was left out.
    """

    id: str
    sequence: int
    duplicate: bool = False


class Message(msgspec.Struct, frozen=True):
    """A message as its readers see it.

    Attributes:
        id: the producer's, or one that was made for it; the same whenever it is delivered.
        role: who speaks.
        text: what is said.
        sequence: its number in the conversation.
        cursor: give it back to say that this message arrived, and all before it.
        pushed_at: when it came, in Unix seconds.
    """

    id: str
    role: str
    text: str
    sequence: int
    cursor: str
    pushed_at: float


class Mailbox:
    """The operations on the boxes of one store.

    Args:
        operations: on the scope of the boxes.
        clock: tells Unix time in seconds.
    """

    __slots__ = ("_clock", "_operations")

    def __init__(self, operations: Operations, clock: Callable[[], float]) -> None:
        self._operations = operations
        self._clock = clock

    def push(
        self, conversation_id: str, text: str, *, role: str, message_id: str, ttl_seconds: float
    ) -> Operation[Receipt]:
        """Put a message at the end, unless its id is known."""
        receipt = Receipt(message_id, 0)

        def added(box: Box) -> bool:
            nonlocal receipt
            now = self._clock()
            number = _number_of(box, message_id, now)
            if number is not None:
                receipt = Receipt(message_id, number, duplicate=True)
                return False
            _drop(box, now)
            letter = Letter(box.last + 1, message_id, role, text, now, now + ttl_seconds)
            _check_room(box, letter)
            box.letters.append(letter)
            box.last = letter.sequence
            receipt = Receipt(message_id, letter.sequence)
            return True

        yield from self._change(conversation_id, added)
        return receipt

    def read(self, conversation_id: str, after: str = "") -> Operation[list[Message]]:
        """Return what waits, in order, once what a cursor covers is gone.

        Raises:
            StateEncoding: it is no cursor, or of a message that was never pushed.
        """
        tag, number = _parsed(after)

        def acknowledged(box: Box) -> bool:
            return box.tag == tag and _arrived(box, number, self._clock())

        box = yield from self._change(conversation_id, acknowledged)
        return [] if box is None else _messages(box, self._clock())

    def went_out(
        self, conversation_id: str, cursor: str, *, gives_back: bool = False
    ) -> Operation[None]:
        """Note that an answer with the messages up to a cursor was sent as a whole.

        Args:
            conversation_id: of the messages.
            cursor: of the last message in the answer.
            gives_back: the reader is known to give cursors back, so this alone says little.
        """
        tag, number = _parsed(cursor)

        def noted(box: Box) -> bool:
            if box.tag != tag:
                return False
            if gives_back:
                return _count(box, number, self._clock())
            return _arrived(box, number, self._clock())

        yield from self._change(conversation_id, noted)

    def _change(self, conversation_id: str, change: Change) -> Operation[Box | None]:
        """Change a box if the function says that it did, and return what is stored then."""

        def changed(stored: dict[str, Any] | None) -> dict[str, Any] | None:
            box = Box(secrets.token_hex(8)) if stored is None else _opened(stored)
            return _json.to_builtins(box) if change(box) else None

        stored = (yield from self._operations.rewrite_state(conversation_id, changed)).data
        return None if stored is None else _opened(stored)


def is_of_same_box(cursor: str, other: str) -> bool:
    """Say whether two cursors are of one box."""
    return cursor.partition(".")[0] == other.partition(".")[0]


def _opened(stored: dict[str, Any]) -> Box:
    try:
        return msgspec.convert(stored, Box)
    except msgspec.ValidationError as error:
        raise StateCorrupt(f"what is stored is no box of messages: {error}") from error


def _parsed(cursor: str) -> tuple[str, int]:
    if not cursor:
        return "", 0
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise StateEncoding("this is no cursor of a message")
    return found[1], int(found[2])


def _messages(box: Box, now: float) -> list[Message]:
    return [
        Message(e.id, e.role, e.text, e.sequence, f"{box.tag}.{e.sequence}", e.pushed_at)
        for e in box.letters
        if e.expires_at > now
    ]


def _arrived(box: Box, number: int, now: float) -> bool:
    """Take the messages up to a number as arrived, and say whether there were any."""
    if number > box.last:
        raise StateEncoding("the cursor is of a message that was never pushed")
    return _drop(box, now, number)


def _count(box: Box, number: int, now: float) -> bool:
    """Count an answer, and take what was in so many of them as arrived."""
    if not any(letter.sequence <= number for letter in box.letters):
        return False
    box.sent = number if box.sends == 0 else box.sent
    box.sends += 1
    if box.sends == MAX_SENDS:
        _drop(box, now, box.sent)
    return True


def _drop(box: Box, now: float, arrived: int = 0) -> bool:
    """Drop what has arrived or expired, remember its ids, and say whether there was any."""
    kept, gone = list[Letter](), list[str]()
    for letter in box.letters:
        if letter.sequence > arrived and letter.expires_at > now:
            kept.append(letter)
        else:
            until = int(now + REMEMBERED_SECONDS)
            gone.append(f"{_digest(letter.id)}:{letter.sequence}:{until}")
    if gone:
        box.sends = 0
        box.letters = kept
        box.known = " ".join([*box.known.split(), *gone][-REMEMBERED_IDS:])
    return bool(gone)


def _number_of(box: Box, message_id: str, now: float) -> int | None:
    """Return the number of the message that has this id, None when there is none."""
    for letter in box.letters:
        if letter.id == message_id:
            return letter.sequence
    beginning = f"{_digest(message_id)}:"
    for entry in reversed(box.known.split()):
        if entry.startswith(beginning):
            _, number, until = entry.split(":")
            return int(number) if int(until) > now else None
    return None


def _digest(message_id: str) -> str:
    return urlsafe_b64encode(blake2b(message_id.encode(), digest_size=9).digest()).decode()


def _check_room(box: Box, letter: Letter) -> None:
    size = len(_json.encode(letter))
    if size > MAX_MESSAGES_BYTES:
        raise StateTooLarge(f"the message takes {size} bytes, the limit is {MAX_MESSAGES_BYTES}")
    if len(box.letters) >= MAX_MESSAGES:
        raise InboxFull(f"{MAX_MESSAGES} messages wait for the conversation already")
    waiting = len(_json.encode(box.letters))
    if waiting + size > MAX_MESSAGES_BYTES:
        raise InboxFull(f"the messages that wait take {waiting} of {MAX_MESSAGES_BYTES} bytes")
