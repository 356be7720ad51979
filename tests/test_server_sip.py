"""Calls that come in at a server: SIP usernames, called numbers, callbacks of the server."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from agentkit import AgentBase, AgentServer, DefinitionError
from agentkit.testing import AgentClient, SimulatedCall
from tests.documents import AUTH, JSON, make

OTHER_AUTH = ("other", "word")


def named(name: str, route: str, **options: Any) -> AgentBase:
    """An agent that says its name, in its prompt and by a tool."""
    agent = make(name, route=route, **options).set_prompt_text(f"I am {name}.").set_post_prompt("?")
    return agent.define_tool("who", "Tell.", {}, lambda args, raw: f"{agent.name} at {agent.route}")


def two() -> AgentServer:
    server = AgentServer().register(named("Registration Agent", "/register"))
    return server.register(named("Support", "/support"))


async def dial(app: Any, to: Any, path: str = "/sip", auth: Any = AUTH) -> Any:
    body = {"call": {"call_id": "c-1", "to": to}}
    return await AgentClient(app, auth=auth).post(path, json=body)


def who(answer: Any) -> str:
    assert answer.status == 200, answer.text
    prompt: JSON = answer.json()["sections"]["main"][1]["ai"]["prompt"]
    return str(prompt["text"]).removeprefix("I am ").removesuffix(".")


SEED = {
    "sip:register@d": "Registration Agent",
    "sip:RegistrationAgent@d": "Registration Agent",
    "sip:rgstrtngnt@d": "Registration Agent",
    "sip:signup@d": "Registration Agent",
    "sip:support@d": "Support",
    "sips:%53upport:pw@d:5061;transport=tls": "Support",
    '"Help" <sip:HELP@d;x=1>;tag=2': "Support",
    "/public/sspprt": None,
    "sip:spprt@d": "Support",
    "sip:ghost@d": None,
    "sip:support@": "Support",
    "sip:@support": None,
    "tel:+12025550100": None,
    "": None,
    None: None,
}


async def test_each_agent_is_reachable_by_its_names_at_one_endpoint() -> None:
    server = two()
    assert server.setup_sip_routing(route="/sip", auto_map=True) is server
    assert server.register_sip_username("signup", "/register") is server
    server.register_sip_username("help", "/support")
    for to, expected in SEED.items():
        for path in ("/sip", "/sip/"):
            answer = await dial(server, to, path)
            if expected is None:
                assert answer.status == 404
                assert answer.json()["error"].startswith("no agent here answers to")
            else:
                assert who(answer) == expected
    assert who(await AgentClient(server, auth=AUTH).get("/sip?to=sip:help@d")) == "Support"


async def test_the_document_is_the_agents_own_and_its_urls_lead_to_it() -> None:
    server = two().setup_sip_routing()
    own = await dial(server, "sip:support@d", "/support")
    assert (await dial(server, "sip:support@d")).body == own.body
    for app, prefix in ((server, ""), (Starlette(routes=[Mount("/voice", app=server)]), "/voice")):
        call = SimulatedCall(
            AgentClient(app, auth=AUTH), url=f"{prefix}/sip", called="sip:support@d"
        )
        await call.start()
        assert (await call.tool("who")).response == "Support at /support"
        assert f"{prefix}/support/swaig" in str(call.document)
        posted = await call.hang_up(summary="Done.")
        assert posted is not None
        assert posted.json() == {"success": True}


async def test_agents_registered_later_are_found_and_those_taken_off_are_not() -> None:
    server = AgentServer().register_sip_username("boss", "/late").setup_sip_routing()
    assert (await dial(server, "boss", auth=AUTH)).status == 401  # nobody is there to let in
    server.register(named("Support", "/support"))
    assert (await dial(server, "boss")).status == 404
    server.register(named("Late", "/late"))
    assert (who(await dial(server, "boss")), who(await dial(server, "late"))) == ("Late", "Late")
    assert server.unregister("/late")
    for name in ("boss", "late"):
        assert (await dial(server, name)).status == 404
    server.register(named("New", "/late"))
    assert [who(await dial(server, name)) for name in ("boss", "late", "new")] == ["New"] * 3


async def test_an_agent_registered_at_another_route_is_found_by_that_route() -> None:
    server = AgentServer().setup_sip_routing().register(named("Sales", "/old"), "/new")
    assert server.get_sip_usernames() == {"sales": "/new", "new": "/new", "sls": "/new"}
    assert (await dial(server, "old")).status == 404
    assert who(await dial(server, "new")) == "Sales"


async def test_names_given_to_an_agent_count_whenever_they_are_given() -> None:
    agent = named("Support", "/support").register_sip_username("desk")
    server = AgentServer().register(agent).setup_sip_routing(auto_map=False)
    assert (await dial(server, "support")).status == 404
    assert who(await dial(server, "desk")) == "Support"
    agent.register_sip_username("later").set_params({"a": 1})
    assert who(await dial(server, "later")) == "Support"
    agent.auto_map_sip_usernames()
    assert who(await dial(server, "spprt")) == "Support"
    assert set(server.get_sip_usernames()) == {"desk", "later", "support", "spprt"}


async def test_usernames_can_be_forgotten_and_listed() -> None:
    server = two().register_sip_username("Help", "/support/")
    assert server.get_sip_usernames() == {"help": "/support"}
    server.setup_sip_routing()
    assert server.get_sip_usernames() == {
        "help": "/support",
        "registrationagent": "/register",
        "register": "/register",
        "rgstrtngnt": "/register",
        "support": "/support",
        "spprt": "/support",
    }
    assert server.unregister_sip_username("HELP")
    assert not server.unregister_sip_username("help")
    assert not server.unregister_sip_username("support")
    assert (await dial(server, "help")).status == 404
    root = AgentServer().register(named("Root", "/")).setup_sip_routing()
    assert root.get_sip_usernames() == {"root": "/"}
    assert who(await dial(root, "root")) == "Root"


DOCUMENT: JSON = {"version": "1.0.0", "sections": {"main": [{"hangup": {"reason": "busy"}}]}}


async def test_calls_for_nobody_get_the_fallback() -> None:
    apart = named("Apart", "/apart")
    expected: dict[str, Any] = {"Support": "/support", "Apart": apart}
    for name, fallback in expected.items():
        server = two().setup_sip_routing(fallback=fallback)
        for to in ("ghost", "", None):
            assert who(await dial(server, to)) == name
        assert who(await dial(server, "register")) == "Registration Agent"
    server = two().setup_sip_routing(fallback=DOCUMENT)
    assert (await dial(server, "ghost")).json() == DOCUMENT
    elsewhere = two().setup_sip_routing(fallback="/nowhere")
    answer = await dial(elsewhere, "ghost")
    assert (answer.status, answer.headers["location"]) == (307, "/nowhere")


async def test_a_call_for_nobody_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "agentkit")
    server = two().setup_sip_routing(fallback="/support")
    await dial(server, "sip:ghost%0a@d")
    await dial(server, "sip:support@d")
    await dial(server, "sip:ghost@d")
    lines = [line for line in caplog.messages if line.startswith("username_unknown")]
    assert len(lines) == 2
    assert "username=ghost" in lines[1]
    assert "call_id=c-1" in lines[1]


CONFLICTS: dict[str, list[tuple[str, str]]] = {
    "one name": [("Sales", "/a"), ("sales!", "/b")],
    "a name and a route": [("Sales", "/a"), ("x", "/sales")],
    "a name and one without vowels": [("sls", "/a"), ("Sales", "/b")],
    "two without vowels": [("Sales", "/a"), ("Soles", "/b")],
}


@pytest.mark.parametrize("agents", CONFLICTS.values(), ids=CONFLICTS)
def test_two_owners_of_one_name_are_an_error_at_registration(agents: list[tuple[str, str]]) -> None:
    first, second = (named(*each) for each in agents)
    server = AgentServer().setup_sip_routing().register(first)
    listed = server.get_sip_usernames()
    with pytest.raises(DefinitionError, match=r"the SIP username 's.*' of '/.*' is that of '/a'"):
        server.register(second)
    assert [agent for _, agent in server.get_agents()] == [first]
    assert server.get_sip_usernames() == listed
    late = AgentServer().register(first).register(second)
    with pytest.raises(DefinitionError, match="already; rename one, or pass auto_map=False"):
        late.setup_sip_routing()
    assert late.get_sip_usernames() == {}
    late.setup_sip_routing(auto_map=False)


def test_a_name_that_is_told_must_be_free() -> None:
    server = two().setup_sip_routing().register_sip_username("help", "/support")
    server.register_sip_username("help", "/support").register_sip_username("support", "/support")
    for name in ("help", "support", "SUPPORT"):
        with pytest.raises(DefinitionError, match="already"):
            server.register_sip_username(name, "/register")
    with pytest.raises(DefinitionError, match="is no SIP username"):
        server.register_sip_username("a b", "/support")
    with pytest.raises(DefinitionError, match="is not a path"):
        server.register_sip_username("ab", "support")
    told = AgentServer().register_sip_username("sales", "/a").setup_sip_routing()
    with pytest.raises(DefinitionError, match="of '/b' is that of '/a'"):
        told.register(named("Sales", "/b"))


async def test_a_name_taken_behind_the_servers_back_stays_with_its_owner(
    caplog: pytest.LogCaptureFixture,
) -> None:
    one, other = named("One", "/one"), named("Other", "/other")
    server = AgentServer().register(one).register(other).setup_sip_routing()
    one.register_sip_username("desk")
    assert who(await dial(server, "desk")) == "One"
    other.register_sip_username("desk").register_sip_username("own")
    assert who(await dial(server, "desk")) == "One"
    assert who(await dial(server, "own")) == "Other"
    assert "sip_username_taken" in caplog.text
    with pytest.raises(DefinitionError, match="the SIP username 'desk'"):
        server.run()


async def test_a_name_that_leads_nowhere_is_told_at_the_start(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = two().register_sip_username("ghost", "/missing").setup_sip_routing()
    server.route_by_number({"+12025550100": "/misspelt"})
    assert server.lost_usernames() == ["ghost", "+12025550100"]
    async with AgentClient(server).lifespan():
        assert "sip_usernames_lead_nowhere" in caplog.text
        assert "ghost" in caplog.text
    assert (await dial(server, "ghost")).status == 404


TAKEN: dict[str, str] = {
    "an agent": "/support",
    "an endpoint": "/support/swaig/",
    "a callback": "/support/desk",
    "health": "/health",
    "no path": "sip",
    "another desk": "/numbers",
}


@pytest.mark.parametrize("path", TAKEN.values(), ids=TAKEN)
def test_the_path_of_a_desk_must_be_free(path: str) -> None:
    server = two().route_by_number({}, "/numbers")
    agent = server.get_agent("/support")
    assert agent is not None
    agent.register_routing_callback(lambda request, body: None, "/desk")
    with pytest.raises(DefinitionError):
        server.setup_sip_routing(path)
    with pytest.raises(DefinitionError):
        server.route_by_number({"+1": "/support"}, path)
    with pytest.raises(DefinitionError):
        server.register_routing_callback(lambda request, body: None, path)
    assert server.get_sip_usernames() == {}
    server.setup_sip_routing("/free")


def test_an_agent_does_not_hide_a_desk() -> None:
    server = AgentServer().setup_sip_routing("/in/sip")
    for route, agent in (
        ("/in/sip", named("a", "/a")),
        ("/in", named("b", "/b").enable_sip_routing()),
    ):
        with pytest.raises(DefinitionError, match="'/in/sip' is taken by a desk of the server"):
            server.register(agent, route)
    server.register(named("c", "/c"), "/in")
    with pytest.raises(DefinitionError, match="set up already"):
        server.setup_sip_routing("/other")


@pytest.mark.parametrize("fallback", [5, "support", {"main": []}, AgentBase, ["/support"]])
def test_a_wrong_fallback_is_an_error_at_once(fallback: Any) -> None:
    server = two()
    with pytest.raises(DefinitionError, match="fallback takes an agent, a path or a document"):
        server.setup_sip_routing(fallback=fallback)
    with pytest.raises(DefinitionError, match="fallback takes"):
        server.route_by_number({}, fallback=fallback)
    server.setup_sip_routing()


def apart() -> AgentServer:
    """Two agents with credentials of their own."""
    server = AgentServer().register(named("Mine", "/mine"))
    return server.register(named("Theirs", "/theirs", basic_auth=OTHER_AUTH))


async def test_credentials_open_the_agents_that_they_belong_to() -> None:
    server = apart().setup_sip_routing()
    assert who(await dial(server, "mine")) == "Mine"
    assert who(await dial(server, "theirs", auth=OTHER_AUTH)) == "Theirs"
    for to, auth in (("theirs", AUTH), ("mine", OTHER_AUTH)):
        answer = await dial(server, to, auth=auth)
        assert (answer.status, answer.json()) == (401, {"error": "Unauthorized"})
        assert answer.headers["www-authenticate"].startswith('Basic realm="agentkit"')
        assert "p@" not in answer.text
    strangers: list[Any] = [None, ("u", "wrong"), ("other", "p")]
    for auth in strangers:
        for to in ("mine", "theirs", "ghost"):
            assert (await dial(server, to, auth=auth)).status == 401


async def test_a_stranger_is_refused_before_the_body_is_read() -> None:
    server = apart().setup_sip_routing()
    answer = await AgentClient(server).post("/sip", content=b"{", headers={"content-type": "x"})
    assert answer.status == 401
    for auth in (AUTH, OTHER_AUTH):
        client = AgentClient(server, auth=auth)
        assert (await client.post("/sip", json=[])).status == 400
        assert (await client.post("/sip", content=b"{")).status == 415
        assert (await client.request("PUT", "/sip")).status == 405
        assert (await client.post("/sip", json={"call": {"call_id": 5}})).status == 400
        assert (await client.post("/sip", content=b"")).status == 404


async def test_credentials_of_the_desk_open_every_agent_and_no_others_do() -> None:
    server = apart().setup_sip_routing(basic_auth=("desk", "secret"))
    for to in ("mine", "theirs"):
        assert who(await dial(server, to, auth=("desk", "secret"))) == to.title()
        for auth in (AUTH, OTHER_AUTH, None):
            assert (await dial(server, to, auth=auth)).status == 401
    assert (await dial(server, "mine", "/mine", auth=("desk", "secret"))).status == 401


async def test_credentials_of_agents_that_come_and_go_follow_them() -> None:
    server = AgentServer().setup_sip_routing().register(named("Mine", "/mine"))
    assert (await dial(server, "mine", auth=OTHER_AUTH)).status == 401
    server.register(named("Theirs", "/theirs", basic_auth=OTHER_AUTH))
    assert (await dial(server, "ghost", auth=OTHER_AUTH)).status == 404
    server.unregister("/theirs")
    assert (await dial(server, "ghost", auth=OTHER_AUTH)).status == 401


def signed(url: str, body: bytes, key: str) -> dict[str, str]:
    digest = hmac.new(key.encode(), url.encode() + body, hashlib.sha1).hexdigest()
    return {"x-signalwire-signature": digest, "content-type": "application/json"}


async def test_an_agent_with_a_signing_key_is_reached_by_signed_requests_only() -> None:
    url = "https://agents.example.com"
    agent = named("Signed", "/signed", signing_key="PSK-1", public_url=url)
    server = AgentServer().register(agent).register(named("Open", "/open")).setup_sip_routing()
    client, body = AgentClient(server, auth=AUTH), json.dumps({"to": "signed"}).encode()
    good = await client.post("/sip", content=body, headers=signed(f"{url}/sip", body, "PSK-1"))
    assert who(good) == "Signed"
    for bad in (signed(f"{url}/signed", body, "PSK-1"), signed(f"{url}/sip", body, "x")):
        assert (await client.post("/sip", content=body, headers=bad)).status == 403
    assert (await client.post("/sip", json={"to": "signed"})).status == 403
    assert (await client.get("/sip?to=signed")).status == 403
    assert who(await client.get("/sip?to=open")) == "Open"


NUMBERS = {"+1 (202) 555-0100": "/register", "+12025550101": "/support", "7042": "/support"}
CALLED = {
    "+12025550100": "Registration Agent",
    "sip:+1-202-555-0100@gw.example.com;user=phone": "Registration Agent",
    "tel:+12025550101": "Support",
    "tel:7042;phone-context=example.com": "Support",
    "+12025550102": None,
    "12025550100": None,
    "sip:support@d": None,
    "": None,
}


async def test_the_called_number_leads_to_an_agent() -> None:
    server = two()
    assert server.route_by_number(NUMBERS) is server
    for to, expected in CALLED.items():
        answer = await dial(server, to, "/number")
        assert (who(answer) if answer.status == 200 else None) == expected
        assert answer.status in {200, 404}
    server.route_by_number(NUMBERS, "/", fallback="/support")
    assert who(await dial(server, "+1999", "/")) == "Support"
    assert who(await dial(server, "+12025550100", "/")) == "Registration Agent"
    assert (await AgentClient(server).get("/health")).status == 200
    assert (await AgentClient(server, auth=AUTH).get("/unknown")).status == 404


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"": "/support"}, "is no SIP username"),
        ({"+1": "support"}, "is not a path"),
        ({"+1-2": "/a", "+12": "/b"}, "'\\+12' of '/b' is that of '/a'"),
        ("+1", "numbers are told as a dict of routes, not '\\+1'"),
    ],
)
def test_wrong_numbers_are_an_error_at_once(numbers: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        AgentServer().route_by_number(numbers)


async def test_a_callback_of_the_server_says_who_answers() -> None:
    async def by_tenant(body: JSON, headers: JSON) -> Any:
        return {"a": "/support", "doc": DOCUMENT, "away": "https://x.example/y"}.get(
            headers.get("x-tenant", "")
        )

    server = two().register_routing_callback(by_tenant, "/tenants")
    client = AgentClient(server, auth=AUTH)

    async def ask(tenant: str) -> Any:
        return await client.post("/tenants", json={}, headers={"x-tenant": tenant})

    assert who(await ask("a")) == "Support"
    assert (await ask("doc")).json() == DOCUMENT
    away = await ask("away")
    assert (away.status, away.headers["location"]) == (307, "https://x.example/y")
    nobody = await ask("none")
    assert (nobody.status, nobody.json()) == (404, {"error": "no agent here answers this request"})
    server.register_routing_callback(lambda request, body: None, "/else", fallback="/register")
    assert who(await client.get("/else")) == "Registration Agent"
    with pytest.raises(DefinitionError, match="takes a function"):
        server.register_routing_callback(None, "/x")  # type: ignore[arg-type]


async def test_a_callback_of_the_server_opens_only_what_the_credentials_do() -> None:
    server = apart().register_routing_callback(lambda request, body: body["to"], "/go")
    assert who(await AgentClient(server, auth=AUTH).post("/go", json={"to": "/mine"})) == "Mine"
    answer = await AgentClient(server, auth=AUTH).post("/go", json={"to": "/theirs"})
    assert answer.status == 401


def failing(request: Any, body: JSON) -> str:
    raise RuntimeError("canary")


@pytest.mark.parametrize(
    "callback",
    [
        failing,
        lambda request, body: "//evil.example",
        lambda request, body: 5,
        lambda request, body: {"main": []},
        lambda request, body: {"sections": {"main": [object()]}},
        lambda request, body: "/go",
        lambda request, body: "/support/swaig",
    ],
)
async def test_a_callback_of_the_server_that_fails_gets_an_apology(callback: Any) -> None:
    server = two().register_routing_callback(callback, "/go")
    answer = await AgentClient(server, auth=AUTH).post("/go", json={})
    assert answer.status == 200
    main = answer.json()["sections"]["main"]
    assert [next(iter(verb)) for verb in main] == ["answer", "play", "hangup"]
    assert "canary" not in answer.text


async def test_an_agents_callback_may_pass_a_call_on_to_a_desk() -> None:
    server = two().setup_sip_routing()
    agent = named("Front", "/front")
    agent.register_routing_callback(lambda request, body: "/sip?to=support", "/desk")
    agent.register_routing_callback(lambda request, body: "/sip", "/same")
    server.register(agent)
    client = AgentClient(server, auth=AUTH)
    assert who(await client.get("/front/desk")) == "Support"
    assert who(await client.post("/front/same", json={"call": {"to": "register"}})) == (
        "Registration Agent"
    )


async def test_a_request_is_passed_on_three_times_at_most() -> None:
    server = two().setup_sip_routing(fallback="/two")
    for number in range(2, 6):
        target = f"/{['', '', 'three', 'four', 'five', 'support'][number]}"
        path = f"/{['', '', 'two', 'three', 'four', 'five'][number]}"
        server.register_routing_callback(lambda r, b, target=target: target, path)
    client = AgentClient(server, auth=AUTH)
    assert who(await client.get("/four")) == "Support"
    assert who(await client.get("/three")) == "Support"
    assert "play" in (await client.get("/two")).text
    assert "play" in (await client.get("/sip?to=ghost")).text
