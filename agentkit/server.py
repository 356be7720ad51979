"""Several agents as one ASGI application."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from starlette.types import ASGIApp, Receive, Scope, Send

from agentkit import urls, web
from agentkit.asgi import refuse_websocket, serve_http, serve_lifespan
from agentkit.beside import Beside
from agentkit.compile import check_callback_path
from agentkit.errors import DefinitionError
from agentkit.operations.agents import checked_target
from agentkit.roster import Roster, Servable, Serves, is_servable
from agentkit.serve import run_server, serve_options
from agentkit.spec import callback_of
from agentkit.switchboard import Pairs, Switchboard, asked
from agentkit.workers import check_workers

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

JSON = dict[str, Any]


class AgentServer:
    """An ASGI application that serves several agents, each at its own route.

    Args:
        host: where `run()` listens.
        port: where `run()` listens; else the environment's `PORT`, else 3000.
        log_level: what `run()` logs, such as `info`.
    """

    def __init__(
        self,
        host: str = "0.0.0.0",  # noqa: S104 - the platform comes from outside
        port: int | None = None,
        log_level: str = "info",
    ) -> None:
        self.host, self.port, self.log_level = host, port, log_level
        self._callbacks: dict[str, Callable[..., Any]] = {}
        self._switchboard = Switchboard(lambda: self._roster.agents)
        self._roster = Roster(lambda: self._switchboard.desks)
        self._beside = Beside(self._roster)

    def register(self, agent: Servable | Serves, route: str | None = None) -> Self:
        """Serve an agent, at `route` or at its own.

        Raises:
            DefinitionError: it is no agent, or another one has the route.
        """
        agent = agent.agent if isinstance(agent, Serves) else agent
        if not is_servable(agent):
            raise DefinitionError(f"register takes an agent, not a {type(agent).__name__}")
        cleaned = urls.clean_route(route or agent.route)
        self._roster.check(cleaned, agent)
        neighbours = self._beside.neighbours.and_those(agent.neighbours)
        self._switchboard.add(cleaned, agent.spec.changed(route=cleaned))
        if route is not None:
            agent.at_route(route)
        for path, callback in self._callbacks.items():
            agent.register_routing_callback(callback, path)
        self._roster.add(cleaned, agent)
        self._beside.neighbours = neighbours
        return self

    def unregister(self, route: str) -> bool:
        """Stop serving the agent at a route, at once, and say whether there was one."""
        cleaned = urls.clean_route(route)
        found = self._roster.drop(cleaned)
        self._switchboard.drop(cleaned)
        return found

    def get_agents(self) -> list[tuple[str, Servable]]:
        """Return routes and agents, in the order of their registration."""
        return [(route or "/", agent) for route, agent in self._roster.agents.items()]

    def get_agent(self, route: str) -> Servable | None:
        """Return the agent at a route, None when there is none."""
        return self._roster.agents.get(urls.clean_route(route))

    def register_global_routing_callback(
        self, callback_fn: Callable[["Request", JSON], Any], path: str
    ) -> Self:
        """Answer at a path below every agent, those registered later too.

        Raises:
            DefinitionError: the path is no path, or is an endpoint already.
        """
        check_callback_path(urls.clean_route(path))
        callback_of(callback_fn, "register_global_routing_callback")
        for agent in self._roster.agents.values():
            agent.register_routing_callback(callback_fn, path)
        self._callbacks[path] = callback_fn
        return self

    def register_routing_callback(
        self,
        callback_fn: Callable[..., Any],
        path: str,
        *,
        fallback: object = None,
        basic_auth: Pairs | None = None,
    ) -> Self:
        """Answer at a path of the server itself, as a routing callback says.

        Args:
            callback_fn: as of `AgentBase.register_routing_callback`.
            path: where requests come in.
            fallback: who answers when it returns None: an agent, a path or a document; else 404.
            basic_auth: as of `setup_sip_routing`.

        Raises:
            DefinitionError: the path is taken, or something else of it is wrong.
        """
        known = callback_of(callback_fn, "register_routing_callback")
        self._switchboard.open(path, asked(known, checked_target(fallback, "fallback")), basic_auth)
        return self

    def setup_sip_routing(
        self,
        route: str = "/sip",
        auto_map: bool = True,
        *,
        fallback: object = None,
        basic_auth: Pairs | None = None,
    ) -> Self:
        """Answer SIP calls for all agents at one path, each with the document of whom it calls.

        Agents have the usernames that were registered with them, and may come later.

        Args:
            route: where calls come in.
            auto_map: have agents answer to their names and routes, too, as of
                `AgentBase.auto_map_sip_usernames`.
            fallback: who answers calls for nobody: an agent, a path or a document; else 404.
            basic_auth: credentials of this path, which then open every agent. By default those of
                each agent open that agent.

        Raises:
            DefinitionError: the path is taken, two agents have one name, or it was called before.
        """
        known = checked_target(fallback, "fallback")
        self._switchboard.set_up_sip(route, known, basic_auth, auto_map=auto_map)
        return self

    def register_sip_username(self, username: str, route: str) -> Self:
        """Have a SIP username lead to a route, whose agent may be registered later.

        Raises:
            DefinitionError: it is no username, or another agent has it.
        """
        self._switchboard.tell(username, route)
        return self

    def unregister_sip_username(self, username: str) -> bool:
        """Forget a username of `register_sip_username`, and say whether there was one."""
        return self._switchboard.forget(username)

    def get_sip_usernames(self) -> dict[str, str]:
        """Return the directory: SIP usernames with the routes they lead to."""
        return self._switchboard.listing()

    def route_by_number(
        self,
        numbers: Mapping[str, str],
        path: str = "/number",
        *,
        fallback: object = None,
        basic_auth: Pairs | None = None,
    ) -> Self:
        """Answer calls at one path, each with the document of the agent whose number is called.

        Args:
            numbers: numbers as the platform has them, such as `+12025550100`, with routes.
            path: where calls come in.
            fallback: as of `setup_sip_routing`.
            basic_auth: as of `setup_sip_routing`.

        Raises:
            DefinitionError: the path is taken, or a number or a route is none.
        """
        known = checked_target(fallback, "fallback")
        self._switchboard.open_for_numbers(numbers, path, known, basic_auth)
        return self

    def serve_static_files(self, directory: str | Path, route: str = "/") -> Self:
        """Serve the files of a folder, to anybody; agents win over files.

        Dotfiles and what lies outside the folder are not served.

        Raises:
            DefinitionError: the folder is not there.
        """
        self._beside.put_folder(Path(directory), route)
        return self

    def mount(self, app: ASGIApp, prefix: str, name: str | None = None) -> Self:
        """Serve another ASGI application below a prefix; agents and endpoints win over it.

        It starts and stops with the server, where there is a lifespan.

        Args:
            app: such as a Starlette or FastAPI application or router.
            prefix: such as `/admin`; `/` for all that agents do not answer.
            name: what it is called in messages.

        Raises:
            DefinitionError: it is no application, or the prefix is no path or taken.
        """
        self._beside.mount(app, prefix, name)
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI application."""
        kind = scope["type"]
        if kind == "lifespan":
            await serve_lifespan(receive, send, self._running(scope.get("state", {})))
            return
        beside = await self._beside.found(scope) if self._beside else None
        if beside is not None:
            await beside(scope, receive, send)
        elif kind == "http":
            await serve_http(self._roster, scope, receive, send)
        else:
            await refuse_websocket(send)

    def lifespan(self, app: object = None) -> AbstractAsyncContextManager[None]:
        """Open the stores of all agents on entry and close them on exit.

        A host may pass this method on as its own lifespan. It is never needed: stores open when
        they are first used.
        """
        return self._running({})

    def get_app(self) -> "Starlette":
        """Return a Starlette application that serves the server."""
        return web.application(self)

    def run(self, host: str | None = None, port: int | None = None, **options: Any) -> None:
        """Serve all agents until SIGTERM or Ctrl-C; calls in flight are answered first.

        Args:
            host: where to listen, else the server's `host`.
            port: where to listen, else the server's `port`, else `PORT`, else 3000; 0 finds one.
            **options: as of `AgentBase.run`.

        Raises:
            DefinitionError: a setting, an agent or the TLS files are wrong.
        """
        self.check(int(options.get("workers", 1)))
        given: Mapping[str, Any] = {"log_level": self.log_level, **options}
        run_server(self, serve_options(host or self.host, port, self.port, given))

    def lost_usernames(self) -> list[str]:
        """Return the usernames and numbers that lead to a route where no agent is."""
        return self._switchboard.lost()

    def check(self, workers: int = 1) -> None:
        """Refuse what `run` refuses.

        Raises:
            DefinitionError: an agent is wrong, or they do not go together.
        """
        self._switchboard.check()
        for _, agent in self.get_agents():
            agent.compiled()
            check_workers(agent, workers)

    @asynccontextmanager
    async def _running(self, state: dict[str, Any]) -> AsyncIterator[None]:
        self._switchboard.check()
        async with self._roster.running(), self._beside.neighbours.running(state):
            yield
