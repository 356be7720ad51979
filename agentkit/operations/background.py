"""Answer a slow tool for the time being, go on with it, and bring its result into the call later.

The result waits in the store, so that whichever process answers next in this call can bring it: as
a part of a tool's answer, or of an answer to the platform's poll for input. An author's `deliver`
function may bring it at once. Of a job whose process died is said what its tool's policy says:
that nobody knows (`ask`), or it is run again (`repeat`).
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

import anyio
import msgspec

from agentkit import _json, bridge
from agentkit._log import log
from agentkit.context import Call, Exchange
from agentkit.errors import AgentKitError, StateError
from agentkit.events import JobEnded, Outcome
from agentkit.jobs import Job
from agentkit.late import LateModule
from agentkit.operations.agents import Agent
from agentkit.operations.watching import clock, tell
from agentkit.reply import Reply
from agentkit.spec import AgentSpec
from agentkit.state.journal import Entry, Place, Step
from agentkit.state.manager import StateManager
from agentkit.tools import REPEAT, Tool

JSON = dict[str, Any]
Run = Callable[[], Awaitable[Reply]]
Restart = Callable[[Tool, Exchange], Awaitable[object]]

POLL = "check_for_input"
"""The function that the platform polls (facts 3.3): what it is answered is not said as a result."""

DELIVERY_SECONDS = 25.0
"""How long an author's `deliver` may take."""

KEPT_SECONDS = 86_400.0
"""How long a result waits for somebody to bring it into its call."""


TOO_LONG = "It is done, but there was too much to keep."
"""What is said of a result that the journal of a call could not hold."""


class Background:
    """One call of a background tool.

    Args:
        agent: the agent, as configured for this call.
        spec: its spec.
        tool: the tool.
        call: the call.
    """

    def __init__(self, agent: Agent, spec: AgentSpec, tool: Tool, call: Call) -> None:
        self._agent = agent
        self._spec = spec
        self._tool = tool
        self._call = call
        self._began = clock()
        self._kept = anyio.Event()
        self._place = Place(call.call_id or "", f"{tool.name}:{os.urandom(6).hex()}")

    async def answer(self, run: Run) -> Reply:
        """Answer with what the tool returns, or after a while for the time being.

        Raises:
            RequestError: 503, there are too many jobs, or as of `run`.
        """
        job = self._agent.traffic.jobs.start(partial(self._watched, run))
        return await self._of(job, has_ended=await job.within(self._tool.soft_seconds))

    async def _of(self, job: Job[Reply], *, has_ended: bool) -> Reply:
        if has_ended:
            return job.result() or said(self._tool.on_error)
        await self._left_to_itself(job)
        self._call.outcome = Outcome.PENDING
        return said(self._tool.say)

    async def again(self, run: Run) -> None:
        """Begin once more what a process left undone when it died; the result comes later."""
        work = partial(self._watched, run)
        await self._left_to_itself(self._agent.traffic.jobs.start(work))

    async def _watched(self, run: Run) -> Reply:
        """Run; a job that is cancelled, as its application ends, counts as one that died."""
        try:
            return await run()
        except anyio.get_cancelled_exc_class():
            self._agent.traffic.claims.forget(jobs_of(self._agent), self._place)
            raise

    async def _left_to_itself(self, job: Job[Reply]) -> None:
        job.afterwards(partial(self._ended, job))
        try:
            await self._keep()
        finally:
            self._kept.set()

    async def _keep(self) -> None:
        """Write down that the job was begun, and what for, so that its end is missed."""
        if self._call.call_id is None:
            return
        claims, exchange = self._agent.traffic.claims, self._call.exchange
        note = _json.encode(_Request.of(exchange)).decode()
        try:
            states, seconds = jobs_of(self._agent), self._tool.seconds
            await claims.take(states, self._place, seconds, again=False, note=note)
        except StateError as error:
            log.exception("job_not_kept", error)

    async def _ended(self, job: Job[Reply]) -> None:
        """Deliver what a job came to, or keep it until somebody asks."""
        await self._kept.wait()
        try:
            reply = job.result() or said(self._tool.on_error)
        except AgentKitError as error:
            log.exception("job_failed", error)
            reply = said(self._tool.on_error)
        is_news = self._call.outcome is not Outcome.REPEATED
        if is_news and not await self._handed_over(reply):
            await self._noted(Step.DONE, reply.body)
        else:
            await self._noted(None, b"")
        if self._spec.observers:
            await tell(self._spec, self._event())

    async def _handed_over(self, reply: Reply) -> bool:
        """Give the result to the author's own way into the call, if there is one that works."""
        deliver = self._tool.deliver
        if deliver is None:
            return False
        answer = _json.decode(reply.body)
        self._call.states = self._agent.states  # what a `once` tool held back is settled
        try:
            await bridge.call(deliver, self._call, answer, seconds=DELIVERY_SECONDS)
        except (bridge.UserCodeError, bridge.DeadlineError) as error:
            log.exception("result_not_delivered", error.__cause__ or error)
            return False
        return True

    async def _noted(self, step: Step | None, body: bytes) -> None:
        if self._call.call_id is None:
            if step is not None:
                log.warning("result_without_a_call", function=self._tool.name)
            return
        claims, states = self._agent.traffic.claims, jobs_of(self._agent)
        try:
            if step is None:
                await claims.release(states, self._place)
            else:
                await claims.settle(states, self._place, step, reply=body)
        except StateError as error:
            log.exception("result_not_kept", error)

    def _event(self) -> JobEnded:
        return JobEnded(
            agent=self._spec.name,
            call_id=self._call.call_id,
            function=self._tool.name,
            outcome=self._call.outcome or Outcome.FAILED,
            seconds=clock() - self._began,
        )


class Result(NamedTuple):
    """What a background tool came to: its name, and its answer."""

    function: str
    answer: JSON


async def collected(agent: Agent, spec: AgentSpec, call: Call, restart: Restart) -> list[Result]:
    """Take what background tools have come to in this call; run again what was left undone.

    Args:
        agent: the agent.
        spec: its spec.
        call: a call that is answered now.
        restart: runs a tool again for a stored request.
    """
    if call.call_id is None:
        return []
    try:
        done, left = await agent.traffic.claims.collect(jobs_of(agent), call.call_id)
    except StateError as error:
        log.exception("results_not_collected", error)
        return []
    results = [Result(_function(key), _told(entry)) for key, entry in done.items()]
    for key, entry in left.items():
        tool = spec.tools.get(_function(key))
        if tool is None:
            continue
        log.warning("job_left", function=tool.name, again=tool.on_crash == REPEAT)
        if tool.on_crash == REPEAT and entry.reply is not None:
            await restart(tool, _request.decode(entry.reply).exchange())
        else:
            results.append(Result(tool.name, {"response": tool.on_unconfirmed}))
    return results


async def put_back(agent: Agent, call_id: str, results: Sequence[Result]) -> None:
    """Keep results again whose answer was lost on the way, for the next one."""
    for name, answer in results:
        place, body = Place(call_id, f"{name}:{os.urandom(6).hex()}"), _json.encode(answer)
        try:
            await agent.traffic.claims.settle(jobs_of(agent), place, Step.DONE, reply=body)
        except StateError as error:
            log.exception("result_not_kept", error)


def merged(reply: Reply, results: Sequence[Result]) -> Reply:
    """Add results to a tool's answer: texts by lines, actions in order."""
    answer = _json.decode(reply.body)
    told = "\n".join(f"Result of {name}: {_text(result)}" for name, result in results)
    own = answer.get("response")
    if isinstance(own, dict):
        lines = filter(None, [own.get("tool_result"), told])
        response: object = {**own, "tool_result": "\n".join(lines)}
    else:
        response = "\n".join(filter(None, [own, told]))
    return Reply(_json.encode({**_with_actions(answer, results), "response": response}))


def polled(reply: Reply, results: Sequence[Result], call_id: str) -> Reply:
    """Add results to the answer to a poll: the model is told them by an action of their own."""
    answer = _with_actions(_json.decode(reply.body), results)
    told = [_rpc.rpc_ai_message(call_id, f"Result of {name}: {_text(r)}") for name, r in results]
    return Reply(_json.encode({**answer, "action": [*answer.get("action", []), *told]}))


def jobs_of(agent: Agent) -> StateManager:
    """Return where the jobs of an agent's calls are kept."""
    return agent.states.scoped("job", KEPT_SECONDS)


def said(sentence: str) -> Reply:
    """Return an answer that says one sentence."""
    return Reply(_json.encode({"response": sentence}))


class _Request(msgspec.Struct):
    """A request, as far as running its tool again needs it."""

    path: str
    query: str
    body: str

    @classmethod
    def of(cls, exchange: Exchange) -> "_Request":
        query = urlencode(exchange.query())  # without the token: a store is no place for secrets
        return cls(exchange.scope["path"], query, exchange.body.decode())

    def exchange(self) -> Exchange:
        query = self.query.encode("latin-1")
        scope = {"type": "http", "path": self.path, "query_string": query, "headers": []}
        return Exchange(scope, _gone, {}, "", "POST", self.body.encode())


async def _gone() -> JSON:
    return {"type": "http.disconnect"}


def _with_actions(answer: JSON, results: Sequence[Result]) -> JSON:
    own = _actions(answer)
    actions = [*own, *(action for result in results for action in _actions(result.answer))]
    return {**answer, "action": actions} if actions else answer


def _actions(answer: JSON) -> list[object]:
    found = answer.get("action", [])
    return found if isinstance(found, list) else [found]


def _text(answer: JSON) -> object:
    response = answer.get("response", "")
    return response.get("tool_result", "") if isinstance(response, dict) else response


def _told(entry: Entry) -> JSON:
    """Return the answer of a job that is done; one too long for the journal is gone."""
    answer: JSON = _json.decode(entry.reply) if entry.reply else {"response": TOO_LONG}
    return answer


def _function(key: str) -> str:
    return key.partition(":")[0]


_request = _json.decoder(_Request)
_rpc = LateModule("agentkit.swaig.rpc")
