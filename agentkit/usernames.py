"""Usernames and called numbers, and the routes that they lead to."""

from collections.abc import Callable, Mapping
from typing import Protocol

from agentkit import sip
from agentkit._log import log
from agentkit.errors import DefinitionError
from agentkit.spec import AgentSpec


class Named(Protocol):
    """An agent, as far as its names go."""

    @property
    def spec(self) -> AgentSpec:
        """The agent as one frozen value."""
        ...


Agents = Callable[[], Mapping[str, Named]]
"""Tells agents by their routes, as they are now."""


def _nobody() -> Mapping[str, Named]:
    return {}


class Directory:
    """Usernames and the routes they lead to; a username leads to one route.

    Some were told, others are the agents' own. An agent may be given names at any time: they are
    found because a lookup that fails looks once more at the agents that have changed.

    Args:
        told: usernames and routes.
        agents: those whose own names count, too.
        auto_map: whether they have the names of `sip.usernames_of`, asked for or not.
    """

    def __init__(
        self, told: Mapping[str, str], agents: Agents = _nobody, *, auto_map: bool = False
    ) -> None:
        self._told = dict(told)
        self._agents = agents
        self._auto_map = auto_map
        self._own: dict[str, str] = {}
        self._seen: dict[str, AgentSpec] = {}

    @property
    def told(self) -> Mapping[str, str]:
        """The usernames that the server was told."""
        return self._told

    def tell(self, username: str, route: str) -> None:
        """Have a username lead to a route.

        Raises:
            DefinitionError: it leads to another one.
        """
        self._check(username, route)
        self._told = {**self._told, username: route}

    def forget(self, username: str) -> bool:
        """Forget a username that was told, and say whether it was."""
        found = username in self._told
        self._told = {name: route for name, route in self._told.items() if name != username}
        return found

    def add(self, route: str, spec: AgentSpec) -> None:
        """Have the usernames of an agent lead to its route.

        Raises:
            DefinitionError: one of them leads to another route; then none of them is added.
        """
        names = spec.usernames(auto_map=self._auto_map)
        for name in names:
            self._check(name, route)
        self._own = {**self._own, **dict.fromkeys(names, route)}
        self._seen = {**self._seen, route: spec}

    def drop(self, route: str) -> None:
        """Forget the usernames of the agent at a route; what the server was told stays."""
        self._own = {name: owner for name, owner in self._own.items() if owner != route}
        self._seen = {key: spec for key, spec in self._seen.items() if key != route}

    def find(self, username: str | None) -> str | None:
        """Return the route that a username leads to, None when nobody has it."""
        if username is None:
            return None
        found = self._route_of(username)
        if found is None and self.refresh():
            found = self._route_of(username)
        return found

    def listing(self) -> dict[str, str]:
        """Return all usernames with their routes."""
        self.refresh()
        return {name: route or "/" for name, route in {**self._told, **self._own}.items()}

    def refresh(self) -> bool:
        """Take up the names that agents were given meanwhile, and say whether one has changed.

        A name that another agent has already stays with it, and the log says so.
        """
        agents = self._agents()
        changed = [r for r, agent in agents.items() if agent.spec is not self._seen.get(r)]
        for route in changed:
            self.drop(route)
            self._take_up(route, agents[route].spec)
        return bool(changed)

    def check(self) -> None:
        """Refuse names that two agents have.

        Raises:
            DefinitionError: there is one; the message names it.
        """
        fresh = Directory(self._told, auto_map=self._auto_map)
        for route, agent in self._agents().items():
            fresh.add(route, agent.spec)

    def _take_up(self, route: str, spec: AgentSpec) -> None:
        try:
            self.add(route, spec)
        except DefinitionError as error:
            log.error("sip_username_taken", reason=str(error))
            free = (n for n in spec.usernames(auto_map=self._auto_map) if not self._route_of(n))
            self._own = {**self._own, **dict.fromkeys(free, route)}
            self._seen = {**self._seen, route: spec}

    def _route_of(self, username: str) -> str | None:
        own = self._own.get(username)
        return self._told.get(username) if own is None else own

    def _check(self, username: str, route: str) -> None:
        owner = self._route_of(username)
        if owner is not None and owner != route:
            raise DefinitionError(
                f"the SIP username {username!r} of {route or '/'!r} is that of {owner or '/'!r}"
                " already; rename one, or pass auto_map=False and register usernames yourself"
            )


def told(usernames: Mapping[str, str], clean: Callable[[str], str]) -> dict[str, str]:
    """Return usernames or numbers as calls will name them, with cleaned routes.

    Raises:
        DefinitionError: they are no dict, or one is no username, leads to two routes, or to no
            path.
    """
    if not isinstance(usernames, Mapping):
        raise DefinitionError(f"numbers are told as a dict of routes, not {usernames!r}")
    directory = Directory({})
    for username, route in usernames.items():
        directory.tell(sip.checked_username(username), clean(route))
    return dict(directory.told)
