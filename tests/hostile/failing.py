"""Hooks that raise, exit, hang or return what is no document, and what is answered then."""

from collections.abc import Callable
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from agentkit import AgentBase
from tests.hostile.agents import AUTH
from tests.hostile.canaries import CRASH, LEDGER, SECRET
from tests.hostile.doors import Told

JSON = dict[str, Any]
Hook = Callable[[], Any]
ERROR_DOCUMENT: JSON = {
    "version": "1.0.0",
    "sections": {
        "main": [
            {"answer": {}},
            {
                "play": {
                    "url": "say:We are sorry, this service is not available right now. "
                    "Please call again later."
                }
            },
            {"hangup": {}},
        ]
    },
}
FAILED = Told(200, ERROR_DOCUMENT)


class Hooked(AgentBase):
    """An agent whose document hook does what a test says."""

    def __init__(self, hook: Hook, **options: Any) -> None:
        super().__init__("canary", "/agent", basic_auth=AUTH, secret=SECRET, **options)
        self.hook = hook
        self.set_post_prompt("Sum up.")
        self.define_tool("order", handler=lambda: "done")

    def on_swml_request(self, request_data: Any = None, callback_path: Any = None) -> Any:
        return self.hook()

    def on_summary(self, summary: Any, raw_data: Any = None) -> Any:
        return self.hook()

    def _handle_check_for_input_request(self, request: Request) -> Any:
        return self.hook()


def raising() -> None:
    raise RuntimeError(CRASH)


async def raising_async() -> None:
    raise RuntimeError(CRASH)


def leaving() -> None:
    raise SystemExit(CRASH)


async def sleeping() -> None:
    await anyio.sleep_forever()


def deep(depth: int = 5_000) -> list[Any]:
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


def deep_dict(depth: int = 5_000) -> JSON:
    made: JSON = {}
    for _ in range(depth):
        made = {"a": made}
    return made


FAILING: dict[str, Hook] = {
    "raises": raising,
    "raises, async": raising_async,
    "exits": leaving,
    "hangs": sleeping,
}
NO_DOCUMENT: dict[str, Hook] = {
    "a number": lambda: 5,
    "false": lambda: False,
    "a list": lambda: [{"answer": {}}],
    "bytes": lambda: b"{}",
    "an object": object,
    "a class": lambda: dict,
    "a function": lambda: raising,
    "a generator": lambda: (x for x in "ab"),
    "a set": lambda: {"sections"},
    "a response": lambda: PlainTextResponse("hi"),
    "sections that are none": lambda: {"sections": []},
    "sections that are text": lambda: {"sections": "main"},
}


def one_traceback(event: str) -> None:
    logged = [record for record in LEDGER.records if record.exc_info]
    assert [record.getMessage().split(" ")[0] for record in logged] == [event]


OWN_DOCUMENT = {"version": "1.0.0", "sections": {"main": [{"hangup": {"reason": "busy"}}]}}
