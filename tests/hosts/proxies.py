"""Agents behind nginx, which keeps or strips a prefix and may say so in X-Forwarded headers."""

import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount

from agentkit import AgentBase
from agentkit.serve import listening_socket
from agentkit.testing import AgentClient
from tests.interaction.hosts import AUTH, Host, Reached, served
from tests.reliability.servers import program

PREFIX = "/voice"

CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_max_body_size 16m;
  client_body_buffer_size 16m;
  proxy_buffering off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    {location}
  }}
}}
"""

SAYS_ALL = {
    "X-Forwarded-Host": "$http_host",
    "X-Forwarded-Proto": "$scheme",
    "X-Forwarded-Prefix": PREFIX,
}
SAYS_HOST = {"X-Forwarded-Host": "$http_host", "X-Forwarded-Proto": "$scheme"}
KEEPS_HOST = {"Host": "$http_host"}


LOCATION = """
    location {path} {{
      proxy_pass http://127.0.0.1:{upstream}{rest};
      proxy_http_version 1.1;
{headers}
    }}
"""


def location(upstream: int, headers: dict[str, str], *, strips: bool) -> str:
    """What hands the prefix on to a port."""
    lines = "\n".join(f'      proxy_set_header {name} "{headers[name]}";' for name in headers)
    path, rest = (f"{PREFIX}/", "/") if strips else (PREFIX, "")
    return LOCATION.format(path=path, rest=rest, upstream=upstream, headers=lines)


@contextmanager
def nginx(location: str) -> Iterator[int]:
    """Run nginx with a location and give its port.

    It inherits a socket that listens already, so nobody has to wait for it (without its master
    process it would crash then). Bodies stay in memory: its worker may write to no folder.
    """
    with TemporaryDirectory() as folder, listening_socket("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        config = CONFIG.format(folder=folder, port=port, location=location)
        with _running(Path(folder), config, listening):
            yield port


@contextmanager
def _running(folder: Path, config: str, listening: socket.socket) -> Iterator[None]:
    file = folder / "nginx.conf"
    file.write_text(config, "utf-8")
    command = [program("nginx"), "-p", str(folder), "-c", str(file), "-e", "stderr"]
    descriptor = listening.fileno()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, "NGINX": f"{descriptor};"}, stderr=log,
            pass_fds=[descriptor],
        )  # fmt: skip
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


@asynccontextmanager
async def behind_nginx(
    agent: AgentBase,
    headers: dict[str, str],
    *,
    strips: bool,
    mount: bool = False,
    told: bool = False,
    **options: Any,
) -> AsyncIterator[Reached]:
    app = Starlette(routes=[Mount(PREFIX, app=agent)]) if mount else agent
    async with served(app, proxy_headers=False, **options) as upstream:
        with nginx(location(upstream, headers, strips=strips)) as port:
            client = AgentClient(f"http://127.0.0.1:{port}", auth=AUTH)
            if told:
                agent.manual_set_proxy_url(f"{client.base_url}{PREFIX}")
            path = f"{PREFIX}{agent.route}"
            yield Reached(client, path, PREFIX)


UNTRUSTED: dict[str, Host] = {
    "nginx strips, public URL, forwarded not trusted": partial(
        behind_nginx, headers=SAYS_ALL, strips=True, told=True
    ),
    "nginx strips, uvicorn --root-path": partial(
        behind_nginx, headers=KEEPS_HOST, strips=True, root_path=PREFIX
    ),
    "nginx keeps the prefix, mount, forwarded not trusted": partial(
        behind_nginx, headers=KEEPS_HOST | SAYS_ALL, strips=False, mount=True
    ),
}
TRUSTED: dict[str, Host] = {
    "nginx strips, forwarded trusted": partial(behind_nginx, headers=SAYS_ALL, strips=True),
    "nginx keeps the prefix, mount, forwarded trusted": partial(
        behind_nginx, headers=SAYS_HOST, strips=False, mount=True
    ),
    "nginx keeps the prefix and says it, mount, forwarded trusted": partial(
        behind_nginx, headers=SAYS_ALL, strips=False, mount=True
    ),
}
