"""The debug webhook: what the platform tells of a session while it runs (facts 4.4).

Its URL alone switches it on. Events are best effort: an answer that fails changes nothing.
"""

from typing import Any

from agentkit import _json
from agentkit.loopback.ai.params import Params
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Webhook, Wire

JSON = dict[str, Any]

NORMAL, CONVERSATION = 1, 2
_WITH_REQUESTS = frozenset({"swaig_call", "webhook_log", "webhook_fail"})
_LEVEL_2 = frozenset({"conversation_add", "llm_request", "llm_response"})


class Debug:
    """Collects events and posts them.

    Attributes:
        call_info: what stands beside each event.
        is_on: whether events are posted at all.
        is_verbose: whether what goes to the model and comes from it is posted too.
    """

    def __init__(self, params: Params, call_info: JSON, wire: Wire, trace: Trace) -> None:
        self._url = params.text("debug_webhook_url")
        level = params.number("debug_webhook_level", NORMAL)
        self.is_on = bool(self._url) and level >= NORMAL
        self.is_verbose = self.is_on and level >= CONVERSATION
        self.call_info = call_info
        self._wire = wire
        self._trace = trace
        self._waiting: list[tuple[str, Any]] = []

    def note(self, event: str, fields: Any) -> None:
        """Take an event; it is posted with the next `flush`."""
        if self.is_on and (event not in _LEVEL_2 or self.is_verbose):
            self._trace.add("event", event, None if event in _WITH_REQUESTS else fields)
            self._waiting.append((event, fields))

    async def flush(self) -> None:
        """Post what was taken."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for event, fields in waiting:
            body = _json.encode({"call_info": self.call_info, event: fields})
            await self._wire.send(Webhook("debug", self._url, body))
