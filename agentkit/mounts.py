"""Where an application is mounted, as servers and hosts say it.

ASGI says that `path` holds the whole path and `root_path` its beginning, where the application is
mounted. Servers and hosts keep to it in different ways:

* `path` begins with `root_path` (uvicorn, Starlette's mounts, WSGI bridges);
* `path` does not, because a proxy took the prefix away and the server knows (hypercorn, FastAPI's
  own `root_path`); Starlette's mounts then add to `root_path`, and `app_root_path` is what it was;
* the host took a prefix from `path` and said nothing (Litestar); `raw_path` still has it.
"""

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from starlette.types import Scope


def placed(scope: "Scope") -> tuple[str, str]:
    """Return the path of a request below the application's place, and the place.

    The place is the prefix that stands before the application's routes in its URLs.
    """
    path: str = scope["path"]
    try:  # `get` is a call more, each time
        raw: bytes | None = scope["raw_path"]
        given: str = scope["root_path"]
    except KeyError:
        raw, given = scope.get("raw_path"), scope.get("root_path", "")
    if raw is None or raw.decode("latin-1") == path:
        return _cut(path, given, scope) if given else (path, "")
    whole = unquote(str(raw, "latin-1"))
    taken = "" if whole == path else _taken(whole, path)
    if not taken:
        return _cut(path, given, scope)
    root = given.rstrip("/")
    return whole[len(taken) :], taken if _is_below(taken, root) else f"{root}{taken}"


def flat(scope: "Scope", own: str) -> "Scope":
    """Return the scope of a request that a host's router has found at an agent's own path.

    What stands before that path is the place, whatever prefixes the host's routers have.
    """
    path, root = scope["path"], scope.get("root_path", "").rstrip("/")
    before = path.removesuffix(own)
    place = before if _is_below(before, root) else f"{root}{before}"
    return {**scope, "root_path": place, "path": f"{place}{own}"}


def _cut(path: str, given: str, scope: "Scope") -> tuple[str, str]:
    """Cut a root path off, unless the server did; then cut off only what mounts have added."""
    root = given.rstrip("/")
    if root != given and path.startswith(f"{given}/"):  # a server has put the two together
        path = f"{root}{path[len(given) :]}"
    if _is_below(path, root):
        return path[len(root) :], root
    inner = root.removeprefix(scope.get("app_root_path", root).rstrip("/"))
    return (path[len(inner) :] if _is_below(path, inner) else path), root


def _taken(whole: str, path: str) -> str:
    """Return what a host took from the front of a path; it may have put a slash at the end."""
    kept, end = whole.rstrip("/"), path.rstrip("/")
    return kept.removesuffix(end) if kept.endswith(end) else ""


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")
