"""What can be called: an agent's object, an application, a URL, or the name of one in a module.

Nothing here knows agentkit's agents: what an object can do is asked of it, so agents made with the
vendor's SDK are found as well.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from contextlib import ExitStack
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from agentkit.errors import DefinitionError
from agentkit.testing.messages import Transport
from agentkit.testing.transcript import without_secrets

_ABSOLUTE = ("http://", "https://")


class Agent(Struct, frozen=True):
    """Who is called, and how.

    Attributes:
        target: an ASGI application, a `Transport`, or the origin of a server.
        url: what the phone number is set to: a path or a URL.
        auth: user and password of the first request, None where there are none.
        restart: makes the agent anew; returns None where it goes on as it is.
    """

    target: Any
    url: str
    auth: tuple[str, str] | None
    restart: Callable[[], Any] = lambda: None


def found(agent: object, url: str | None = None, auth: tuple[str, str] | None = None) -> Agent:
    """Return who is called.

    Args:
        agent: an agent, an ASGI application, a `Transport`, a URL, or `module:name`.
        url: what the phone number is set to; by default the agent's route, or the URL itself.
        auth: user and password; by default those that the agent tells.

    Raises:
        DefinitionError: there is nothing that can be called.
    """
    if isinstance(agent, str):
        if agent.startswith(_ABSOLUTE):
            return _served(agent, url, auth)
        return _named(agent, url, auth)
    return Agent(_application(agent), url or _route(agent), auth or _credentials(agent))


def loaded(name: str, folder: Path | None = None) -> Any:
    """Return an object by the name of its module, or by its file, looked for in a folder first.

    Args:
        name: `module:name`, `file.py:name`; the name is `agent` by default.
        folder: where files are, and modules too; the current one by default.

    Raises:
        DefinitionError: there is no such module or no such object in it.
    """
    module_name, _, attribute = name.partition(":")
    module = _module(module_name, folder or Path.cwd())
    value: Any = module
    for part in (attribute or "agent").split("."):
        value = getattr(value, part, None)
    if value is None:
        raise DefinitionError(f"{module_name} has no {attribute or 'agent'!r}")
    return value


def reloaded(name: str, folder: Path | None = None) -> Any:
    """Return an object as `loaded` does, of a module that is run anew.

    Modules that it imports stay as they are.

    Raises:
        DefinitionError: as of `loaded`.
    """
    module = _module(name.partition(":")[0], folder or Path.cwd())
    del sys.modules[module.__name__]
    return loaded(name, folder)


def _named(name: str, url: str | None, auth: tuple[str, str] | None) -> Agent:
    agent = found(loaded(name), url, auth)
    return Agent(agent.target, agent.url, agent.auth, lambda: _application(reloaded(name)))


def _served(base: str, url: str | None, auth: tuple[str, str] | None) -> Agent:
    try:
        parts = urlsplit(base)
    except ValueError as error:
        raise DefinitionError(f"{without_secrets(base)!r} is no URL: {error}") from None
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return Agent(origin, url or base, auth)


def _module(name: str, folder: Path) -> Any:
    if "\0" in name:
        raise DefinitionError(f"{name!r} is the name of neither a module nor a file")
    file = folder / name
    if file.suffix == ".py":
        return _of_file(file)
    beside = folder / f"{name}.py"
    if "." not in name and beside.is_file():
        return _of_file(beside)
    if not all(part.isidentifier() for part in name.split(".")):
        raise DefinitionError(f"{name!r} is the name of neither a module nor a file")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise  # the module is there, and misses something itself
        raise DefinitionError(f"there is no module {name!r}, and none in {folder}") from error


def _of_file(file: Path) -> Any:
    """Return the module in a file, with its folder on the path as when Python runs it."""
    if not file.is_file():
        raise DefinitionError(f"there is no file {file}")
    known = sys.modules.get(file.stem)
    if known is not None and Path(getattr(known, "__file__", None) or "?") == file.resolve():
        return known
    loader = SourceFileLoader(file.stem, str(file.resolve()))
    spec = ModuleSpec(file.stem, loader, origin=loader.path)
    spec.has_location = True
    module = importlib.util.module_from_spec(spec)
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    sys.modules[file.stem] = module
    with ExitStack() as undo:
        undo.callback(sys.modules.pop, file.stem)
        try:
            loader.exec_module(module)
        finally:
            sys.path.remove(folder)
        undo.pop_all()
    return module


def _application(agent: object) -> Any:
    if callable(agent) or isinstance(agent, Transport):
        return agent
    make = getattr(agent, "get_app", None)  # the vendor's agents are not applications themselves
    if not callable(make):
        kind = type(agent).__name__
        raise DefinitionError(f"a {kind} cannot be called: an agent, an application or a URL can")
    return make()


def _route(agent: object) -> str:
    route = getattr(agent, "route", None)
    return route if isinstance(route, str) and route.startswith("/") else "/"


def _credentials(agent: object) -> tuple[str, str] | None:
    tell = getattr(agent, "get_basic_auth_credentials", None)
    if not callable(tell):
        return None
    told = tell()
    return (told[0], told[1]) if isinstance(told, tuple) and len(told) >= 2 else None  # noqa: PLR2004 - a pair
