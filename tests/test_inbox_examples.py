"""The examples of inboxes, run: text messages go into a call, a client reads what waits."""

import runpy
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from agentkit import AgentBase
from agentkit.testing import AgentClient, Response, SimulatedCall
from tests.deadlines import LONG
from tests.interaction import hosts

EXAMPLES = Path(__file__).parents[1] / "examples"
NUMBER = "+12025550123"
THANKS = "Thank you, we have told the agent."


class Texts:
    """The example, and the platform that reports text messages to it."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.agent: AgentBase = found["agent"]
        self.client = AgentClient(found["app"], auth=self.agent.get_basic_auth_credentials())

    async def report(self, text: str | None, message_id: str) -> Response:
        message: dict[str, Any] = {
            "message_id": message_id,
            "direction": "inbound",
            "type": "sms",
            "from": NUMBER,
            "to": "+12025550100",
            "body": text,
            "media": [],
            "segments": 1,
        }
        return await self.client.post("/sms", json={"message": message, "vars": {}, "params": {}})

    async def call(self) -> SimulatedCall:
        call = SimulatedCall(self.client, url="/voice/", caller=NUMBER)
        await call.start()
        return call


@pytest.fixture
def texts() -> Texts:
    return Texts(runpy.run_path(str(EXAMPLES / "text_messages.py")))


async def heard(call: SimulatedCall) -> list[str]:
    answer = await call.tool("check_for_input")
    return [action["user_input"] for action in answer.actions if "user_input" in action]


def replied(answer: Response) -> str:
    [verb] = answer.json()["sections"]["main"]
    reply: str = verb["reply"]
    return reply


async def test_a_text_message_goes_into_the_call_of_its_sender(texts: Texts) -> None:
    call = await texts.call()
    assert await heard(call) == []
    assert replied(await texts.report("My order is A-17.", "m-1")) == THANKS
    assert replied(await texts.report("My order is A-17.", "m-1")) == THANKS  # sent again
    await texts.report(None, "m-2")
    assert await heard(call) == ["My order is A-17.", "(a picture)"]
    assert await heard(call) == []


async def test_a_text_message_of_nobody_on_the_phone_is_forgotten(texts: Texts) -> None:
    await texts.report("Hello?", "m-1")
    assert len(await texts.agent.inbox.read(NUMBER)) == 1
    now = texts.agent.clock()
    texts.agent.clock = lambda: now + 121
    assert await heard(await texts.call()) == []


async def test_more_text_messages_than_can_be_read_are_answered_so(texts: Texts) -> None:
    for number in range(100):
        await texts.agent.inbox.push(NUMBER, f"{number}")
    assert replied(await texts.report("One more", "m-1")) == "That is more than we can read now."


async def test_a_call_without_a_number_is_a_conversation_of_its_own(texts: Texts) -> None:
    document = (await texts.client.post("/voice/", json={})).json()
    assert "conversation_id" not in str(document)


async def test_a_stranger_reports_no_text_message(texts: Texts) -> None:
    texts.client = texts.client.with_auth(("user", "guess"))
    assert (await texts.report("Hello", "m-1")).status == 401
    assert await texts.agent.inbox.read(NUMBER) == []


async def test_a_client_prints_what_waits(capsys: pytest.CaptureFixture[str]) -> None:
    agent = AgentBase("desk", "/desk", basic_auth=hosts.AUTH)
    for text in ("Hello.", "Are you open?"):
        await agent.inbox.push("talk-1", text)
    await agent.inbox.push("talk-1", "They paid.", role="system")
    reading = runpy.run_path(str(EXAMPLES / "read_inbox.py"))["main"]
    async with hosts.socket(agent) as reached:
        url = f"{reached.client.base_url}/desk".replace("://", "://user:s3cret%2Fwith:odd%40signs@")
        with anyio.fail_after(LONG):
            await to_thread.run_sync(reading, url, "talk-1")
    assert capsys.readouterr().out == "user: Hello.\nuser: Are you open?\nsystem: They paid.\n"
    assert await agent.inbox.read("talk-1") == []


def test_the_client_is_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["read_inbox.py", "http://127.0.0.1:1", "talk-1"])
    with pytest.raises(OSError, match="refused"):
        runpy.run_path(str(EXAMPLES / "read_inbox.py"), run_name="__main__")
