"""The libraries of the extra `loopback`, loaded when a part needs them."""

from importlib import import_module
from types import ModuleType

from agentkit.errors import DefinitionError


def need(module: str, what: str) -> ModuleType:
    """Return a module of a library that comes with the extra.

    Raises:
        DefinitionError: it is not installed; the message says what needs it and what to install.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise  # the library is there, and misses something itself
        raise DefinitionError(
            f"{what} needs {module}: pip install 'agentkit-swml[loopback]'"
        ) from error
