"""Messages for a conversation that goes on: pushed by any process that shares the store.

    await agent.inbox.push(conversation_id, "Are you still open?", id=sms_id)

They wait for the next poll: of the platform, for an agent that called `enable_inbox`, or of a
client at `/check_for_input`. A conversation is named by the id that the author gave it with
`params.conversation_id`, else by the id of the call. Agents that share a store share its inboxes.
"""

import re
import secrets
from collections.abc import Callable
from typing import Any, Literal, get_args

from agentkit._log import log
from agentkit.errors import DefinitionError, StateEncoding, StateError
from agentkit.state.base import unix_clock
from agentkit.state.mailbox import KEPT_SECONDS, Mailbox, Message, Receipt
from agentkit.state.manager import StateManager
from agentkit.state.operations import Operation
from agentkit.state.values import MAX_BYTES

__all__ = ["Inbox", "Message", "Receipt", "Role"]

Role = Literal["user", "assistant", "system"]
"""Who speaks: `user` is heard as if the caller had said it, `assistant` is spoken to the caller,
`system` tells the model something."""

ROLES: tuple[str, ...] = get_args(Role)

MAX_MESSAGE_ID = 128
"""Longest id of a message, in characters."""

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Inbox:
    """The inboxes of all conversations in one store.

    Any method may raise `StateUnavailable` and what else a store raises, and `StateEncoding` when
    the conversation's id is no text of 1 to 256 characters without control characters.

    Args:
        states: where they are kept.
        clock: tells Unix time in seconds.
    """

    __slots__ = ("_mailbox", "_states")

    def __init__(self, states: StateManager, clock: Callable[[], float] = unix_clock) -> None:
        self._states = states.scoped("inbox", KEPT_SECONDS, MAX_BYTES)
        self._mailbox = Mailbox(self._states.operations, clock)

    async def push(
        self,
        conversation_id: str,
        text: str,
        *,
        role: Role = "user",
        id: str | None = None,  # noqa: A002 - what it is called on the wire
        ttl: float = KEPT_SECONDS,
    ) -> Receipt:
        """Put a message at the end of a conversation's inbox.

        When nobody knows whether it was written (`StateUnknown`), push it again with the same id.

        Args:
            conversation_id: of the conversation, or of the call when it has no other.
            text: what is said; not empty.
            role: who speaks.
            id: 1 to 128 characters; a second message of one id is left out, while the first waits
                and for an hour after it arrived (of the last 256).
            ttl: seconds after which it is not delivered any more, at most a day.

        Raises:
            InboxFull: 100 messages, or 64 KiB of them, wait already.
            StateEncoding: text or id are not what they should be.
            StateTooLarge: the message alone is over 64 KiB.
            DefinitionError: role or ttl are not what they should be.
            StateConflict: others kept writing for two seconds.
        """
        return await self._states.run(self._push(conversation_id, text, role, id, ttl))

    def push_blocking(
        self,
        conversation_id: str,
        text: str,
        *,
        role: Role = "user",
        id: str | None = None,  # noqa: A002
        ttl: float = KEPT_SECONDS,
    ) -> Receipt:
        """Do what `push` does, for plain code anywhere: a tool, a script, a timer's thread."""
        return self._states.wait(self._push(conversation_id, text, role, id, ttl))

    async def read(self, conversation_id: str, after: str | None = None) -> list[Message]:
        """Return what waits for a conversation, in order, once what `after` covers is gone.

        Args:
            conversation_id: of the conversation.
            after: the cursor of the last message that arrived. One of another conversation, or
                of an inbox that was not written to for a day, covers nothing here.

        Raises:
            StateEncoding: `after` is no cursor, or of a message that was never pushed.
        """
        return await self._states.run(self._mailbox.read(conversation_id, after or ""))

    async def settle(
        self, conversation_id: str, cursor: str, sent: bool, *, gives_back: bool = False
    ) -> None:
        """Note whether an answer with the messages up to a cursor was sent as a whole.

        If it was, they are taken as arrived, unless the reader is known to give cursors back: then
        only those that went out for the fourth time are. If not, or if the store cannot be
        reached, they are delivered again.
        """
        if not sent:
            return
        noted = self._mailbox.went_out(conversation_id, cursor, gives_back=gives_back)
        try:
            await self._states.run(noted)
        except StateError as error:
            log.warning("inbox_not_settled", reason=str(error))

    def _push(
        self, conversation_id: str, text: str, role: str, message_id: str | None, ttl: float
    ) -> Operation[Receipt]:
        checked = _checked_id(message_id)
        return self._mailbox.push(
            conversation_id,
            _checked_text(text),
            role=_checked_role(role),
            message_id=checked,
            ttl_seconds=_checked_ttl(ttl),
        )


def _checked_text(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise StateEncoding("text must be text that is not empty")
    if _SURROGATE.search(text):
        raise StateEncoding("text has lone surrogates")
    return text


def _checked_id(message_id: object) -> str:
    if message_id is None:
        return secrets.token_hex(12)
    if not isinstance(message_id, str) or not 0 < len(message_id) <= MAX_MESSAGE_ID:
        raise StateEncoding(f"the id of a message is a str of 1 to {MAX_MESSAGE_ID} characters")
    if _UNFIT.search(message_id):
        raise StateEncoding("the id of a message has no control characters or lone surrogates")
    return message_id


def _checked_role(role: Any) -> str:
    if role not in ROLES:
        raise DefinitionError(f"role={role!r}: it is one of {', '.join(ROLES)}")
    return str(role)


def _checked_ttl(ttl: object) -> float:
    if isinstance(ttl, bool) or not isinstance(ttl, int | float) or not 0 < ttl <= KEPT_SECONDS:
        raise DefinitionError(f"ttl={ttl!r}: it is over 0 and at most {KEPT_SECONDS:g} seconds")
    return float(ttl)
