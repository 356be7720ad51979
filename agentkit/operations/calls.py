"""Answer a tool call: token, arguments, user code, result (D3, D9 and D11 of the design).

Until user code starts, a wrong request is refused with a status, and one too many with 503. From
then on the answer is 200, because the platform would send a failed request again: what went wrong
is said to the model. A request that was sent again joins its first delivery or gets its answer.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from msgspec import Struct

from agentkit import _json, bridge
from agentkit._log import log, new_error_id, subject
from agentkit.compile import CompiledAgent, function_entry
from agentkit.context import Call, Exchange
from agentkit.errors import EncodingError, RequestError, StateError, ToolError
from agentkit.escape import Template
from agentkit.events import Outcome
from agentkit.operations.agents import DOCUMENT_SECONDS, Agent, configured
from agentkit.operations.background import (
    POLL,
    Background,
    Result,
    collected,
    merged,
    polled,
    put_back,
)
from agentkit.operations.invoking import invoke
from agentkit.operations.once import Attempted, run_once
from agentkit.operations.projection import projected
from agentkit.operations.results import encoded
from agentkit.operations.watching import watched_call
from agentkit.reply import Reply
from agentkit.slots import StuckError
from agentkit.swaig.arguments import Misfit, convert
from agentkit.swaig.payload import SwaigRequest, arguments_of, checked_id, read_swaig
from agentkit.tools import FAILURE, TIMEOUT_CAP_SECONDS, Tool

JSON = dict[str, Any]
AfterSend = Callable[[bool], Awaitable[None]]

BAD_TOKEN = "the token is missing, wrong, expired or of another call"  # noqa: S105 - a sentence

_ANSWERED = Outcome.ANSWERED  # to ask an enum for it takes longer
_USER_ERRORS = (bridge.UserCodeError, bridge.DeadlineError, StuckError)


async def answer_call(agent: Agent, compiled: CompiledAgent, exchange: Exchange) -> Reply:
    """Answer what the platform posts to `/swaig`."""
    request = read_swaig(exchange.body)
    call_id = checked_id(request.call_id.value, "call_id")
    work: Callable[[], Awaitable[Reply]]
    if compiled.spec.per_call:
        call, work = _tailored(agent, compiled, exchange, request, call_id)
    elif request.action == "get_signature":
        return _signatures(agent, compiled, exchange, request)
    else:
        call = Call(exchange, call_id, _named(request), agent)
        work = _permitted(agent, compiled, request, call).delivered
    before = subject.set(call)
    try:
        if compiled.spec.observers and request.action != "get_signature":
            return await watched_call(compiled.spec, call, work)
        return await work()
    finally:
        subject.reset(before)


def _tailored(
    agent: Agent,
    compiled: CompiledAgent,
    exchange: Exchange,
    request: SwaigRequest,
    call_id: str | None,
) -> tuple[Call, Callable[[], Awaitable[Reply]]]:
    """Return the answer of an agent that is configured for each request, which is user code."""
    signature, function = request.action == "get_signature", request.function.value
    call = Call(exchange, call_id, function if isinstance(function, str) else "", agent)
    _check_before(agent, compiled, signature, call)
    answer = Tailored(agent, compiled, request, call)
    if signature:
        return call, partial(_admitted, agent, answer.signatures)
    _named(request)
    return call, answer.delivered


async def _admitted(agent: Agent, work: Callable[[], Awaitable[Reply]]) -> Reply:
    """Answer each delivery anew, if there is not too much to do."""
    admission = agent.traffic.admission
    with admission.lock:
        admission.enter()
    try:
        return await work()
    finally:
        with admission.lock:
            admission.leave()


class Tailored(Struct, eq=False):
    """The answer for an agent that is configured for each request, the token checked."""

    _agent: Agent
    _compiled: CompiledAgent
    _request: SwaigRequest
    _call: Call

    async def delivered(self) -> Reply:
        """Configure the agent and answer, once for all deliveries of the same request.

        Raises:
            RequestError: 503, there is too much to do, and nothing has run; 403 or 404 when the
                agent as it was configured takes no such call.
        """
        call, tool = self._call, self._compiled.tools.get(self._call.function)
        if call.function == POLL if tool is None else not tool.replay:
            reply = await _admitted(self._agent, self._answer)
            reply.after_send = call.after_send
            return reply
        seconds = DOCUMENT_SECONDS + (TIMEOUT_CAP_SECONDS if tool is None else tool.answer_seconds)
        share = tool is None or not tool.once or call.call_id is None
        deliveries, name = self._agent.traffic.deliveries, self._compiled.spec.name
        return await deliveries.once(name, call.exchange, self._answer, seconds, share=share)

    async def signatures(self) -> Reply:
        """Name the functions of the agent as it was configured."""
        try:
            agent, compiled = await configured(self._agent, self._compiled, self._call.exchange)
        except (bridge.UserCodeError, bridge.DeadlineError) as error:
            return self._failed(error)
        return _signatures(agent, compiled, self._call.exchange, self._request)

    async def _answer(self) -> Reply:
        exchange, outer = self._call.exchange, self._call
        try:
            agent, compiled = await configured(self._agent, self._compiled, exchange)
        except (bridge.UserCodeError, bridge.DeadlineError) as error:
            return self._failed(error)
        call = Call(exchange, outer.call_id, outer.function, agent)
        before = subject.set(call)
        try:
            return await _permitted(agent, compiled, self._request, call).answered()
        finally:
            subject.reset(before)
            outer.outcome, outer.error_id = call.outcome, call.error_id
            outer.after_send = call.after_send

    def _failed(self, error: Exception) -> Reply:
        """Answer that the agent could not be configured; a hook says nothing."""
        call, strict = self._call, self._compiled.spec.strict_templates
        tool = self._compiled.tools.get(call.function)
        sentence = FAILURE if tool is None else tool.on_error
        reply, call.outcome, call.error_id = failure(sentence, error, strict=strict)
        return reply


class Answer(Struct, eq=False):
    """The answer to one call of a tool, its token checked."""

    _agent: Agent
    _compiled: CompiledAgent
    _tool: Tool
    _call: Call
    _given: JSON

    def delivered(self) -> Awaitable[Reply]:
        """Answer, once for all deliveries of the same request.

        Raises:
            RequestError: 503, there is too much to do; nothing has run.
        """
        tool, call, compiled = self._tool, self._call, self._compiled
        if not tool.replay:
            return self._each()
        run = self.answered if compiled.has_background else self._run
        share = not tool.once or call.call_id is None
        deliveries, name = self._agent.traffic.deliveries, compiled.spec.name
        return deliveries.once(name, call.exchange, run, tool.answer_seconds, share=share)

    async def _each(self) -> Reply:
        """Answer this delivery, whatever others were answered."""
        reply = await _admitted(self._agent, self.answered)
        reply.after_send = self._call.after_send
        return reply

    async def answered(self) -> Reply:
        """Answer, in the background where the tool says so, with what came of that before."""
        agent, spec, tool, call = self._agent, self._compiled.spec, self._tool, self._call
        if not self._compiled.has_background:
            return await self._run()
        if tool.background:
            reply = await Background(agent, spec, tool, call).answer(self._run)
        else:
            reply = await self._run()
        results = await collected(agent, spec, call, self._restart) if _may_tell(tool) else []
        if not results or call.call_id is None:
            return reply
        if not tool.replay:  # nobody repeats this answer when it is lost
            call.after_send = partial(self._sent, call.call_id, results, call.after_send)
        return polled(reply, results, call.call_id) if tool.name == POLL else merged(reply, results)

    async def _sent(
        self, call_id: str, results: list[Result], follow: AfterSend | None, whole: bool
    ) -> None:
        if not whole:
            await put_back(self._agent, call_id, results)
        if follow is not None:
            await follow(whole)

    async def _restart(self, tool: Tool, exchange: Exchange) -> None:
        """Begin a background tool again that a process left undone when it died."""
        request = read_swaig(exchange.body)
        call = Call(exchange, self._call.call_id, tool.name, self._agent)
        given = arguments_of(request.argument)
        again = Answer(self._agent, self._compiled, tool, call, given)
        background = Background(self._agent, self._compiled.spec, tool, call)
        await background.again(again.in_its_name)

    async def in_its_name(self) -> Reply:
        """Run the tool outside of any request of its own."""
        subject.set(self._call)
        return await self._run()

    async def _run(self) -> Reply:
        """Run user code; whatever happens once it has begun is answered with 200."""
        tool, call = self._tool, self._call
        try:
            call.arguments = convert(tool.parameters, self._given)
            if tool.once:
                return await run_once(self._agent, tool, call, self._attempt)
            return await self._called()
        except Misfit as misfit:
            call.outcome = Outcome.MISFIT
            log.info("arguments_refused", argument=misfit.argument, expected=misfit.expected)
            return _said(misfit.sentence)
        except (*_USER_ERRORS, StateError, EncodingError) as error:
            return self._failed(error)

    async def _attempt(self) -> Attempted:
        """Run a `once` tool, and tell whether it came to its end."""
        try:
            return Attempted(await self._called())
        except _USER_ERRORS as error:
            return Attempted(self._failed(error), error)
        except EncodingError as error:  # it was done, but what it came to cannot be said
            return Attempted(self._failed(error))

    async def _called(self) -> Reply:
        spec, call = self._compiled.spec, self._call
        result = await invoke(self._agent, spec, self._tool, call)
        if spec.visible:
            result = await projected(result, spec.visible, call)
        reply = Reply(encoded(result, strict=spec.strict_templates))
        call.outcome = _ANSWERED
        return reply

    def _failed(self, error: Exception) -> Reply:
        call, strict = self._call, self._compiled.spec.strict_templates
        call.after_send = None  # what it is told of is not in this answer
        reply, call.outcome, call.error_id = failure(self._tool.on_error, error, strict=strict)
        return reply


def _may_tell(tool: Tool) -> bool:
    """The platform makes something of its own of what its hooks are answered."""
    return tool.name == POLL or bool(tool.on_error)


def failure(sentence: str, error: Exception, *, strict: bool) -> tuple[Reply, Outcome, str | None]:
    """Return a safe answer; the cause goes to the log with an id, never to the model."""
    cause = error.__cause__ or error
    if isinstance(cause, ToolError):
        with suppress(EncodingError):  # then its text could not be spoken
            spoken = Reply(encoded(_text_of(cause), strict=strict), is_error=True)
            return spoken, Outcome.SPOKEN, None
    outcome, error_id = _outcome_of(error), new_error_id()
    if not sentence:  # a hook of the platform: what is said would join the prompt
        log.exception("hook_failed", cause, error_id=error_id)
        return Reply(b"{}"), outcome, error_id
    log.exception("tool_failed", cause, error_id=error_id)
    return _said(f"{sentence} ({error_id})"), outcome, error_id


def _outcome_of(error: Exception) -> Outcome:
    if isinstance(error, bridge.DeadlineError):
        return Outcome.TIMED_OUT
    return Outcome.STUCK if isinstance(error, StuckError) else Outcome.FAILED


def _text_of(error: ToolError) -> str:
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Template) else str(error)


def _said(sentence: str) -> Reply:
    return Reply(_json.encode({"response": sentence}), is_error=True)


def _check_before(agent: Agent, compiled: CompiledAgent, signature: bool, call: Call) -> None:
    """Refuse a wrong token before per-call configuration runs."""
    tool = compiled.tools.get(call.function)
    is_open = signature or (tool is not None and not tool.secure)
    token = call.exchange.token()
    if not is_open and not compiled.accepts(call.function, token, call.call_id, agent.clock()):
        raise RequestError(403, BAD_TOKEN)


def _named(request: SwaigRequest) -> str:
    function = request.function.value
    if not isinstance(function, str) or not function:
        raise RequestError(400, "function must be the name of a function")
    return function


def _permitted(agent: Agent, compiled: CompiledAgent, request: SwaigRequest, call: Call) -> Answer:
    """Return what will answer a call, or refuse it."""
    tool = compiled.tools.get(call.function)
    if tool is None:
        raise RequestError(404, f"there is no function {call.function[:64]!r} here")
    if tool.handler is None:
        raise RequestError(404, f"the function {call.function!r} is answered elsewhere")
    token = call.exchange.token()
    if tool.secure and not compiled.accepts(tool.name, token, call.call_id, agent.clock()):
        raise RequestError(403, BAD_TOKEN)
    return Answer(agent, compiled, tool, call, arguments_of(request.argument))


def _signatures(
    agent: Agent, compiled: CompiledAgent, exchange: Exchange, request: SwaigRequest
) -> Reply:
    """Name the functions that another agent includes (facts 3.2); none asked for means all."""
    asked = request.functions if isinstance(request.functions, list) else []
    wanted = [tool for name, tool in compiled.tools.items() if not asked or name in asked]
    functions = [function_entry(compiled.spec, tool) for tool in wanted]
    address = compiled.access.address(exchange.scope, exchange.headers, exchange.root_path)
    swaig = compiled.swaig_of(functions)
    return Reply(compiled.encode(swaig, address, None, agent.clock()))
