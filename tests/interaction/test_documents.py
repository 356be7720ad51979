"""Documents: paths, credentials, URLs, hooks, per-call configuration, routing."""

import logging
import re
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.requests import Request

from agentkit import SWML, AgentBase
from agentkit.testing import SimulatedCall
from tests.interaction.hosts import AUTH, Host, Reached

JSON = dict[str, Any]
behaviour = pytest.mark.behaviour


def make(kind: type[AgentBase] = AgentBase, **options: Any) -> AgentBase:
    agent = kind("Support", route=options.pop("route", "/support"), basic_auth=AUTH, **options)
    agent.set_prompt_text("Help.").set_post_prompt("Summarise.")
    agent.define_tool("ping", "Answer.", {}, lambda args, raw: "pong")
    return agent


def ai_of(document: JSON) -> JSON:
    found = next(verb["ai"] for verb in document["sections"]["main"] if "ai" in verb)
    assert isinstance(found, dict)
    return found


def without_tokens(text: str) -> str:
    return re.sub(r"__token=[\w.]+", "__token=T", text)


async def fetch(reached: Reached, call_id: str = "c-1", suffix: str = "", **more: Any) -> JSON:
    body = {"call": {"call_id": call_id}, **more}
    answer = await reached.client.post(reached.at(suffix), json=body)
    assert answer.status == 200, answer.text
    document: JSON = answer.json()
    return document


@behaviour("paths.all")
@pytest.mark.parametrize("route", ["/", "/support", "/deep/er/route"])
async def test_every_endpoint_answers_with_and_without_a_slash(host: Host, route: str) -> None:
    async with host(make(route=route)) as reached:
        for suffix in ("", "/", "/swaig", "/swaig/"):
            answer = await reached.client.get(reached.at(suffix))
            assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        for suffix in ("/check_for_input", "/check_for_input/"):
            answer = await reached.client.get(reached.at(f"{suffix}?conversation_id=c"))
            assert answer.status == 200
        for suffix in ("/post_prompt", "/post_prompt/", "/swaig", "/swaig/"):
            answer = await reached.client.post(reached.at(suffix), json={"function": "ping"})
            assert answer.status == 403


@behaviour("paths.health")
async def test_health_and_readiness_need_no_credentials(host: Host) -> None:
    async with host(make()) as reached:
        if reached.prefix == "/in":
            pytest.skip("with flat routes health is the host's")
        anybody = reached.client.with_auth(None)
        for path, said in (("/health", "healthy"), ("/health/", "healthy"), ("/ready", "ready")):
            answer = await anybody.get(f"{reached.prefix}{path}")
            assert (answer.status, answer.json()) == (200, {"status": said})


@behaviour("paths.unknown")
async def test_unknown_paths_are_404_and_other_methods_405(host: Host) -> None:
    async with host(make()) as reached:
        if reached.prefix != "/in":
            lost = await reached.client.get(reached.at("/nowhere"))
            assert (lost.status, lost.json()) == (404, {"error": "there is nothing at this path"})
        wrong = await reached.client.request("DELETE", reached.at("/swaig"))
        assert (wrong.status, wrong.headers["allow"]) == (405, "GET, POST")
        for suffix in ("/post_prompt", "/debug_events"):
            wrong = await reached.client.get(reached.at(suffix))
            assert (wrong.status, wrong.headers["allow"]) == (405, "POST")


@behaviour("auth.required")
async def test_without_credentials_everything_but_health_is_401(host: Host) -> None:
    async with host(make()) as reached:
        anybody = reached.client.with_auth(None)
        for suffix in ("", "/swaig", "/post_prompt", "/check_for_input", "/debug_events"):
            answer = await anybody.post(reached.at(suffix), content=b"not even JSON")
            assert (answer.status, answer.json()) == (401, {"error": "Unauthorized"})
            challenge = answer.headers["www-authenticate"]
            assert challenge == 'Basic realm="agentkit", charset="UTF-8"'


@behaviour("auth.generated")
async def test_credentials_that_nobody_gave_are_made_once_and_kept(
    host: Host, private_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "agentkit")
    made = AgentBase("Support", route="/support").get_basic_auth_credentials()
    again = AgentBase("Support", route="/support")
    assert again.get_basic_auth_credentials() == made
    async with host(again) as reached:
        assert (await reached.client.get(reached.at(""))).status == 401
        reached.client = reached.client.with_auth(made)
        assert (await reached.client.get(reached.at(""))).status == 200
    kept = private_home / "credentials.json"
    assert f"basic_auth_generated path={kept}" in caplog.text
    assert made[1] not in caplog.text


@behaviour("auth.rotation")
async def test_several_pairs_are_accepted_and_the_first_goes_into_urls(host: Host) -> None:
    agent = AgentBase("a", basic_auth=[("new", "n"), AUTH])
    agent.define_tool("ping", "Answer.", {}, lambda args, raw: "pong")
    async with host(agent) as reached:
        for auth in (("new", "n"), AUTH):
            answer = await reached.client.with_auth(auth).get(reached.path)
            assert "//new:n@" in ai_of(answer.json())["SWAIG"]["defaults"]["web_hook_url"]


@behaviour("urls.followed")
@behaviour("urls.escaped")
@pytest.mark.parametrize("route", ["/", "/support"])
async def test_every_url_in_the_document_leads_back_to_the_agent(host: Host, route: str) -> None:
    async with host(make(route=route, enable_state_tracking=True)) as reached:
        call = SimulatedCall(reached.client, url=reached.path)
        await call.start()
        assert (await call.tool("ping")).response == "pong"
        posted = await call.hang_up(summary={"a": 1})
        assert posted is not None
        assert posted.json() == {"success": True}
        assert "//user:s3cret%2Fwith%3Aodd%40signs@" in str(call.document)


@behaviour("urls.public")
async def test_a_public_url_wins_over_what_the_request_says(host: Host) -> None:
    agent = make(public_url="https://agents.example.com/base")
    async with host(agent) as reached:
        headers = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http"}
        answer = await reached.client.get(reached.path, headers=headers)
        url = ai_of(answer.json())["SWAIG"]["defaults"]["web_hook_url"]
        home = f"@agents.example.com/base{reached.prefix}/support"
        assert f"{home}/swaig/?__token=" in url
        urls = re.findall(r"https?://[^\"]*", answer.text)
        assert len(urls) == 2  # of the tools and of the post prompt
        assert [each for each in urls if not each.startswith("https://") or home not in each] == []
        assert "evil" not in answer.text


@behaviour("document.default")
async def test_get_and_post_serve_the_same_document(host: Host) -> None:
    async with host(make()) as reached:
        texts = [
            (await reached.client.get(reached.at("?call_id=c-1"))).text,
            (await reached.client.get(reached.at("/swaig?call_id=c-1"))).text,
            (await reached.client.post(reached.path, json={"call_id": "c-1"})).text,
            (await reached.client.post(reached.path, content=b"")).text,
        ]
        assert len({without_tokens(text) for text in texts}) == 1


class Patching(AgentBase):
    def on_swml_request(
        self, request_data: JSON | None = None, callback_path: str | None = None
    ) -> JSON | None:
        if (request_data or {}).get("caller_type") == "vip":
            return {"sections": {"main": [{"ai": {"params": {"wait_for_user": False}}}]}}
        return None


class AsyncPatching(AgentBase):
    async def on_swml_request(  # type: ignore[override]
        self, request_data: JSON | None, callback_path: str | None, request: Request
    ) -> JSON | None:
        await anyio.lowlevel.checkpoint()
        if request.headers.get("x-kind") == "vip" or (request_data or {}).get("caller_type"):
            return {"params": {"wait_for_user": False}}
        return None


@behaviour("document.patch")
@pytest.mark.parametrize("kind", [Patching, AsyncPatching])
async def test_on_swml_request_changes_one_document(host: Host, kind: type[AgentBase]) -> None:
    async with host(make(kind)) as reached:
        plain = await fetch(reached)
        changed = await fetch(reached, caller_type="vip")
        queried = (await reached.client.get(reached.at("?caller_type=vip"))).json()
        assert ai_of(changed)["params"] == ai_of(queried)["params"] == {"wait_for_user": False}
        assert without_tokens(str(await fetch(reached))) == without_tokens(str(plain))
        ai_of(changed)["params"] = {}
        assert without_tokens(str(changed)) == without_tokens(str(plain))


class Failing(AgentBase):
    def on_swml_request(
        self, request_data: JSON | None = None, callback_path: str | None = None
    ) -> JSON | None:
        raise RuntimeError("canary-in-hook")


@behaviour("document.failed")
async def test_a_failing_hook_serves_the_error_document(host: Host) -> None:
    async with host(make(Failing)) as reached:
        document = await fetch(reached)
        verbs = [next(iter(verb)) for verb in document["sections"]["main"]]
        assert verbs == ["answer", "play", "hangup"]
        assert "canary" not in str(document)
    custom: JSON = {"version": "1.0.0", "sections": {"main": [{"hangup": {}}]}}
    async with host(make(Failing, error_document=custom)) as reached:
        assert await fetch(reached) == custom


def configure(query: dict[str, str], body: JSON, headers: dict[str, str], agent: Any) -> None:
    tenant = query.get("tenant") or headers.get("x-tenant", "none")
    agent.prompt_add_section("Tenant", tenant)
    agent.set_global_data({"tenant": tenant}).add_swaig_query_params({"tenant": tenant})
    agent.define_tool("tenant", "Tell the tenant.", {}, lambda args, raw: f"tenant {tenant}")


@behaviour("document.per_call")
async def test_per_call_configuration_never_leaks(host: Host) -> None:
    agent = make().set_dynamic_config_callback(configure)
    async with host(agent) as reached:

        async def one(tenant: str) -> None:
            call = SimulatedCall(reached.client, url=reached.at(f"?tenant={tenant}"))
            document = await call.start()
            assert ai_of(document)["global_data"] == {"tenant": tenant}
            assert str(document).count("Tenant") == 1
            assert (await call.tool("tenant")).response == f"tenant {tenant}"

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(one, f"t{number}")
    assert set(agent.spec.tools) == {"ping"}
    assert agent.spec.global_data == {}


def routed(result: Any) -> AgentBase:
    agent = make()
    agent.register_routing_callback(lambda request, body: result, path="/customer")
    agent.register_routing_callback(lambda request, body: None, path="/next")
    return agent


async def follow(reached: Reached) -> Any:
    return await reached.client.post(reached.at("/customer"), json={"customer_id": "7"})


@behaviour("routing.path")
@pytest.mark.parametrize("path", ["/support", "/support/next", "/support/swaig"])
async def test_a_route_of_this_application_is_served_at_once(host: Host, path: str) -> None:
    async with host(routed(path)) as reached:
        answer = await follow(reached)
        served = [next(iter(verb)) for verb in answer.json()["sections"]["main"]]
        expected = ["answer", "play", "hangup"] if "swaig" in path else ["answer", "ai"]
        assert (answer.status, served) == (200, expected)


@behaviour("routing.redirect")
@pytest.mark.parametrize("location", ["/vip-handler/vip-7?a=1", "https://other.example/x"])
async def test_another_path_or_url_is_answered_with_307(host: Host, location: str) -> None:
    async with host(routed(location)) as reached:
        answer = await follow(reached)
        assert (answer.status, answer.headers["location"]) == (307, location)


@behaviour("routing.document")
async def test_a_returned_document_or_agent_is_served(host: Host) -> None:
    document: JSON = {"sections": {"main": [{"hangup": {}}]}}
    async with host(routed(document)) as reached:
        assert (await follow(reached)).json() == {"version": "1.0.0", **document}
    other = AgentBase("Other", route="/elsewhere", basic_auth=AUTH).set_prompt_text("Other one.")
    async with host(routed(other)) as reached:
        assert ai_of((await follow(reached)).json())["prompt"] == {"text": "Other one."}


class Aware(AgentBase):
    def on_swml_request(
        self, request_data: JSON | None = None, callback_path: str | None = None
    ) -> JSON | None:
        if callback_path is None:
            return None
        seen = {"path": callback_path, "id": (request_data or {}).get("customer_id")}
        return {"global_data": seen}


@behaviour("routing.none")
async def test_none_goes_on_to_on_swml_request_with_the_callback_path(host: Host) -> None:
    agent = make(Aware)

    async def callback(request: Request, body: JSON) -> None:
        assert body["customer_id"] == "7"
        assert (await request.body() == b"") == (request.method == "GET")

    agent.register_routing_callback(callback, path="/customer")
    async with host(agent) as reached:
        assert "global_data" not in ai_of(await fetch(reached))
        posted = await follow(reached)
        queried = await reached.client.get(reached.at("/customer/?customer_id=7"))
        for answer in (posted, queried):
            assert ai_of(answer.json())["global_data"] == {"path": "/customer", "id": "7"}


@behaviour("document.own")
async def test_a_document_of_ones_own_is_served_for_one_caller_too(host: Host) -> None:
    def configure(query: JSON, body: JSON, headers: JSON, agent: AgentBase) -> None:
        if body.get("lang") == "es":
            agent.set_document(SWML().say("Hola.").hangup())

    agent = make().set_document(SWML().say("Hello.").hangup()).add_per_call_config(configure)
    async with host(agent) as reached:
        assert await fetch(reached) == SWML().say("Hello.").hangup().to_dict()
        assert await fetch(reached, lang="es") == SWML().say("Hola.").hangup().to_dict()
        assert await fetch(reached) == SWML().say("Hello.").hangup().to_dict()
