"""Files of a folder over HTTP, for the page beside an agent. Not loaded until it is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import Scope

from agentkit import web
from agentkit.errors import DefinitionError

if TYPE_CHECKING:
    from starlette.responses import Response

READING = {"GET", "HEAD"}


class StaticFolder:
    """Finds files below a folder; dotfiles and links that lead outside are not there."""

    __slots__ = ("_root",)

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DefinitionError(f"serve_static_files: there is no folder {str(folder)!r}")
        self._root = folder.resolve()

    def response(self, path: str, scope: Scope) -> "Response | None":
        """Return the file at a path, `index.html` for a folder, None when there is none."""
        parts = [part for part in path.split("/") if part]
        if scope["method"] not in READING or any(_is_hidden(part) for part in parts):
            return None
        try:
            found = self._file(parts)
        except (OSError, RuntimeError, ValueError):  # too long, forbidden, a loop, no file name
            return None
        if found is None:
            return None
        return web.file_response(found, {"x-content-type-options": "nosniff"})

    def _file(self, parts: list[str]) -> Path | None:
        found = self._root.joinpath(*parts).resolve()
        found = (found / "index.html" if found.is_dir() else found).resolve()
        return found if found.is_file() and found.is_relative_to(self._root) else None


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or "\\" in part or "\x00" in part
