"""Answer clients that ask for new input to a conversation, at `/check_for_input`.

The endpoint is agentkit's and the vendor's own: the platform itself polls a function of that name
(facts of the wire, 3.3), see `agentkit.operations.polls`.

A client that passes `after`, the cursor of the last message that it has (empty before the first),
gets each message until it says that it arrived. For one that does not, a message has arrived when
the answer was sent as a whole.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from agentkit import _json, bridge, web
from agentkit._log import log, new_error_id
from agentkit.context import Exchange
from agentkit.errors import EncodingError, RequestError, StateEncoding, StateError
from agentkit.events import MessagesDelivered
from agentkit.hooks import is_overridden
from agentkit.late import LateModule
from agentkit.operations import watching
from agentkit.operations.agents import DOCUMENT_SECONDS, Agent
from agentkit.reply import json_reply
from agentkit.spec import AgentSpec
from agentkit.swaig.payload import InputCheck, checked_id

if TYPE_CHECKING:
    from agentkit.inbox import Inbox, Message

JSON = dict[str, Any]
Told = Callable[[bool], Awaitable[None]]

_SENT = "agentkit.sent"
_inbox = LateModule("agentkit.inbox")  # most agents are never asked
_request = _json.decoder(InputCheck)


class Question(NamedTuple):
    """What a client asks for; `after` is None for one that has no cursors."""

    conversation_id: str
    after: str | None


async def check_for_input(agent: Agent, exchange: Exchange) -> Any:
    """Answer with what waits for a conversation, or what the agent's own method says."""
    hook = agent._handle_check_for_input_request  # noqa: SLF001 - the vendor's override point
    if not is_overridden(hook):
        answer, told = await _found(agent, _question_of(exchange))
        return _answer(answer, told)
    exchange.check_body()
    asked = replace(exchange, scope={**exchange.scope, _SENT: []})
    try:
        result: Any = await bridge.call(hook, asked.request(), seconds=DOCUMENT_SECONDS)
        listeners = asked.scope[_SENT]
        return _answer(result, partial(_tell_all, listeners) if listeners else None)
    except (bridge.UserCodeError, bridge.DeadlineError, EncodingError) as error:
        cause = error.__cause__ or error
        if isinstance(cause, RequestError):
            raise cause from None
        error_id = new_error_id()
        log.exception("check_for_input_failed", cause, error_id=error_id)
        return json_reply({"status": "error", "error_id": error_id})


async def default_answer(agent: Agent, request: Any) -> JSON:
    """Return the answer for a method that overrides the default and asks for it.

    Args:
        agent: the agent.
        request: as Starlette sees it.

    Raises:
        RequestError: 400, the question is none; 503, the store cannot be read.
    """
    posted = request.method == "POST"
    asked: Mapping[str, Any] = await request.json() if posted else request.query_params
    question = _question(asked.get("conversation_id"), asked.get("after", UNSET))
    answer, told = await _found(agent, question)
    if told is not None:
        request.scope.setdefault(_SENT, []).append(told)
    return answer


async def _found(agent: Agent, question: Question) -> tuple[JSON, Told | None]:
    inbox: Inbox = _inbox.Inbox(agent.states, agent.clock)
    try:
        messages = await inbox.read(question.conversation_id, question.after)
    except StateEncoding as error:
        raise RequestError(400, f"after: {error}") from error
    except StateError as error:
        log.exception("inbox_not_read", error)
        raise RequestError(503, "messages cannot be read now", {"Retry-After": "1"}) from error
    if messages:
        await _tell(agent.compiled().spec, question, len(messages))
    answer = {
        "status": "success",
        "conversation_id": question.conversation_id,
        "new_input": bool(messages),
        "messages": [_json.to_builtins(message) for message in messages],
    }
    return answer, _settled(inbox, question, messages)


async def _tell(spec: AgentSpec, question: Question, messages: int) -> None:
    told = MessagesDelivered(
        agent=spec.name, conversation_id=question.conversation_id, messages=messages
    )
    await watching.tell(spec, told)


def _settled(inbox: "Inbox", question: Question, messages: "Sequence[Message]") -> Told | None:
    """Return who notes that the messages arrived, None when nobody does: a client with cursors."""
    if not messages or question.after is not None:
        return None
    return partial(inbox.settle, question.conversation_id, messages[-1].cursor)


async def _tell_all(listeners: Sequence[Told], sent: bool) -> None:
    for listener in listeners:
        await listener(sent)


def _answer(result: Any, told: Told | None) -> Any:
    if web.is_response(result):
        return result if told is None else web.telling(result, told)
    reply = json_reply(result)
    reply.after_send = told
    return reply


def _question_of(exchange: Exchange) -> Question:
    """Return what is asked for.

    Raises:
        RequestError: 400, the conversation is missing or no id, or the cursor is no text.
    """
    if exchange.method == "POST":
        asked = _json.read(_request, exchange.body)
        return _question(asked.conversation_id, asked.after)
    query = exchange.query()
    return _question(query.get("conversation_id"), query.get("after", UNSET))


def _question(conversation_id: object, after: object) -> Question:
    conversation = checked_id(conversation_id, "conversation_id")
    if conversation is None:
        raise RequestError(400, "conversation_id is missing")
    if after is not None and after is not UNSET and not isinstance(after, str):
        raise RequestError(400, "after must be the cursor of a message")
    return Question(conversation, None if after is UNSET else str(after or ""))
