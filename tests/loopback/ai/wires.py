"""A wire for tests: it answers from functions and keeps what was sent."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from agentkit.loopback.ai import AISession
from agentkit.loopback.clock import Clock
from agentkit.loopback.ids import Ids
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Answer, Webhook

JSON = dict[str, Any]
Answering = Callable[[JSON], Any]

URL = "https://agent.example.com/swaig"
POST_URL = "https://agent.example.com/post"
CALL: JSON = {
    "call_id": "5d1c6d6e-8a0f-4b71-9a3c-0d6a7f1b2c3d",
    "node_id": "node-ai@",
    "segment_id": "5d1c6d6e-8a0f-4b71-9a3c-0d6a7f1b2c3d",
    "call_state": "created",
    "direction": "inbound",
    "type": "phone",
    "from": "+12025550123",
    "to": "+12025550100",
    "from_number": "+12025550123",
    "to_number": "+12025550100",
    "headers": [],
    "project_id": "00000000-0000-4000-8000-0000000000aa",
    "space_id": "00000000-0000-4000-8000-0000000000bb",
}


class Wire:
    """Answers a function by its name, anything else by its URL or kind; `{}` to the rest."""

    def __init__(self, answers: Mapping[str, Any] | None = None, seconds: float = 0.1) -> None:
        self.answers = dict(answers or {})
        self.sent: list[Webhook] = []
        self.seconds = seconds

    async def send(self, webhook: Webhook) -> Answer:
        self.sent.append(webhook)
        body = msgspec.json.decode(webhook.body) if webhook.body else {}
        wanted = (body.get("function"), webhook.url, webhook.kind)
        given: Any = next((self.answers[key] for key in wanted if key in self.answers), {})
        found = given(body) if callable(given) else given
        if isinstance(found, Answer):
            return found
        return Answer(200, msgspec.json.encode(found), seconds=self.seconds)

    def bodies(self, kind: str) -> list[JSON]:
        """What was sent of a kind, decoded."""
        return [msgspec.json.decode(each.body) for each in self.sent if each.kind == kind]

    def calls(self, name: str) -> list[JSON]:
        """The requests that called a function."""
        return [body for body in self.requests() if body["function"] == name]

    def requests(self) -> list[JSON]:
        """All requests that called functions, hooks and polls too."""
        return [msgspec.json.decode(each.body) for each in self.sent
                if each.kind in {"function", "hook", "poll"}]  # fmt: skip


def function(name: str, **fields: Any) -> JSON:
    return {"function": name, "description": f"Does {name}.", **fields}


def verb(*functions: JSON, **fields: Any) -> JSON:
    swaig = {"defaults": {"web_hook_url": URL}, "functions": list(functions)}
    return {"prompt": {"text": "Be kind."}, "SWAIG": swaig, "post_prompt_url": POST_URL, **fields}


class Stage:
    """A session with everything around it, for tests."""

    def __init__(self, ai: Any, answers: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.clock = Clock()
        self.trace = Trace(self.clock)
        self.wire = Wire(answers)
        self.vars: JSON = options.pop("script_vars", {})
        self.session = AISession(
            ai,
            call=options.pop("call", CALL),
            script_vars=self.vars,
            wire=self.wire,
            clock=self.clock,
            trace=self.trace,
            ids=Ids(7),
            **options,
        )

    async def begin(self) -> AISession:
        await self.session.start()
        return self.session

    def texts(self, kind: str) -> list[str]:
        return [each.text for each in self.trace.moments if each.kind == kind]

    def data(self, kind: str) -> list[Any]:
        return [each.data for each in self.trace.moments if each.kind == kind]

    def names(self) -> list[str]:
        return [each.name for each in self.session.tools()]

    def summary(self) -> JSON:
        return self.wire.bodies("post_prompt")[-1]


async def started(
    ai: Any, answers: Mapping[str, Any] | None = None, **options: Any
) -> tuple[AISession, Stage]:
    stage = Stage(ai, answers, **options)
    return await stage.begin(), stage
