"""The desks of a server, and the directory of its agents' SIP usernames."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from agentkit import credentials, sip, urls
from agentkit._log import log
from agentkit.compile import ENDPOINTS, HEALTH
from agentkit.context import Exchange
from agentkit.credentials import BasicAuth
from agentkit.errors import DefinitionError, RequestError
from agentkit.operations.desks import Desk
from agentkit.operations.documents import called_back, or_nobody
from agentkit.spec import AgentSpec
from agentkit.usernames import Agents, Directory, told

Pairs = tuple[str, str] | Sequence[tuple[str, str]]
Choice = Callable[[Exchange], Awaitable[object]]


class Switchboard:
    """Where calls come in at a server to be passed on.

    Args:
        agents: tells the server's agents.

    Attributes:
        desks: by path.
    """

    def __init__(self, agents: Agents) -> None:
        self.desks: dict[str, Desk] = {}
        self._agents = agents
        self._directory = Directory({})  # until SIP is set up, names are each agent's own business
        self._numbers: dict[str, str] = {}
        self._is_set_up = False
        self._joint: BasicAuth | None = None

    def set_up_sip(
        self, route: str, fallback: object, basic_auth: Pairs | None, *, auto_map: bool
    ) -> None:
        """Open the desk of SIP calls.

        Raises:
            DefinitionError: it is open already, the path is taken, or two agents have one name.
        """
        if self._is_set_up:
            raise DefinitionError("SIP routing is set up already")
        directory = Directory(self._directory.told, self._agents, auto_map=auto_map)
        directory.check()
        directory.refresh()
        self.open(route, self._caller(directory, fallback), basic_auth)
        self._directory, self._is_set_up = directory, True

    def tell(self, username: str, route: str) -> None:
        """Have a SIP username lead to a route.

        Raises:
            DefinitionError: it is no username, or leads to another route.
        """
        self._directory.tell(sip.checked_username(username), urls.clean_route(route))

    def forget(self, username: str) -> bool:
        """Forget a SIP username that was told, and say whether it was."""
        return self._directory.forget(sip.checked_username(username))

    def listing(self) -> dict[str, str]:
        """Return SIP usernames with their routes."""
        return self._directory.listing()

    def open_for_numbers(
        self, numbers: Mapping[str, str], path: str, fallback: object, basic_auth: Pairs | None
    ) -> None:
        """Open a desk that knows these numbers and nothing else.

        Raises:
            DefinitionError: the path is taken, or a number or a route is none.
        """
        directory = Directory(told(numbers, urls.clean_route))
        self.open(path, self._caller(directory, fallback), basic_auth)
        self._numbers |= directory.told

    def open(self, route: str, choose: Choice, basic_auth: Pairs | None) -> None:
        """Open a desk.

        Raises:
            DefinitionError: the path is taken, or the credentials are wrong.
        """
        path = urls.clean_route(route)
        homes = self._agents().items()
        taken = any(_answers(home, agent.spec, path) for home, agent in homes)
        if taken or path in self.desks or path in HEALTH:
            raise DefinitionError(f"the path {path or '/'!r} is taken; choose another one")
        own = None if basic_auth is None else credentials.resolve(basic_auth)
        desk = Desk(choose, (lambda: own) if own else self._auth, opens_all=own is not None)
        self.desks = {**self.desks, path: desk}

    def add(self, route: str, spec: AgentSpec) -> None:
        """Take up an agent that is being registered.

        Raises:
            DefinitionError: a name of it is another's, or a desk has one of its paths.
        """
        for path in self.desks:
            if _answers(route, spec, path):
                raise DefinitionError(f"the path {path or '/'!r} is taken by a desk of the server")
        if self._is_set_up:
            self._directory.add(route, spec)
        self._joint = None

    def drop(self, route: str) -> None:
        """Forget an agent; usernames that the server was told for its route stay."""
        self._directory.drop(route)
        self._joint = None

    def check(self) -> None:
        """Refuse to start when two agents have one name; warn of what leads nowhere.

        Raises:
            DefinitionError: two have.
        """
        self._directory.check()
        if lost := self.lost():
            log.warning("sip_usernames_lead_nowhere", usernames=lost)

    def lost(self) -> list[str]:
        """Return the usernames and numbers that were told a route where no agent is."""
        agents = self._agents()
        given = {**self._directory.told, **self._numbers}
        return [name for name, route in given.items() if route not in agents]

    def _caller(self, directory: Directory, fallback: object) -> Choice:
        return partial(_called, directory, self._agents, fallback)

    def _auth(self) -> BasicAuth | None:
        if self._joint is None:
            self._joint = _joint_auth(agent.spec.access.auth for agent in self._agents().values())
        return self._joint


def _joint_auth(auths: Iterable[BasicAuth]) -> BasicAuth | None:
    """Return the credentials of several agents as one, None when there are none."""
    pairs = dict.fromkeys(pair for auth in auths for pair in auth.credentials)
    return BasicAuth(list(pairs)) if pairs else None


def asked(callback: Callable[..., Any], fallback: object) -> Choice:
    """Return the choice that a routing callback makes; for None the fallback answers, or 404."""
    return partial(_asked, callback, fallback)


async def _asked(callback: Callable[..., Any], fallback: object, exchange: Exchange) -> object:
    found = await called_back(callback, exchange)
    if found is None and fallback is None:
        raise RequestError(404, "no agent here answers this request")
    return fallback if found is None else found


async def _called(
    directory: Directory, agents: Agents, fallback: object, exchange: Exchange
) -> object:
    name = sip.username_in(exchange.data())
    route = directory.find(name)
    agent = None if route is None else agents().get(route)
    return or_nobody(fallback, name) if agent is None else agent


def _answers(route: str, spec: AgentSpec, path: str) -> bool:
    """Say whether a path is an agent's own."""
    below = path.removeprefix(route)
    return path.startswith(route) and (below in ENDPOINTS or below in spec.callbacks)
