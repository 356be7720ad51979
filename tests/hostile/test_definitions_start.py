"""What is wrong with the files or the settings as a whole stops the start of any server."""

import re
import subprocess
from pathlib import Path

import pytest

from agentkit import AgentServer
from agentkit.testing import AgentClient
from agentkit.testing.asgi import ASGIError
from tests.hostile.agents import plain, table
from tests.hostile.defining import agent, refusal
from tests.hostile.doors import Door, get


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two certificates and their keys, one of them behind a passphrase."""
    folder = tmp_path_factory.mktemp("pem")
    for name, more in {
        "one": ["-nodes"],
        "two": ["-nodes"],
        "locked": ["-passout", "pass:x"],
    }.items():
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "1", *more]
        files = ["-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"]
        subprocess.run([*command, *files, "-subj", "/CN=agents"], check=True, capture_output=True)
    (folder / "text.pem").write_text("no certificate", "utf-8")
    (folder / "empty.pem").touch()
    return folder


TLS: dict[str, tuple[str, str]] = {
    "not there": ("nothing.pem", "nothing.key"),
    "no certificate": ("text.pem", "one.key"),
    "empty": ("empty.pem", "empty.pem"),
    "no key": ("one.pem", "text.pem"),
    "the key of another": ("one.pem", "two.key"),
    "the key as certificate": ("one.key", "one.key"),
    "a folder": ("", ""),
    "a NUL": ("one.pem\0", "one.key"),
    "a key behind a passphrase": ("locked.pem", "locked.key"),
}


@table(TLS)
@pytest.mark.parametrize("kind", ["agent", "server"])
def test_a_broken_tls_file_stops_the_start(kind: str, case: tuple[str, str], pem: Path) -> None:
    certificate, key = (f"{pem}/{name}" for name in case)
    app = agent() if kind == "agent" else AgentServer().register(agent())

    message = refusal(lambda: app.run(port=0, ssl_certfile=certificate, ssl_keyfile=key))

    assert message.startswith(f"TLS: {certificate} and {key} cannot be used: ")


def test_a_key_without_a_certificate_stops_the_start(pem: Path) -> None:
    message = refusal(lambda: agent().run(port=0, ssl_keyfile=f"{pem}/one.key"))

    assert message == "TLS: ssl_keyfile needs ssl_certfile"


def test_tls_that_the_environment_asks_for_needs_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWML_SSL_ENABLED", "true")

    assert refusal(lambda: agent().run(port=0)) == (
        "SWML_SSL_ENABLED is set, but ['SWML_SSL_CERT_PATH', 'SWML_SSL_KEY_PATH'] are not"
    )


async def test_a_wrong_definition_fails_the_start_of_any_server() -> None:
    wrong = agent(signing_key="k")

    for app in (wrong, AgentServer().register(wrong)):
        with pytest.raises(ASGIError, match=re.escape("signing_key needs public_url=")):
            async with AgentClient(app).lifespan():
                raise AssertionError("it started")  # pragma: no cover


async def test_a_wrong_definition_that_was_mounted_is_told_without_its_reason(door: Door) -> None:
    door.app = plain(signing_key="k")

    answer = await door.send(get("/agent"))

    assert answer.status == 500
    assert answer.data == {
        "error": "the agent is not set up right",
        "error_id": answer.data["error_id"],
    }
