"""The command itself: what it prints, its exit codes, and a real server over TLS."""

import contextlib
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
import uvicorn
from click.testing import CliRunner, Result

import agentkit.cli_doctor
from agentkit import _json
from agentkit.cli import commands
from agentkit.doctor import Subject, Web, examine, settings, store
from agentkit.serve import listening_socket
from agentkit.testing.client import ASGITransport
from tests.deadlines import LONG
from tests.doctor.test_examining import Outside, answering, bad, sound

CERTIFICATES = Path(__file__).parents[1] / "certificates"
SHOP = """
from agentkit import AgentBase

agent = AgentBase("shop", "/shop", basic_auth=("u", "a-long-password"), secret="x" * 32,
                  public_url="https://agents.example.com")
agent.define_tool("ping", "Ping.", {}, lambda args, raw: "pong")
short = AgentBase("short", "/short", basic_auth=("u", "p"), secret="x" * 32)
wrong = AgentBase("wrong", basic_auth=("u", "p"), secret="x" * 32, signing_key="k")
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "a_shop_to_examine.py").write_text(SHOP, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "a_shop_to_examine", raising=False)
    monkeypatch.setattr(settings, "SLOW_START_SECONDS", LONG)
    monkeypatch.setattr(store, "SLOW_SECONDS", LONG)
    return "a_shop_to_examine"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["doctor", *arguments])


def test_a_sound_agent_is_told_as_sound(shop: str) -> None:
    told = run(f"{shop}:agent")
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert lines[0] == "start"
    assert lines[1].startswith("  ok       start        loaded in ")
    assert "shop at /shop" in lines
    assert any(line.startswith("  ok       in process   https://agents.example") for line in lines)
    assert lines[-1] == "0 problems, 0 warnings"
    assert max(map(len, lines)) <= 120
    assert "a-long-password" not in told.output


def test_warnings_count_only_when_they_shall(shop: str) -> None:
    told = run(f"{shop}:short")
    assert (told.exit_code, told.output.splitlines()[-1]) == (0, "0 problems, 2 warnings")
    assert run(f"{shop}:short", "--strict").exit_code == 1
    assert run(f"{shop}:agent", "--strict").exit_code == 0


def test_a_problem_is_an_exit_code(shop: str) -> None:
    told = run(f"{shop}:wrong")
    assert told.exit_code == 1
    assert "PROBLEM  settings     signing_key needs public_url=" in told.output
    assert told.output.splitlines()[-1] == "1 problem, 0 warnings"


def test_findings_can_be_read_by_machines(shop: str) -> None:
    told = run(f"{shop}:wrong", "--json")
    start, settings = _json.decode(told.output)
    assert told.exit_code == 1
    assert (start["about"], start["level"], start["what"]) == ("start", "ok", "start")
    assert (settings["about"], settings["level"]) == ("wrong at /", "problem")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nothing.py",), "there is no file"),
        (("{shop}:agent", "--url", "agents.example.com"), "public URL 'agents.example.com' is not"),
        (("{shop}:agent", "--url", "ftp://x.example"), "is not like 'https://agents.example.com'"),
    ],
)
def test_what_cannot_be_examined_is_told_in_one_line(
    shop: str, arguments: tuple[str, ...], text: str
) -> None:
    told = run(*(each.format(shop=shop) for each in arguments))
    assert told.exit_code == 1
    assert text in told.output
    assert "Traceback" not in told.output


def test_the_url_is_visited(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: list[float] = []

    def web(timeout_seconds: float) -> Any:
        seconds.append(timeout_seconds)
        return Outside(sound(), lambda request: answering(502))

    monkeypatch.setattr(agentkit.cli_doctor, "Web", web)
    told = run(f"{shop}:agent", "--url", "https://agents.example.com", "--timeout", "7")
    assert (told.exit_code, seconds) == (1, [7.0])
    assert "PROBLEM  from outside https://agents.example.com/shop: 502" in " ".join(
        told.output.split()
    ).replace("PROBLEM from", "PROBLEM  from")


def test_it_runs_as_a_command(shop: str) -> None:
    command = [sys.executable, "-m", "agentkit", "doctor", f"{shop}:agent"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=30, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "0 problems, 0 warnings")


@contextlib.asynccontextmanager
async def served(app: Any, **options: Any) -> Any:
    with listening_socket("127.0.0.1", 0) as listening:
        config = uvicorn.Config(app, log_level="warning", access_log=False, **options)
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listening])
            try:
                yield listening.getsockname()[1]
            finally:
                server.should_exit = True


TLS = {
    "ssl_certfile": str(CERTIFICATES / "server.pem"),
    "ssl_keyfile": str(CERTIFICATES / "server.key.pem"),
}


async def told_of(port: int, scheme: str, web: Web) -> Any:
    url = f"{scheme}://localhost:{port}"
    agent = sound(public_url=None)
    findings = [found async for _, found in examine(Subject(agent, url, web, {}))]
    return [each for each in findings if each.what == "from outside"]


async def asked(ways: list[tuple[str, Web]], **options: Any) -> Any:
    """What is found on several ways to one server, and its port."""
    async with served(sound(public_url=None), **options) as port:
        return port, [await told_of(port, *way) for way in ways]


async def test_a_real_server_is_visited_over_tls() -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATES / "server.pem"))
    ways = [("https", Web(5.0, trusting)), ("https", Web(5.0)), ("http", Web(5.0))]
    port, (trusted, untrusted, plain) = await asked(ways, **TLS)
    assert bad(trusted) == []
    assert f"the certificate of localhost:{port} is not trusted" in untrusted[0].text
    assert "does not answer in HTTP" in plain[0].text or "hung up" in plain[0].text


async def test_a_real_server_is_visited_over_plain_http() -> None:
    web = Web(5.0)
    async with web.lifespan():
        port, (plain, tls) = await asked([("http", web), ("https", web)])
    assert bad(plain) == []
    assert "speaks no TLS that we understand" in tls[0].text
    assert f"nothing listens at localhost:{port}" in (await told_of(port, "http", web))[0].text


async def test_an_application_that_breaks_the_protocol_is_told() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None: ...

    findings = [
        found
        async for _, found in examine(
            Subject(sound(), "https://agents.example.com", ASGITransport(silent), {})
        )
    ]
    (problem,) = bad(findings)
    assert "broke the protocol of its server" in problem.text
