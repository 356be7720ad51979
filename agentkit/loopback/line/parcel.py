"""One request as it goes over the line, and one reply as it comes back."""

import hmac
import re
from typing import Protocol

from msgspec import Struct

from agentkit.loopback.line.addresses import Address, basic
from agentkit.loopback.line.rules import Rule
from agentkit.loopback.webhook import Webhook

Fields = list[tuple[bytes, bytes]]


class Parcel(Struct, frozen=True):
    """A request, ready to be handed over; the same one each time that it is sent again.

    Attributes:
        headers: every header field, names in lower case, in the order in which they are sent.
        seconds: how long the answer may take; None for as long as it takes.
    """

    method: str
    address: Address
    headers: Fields
    body: bytes
    seconds: float | None


class Reply(Struct, frozen=True):
    """What came back.

    Attributes:
        status: the HTTP status; 0 when there was no answer.
        headers: every header field, names in lower case.
        error: why there was no answer, as in `Answer`; "" when there was one.
    """

    status: int
    headers: Fields = []
    body: bytes = b""
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether the platform sends a tool's request again after this (facts 7)."""
        return not 0 < self.status < 500  # noqa: PLR2004


_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")
_ACCEPT = (b"accept", b"*/*")
_JSON = (b"content-type", b"application/json")

TIMEOUT = Reply(0, error="timeout")
CONNECTION = Reply(0, error="connection")


class Carrier(Protocol):
    """Hands requests over to one kind of receiver."""

    async def carry(self, parcel: Parcel) -> Reply:
        """Hand a request over and return the reply, or that there was none."""
        ...

    async def open(self) -> None:
        """Start the receiver, where that is not somebody else's part."""
        ...

    async def kill(self) -> None:
        """End what the receiver is doing, if that is in this process."""
        ...

    async def close(self) -> None:
        """Stop the receiver and let go of what is held."""
        ...


def packed(
    webhook: Webhook, to: Address, rule: Rule, authorization: str, key: bytes | None
) -> Parcel:
    """Return a webhook as a request to an address.

    A field in the webhook's own headers replaces that of the platform. The signature covers the
    URL without user and password, and the body's own bytes (facts 6).

    Args:
        webhook: what is sent.
        to: where it goes now, which after a redirect is not the webhook's own URL.
        rule: that of its kind.
        authorization: used unless the address has user and password of its own, or "".
        key: the project's signing key, if the request is to be signed.
    """
    fields = [(b"host", to.authority.encode("ascii")), _ACCEPT]
    if rule.agent:
        fields.append((b"user-agent", rule.agent.encode("ascii")))
    if webhook.body:
        fields.append(_JSON)
    if webhook.body or webhook.method != "GET":
        fields.append((b"content-length", b"%d" % len(webhook.body)))
    own = to.authorization or authorization
    if own:
        fields.append((b"authorization", own.encode("ascii")))
    if key is not None:
        fields += signatures(key, to.url, webhook.body).items()
    if webhook.headers:
        fields = _replaced(fields, webhook.headers)
    seconds = webhook.timeout_seconds or rule.reply_seconds
    return Parcel(webhook.method, to, fields, webhook.body, seconds)


def _replaced(fields: Fields, by: tuple[tuple[str, str], ...]) -> Fields:
    others = [(_one_line(name.lower()), _one_line(value)) for name, value in by]
    replaced = {name for name, _ in others}
    return [*(field for field in fields if field[0] not in replaced), *others]


def _one_line(text: str) -> bytes:
    """Return what a field can hold: a caller's words may have got into it."""
    return _CONTROLS.sub(" ", text).encode("utf-8", "replace")


def signatures(key: bytes, url: str, body: bytes) -> dict[bytes, bytes]:
    """Return the two header fields that prove a request to be the platform's."""
    signed = url.encode() + body
    return {
        b"x-signalwire-signature": hmac.digest(key, signed, "sha1").hex().encode("ascii"),
        b"x-signalwire-sha256-signature": hmac.digest(key, signed, "sha256").hex().encode("ascii"),
    }


def beside(pair: tuple[str, str] | None) -> str:
    """Return the Authorization of user and password that stand beside a URL, or ""."""
    return "" if pair is None else basic(*pair)
