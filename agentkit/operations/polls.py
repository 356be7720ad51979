"""The function `check_for_input`, which the platform calls every few seconds (facts 3.3).

It answers with actions that bring the messages of the conversation's inbox into the call. The last
message's cursor goes along as meta data, which the platform sends with its next poll: so a message
whose answer was lost on the way is delivered again. A platform that does not send it back is
believed to have got every answer that was sent as a whole.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from agentkit._log import log
from agentkit.context import Call
from agentkit.errors import DefinitionError, StateEncoding, StateError
from agentkit.escape import escape
from agentkit.events import MessagesDelivered
from agentkit.inbox import Inbox, Message
from agentkit.operations import watching
from agentkit.spec import AgentSpec
from agentkit.state.mailbox import is_of_same_box
from agentkit.state.manager import StateManager
from agentkit.swaig.result import SwaigFunctionResult
from agentkit.tools import ToolOptions, build

CURSOR = "agentkit_inbox"
"""The cursor's name in the meta data."""

POLL_SECONDS = 3.0
"""How long an answer may take: the next poll comes soon."""

SHORTEST_MS, LONGEST_MS = 1_000, 10_000


class Polled(Protocol):
    """An agent whose inboxes are polled."""

    clock: Callable[[], float]

    @property
    def spec(self) -> AgentSpec:
        """The agent as one value."""
        ...

    @property
    def states(self) -> StateManager:
        """Where state is kept."""
        ...


async def check_for_input(agent: Polled, call: Call) -> SwaigFunctionResult | dict[str, Any]:
    """Bring in messages that came for this conversation by other ways."""
    conversation_id = call.conversation_id or call.call_id
    if conversation_id is None:
        return {}
    inbox = Inbox(agent.states, agent.clock)
    had = call.meta_data.get(CURSOR)
    had = had if isinstance(had, str) else ""
    try:
        messages = await _read(inbox, conversation_id, had)
    except StateError as error:
        log.warning("inbox_not_read", reason=str(error))
        return {}
    if not messages:
        return {}
    cursor = messages[-1].cursor
    gives_back = is_of_same_box(had, cursor)
    call.after_send = partial(inbox.settle, conversation_id, cursor, gives_back=gives_back)
    told = MessagesDelivered(
        agent=agent.spec.name,
        call_id=call.call_id,
        conversation_id=conversation_id,
        messages=len(messages),
    )
    await watching.tell(agent.spec, told)
    return _spoken(messages, call.call_id).set_metadata({CURSOR: cursor})


def enabled(spec: AgentSpec, poll_ms: int) -> AgentSpec:
    """Return the spec of an agent whose inboxes the platform polls.

    Raises:
        DefinitionError: the platform would not take the time, or the agent has a tool of this name.
    """
    if type(poll_ms) is not int or not SHORTEST_MS <= poll_ms <= LONGEST_MS:
        raise DefinitionError(
            f"enable_inbox: poll_ms={poll_ms!r} must be a whole number from {SHORTEST_MS} to "
            f"{LONGEST_MS}"
        )
    polled = spec if spec.tools.get(POLL.name) is POLL else spec.with_tool(POLL)
    return polled.merging("params", {"input_poll_freq": poll_ms})


async def _read(inbox: Inbox, conversation_id: str, had: str) -> list[Message]:
    try:
        return await inbox.read(conversation_id, had)
    except StateEncoding:  # somebody else wrote something under our name into the meta data
        return await inbox.read(conversation_id)


def _spoken(messages: Sequence[Message], call_id: str | None) -> SwaigFunctionResult:
    answer = SwaigFunctionResult()
    for message in messages:
        text = escape(message.text)  # it is not the author's (D13)
        if message.role == "user":
            answer.simulate_user_input(text)
        elif message.role == "assistant":
            answer.say(text)
        else:
            told = {"role": message.role, "message_text": text}
            answer.execute_rpc("ai_message", told, call_id)
    return answer


POLL = build(
    check_for_input,
    ToolOptions(timeout=POLL_SECONDS, on_error="", replay=False),  # polls are alike and no re-sends
    takes_agent=True,
)
"""The tool, the same for every agent."""
