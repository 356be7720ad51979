"""Options are checked before anything is served, and sockets are made so that nothing waits."""

import asyncio
import io
import logging
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from agentkit import serve
from agentkit._log import log
from agentkit.errors import DefinitionError
from agentkit.serve import ServeOptions, listening_socket, run_server, serve_options
from tests.deadlines import LONG

CERTIFICATES = Path(__file__).parent / "certificates"
CERTIFICATE, KEY = str(CERTIFICATES / "server.pem"), str(CERTIFICATES / "server.key.pem")
HOST = "127.0.0.1"


def options(
    asked: int | None = None,
    own: int | None = None,
    *,
    environ: dict[str, str] | None = None,
    **more: Any,
) -> ServeOptions:
    return serve_options(HOST, asked, own, more, environ or {})


LEVELS = "critical, error, warning, info, debug, trace"


def refusal(**more: Any) -> str:
    with pytest.raises(DefinitionError) as refused:
        options(**more)
    return str(refused.value)


# Options.


def test_what_is_not_said_has_its_default() -> None:
    assert options() == ServeOptions(
        host=HOST, port=3000, workers=1, reload=False, ssl_certfile=None, ssl_keyfile=None,
        drain_seconds=30.0, log_level="info", app=None,
    )  # fmt: skip
    assert ServeOptions().host == "0.0.0.0"


@pytest.mark.parametrize(
    ("asked", "own", "environ", "port"),
    [
        (None, None, {}, 3000),
        (None, None, {"PORT": "8080"}, 8080),
        (None, None, {"PORT": "0"}, 0),
        (None, None, {"PORT": "65535"}, 65535),
        (None, 5000, {"PORT": "8080"}, 5000),
        (None, 0, {"PORT": "8080"}, 0),
        (6000, 5000, {"PORT": "8080"}, 6000),
        (0, 5000, {"PORT": "nonsense"}, 0),
    ],
)
def test_the_nearest_port_counts(
    asked: int | None, own: int | None, environ: dict[str, str], port: int
) -> None:
    assert options(asked, own, environ=environ).port == port


@pytest.mark.parametrize(
    "text", ["", " ", "http", "-1", "80 ", "+80", "8e3", "80.0", "0x50", "²", "٣", "9" * 5_000]
)
def test_a_port_of_the_environment_that_is_no_number_is_refused(text: str) -> None:
    assert refusal(environ={"PORT": text}) == f"PORT={text!r} is not a port number"


@pytest.mark.parametrize("port", [65_536, 99_999])
def test_a_port_that_is_too_high_is_refused_wherever_it_comes_from(port: int) -> None:
    message = f"run: port is {port}, but takes a whole number from 0 to 65535"
    assert refusal(asked=port) == message
    assert refusal(own=port) == message
    assert refusal(environ={"PORT": str(port)}) == message


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("asked", -1, "port is -1, but takes a whole number from 0 to 65535"),
        ("asked", "3000", "port is '3000', but takes a whole number from 0 to 65535"),
        ("workers", 0, "workers is 0, but takes a whole number of at least 1"),
        ("workers", -2, "workers is -2, but takes a whole number of at least 1"),
        ("workers", True, "workers is True, but takes a whole number of at least 1"),
        ("workers", "2", "workers is '2', but takes a whole number of at least 1"),
        ("reload", "yes", "reload is 'yes', but takes True or False"),
        ("drain_seconds", -1, "drain_seconds is -1, but takes seconds, 0 to 86400"),
        ("drain_seconds", float("inf"), "drain_seconds is inf, but takes seconds, 0 to 86400"),
        ("drain_seconds", float("nan"), "drain_seconds is nan, but takes seconds, 0 to 86400"),
        ("log_level", "loud", f"log_level is 'loud', but takes one of {LEVELS}"),
        ("log_level", "INFO", f"log_level is 'INFO', but takes one of {LEVELS}"),
        ("ssl_certfile", 5, "ssl_certfile is 5, but takes a path"),
        ("ssl_keyfile", 5, "ssl_keyfile is 5, but takes a path"),
        ("app", 5, "app is 5, but takes module:name"),
        ("host", None, "host is None, but takes an address"),
    ],
)
def test_a_wrong_option_is_refused_by_its_name(option: str, value: object, message: str) -> None:
    assert refusal(**{option: value}) == f"run: {message}"


def test_an_unknown_option_is_refused_with_those_there_are() -> None:
    message = refusal(wrokers=2, ssl=True)
    assert message.startswith("run: unknown ['ssl', 'wrokers']; there are ['app', 'drain_delay', ")


# TLS.


def test_tls_comes_from_options_or_from_the_environment() -> None:
    environ = {"SWML_SSL_CERT_PATH": CERTIFICATE, "SWML_SSL_KEY_PATH": KEY}
    given = options(ssl_certfile=CERTIFICATE, ssl_keyfile=KEY)
    assert (given.ssl_certfile, given.ssl_keyfile) == (CERTIFICATE, KEY)
    for enabled in ("1", "true", "TRUE", "yes", "on", " true ", "whatever"):
        found = options(environ={**environ, "SWML_SSL_ENABLED": enabled})
        assert (found.ssl_certfile, found.ssl_keyfile) == (CERTIFICATE, KEY)
    for disabled in ("", "0", "false", "No", " off "):
        found = options(environ={**environ, "SWML_SSL_ENABLED": disabled})
        assert (found.ssl_certfile, found.ssl_keyfile) == (None, None)
    assert options(environ=environ).ssl_certfile is None


def test_options_win_over_the_environment() -> None:
    environ = {
        "SWML_SSL_ENABLED": "1",
        "SWML_SSL_CERT_PATH": "/missing",
        "SWML_SSL_KEY_PATH": "/missing",
    }
    found = options(environ=environ, ssl_certfile=CERTIFICATE, ssl_keyfile=KEY)
    assert (found.ssl_certfile, found.ssl_keyfile) == (CERTIFICATE, KEY)


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({}, "['SWML_SSL_CERT_PATH', 'SWML_SSL_KEY_PATH']"),
        ({"SWML_SSL_CERT_PATH": CERTIFICATE}, "['SWML_SSL_KEY_PATH']"),
        ({"SWML_SSL_KEY_PATH": KEY, "SWML_SSL_CERT_PATH": ""}, "['SWML_SSL_CERT_PATH']"),
    ],
)
def test_tls_that_is_half_set_is_refused(environ: dict[str, str], missing: str) -> None:
    message = refusal(environ={"SWML_SSL_ENABLED": "true", **environ})
    assert message == f"SWML_SSL_ENABLED is set, but {missing} are not"


def certificate(name: str) -> str:
    return str(CERTIFICATES / name)


@pytest.mark.parametrize(
    ("certfile", "keyfile"),
    [
        ("/missing.pem", KEY),
        (CERTIFICATE, "/missing.pem"),
        (CERTIFICATE, certificate("other.key.pem")),
        (certificate("other.pem"), KEY),
        (CERTIFICATE, certificate("server.encrypted.key.pem")),
        (CERTIFICATE, CERTIFICATE),
        (CERTIFICATE, None),
        (KEY, KEY),
        (__file__, __file__),
        (str(CERTIFICATES), KEY),
        ("nul\0", KEY),
    ],
)
def test_tls_that_is_broken_refuses_to_start(certfile: str, keyfile: str | None) -> None:
    message = refusal(ssl_certfile=certfile, ssl_keyfile=keyfile)
    files = certfile if keyfile is None else f"{certfile} and {keyfile}"
    assert message.startswith(f"TLS: {files} cannot be used: ")
    assert ("there is no file '/missing.pem'" in message) is ("/missing.pem" in files)
    assert ("there is no file" in message) is not ("a certificate chain in PEM and its" in message)
    assert "PRIVATE" not in message


def test_a_key_without_a_certificate_is_refused() -> None:
    assert refusal(ssl_keyfile=KEY) == "TLS: ssl_keyfile needs ssl_certfile"


def test_certificate_and_key_may_be_in_one_file(tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(Path(CERTIFICATE).read_bytes() + Path(KEY).read_bytes())
    assert options(ssl_certfile=str(both)).ssl_keyfile is None


# Sockets.


async def test_connections_of_the_socket_do_not_wait_for_more_to_send() -> None:
    accepted: list[int] = []

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made: socket.socket = writer.get_extra_info("socket")
        accepted.append(made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        await writer.wait_closed()

    with listening_socket(HOST, 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP
        server = await asyncio.start_server(look, sock=listening)
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
    assert accepted == [1]


@pytest.mark.parametrize("host", [HOST, "::1", "localhost", ""])
def test_a_socket_listens_before_anything_is_served(host: str) -> None:
    with listening_socket(host, 0) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection((host or HOST, port), timeout=LONG) as connected:
            assert connected.getpeername()[1] == port


def test_the_address_of_a_socket_can_be_put_in_a_url() -> None:
    with listening_socket(HOST, 0) as listening:
        assert serve.address_of(listening) == f"127.0.0.1:{listening.getsockname()[1]}"
    with listening_socket("::1", 0) as listening:
        assert serve.address_of(listening) == f"[::1]:{listening.getsockname()[1]}"


def test_a_port_that_is_taken_is_an_error_at_once() -> None:
    with listening_socket(HOST, 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(DefinitionError, match=f"cannot listen on 127.0.0.1:{port}: .*in use"):
            listening_socket(HOST, port)


@pytest.mark.parametrize(
    ("host", "port"),
    [(HOST, 65_536), (HOST, -1), ("a\0b", 0), ("192.0.2.1", 0), ("::g", 0), ("a" * 64 + ".b", 0)],
    ids=ascii,
)
def test_an_address_that_cannot_be_used_is_an_error_at_once(host: str, port: int) -> None:
    with pytest.raises(DefinitionError) as refused:
        listening_socket(host, port)
    assert str(refused.value).startswith(f"cannot listen on {host}:{port}: ")


# Where workers find the application.


class App:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer every request with `hello`."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        headers = [(b"content-length", b"5")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})


APP = App()


class Broken(App):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse to start."""
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no tea"})


def main_module(monkeypatch: pytest.MonkeyPatch, **names: object) -> None:
    module = ModuleType("__main__")
    vars(module).update(names)
    monkeypatch.setitem(sys.modules, "__main__", module)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ({"__file__": "/srv/shop.py", "agent": APP}, "shop:agent"),
        ({"__file__": "/srv/shop.py", "other": object(), "tea": APP, "same": APP}, "shop:tea"),
        (
            {"__spec__": SimpleNamespace(name="pack.shop"), "__file__": "/x.py", "agent": APP},
            "pack.shop:agent",
        ),
        ({"__spec__": None, "__file__": "/srv/shop.py", "agent": APP}, "shop:agent"),
    ],
)
def test_workers_import_the_application_from_the_script(
    monkeypatch: pytest.MonkeyPatch, names: dict[str, object], found: str
) -> None:
    main_module(monkeypatch, **names)
    assert serve.importable_name(APP) == found


@pytest.mark.parametrize(
    "names",
    [
        {"__file__": "/srv/shop.py"},
        {"agent": APP},
        {"agent": APP, "__file__": None},
        {"agent": App(), "__file__": "a.py"},
    ],
)
def test_an_application_that_workers_cannot_import_is_refused(
    monkeypatch: pytest.MonkeyPatch, names: dict[str, object]
) -> None:
    main_module(monkeypatch, **names)
    for more in ({"workers": 2}, {"reload": True}):
        with pytest.raises(DefinitionError, match="use `agentkit run module:agent --workers N`"):
            run_server(APP, options(0, **more))


# Events on standard error.


class Quiet(SimpleNamespace):
    root: logging.Logger
    agentkit: logging.Logger
    written: io.StringIO


@contextmanager
def unset_logging() -> Iterator[Quiet]:
    """An application that has not set up logging, nor has pytest."""
    root, ours, written = logging.getLogger(), logging.getLogger("agentkit"), io.StringIO()
    uvicorns = [logging.getLogger(f"uvicorn{name}") for name in ("", ".error", ".access")]
    with pytest.MonkeyPatch.context() as patch:
        for logger in (root, ours, *uvicorns):
            patch.setattr(logger, "handlers", [])
            patch.setattr(logger, "propagate", logger.propagate)
        ours.addHandler(logging.NullHandler())
        patch.setattr(sys, "stderr", written)
        before = ours.level
        yield Quiet(root=root, agentkit=ours, written=written)
        ours.setLevel(before)


@pytest.fixture
def kept_logging() -> Iterator[None]:
    """What a server sets up in logging is undone."""
    with unset_logging():
        yield


def test_events_are_written_to_standard_error() -> None:
    with unset_logging() as quiet:
        serve.show_events("warning")
        log.info("not_shown")
        log.warning("shown", item="tea")
        assert quiet.written.getvalue().endswith(" WARNING shown item=tea\n")
        assert quiet.written.getvalue().count("\n") == 1


def test_events_are_shown_once_however_often_it_is_asked() -> None:
    with unset_logging() as quiet:
        serve.show_events("info")
        serve.show_events("info")
        log.info("shown")
        assert quiet.written.getvalue().count("shown") == 1


@pytest.mark.parametrize("name", ["root", "agentkit"])
def test_an_application_with_a_handler_of_its_own_keeps_it_alone(name: str) -> None:
    with unset_logging() as quiet:
        own = io.StringIO()
        logger: logging.Logger = getattr(quiet, name)
        logger.addHandler(logging.StreamHandler(own))
        quiet.agentkit.setLevel("ERROR")
        serve.show_events("info")
        log.error("shown")
        assert (own.getvalue(), quiet.written.getvalue()) == ("shown\n", "")
        assert quiet.agentkit.level == logging.ERROR


@pytest.mark.parametrize("name", ["root", "agentkit"])
def test_a_handler_that_comes_later_takes_over(name: str) -> None:
    with unset_logging() as quiet:
        own = io.StringIO()
        serve.show_events("info")
        log.info("before")
        getattr(quiet, name).addHandler(logging.StreamHandler(own))
        log.info("after")
        assert quiet.written.getvalue().endswith("INFO before\n")
        assert own.getvalue() == "after\n"


def test_what_an_error_says_can_pass_for_no_event() -> None:
    with unset_logging() as quiet:
        serve.show_events("info")
        forged = "2026-07-01 12:00:00,000 INFO paid amount=1000"
        log.exception("tool_failed", ValueError(f"no tea\n{forged}\r\x1b[2J\u2028{forged}"))
        first, *others = quiet.written.getvalue().rstrip("\n").split("\n")
        assert first.endswith("ERROR tool_failed")
        assert others == [
            "  ValueError: no tea",
            f"  {forged}\\u000d\\u001b[2J\\u2028{forged}",
        ]


def test_a_failure_without_an_error_is_one_line() -> None:
    with unset_logging() as quiet:
        serve.show_events("info")
        log.exception("tool_failed")
        assert quiet.written.getvalue().split("\n")[0].endswith("ERROR tool_failed")


@pytest.mark.parametrize("level", ["critical", "error", "warning", "info", "debug", "trace"])
def test_every_level_can_be_shown_in_workers(level: str) -> None:
    with unset_logging() as quiet:
        config = uvicorn.Config(APP, log_level=level, log_config=serve.logging_of_workers(level))
        assert config.loaded is False
        assert logging.getLevelName(quiet.agentkit.level) == level.upper()
        log.error("one")
        logging.getLogger("agentkit").critical("two")
        assert quiet.written.getvalue().count("\n") == (1 if level == "critical" else 2)


# Running.


def fetch(address: tuple[str, int], context: ssl.SSLContext | None = None) -> bytes:
    plain = socket.create_connection(address, timeout=LONG)
    with context.wrap_socket(plain, server_hostname="localhost") if context else plain as made:
        made.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        with made.makefile("rb") as answer:
            return answer.read()


class Client(threading.Thread):
    """Asks as soon as there is a socket to ask, and then stops the server."""

    def __init__(self, stop: Callable[[], object], context: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.stop, self.context = stop, context
        self.address, self.answer = ("", 0), b""

    def listening_socket(self, host: str, port: int) -> socket.socket:
        made = listening_socket(host, port)
        self.address = made.getsockname()[:2]
        self.start()
        return made

    def run(self) -> None:
        try:
            self.answer = fetch(self.address, self.context)
        finally:
            self.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_answers_until_it_is_told_to_stop(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    with unset_logging() as quiet:
        before = signal.getsignal(signal.SIGTERM)
        client = Client(lambda: os.kill(os.getpid(), number))
        monkeypatch.setattr(serve, "listening_socket", client.listening_socket)
        run_server(APP, options(0))
        client.join(LONG)
        assert client.answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert client.answer.endswith(b"\r\n\r\nhello")
        assert b"uvicorn" not in client.answer
        assert (
            f" INFO serving address={HOST}:{client.address[1]} workers=1\n"
            in quiet.written.getvalue()
        )
        assert signal.getsignal(signal.SIGTERM) == before


def test_a_server_speaks_tls_when_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with unset_logging() as quiet:
        client = Client(
            lambda: os.kill(os.getpid(), signal.SIGTERM),
            ssl.create_default_context(cafile=CERTIFICATE),
        )
        monkeypatch.setattr(serve, "listening_socket", client.listening_socket)
        run_server(APP, options(0, ssl_certfile=CERTIFICATE, ssl_keyfile=KEY))
        client.join(LONG)
        assert client.answer.endswith(b"\r\n\r\nhello")
        assert "Traceback" not in quiet.written.getvalue()


def test_a_server_runs_in_any_thread_and_leaves_signals_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unset_logging() as quiet:
        servers: list[uvicorn.Server] = []

        class Noted(uvicorn.Server):
            def __init__(self, config: uvicorn.Config) -> None:
                super().__init__(config)
                servers.append(self)

        def stop() -> None:
            servers[0].should_exit = True

        client, before = Client(stop), signal.getsignal(signal.SIGTERM)
        monkeypatch.setattr(serve, "listening_socket", client.listening_socket)
        monkeypatch.setattr(uvicorn, "Server", Noted)
        thread = threading.Thread(target=run_server, args=[APP, options(0)])
        thread.start()
        thread.join(LONG)
        client.join(LONG)
        assert client.answer.endswith(b"hello")
        assert signal.getsignal(signal.SIGTERM) == before
        assert "serving" in quiet.written.getvalue()


def test_an_application_that_does_not_start_is_an_error() -> None:
    with unset_logging() as quiet:
        with pytest.raises(
            DefinitionError, match="the application did not start; the log says why"
        ):
            run_server(Broken(), options(0))
        assert "no tea" in quiet.written.getvalue()


class Server:
    """Stands in for uvicorn's, which ends in several ways."""

    def __init__(self, *, started: bool, error: BaseException | None) -> None:
        self.started, self.error = started, error

    def __call__(self, config: uvicorn.Config) -> "Server":
        assert not config.access_log
        return self

    def run(self, sockets: list[socket.socket]) -> None:
        assert len(sockets) == 1
        if self.error is not None:
            raise self.error


@pytest.mark.usefixtures("kept_logging")
def test_an_exit_before_the_start_is_an_error_and_a_later_one_is_an_exit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for error in (None, SystemExit(3)):
        monkeypatch.setattr(uvicorn, "Server", Server(started=False, error=error))
        with pytest.raises(DefinitionError, match="did not start"):
            run_server(APP, options(0))
    monkeypatch.setattr(uvicorn, "Server", Server(started=True, error=SystemExit(5)))
    with pytest.raises(SystemExit, match="5"):
        run_server(APP, options(0))


class Supervisor:
    """Stands in for uvicorn's supervisors of other processes."""

    def __init__(self, *exitcodes: int) -> None:
        self.processes = [SimpleNamespace(process=SimpleNamespace(exitcode=e)) for e in exitcodes]
        self.config = uvicorn.Config(APP)
        self.sockets: list[socket.socket] = []
        self.proto = 0

    def __call__(self, config: uvicorn.Config, **given: Any) -> "Supervisor":
        self.config, self.sockets = config, given["sockets"]
        return self

    def run(self) -> None:
        self.proto = self.sockets[0].proto


@pytest.mark.usefixtures("kept_logging")
@pytest.mark.parametrize(
    ("name", "more"), [("Multiprocess", {"workers": 2}), ("ChangeReload", {"reload": True})]
)
def test_other_processes_get_the_same_kind_of_socket_and_show_events(
    monkeypatch: pytest.MonkeyPatch, name: str, more: dict[str, Any]
) -> None:
    monkeypatch.setenv("AGENTKIT_SUPERVISOR_PID", "")
    supervisor = Supervisor(-15, 0)
    monkeypatch.setattr(f"uvicorn.supervisors.{name}", supervisor)
    run_server(APP, options(0, app="shop:agent", drain_seconds=1.2, **more))
    config = supervisor.config
    assert supervisor.proto == socket.IPPROTO_TCP
    assert (config.app, config.access_log, config.server_header) == ("shop:agent", False, False)
    assert config.timeout_graceful_shutdown == 2
    assert isinstance(config.log_config, dict)
    assert config.log_config["loggers"]["agentkit"] == {"handlers": ["agentkit"], "level": "INFO"}
    assert os.environ["AGENTKIT_SUPERVISOR_PID"] == str(os.getpid())


@pytest.mark.usefixtures("kept_logging")
def test_workers_that_do_not_start_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTKIT_SUPERVISOR_PID", "")
    monkeypatch.setattr("uvicorn.supervisors.Multiprocess", Supervisor(-9, 3))
    with pytest.raises(DefinitionError, match="the application did not start"):
        run_server(APP, options(0, app="shop:agent", workers=2))


def test_a_script_that_is_imported_by_its_own_worker_serves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AGENTKIT_SUPERVISOR_PID", str(os.getppid()))
    with listening_socket(HOST, 0) as taken:
        run_server(APP, options(taken.getsockname()[1]))
