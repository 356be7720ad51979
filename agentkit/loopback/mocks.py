"""Functions of the agent that a test answers itself.

A mock stands where the agent's server stands, so the model, the platform and the agent's document
cannot tell it from the real one: actions take effect, one that raises is asked again as the
platform asks a server that fails, one that is slow lets time pass on the call's clock.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from agentkit import _json
from agentkit.errors import DefinitionError
from agentkit.loopback.clock import Clock
from agentkit.loopback.trace import Concern, Trace
from agentkit.loopback.webhook import Answer, Webhook, Wire
from agentkit.testing.transcript import without_secrets

AGAIN, AGAIN_SECONDS = 3, 1.0
"""How often and how long after the platform asks a function again (facts 7)."""

REPLY_SECONDS = 120.0
"""How long the platform waits for a function (facts 7)."""

_OK, _FAILED = 200, 500

Function = Callable[..., Any]
"""Answers a function in a test: it gets the arguments by name, and returns a text, the data of an
answer, or an object with `to_dict`, at once or awaited."""


class Mocked(Struct, frozen=True):
    """How a function is answered.

    Attributes:
        answer: the data of the answer, None where a function makes it.
        function: makes the answer.
        delay_seconds: how long it takes on the call's clock.
    """

    answer: dict[str, Any] | None
    function: Function | None
    delay_seconds: float


class Mocks:
    """The mocks of one call, and what they were asked; a `Wire` before the agent's.

    Attributes:
        asked: the arguments of each call of a mocked function, in order, by name.
    """

    def __init__(self, wire: Wire, clock: Clock, trace: Trace) -> None:
        self.asked: dict[str, list[dict[str, Any]]] = {}
        self._wire = wire
        self._clock = clock
        self._trace = trace
        self._mocked: dict[str, Mocked] = {}

    def add(
        self,
        name: str,
        function: Function | None = None,
        *,
        response: str | None = None,
        actions: Iterable[dict[str, Any]] | dict[str, Any] = (),
        delay_seconds: float = 0.0,
    ) -> None:
        """Answer a function from now on; said again for the same one, the last counts.

        Args:
            name: the function.
            function: makes the answer from the arguments; what it raises is a failure of the
                server.
            response: the answer's text, in place of a function.
            actions: the answer's actions.
            delay_seconds: how long it takes on the call's clock; more than 120 s is no answer.

        Raises:
            DefinitionError: both a function and an answer, or neither.
        """
        listed = [actions] if isinstance(actions, dict) else list(actions)
        if (function is None) == (response is None and not listed):
            raise DefinitionError(f"a mock of {name} has a function or an answer, one of them")
        told = {"response": response, "action": listed}
        answer = {key: value for key, value in told.items() if value} or {"response": ""}
        self._mocked[name] = Mocked(answer if function is None else None, function, delay_seconds)
        self.asked[name] = []

    async def send(self, webhook: Webhook) -> Answer:
        """Answer a mocked function, and send everything else to the agent.

        Raises:
            CallError: as of the agent's wire.
        """
        if not self._mocked or webhook.kind not in {"function", "hook", "poll"}:
            return await self._wire.send(webhook)
        body = _json.decode(webhook.body)
        mocked = self._mocked.get(body.get("function"))
        if mocked is None:
            return await self._wire.send(webhook)
        arguments = (body["argument"]["parsed"] or [{}])[0]
        self.asked[body["function"]].append(arguments)
        return await self._answer(mocked, arguments, webhook)

    async def _answer(self, mocked: Mocked, arguments: dict[str, Any], webhook: Webhook) -> Answer:
        """Ask once, and again as the platform does."""
        began, attempts, status, body, error = self._clock.us, 0, 0, b"", ""
        while status != _OK and attempts <= AGAIN:
            if attempts:
                await self._clock.sleep(AGAIN_SECONDS)
            attempts += 1
            self._trace.add("request", f"{without_secrets(webhook.url)} (mock)", webhook.kind)
            status, body, error = await self._attempt(mocked, arguments)
            self._trace.add("reply", error or str(status))
        seconds = (self._clock.us - began) / 1_000_000
        return Answer(status, body, attempts=attempts, error=error, seconds=seconds)

    async def _attempt(self, mocked: Mocked, arguments: dict[str, Any]) -> tuple[int, bytes, str]:
        await self._clock.sleep(min(mocked.delay_seconds, REPLY_SECONDS))
        if mocked.delay_seconds > REPLY_SECONDS:
            return 0, b"", "timeout"
        if mocked.function is None:
            return _OK, _json.encode(mocked.answer), ""
        try:
            told = mocked.function(**arguments)
            told = await told if inspect.isawaitable(told) else told
        except Exception as error:  # noqa: BLE001 - a server answers 500 for whatever was raised
            self._trace.warn(Concern.FAILED, f"the mock raised {type(error).__name__}: {error}")
            return _FAILED, b"", ""
        return _OK, _json.encode(_data(told)), ""


def _data(told: object) -> object:
    """Return the data of an answer: a text is its response."""
    as_dict = getattr(told, "to_dict", None)
    if callable(as_dict):
        return as_dict()
    return {"response": told} if isinstance(told, str) else told if told is not None else {}
