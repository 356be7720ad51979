"""Serve an application with uvicorn, on sockets that agentkit binds itself.

asyncio sets TCP_NODELAY only on connections of listening sockets that were made with
`proto=IPPROTO_TCP`; uvicorn's own sockets for several workers and for reloading are not, and every
keep-alive request then waits out a delayed acknowledgement (about 40 ms; Kludex/uvicorn 3149).
"""

import logging
import math
import os
import re
import signal
import socket
import ssl
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from starlette.types import ASGIApp

from agentkit import drain
from agentkit._log import log, printable
from agentkit.errors import DefinitionError

if TYPE_CHECKING:
    import uvicorn

DEFAULT_PORT = 3000
BACKLOG = 2048
_NOT_STARTED = 3  # uvicorn's exit code
_LEVELS = "critical, error, warning, info, debug, trace"
_TAKEN = {
    "host": "an address",
    "port": "a whole number from 0 to 65535",
    "workers": "a whole number of at least 1",
    "reload": "True or False",
    "ssl_certfile": "a path",
    "ssl_keyfile": "a path",
    "drain_delay": "seconds, 0 to 600",
    "drain_seconds": "seconds, 0 to 86400",
    "log_level": f"one of {_LEVELS}",
    "app": "module:name",
}
_EVENT_FORMAT = "%(asctime)s %(levelname)s %(message)s"


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an application is served.

    Attributes:
        host: the address to listen on.
        port: the port to listen on; 0 finds a free one.
        workers: how many processes; more than one need an importable application.
        reload: start again when a source file changes.
        ssl_certfile: a certificate chain in PEM, for TLS; else `SWML_SSL_CERT_PATH` when
            `SWML_SSL_ENABLED` is set.
        ssl_keyfile: its private key; else `SWML_SSL_KEY_PATH`.
        drain_delay: how long requests are still taken after SIGTERM, in seconds, while readiness
            says that no more should come.
        drain_seconds: how long requests in flight may take to end after SIGTERM.
        log_level: the least that is logged: critical, error, warning, info, debug or trace.
        app: the application as `module:name`, which workers and reloading import.
    """

    host: str = "0.0.0.0"  # noqa: S104 - the platform comes from outside
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = DEFAULT_PORT
    workers: Annotated[int, msgspec.Meta(ge=1)] = 1
    reload: bool = False
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    drain_delay: Annotated[float, msgspec.Meta(ge=0, le=600)] = 5.0
    drain_seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 30.0
    log_level: Literal["critical", "error", "warning", "info", "debug", "trace"] = "info"
    app: str | None = None


def serve_options(
    host: str,
    asked: int | None,
    own: int | None,
    options: Mapping[str, Any],
    environ: Mapping[str, str] = os.environ,
) -> ServeOptions:
    """Return checked options; the port is the one asked for, the object's own, or `PORT`.

    Raises:
        DefinitionError: an option is unknown or wrong.
    """
    known = ServeOptions.__struct_fields__
    if unknown := options.keys() - set(known):
        raise DefinitionError(f"run: unknown {sorted(unknown)}; there are {sorted(known)}")
    port = next((given for given in (asked, own) if given is not None), None)
    if port is None:
        port = _port(environ.get("PORT", str(DEFAULT_PORT)))
    chosen = {"host": host, "port": port, **_tls_of(environ), **options}
    try:
        checked = msgspec.convert(chosen, ServeOptions)
    except msgspec.ValidationError as error:
        raise DefinitionError(_misfit(str(error), chosen)) from error
    _check_tls(checked)
    return checked


def run_server(app: ASGIApp, options: ServeOptions) -> None:
    """Serve an application until SIGTERM or Ctrl-C.

    In a worker process of its own it returns at once: a script that ends with `run()` is imported
    there once more.

    Raises:
        DefinitionError: the address is taken, the application did not start, or workers cannot
            import it.
    """
    import uvicorn  # noqa: PLC0415 - only those who serve pay for it

    if drain.is_worker():
        return
    several = options.reload or options.workers > 1
    target = options.app or importable_name(app) if several else app
    level = options.log_level
    config = uvicorn.Config(
        target,
        workers=options.workers,
        reload=options.reload,
        ssl_certfile=options.ssl_certfile,
        ssl_keyfile=options.ssl_keyfile,
        log_level=level,
        log_config=logging_of_workers(level) if several else uvicorn.config.LOGGING_CONFIG,
        access_log=False,  # it would print the tokens in the query
        server_header=False,
        proxy_headers=False,  # only `trusted_proxies` says who is believed
        timeout_graceful_shutdown=math.ceil(options.drain_seconds),
    )
    if several:
        os.environ[drain.SUPERVISOR] = str(os.getpid())
        os.environ[drain.DELAY] = "0" if options.reload else str(options.drain_delay)
    else:
        drain.process.delay_seconds = options.drain_delay
        show_events(level)
    with listening_socket(options.host, options.port) as listening, _quiet_end():
        log.info("serving", address=address_of(listening), workers=options.workers)
        _supervised(config, listening)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a bound and listening TCP socket that asyncio will set TCP_NODELAY on.

    Raises:
        DefinitionError: the address cannot be used; the message says why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
    except (OSError, OverflowError, TypeError, ValueError) as error:
        made.close()
        raise DefinitionError(f"cannot listen on {host}:{port}: {error}") from error
    return made


def address_of(listening: socket.socket) -> str:
    """Return `host:port` of a bound socket."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def importable_name(app: object) -> str:
    """Return the `module:name` under which worker processes can import an application.

    Raises:
        DefinitionError: it is no global name of the script that was started.
    """
    main = sys.modules["__main__"]
    name = next((name for name, value in vars(main).items() if value is app), None)
    spec = getattr(main, "__spec__", None)
    module = spec.name if spec is not None else Path(getattr(main, "__file__", None) or "").stem
    if name is None or not module:
        raise DefinitionError(
            "several workers and reloading need an application that can be imported: "
            "use `agentkit run module:agent --workers N`, or pass app='module:agent'"
        )
    return f"{module}:{name}"


def show_events(level: str) -> None:
    """Write agentkit's events to standard error, unless the application has a handler."""
    logger = logging.getLogger("agentkit")
    if not logging.getLogger().handlers and len(logger.handlers) <= 1:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(_EVENT_FORMAT))
        handler.addFilter(EventFilter())
        logger.addHandler(handler)
        logger.setLevel(level.upper())


def logging_of_workers(level: str) -> dict[str, Any]:
    """Return uvicorn's logging with `show_events` in it: worker processes begin with nothing."""
    import uvicorn  # noqa: PLC0415 - only those who serve pay for it

    known = uvicorn.config.LOGGING_CONFIG
    events = {"class": "logging.StreamHandler", "formatter": "agentkit", "filters": ["agentkit"]}
    return {
        **known,
        "formatters": {**known["formatters"], "agentkit": {"format": _EVENT_FORMAT}},
        "filters": {"agentkit": {"()": EventFilter}},
        "handlers": {**known["handlers"], "agentkit": events},
        "loggers": {
            **known["loggers"],
            "agentkit": {"handlers": ["agentkit"], "level": level.upper()},
        },
    }


class EventFilter:
    """Lets events pass while the application, which may come later, has no handler of its own.

    Tracebacks are indented, so that what an error says can pass for no event.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether to write a record."""
        others = [*logging.getLogger().handlers, *logging.getLogger("agentkit").handlers]
        if any(not isinstance(h, logging.NullHandler) and self not in h.filters for h in others):
            return False
        if record.exc_info and record.exc_info[0]:
            lines = traceback.format_exception(*record.exc_info)
            told = "".join(lines).rstrip("\n").split("\n")
            record.exc_text = "\n".join(f"  {printable(line)}" for line in told)
        return True


def _supervised(config: "uvicorn.Config", listening: socket.socket) -> None:
    from uvicorn import Server, supervisors  # noqa: PLC0415 - only those who serve pay for it

    started = True
    if config.reload:
        server = Server(config)
        supervisors.ChangeReload(config, target=server.run, sockets=[listening]).run()
    elif config.workers > 1:
        workers = supervisors.Multiprocess(config, sockets=[listening])
        workers.run()
        started = all(worker.process.exitcode != _NOT_STARTED for worker in workers.processes)
    else:
        started = _ran(Server(config), listening)
    if not started:
        raise DefinitionError("the application did not start; the log says why")


def _ran(server: "uvicorn.Server", listening: socket.socket) -> bool:
    """Serve in this process; uvicorn exits by itself when the application does not start."""
    try:
        server.run(sockets=[listening])
    except SystemExit:
        if server.started:
            raise
    return server.started


@contextmanager
def _quiet_end() -> Iterator[None]:
    """End with exit code 0 after a drain: uvicorn raises the signal that stopped it once more."""
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, lambda *_: None) if in_main else None
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        if in_main:
            signal.signal(signal.SIGTERM, before)


def _misfit(message: str, chosen: Mapping[str, Any]) -> str:
    """Say which option is wrong, and what it takes."""
    name = message.rpartition("$.")[2].removesuffix("`")
    return f"run: {name} is {chosen[name]!r}, but takes {_TAKEN[name]}"


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise DefinitionError(f"PORT={text!r} is not a port number")
    return int(text)


def _tls_of(environ: Mapping[str, str]) -> dict[str, str]:
    if environ.get("SWML_SSL_ENABLED", "").strip().lower() in {"", "0", "false", "no", "off"}:
        return {}  # every other word asks for TLS
    files = {"ssl_certfile": "SWML_SSL_CERT_PATH", "ssl_keyfile": "SWML_SSL_KEY_PATH"}
    missing = [variable for variable in files.values() if not environ.get(variable)]
    if missing:
        raise DefinitionError(f"SWML_SSL_ENABLED is set, but {missing} are not")
    return {option: environ[variable] for option, variable in files.items()}


def _check_tls(options: ServeOptions) -> None:
    """Refuse to start rather than to serve without the TLS that was asked for."""
    if options.ssl_certfile is None and options.ssl_keyfile is None:
        return
    if options.ssl_certfile is None:
        raise DefinitionError("TLS: ssl_keyfile needs ssl_certfile")
    files = [file for file in (options.ssl_certfile, options.ssl_keyfile) if file is not None]
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        no_question = str  # an encrypted key would ask for its password, and the start would hang
        context.load_cert_chain(options.ssl_certfile, options.ssl_keyfile, no_question)
    except (OSError, ValueError) as error:
        missing = [file for file in files if not Path(file).is_file()]
        wanted = "a certificate chain in PEM and its private key without a password are needed"
        reason = f"there is no file {missing[0]!r}" if missing else f"{wanted} ({error})"
        raise DefinitionError(f"TLS: {' and '.join(files)} cannot be used: {reason}") from error
