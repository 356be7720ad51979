"""Fetch an agent's document as the platform does, and follow every URL in it.

Nothing of the author's runs but what makes the document: tools are asked for their signatures only,
and with a token that nobody has signed, which must be refused.
"""

import http.client
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

from agentkit import _json, urls
from agentkit.agent import AgentBase
from agentkit.doctor.findings import Finding, note, ok, problem, warning
from agentkit.doctor.links import For, Link, links_of
from agentkit.doctor.words import of_error, of_status
from agentkit.loopback.tables.check import check_document
from agentkit.testing import AgentClient, Response
from agentkit.urls import Base

CALL_ID = "agentkit-doctor"
LARGE_BYTES = 256 * 1024
OK, UNAUTHORIZED, FORBIDDEN = 200, 401, 403

_STRANGE = (
    "a token that was signed with another secret than ours. Workers and hosts must share"
    " AGENTKIT_SECRET, and this command must run with it, too"
)
_HARMLESS: dict[For, dict[str, Any]] = {
    For.TOOLS: {"action": "get_signature", "functions": []},
    For.SUMMARY: {"action": "fetch_conversation", "conversation_id": CALL_ID},
}
Failure = (OSError, http.client.HTTPException, AssertionError)


class Place(NamedTuple):
    """Where an agent is visited.

    Attributes:
        name: of the place, for findings.
        agent: whose document is fetched.
        client: sends requests there, with the agent's credentials.
        base: the address of the application.
        repetitions: how often more the document is fetched, to meet other workers and hosts.
    """

    name: str
    agent: AgentBase
    client: AgentClient
    base: Base
    repetitions: int = 0

    @property
    def public(self) -> Base:
        """The address that documents should name."""
        return self.agent.spec.access.public_url or self.base

    def url(self, base: Base) -> str:
        """Return the URL of the document at an address."""
        return f"{base.origin}{base.prefix}{self.agent.route}"


async def visit(place: Place) -> AsyncIterator[Finding]:
    """Fetch the document and follow what stands in it."""
    url = place.url(place.base)
    try:
        async for found in _looked_at(place, url, await _fetched(place, place.client)):
            yield found
    except Failure as error:
        yield problem(place.name, f"{url}: {of_error(error, url)}")


async def _fetched(place: Place, client: AgentClient) -> Response:
    verifier, body = place.agent.spec.access.verifier, _json.encode({"call": {"call_id": CALL_ID}})
    fields = {"content-type": "application/json"}
    if verifier is not None:
        fields["x-signalwire-signature"] = verifier.sign(place.url(place.public), body)
    return await client.post(place.url(place.base), content=body, headers=fields)


async def _looked_at(place: Place, url: str, answer: Response) -> AsyncIterator[Finding]:
    document = _document_in(answer)
    if document is None:
        yield problem(place.name, f"{url}: {of_status(answer)}")
        return
    if document == place.agent.spec.error_document:
        yield problem(
            place.name,
            "the agent serves its error document: a hook of yours raises, or what it returns is no"
            " document; the log has the traceback",
        )
        return
    yield ok(place.name, f"{url} serves a document of {len(answer.body):,} bytes")
    if len(answer.body) > LARGE_BYTES:
        yield warning(place.name, "it is large: the platform fetches it for every call")
    for found in _against(place, document):
        yield found
    if place.public != place.base:
        yield warning(
            place.name,
            f"its URLs name the public URL {place.url(place.public)}, not where you looked;"
            " they are followed there",
        )
    yield await _without_credentials(place)
    links = list(links_of(document))
    for link in links:
        yield await _followed(place, link)
    if place.repetitions and any(link.token for link in links):
        yield await _by_all_workers(place)


def _against(place: Place, document: Any) -> Iterator[Finding]:
    """Tell what the platform's tables do not have; from outside it is the same document."""
    for wrong in () if place.repetitions else check_document(document):
        if not wrong.taken:
            yield warning(place.name, f"{wrong.path}: {urls.shown(wrong.text)}")


async def _by_all_workers(place: Place) -> Finding:
    """Say whether whoever answers signs tokens with the secret that we know."""
    answers = [await _fetched(place, place.client) for _ in range(place.repetitions)]
    links = [link for answer in answers for link in links_of(_document_in(answer))]
    strange = [link for link in links if link.token and not _is_ours(place.agent, link)]
    failed = [answer for answer in answers if answer.status != OK]
    if failed:
        return problem(place.name, f"fetched again, it fails: {of_status(failed[0])}")
    if strange:
        return problem(place.name, f"of {len(answers)} documents, some have {_STRANGE}")
    return ok(place.name, f"{len(answers)} more documents are signed with the same secret")


def _document_in(answer: Response) -> Any:
    try:
        document = answer.json() if answer.status == OK else None
    except ValueError:
        return None
    is_one = isinstance(document, dict) and isinstance(document.get("sections"), dict)
    return document if is_one else None


async def _without_credentials(place: Place) -> Finding:
    answer = await _fetched(place, place.client.with_auth(None))
    if answer.status == UNAUTHORIZED and "www-authenticate" in answer.headers:
        return ok(place.name, "strangers are refused")
    if answer.status == OK:
        text = "strangers get the document, with its credentials: a proxy adds the header by itself"
        return problem(place.name, text)
    return warning(place.name, f"strangers are not told 401, but {of_status(answer)}")


async def _followed(place: Place, link: Link) -> Finding:
    if not link.is_below(place.public):
        return _elsewhere(place, link)
    if link.token and not _is_ours(place.agent, link):
        return problem(place.name, f"{link.shown} has {_STRANGE}")
    try:
        return await _answered(place, link)
    except Failure as error:
        return problem(place.name, f"{link.shown}: {of_error(error, link.url)}")


async def _answered(place: Place, link: Link) -> Finding:
    answer = await _asked(place, link)
    if answer is not None and answer.status != OK:
        return problem(place.name, f"{link.shown}: {of_status(answer)}")
    refused = await _forged(place, link) if link.token else None
    if refused is not None and refused.status != FORBIDDEN:
        return problem(place.name, f"{link.shown}: a forged token is answered {refused.status}")
    return ok(
        place.name, f"{link.shown} answers" + ("" if refused is None else "; forgers get 403")
    )


async def _asked(place: Place, link: Link) -> Response | None:
    """Ask something that has no effect; of a debug event there is no such thing."""
    if link.purpose is For.DEBUG:
        return None
    if link.purpose is For.FILE:
        return await place.client.get(link.url)
    return await place.client.post(link.url, json={**_HARMLESS[link.purpose], "call_id": CALL_ID})


async def _forged(place: Place, link: Link) -> Response | None:
    """Ask for an effect, with a token that nobody has signed; None when no token is needed."""
    body: dict[str, Any] = {"call_id": CALL_ID}
    if link.purpose is For.TOOLS:
        tools = place.agent.compiled().tools.values()
        secure = [tool.name for tool in tools if tool.secure and tool.handler is not None]
        if not secure or (link.function and link.function not in secure):
            return None
        body["function"] = link.function or secure[0]
    return await place.client.post(link.forged(), json=body)


def _is_ours(agent: AgentBase, link: Link) -> bool:
    compiled, now = agent.compiled(), agent.clock()
    if link.purpose is For.SUMMARY:
        return compiled.accepts_summary(link.token, CALL_ID, now)
    if link.purpose is For.DEBUG:
        return compiled.accepts_debug_event(link.token, CALL_ID, now)
    return compiled.accepts(link.function or "", link.token, CALL_ID, now)


def _elsewhere(place: Place, link: Link) -> Finding:
    if link.token:
        return problem(
            place.name,
            f"{link.shown} is not below {place.public.origin}{place.public.prefix}, and the"
            " platform would call there. Set AGENTKIT_PUBLIC_URL to the address that it reaches,"
            " prefix included, or trusted_proxies= to the proxy that forwards it",
        )
    return note(place.name, f"{link.shown} is answered elsewhere, which was not visited")
