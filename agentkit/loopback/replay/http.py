"""The HTTP of tools out of a journal: what was asked then is answered as it was then."""

from typing import Any

from agentkit.loopback.replay.journal import Journal

JSON = dict[str, Any]


class HttpFromJournal:
    """Answers each request with the first unused reply to an equal one.

    Equal are requests with the same method, URL and body; if none is left, the same method and URL.

    Args:
        journal: the call.

    Attributes:
        unanswered: requests that the journal knows no reply to, as `POST https://…`.
    """

    def __init__(self, journal: Journal) -> None:
        self._unused = [pair for exchange in journal.exchanges for pair in exchange.http]
        self.unanswered: list[str] = []

    def answer(self, request: JSON) -> JSON | None:
        """Return the reply to a request, None when there is none; both as in a journal."""
        for names in (("method", "url", "body", "text"), ("method", "url")):
            for pair in self._unused:
                asked = pair["request"]
                if all(asked.get(name) == request.get(name) for name in names):
                    self._unused.remove(pair)
                    reply = pair.get("reply")
                    return reply if isinstance(reply, dict) else None
        self.unanswered.append(f"{request.get('method')} {request.get('url')}")
        return None
