"""Every example is imported, served and played; what the README shows is what stands in them.

The rule for the README: a ```python block is one run of whole lines of a file in examples/, and
the ```text block is what examples/demo.py prints. So what is read there has been run here.
"""

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import agentkit.methods.serving
import agentkit.server
from agentkit import AgentBase
from agentkit.loopback import Loopback
from agentkit.testing import AgentClient, SimulatedCall
from tests.deadlines import LONG

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


class Example:
    """The examples by name, each run anew."""

    def __getattr__(self, name: str) -> dict[str, Any]:
        return runpy.run_path(str(ROOT / "examples" / f"{name}.py"), run_name=name)


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Example:
    monkeypatch.syspath_prepend(ROOT / "examples")
    for file in EXAMPLES:  # some import each other; a test must not see what another has imported
        monkeypatch.delitem(sys.modules, file.stem, raising=False)
    return Example()


@pytest.fixture
def simple(example: Example) -> AgentBase:
    agent: AgentBase = example.simple_agent["agent"]
    return agent


@pytest.fixture
def typed(example: Example) -> AgentBase:
    agent: AgentBase = example.typed_tools["agent"]
    return agent


@pytest.fixture
def per_caller(example: Example) -> AgentBase:
    agent: AgentBase = example.per_caller["agent"]
    return agent


@pytest.fixture
def stateful(example: Example) -> AgentBase:
    agent: AgentBase = example.stateful_agent["agent"]
    return agent


async def started(app: Any, agent: AgentBase, url: str = "", **options: Any) -> SimulatedCall:
    client = AgentClient(app, auth=agent.get_basic_auth_credentials())
    call = SimulatedCall(client, url=url or agent.route, **options)
    await call.start()
    return call


def ai_of(call: SimulatedCall) -> Any:
    return next(verb["ai"] for verb in call.document["sections"]["main"] if "ai" in verb)


async def test_the_simple_agent_finds_an_order(simple: AgentBase) -> None:
    call = await started(simple, simple)
    answer = await call.tool("order_status", order="A-17")
    assert answer.response == "Order A-17 is on its way."
    assert ai_of(call)["SWAIG"]["functions"][0]["parameters"] == {
        "type": "object",
        "properties": {
            "order": {"type": "string", "description": "The order's number, such as A-17."}
        },
        "required": ["order"],
    }


async def test_the_typed_tools_book_a_table(typed: AgentBase) -> None:
    call = await started(typed, typed)
    booking = {"guest": {"name": "Robin"}, "day": "2027-03-02", "seats": "4"}
    answer = await call.tool("book", **booking)
    assert answer.response == "Booked for Robin: dinner on Tuesday, 4 seats in the garden."
    assert call.global_data["booked"] == "2027-03-02"
    answer = await call.tool("book", **{**booking, "day": "2027-03-01"})
    assert answer.response == "We are closed on Mondays. Please ask for another day."
    answer = await call.tool("book", **{**booking, "seats": 9})
    assert '"seats" must be a whole number from 1 to 8' in answer.response
    answer = await call.tool("book", **booking, room="Terrace", meal="lunch")
    assert answer.response == "Booked for Robin: lunch on Tuesday, 4 seats in the terrace."


async def test_the_stateful_agent_keeps_an_order_for_the_call(stateful: AgentBase) -> None:
    call = await started(stateful, stateful, call_id="c-1")
    assert (await call.tool("read_order")).response == "Your order: nothing yet."
    await call.tool("add_tea", tea="Sencha", packs=1)
    await call.tool("add_tea", tea="Assam", packs="2")
    answer = await call.tool("read_order")
    assert answer.response == "Your order: 1 of Sencha, 2 of Assam."
    assert call.global_data["teas"] == 2
    other = await started(stateful, stateful)
    assert (await other.tool("read_order")).response == "Your order: nothing yet."
    posted = await call.hang_up(summary="Two teas.")
    assert posted is not None
    assert posted.json() == {"success": True}


async def test_each_caller_gets_their_own_configuration(per_caller: AgentBase) -> None:
    known = await started(per_caller, per_caller, caller="+12025550123")
    other = await started(per_caller, per_caller, "/desk?lang=es", caller="+12025550199")
    assert "Alex Rivera" in str(ai_of(known)["prompt"])
    assert ai_of(known)["global_data"] == {"vip": True}
    assert "Alex Rivera" not in str(other.document)
    assert "global_data" not in ai_of(other)
    assert [each["name"] for each in ai_of(known)["languages"]] == ["English"]
    assert [each["name"] for each in ai_of(other)["languages"]] == ["Spanish"]


@pytest.fixture
def several(example: Example) -> dict[str, Any]:
    return example.several_agents


async def test_several_agents_answer_at_their_routes(several: dict[str, Any]) -> None:
    server, sales, support = (several[name] for name in ("server", "sales", "support"))
    assert ai_of(await started(server, sales))["prompt"] == {"text": "You sell tea."}
    call = await started(server, support)
    answer = await call.tool("open_ticket", problem="It came cold.")
    assert answer.response == "I have opened a ticket; we will call you back."


@pytest.fixture
def mounted(example: Example) -> dict[str, Any]:
    return example.mounted


async def test_the_mounted_agent_answers_beside_other_routes(mounted: dict[str, Any]) -> None:
    app, agent = mounted["app"], mounted["agent"]
    assert (await AgentClient(app).get("/")).text == "Welcome to the hotel."
    call = await started(app, agent, "/voice/")
    answer = await call.tool("opening_hours", place="pool")
    assert answer.response == "The pool is open from 7 to 22."


@pytest.fixture
def testing(example: Example) -> Any:
    return example.testing_an_agent["test_the_agent_finds_an_order"]


def test_the_example_of_a_test_passes(testing: Any, simple: AgentBase, loopback: Loopback) -> None:
    testing(loopback.call(simple))


@pytest.fixture
def flow(example: Example) -> AgentBase:
    agent: AgentBase = example.booking_flow["agent"]
    return agent


async def test_the_flow_asks_for_a_booking_and_books_it(flow: AgentBase) -> None:
    call = await started(flow, flow)
    contexts = ai_of(call)["prompt"]["contexts"]
    ask = contexts["default"]["steps"][1]["gather_info"]
    assert [question["key"] for question in ask["questions"]] == ["name", "day", "guests"]
    await call.tool("next_step", step="ask")
    for answer in ("Robin", "2027-03-02", "4"):
        await call.tool("gather_submit", answer=answer, confirmed_by_user=True)
    booked = await call.tool("book_table")
    assert booked.response == "Booked for Robin: Tuesday, 4 people."


@pytest.fixture
def careful(example: Example) -> AgentBase:
    agent: AgentBase = example.careful_agent["agent"]
    return agent


async def test_the_careful_agent_has_its_gates(careful: AgentBase) -> None:
    call = await started(careful, careful)
    entry = ai_of(call)["SWAIG"]["functions"][0]
    assert [gate["threshold"] for gate in entry["gates"]] == [0.8, 0.5]
    assert (await call.tool("cancel_order", order="A-17")).response == "Order A-17 is cancelled."


@pytest.fixture
def answers(example: Example) -> AgentBase:
    agent: AgentBase = example.answers["agent"]
    return agent


async def test_the_answers_are_what_the_platform_takes(answers: AgentBase) -> None:
    async def action(function: str, /, **arguments: Any) -> Any:
        call = await started(answers, answers)
        return (await call.tool(function, **arguments)).actions[0]

    connect = await action("connect_seller", name="Robin")
    assert connect["transfer"] == "true"
    assert await action("hold_the_line", minutes=2) == {"hold": {"timeout": 120, "step": "back"}}
    recorded = await action("record_from_now")
    assert recorded["SWML"]["sections"]["main"][0]["record_call"]["max_length"] == 600
    paid = await action("take_payment", amount="20.45")
    assert paid["SWML"]["sections"]["main"][1]["pay"]["charge_amount"] == "20.45"
    left = await action("leave")
    assert left["SWML"]["sections"]["main"][1] == {"hangup": {}}
    told = await action("tell_the_kitchen", call_id="c-2", order="Assam")
    params = told["SWML"]["sections"]["main"][0]["execute_rpc"]["params"]
    assert params["message_text"] == "New order: Assam"
    assert await action("quieter") == {"settings": {"temperature": 0.2}}


@pytest.fixture
def moved(example: Example) -> AgentBase:
    agent: AgentBase = example.moved_agent["agent"]
    return agent


async def test_the_agent_that_moved_takes_an_order(moved: AgentBase) -> None:
    call = await started(moved, moved)
    assert [next(iter(verb)) for verb in call.document["sections"]["main"]] == [
        "answer",
        "record_call",
        "ai",
        "hangup",
    ]
    answer = await call.tool("order", tea="Assam")
    assert answer.response == "Ordered Assam."
    assert call.global_data["tea"] == "Assam"


@pytest.fixture
def services(example: Example) -> dict[str, Any]:
    return example.menu_service


async def test_the_services_serve_their_documents(services: dict[str, Any]) -> None:
    server, menu = services["server"], services["menu"]
    client = AgentClient(server, auth=menu.get_basic_auth_credentials())
    called = {"call": {"call_id": "c-1", "from": "+12025550199"}}
    main = (await client.post("/menu", json=called)).json()["sections"]["main"]
    assert main[1] == {"play": {"url": "say:Welcome back."}}
    main = (await client.post("/copilot", json=called)).json()["sections"]["main"]
    url = main[1]["ai_sidecar"]["SWAIG"]["defaults"]["web_hook_url"]
    asked = {"function": "stock", "call_id": "c-1", "argument": {"parsed": [{"tea": "Assam"}]}}
    answer = await client.post(f"/copilot/swaig?{url.partition('?')[2]}", json=asked)
    assert answer.json() == {"response": "There are 40 packs of Assam."}


@pytest.fixture
def doorman(example: Example) -> AgentBase:
    agent: AgentBase = example.skilled_agent["agent"]
    return agent


async def test_the_skills_of_the_doorman_work_together(doorman: AgentBase) -> None:
    call = await started(doorman, doorman)
    titles = [section["title"] for section in ai_of(call)["prompt"]["pom"]]
    assert titles == ["Role", "Date and Time Information", "Guests"]
    assert (await call.tool("calculate", expression="6 * 7")).response == "6 * 7 = 42"
    for guest, answer in (("Ann", "Noted, guest number 1."), ("Bo", "Noted, guest number 2.")):
        assert (await call.tool("note_guest", name=guest)).response == answer
    assert (await call.tool("note_guest", name="Cy")).response == "The book is full."
    assert call.global_data["skill:guestbook"] == {"guests": ["Ann", "Bo"]}


@pytest.fixture
def weather(example: Example) -> dict[str, Any]:
    return example.weather_map


async def test_the_weather_map_is_served_and_answers_by_itself(weather: dict[str, Any]) -> None:
    call = await started(weather["agent"], weather["agent"])
    entry = ai_of(call)["SWAIG"]["functions"][0]
    assert entry == weather["weather"].to_swaig_function()
    await weather["test_the_weather_of_a_city_is_told"]()
    await weather["test_a_city_that_is_not_found_is_told"]()


@pytest.fixture
def tools_for_others(example: Example) -> AgentBase:
    agent: AgentBase = example.mcp_tools["agent"]
    return agent


async def test_the_desk_offers_its_tools_to_others(tools_for_others: AgentBase) -> None:
    agent = tools_for_others
    call = await started(agent, agent)
    assert ai_of(call)["SWAIG"]["mcp_servers"][0]["url"] == "https://mcp.example.com/stock"
    client = AgentClient(agent, auth=agent.get_basic_auth_credentials())
    asked = {"name": "order_status", "arguments": {"order": "A-17"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    answer = (await client.post("/desk/mcp", json=message)).json()["result"]
    assert answer["content"] == [{"type": "text", "text": "Order A-17 is on its way."}]


@pytest.fixture
def librarian(example: Example) -> AgentBase:
    found = example.looking_up
    agent: AgentBase = found["make"](http_client=found["canned"])
    return agent


async def test_the_librarian_looks_up(librarian: AgentBase) -> None:
    call = await started(librarian, librarian)
    answer = await call.tool("search_wiki", query="sencha")
    assert answer.response == "**Sencha**\n\nSencha is a green tea."


@pytest.fixture
def front_desk(example: Example) -> dict[str, Any]:
    return example.front_desk


async def test_the_front_desk_puts_callers_through(front_desk: dict[str, Any]) -> None:
    call = await started(front_desk["server"], front_desk["reception"])
    assert (await call.tool("opening_hours")).response == "Every day from nine to six."
    through = await call.tool("transfer_call", department="support")
    assert through.actions[0]["SWML"]["sections"]["main"] == [{"connect": {"to": "+12025550102"}}]


async def test_the_intake_asks_what_the_call_is_about(front_desk: dict[str, Any]) -> None:
    for query, asked in (("?about=returns", "Which order is it?"), ("", "What is it about?")):
        call = await started(front_desk["server"], front_desk["intake"], f"/intake{query}")
        assert asked in str((await call.tool("start_questions")).response)


RUN = {
    "looking_up",
    "front_desk",
    "archived_calls",
    "skilled_agent",
    "mcp_tools",
    "customer_routes",
    "sip_server",
    "weather_map",
    "careful_agent",
    "booking_flow",
    "menu_service",
    "answers",
    "moved_agent",
    "simple_agent",
    "typed_tools",
    "stateful_agent",
    "per_caller",
    "several_agents",
}


@pytest.mark.parametrize("name", sorted(RUN))
def test_an_example_that_is_run_serves(
    name: str, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Any] = []
    for module in (agentkit.methods.serving, agentkit.server):
        monkeypatch.setattr(module, "run_server", lambda *args: served.append(args))
    found = runpy.run_path(str(ROOT / "examples" / f"{name}.py"), run_name="__main__")
    assert [app for app, _ in served] == [found.get("server") or found["agent"]]


def test_every_example_is_tested() -> None:
    elsewhere = {"demo", "mounted", "swml_documents", "testing_an_agent", "two_processes"}
    states = {"call_state", "state_script"}  # tests/state/test_state_examples.py
    with_a_page = {"booking", "read_inbox", "recorded_agent", "tenants", "text_messages"}
    assert {file.stem for file in EXAMPLES} == RUN | elsewhere | states | with_a_page


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_demo_prints_what_the_readme_shows() -> None:
    command = [sys.executable, str(ROOT / "examples" / "demo.py")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=LONG, check=True)
    assert [done.stdout] == blocks("text")
    assert 'Added 2 of Darjeeling."   [set_global_data]' in done.stdout
    assert "token" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("block", blocks("python"))
def test_python_in_the_readme_is_a_run_of_lines_of_an_example(block: str) -> None:
    sources = {file.name: "\n" + file.read_text(encoding="utf-8") for file in EXAMPLES}
    assert [name for name, source in sources.items() if f"\n{block}" in source], block


def test_the_readme_has_code() -> None:
    fences = re.findall(r"^```(\w+)$", README, re.MULTILINE)
    assert set(fences) == {"console", "python", "text"}
    assert len(blocks("python")) == fences.count("python") >= 3
