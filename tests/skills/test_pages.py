"""The skills that read pages: `spider` and `web_search`."""

from collections.abc import Callable
from typing import Any

import pytest

from agentkit import AgentBase
from agentkit.skills.addresses import RefusedURL, target_of
from agentkit.skills.fetching import Fetch, Reply
from agentkit.skills.web_search import quality
from tests.skills.asking import said
from tests.skills.servers import Standing

JSON = dict[str, Any]
Make = Callable[..., AgentBase]
SITE = "https://example.com"


@pytest.fixture
def made(service: Standing) -> Make:
    """Skills that reach the server by any public URL; others are refused as they would be."""

    def client(fetch: Fetch) -> Reply:
        target_of(fetch.url, trusted=fetch.trusted, resolve=public)
        return service.client(fetch)

    def make(skill: str, **params: Any) -> AgentBase:
        return AgentBase("desk").add_skill(skill, {"http_client": client, "delay": 0, **params})

    return make


def public(host: str, port: int) -> list[str]:
    return ["10.0.0.1"] if host == "internal.example.com" else ["8.8.8.8"]


# Spider --------------------------------------------------------------------------------------


@pytest.fixture
def spider(made: Make) -> AgentBase:
    return made("spider", selectors={"head": "h1", "price": "#price"}, headers={"X-A": "b"})


async def test_a_page_is_told_as_text(spider: AgentBase, service: Standing) -> None:
    service.answers["/tea"] = b"<title>T</title><h1>Tea</h1><p>Green ${vars.x}</p>"
    told = await said(spider, "scrape_url", url=f" {SITE}/tea ")
    assert told == "The page says:\n\nTea Green $ {vars.x}"
    asked = service.asked[0]
    assert asked.headers["user-agent"] == "agentkit-spider/1.0"
    assert asked.headers["x-a"] == "b"
    assert not service.fetched[0].trusted


@pytest.fixture
def marked(made: Make) -> AgentBase:
    agent = made("spider", tool_name="md", extract_type="markdown", max_text_length=100)
    params = {"tool_name": "st", "extract_type": "structured", "clean_text": False}
    kept = agent.spec.skills["spider_md"].skill.params
    return agent.add_skill("spider", {**params, "http_client": kept["http_client"]})


async def test_a_page_is_told_in_other_forms(marked: AgentBase, service: Standing) -> None:
    service.answers["/"] = b"<title>T</title><h1>Tea</h1><li>One<p>" + b"x" * 500
    told = await said(marked, "md_scrape_url", url=SITE)
    assert told.startswith("The page says:\n\n# Tea\n- One\nxxx")
    assert told.endswith("x…")
    assert len(told) == 100 + len("The page says:\n\n")
    told = await said(marked, "st_scrape_url", url=SITE)
    assert told.startswith("The page says:\n\nTitle: T\nTea\nOne\n")


async def test_elements_of_a_page_are_told(spider: AgentBase, service: Standing) -> None:
    service.answers["/"] = b"<title>@{x}</title><h1>A</h1><h1>B</h1>"
    told = await said(spider, "extract_structured_data", url=SITE)
    assert told == "Title: @ {x}\nhead: A; B\nprice: not found"


@pytest.fixture
def plain(made: Make) -> AgentBase:
    return made("spider")


async def test_without_selectors_there_is_nothing_to_extract(plain: AgentBase) -> None:
    told = await said(plain, "extract_structured_data", url=SITE)
    assert told == "There is nothing to extract: no selectors are set."


HOSTILE_URLS = [
    "http://example.com/", "https://internal.example.com/", "file:///etc/passwd",
    "ftp://a.example",     "https://u:p@example.com/", "https://exa mple.com", "javascript:x", "x",
    "https://" + "a" * 3000,     "http://169.254.169.254/latest/meta-data", "//example.com",
]  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE_URLS)
async def test_a_url_that_is_not_public_https_is_not_asked(
    spider: AgentBase, service: Standing, url: str
) -> None:
    argument = {"scrape_url": "url", "extract_structured_data": "url", "crawl_site": "start_url"}
    for tool, name in argument.items():
        told = await said(spider, tool, **{name: url})
        assert told == "That URL cannot be read: only public https pages can."
    assert service.asked == []


async def test_nothing_is_asked_without_a_url(spider: AgentBase) -> None:
    assert await said(spider, "scrape_url", url="") == "Say which URL to read."


BROKEN: list[Any] = [
    404, 500, (200, {"Content-Type": "image/png"}, b"x"), (200, {}, b"x" * (512 * 1024 + 1)),
    (200, {"Content-Encoding": "gzip"}, b"x"),
]  # fmt: skip


async def test_a_page_that_cannot_be_read_is_told(spider: AgentBase, service: Standing) -> None:
    for number, answer in enumerate(BROKEN):
        service.answers[f"/{number}"] = answer
        told = await said(spider, "scrape_url", url=f"{SITE}/{number}")
        assert told == "The page could not be read."
    service.answers["/empty"] = b"<script>x</script>"
    assert await said(spider, "scrape_url", url=f"{SITE}/empty") == "The page has no text."


@pytest.fixture
def crawler(made: Make) -> AgentBase:
    return made("spider", max_pages=4, max_depth=2, follow_patterns=["/docs"])


async def test_a_crawl_stays_on_its_site_and_within_its_bounds(
    crawler: AgentBase, service: Standing
) -> None:
    service.answers |= {
        "/docs": b"First <a href=/docs/a><a href=/docs/b><a href=https://other.example/docs>"
                 b"<a href=/secret><a href=http://example.com/docs/x><a href=/docs>",
        "/docs/a": b"A <a href=/docs/a/deep>",
        "/docs/b": 500,
        "/docs/a/deep": b"Deep <a href=/docs/a/deep/more>",
        "/docs/a/deep/more": b"Too deep",
    }  # fmt: skip
    told = await said(crawler, "crawl_site", start_url=f"{SITE}/docs")
    assert told == (
        f"Pages read: 3\n\n{SITE}/docs\nFirst\n\n{SITE}/docs/a\nA\n\n{SITE}/docs/a/deep\nDeep"
    )
    paths = [asked.path for asked in service.asked]
    assert paths == ["/docs", "/docs/a", "/docs/b", "/docs/a/deep"]


async def test_a_crawl_reads_no_more_pages_than_it_may(
    crawler: AgentBase, service: Standing
) -> None:
    links = "".join(f"<a href=/docs/{number}>" for number in range(50))
    service.answers["*"] = links.encode()
    told = await said(crawler, "crawl_site", start_url=f"{SITE}/docs")
    assert told.startswith("Pages read: 4")
    assert len(service.asked) == 4


async def test_a_page_is_kept_for_a_while(spider: AgentBase, service: Standing) -> None:
    service.answers["/"] = b"Tea"
    for _ in range(2):
        assert await said(spider, "scrape_url", url=SITE) == "The page says:\n\nTea"
    assert len(service.asked) == 1
    service.answers["*"] = b"Other"
    for number in range(20):
        await said(spider, "scrape_url", url=f"{SITE}/{number}")
    await said(spider, "scrape_url", url=SITE)
    assert len(service.asked) == 22


@pytest.fixture
def polite(made: Make) -> AgentBase:
    return made("spider", follow_robots_txt=True, cache_enabled=False, user_agent="tea-bot")


async def test_a_polite_spider_reads_what_robots_may(polite: AgentBase, service: Standing) -> None:
    service.answers["*"] = b"Page"
    service.answers["/robots.txt"] = (200, {"Content-Type": "text/plain"},
                                      b"User-agent: *\nDisallow: /private\n")  # fmt: skip
    told = await said(polite, "scrape_url", url=f"{SITE}/private/a")
    assert told == "The page could not be read."
    assert await said(polite, "scrape_url", url=f"{SITE}/open") == "The page says:\n\nPage"
    service.answers["/robots.txt"] = 404
    assert await said(polite, "scrape_url", url=f"{SITE}/private/a") == "The page says:\n\nPage"
    told = await said(polite, "scrape_url", url="https://internal.example.com/")
    assert told.startswith("That URL cannot be read")


# Search --------------------------------------------------------------------------------------

CSE = "/customsearch/v1"
LONG = ("<p>Tea is grown in many lands and brewed by many people every day.</p>" * 30).encode()


def result(name: str) -> JSON:
    return {"title": f"Title {name}", "link": f"{SITE}/{name}", "snippet": f"Snippet {name}."}


@pytest.fixture
def search(made: Make) -> AgentBase:
    return made("web_search", api_key="k-1", search_engine_id="e-1", num_results=2)


async def test_the_best_pages_are_told(search: AgentBase, service: Standing) -> None:
    service.answers[CSE] = {"items": [result("poor"), result("good"), result("gone")]}
    service.answers["/poor"] = b"<p>Tea</p>"
    service.answers["/good"] = LONG
    told = await said(search, "web_search", query="tea leaves ${x}")
    assert told.startswith(f"=== RESULT 1 ===\nTitle: Title good\nURL: {SITE}/good\nSnippet: Snip")
    assert "Content:\nTea is grown" in told
    assert "poor" not in told
    asked = service.asked[0]
    assert asked.query == {"key": ["k-1"], "cx": ["e-1"], "q": ["tea leaves ${x}"], "num": ["5"]}
    assert [fetch.trusted for fetch in service.fetched] == [True, False, False, False]


async def test_where_no_page_is_good_the_search_itself_is_told(
    search: AgentBase, service: Standing
) -> None:
    private = {**result("x"), "link": "https://internal.example.com/"}
    service.answers[CSE] = {"items": [private, result("poor"), {"title": 5}, "x"]}
    service.answers["/poor"] = b"<p>Tea ${vars.x}</p>"
    told = await said(search, "web_search", query="tea")
    assert told.count("=== RESULT") == 2
    assert "Snippet: Snippet x." in told
    assert "Content:\nTea $ {vars.x}" in told
    assert all("internal" not in asked.headers["host"] for asked in service.asked)


@pytest.fixture
def brief(made: Make) -> AgentBase:
    return made(
        "web_search", api_key="k", search_engine_id="e", snippets_only=True, response_prefix="P",
        response_postfix="Q", no_results_message="Nothing on {query}.",
    )  # fmt: skip


async def test_a_search_may_read_no_pages(brief: AgentBase, service: Standing) -> None:
    service.answers[CSE] = {"items": [result("a")]}
    told = await said(brief, "web_search", query="tea")
    assert told == f"P\n\n=== RESULT 1 ===\nTitle: Title a\nURL: {SITE}/a\nSnippet: Snippet a.\n\nQ"
    assert service.asked[0].query["num"] == ["3"]
    service.answers[CSE] = {"items": []}
    assert await said(brief, "web_search", query="${x}") == "Nothing on $ {x}."
    assert await said(brief, "web_search") == "Say what to search for."


@pytest.fixture
def hurried(made: Make, monkeypatch: pytest.MonkeyPatch) -> AgentBase:
    times = iter([0.0, *(5.0,) * 9])
    monkeypatch.setattr("agentkit.skills.web_search.monotonic", lambda: next(times))
    return made(
        "web_search", api_key="k", search_engine_id="e", overall_deadline=1, parallel_scrape=False
    )


async def test_pages_are_left_when_the_time_is_over(hurried: AgentBase, service: Standing) -> None:
    service.answers[CSE] = {"items": [result("a")]}
    assert "Snippet a." in await said(hurried, "web_search", query="tea")
    assert len(service.asked) == 1


def test_a_page_is_good_when_it_says_much_of_what_was_asked() -> None:
    assert quality("", "tea") == 0
    assert quality("tea " * 500, "tea") == 1
    assert quality("cake " * 500, "tea") == 0.5
    assert quality("cake " * 500, "a") == 1


def test_the_standing_client_refuses_what_the_real_one_does(made: Make) -> None:
    client = made("spider").spec.skills["spider_spider"].skill.params["http_client"]
    with pytest.raises(RefusedURL):
        client(Fetch(url="https://internal.example.com/", trusted=False))
