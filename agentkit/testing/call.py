"""One phone call, played by hand: the test is the model.

The platform's side is the loopback's session; here a test calls functions one by one and sees each
answer as it came. The simulator knows only what the platform knows: the URL that a phone number is
set to, and what the agent answers. Every further request goes to a URL found in the agent's
document, with the credentials found there, so a document that the platform could not use fails here
too. For calls in which a caller speaks, see `agentkit.loopback`.
"""

import uuid
from typing import Any

from agentkit import _json
from agentkit.loopback.ai import actions as effects
from agentkit.loopback.ai import calling, requests
from agentkit.loopback.ai.answers import Told
from agentkit.loopback.ai.session import AISession
from agentkit.loopback.ai.toolset import HOOKS
from agentkit.loopback.clock import Clock
from agentkit.loopback.dialling import CALLED, CALLER, call_object
from agentkit.loopback.errors import CallError
from agentkit.loopback.ids import Ids
from agentkit.loopback.trace import Concern, Trace
from agentkit.loopback.webhook import Webhook
from agentkit.testing.client import AgentClient
from agentkit.testing.messages import Response
from agentkit.testing.transcript import Entry
from agentkit.testing.wire import ANSWER_SECONDS, ClientWire, ToolAnswer, ai_verb, read

Data = dict[str, Any]
Credentials = tuple[str, str] | None

_OK = 200
_USELESS = {Concern.MISFIT, Concern.INCOMPLETE, Concern.OUT_OF_REACH, Concern.FORBIDDEN}
"""What is wrong with a part of a document or an answer that the platform can do nothing with."""


class SimulatedCall:
    """Plays one call against an agent: `start()`, any number of `tool(…)`, `hang_up()`.

    Args:
        client: carries the requests; its own credentials go with the first one only.
        url: what the phone number is set to: a path or a URL.
        call_id: a random one by default.
        caller: the number, SIP URI or browser address that calls.
        called: a number, a SIP URI, or a path such as `/public/support` for a call from a browser.
        auth: user and password of the first request, in place of the client's.
        clock: the call's; by default it starts at a fixed time. An answer takes a quarter of a
            second, and so does hanging up.

    Attributes:
        swml_request: the body of the first request; change what is in it before `start()`.
        document: the agent's SWML document.
        transcript: every message so far, see `render`.
    """

    def __init__(  # noqa: PLR0913
        self,
        client: AgentClient,
        url: str = "/agent",
        *,
        call_id: str | None = None,
        caller: str = CALLER,
        called: str = CALLED,
        auth: Credentials = None,
        clock: Clock | None = None,
    ) -> None:
        self.call_id = call_id or str(uuid.uuid4())
        self._ids = Ids(str(uuid.uuid4()))  # another session, even if the call's id is the same
        call = call_object(self._ids, caller, called, {})
        call |= {"call_id": self.call_id, "segment_id": self.call_id}
        self.swml_request: Data = {"call": call, "vars": {}, "envs": {}, "params": {}}
        self.document: Data = {}
        self._clock = clock or Clock()
        self._trace = Trace(self._clock)
        first = client if auth is None else client.with_auth(auth)
        self._wire = ClientWire(client, first, url, self._clock)
        self._session: AISession | None = None
        self._over = False

    @property
    def transcript(self) -> list[Entry]:
        """Every message so far."""
        return self._wire.transcript

    @property
    def global_data(self) -> Data:
        """A copy of the data that the next request will carry."""
        return {} if self._session is None else dict(self._session.global_data)

    @property
    def actions(self) -> list[Data]:
        """Every action that the agent has answered, in order."""
        return list(self._wire.actions)

    @property
    def ended_by(self) -> str | None:
        """The action with which the agent ended its part of the call, or None."""
        return None if self._session is None or self._over else self._session.ended

    @property
    def functions(self) -> list[str]:
        """The names of the functions that are active now, those of the platform left out."""
        known = {} if self._session is None else self._session.room.tools.functions
        return [name for name, function in known.items() if function.uses != 0]

    async def start(self) -> Data:
        """Fetch the document, run its startup_hook and return the document.

        Raises:
            CallError: the answer is not a SWML document with an `ai` verb in `main`.
        """
        if self.document:
            raise CallError("the call has started already")
        began_us = self._clock.us
        body = _json.encode(self.swml_request)
        await self._wire.send(Webhook("document", self._wire.url, body))
        document = read(self._wire.last("document"), "the SWML request")
        session = AISession(
            ai_verb(document),
            call=self.swml_request["call"],
            script_vars=self.swml_request["vars"],
            wire=self._wire,
            clock=self._clock,
            trace=self._trace,
            ids=self._ids,
            dates={"call_start_date": began_us, "call_answer_date": self._clock.us},
        )
        session.swml = _performed
        await session.start()
        self._check()
        self._session, self.document = session, document  # a call that failed has not started
        return document

    async def tool(self, name: str, /, **arguments: object) -> ToolAnswer:
        """Call a function, as the model would, or as the platform would call one of its own.

        Its actions take effect: data that they set goes with the next request, functions that
        they toggle come and go, and after one that ends the call no function can be called.

        Raises:
            CallError: the function is unknown or not active, its URL is not the client's, the
                call is over, or the answer is not what the platform can read.
        """
        session = self._running()
        if session.ended:
            raise CallError(f"the agent ended the call with the action {session.ended!r}")
        if name in HOOKS and name in self.functions:
            return await self._hook(session, name, arguments)
        sent = self._wire.count
        outcome = await session.call_tool(name, arguments)
        self._check()
        if session.room.deferred:  # what is done after the model's next words
            await session.say(outcome.response)
        if self._wire.count == sent:
            return ToolAnswer(_OK, outcome.response, list(outcome.actions), None)
        return self._wire.answered(name)

    async def resend(self) -> ToolAnswer:
        """Send the last function call again, byte for byte, as the platform does without an answer.

        Its actions take no effect a second time.

        Raises:
            CallError: no function was called yet, or the answer is not what the platform can read.
        """
        name = await self._wire.resend()
        return self._wire.answered(name)

    async def hang_up(self, *, summary: Data | str | None = None) -> Response | None:
        """End the call: run hangup_hook, then post the summary if the document says where.

        A dict is posted as a summary that the model wrote as JSON, a str as prose. Returns the
        answer to the post prompt, or None when the document has no `post_prompt_url`.

        Raises:
            CallError: the call has not started or is over, or a URL is not the client's.
        """
        session = self._running()
        self._over = True
        self._clock.advance(ANSWER_SECONDS)
        answer = await session.end("hangup", summary)
        return None if answer is None else self._wire.last("post_prompt")

    async def _hook(self, session: AISession, name: str, arguments: Data) -> ToolAnswer:
        room = session.room
        function = room.tools.functions[name]
        written = requests.reworded(room, name, requests.said(name, arguments, None))
        reply = await calling.ask(room, function, written, {})
        answer = self._wire.answered(name)
        told: Told = reply.told
        await effects.apply(room, function, told.actions)
        return answer

    def _check(self) -> None:
        """Fail for what the platform would only shrug at: a test is to find it.

        Raises:
            CallError: it makes nothing of a part of the document, or of an answer.
        """
        for moment in self._trace.moments:
            if moment.concern in _USELESS:
                raise CallError(moment.text)

    def _running(self) -> AISession:
        if self._session is None:
            raise CallError("the call has not started: await start() first")
        if self._over:
            raise CallError("the call is over")
        return self._session


async def _performed(document: Data | str, transfer: bool) -> None:
    """Take a document of an action for performed: there is no script here, only its end."""
