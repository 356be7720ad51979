"""A server on this host that stands for a gateway of MCP servers and for a search server.

Works in the Python of either SDK, so it uses neither.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOOLS = [
    {
        "name": "add_item",
        "description": "Add an item to a list.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "text": {"type": "string", "description": "What is added."},
                "amount": {"type": "integer", "default": 1},
                "kind": {"type": "string", "enum": ["tea", "cake"]},
            },
            "required": ["text"],
        },
    },
    {"name": "clear", "description": "Clear a list.", "inputSchema": {"type": "object"}},
]
ANSWERS: dict[str, Any] = {
    "/health": {"status": "healthy"},
    "/services": {"todo": {"description": "Lists"}, "stock": {"description": "Stock"}},
    "/services/todo/tools": {"tools": TOOLS},
    "/services/stock/tools": {"tools": TOOLS[:1]},
}


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        body = json.dumps(ANSWERS.get(self.path, {})).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def gateway() -> Iterator[str]:
    """Serve, and give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
