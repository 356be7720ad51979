"""An agent as a server of its own."""

from typing import Any, Protocol

from starlette.types import Receive, Scope, Send

from agentkit import workers
from agentkit.compile import CompiledAgent
from agentkit.serve import run_server, serve_options


class Served(workers.Stateful, Protocol):
    """An agent that is run."""

    host: str
    port: int | None

    def compiled(self) -> CompiledAgent:
        """Return the current spec, compiled."""
        ...

    def run(self, host: str | None = None, port: int | None = None, **options: Any) -> None:
        """Serve it until the process shall end."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI application."""
        ...


def serve(self: Served, host: str | None = None, port: int | None = None, **options: Any) -> None:
    """Do what `run` does."""
    self.run(host, port, **options)


def run(self: Served, host: str | None = None, port: int | None = None, **options: Any) -> None:
    """Serve the agent until SIGTERM or Ctrl-C; calls in flight are answered first.

    Args:
        host: where to listen, else the agent's `host`.
        port: where to listen, else the agent's `port`, else `PORT`, else 3000; 0 finds one.
        **options: `workers`, `reload`, `ssl_certfile`, `ssl_keyfile`, `drain_seconds`,
            `log_level`; see `agentkit.serve.ServeOptions`.

    Raises:
        DefinitionError: a setting, the agent or the TLS files are wrong.
    """
    self.compiled()
    workers.check_workers(self, int(options.get("workers", 1)))
    run_server(self, serve_options(host or self.host, port, self.port, options))


def setup_graceful_shutdown(self: object) -> None:
    """Do nothing: `run` always answers the calls in flight before it ends."""
