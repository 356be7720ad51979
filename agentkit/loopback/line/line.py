"""The platform's HTTP client: it carries webhooks to an agent, and to whoever else answers them."""

import ssl
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache, partial
from typing import Self

from agentkit.loopback.clock import Clock
from agentkit.loopback.line.addresses import Address, address
from agentkit.loopback.line.faults import Faults
from agentkit.loopback.line.others import Handler
from agentkit.loopback.line.parcel import Parcel, Reply, beside, packed
from agentkit.loopback.line.receivers import Receivers, Target
from agentkit.loopback.line.rules import AGAIN_SECONDS, RULES, Rule
from agentkit.loopback.line.trouble import Restart, Trouble
from agentkit.loopback.trace import Concern, Trace
from agentkit.loopback.webhook import Answer, Webhook
from agentkit.testing.transcript import without_secrets

_REDIRECTED = range(300, 400)
_LOOPING = Reply(0, error="redirects")


_Exchange = Callable[[Parcel, str], Awaitable[Reply]]


class Line:
    """Carries webhooks as the platform does; a `Wire`.

    It needs asyncio. Used as `async with line:` it also runs the application's startup and
    shutdown, as a server would.

    Args:
        target: the agent: an ASGI application in this process, the http(s) URL of a server, or a
            `Transport` of `agentkit.testing`.
        clock: the call's.
        trace: gets a `request` and a `reply` for everything that is sent.
        base_url: where the agent seems to be served: its documents must name this origin, and
            paths are looked up there. By default the server's URL, or `http://testserver`.
        auth: user and password for fetching a document of the agent from a URL without them.
        signing_key: the project's; with it, fetches of documents are signed (facts 6).
        outside: who answers for other hosts, by `host`, `host:port`, or `*` for any other: a
            target as above, or a function of a `Request` (see `Handler`).
        faults: what goes wrong on the way; their words alone do.
        restart: makes the agent anew, for the fault `restart`.
        tls: how certificates are judged, such as that of a server of the house.

    Attributes:
        raised: what applications in this process raised, in order; the platform only saw a
            status 500 or a cut connection.
    """

    def __init__(  # noqa: PLR0913 - a wire has many ends
        self,
        target: Target,
        *,
        clock: Clock,
        trace: Trace,
        base_url: str | None = None,
        auth: tuple[str, str] | None = None,
        signing_key: str | None = None,
        outside: Mapping[str, Target | Handler] | None = None,
        faults: Faults | str | None = None,
        restart: Restart | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.raised: list[Exception] = []
        self._clock = clock
        self._trace = trace
        self._auth = beside(auth)
        self._key = None if signing_key is None else signing_key.encode()
        told = partial(_note, self.raised, trace)  # of the line itself it would make a circle
        self._receivers = Receivers(target, base_url, outside or {}, told, tls)
        self._faults = Faults(faults or "") if not isinstance(faults, Faults) else faults
        self._trouble: Trouble | None = None
        if self._faults.words:
            self._trouble = Trouble(self._faults, clock, self._receivers, restart)

    async def __aenter__(self) -> Self:
        """Start the application."""
        await self._receivers.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the application and close connections."""
        if self._trouble is not None:
            self._trouble.drop()
        await self._receivers.close()

    async def send(self, webhook: Webhook) -> Answer:
        """Send a webhook, again where the platform would, and return the last answer.

        Raises:
            CallError: the URL, or one that it redirects to, leads to nobody who is known here.
            ASGIError: an application in this process broke the ASGI protocol.
        """
        rule, plan = RULES[webhook.kind], self._faults.plan(webhook.kind)
        began, attempt = self._clock.us, 1
        parcel = self._packed(webhook, address(self._receivers.absolute(webhook.url)), rule)
        reply = await self._attempt(parcel, webhook, plan)
        while reply.failed and attempt < rule.tries:
            await self._clock.sleep(AGAIN_SECONDS)
            attempt += 1
            reply = await self._attempt(parcel, webhook, plan)
        answer = _answer(reply, attempt, (self._clock.us - began) / 1_000_000)
        if self._trouble is not None:
            await self._trouble.settle()
        return answer

    def _attempt(self, parcel: Parcel, webhook: Webhook, plan: list[str]) -> Awaitable[Reply]:
        """Send a request once, through the next of the faults that are planned."""
        if self._trouble is None:
            return self._follow(parcel, webhook, self._exchange)
        if plan:
            return self._faulty(self._trouble, parcel, webhook, plan.pop(0))
        return self._overtaken(self._trouble, parcel, webhook)

    async def _overtaken(self, trouble: Trouble, parcel: Parcel, webhook: Webhook) -> Reply:
        reply = await self._follow(parcel, webhook, self._exchange)
        await trouble.overtake()
        return reply

    async def _faulty(self, trouble: Trouble, parcel: Parcel, webhook: Webhook, word: str) -> Reply:
        self._trace.add("request", parcel.address.shown, webhook.kind)
        self._trace.add("fault", word, webhook.kind)
        reply = await trouble.hit(word, partial(self._follow, parcel, webhook, self._carry))
        self._trace.add("reply", reply.error or str(reply.status))
        return reply

    async def _follow(self, parcel: Parcel, webhook: Webhook, exchange: _Exchange) -> Reply:
        """Send a request once, and on along its redirects."""
        rule = RULES[webhook.kind]
        reply = await exchange(parcel, webhook.kind)
        for _ in range(rule.redirects):
            location = _location(reply)
            if not location:
                return reply
            parcel = self._packed(webhook, address(parcel.address.joined(location)), rule)
            reply = await exchange(parcel, webhook.kind)
        return _LOOPING if rule.redirects and _location(reply) else reply

    async def _exchange(self, parcel: Parcel, kind: str) -> Reply:
        self._trace.add("request", parcel.address.shown, kind)
        reply = await self._receivers.at(parcel.address).carry(parcel)
        self._trace.add("reply", reply.error or str(reply.status))
        return reply

    async def _carry(self, parcel: Parcel, _kind: str) -> Reply:
        return await self._receivers.at(parcel.address).carry(parcel)

    def _packed(self, webhook: Webhook, to: Address, rule: Rule) -> Parcel:
        authorization = beside(webhook.auth)
        if not authorization and webhook.kind == "document" and self._receivers.is_agent(to):
            authorization = self._auth
        return packed(webhook, to, rule, authorization, self._key if rule.signed else None)


def _note(raised: list[Exception], trace: Trace, error: Exception) -> None:
    raised.append(error)
    trace.warn(Concern.FAILED, f"the application raised {_told(error)}")


def _told(error: Exception) -> str:
    """Return an exception in a line, without secrets."""
    told = "".join(traceback.format_exception_only(error))
    return without_secrets(" ".join(told.split()))


def _location(reply: Reply) -> str:
    """Return where a reply redirects to, or ""."""
    if reply.status in _REDIRECTED:
        for name, value in reply.headers:
            if name == b"location":
                return value.decode("latin-1")
    return ""


def _answer(reply: Reply, attempts: int, seconds: float) -> Answer:
    fields = _decoded(tuple(reply.headers))
    return Answer(reply.status, reply.body, fields, attempts, reply.error, seconds)


@lru_cache(maxsize=256)  # an agent sends the same fields again and again
def _decoded(fields: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in fields)
