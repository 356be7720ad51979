"""Documents with contexts and steps, for tests."""

from typing import Any

from agentkit.loopback.ai import AISession
from tests.loopback.ai.wires import JSON, Stage, function, started, verb


def step(name: str, **fields: Any) -> JSON:
    return {"name": name, "text": f"Do {name}.", **fields}


def flow(*steps: JSON, others: JSON | None = None, **context: Any) -> JSON:
    contexts = {"default": {"steps": list(steps), **context}, **(others or {})}
    ai = verb(function("look"), function("book"))
    return {**ai, "prompt": {"text": "Be kind.", "contexts": contexts}}


async def at(ai: JSON, answers: JSON | None = None) -> tuple[AISession, Stage]:
    return await started(ai, answers)


def told(session: AISession) -> str:
    return session.messages()[-1].content


def parameters(session: AISession, name: str) -> Any:
    return next(each.parameters for each in session.tools() if each.name == name)
