"""Ask an agent for a document, as the platform does: one request to an ASGI application.

Works in the Python of either SDK, so it uses neither.
"""

import asyncio
import base64
import json
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

USER = ("u", "p")
OF_A_CALL: Any = {"call": {"call_id": "c-1"}}


class Asked(NamedTuple):
    """An agent and the request that it gets; without one it is asked for a call's document.

    With `call`, the body of a call of a function, the document is fetched first, and the function
    called at the URL that stands there; what it does is compared, not how it words it.
    """

    agent: Any
    path: str | None = None
    query: Any = ()
    body: Any = OF_A_CALL
    method: str = "POST"
    call: Any = None


async def answered(app: Any, asked: Asked, path: str) -> tuple[int, dict[str, str], bytes]:
    """Send the request and return status, headers and body."""
    body = b"" if asked.method == "GET" else json.dumps(asked.body).encode()
    credentials = base64.b64encode(":".join(USER).encode())
    sent: list[dict[str, Any]] = []
    received = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in received:
            return message
        await asyncio.Event().wait()  # the client stays
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": asked.method,
        "path": path, "raw_path": path.encode(), "root_path": "", "scheme": "http",
        "query_string": urlencode(asked.query).encode(), "client": ("127.0.0.1", 4000),
        "server": ("localhost", 3000),
        "headers": [
            (b"host", b"localhost:3000"), (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)), (b"authorization", b"Basic " + credentials),
        ],
    }  # fmt: skip
    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    chunks = [m.get("body", b"") for m in sent if m["type"] == "http.response.body"]
    headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(chunks)


def handled(service: Any, asked: Asked, path: str) -> Any:
    """Return the document of a service of the vendor's SDK, which is no application."""
    credentials = base64.b64encode(":".join(USER).encode()).decode()
    headers = {"authorization": f"Basic {credentials}", "content-type": "application/json"}
    answer = service.handle_request("POST", f"http://localhost:3000{path}", headers, asked.body)
    return json.loads(answer[2]) if answer[0] == 200 else {"status": answer[0], "location": None}


def done(asked: Asked, path: str) -> Any:
    """Return what a function of an agent does: its answer without the words."""
    sections = document(asked._replace(call=None, path=path))["sections"]
    functions = next(verb["ai"]["SWAIG"] for verb in sections["main"] if "ai" in verb)
    named = {entry["function"]: entry for entry in functions["functions"]}
    entry = named[asked.call["function"]]
    url = urlsplit(entry.get("web_hook_url") or functions["defaults"]["web_hook_url"])
    given = asked._replace(call=None, path=url.path, query=parse_qsl(url.query), body=asked.call)
    answer = document(given)
    return {key: value for key, value in answer.items() if key != "response"}


def document(made: Any) -> Any:
    """Return what an agent, or what is asked of one, answers: its document, else the status."""
    asked = made if isinstance(made, Asked) else Asked(made)
    agent = asked.agent
    path = asked.path if asked.path is not None else agent.route or "/"
    if asked.call is not None:
        return done(asked, path)
    app = agent.get_app() if hasattr(agent, "get_app") else getattr(agent, "app", None)
    if app is None and not callable(agent):
        return handled(agent, asked, path)
    status, headers, body = asyncio.run(answered(app or agent, asked, path))
    if status == 200:
        return json.loads(body)
    return {
        "status": status,
        **({"location": headers["location"]} if "location" in headers else {}),
    }
