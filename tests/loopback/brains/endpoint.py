"""A server that speaks the API of chat completions, and says what it was told to say."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


def completion(text: str | None = None, *calls: tuple[str, str]) -> Answer:
    """Return a completion as endpoints answer it."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {"id": f"c-{n}", "type": "function", "function": {"name": name, "arguments": written}}
            for n, (name, written) in enumerate(calls)
        ]
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "x", "object": "chat.completion", "choices": [choice], "usage": {}}
    return 200, {}, json.dumps(body).encode()


def failing(status: int, text: str = "", **headers: str) -> Answer:
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, text.encode()


class Spoken:
    """What a served endpoint was asked, and where it is.

    Attributes:
        url: the base URL.
        asked: the bodies of the requests.
        headers: their header fields.
        waits: the seconds between attempts, which nobody waited.
    """

    def __init__(self, answers: list[Answer]) -> None:
        self.url = ""
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.waits: list[float] = []
        self._answers = answers

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        assert path == "/v1/chat/completions"
        self.headers.append({name.lower(): value for name, value in headers.items()})
        self.asked.append(json.loads(body))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@contextmanager
def served(*answers: Answer) -> Iterator[Spoken]:
    """Serve answers in their order, the last one again and again."""
    spoken = Spoken(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, headers, answer = spoken.take(self.path, dict(self.headers.items()), body)
            self.send_response(status)
            for name, value in {"content-length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    spoken.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield spoken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
