"""The skill `spider`: reads pages of the web that the model names.

Such a URL may be anything, so it is asked by https at public addresses alone; a crawl stays on the
site it began with, and is bounded in pages, depth and time.
"""

import re
from collections import OrderedDict, deque
from collections.abc import Iterator
from time import monotonic, sleep
from typing import Any, ClassVar
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from agentkit.errors import ToolError
from agentkit.escape import escape
from agentkit.skills.base import JSON, SkillBase
from agentkit.skills.fetching import FetchError, RefusedURL, send
from agentkit.skills.markup import Page, Selector, selected, selector_of
from agentkit.skills.pages import Fetched, page
from agentkit.skills.parameters import parameter, refuse
from agentkit.skills.services import clipped
from agentkit.swaig.result import SwaigFunctionResult

CRAWL_SECONDS = 20.0
"""How long a crawl may take; a tool has 25 seconds."""

MOST_KEPT = 16
KEPT_SECONDS = 300.0
MOST_FOUND = 10
"""How many elements are told for one selector."""

LONGEST_ELEMENT = 500


class SpiderSkill(SkillBase):
    """Reads pages."""

    SKILL_NAME: ClassVar[str] = "spider"
    SKILL_DESCRIPTION: ClassVar[str] = "Read pages of the web."
    SUPPORTS_MULTIPLE_INSTANCES: ClassVar[bool] = True

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters: how much is read, how, and how politely."""
        return {**super().get_parameter_schema(), **_PARAMETERS}

    def setup(self) -> bool:
        """Check selectors and patterns."""
        self._kept: OrderedDict[str, tuple[float, Fetched]] = OrderedDict()
        self._selectors = {
            name: self._selector(name, each) for name, each in self.param("selectors").items()
        }
        try:
            self._follow = [re.compile(each) for each in self.param("follow_patterns")]
        except (re.error, TypeError) as error:
            refuse(type(self), f"parameter 'follow_patterns' has no pattern: {error}")
        return True

    def register_tools(self) -> None:
        """Register `scrape_url`, `crawl_site` and `extract_structured_data`."""
        prefix = f"{self.params['tool_name']}_" if self.params.get("tool_name") else ""
        for name, description, argument, told, handler in (
            ("scrape_url", _SCRAPE, "url", "The URL to scrape", self._scrape),
            ("crawl_site", _CRAWL, "start_url", "Starting URL for the crawl", self._crawl),
            ("extract_structured_data", _EXTRACT, "url", "The URL to scrape", self._extract),
        ):
            self.define_tool(
                name=f"{prefix}{name}",
                description=description,
                parameters={argument: {"type": "string", "description": told}},
                required=[argument],
                handler=handler,
            )

    def get_hints(self) -> list[str]:
        """Return what callers say of pages."""
        return [
            "scrape", "crawl", "extract", "web page", "website", "get content from",
            "fetch data from", "spider",
        ]  # fmt: skip

    def _scrape(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        found = self._asked(_url(args, "url"))
        told = self._told(found.read())
        if not told:
            return SwaigFunctionResult("The page has no text.")
        return SwaigFunctionResult(f"The page says:\n\n{told}")

    def _crawl(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        told = [
            f"{_shown(found.url)}\n{self._told(found.read())}"
            for found in self._walked(_url(args, "start_url"))
        ]
        return SwaigFunctionResult("\n\n".join([f"Pages read: {len(told)}", *told]))

    def _extract(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        url = _url(args, "url")
        if not self._selectors:
            raise ToolError("There is nothing to extract: no selectors are set.")
        found = self._asked(url)
        lines = [f"Title: {_shown(found.read().title)}"]
        for name, selector in self._selectors.items():
            values = selected(found.html, selector, MOST_FOUND)
            lines.append(f"{name}: {'; '.join(map(_shown, values)) or 'not found'}")
        return SwaigFunctionResult("\n".join(lines))

    def _walked(self, start: str) -> Iterator[Fetched]:
        """Return the pages of a site, those near the first one first."""
        end = monotonic() + CRAWL_SECONDS
        first = self._asked(start)
        yield first
        seen, waiting = {start, first.url}, deque([(first, 0)])
        left = self.param("max_pages") - 1
        while waiting and left > 0:
            found, depth = waiting.popleft()
            for url in self._leads(found, depth):
                if url in seen or left <= 0 or monotonic() > end:
                    continue
                seen.add(url)
                sleep(self.param("delay"))
                below = self._tried(url)
                if below is not None:
                    left -= 1
                    waiting.append((below, depth + 1))
                    yield below

    def _leads(self, found: Fetched, depth: int) -> list[str]:
        """Return the links of a page that are followed: within the site, and as wanted."""
        if depth >= self.param("max_depth"):
            return []
        site = urlsplit(found.url)[:2]
        own = [url for url in found.read().links if urlsplit(url)[:2] == site]
        return [url for url in own if not self._follow or any(p.search(url) for p in self._follow)]

    def _asked(self, url: str) -> Fetched:
        try:
            return self._fetched(url)
        except RefusedURL as error:
            raise ToolError("That URL cannot be read: only public https pages can.") from error
        except FetchError as error:
            self.logger.info("page_not_read", reason=str(error))
            raise ToolError("The page could not be read.") from error

    def _tried(self, url: str) -> Fetched | None:
        try:
            return self._fetched(url)
        except FetchError as error:
            self.logger.debug("page_left_out", reason=str(error))
            return None

    def _fetched(self, url: str) -> Fetched:
        now = self.agent.clock()
        kept = self._kept.get(url)
        if kept is not None and now < kept[0]:
            return kept[1]
        self._check_robots(url)
        found = self._page(url)
        if self.param("cache_enabled"):
            self._kept[url] = (now + KEPT_SECONDS, found)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def _page(self, url: str) -> Fetched:
        client = self.params.get("http_client") or send
        headers = {"User-Agent": self.param("user_agent"), **self.param("headers")}
        seconds = min(float(self.param("timeout")), CRAWL_SECONDS)
        return page(client, url, seconds=seconds, headers=headers)

    def _check_robots(self, url: str) -> None:
        if not self.param("follow_robots_txt"):
            return
        parts = urlsplit(url)
        try:
            rules = self._page(f"{parts.scheme}://{parts.netloc}/robots.txt").html
        except RefusedURL:
            raise
        except FetchError:  # a site without rules allows all
            return
        robots = RobotFileParser()
        robots.parse(rules.splitlines())
        if not robots.can_fetch(self.param("user_agent"), url):
            raise FetchError("robots.txt does not allow it")

    def _told(self, found: Page) -> str:
        kind, most = self.param("extract_type"), self.param("max_text_length")
        if kind == "structured":
            lines = [f"Title: {found.title}", *found.lines]
        else:
            lines = found.markdown if kind == "markdown" else found.lines
        separator = "\n" if kind == "markdown" or not self.param("clean_text") else " "
        return clipped(escape(separator.join(lines)), most)

    def _selector(self, name: str, written: object) -> Selector:
        found = selector_of(written) if isinstance(written, str) else None
        if found is None:
            refuse(
                type(self),
                f"parameter 'selectors': {name!r} must be like h1, #id, p.lead or //h1, "
                f"not {written!r}",
            )
        return found


def _url(args: JSON, name: str) -> str:
    url = str(args.get(name) or "").strip()
    if not url:
        raise ToolError("Say which URL to read.")
    return url


def _shown(text: str) -> str:
    return clipped(escape(text), LONGEST_ELEMENT)


_SCRAPE = "Extract text content from a single web page"
_CRAWL = "Crawl multiple pages starting from a URL"
_EXTRACT = "Extract specific data from a web page using selectors"
_PARAMETERS: dict[str, JSON] = {
    "tool_name": parameter("string", "What the names of the tools begin with."),
    "delay": parameter("number", "Seconds between two pages.", default=0.1, min=0.0, max=10.0),
    "concurrent_requests": parameter(
        "integer", "Of no effect: pages are read one by one.", default=5, min=1, max=20
    ),
    "timeout": parameter(
        "integer", "How long a page may take, in seconds.", default=5, min=1, max=60
    ),
    "max_pages": parameter(
        "integer", "How many pages a crawl reads at most.", default=1, min=1, max=100
    ),
    "max_depth": parameter(
        "integer", "How many links a page may be away from the first.", default=0, min=0, max=5
    ),
    "extract_type": parameter(
        "string",
        "How pages are told.",
        default="fast_text",
        enum=["fast_text", "markdown", "structured"],
    ),
    "max_text_length": parameter(
        "integer", "How much of a page is told.", default=3_000, min=100, max=100_000
    ),
    "clean_text": parameter("boolean", "Tell a page as one paragraph.", default=True),
    "selectors": parameter(
        "object", "What is extracted: names, and selectors such as `p.lead` or `//h1`.", default={}
    ),
    "follow_patterns": parameter(
        "array", "Regular expressions of URLs that a crawl follows.", default=[]
    ),
    "user_agent": parameter("string", "What sites are told.", default="agentkit-spider/1.0"),
    "headers": parameter("object", "Further headers of requests.", default={}),
    "follow_robots_txt": parameter(
        "boolean", "Leave out what a site's robots.txt does not allow.", default=False
    ),
    "cache_enabled": parameter("boolean", "Keep pages for five minutes.", default=True),
}
