"""Pages of the web, fetched for a model: https and public alone, bounded, read as text."""

from typing import NamedTuple

from agentkit.skills.fetching import Fetch, FetchError, HttpClient
from agentkit.skills.markup import Page, page_of

MOST_BYTES = 512 * 1024
"""Longest page that is read."""

_KINDS = ("text/html", "application/xhtml+xml", "text/plain")


class Fetched(NamedTuple):
    """A page as it came: where from, and its source."""

    url: str
    html: str

    def read(self) -> Page:
        """Return what it says."""
        return page_of(self.html, self.url)


def page(
    client: HttpClient, url: str, *, seconds: float, headers: dict[str, str] | None = None
) -> Fetched:
    """Fetch a page that somebody else named.

    Raises:
        FetchError: it must not be asked, there is none, or it is no text.
    """
    told = {"Accept": ", ".join(_KINDS), **(headers or {})}
    fetch = Fetch(url=url, headers=told, trusted=False, seconds=seconds, most_bytes=MOST_BYTES)
    reply = client(fetch)
    kind = reply.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    if not reply.is_good:
        raise FetchError(f"status {reply.status}")
    if kind not in _KINDS:
        raise FetchError(f"a page of the kind {kind!r}")
    return Fetched(reply.url, reply.text())
