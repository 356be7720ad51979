"""Tool calls, state, hooks, summaries, input checks."""

import re
import threading
from typing import Any

import anyio
import pytest
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse

from agentkit import AgentBase, Call, FunctionResult, ToolError
from agentkit.testing import SimulatedCall
from agentkit.tools import FAILURE
from tests.deadlines import LONG
from tests.interaction.hosts import AUTH, Host, Reached
from tests.interaction.test_documents import ai_of, fetch

JSON = dict[str, Any]
behaviour = pytest.mark.behaviour


class Shop(AgentBase):
    """Every style of tool."""

    def __init__(self, **options: Any) -> None:
        super().__init__("Shop", route="/shop", basic_auth=AUTH, **options)
        self.released = threading.Event()
        self.summaries: list[Any] = []
        self.set_post_prompt("Summarise.")

    @AgentBase.tool(parameters={"n": {"type": "integer"}}, description="Double.")
    def classic(self, args: JSON, raw_data: JSON) -> FunctionResult:
        return FunctionResult(f"{args['n'] * 2} for {raw_data['call_id']}")

    @AgentBase.tool(parameters={"n": {"type": "integer"}}, description="Double.")
    async def classic_async(self, args: JSON, raw_data: JSON) -> str:
        return f"{args['n'] * 2} for {raw_data['call_id']}"

    @AgentBase.tool
    def typed(self, n: int, call: Call) -> JSON:
        """Double."""
        return {"response": f"{n * 2} for {call.call_id}"}

    @AgentBase.tool
    async def typed_async(self, n: int, call: Call) -> str:
        """Double."""
        return f"{n * 2} for {call.call_id}"

    @AgentBase.tool
    def broken(self) -> str:
        """Fail."""
        raise RuntimeError("canary-password")

    @AgentBase.tool
    async def refusing(self) -> str:
        """Refuse."""
        raise ToolError("We are closed.")

    @AgentBase.tool(timeout=0.05, on_error="That took too long.")
    async def hanging(self) -> str:
        """Hang."""
        await anyio.sleep_forever()
        raise AssertionError

    @AgentBase.tool(timeout=0.05, on_error="That took too long.")
    def stuck(self) -> str:
        """Hang in a thread."""
        self.released.wait()
        return "never"

    @AgentBase.tool(secure=False)
    async def public(self) -> str:
        """Be open."""
        return "open"

    @AgentBase.tool(parameters={}, description="Count.")
    def count(self, args: JSON, raw_data: JSON) -> str:
        state = self.get_state(raw_data["call_id"]) or {}
        state["count"] = state.get("count", 0) + 1
        self.update_state(raw_data["call_id"], state)
        return str(state["count"])

    @AgentBase.tool
    async def count_async(self, call: Call) -> str:
        """Count."""
        count = (await call.state.get()).get("count", 0) + 1
        return str((await call.state.update({"count": count}))["count"])

    def on_summary(self, summary: Any, raw_data: JSON | None = None) -> None:
        self.summaries.append(summary)


async def started(reached: Reached, **options: Any) -> SimulatedCall:
    call = SimulatedCall(reached.client, url=reached.path, **options)
    await call.start()
    return call


@behaviour("tools.styles")
async def test_all_styles_of_tools_answer_alike(host: Host) -> None:
    async with host(Shop()) as reached:
        call = await started(reached, call_id="c-7")
        for name in ("classic", "classic_async", "typed", "typed_async"):
            assert (await call.tool(name, n="21")).response == "42 for c-7"


@behaviour("tools.misfit")
async def test_a_misfit_is_told_to_the_model(host: Host) -> None:
    async with host(Shop()) as reached:
        call = await started(reached)
        for name in ("classic", "classic_async", "typed", "typed_async"):
            answer = await call.tool(name, n="${global_data.secret} many")
            assert (answer.status, answer.actions) == (200, [])
            assert '"n" must be a whole number' in answer.response
            if not name.startswith("classic"):
                assert '"n" is missing' in (await call.tool(name)).response
            assert "$ {global_data.secret} many" in answer.response


@behaviour("tools.failure")
async def test_an_exception_is_a_safe_sentence_with_an_error_id(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    async with host(Shop()) as reached:
        answer = await (await started(reached)).tool("broken")
        assert (answer.status, answer.actions) == (200, [])
        told = re.fullmatch(re.escape(FAILURE) + r" \((E-[0-9a-f]{8})\)", answer.response)
        assert told is not None
        assert answer.raw == {"response": answer.response}
        assert f"error_id={told[1]}" in caplog.text


@behaviour("tools.spoken")
async def test_a_tool_error_is_said_as_it_is(host: Host) -> None:
    async with host(Shop()) as reached:
        answer = await (await started(reached)).tool("refusing")
        assert (answer.status, answer.response) == (200, "We are closed.")


@behaviour("tools.deadline")
async def test_a_tool_that_hangs_is_answered_in_time(host: Host) -> None:
    agent = Shop()
    async with host(agent) as reached:
        call = await started(reached)
        with anyio.fail_after(LONG):
            for name in ("hanging", "stuck"):
                answer = await call.tool(name)
                assert answer.status == 200
                assert re.fullmatch(r"That took too long\. \(E-[0-9a-f]{8}\)", answer.response)
        agent.released.set()


@behaviour("tools.unknown")
async def test_an_unknown_function_is_404(host: Host) -> None:
    async with host(Shop()) as reached:
        url = ai_of(await fetch(reached))["SWAIG"]["defaults"]["web_hook_url"]
        answer = await reached.client.post(url, json={"function": "nope", "call_id": "c-1"})
        assert (answer.status, answer.json()) == (
            404,
            {"error": "there is no function 'nope' here"},
        )


async def post_tool(reached: Reached, url: str, call_id: str | None) -> int:
    body = {"function": "typed", "call_id": call_id, "argument": {"parsed": [{"n": 1}]}}
    answer = await reached.client.post(url, json=body)
    return answer.status


@behaviour("tokens.call")
async def test_a_token_opens_the_tools_of_its_call_and_of_no_other(host: Host) -> None:
    now = [1_800_000_000.0]
    async with host(Shop(clock=lambda: now[0], token_expiry_secs=100)) as reached:
        url = ai_of(await fetch(reached, "c-1"))["SWAIG"]["defaults"]["web_hook_url"]
        assert await post_tool(reached, url, "c-1") == 200
        assert await post_tool(reached, url, "c-2") == 403
        assert await post_tool(reached, url, None) == 403
        assert await post_tool(reached, url[:-1], "c-1") == 403
        now[0] += 161
        assert await post_tool(reached, url, "c-1") == 403


@behaviour("tokens.agent")
async def test_a_document_without_a_call_id_opens_tools_for_any_call(host: Host) -> None:
    async with host(Shop()) as reached:
        document = (await reached.client.get(reached.path)).json()
        url = ai_of(document)["SWAIG"]["defaults"]["web_hook_url"]
        assert await post_tool(reached, url, "c-1") == 200
        post = ai_of(document)["post_prompt_url"]
        assert (await reached.client.post(post, json={"call_id": "c-1"})).status == 200


@behaviour("tokens.function")
async def test_token_scope_function_gives_each_function_its_own_url(host: Host) -> None:
    async with host(Shop(token_scope="function")) as reached:
        swaig = ai_of(await fetch(reached, "c-1"))["SWAIG"]
        functions = {each["function"]: each for each in swaig["functions"]}
        assert len({each["web_hook_url"] for each in functions.values()}) == len(functions)
        assert len({each["meta_data_token"] for each in functions.values()}) == 1
        assert await post_tool(reached, functions["typed"]["web_hook_url"], "c-1") == 200
        assert await post_tool(reached, functions["classic"]["web_hook_url"], "c-1") == 403
        assert await post_tool(reached, swaig["defaults"]["web_hook_url"], "c-1") == 403


@behaviour("tokens.open")
async def test_a_tool_that_is_not_secure_needs_no_token(host: Host) -> None:
    async with host(Shop()) as reached:
        answer = await reached.client.post(reached.at("/swaig"), json={"function": "public"})
        assert (answer.status, answer.json()) == (200, {"response": "open"})


@behaviour("state.shared")
async def test_tools_of_one_call_share_state(host: Host) -> None:
    async with host(Shop()) as reached:
        one, two = await started(reached), await started(reached)
        said = [(await one.tool(name)).response for name in ("count", "count_async", "count")]
        assert said == ["1", "2", "3"]
        assert (await two.tool("count")).response == "1"


@behaviour("state.tracked")
@behaviour("hooks.called")
async def test_the_hooks_begin_and_end_the_state_of_a_call(host: Host) -> None:
    agent = Shop(enable_state_tracking=True)
    async with host(agent) as reached:
        call = await started(reached)
        assert await to_thread.run_sync(agent.get_state, call.call_id) == {}
        await call.tool("count")
        await call.hang_up(summary="done")
        assert await to_thread.run_sync(agent.get_state, call.call_id) == {"count": 1}
        asked = [entry.kind for entry in call.transcript if entry.who == "platform"]
        assert asked == ["document", "startup_hook", "tool", "hangup_hook", "post_prompt"]
        answered = [(entry.kind, entry.status) for entry in call.transcript if entry.who == "agent"]
        assert answered == [(kind, 200) for kind in asked]


@behaviour("signatures")
async def test_get_signature_names_the_functions_asked_for(host: Host) -> None:
    async with host(Shop()) as reached:
        body = {"action": "get_signature", "functions": ["typed", "nope"], "version": "2.0"}
        answer = await reached.client.post(reached.at("/swaig"), json=body)
        described = answer.json()
        assert [each["function"] for each in described["functions"]] == ["typed"]
        assert await post_tool(reached, described["defaults"]["web_hook_url"], "c-9") == 200
        everything = await reached.client.post(
            reached.at("/swaig"), json={"action": "get_signature", "functions": []}
        )
        assert len(everything.json()["functions"]) == 11


@behaviour("summary.told")
async def test_only_post_conversation_is_told_to_on_summary(host: Host) -> None:
    agent = Shop()
    async with host(agent) as reached:
        call = await started(reached)
        posted = await call.hang_up(summary={"teas": 2})
        assert posted is not None
        url = ai_of(await fetch(reached, "c-1"))["post_prompt_url"]
        for action in ("fetch_conversation", "something_new"):
            answer = await reached.client.post(url, json={"action": action, "call_id": "c-1"})
            assert answer.status == 200
    assert agent.summaries == [{"teas": 2}]


@behaviour("summary.fetched")
async def test_fetch_conversation_gives_the_stored_summary_back(host: Host) -> None:
    async with host(Shop()) as reached:
        url = ai_of(await fetch(reached, "c-1"))["post_prompt_url"]
        ask = {"action": "fetch_conversation", "call_id": "c-1", "conversation_id": "talk-1"}
        assert (await reached.client.post(url, json=ask)).json() == {}
        tell = {**ask, "action": "post_conversation", "conversation_summary": "We spoke of tea."}
        assert (await reached.client.post(url, json=tell)).json() == {"success": True}
        known = (await reached.client.post(url, json=ask)).json()
        assert known == {"conversation_summary": "We spoke of tea."}


@behaviour("input.default")
async def test_check_for_input_says_that_there_is_nothing_new(host: Host) -> None:
    async with host(Shop()) as reached:
        nothing = {"status": "success", "conversation_id": "t", "new_input": False, "messages": []}
        path = reached.at("/check_for_input")
        posted = await reached.client.post(path, json={"conversation_id": "t"})
        queried = await reached.client.get(f"{path}?conversation_id=t")
        assert posted.json() == queried.json() == nothing
        missing = await reached.client.post(path, json={})
        assert (missing.status, missing.json()) == (400, {"error": "conversation_id is missing"})


class Checking(Shop):
    async def _handle_check_for_input_request(self, request: Request) -> Any:
        assert self._check_basic_auth(request)
        conversation = (await request.json()).get("conversation_id")
        if not conversation:
            return JSONResponse({"error": "Missing conversation_id"}, 400)
        return {"status": "success", "new_input": True, "messages": [conversation]}


@behaviour("input.custom")
async def test_an_overridden_check_answers_with_a_dict_or_a_response(host: Host) -> None:
    async with host(Checking()) as reached:
        path = reached.at("/check_for_input")
        new = await reached.client.post(path, json={"conversation_id": "t"})
        assert new.json() == {"status": "success", "new_input": True, "messages": ["t"]}
        missing = await reached.client.post(path, json={})
        assert (missing.status, missing.json()) == (400, {"error": "Missing conversation_id"})
