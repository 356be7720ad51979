"""The search for leaks finds what it looks for; and nothing leaks from a server on its own."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.agents import call, dial, table
from tests.hostile.canaries import (
    AUTHORIZATION,
    CRASH,
    LEDGER,
    PASSWORD,
    QUERY,
    SECRET,
    SIGNING_KEY,
    USER,
    Ledger,
)
from tests.hostile.doors import UNAUTHORIZED, Stage, get, post

TOKEN = f"v1.0123abcd.6b000000.c.{'ab' * 32}"
DOCUMENT = {"version": "1.0.0", "sections": {"main": [{"ai": {"url": ""}}]}}
ANYWHERE = {
    "secret": SECRET,
    "signing key": SIGNING_KEY,
    "exception": CRASH,
    "traceback": 'File "x"',
}
IN_DOCUMENTS = {"password": PASSWORD, "credentials": AUTHORIZATION, "token": TOKEN}


def replied(data: Any, status: int = 200) -> list[str]:
    ledger = Ledger()
    ledger.reply(status, [], json.dumps(data, ensure_ascii=False).encode())
    return [*ledger.leaks()]


def logged(message: str, error: Exception | None = None, **extra: object) -> list[str]:
    ledger = Ledger()
    trace = (type(error), error, None) if error else None
    record = logging.LogRecord("agentkit", 20, "", 0, message, (), trace)
    record.__dict__.update(extra)
    ledger.emit(record)
    return [*ledger.leaks()]


@table({**ANYWHERE, **IN_DOCUMENTS})
def test_a_leak_in_a_reply_is_found(case: str) -> None:
    assert replied({"response": f"so: {case}!"})
    assert replied({"error": case}, 500)
    assert replied([case])


@table({**ANYWHERE, **IN_DOCUMENTS, "query": QUERY})
def test_a_leak_in_the_log_is_found(case: str) -> None:
    assert logged(f"event field={case}")
    assert logged("event", fields={"field": case})


@table(ANYWHERE)
def test_a_leak_in_a_document_is_found(case: str) -> None:
    assert replied({**DOCUMENT, "note": case})


@table(IN_DOCUMENTS)
def test_credentials_and_tokens_belong_into_documents(case: str) -> None:
    assert replied({**DOCUMENT, "url": case}) == []
    assert replied({**DOCUMENT, "url": case}, 400)


def test_only_the_authors_own_tracebacks_belong_into_the_log() -> None:
    assert logged("tool_failed", RuntimeError(CRASH), event="tool_failed") == []
    assert logged("request_failed", RuntimeError("x"), event="request_failed")
    assert logged("Exception in ASGI application", RuntimeError("x"))


def test_what_is_harmless_is_no_leak() -> None:
    ledger = Ledger()
    ledger.reply(200, [("content-type", "text/plain")], b"plain text")

    assert [*ledger.leaks(), *replied({"response": "hello"}), *logged("event a=b")] == []


AGENT = '''
from agentkit import AgentBase

agent = AgentBase("canary", "/agent")
agent.add_swaig_query_params({"shop": "canary-query"})


@agent.tool
def crash() -> str:
    """Crash."""
    raise RuntimeError("canary-crash postgres://app:hunter2@db/prod")
'''


@pytest.fixture(params=["httptools", "h11"])
def on_its_own(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Stage, "subprocess.Popen[str]"]]:
    """An agent that runs as its author runs it: by the command line, with all that it logs."""
    (tmp_path / "shop.py").write_text(AGENT, "utf-8")
    without = "import sys; sys.modules['httptools'] = None; " if request.param == "h11" else ""
    main = f"{without}from agentkit.__main__ import main; main()"
    options = ["run", "shop.py:agent", "--host", "127.0.0.1", "--port", "0", "--log-level", "debug"]
    settings = {
        "SWML_BASIC_AUTH_USER": USER,
        "SWML_BASIC_AUTH_PASSWORD": PASSWORD,
        "AGENTKIT_SECRET": SECRET,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", main, *options],
        cwd=tmp_path,
        env={**os.environ, **settings},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    stage = Stage(request.param, None)  # type: ignore[arg-type]  # it is in the other process
    stage.port = port_in(process)
    yield stage, process
    process.kill()
    process.wait()
    assert process.stderr is not None
    process.stderr.close()


def port_in(process: "subprocess.Popen[str]") -> int:
    assert process.stderr is not None
    line = next(line for line in process.stderr if "address=" in line)
    return int(line.partition("address=")[2].split()[0].rpartition(":")[2])


async def test_a_server_on_its_own_writes_no_secrets(
    on_its_own: tuple[Stage, "subprocess.Popen[str]"],
) -> None:
    stage, process = on_its_own
    dialled = await dial(stage)
    answers = [
        await stage.send(post(dialled.swaig, call("crash"))),
        await stage.send(post(dialled.swaig, b"nonsense")),
        await stage.send(post(f"{dialled.swaig}x", call("crash"))),
        await stage.send(get(f"/agent?x={QUERY}&token={TOKEN}", without=("authorization",))),
        await stage.send(get(f"/agent\x00?x={QUERY}")),
    ]

    process.send_signal(signal.SIGTERM)
    _, written = process.communicate()

    assert [answer.status for answer in answers] == [200, 400, 403, 401, 400]
    assert answers[3] == UNAUTHORIZED
    assert process.returncode == 0
    assert f"RuntimeError: {CRASH}" in written
    record = logging.LogRecord("agentkit", 20, "", 0, written.replace("%", "%%"), (), None)
    LEDGER.emit(record)
    found = [leak for leak in LEDGER.leaks() if "Traceback" not in leak and "File" not in leak]
    LEDGER.clear()
    assert set(found) == {f"the log: {CRASH}"}
