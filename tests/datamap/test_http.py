"""A data map's request is sent for real, and what does not come back is a failure."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner

from agentkit import FunctionResult, _json
from agentkit.cli import commands
from agentkit.datamap import DataMap, TransportError, WebhookRequest, evaluate, http

SEEN: list[tuple[str, str, bytes]] = []


class Api(BaseHTTPRequestHandler):
    """Tells what it was asked."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        SEEN.append((self.command, self.path, body))
        moved = self.path.startswith("/moved")
        self.send_response(302 if moved else 200)
        if moved:
            self.send_header("Location", "/here?b=2")
        self.end_headers()
        self.wfile.write(_json.encode({"agent": self.headers["User-Agent"], "path": self.path}))

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[str]:
    SEEN.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


async def test_a_request_is_sent_and_redirects_are_followed(api: str) -> None:
    made = DataMap("m").webhook("POST", f"{api}/moved?a=1").params({"x": "${args.x}"})
    outcome = await evaluate(made.output(FunctionResult("${agent} ${path}")), {"x": "é"}, http.send)
    assert outcome.response == "SignalWire-CallFabric/1.0 /here?b=2"
    body = '{"x":"é"}'.encode()
    assert [("POST", "/moved?a=1", body), ("POST", "/here?b=2", body)] == SEEN


async def test_the_root_is_asked_without_a_path(api: str) -> None:
    assert (await http.send(WebhookRequest("GET", api, {}))).status == 200
    assert SEEN == [("GET", "/", b"")]


NOWHERE = {
    "nobody listens": "http://127.0.0.1:1/",
    "no such host": "http://nowhere.invalid/",
    "no host": "http:///x",
    "a bad port": "http://127.0.0.1:99999/",
    "a line end": "http://127.0.0.1:1/a\nb c",
    "no certificate": "https://127.0.0.1:1/",
}


@pytest.mark.parametrize("url", NOWHERE.values(), ids=NOWHERE)
async def test_no_reply_is_told(url: str) -> None:
    with pytest.raises(TransportError, match="no reply from"):
        await http.send(WebhookRequest("GET", url, {}))


async def test_a_reply_that_is_too_long_is_refused(
    api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REPLY_BYTES", 5)
    with pytest.raises(TransportError, match="a reply of more than 5 bytes"):
        await http.send(WebhookRequest("GET", api, {}))


SHOP = """
from agentkit import AgentBase, DataMap, FunctionResult

agent = AgentBase("shop", basic_auth=("u", "p")).set_global_data({"key": "k"})
weather = DataMap("weather").parameter("city", "string", "City.")
weather.webhook("GET", "API/w?q=${enc:args.city}&k=${global_data.key}").error_keys(["error"])
weather.output(FunctionResult("${path} ${args.city}")).fallback_output(FunctionResult("None."))
agent.register_swaig_function(weather)
broken = DataMap("broken").webhook("GET", "http://127.0.0.1:1/")
broken.output(FunctionResult("x"))
agent.register_swaig_function(broken)
listed = DataMap("listed").webhook("GET", "API/list").output(FunctionResult("${input}"))
agent.register_swaig_function(listed)
"""


def run(tmp_path: Any, api: str, *arguments: str) -> tuple[Any, list[str]]:
    file = tmp_path / f"{tmp_path.name}.py"
    file.write_text(SHOP.replace("API", api), encoding="utf-8")
    done = CliRunner().invoke(commands, ["exec", str(file), *arguments])
    assert done.exit_code == 0, done.output
    return _json.decode(done.stdout), done.stderr.splitlines()


def test_exec_answers_a_data_map_and_says_how(api: str, tmp_path: Any) -> None:
    arguments = ("weather", "--arg", "city=New York", "--call-id", "c-1")
    answer, notes = run(tmp_path, api, *arguments)
    assert answer == {"response": "/w?q=New%20York&k=k "}
    assert notes == [
        f"sent: GET {api}/w",
        "not found: args.city",
        "answered by: webhooks[0].output",
    ]


def test_exec_says_what_went_wrong_with_a_data_map(api: str, tmp_path: Any) -> None:
    assert run(tmp_path, api, "broken") == (
        {"response": "There was an error processing this request."},
        [
            "sent: GET http://127.0.0.1:1/",
            "failed: the reply has protocol_error",
            "answered by: the platform",
        ],
    )


def test_exec_says_why_a_data_map_answers_nothing(api: str, tmp_path: Any) -> None:
    answer, notes = run(tmp_path, api, "listed")
    assert answer == {}
    assert notes[1].startswith("wrong: an object or a list in an output")
