"""CGI and WSGI: what a web server hands over is checked, and every request has its answer."""

import base64
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from agentkit.adapters.cgi import serve_cgi, wsgi_app
from agentkit.testing.messages import Headers, Response
from tests.hosts.desk import Desk
from tests.hosts.functions import ROOT, cgi_answer, recorded
from tests.interaction.hosts import AUTH

behaviour = pytest.mark.behaviour
Environ = dict[str, Any]
AUTHORIZATION = "Basic " + base64.b64encode(":".join(AUTH).encode()).decode()


def environment(body: bytes = b"", **changes: Any) -> Environ:
    """A fetch of the document; a change to `…` takes a variable away."""
    made = {
        **recorded("cgi_environment"),
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/desk",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json" if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "HTTP_AUTHORIZATION": AUTHORIZATION,
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "https",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ...}


def ask(app: Callable[..., Iterable[bytes]], environ: Environ) -> Response:
    started: list[Any] = []
    body = b"".join(app(environ, lambda *told: started.extend(told[:2])))
    status, fields = started
    return Response(int(status.split()[0]), Headers(fields), body)


HOSTILE: dict[str, tuple[Environ, int, str]] = {
    "no method": (environment(REQUEST_METHOD=...), 400, "the request has no REQUEST_METHOD"),
    "an empty method": (environment(REQUEST_METHOD=""), 400, "the request has no REQUEST_METHOD"),
    "an unknown method": (environment(REQUEST_METHOD="BREW"), 405, "BREW is not allowed here"),
    "no server": (environment(SERVER_NAME=...), 400, "the request has no SERVER_NAME"),
    "no port": (environment(SERVER_PORT=...), 400, "the request has no SERVER_PORT"),
    "a port that is a name": (environment(SERVER_PORT="https"), 400, "SERVER_PORT is not a number"),
    "a negative length": (environment(CONTENT_LENGTH="-1"), 400, "CONTENT_LENGTH is not a number"),
    "a length that is a word": (environment(CONTENT_LENGTH="x"), 400, "CONTENT_LENGTH is not a"),
    "a length of other digits": (environment(CONTENT_LENGTH="²"), 400, "CONTENT_LENGTH is not a"),
    "a length of many digits": (environment(CONTENT_LENGTH="9" * 5000), 400, "is not a number"),
    "a path that is not UTF-8": (environment(PATH_INFO="/\xff"), 400, "PATH_INFO is not UTF-8"),
    "a path beyond bytes": (environment(PATH_INFO="/\u20ac"), 400, "PATH_INFO is not UTF-8"),
    "a script that is not UTF-8": (environment(SCRIPT_NAME="\xff"), 400, "SCRIPT_NAME is not"),
    "a query beyond ASCII": (environment(QUERY_STRING="a=\xe9"), 400, "QUERY_STRING is not ASCII"),
    "a body shorter than declared": (
        environment(b"{}", CONTENT_LENGTH="20"), 400, "shorter than its Content-Length",
    ),
    "no body where one is declared": (
        environment(b"", CONTENT_LENGTH="5", CONTENT_TYPE="application/json"), 400, "shorter",
    ),
    "a body longer than declared": (environment(b"{}   x", CONTENT_LENGTH="2"), 200, ""),
    "a body too large, declared": (
        environment(b"{}", CONTENT_LENGTH="9999999"), 413, "larger than 1048576 bytes",
    ),
    "a body too large": (environment(b'"' + b"x" * (1 << 20)), 413, "larger than 1048576 bytes"),
    "a body of no JSON": (environment(b"{"), 400, "not valid JSON"),
    "no credentials": (environment(b"{", HTTP_AUTHORIZATION=...), 401, "Unauthorized"),
    "no credentials and a short body": (
        environment(b"{", CONTENT_LENGTH="20", HTTP_AUTHORIZATION=...), 401, "Unauthorized",
    ),
    "a strange host": (environment(HTTP_HOST="a/b"), 400, "the Host header is not a host name"),
    "a strange script": (environment(SCRIPT_NAME='/a"b'), 400, "prefix"),
    "no host": (environment(), 200, ""),
    "no path": (environment(PATH_INFO=...), 404, "there is nothing at this path"),
    "another path": (environment(PATH_INFO="/desk/../desk"), 404, "nothing at this path"),
    "a GET": (environment(REQUEST_METHOD="GET", CONTENT_LENGTH=...), 200, ""),
}  # fmt: skip


@pytest.fixture
def app() -> Callable[..., Iterable[bytes]]:
    return wsgi_app(Desk())


@behaviour("functions.events")
@pytest.mark.parametrize(("given", "status", "said"), HOSTILE.values(), ids=HOSTILE)
def test_every_request_has_its_answer(
    app: Callable[..., Iterable[bytes]], given: Environ, status: int, said: str
) -> None:
    answer = ask(app, {**given, "wsgi.input": io.BytesIO(given["wsgi.input"].getvalue())})
    assert (answer.status, said in answer.text) == (status, True), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json(), dict)


def test_a_whole_body_in_pieces_is_read(app: Callable[..., Iterable[bytes]]) -> None:
    body = b'{"call": {"call_id": "c-1"}, "x": "' + b"x" * 200_000 + b'"}'
    assert [ask(app, environment(body)).status for _ in range(2)] == [200, 200]


class Standard(io.TextIOWrapper):
    """A standard stream, with what is in the bytes below."""

    def __init__(self, content: bytes = b"") -> None:
        self.bytes = io.BytesIO(content)
        super().__init__(self.bytes, "utf-8")


def test_a_script_answers_the_request_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    body, output = b'{"call": {"call_id": "c-1"}}', Standard()
    for name, value in environment(body, HTTP_HOST="www.example.com").items():
        if isinstance(value, str):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdin", Standard(body))
    monkeypatch.setattr(sys, "stdout", output)
    serve_cgi(Desk())
    answer = cgi_answer(output.bytes.getvalue())
    assert answer.status == 200
    assert "@www.example.com/cgi-bin/voice.py/desk/swaig/?" in answer.text


FORKING = """
import json, os, sys
from tests.hosts.test_cgi import ask, environment
from agentkit.adapters.cgi import wsgi_app
from tests.hosts.desk import Desk
app = wsgi_app(Desk())
assert ask(app, environment(b"{}")).status == 200
child = os.fork()
if child == 0:
    os._exit(ask(app, environment(b"{}")).status - 200)
ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps([ended, ask(app, environment()).status]))
"""


def test_a_server_may_fork_after_the_first_request() -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKING]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=True)
    assert json.loads(done.stdout) == [0, 200]
