"""Serve the document of a call: callback, hook, patch, template (D6 and D7 of the design)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agentkit import _json, bridge, urls
from agentkit._log import log, subject
from agentkit.compile import CompiledAgent
from agentkit.context import Exchange, Subject
from agentkit.errors import DefinitionError, EncodingError, RequestError
from agentkit.events import DocumentServed
from agentkit.hooks import fitted, is_overridden
from agentkit.late import LateModule
from agentkit.operations.agents import (
    DOCUMENT_SECONDS,
    Agent,
    Site,
    as_plain,
    configured,
    found_at,
    is_agent,
)
from agentkit.operations.desks import Desk
from agentkit.operations.plain import default_document
from agentkit.operations.watching import clock, tell
from agentkit.reply import Reply, redirect
from agentkit.spec import ERROR_DOCUMENT, SipRouting
from agentkit.swml import patch
from agentkit.swml.document import VERSION

if TYPE_CHECKING:
    from agentkit.compile import Kind

JSON = dict[str, Any]
_callbacks, _sip = LateModule("agentkit.callbacks"), LateModule("agentkit.sip")

DEPTH_LIMIT = 3
"""How often routing callbacks may pass one request on."""


class RoutingError(ValueError):
    """A routing callback returned something that cannot be followed."""


_USER_ERRORS = (
    bridge.UserCodeError,
    bridge.DeadlineError,
    patch.PatchError,
    RoutingError,
    EncodingError,
    DefinitionError,  # of the agent that a routing callback passed the request on to
)


def or_nobody(fallback: object, name: str | None) -> object:
    """Return who answers a call for a name that nobody has.

    Raises:
        RequestError: 404, there is no fallback.
    """
    log.info("username_unknown", username=name)
    if fallback is not None:
        return fallback
    called = repr(name[:64]) if name else "a request that does not say who is called"
    raise RequestError(404, f"no agent here answers to {called}")


async def called_back(callback: Callable[..., Any], exchange: Exchange) -> object:
    """Return what a routing callback says of a request.

    Raises:
        UserCodeError: it raised.
        DeadlineError: it took too long.
    """
    offered = {
        "request": exchange.request,
        "body": exchange.data,
        "headers": exchange.text_headers,
    }
    return await bridge.call(_callbacks.called_with(callback, offered), seconds=DOCUMENT_SECONDS)


class Fetch:
    """One request for a document: what stays the same while it is passed from agent to agent.

    Args:
        exchange: the request.
        call_id: of the call that the document is for.
        site: the application.
        admit: raises a RequestError when the sender may not have an agent's document, for requests
            that did not come in at an agent.
    """

    __slots__ = ("admit", "call_id", "depth", "exchange", "failed", "site")

    def __init__(
        self,
        exchange: Exchange,
        call_id: str | None,
        site: Site,
        admit: Callable[[CompiledAgent], None] | None = None,
    ) -> None:
        self.exchange = exchange
        self.call_id = call_id
        self.site = site
        self.admit = admit
        self.depth = 0
        self.failed = False

    async def at_desk(self, desk: Desk) -> Reply:
        """Return the document of whom a desk chooses; the apology, when user code fails."""
        before = subject.set(Subject(self.call_id, "server"))
        try:
            return await self._routed(await desk.choose(self.exchange))
        except _USER_ERRORS as error:
            log.exception("routing_failed", error.__cause__ or error)
            return _as_given(ERROR_DOCUMENT)
        finally:
            subject.reset(before)

    async def document(
        self, agent: Agent, compiled: CompiledAgent, callback_path: str | None = None
    ) -> Reply:
        """Return the document; when user code fails, the error document, never the default."""
        if not compiled.spec.observers:
            return await self._document(agent, compiled, callback_path)
        began = clock()
        reply = await self._document(agent, compiled, callback_path)
        name, seconds = compiled.spec.name, clock() - began
        served = DocumentServed(
            agent=name, call_id=self.call_id, seconds=seconds, failed=self.failed
        )
        await tell(compiled.spec, served)
        return reply

    async def _document(
        self, agent: Agent, compiled: CompiledAgent, callback_path: str | None
    ) -> Reply:
        if callback_path is None and not compiled.spec.per_call:
            hook = agent.on_swml_request
            if not is_overridden(hook):
                return self._default(agent, compiled)
        before = subject.set(Subject(self.call_id, compiled.spec.name))
        try:
            return await self._customised(agent, compiled, callback_path)
        except _USER_ERRORS as error:
            return self._failed(agent, compiled, error)
        finally:
            subject.reset(before)

    async def _customised(
        self, agent: Agent, compiled: CompiledAgent, callback_path: str | None
    ) -> Reply:
        agent, compiled = await configured(agent, compiled, self.exchange)
        if callback_path is not None:
            result = await self._called_back(compiled, callback_path)
            if result is not None:
                return await self._routed(result)
        return await self._hooked(agent, compiled, callback_path)

    async def _called_back(self, compiled: CompiledAgent, callback_path: str) -> object:
        callback, exchange = compiled.spec.callbacks[callback_path], self.exchange
        if isinstance(callback, SipRouting):
            name = _sip.username_in(exchange.data())
            return None if name in compiled.usernames else or_nobody(callback.fallback, name)
        return await called_back(callback, exchange)

    async def _hooked(
        self, agent: Agent, compiled: CompiledAgent, callback_path: str | None
    ) -> Reply:
        hook = agent.on_swml_request
        if not is_overridden(hook):
            return self._default(agent, compiled)
        data, request = self.exchange.data(), self.exchange.request()
        call = fitted(hook, data, callback_path, request=request)
        returned = await bridge.call(call, seconds=DOCUMENT_SECONDS)
        if returned is None:
            return self._default(agent, compiled)
        returned = as_plain(returned)
        if not isinstance(returned, dict):
            raise patch.PatchError(f"on_swml_request returned a {type(returned).__name__}")
        return self._encoded(agent, compiled, patch.apply(compiled.swml, returned))

    async def _routed(self, result: object) -> Reply:
        """A string, an agent or a document, as D7 has it."""
        result = as_plain(result)
        if isinstance(result, dict):
            if not isinstance(result.get("sections"), dict):
                raise RoutingError("a routing callback returned a dict without sections")
            return _as_given({"version": VERSION, **result})
        if isinstance(result, str):
            return await self._followed(result)
        if is_agent(result):
            return await self._passed_on(result, None)
        raise RoutingError(f"a routing callback returned a {type(result).__name__}")

    async def _followed(self, location: str) -> Reply:
        if urls.is_safe_path(location):
            path, _, query = location.partition("?")
            found = found_at(self.site, path)
            if found is None:
                return redirect(location)
            self.exchange = self.exchange.with_query(query)
            if isinstance(found, Desk):
                self._go_deeper()
                return await self._routed(await found.choose(self.exchange))
            return await self._passed_on(found[0], found[1].callback_path, found[1].kind)
        if urls.is_safe_url(location):
            return redirect(location)
        raise RoutingError(f"a routing callback returned {location!r}, which cannot be followed")

    async def _passed_on(
        self, agent: Agent, callback_path: str | None, kind: "Kind" = "swml"
    ) -> Reply:
        self._go_deeper()
        if kind not in {"swml", "callback"}:
            raise RoutingError("a routing callback returned a path that serves no document")
        compiled = agent.compiled()
        if self.admit is not None:
            self.admit(compiled)
        return await self.document(agent, compiled, callback_path)

    def _go_deeper(self) -> None:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise RoutingError(f"routing callbacks passed the request on {self.depth} times")

    def _default(self, agent: Agent, compiled: CompiledAgent) -> Reply:
        return default_document(agent, compiled, self.exchange, self.call_id)

    def _encoded(self, agent: Agent, compiled: CompiledAgent, swml: JSON) -> Reply:
        address = compiled.access.address(
            self.exchange.scope, self.exchange.headers, self.exchange.root_path
        )
        return Reply(compiled.encode(swml, address, self.call_id, agent.clock()))

    def _failed(self, agent: Agent, compiled: CompiledAgent, error: Exception) -> Reply:
        self.failed = True
        cause = error.__cause__ or error
        log.exception("document_failed", cause)
        return self._encoded(agent, compiled, compiled.spec.error_document)


def _as_given(document: JSON) -> Reply:
    """Encode a document of an author's, in which there is nothing to fill in."""
    return Reply(_json.encode(document))
