"""One AI session: the platform between a model and the functions of an agent.

Whoever plays the model reads `messages` and `tools`, calls `call_tool` and `say`; whoever plays the
caller calls `hear`. Time passes only by what they do, and by `pass_time`.
"""

from collections.abc import Mapping
from typing import Any

from agentkit.errors import EncodingError
from agentkit.loopback.ai import ending, opening, waiting
from agentkit.loopback.ai.room import SIDECAR, Around, Room, Swml
from agentkit.loopback.ai.sidecar import Sidecar
from agentkit.loopback.ai.talk import Talk
from agentkit.loopback.ai.values import Message, ToolOutcome, ToolView
from agentkit.loopback.clock import Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.ids import Ids
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Answer, Wire

JSON = dict[str, Any]


class AISession:
    """The AI verb of a document, running.

    Args:
        ai: the body of the verb.
        verb: `ai`, `amazon_bedrock` or `ai_sidecar`.
        call: the call, as in the request for the document.
        script_vars: the variables of the script.
        wire: carries what is posted to the agent.
        outside: carries requests of data maps and to MCP servers, the same wire unless named.
        dates: `call_start_date` and `call_answer_date`; by default the call was answered just now.

    Attributes:
        sidecar: the copilot of `ai_sidecar`, which hears two parties; None in other verbs.

    Raises:
        CallError: the verb has no body that a session could begin with.
    """

    def __init__(  # noqa: PLR0913 - what a call gives to it, all by name
        self,
        ai: JSON,
        *,
        verb: str = "ai",
        call: JSON,
        script_vars: JSON,
        wire: Wire,
        clock: Clock,
        trace: Trace,
        ids: Ids,
        outside: Wire | None = None,
        dates: Mapping[str, int] | None = None,
    ) -> None:
        if not isinstance(ai, dict):
            raise CallError(f"the body of `{verb}` must be an object, not {ai!r}")
        around = Around(call, script_vars, wire, outside or wire, clock, trace, ids)
        try:
            self._room = Room(ai, verb, around)
        except EncodingError as error:
            raise CallError(f"the body of `{verb}` is not JSON: {error}") from error
        self._room.dates.update(dates or {})
        self.sidecar = Sidecar(self._room) if verb == SIDECAR else None
        self._part = self.sidecar or Talk(self._room)
        self._started = False

    # What runs -----------------------------------------------------------------------------

    async def start(self) -> None:
        """Load functions from elsewhere, run `startup_hook`, and enter the first step."""
        self._started = True
        await self._part.start()

    async def hear(self, text: str, language: str = "") -> None:
        """Let the caller say something; `language` is the code of the language he says it in.

        Raises:
            CallError: the session has ended, or was not started, or it is no text.
        """
        self._check("hear")
        _check_text(text)
        await self._part.hear(text, language)

    async def call_tool(
        self, name: str, arguments: JSON | None = None, raw: str | None = None
    ) -> ToolOutcome:
        """Let the model call a function.

        Args:
            name: the function.
            arguments: what the model gives it.
            raw: the model's own text of the arguments, JSON or not.

        Raises:
            CallError: the model cannot call it now, or the session has ended.
        """
        self._check("call a function")
        return await self._part.call_tool(name, arguments, raw)

    async def say(self, text: str) -> None:
        """Let the model say something.

        Raises:
            CallError: the session has ended, or was not started, or it is no text.
        """
        self._check("say something")
        _check_text(text)
        await self._part.say(text)

    async def pass_time(self, seconds: float) -> None:
        """Let nobody speak for a while; polls are sent, and timeouts come, at their times.

        Raises:
            CallError: the session has ended, or was not started.
        """
        self._check("wait")
        await self._part.pass_time(seconds)

    async def end(self, reason: str = "hangup", summary: JSON | str | None = None) -> Answer | None:
        """End the session: `hangup_hook`, `summarize_conversation` and the post prompt.

        Args:
            reason: `hangup` when the caller hung up, `stop`, `transfer`, `hard_timeout`, or a fatal
                error of the model: `token_exhaustion`, `llm_fatal`, `llm_max_retries`. What a
                function or the model has done to end it counts first.
            summary: what the model answers to the post prompt.

        Returns:
            The answer to the post prompt, None when none was sent.
        """
        return await self._part.end(reason, summary)

    def unhold(self) -> None:
        """Go on with a caller who is on hold, as the REST command `calling.ai_unhold` does."""
        waiting.unhold(self._room)

    # What is seen --------------------------------------------------------------------------

    def messages(self) -> list[Message]:
        """Return what the model sees now."""
        return self._part.messages()

    def tools(self) -> list[ToolView]:
        """Return what the model may call now."""
        return self._part.tools()

    def meta_data(self, token: str) -> JSON:
        """Return the `meta_data` that functions of a token share."""
        return self._room.store.meta_data(token)

    @property
    def room(self) -> Room:
        """All that belongs to the session, for whoever shows it."""
        return self._room

    @property
    def context(self) -> str | None:
        """The name of the context, None without contexts."""
        return self._room.context.name if self._room.context is not None else None

    @property
    def step(self) -> str | None:
        """The name of the step, None without one."""
        return self._room.step.name if self._room.step is not None else None

    @property
    def global_data(self) -> JSON:
        """The data of the whole call."""
        return self._room.store.global_data

    @property
    def session_id(self) -> str:
        """The `ai_session_id`."""
        return self._room.session_id

    @property
    def ended(self) -> str | None:
        """What ended the session: `stop`, `hangup`, `transfer` …; None while it runs."""
        return self._room.ended

    @ended.setter
    def ended(self, how: str | None) -> None:
        self._room.ended = how

    @property
    def moves_to(self) -> JSON | str | None:
        """Where a transfer leads: a document, or the name or URL of one."""
        return self._room.moves_to

    @property
    def user_input(self) -> list[str]:
        """What functions put into the caller's mouth; whoever plays him takes it out."""
        return self._room.user_input

    @property
    def agent_first(self) -> bool:
        """Whether the model speaks before the caller does."""
        return opening.agent_first(self._room)

    @property
    def takes_turn(self) -> bool:
        """Whether the model goes on without a word of the caller."""
        return self._room.takes_turn

    @property
    def on_hold(self) -> bool:
        """Whether the caller waits and is not heard."""
        return self._room.hold is not None

    @property
    def result(self) -> JSON:
        """The variables that the verb sets in the script, once the session has ended."""
        return ending.result(self._room)

    @property
    def swml(self) -> Swml | None:
        """What runs documents of `SWML` actions in the call."""
        return self._room.swml

    @swml.setter
    def swml(self, run: Swml | None) -> None:
        self._room.swml = run

    def _check(self, what: str) -> None:
        if not self._started:
            raise CallError(f"the session was not started, so nobody can {what}")
        if self._room.ended is not None:
            raise CallError(f"the session has ended ({self._room.ended}), so nobody can {what}")


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise CallError(f"what is said is a text, not {text!r}")
