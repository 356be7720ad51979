"""Machines for tests: a script, a wire that answers from a table, and what came of it."""

from collections.abc import Mapping
from typing import Any

from agentkit.loopback.clock import Clock
from agentkit.loopback.ids import Ids
from agentkit.loopback.script.machine import Machine
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Answer, Webhook

CALL = {
    "call_id": "f6af412f-0000-4000-8000-000000000001",
    "call_state": "created",
    "direction": "inbound",
    "type": "phone",
    "from": "+12025550123",
    "to": "+12025550100",
    "headers": [{"name": "X-Shop", "value": "7"}],
    "project_id": "p",
    "space_id": "s",
}


class AnsweringWire:
    """Answers by URL and keeps what was sent."""

    def __init__(self, answers: Mapping[str, Answer | bytes]) -> None:
        self.answers = answers
        self.sent: list[Webhook] = []

    async def send(self, webhook: Webhook) -> Answer:
        self.sent.append(webhook)
        answer = self.answers[webhook.url]
        return Answer(200, answer) if isinstance(answer, bytes) else answer


class Played:
    """A machine with what belongs to it."""

    def __init__(self, document: object, answers: Mapping[str, Answer | bytes], **scopes: Any):
        self.clock = Clock()
        self.trace = Trace(self.clock)
        self.wire = AnsweringWire(answers)
        self.machine = Machine(
            document, call=scopes.pop("call", CALL), wire=self.wire, clock=self.clock,
            trace=self.trace, ids=Ids("test"), **scopes,
        )  # fmt: skip

    @property
    def vars(self) -> dict[str, Any]:
        return self.machine.vars

    def texts(self, kind: str) -> list[str]:
        return [moment.text for moment in self.trace.moments if moment.kind == kind]

    @property
    def heard(self) -> list[str]:
        return self.texts("platform")

    @property
    def warnings(self) -> list[str]:
        return self.texts("warning")


def document(*verbs: Any, **sections: list[Any]) -> dict[str, Any]:
    return {"version": "1.0.0", "sections": {"main": list(verbs), **sections}}


def machine(
    *verbs: Any,
    answers: Mapping[str, Answer | bytes] | None = None,
    outcomes: Mapping[str, Any] | None = None,
    sections: Mapping[str, list[Any]] | None = None,
    **scopes: Any,
) -> Played:
    """A machine that is about to perform these verbs."""
    played = Played(document(*verbs, **(sections or {})), answers or {}, **scopes)
    played.machine.outcomes.update(outcomes or {})
    return played


async def run(*verbs: Any, **settings: Any) -> Played:
    """Perform verbs until somebody else has to act."""
    played = machine(*verbs, **settings)
    await played.machine.proceed()
    return played


def say(text: str) -> dict[str, Any]:
    return {"play": {"url": f"say:{text}"}}
