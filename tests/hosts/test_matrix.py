"""A document's URLs are right wherever an agent runs, and lead to what they name.

Each test runs in each row: it fetches the document there, as the platform would, and follows the
URLs that it finds. Nothing is asked of the agent but over the wire.
"""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from agentkit.testing import SimulatedCall
from tests.hosts.desk import Desk
from tests.hosts.rows import ROWS, Row
from tests.interaction.hosts import AUTH, Reached

behaviour = pytest.mark.behaviour
JSON = dict[str, Any]
USER = "user:s3cret%2Fwith%3Aodd%40signs@"


@pytest.fixture(params=ROWS, ids=lambda row: row.name)
def row(request: pytest.FixtureRequest) -> Row:
    found: Row = request.param
    return found


async def started(reached: Reached, **options: Any) -> SimulatedCall:
    call = SimulatedCall(reached.client, reached.path, **options)
    await call.start()
    return call


def urls_in(document: JSON) -> list[str]:
    return re.findall(r"https?://[^'\"]+", str(document))


def home_of(document: JSON) -> str:
    """The agent's own URL, as the document has it."""
    return next(url for url in urls_in(document) if "/swaig/?" in url).partition("/swaig/?")[0]


def expected_home(reached: Reached, agent: Desk) -> str:
    return f"{reached.public.replace('://', f'://{USER}', 1)}{agent.route.rstrip('/')}"


@behaviour("hosts.urls")
@pytest.mark.parametrize("route", ["/desk", "/", "/deep/er"])
async def test_every_url_of_a_document_is_under_the_address_of_the_agent(
    row: Row, route: str
) -> None:
    agent = row.agent(route)
    async with row.open(agent) as reached:
        fetched = [
            await reached.client.get(reached.at("?call_id=c-1")),
            await reached.client.post(reached.path, json={"call": {"call_id": "c-1"}}),
            await reached.client.post(reached.at("/"), json={"call": {"call_id": "c-1"}}),
            await reached.client.get(reached.at("/swaig")),
        ]
        for answer in fetched:
            assert answer.status == 200, answer.text
            found = urls_in(answer.json())
            assert len(found) == 2
            home = expected_home(reached, agent)
            assert {url.partition("?")[0] for url in found} == {
                f"{home}/swaig/",
                f"{home}/post_prompt/",
            }


@behaviour("hosts.answers")
@pytest.mark.parametrize("route", ["/desk", "/"])
async def test_tools_answer_at_the_url_in_the_document(row: Row, route: str) -> None:
    async with row.open(row.agent(route)) as reached:
        call = await started(reached)
        assert (await call.tool("greet", name="Zoë")).response == "Hello, Zoë."
        assert [(await call.tool("knock")).response for _ in range(2)] == ["1 times.", "2 times."]
        other = await started(reached)
        assert (await other.tool("knock")).response == "1 times."


@behaviour("hosts.answers")
@pytest.mark.parametrize("route", ["/desk", "/"])
async def test_a_summary_arrives_through_the_url_in_the_document(row: Row, route: str) -> None:
    async with row.open(row.agent(route)) as reached:
        call = await started(reached)
        posted = await call.hang_up(summary="All is well.")
        assert posted is not None
        assert (posted.status, posted.json()) == (200, {"success": True})
        asked = await started(reached)
        assert (await asked.tool("heard")).response == "All is well."


@behaviour("hosts.answers")
async def test_check_for_input_answers_under_the_same_address(row: Row) -> None:
    async with row.open(row.agent()) as reached:
        url = f"{home_of((await started(reached)).document)}/check_for_input"
        nothing = {"status": "success", "conversation_id": "c", "new_input": False, "messages": []}
        anybody = reached.client.with_auth(None)
        assert (await anybody.get(f"{url}?conversation_id=c")).json() == nothing
        assert (await anybody.post(f"{url}/", json={"conversation_id": "c"})).json() == nothing


@behaviour("hosts.answers")
async def test_a_callback_answers_under_the_same_address(row: Row) -> None:
    async with row.open(row.agent()) as reached:
        home = home_of((await started(reached)).document)
        call = SimulatedCall(reached.client.with_auth(None), f"{home}/guest")
        await call.start()
        assert home_of(call.document) == home
        assert (await call.tool("greet", name="guest")).response == "Hello, guest."
        away = {"call": {}, "vars": {"go_to": "https://elsewhere.example/agent"}}
        sent = await reached.client.post(f"{home}/guest", json=away)
        assert (sent.status, sent.headers["location"]) == (307, "https://elsewhere.example/agent")
        same = await reached.client.post(f"{home}/guest/", json={"vars": {"go_to": "/desk"}})
        assert (same.status, home_of(same.json())) == (200, home)


@behaviour("hosts.answers")
async def test_a_sip_call_is_answered_under_the_same_address(row: Row) -> None:
    async with row.open(row.agent()) as reached:
        home = home_of((await started(reached)).document)
        client = reached.client.with_auth(None)
        for path in ("/sip", "/sip/"):
            call = SimulatedCall(client, f"{home}{path}", called="sip:Reception@desk.example")
            await call.start()
            assert home_of(call.document) == home
            assert (await call.tool("greet", name="SIP")).response == "Hello, SIP."
        for unknown in ("sip:nobody@desk.example", "sip:desk2@desk.example"):
            answer = await client.post(f"{home}/sip", json={"call": {"to": unknown}})
            assert (answer.status, list(answer.json())) == (404, ["error"])


@behaviour("hosts.answers")
async def test_refusals_reach_the_caller_as_they_are(row: Row) -> None:
    async with row.open(row.agent()) as reached:
        document = (await started(reached)).document
        home, post = home_of(document), reached.client.post
        anybody = reached.client.with_auth(("user", "wrong"))
        path = urlsplit(home).path
        unknown = await anybody.post(path, content=b"{")
        assert (unknown.status, unknown.json()) == (401, {"error": "Unauthorized"})
        challenge = unknown.headers["www-authenticate"]
        assert challenge == 'Basic realm="agentkit", charset="UTF-8"'
        wrong = await reached.client.request("DELETE", f"{home}/swaig")
        assert (wrong.status, wrong.headers["allow"]) == (405, "GET, POST")
        assert (await post(f"{home}/swaig", json={"function": "greet"})).status == 403
        assert (await post(home, json=[1])).status == 400
        broken = await post(home, content=b"{", headers={"content-type": "application/json"})
        assert "not valid JSON" in broken.json()["error"]
        strange = await post(home, content=b"{}", headers={"content-type": "text/plain"})
        assert strange.status == 415
        big = b'{"a": "' + b"x" * (1 << 20) + b'"}'
        refused = await post(home, content=big, headers={"content-type": "application/json"})
        assert refused.status == 413


@behaviour("hosts.urls")
async def test_a_lie_about_the_host_stays_with_the_liar(row: Row) -> None:
    lies = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "gopher",
        "x-forwarded-prefix": "/evil",
        "forwarded": "host=evil.example;proto=https",
        "x-original-host": "evil.example",
    }
    agent = row.agent()
    believed = {} if row.trusts else lies  # where a proxy is trusted, it would be the liar
    async with row.open(agent) as reached:
        await reached.client.with_auth(None).get(reached.path, headers=lies)
        for headers in ({}, believed):
            fetched = await reached.client.get(reached.path, headers=headers)
            assert home_of(fetched.json()) == expected_home(reached, agent)


def test_the_matrix_has_its_rows() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) >= 20
    assert AUTH == ("user", "s3cret/with:odd@signs")
