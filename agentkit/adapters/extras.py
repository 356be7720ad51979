"""The libraries of platforms, loaded when an adapter is used."""

from importlib import import_module
from types import ModuleType

from agentkit.errors import DefinitionError


def need(module: str, extra: str) -> ModuleType:
    """Return a module of a library that comes with one of agentkit's extras.

    Raises:
        DefinitionError: it is not installed; the message says what to install.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        name = module.partition(".")[0]
        if not error.name or error.name.partition(".")[0] != name:
            raise  # the library is there, and misses something itself
        raise DefinitionError(
            f"this platform needs {module}: pip install 'agentkit-swml[{extra}]'"
        ) from error
