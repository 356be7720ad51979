"""Small ASGI applications written by hand: agents for the simulated call, and plain answers."""

import json
from collections.abc import Callable
from typing import Any

from agentkit.testing import AgentClient, SimulatedCall
from agentkit.testing.asgi import ASGIApp, Message, Receive, Scope, Send

Data = dict[str, Any]
Answer = Callable[[Data], object]

SWAIG = "/agent/swaig"
PLAIN = "http://testserver/agent/swaig"


def sends(*messages: Message) -> ASGIApp:
    """An application that sends exactly these messages."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


def start(status: object = 200, headers: object = ()) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(data: object = b"", more_body: object = False) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more_body}


async def read(receive: Receive) -> bytes:
    pieces, more = b"", True
    while more:
        message = await receive()
        pieces, more = pieces + message["body"], message["more_body"]
    return pieces


async def answer(send: Send, status: int, data: bytes) -> None:
    length = str(len(data)).encode()
    await send(start(status, [(b"content-type", b"application/json"), (b"content-length", length)]))
    await send(body(data))


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what arrived: the scope, and the body with the sizes of its pieces."""
    pieces, more = [], True
    while more:
        message = await receive()
        pieces.append(message["body"])
        more = message["more_body"]
    told = {
        **{key: scope[key] for key in ("method", "scheme", "path", "root_path")},
        "raw_path": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "headers": [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]],
        "client": scope["client"],
        "server": scope["server"],
        "body": b"".join(pieces).decode(),
        "sizes": [len(piece) for piece in pieces],
    }
    await answer(send, 200, json.dumps(told).encode())


class Agent:
    """An agent made of its document and an answer for each path; keeps what it was sent."""

    def __init__(self, document: object, answers: dict[str, Answer] | None = None) -> None:
        self.document = document
        self.answers = answers or {}
        self.requests: list[tuple[str, Data]] = []
        self.authorizations: list[str | None] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = json.loads(await read(receive))
        self.requests.append((scope["path"], request))
        sent = dict(scope["headers"]).get(b"authorization")
        self.authorizations.append(sent and sent.decode())
        answer_to = self.answers.get(scope["path"])
        given = answer_to(request) if answer_to else self.document
        status, data = given if isinstance(given, tuple) else (200, given)
        await answer(send, status, data if isinstance(data, bytes) else json.dumps(data).encode())

    def bodies(self, path: str) -> list[Data]:
        """The bodies that arrived at a path."""
        return [request for where, request in self.requests if where == path]


def document(*functions: Data, **ai: object) -> Data:
    """A SWML document with these functions; they share one URL unless they name their own."""
    defaults = {"web_hook_url": "http://agent:secret@testserver/agent/swaig?__token=t0p"}
    verb = {
        "prompt": {"text": "Be kind."},
        "SWAIG": {"defaults": defaults, "functions": list(functions)},
        **ai,
    }
    return {"version": "1.0.0", "sections": {"main": [{"answer": {}}, {"ai": verb}]}}


def function(name: str, **more: object) -> Data:
    return {"function": name, "description": f"Does {name}.", **more}


def calls(agent: Agent, **options: Any) -> SimulatedCall:
    return SimulatedCall(AgentClient(agent), **options)


async def started(
    *functions: Data, answer: object = None, **ai: object
) -> tuple[SimulatedCall, Agent]:
    """A call in progress, with an agent that gives every function the same answer."""
    agent = Agent(document(*functions, **ai), {SWAIG: lambda _: {} if answer is None else answer})
    call = calls(agent)
    await call.start()
    return call, agent


def acts(*actions: Data) -> Answer:
    """An answer to each request in turn; each but the last with one of these actions."""
    left = list(actions)
    return lambda _: {"response": "ok", "action": [left.pop(0)]} if left else {}
