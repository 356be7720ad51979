"""The rows of the matrix: every place where an agent can run."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.hosts import frameworks, functions, proxies, servers
from tests.hosts.desk import Desk
from tests.interaction.hosts import HOSTS, Host


class Row(NamedTuple):
    """A place, and the settings that an agent needs there."""

    name: str
    open: Host
    options: Mapping[str, Any] = MappingProxyType({})

    @property
    def trusts(self) -> bool:
        """Whether somebody else than the agent's author may say where it is."""
        return "trusted_proxies" in self.options

    def agent(self, route: str = "/desk") -> Desk:
        """Return an agent for this place."""
        return Desk(route, **self.options)


SECRET = {"secret": "a secret that all instances have"}
TRUSTING = {"trusted_proxies": ["127.0.0.1"]}

ROWS = [
    *(Row(name, host) for name, host in HOSTS.items()),
    *(Row(name, host) for name, host in frameworks.HOSTS.items()),
    *(Row(name, host) for name, host in servers.HOSTS.items()),
    *(Row(name, host) for name, host in proxies.UNTRUSTED.items()),
    *(Row(name, host, TRUSTING) for name, host in proxies.TRUSTED.items()),
    *(Row(name, host, SECRET) for name, host in functions.HOSTS.items()),
]
