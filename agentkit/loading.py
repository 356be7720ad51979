"""Find the agent or server that a command names as `module:agent` or `file.py:agent`."""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from agentkit.agent import AgentBase
from agentkit.errors import AgentKitError
from agentkit.recorder.app import Recorder
from agentkit.server import AgentServer
from agentkit.state.memory import MemoryState

USUAL_NAMES = ("agent", "server", "app")
_KINDS = (AgentBase, AgentServer)
_MACHINERY = (str(Path(__file__).parent), str(importlib.__file__), "<frozen importlib")


class LoadingError(AgentKitError):
    """The named application cannot be loaded; the message says why, without a traceback."""


class Loaded(NamedTuple):
    """An application and the name that other processes can import it by.

    Attributes:
        app: the agent or the server.
        import_name: of what is served.
        recorder: what journals its calls, and is to be served in its place.
    """

    app: AgentBase | AgentServer
    import_name: str
    recorder: Recorder | None = None


def load(target: str) -> Loaded:
    """Return the agent or server that target names.

    Args:
        target: `module:name`, `file.py:name`, or without a name, when the module has one of the
            usual names (agent, server, app) or just one agent or server. A `Recorder` around one
            may be named instead, and is taken before what has a usual name.

    Raises:
        LoadingError: there is none, or the module raised.
    """
    where, _, name = target.partition(":")
    module = _module(where)
    name = name or _only_name(module, where)
    found = getattr(module, name, None)
    if isinstance(found, type) and issubclass(found, AgentBase):
        raise LoadingError(f"{target}: {name} is a class; name an agent made of it")
    recorder = found if isinstance(found, Recorder) else None
    if recorder is not None:
        found = recorder.app
    if not isinstance(found, AgentBase | AgentServer):
        choices = ", ".join(_candidates(module)) or "none"
        raise LoadingError(f"{where} has no agent or server named {name!r} (there are: {choices})")
    return Loaded(found, f"{module.__name__}:{name}", recorder)


def agents_of(app: AgentBase | AgentServer) -> dict[str, AgentBase]:
    """Return the agents of an application by route."""
    if isinstance(app, AgentBase):
        return {app.route: app}
    return {route: agent for route, agent in app.get_agents() if isinstance(agent, AgentBase)}


@contextmanager
def forgetting(home: Path) -> Iterator[None]:
    """Forget afterwards what was loaded of the author's modules, so that they are loaded anew.

    Those are the modules that lie below a folder, or below the current one.
    """
    before, path, homes = set(sys.modules), list(sys.path), (home.resolve(), Path.cwd())
    try:
        yield
    finally:
        sys.path[:] = path
        for name in [name for name in sys.modules if name not in before]:
            if _lies_in(name, homes):
                del sys.modules[name]


def _lies_in(name: str, homes: tuple[Path, ...]) -> bool:
    file = getattr(sys.modules[name], "__file__", None)
    if not isinstance(file, str) or "site-packages" in file:
        return False
    return any(Path(file).resolve().is_relative_to(home) for home in homes)


def keep_in_memory(app: AgentBase | AgentServer) -> None:
    """Move the state of all agents into memory, so that a call that is played leaves no trace."""
    for agent in agents_of(app).values():
        agent.states.move(MemoryState(clock=agent.clock))


@contextmanager
def telling(name: str) -> Iterator[None]:
    """Run a module of an author's, which may raise anything and even exit, and tell what it raised.

    Raises:
        LoadingError: it raised.
        ModuleNotFoundError: it is not there, or needs what is not installed.
    """
    try:
        yield
    except ModuleNotFoundError:
        raise
    except (Exception, SystemExit) as error:
        raise LoadingError(f"{name} raised while it was loaded: {_told(error)}") from error


def _module(where: str) -> ModuleType:
    name, folder, file = where, Path.cwd(), None
    if where.endswith(".py") or "/" in where:
        file = Path(where).resolve()
        if not file.is_file():
            raise LoadingError(f"there is no file {where!r}")
        name, folder = file.stem, file.parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    module = _imported(name, folder)
    if file is not None and Path(module.__file__ or "").resolve() != file:
        raise LoadingError(f"{where}: another module is named {name!r}; rename the file")
    return module


def _imported(name: str, folder: Path) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise LoadingError(f"{name!r} is not a module name; write module:agent or file.py:agent")
    try:
        with telling(name):
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise LoadingError(f"there is no module {name!r} (looked in {folder} too)") from error
        raise LoadingError(f"{name} needs a module that is not installed: {error.name}") from error


def _told(error: BaseException) -> str:
    """Say what was raised and at which line of the author's file."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(_MACHINERY)]
    place = f" ({own[-1].filename}:{own[-1].lineno})" if own else ""
    told = f"{type(error).__name__}: {error}"
    return told if told.endswith(place) else told + place  # some errors tell their place themselves


def _candidates(module: ModuleType) -> list[str]:
    return [k for k, value in vars(module).items() if isinstance(value, _KINDS) or _records(value)]


def _records(value: object) -> bool:
    return isinstance(value, Recorder) and isinstance(value.app, _KINDS)


def _hint(module: ModuleType) -> str:
    """Say what is missing where there is only the class of an agent."""
    classes = [
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, AgentBase) and value is not AgentBase
    ]
    return f"; there is the class {classes[0]}: write agent = {classes[0]}()" if classes else ""


def _only_name(module: ModuleType, where: str) -> str:
    names = _candidates(module)
    recorders = [name for name in names if _records(getattr(module, name))]
    if len(recorders) == 1:
        return recorders[0]
    usual = [name for name in USUAL_NAMES if name in names]
    if not names:
        raise LoadingError(f"{where} has no agent or server{_hint(module)}")
    if not usual and len(names) != 1:
        raise LoadingError(f"say which one: {where}:NAME, with NAME of {', '.join(names)}")
    return usual[0] if usual else names[0]
