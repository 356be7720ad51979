"""Serves the agents in the Python of one SDK, by that SDK's own servers, until it is ended.

`python -m tests.differential.live.serving FD`: when all of them listen, the ports go to the file
descriptor as JSON.
"""

import json
import os
import socket
import sys
import threading
from contextlib import closing
from typing import Any

from tests.differential.live import broken, ready_made, shops
from tests.differential.sdk import VENDOR, AgentServer

HOST = "127.0.0.1"
SECONDS = 60
_POLL_SECONDS = 0.01

AGENTS = (
    shops.shop, shops.remembering, shops.elsewhere, shops.typed, shops.table, shops.intake,
    shops.maps, shops.skilled, shops.configured, shops.hooked, shops.staged, shops.tools_server,
    ready_made.info_gatherer, ready_made.faq, ready_made.concierge, ready_made.survey,
    ready_made.receptionist, ready_made.bedrock,
)  # fmt: skip
BROKEN = (
    shops.forgetful, broken.on_another_port, broken.with_a_secret_of_signs, broken.signed,
    broken.expired, broken.awaited_summary, broken.raising_summary, broken.sections_of_a_request,
    broken.contexts_of_a_dict, broken.unserializable,
)  # fmt: skip


def free_port() -> tuple[socket.socket, int]:
    """Return a port that nobody else is given while the socket is open; it may be listened on."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((HOST, 0))
    return holder, holder.getsockname()[1]


def serve(run: Any, port: int) -> None:
    """Run a server in a thread, which ends with the process, and return when it listens.

    One after the other: each sets up the logging of the whole process.
    """
    threading.Thread(target=run, kwargs={"host": HOST, "port": port}, daemon=True).start()
    await_port(port)


def await_port(port: int) -> None:
    """Return when somebody listens.

    Raises:
        TimeoutError: nobody did in time.
    """
    pause = threading.Event()
    for _ in range(int(SECONDS / _POLL_SECONDS)):
        with closing(socket.socket()) as one:
            if one.connect_ex((HOST, port)) == 0:
                return
        pause.wait(_POLL_SECONDS)
    raise TimeoutError(f"nobody listens on {port}")


def several(port: int) -> AgentServer:
    """Return a server with many agents."""
    server = AgentServer(host=HOST, port=port, log_level="critical")
    for make in (*AGENTS, *(BROKEN if VENDOR else ())):
        server.register(make())
    server.register(shops.guide(port))
    server.register(shops.tools_client(port))
    server.setup_sip_routing("/sip", auto_map=True)
    return server


def main() -> None:
    """Serve several agents, one alone and one without a model."""
    held = [free_port() for _ in range(3)]
    several_port, alone_port, menu_port = (port for _, port in held)
    os.environ["PORT"] = str(several_port)  # 3.7 writes the agent's port into URLs
    serve(several(several_port).run, several_port)
    serve(shops.shop("alone", port=alone_port).run, alone_port)
    serve(ready_made.menu(menu_port).serve, menu_port)
    ports = {"several": several_port, "alone": alone_port, "menu": menu_port}
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as ready:
        json.dump(ports, ready)
    sys.stdin.read()  # until whoever started it is gone


if __name__ == "__main__":
    main()
