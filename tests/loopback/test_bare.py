"""An agent written by hand, as a bare ASGI callable, is played like those of an SDK."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from agentkit.loopback import Call, CallError
from agentkit.testing.asgi import Receive, Scope, Send

JSON = dict[str, Any]

USER = "cook:pa%20n"
BASIC = b"Basic " + base64.b64encode(b"cook:pa n")


class Kitchen:
    """Takes orders for soup, in two steps, and keeps what calls were about."""

    def __init__(self) -> None:
        self.orders: dict[str, str] = {}
        self.summaries: list[Any] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        body = json.loads((await receive())["body"])
        status, answer = self.answer(scope, body)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def answer(self, scope: Scope, body: JSON) -> tuple[int, JSON]:
        if dict(scope["headers"]).get(b"authorization") != BASIC:
            return 401, {}
        handle: Callable[[str, JSON], tuple[int, JSON]] = {
            "/": self.document,
            "/order": self.order,
            "/over": self.over,
        }[scope["path"]]
        return handle(scope["query_string"].decode(), body)

    def document(self, query: str, body: JSON) -> tuple[int, JSON]:
        call_id = body["call"]["call_id"]
        base = f"http://{USER}@testserver"
        order = {
            "function": "order",
            "description": "Order soup.",
            "parameters": {"type": "object", "properties": {"soup": {"type": "string"}}},
            "web_hook_url": f"{base}/order?of={call_id}",
        }
        steps = [
            {"name": "ask", "text": "Ask which soup.", "functions": ["order"]},
            {"name": "bye", "text": "Say goodbye.", "functions": "none"},
        ]
        ai = {
            "prompt": {"text": "You cook.", "contexts": {"default": {"steps": steps}}},
            "post_prompt": {"text": "Sum up."},
            "post_prompt_url": f"{base}/over",
            "SWAIG": {"functions": [order]},
        }
        return 200, {"version": "1.0.0", "sections": {"main": [{"answer": {}}, {"ai": ai}]}}

    def order(self, query: str, body: JSON) -> tuple[int, JSON]:
        if query != f"of={body['call_id']}":
            return 403, {}
        soup = body["argument"]["parsed"][0]["soup"]
        self.orders[body["call_id"]] = soup
        action = [{"set_global_data": {"soup": soup}}, {"change_step": "bye"}]
        return 200, {"response": f"One {soup}.", "action": action}

    def over(self, query: str, body: JSON) -> tuple[int, JSON]:
        self.summaries.append(body["post_prompt_data"]["parsed"][0])
        return 200, {}


def test_a_call_is_played_from_the_document_to_the_summary() -> None:
    kitchen = Kitchen()
    with Call(kitchen, auth=("cook", "pa n")) as call:
        call.start().answers("Which soup?")
        call.expect_step("ask")
        call.say("Leek, please").uses("order", soup="leek").answers("Leek it is.")
        call.expect_tool("order").with_args(soup="leek").once().answered("One leek.")
        call.expect_state(soup="leek")
        call.expect_step("bye")
        assert "order" not in call.tools
        call.hang_up(summary={"soup": "leek"})
        assert kitchen.orders == {call.call_id: "leek"}
    assert kitchen.summaries == [{"soup": "leek"}]


def test_what_it_refuses_is_seen() -> None:
    with Call(Kitchen()) as call, pytest.raises(CallError, match="status 401"):
        call.start()
    with Call(Kitchen(), auth=("cook", "pa n")) as call:
        call.call_object["call_id"] = "café"  # which is not the same in a URL
        call.start()
        call.say("Leek").uses("order", soup="leek")
        call.expect_tool("order").answered("There was an error processing this request.")
        assert [m.text for m in call.moments if m.kind == "reply"] == ["200", "403"]
