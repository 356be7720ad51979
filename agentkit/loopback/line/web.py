"""Hands requests to a server over HTTP.

By httpx2's transport, not its client: that one keeps cookies, asks for compressed answers and heeds
proxies and `.netrc`, of which the platform does nothing.
"""

import ssl
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from agentkit.loopback.errors import CallError
from agentkit.loopback.line.addresses import address
from agentkit.loopback.line.parcel import CONNECTION, TIMEOUT, Fields, Parcel, Reply
from agentkit.loopback.line.rules import CONNECT_SECONDS

if TYPE_CHECKING:
    import httpx2

MOST_BYTES = 16 * 1024 * 1024
"""Longest answer that is read; of a longer one the connection is cut."""

_TIMEOUTS = {"connect": CONNECT_SECONDS}
_KEPT_CONNECTIONS = 0  # a server may close one unsaid, and here no time goes by to notice


class Server:
    """Speaks to one server, whatever origin the requests name.

    Args:
        url: where it listens.
        tls: how its certificate is judged; None for the usual way.

    Raises:
        CallError: httpx2 is not installed.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None) -> None:
        if find_spec("httpx2") is None:
            raise CallError(
                "an agent at a URL is reached by httpx2: pip install agentkit-swml[loopback]"
            )
        self._origin = address(url).origin
        self._tls = tls
        self._http: Any = None
        self._transport: httpx2.AsyncHTTPTransport | None = None

    async def carry(self, parcel: Parcel) -> Reply:
        """Send a request and return the answer, or that there was none in time."""
        transport = self._transport or await self._ready()
        with anyio.move_on_after(parcel.seconds):
            try:
                return await self._exchanged(transport, parcel)
            except self._http.TimeoutException:
                return TIMEOUT
            except self._http.RequestError:  # cut, refused, not HTTP, a certificate
                return CONNECTION
        return TIMEOUT

    async def open(self) -> None:
        """Do nothing: a connection is made when there is something to send."""

    async def kill(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Close the connections."""
        if self._transport is not None:
            transport, self._transport = self._transport, None
            await transport.aclose()

    async def _ready(self) -> "httpx2.AsyncHTTPTransport":
        """Load the client, in a thread: it reads files, of its own and of whom to trust."""
        return await anyio.to_thread.run_sync(self._load)

    def _load(self) -> "httpx2.AsyncHTTPTransport":
        http = self._http = import_module("httpx2")
        verify: ssl.SSLContext | bool = False  # of http there is nothing to verify
        if self._origin[0] == "https":
            verify = self._tls or http.create_ssl_context()
        transport: httpx2.AsyncHTTPTransport = http.AsyncHTTPTransport(
            verify=verify,
            trust_env=False,
            limits=http.Limits(max_keepalive_connections=_KEPT_CONNECTIONS),
        )
        self._transport = transport
        return transport

    async def _exchanged(self, transport: "httpx2.AsyncHTTPTransport", parcel: Parcel) -> Reply:
        response = await transport.handle_async_request(self._request(parcel))
        try:
            body = await _read(response)
        finally:
            await response.aclose()
        if body is None:
            return CONNECTION
        return Reply(response.status_code, _fields(response), body)

    def _request(self, parcel: Parcel) -> "httpx2.Request":
        to = parcel.address
        scheme, host, port = self._origin
        target = to.target.encode("ascii")
        url = self._http.URL(scheme=scheme, host=host, port=port, raw_path=target)
        request: httpx2.Request = self._http.Request(
            parcel.method,
            url,
            headers=parcel.headers,
            content=parcel.body,
            extensions={"timeout": _TIMEOUTS, "sni_hostname": to.origin[1]},
        )
        return request


async def _read(response: "httpx2.Response") -> bytes | None:
    """Return the body, or None when it is too long."""
    pieces, length = [], 0
    async for piece in response.aiter_raw():
        pieces.append(piece)
        length += len(piece)
        if length > MOST_BYTES:
            return None
    return b"".join(pieces)


def _fields(response: "httpx2.Response") -> Fields:
    return [(name.lower(), value) for name, value in response.headers.raw]
