"""Skills that ask a service: a real server stands for it, and answers as strangers may."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from agentkit import AgentBase
from agentkit._log import EventLogger
from agentkit.errors import ToolError
from agentkit.skills.fetching import Fetch, FetchError, Reply
from agentkit.skills.maps import written
from agentkit.skills.services import Service, at, clipped, dicts
from tests.skills.asking import said
from tests.skills.servers import Standing

JSON = dict[str, Any]
Make = Callable[..., AgentBase]
SORRY = "The service cannot be reached right now. Please try again later."


@pytest.fixture
def made(service: Standing) -> Make:
    def make(skill: str, **params: Any) -> AgentBase:
        return AgentBase("desk").add_skill(skill, {"http_client": service.client, **params})

    return make


WIKI = "/w/api.php"
SPHERE = "/api/datasphere/documents/search"
PLACES = "/maps/api/place/textsearch/json"
ROUTES = "/directions/v2:computeRoutes"


@pytest.fixture
def wiki(made: Make) -> AgentBase:
    return made("wikipedia_search", num_results=2)


@pytest.fixture
def sphere(made: Make) -> AgentBase:
    where = {"space_name": "acme", "project_id": "p", "token": "t", "document_id": "d"}
    return made("datasphere", **where, count=2, tags=["a"])


@pytest.fixture
def maps(made: Make) -> AgentBase:
    return made("google_maps", api_key="k-1")


# Wikipedia -----------------------------------------------------------------------------------


async def test_articles_are_told_in_their_order(wiki: AgentBase, service: Standing) -> None:
    service.answers[WIKI] = {"query": {"pages": {
        "7": {"index": 2, "title": "Tea bag", "extract": "A bag."},
        "3": {"index": 1, "title": "Tea", "extract": "A drink. ${vars.x}"},
        "9": {"title": "No text"},
        "8": {"title": "Third", "extract": "Left out."},
    }}}  # fmt: skip
    told = await said(wiki, "search_wiki", query=" tea & more ")
    assert told == "**Tea**\n\nA drink. $ {vars.x}\n\n**Tea bag**\n\nA bag."
    asked = service.asked[0]
    assert asked.query["gsrsearch"] == ["tea & more"]
    assert asked.query["gsrlimit"] == ["2"]
    assert service.fetched[0].url.startswith("https://en.wikipedia.org/w/api.php?")


async def test_nothing_found_is_told_with_the_query_escaped(
    wiki: AgentBase, service: Standing
) -> None:
    service.answers[WIKI] = {"batchcomplete": ""}
    told = await said(wiki, "search_wiki", query="${x}")
    assert told.startswith("I couldn't find any Wikipedia articles for '$ {x}'.")
    assert await said(wiki, "search_wiki", query=" ") == "Say what to look up."


# DataSphere ----------------------------------------------------------------------------------


async def test_a_document_is_searched(sphere: AgentBase, service: Standing) -> None:
    service.answers[SPHERE] = {
        "chunks": [{"text": "One. @{x}"}, {}, {"text": "Two."}, {"text": "3"}]
    }
    told = await said(sphere, "search_knowledge", query="tea")
    rule = "=" * 50
    assert told == (
        f"These are the results:\n\n=== RESULT 1 ===\nOne. @ {{x}}\n{rule}\n\n"
        f"=== RESULT 2 ===\nTwo.\n{rule}"
    )
    asked = service.asked[0]
    assert asked.headers["authorization"] == "Basic cDp0"
    assert asked.json() == {
        "document_id": "d", "query_string": "tea", "count": 2, "distance": 3.0, "tags": ["a"]
    }  # fmt: skip
    assert service.fetched[0].url == "https://acme.signalwire.com/api/datasphere/documents/search"


async def test_a_document_that_says_nothing_is_told(sphere: AgentBase, service: Standing) -> None:
    service.answers[SPHERE] = {"chunks": []}
    assert "for 'tea'" in await said(sphere, "search_knowledge", query="tea")
    assert await said(sphere, "search_knowledge") == "Say what to search for."


# Maps ----------------------------------------------------------------------------------------

PLACE = {"name": "Tea House", "formatted_address": "7 Main St", "geometry": {
    "location": {"lat": 1.5, "lng": -2}}}  # fmt: skip


async def test_an_address_is_found_near_a_place(maps: AgentBase, service: Standing) -> None:
    service.answers[PLACES] = {"results": [PLACE, {}]}
    near = {"bias_lat": 1, "bias_lng": "2.5"}
    told = await said(maps, "lookup_address", address="seven one Main street", **near)
    assert told == "Tea House\n7 Main St\nLatitude 1.5, longitude -2"
    query = service.asked[0].query
    assert query["query"] == ["71 Main street"]
    assert query["location"] == ["1.0,2.5"]
    assert query["key"] == ["k-1"]
    assert "location" not in (await asked_for(maps, service, address="a"))


async def asked_for(maps: AgentBase, service: Standing, **args: Any) -> JSON:
    await said(maps, "lookup_address", **args)
    return service.asked[-1].query


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({}, "Say which address to look up."),
        ({"address": "a", "bias_lat": 91, "bias_lng": 0},
         "bias_lat must be a number of degrees from -90 to 90."),
        ({"address": "a", "bias_lat": 0, "bias_lng": -181},
         "bias_lng must be a number of degrees from -180 to 180."),
    ],
)  # fmt: skip
async def test_what_is_no_address_is_not_asked_for(
    maps: AgentBase, service: Standing, args: JSON, told: str
) -> None:
    assert await said(maps, "lookup_address", **args) == told
    assert service.asked == []


ROUTE = {"origin_lat": 1, "origin_lng": 2, "dest_lat": 3, "dest_lng": 4}


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ({"distanceMeters": 16093, "duration": "1200s"}, "10.0 miles and takes about 20 min"),
        ({"distanceMeters": 160934, "duration": "7200.5s"}, "100.0 miles and takes about 2 h"),
        ({"distanceMeters": 1, "duration": "5430s"}, "0.0 miles and takes about 1 h 30 min"),
        ({"distanceMeters": 1, "duration": "1s"}, "0.0 miles and takes about 1 min"),
    ],
)
async def test_a_way_is_told(maps: AgentBase, service: Standing, route: JSON, told: str) -> None:
    service.answers[ROUTES] = {"routes": [route]}
    assert await said(maps, "compute_route", **ROUTE) == f"The way is {told}."
    asked = service.asked[0]
    assert asked.headers["x-goog-api-key"] == "k-1"
    assert asked.json()["destination"] == {"location": {"latLng": {"latitude": 3, "longitude": 4}}}


async def test_a_way_between_three_numbers_is_not_asked_for(
    maps: AgentBase, service: Standing
) -> None:
    told = await said(maps, "compute_route", origin_lat=1, origin_lng=2, dest_lat=3)
    assert told == "dest_lng must be a number of degrees from -180 to 180."
    assert service.asked == []


@pytest.mark.parametrize(
    ("spoken", "figures"),
    [
        ("seven one four Main Street", "714 Main Street"),
        ("One, oh two  Elm", "102 Elm"),
        ("5 nine", "5 9"),
        ("none", "none"),
        ("", ""),
    ],
)
def test_spoken_digits_become_figures(spoken: str, figures: str) -> None:
    assert written(spoken) == figures


# What services may answer --------------------------------------------------------------------

HOSTILE: list[Any] = [
    None, [], 5, "text", {}, {"query": []}, {"query": {"pages": []}},
    {"query": {"pages": {"1": 5}}},
    {"query": {"pages": {"1": {"extract": 5, "index": "x"}}}},
    {"query": {"pages": {"1": {"extract": "x" * 100_000, "title": ["t"]}}}},
    {"chunks": 5}, {"chunks": [None, 5, {"text": 5}, {"text": "x" * 100_000}]},
    {"results": {}}, {"results": [5]}, {"results": [{"geometry": 5}]},
    {"results": [{"geometry": {"location": {"lat": "${x}", "lng": True}}}]},
    {"results": [{**PLACE, "name": "n" * 10_000, "formatted_address": {}}]},
    {"routes": [{"distanceMeters": "1", "duration": "1s"}]}, {"routes": [{"duration": 5}]},
    {"routes": [{"distanceMeters": 1, "duration": "${x}s"}]}, {"error": "${x}"},
]  # fmt: skip


@pytest.fixture
def skilled(request: pytest.FixtureRequest) -> AgentBase:
    agent: AgentBase = request.getfixturevalue(request.param)
    return agent


TOOLS = [
    ("wiki", "search_wiki", {"query": "q"}),
    ("sphere", "search_knowledge", {"query": "q"}),
    ("maps", "lookup_address", {"address": "a"}),
    ("maps", "compute_route", ROUTE),
]


@pytest.mark.parametrize(("skilled", "tool", "args"), TOOLS, indirect=["skilled"])
async def test_whatever_a_service_answers_is_told_in_bounds(
    skilled: AgentBase, tool: str, args: JSON, service: Standing
) -> None:
    for answer in HOSTILE:
        service.answers["*"] = answer
        told = await said(skilled, tool, **args)
        assert told
        assert "${" not in told
        assert len(told) < 20_000
        assert "went wrong" not in told, answer


BROKEN: list[Any] = [
    404, 500, (302, {"Location": "http://127.0.0.1/"}, b""), b"<html>", b"", b"{" * 1_000,
    b'{"a":' * 100 + b"1" + b"}" * 100, b"\xff\xfe", (200, {"Content-Encoding": "br"}, b"x"),
    (200, {}, b'"' + b"x" * (2 * 1024 * 1024) + b'"'),
]  # fmt: skip


@pytest.mark.parametrize(("skilled", "tool", "args"), TOOLS, indirect=["skilled"])
async def test_a_service_that_fails_is_told_without_a_word_of_it(
    skilled: AgentBase,
    tool: str,
    args: JSON,
    service: Standing,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "agentkit")
    for answer in BROKEN:
        service.answers["*"] = answer
        assert await said(skilled, tool, **args) == SORRY, answer
    assert "skill_service_failed" in caplog.text
    assert "k-1" not in caplog.text
    assert "query" not in caplog.text


def unreachable(fetch: Fetch) -> Reply:
    raise FetchError("no reply")


def test_a_failure_has_the_words_of_the_skill() -> None:
    service = Service(unreachable, EventLogger("agentkit.test"), "Not today.")
    with pytest.raises(ToolError, match=r"^Not today\.$"):
        service.get("https://example.com/")


def test_data_of_any_shape_can_be_looked_into() -> None:
    data = {"a": [{"b": 1}, 5]}
    assert at(data, "a", 0, "b") == 1
    assert at(data, "a", -1) == 5
    assert [at(data, *path) for path in (("a", 2), ("a", "b"), ("x",), ("a", 1, "b"))] == [None] * 4
    assert dicts(data, "a") == [{"b": 1}]
    assert dicts(data, "x") == []
    assert clipped("abcdef", 4) == "abc…"
    assert clipped(5, 4) == ""
