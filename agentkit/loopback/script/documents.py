"""Fetches documents, each with the state of the script in the body (facts 2)."""

from collections.abc import Mapping
from typing import Any

from agentkit.loopback.script.programs import Unusable
from agentkit.loopback.script.run import Run
from agentkit.loopback.webhook import Webhook

_OK = range(200, 300)


def is_url(dest: str) -> bool:
    """Say whether a destination is a URL and not the name of a section."""
    return dest.startswith(("http://", "https://"))


async def fetch(run: Run, url: str, params: Mapping[str, Any]) -> bytes:
    """Return the bytes of a document.

    Raises:
        Unusable: the answer was none, or an error.
    """
    answer = await run.wire.send(Webhook("document", url, run.scopes.body(params)))
    if answer.error:
        raise Unusable(f"the document could not be fetched: {answer.error}")
    if answer.status not in _OK:
        raise Unusable(f"the document could not be fetched: status {answer.status}")
    return answer.body
