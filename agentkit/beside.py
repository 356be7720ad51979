"""What a server serves beside its agents: other applications, and files of folders."""

from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.types import ASGIApp, Scope

from agentkit import urls
from agentkit.errors import DefinitionError
from agentkit.mounts import placed
from agentkit.neighbours import Neighbour, Neighbours
from agentkit.roster import Roster
from agentkit.static import StaticFolder

if TYPE_CHECKING:
    from starlette.responses import Response


class Beside:
    """Applications and folders by prefix; agents win over both, applications over files.

    Args:
        roster: the agents of the server.

    Attributes:
        neighbours: the applications.
    """

    def __init__(self, roster: Roster) -> None:
        self.neighbours = Neighbours()
        self._roster = roster
        self._folders: dict[str, StaticFolder] = {}

    def __bool__(self) -> bool:
        return bool(self.neighbours or self._folders)

    def mount(self, app: ASGIApp, prefix: str, name: str | None) -> None:
        """Put an application below a prefix.

        Raises:
            DefinitionError: it is no application, or the prefix is no path or taken.
        """
        joined = self.neighbours.joined_by(app, prefix, name)
        if prefix.strip("/") and self._roster.answers(urls.clean_route(prefix)):
            raise DefinitionError(f"the path {prefix!r} is taken; choose another one")
        self.neighbours = joined

    def put_folder(self, directory: Path, route: str) -> None:
        """Put the files of a folder below a route.

        Raises:
            DefinitionError: the folder is not there.
        """
        folders = {**self._folders, urls.clean_route(route): StaticFolder(directory)}
        self._folders = dict(sorted(folders.items(), key=lambda item: -len(item[0])))

    async def found(self, scope: Scope) -> "Neighbour | Response | None":
        """Find the application or the file that a request is for, None when it is an agent's."""
        neighbour = self.neighbours.found(scope, self._roster.answers)
        if neighbour is not None or scope["type"] != "http" or not self._folders:
            return neighbour
        path, _ = placed(scope)
        return None if self._roster.owns(path) else await self._file(path, scope)

    async def _file(self, path: str, scope: Scope) -> "Response | None":
        for route, folder in self._folders.items():
            if path == route or path.startswith(f"{route}/"):
                below = path[len(route) :]
                return await anyio.to_thread.run_sync(folder.response, below, scope)
        return None
