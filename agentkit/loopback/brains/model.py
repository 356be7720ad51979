"""A language model as the agent's brain, as the caller, and as the judge of a call."""

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from agentkit import _json
from agentkit.errors import RequestError
from agentkit.loopback.ai.values import Message, ToolView
from agentkit.loopback.brains.base import Thought, Use, View
from agentkit.loopback.brains.completions import Endpoint, ModelReplyError
from agentkit.loopback.evidence import HEARD
from agentkit.loopback.trace import Moment
from agentkit.loopback.transcript import render

HANG_UP = "[hang up]"
"""What a persona says to end the call."""

_CALLER = (
    "You are a person on the phone with a company's voice agent; play this person:\n\n{persona}\n\n"
    "{goal}Answer with nothing but the words that this person says next, one or two short "
    "sentences. Say only " + HANG_UP + " when the person would hang up."
)
_GOAL = "What the person wants: {goal}. When that is reached, or cannot be, hang up.\n\n"
_JUDGE = (
    "You judge a phone call by its transcript. Answer the question with one JSON object and "
    'nothing else: {"answer": "yes" or "no", "reason": "one sentence"}.'
)
_FENCE = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.DOTALL)
_LEADING = re.compile(r"\W*(yes|no)\b[\s:,.*—-]*(.*)", re.DOTALL | re.IGNORECASE)


class ModelBrain:
    """Lets a language model play the agent, with the prompts and functions of the document.

    Args:
        endpoint: the model; by default the one that the environment names.
    """

    def __init__(self, endpoint: Endpoint | None = None) -> None:
        self._endpoint = endpoint or Endpoint()

    async def think(self, view: View) -> Thought:
        """Return what the model calls or says.

        Raises:
            ModelError: the model could not be asked.
        """
        tools = [_function(tool) for tool in view.tools]
        done = await self._endpoint.complete(_conversation(view.messages), tools)
        if not done.calls:
            return Thought(text=done.text)
        return Thought(done.text, tuple(_use(call.name, call.arguments) for call in done.calls))

    async def summarize(self, view: View, prompt: str) -> dict[str, Any] | str | None:
        """Return the summary that the post prompt asks for: an object when it is JSON.

        Raises:
            ModelError: the model could not be asked.
        """
        asked = [*_conversation(view.messages), {"role": "system", "content": prompt}]
        text = (await self._endpoint.complete(asked)).text
        return _object(text) or text


class Persona:
    """Lets a language model play the caller.

    Args:
        description: who calls, in a few sentences.
        goal: what the caller wants; reached or out of reach, the caller hangs up.
        endpoint: the model; by default the one that the environment names.
    """

    def __init__(
        self, description: str, *, goal: str = "", endpoint: Endpoint | None = None
    ) -> None:
        aim = _GOAL.format(goal=goal.rstrip(".")) if goal else ""
        self._prompt = _CALLER.format(persona=description.strip(), goal=aim)
        self._endpoint = endpoint or Endpoint()

    async def next(self, moments: Iterable[Moment]) -> str | None:
        """Return what the caller says next; None when the caller hangs up.

        Raises:
            ModelError: the model could not be asked.
        """
        messages = [{"role": "system", "content": self._prompt}, *_heard_by_caller(moments)]
        said = (await self._endpoint.complete(messages)).text
        spoken = said.replace(HANG_UP, "").strip()
        return None if HANG_UP in said or not spoken else spoken


class Verdict(Struct, frozen=True):
    """What a judge found.

    Attributes:
        yes: whether the answer is yes.
        reason: why, in a sentence.
    """

    yes: bool
    reason: str


class Judge:
    """Lets a language model answer questions about a call.

    Args:
        endpoint: the model; by default the one that the environment names.
    """

    def __init__(self, endpoint: Endpoint | None = None) -> None:
        self._endpoint = endpoint or Endpoint(options={"temperature": 0})

    async def ask(self, question: str, moments: Iterable[Moment]) -> Verdict:
        """Answer a question with yes or no.

        Raises:
            ModelError: the model could not be asked, or answered neither.
        """
        asked = f"The transcript:\n\n{render(moments)}\nThe question: {question}"
        messages = [{"role": "system", "content": _JUDGE}, {"role": "user", "content": asked}]
        return _verdict((await self._endpoint.complete(messages)).text)


def _verdict(text: str) -> Verdict:
    found = _object(text)
    answer = found.get("answer") if found else None
    if isinstance(answer, bool):
        answer = "yes" if answer else "no"
    if found and isinstance(answer, str) and answer.strip().casefold() in {"yes", "no"}:
        return Verdict(answer.strip().casefold() == "yes", str(found.get("reason", "")))
    leading = _LEADING.match(text)
    if leading is None:
        raise ModelReplyError(f"the judge answered neither yes nor no: {text[:200]!r}")
    return Verdict(leading[1].casefold() == "yes", leading[2].strip())


def _object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is, also between fences; None when it is none."""
    fenced = _FENCE.match(text)
    try:
        data = _json.decode(fenced[1] if fenced else text)
    except (ValueError, RequestError):
        return None
    return data if isinstance(data, dict) else None


def _use(name: str, written: str) -> Use:
    return Use(name, _object(written) or {}, written)


def _function(tool: ToolView) -> dict[str, Any]:
    described = {"name": tool.name, "description": tool.description}
    return {"type": "function", "function": {**described, "parameters": tool.parameters}}


def _conversation(messages: Iterable[Message]) -> list[dict[str, Any]]:
    return [_as_sent(message) for message in messages]


def _as_sent(message: Message) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        sent["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.role == "tool":
        sent |= {"tool_call_id": message.tool_call_id, "name": message.tool_name}
    return sent


def _heard_by_caller(moments: Iterable[Moment]) -> list[dict[str, Any]]:
    """Return the conversation as the caller's: what the agent said comes from the other side."""
    roles = {"caller": "assistant", **dict.fromkeys(HEARD, "user")}
    return [
        {"role": roles[moment.kind], "content": moment.text}
        for moment in moments
        if moment.kind in roles
    ]
