"""How the platform sends each kind of request: how often, what it follows, what it signs.

Timeouts and re-sending are facts 7 (the vendor's agent guide), signing is facts 6, the redirects
of the AI module facts 7. A redirect of a document or of the `request` verb is not documented; the
platform follows none on what it signs, so none is followed there.
"""

from msgspec import Struct

from agentkit.loopback.webhook import WebhookKind

CONNECT_SECONDS = 30.0
"""How long the platform waits for a connection."""

REPLY_SECONDS = 120.0
"""How long it waits for the whole answer."""

AGAIN_SECONDS = 1.0
"""How long it waits before it sends the same request again."""

REDIRECTS = 15
"""How many redirects the AI module follows."""

DATA_MAP_AGENT = "SignalWire-CallFabric/1.0"
"""What data maps are sent as (facts 5.1)."""


class Rule(Struct, frozen=True):
    """How one kind of request is sent.

    Attributes:
        tries: how often at most.
        redirects: how many redirects are followed; the body is posted again to each.
        signed: it carries the project's signature, if there is a signing key.
        agent: the User-Agent, if known.
        reply_seconds: how long the whole answer may take; None for as long as it takes.
    """

    tries: int = 1
    redirects: int = 0
    signed: bool = False
    agent: str = ""
    reply_seconds: float | None = REPLY_SECONDS


_TOOL = Rule(tries=4, redirects=REDIRECTS)
_AI = Rule(redirects=REDIRECTS)

RULES: dict[WebhookKind, Rule] = {
    "document": Rule(signed=True),
    "function": _TOOL,
    "poll": _TOOL,
    "hook": _TOOL,
    "post_prompt": _AI,
    "signature": _AI,
    "debug": _AI,
    "datamap": Rule(redirects=REDIRECTS, agent=DATA_MAP_AGENT),
    "mcp": _AI,
    "request": Rule(reply_seconds=None),  # facts 1.3: no timeout unless the verb has one
    "status": Rule(),
}
