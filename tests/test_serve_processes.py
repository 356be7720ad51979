"""A real server process, alone, with workers or reloading: it answers, drains and ends well."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.deadlines import LONG

pytestmark = pytest.mark.timeout(120)

HOST = "127.0.0.1"
APP = """
import asyncio, os, sys
from agentkit._log import log
from agentkit.serve import run_server, serve_options

GATE = int(os.environ["GATE"])

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        if os.environ.get("BROKEN"):
            await send({"type": "lifespan.startup.failed", "message": "there is no tea"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    log.info("asked", path=scope["path"])
    if scope["path"] == "/slow":
        reader, writer = await asyncio.open_connection("127.0.0.1", GATE)
        await reader.read()
        writer.close()
    body = b"%d" % os.getpid()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

def main():
    options = {"single": {}, "workers": {"workers": 2}, "reload": {"reload": True}}[sys.argv[1]]
    run_server(app, serve_options("127.0.0.1", 0, None, options))
"""
GUARDED = f"{APP}\nif __name__ == '__main__':\n    main()\n"
UNGUARDED = f"{APP}\nif len(sys.argv) > 1:\n    main()\n"

every_mode = pytest.mark.parametrize("mode", ["single", "workers", "reload"])


class Running:
    """A server process, and the gate that its slow requests wait at."""

    def __init__(self, process: "subprocess.Popen[str]", gate: socket.socket) -> None:
        self.process, self.gate = process, gate

    def said(self, text: str) -> str:
        """Return the next line of its standard error that has text in it."""
        assert self.process.stderr is not None
        lines = [self.process.stderr.readline()]
        while text not in lines[-1]:
            assert lines[-1], f"ended without saying {text!r}: {''.join(lines)}"
            lines.append(self.process.stderr.readline())
        return lines[-1]

    def connect(self, port: int) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, port, timeout=LONG)


@contextmanager
def running(folder: Path, mode: str, text: str = GUARDED, **more: str) -> Iterator[Running]:
    (folder / "served.py").write_text(text, "utf-8")
    with socket.create_server((HOST, 0)) as gate:
        gate.settimeout(LONG)
        environ = {
            **os.environ,
            **more,
            "GATE": str(gate.getsockname()[1]),
            "PYTHONPATH": str(Path.cwd()),
        }
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "served.py", mode], cwd=folder, env=environ,
            stderr=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        try:
            yield Running(process, gate)
            process.wait(LONG)
        finally:
            with suppress(ProcessLookupError):  # its workers may be gone as well
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def port_of(line: str) -> int:
    return int(line.split("address=127.0.0.1:")[1].split(maxsplit=1)[0])


@every_mode
def test_a_server_drains_what_is_in_flight_and_ends_with_zero(tmp_path: Path, mode: str) -> None:
    with running(tmp_path, mode) as server:
        port = port_of(server.said(" INFO serving "))
        with closing(server.connect(port)) as first, closing(server.connect(port)) as slow:
            first.request("GET", "/")
            assert first.getresponse().status == 200
            assert " INFO asked path=/\n" in server.said("asked")
            slow.request("GET", "/slow?secret=1")
            waiting, _ = server.gate.accept()
            server.process.send_signal(signal.SIGTERM)
            server.said("Shutting down")
            waiting.close()
            answer = slow.getresponse()
            assert answer.status == 200
            assert answer.read().isdigit()
            assert answer.getheader("server") is None
    assert server.process.returncode == 0


def test_workers_share_the_socket_and_answer_from_processes_of_their_own(tmp_path: Path) -> None:
    with running(tmp_path, "workers") as server:
        port = port_of(server.said(" INFO serving "))
        with closing(server.connect(port)) as one, closing(server.connect(port)) as other:
            one.request("GET", "/slow")
            waiting, _ = server.gate.accept()
            other.request("GET", "/")
            pids = {int(other.getresponse().read())}
            waiting.close()
            pids.add(int(one.getresponse().read()))
        assert server.process.pid not in pids
        server.process.send_signal(signal.SIGTERM)
    assert server.process.returncode == 0


@pytest.mark.parametrize("mode", ["workers", "reload"])
def test_a_script_without_a_guard_serves_all_the_same(tmp_path: Path, mode: str) -> None:
    with running(tmp_path, mode, UNGUARDED) as server:
        port = port_of(server.said(" INFO serving "))
        with closing(server.connect(port)) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
        server.process.send_signal(signal.SIGTERM)
    assert server.process.returncode == 0


def test_ctrl_c_ends_a_server_as_quietly(tmp_path: Path) -> None:
    with running(tmp_path, "single") as server:
        port = port_of(server.said(" INFO serving "))
        with closing(server.connect(port)) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
        server.process.send_signal(signal.SIGINT)
        server.said("Finished server process")
        assert server.process.stderr is not None
        assert server.process.stderr.read() == ""
    assert server.process.returncode == 0


@pytest.mark.parametrize("mode", ["single", "workers"])
def test_an_application_that_does_not_start_ends_the_process_with_an_error(
    tmp_path: Path, mode: str
) -> None:
    with running(tmp_path, mode, BROKEN="1") as server:
        server.said("there is no tea")
        server.said("DefinitionError: the application did not start; the log says why")
    assert server.process.returncode == 1
