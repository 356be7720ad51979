"""Agents to send hostile requests to, and the requests that the platform would send them."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request

from agentkit import AgentBase
from tests.hostile.canaries import LEDGER, PASSWORD, SECRET, USER
from tests.hostile.doors import Door, Told, post

JSON = dict[str, Any]

AUTH = (USER, PASSWORD)
CALL_ID = "call-1"
SWML, SWAIG, POST_PROMPT = "/agent", "/agent/swaig", "/agent/post_prompt"
CHECK_FOR_INPUT, CALLBACK = "/agent/check_for_input", "/agent/desk"
FORBIDDEN = "the token is missing, wrong, expired or of another call"


def table(cases: Mapping[str, Any]) -> pytest.MarkDecorator:
    """Run a test for each case of a table."""
    return pytest.mark.parametrize("case", cases.values(), ids=cases)


def plain(**options: Any) -> AgentBase:
    """An agent with nothing of its own."""
    return AgentBase("canary", "/agent", basic_auth=AUTH, secret=SECRET, **options)


class Everything(AgentBase):
    """An agent that has all there is, and remembers what of it ran."""

    def __init__(self, **options: Any) -> None:
        super().__init__("canary", "/agent", basic_auth=AUTH, secret=SECRET, **options)
        self.ran: list[str] = []
        self.set_post_prompt("Sum up.")
        self.register_routing_callback(self.desk, "/desk")

    @AgentBase.tool
    async def order(self, tea: str) -> str:
        """Order tea."""
        self.ran.append("order")
        return f"One {tea}."

    def desk(self, request: Request, body: JSON) -> None:
        self.ran.append("desk")

    def on_swml_request(
        self, request_data: JSON | None = None, callback_path: str | None = None
    ) -> Any:
        self.ran.append("on_swml_request")

    def on_summary(self, summary: Any, raw_data: JSON | None = None) -> None:
        self.ran.append("on_summary")

    async def _handle_check_for_input_request(self, request: Request) -> JSON:
        self.ran.append("check_for_input")
        return {"asked": await request.json() if request.method == "POST" else {}}


class Dialled(NamedTuple):
    """What the platform keeps of a document: where functions and the summary are answered."""

    ai: JSON
    swaig: str
    post_prompt: str


async def dial(door: Door, call_id: str | None = CALL_ID, path: str = SWML) -> Dialled:
    """Fetch the document of a call."""
    found = await door.send(post(path, {"call": {"call_id": call_id}} if call_id else {}))
    assert found.status == 200, found
    ai: JSON = next(verb["ai"] for verb in found.data["sections"]["main"] if "ai" in verb)
    swaig = ai.get("SWAIG", {}).get("defaults", {}).get("web_hook_url", "")
    return Dialled(ai, target(swaig), target(ai.get("post_prompt_url", "")))


def target(url: str) -> str:
    """What stands in the request line when a URL is requested."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def call(function: object, /, call_id: object = CALL_ID, **arguments: object) -> JSON:
    """The body of a tool call."""
    return {"function": function, "call_id": call_id, "argument": {"parsed": [arguments]}}


async def run(door: Door, agent: AgentBase, function: str, /, **arguments: object) -> Told:
    """Dial and call one function."""
    door.app = agent
    dialled = await dial(door)
    return await door.send(post(dialled.swaig, call(function, **arguments)))


SORRY = "I am sorry, something went wrong and I could not do that."
Tool = Callable[[], Any]


def tool(body: Tool, **options: Any) -> AgentBase:
    """An agent whose tool `act` does this."""
    agent = plain(**{key: value for key, value in options.items() if key == "strict_templates"})
    agent.define_tool(
        "act",
        handler=body,
        timeout=options.get("timeout", 5.0),
        on_error=options.get("on_error", SORRY),
        parameters={},
        is_typed_handler=True,
    )
    return agent


def said(response: str) -> Told:
    return Told(200, {"response": response})


def apologised(answer: Told, sentence: str = SORRY) -> bool:
    """Whether nothing but the safe sentence was said, with the id of one traceback in the log."""
    match = re.fullmatch(rf"{re.escape(sentence)} \((E-[0-9a-f]{{8}})\)", answer.data["response"])
    logged = [record for record in LEDGER.records if record.exc_info]
    return (
        answer == said(answer.data["response"])
        and match is not None
        and [record.getMessage().split(" ")[0] for record in logged] == ["tool_failed"]
        and f"error_id={match[1]}" in logged[0].getMessage()
        and f"call_id={CALL_ID} agent=canary function=act" in logged[0].getMessage()
    )
