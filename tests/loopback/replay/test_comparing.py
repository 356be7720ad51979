"""Yesterday's calls against today's code: what has changed is told, and nothing else."""

import itertools
import uuid
from typing import Any

import httpx2
import pytest

from agentkit import AgentBase, FunctionResult, _json
from agentkit.context import Call
from agentkit.loopback.replay import (
    Comparison,
    HttpFromJournal,
    Place,
    ReplayError,
    as_json,
    as_text,
    call_in,
    compared,
    play,
    summed_up,
)
from agentkit.loopback.replay.journal import Exchange, Journal, read
from agentkit.recorder.http import RecordedTransport
from agentkit.testing import AgentClient, SimulatedCall
from tests.loopback.replay.calls import (
    AUTH,
    ORIGIN,
    comparison,
    ordering,
    recorded,
    replayed,
    tea_shop,
)


def areas(found: Comparison) -> list[tuple[int, str, str, str]]:
    return [
        (c.number, c.area, c.what.change, c.what.path.rpartition(".")[2]) for c in found.changed
    ]


async def test_unchanged_code_answers_as_it_did() -> None:
    found = await comparison(await recorded(tea_shop(), ordering), tea_shop())
    assert found.is_equal
    assert (found.equal, found.skipped, found.missing) == (4, [], [])
    assert as_text(found) == "call c-1: 4 answered as before, 0 otherwise"
    assert as_json(found)["is_equal"] is True


def with_a_state_machine() -> AgentBase:
    agent = tea_shop(token_scope="function", public_url=ORIGIN)
    flow = agent.define_contexts().add_context("default")
    flow.add_step("greet", task="Greet.").set_functions(["order"]).set_valid_steps(["confirm"])
    flow.add_step("confirm", task="Confirm.").set_functions(["ping"])
    return agent


def with_hooks() -> AgentBase:
    agent = tea_shop(enable_state_tracking=True)

    @agent.on_call_start
    def begun(call: Call) -> None:
        agent.update_state(call.call_id or "", {"visits": 1})

    return agent


def with_per_call_configuration() -> AgentBase:
    agent = tea_shop()

    @agent.set_dynamic_config_callback
    def configured(query: Any, body: Any, headers: Any, made: AgentBase) -> None:
        made.prompt_add_section("Caller", str((body.get("call") or {}).get("from")))

    return agent


def with_a_failing_tool() -> AgentBase:
    agent = tea_shop()
    agent.define_tool("ping2", "Fail.", {}, lambda args, raw: 1 / 0)
    return agent


EXAMPLES = [tea_shop, with_a_state_machine, with_hooks, with_per_call_configuration]


@pytest.mark.parametrize("made", EXAMPLES)
async def test_answers_of_unchanged_code_are_the_same_bytes(made: Any) -> None:
    journal = read(await recorded(made(), ordering))
    for each in await replayed(journal, made()):
        assert each.now is not None
        assert each.before.reply is not None
        assert _json.encode(each.now.reply) == _json.encode(each.before.reply)
        assert _json.encode(each.now.body) == _json.encode(each.before.body)
        assert each.now.state == each.before.state


async def test_a_failure_fails_the_same_way_though_its_id_is_another() -> None:
    async def failing(client: AgentClient) -> None:
        call = SimulatedCall(client, url="/shop", call_id="c-1")
        await call.start()
        await call.tool("ping2")

    data = await recorded(with_a_failing_tool(), failing)
    assert (await comparison(data, with_a_failing_tool())).is_equal


def changed_shop() -> AgentBase:
    agent = AgentBase("shop", route="/shop", basic_auth=AUTH, state="memory:", auto_answer=False)
    agent.prompt_add_section("Role", "You sell coffee.")
    agent.set_post_prompt("Sum up.")
    agent.set_params({"end_of_speech_timeout": 900})
    agent.add_hints(["Assam"])
    flow = agent.define_contexts().add_context("default")
    flow.add_step("greet", task="Greet.")
    flow.add_step("pay", task="Pay.")

    @agent.tool
    async def order(call: Call, tea: str, packs: int, size: str = "big") -> FunctionResult:
        """Order tea."""
        await call.state.update({"tea": tea, "packs": packs, "size": size})
        return FunctionResult(f"{packs} {size} packs of {tea}").add_action("change_step", "pay")

    return agent


async def test_everything_that_has_changed_is_told_once() -> None:
    found = await comparison(await recorded(tea_shop(), ordering), changed_shop())
    assert areas(found) == [
        (1, "verbs", "removed", "answer"),
        (1, "prompt", "changed", "body"),
        (1, "steps", "added", "contexts"),
        (1, "functions", "added", "size"),
        (1, "functions", "removed", "ping"),
        (1, "params", "changed", "end_of_speech_timeout"),
        (1, "settings", "added", "hints"),
        (2, "response", "changed", "response"),
        (2, "actions", "changed", "change_step"),
        (2, "state", "added", "size"),
        (3, "status", "changed", "status"),
        (3, "response", "removed", "response"),
        (3, "answer", "added", "error"),
        (0, "steps", "changed", "steps"),
    ]
    assert summed_up(found) == "call c-1: 1 answered as before, 3 otherwise"


async def test_a_state_that_nobody_writes_any_more_is_told() -> None:
    quiet = tea_shop()
    quiet = AgentBase("shop", route="/shop", basic_auth=AUTH)
    quiet.define_tool("order", "Order tea.", {}, lambda args, raw: "2 of Assam")
    found = await comparison(await recorded(tea_shop(), ordering), quiet)
    assert [what for what in areas(found) if what[1] == "state"] == [
        (2, "state", "removed", "tea"),
        (2, "state", "removed", "packs"),
    ]


async def test_what_changes_from_call_to_call_can_be_masked() -> None:
    numbers = itertools.count()

    def counting() -> AgentBase:
        agent = tea_shop()
        number = next(numbers)
        agent.define_tool("ping2", "Count.", {}, lambda args, raw: f"{number} {uuid.uuid4()}")
        return agent

    async def counted(client: AgentClient) -> None:
        call = SimulatedCall(client, url="/shop", call_id="c-1")
        await call.start()
        await call.tool("ping2")

    data = await recorded(counting(), counted)
    assert areas(await comparison(data, counting())) == [(2, "response", "changed", "response")]
    assert (await comparison(data, counting(), r"^\d+")).is_equal


def asking(price: int, path: str = "/price", *, twice: bool = False) -> AgentBase:
    def reply(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"price": price})

    agent = AgentBase("shop", route="/shop", basic_auth=AUTH)
    client = httpx2.AsyncClient(transport=RecordedTransport(httpx2.MockTransport(reply)))

    @agent.tool
    async def price_of(tea: str) -> str:
        """Tell a price."""
        url, body = f"https://tea.example{path}?key=1", {"tea": tea}
        response = await client.post(url, json=body)
        if twice:
            response = await client.post(url, json=body)
        return f"{response.json()['price']} euros"

    return agent


async def pricing(client: AgentClient) -> None:
    call = SimulatedCall(client, url="/shop", call_id="c-1")
    await call.start()
    await call.tool("price_of", tea="Assam")
    await call.tool("price_of", tea="Darjeeling")


async def test_the_http_of_tools_is_answered_as_it_was() -> None:
    data = await recorded(asking(7), pricing)
    assert areas(await comparison(data, asking(8)))[0] == (2, "response", "changed", "response")
    journal = read(data)
    http = HttpFromJournal(journal)
    found = compared(journal, await replayed(journal, asking(8), http=http), [], [])
    assert found.is_equal
    assert http.unanswered == []


async def test_a_request_that_nobody_made_then_is_not_sent_and_told() -> None:
    journal = read(await recorded(asking(7), pricing))
    http = HttpFromJournal(journal)
    found = compared(journal, await replayed(journal, asking(8, "/new"), http=http), [], [])
    assert http.unanswered == ["POST https://tea.example/new?key=***"] * 2
    assert (2, "http", "changed", "url") in areas(found)
    http = HttpFromJournal(journal)
    found = compared(journal, await replayed(journal, asking(8, twice=True), http=http), [], [])
    assert (2, "http", "added", "1") in areas(found)


def test_requests_are_matched_by_their_bodies_first() -> None:
    def pair(body: Any, price: Any) -> dict[str, Any]:
        return {"request": {"method": "POST", "url": "u", "body": body}, "reply": price}

    exchange = Exchange("function", "POST", "", http=[pair(1, {"n": 1}), pair(2, {"n": 2})])
    http = HttpFromJournal(Journal("c", [exchange]))
    asked = {"method": "POST", "url": "u", "body": 2}
    assert http.answer(asked) == {"n": 2}
    assert http.answer(asked) == {"n": 1}
    assert http.answer(asked) is None
    odd = HttpFromJournal(Journal("c", [Exchange("function", "POST", "", http=[pair(1, "odd")])]))
    assert odd.answer({"method": "POST", "url": "u"}) is None


async def test_a_call_whose_process_died_is_compared_as_far_as_it_went() -> None:
    lines = (await recorded(tea_shop(), ordering)).split(b"\n")
    found = await comparison(b"\n".join(lines[:4]) + b"\n" + lines[4][:30], tea_shop())
    assert found.is_equal
    assert found.skipped == ['2. order(tea="Assam", packs=2): the journal has no answer']
    assert found.missing == ["1 damaged lines were passed over"]
    assert as_text(found).split("\n") == [
        'not compared: 2. order(tea="Assam", packs=2): the journal has no answer',
        "missing: 1 damaged lines were passed over",
        "call c-1: 1 answered as before, 0 otherwise, 1 not compared",
    ]


async def test_what_was_refused_or_is_not_whole_is_not_posted() -> None:
    journal = read(await recorded(tea_shop(), ordering))
    journal.exchanges[1].cut = 5_000_000
    refused = journal.exchanges[2].reply
    assert refused is not None
    journal.exchanges[2].reply = type(refused)(403)
    found = compared(journal, await replayed(journal, tea_shop()), [], [])
    assert found.skipped == [
        '2. order(tea="Assam", packs=2): its body is missing in the journal',
        "3. ping(): it was refused with 403",
    ]


async def test_an_answer_that_was_too_long_is_compared_by_its_status() -> None:
    journal = read(await recorded(tea_shop(), ordering))
    journal.exchanges[0].reply = type(journal.exchanges[0].reply)(200, None, 5_000_000)  # type: ignore[misc]
    assert compared(journal, await replayed(journal, changed_shop()), [], []).changed[0].number == 2


async def test_what_is_answered_elsewhere_today_is_not_posted() -> None:
    moved = tea_shop().set_web_hook_url("https://elsewhere.example/swaig")
    found = await comparison(await recorded(tea_shop(), ordering), moved)
    assert [(each.number, each.what.after) for each in found.changed if each.number > 1] == [
        (2, "it goes to another host"),
        (3, "it goes to another host"),
    ]


async def test_what_today_has_no_url_for_is_told() -> None:
    journal = call_in(_json.encode(SUMMARY))
    bare = AgentBase("bare", route="/shop", basic_auth=AUTH)
    found = compared(journal, await replayed(journal, bare), [], [])
    assert areas(found)[0] == (1, "functions", "changed", "order")
    assert found.changed[0].what.after == "the document has no URL for it"


SUMMARY = {
    "call_id": "c-1",
    "action": "post_conversation",
    "swaig_log": [
        {
            "command_name": "order",
            "post_data": {"argument": {"parsed": [{"tea": "Assam", "packs": 2}]}},
            "post_response": {"response": "2 of Assam", "action": [{"change_step": "confirm"}]},
        },
        {
            "command_name": "ping",
            "post_data": {"argument": {"parsed": [{}]}},
            "post_response": {"response": "ping"},
        },
    ],
}


async def test_a_summary_alone_is_replayed() -> None:
    journal = call_in(_json.encode(SUMMARY))
    bare = await play(journal, AgentClient(tea_shop(), auth=AUTH), Place("/shop"))
    for played in (bare, await replayed(journal, tea_shop())):
        found = compared(journal, played, [], [])
        assert areas(found) == [(2, "response", "changed", "response")]
        assert found.skipped == ["3. summary: the journal has no answer"]


async def test_a_document_that_is_not_served_ends_a_replay() -> None:
    journal = call_in(_json.encode(SUMMARY))
    with pytest.raises(ReplayError, match="document at /nowhere was answered with status 404"):
        await replayed(journal, tea_shop(), Place("/nowhere"))


async def test_a_document_may_be_fetched_by_get_and_at_a_prefix() -> None:
    async def fetching(client: AgentClient) -> None:
        await client.get("/shop?call_id=c-1&from=x")
        await client.get("/shop/check_for_input?call_id=c-1&conversation_id=c-1")

    data = await recorded(tea_shop(), fetching)
    found = await comparison(data, tea_shop())
    assert found.is_equal
    assert found.missing == ["values in the query: from (Redaction(keep_query=…) keeps them)"]
    journal = read(data)
    client = AgentClient(tea_shop(), base_url=ORIGIN, auth=AUTH, root_path="/base")
    played = await play(journal, client, Place("/shop", "/base"))
    assert [each.now.reply.status for each in played if each.now and each.now.reply] == [200, 200]


async def test_a_document_that_must_be_signed_is_signed() -> None:
    agent = tea_shop(signing_key="k", public_url=ORIGIN)
    sign = agent.spec.access.verifier
    assert sign is not None
    journal = read(await recorded(tea_shop(), ordering))
    found = await replayed(journal, agent, Place("/shop", sign=sign.sign))
    assert compared(journal, found, [], []).is_equal


async def test_without_a_recorder_answers_are_compared_all_the_same() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = {"/": b"{}", "/text": b"hello"}.get(scope["path"], b"")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    asked = [
        Exchange("document", "POST", "http://testserver/", body={}),
        Exchange("mcp", "POST", "http://testserver/text", body="plain"),
        Exchange("mcp", "POST", "http://testserver/empty", query={"a": "1", "t": "***"}),
    ]
    found = await play(Journal("c", asked), AgentClient(app), Place())
    bodies = [each.now.reply.body for each in found if each.now and each.now.reply]
    assert bodies == [{}, "hello", None]


@pytest.mark.parametrize("given", [{"hangup": True}, [{"hangup": True}]])
async def test_one_action_is_the_same_alone_and_in_a_list(given: Any) -> None:
    def hanging() -> AgentBase:
        agent = tea_shop()
        agent.define_tool("ping2", "End.", {}, lambda a, r: {"response": "x", "action": given})
        return agent

    async def ended(client: AgentClient) -> None:
        call = SimulatedCall(client, url="/shop", call_id="c-1")
        await call.start()
        await call.tool("ping2")

    data = await recorded(hanging(), ended)
    data = data.replace(b'"action":{"hangup":true}', b'"action":[{"hangup":true}]')
    assert (await comparison(data, hanging())).is_equal
