"""Drive an application with the webhooks of a call, in their order.

Today's documents say where the webhooks go and carry today's tokens; what was posted is posted
again as it is. Nothing here looks at the answers: see `agentkit.loopback.replay.comparing`.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from msgspec import UNSET, Struct

from agentkit import _json
from agentkit.loopback.replay.journal import Exchange, Journal, ReplayError, Reply, exchange_of
from agentkit.loopback.replay.links import Links
from agentkit.testing.client import AgentClient
from agentkit.testing.messages import Response

JSON = dict[str, Any]
Watch = Callable[[], Awaitable[list[JSON]]]
"""Returns the lines that a recorder around the application has written since it was last asked."""

_REFUSED = frozenset({401, 403})
_SIGNATURE = "x-signalwire-signature"
_JSON_TYPE = {"content-type": "application/json"}


class Place(Struct, frozen=True):
    """Where the application is, as the platform would know it.

    Attributes:
        path: of the document, for a call whose journal has none.
        prefix: what stands before the application's own paths.
        sign: makes the platform's signature of a URL and a body, where documents must be asked for
            with one.
        auth: tells the credentials for a path, where agents have their own; else the client's hold.
    """

    path: str = "/"
    prefix: str = ""
    sign: Callable[[str, bytes], str] | None = None
    auth: Callable[[str], tuple[str, str] | None] | None = None


class Replayed(Struct, frozen=True):
    """One webhook of the journal and what comes of it today.

    Attributes:
        before: as the journal has it.
        now: as it is today; None when it was not posted.
        why: why it was not posted.
        lost: whether that is so because today's documents send it nowhere or elsewhere.
    """

    before: Exchange
    now: Exchange | None = None
    why: str = ""
    lost: bool = False


async def play(
    journal: Journal, client: AgentClient, place: Place, watch: Watch | None = None
) -> list[Replayed]:
    """Post the webhooks of a call and return what came of each.

    Args:
        journal: the call.
        client: leads to the application and has the credentials for its documents.
        place: where it is.
        watch: tells of state and tool HTTP, if a recorder is around the application.

    Raises:
        ReplayError: a document that is needed is not served.
    """
    player = _Player(journal, client, place, watch)
    if journal.exchanges[0].what != "document":
        await player.begin()
    return [await player.replayed(exchange) for exchange in journal.exchanges]


class _Player:
    """One replay."""

    def __init__(
        self, journal: Journal, client: AgentClient, place: Place, watch: Watch | None
    ) -> None:
        self._journal = journal
        self._client = client
        self._place = place
        self._watch = watch
        self._links = Links()

    async def begin(self) -> None:
        """Fetch the document that the journal lacks: without it nobody knows where to post."""
        body = {"call": {"call_id": self._journal.call_id}}
        path = f"{self._place.prefix}{self._place.path}"
        response = await self._posted(path, _json.encode(body), signed=True)
        document = _data(response)
        if response.status != 200 or not isinstance(document, dict):  # noqa: PLR2004 - OK
            raise ReplayError(f"the document at {path} was answered with status {response.status}")
        self._links.take(document)
        if self._watch is not None:
            await self._watch()

    async def replayed(self, before: Exchange) -> Replayed:
        """Post one webhook again."""
        if why := _unfit(before):
            return Replayed(before, None, why)
        if why := self._lost(before):
            return Replayed(before, None, why, lost=True)
        response = await self._sent(before)
        if before.what == "document":
            self._links.take(_data(response))
        return Replayed(before, await self._seen(before, response))

    def _lost(self, before: Exchange) -> str:
        url = self._links.of(before)
        if url is None:
            return (
                "" if before.url or before.what == "document" else "the document has no URL for it"
            )
        return "" if self._is_here(url) else "it goes to another host"

    def _is_here(self, url: str) -> bool:
        host = urlsplit(url).netloc.rpartition("@")[2]
        return host == urlsplit(self._client.base_url).netloc

    async def _sent(self, before: Exchange) -> Response:
        url = None if before.what == "document" else self._links.of(before)
        url = url or self._own(before)
        if before.method == "GET":
            return await self._client_for(url).get(url)
        return await self._posted(url, _encoded(before.body), signed=before.what == "document")

    async def _posted(self, url: str, body: bytes, *, signed: bool) -> Response:
        headers = dict(_JSON_TYPE)
        if signed and self._place.sign is not None:
            headers[_SIGNATURE] = self._place.sign(self._client.absolute(url), body)
        return await self._client_for(url).post(url, content=body, headers=headers)

    def _client_for(self, url: str) -> AgentClient:
        if self._place.auth is None:
            return self._client
        return self._client.with_auth(self._place.auth(urlsplit(url).path))

    def _own(self, before: Exchange) -> str:
        """Return the path that a webhook came to, with what is known of its query."""
        prefix, path = self._place.prefix, urlsplit(before.url).path or self._place.path
        whole = path if path.startswith(prefix) else f"{prefix}{path}"
        known = {name: value for name, value in before.query.items() if value != "***"}
        return f"{whole}?{urlencode(known)}" if known else whole

    async def _seen(self, before: Exchange, response: Response) -> Exchange:
        """Return the exchange as a recorder has it, and without one as the client has it."""
        lines = [] if self._watch is None else await self._watch()
        now = exchange_of(lines) or Exchange(before.what, before.method, before.url, state=UNSET)
        if now.reply is None:
            now.reply = Reply(response.status, _data(response))
        return now


def _unfit(before: Exchange) -> str:
    """Return why a webhook cannot be posted again, "" when it can."""
    if before.cut:
        return "its body is missing in the journal"
    if before.reply is not None and before.reply.status in _REFUSED:
        return f"it was refused with {before.reply.status}"
    return ""


def _encoded(body: Any) -> bytes:
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else _json.encode(body)


def _data(response: Response) -> Any:
    """Return the JSON data of an answer, or its text, or None when it is empty."""
    if not response.body:
        return None
    try:
        return response.json()
    except ValueError:
        return response.body.decode("utf-8", "replace")
