"""Read the class of a skill from a file, `NAME/skill.py`.

A class in another file of the folder is not looked for, and the same file is run once.
"""

import importlib.util
import sys
from contextlib import ExitStack
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from agentkit.errors import DefinitionError
from agentkit.skills.base import SkillBase

FILE = "skill.py"


@lru_cache(maxsize=256)
def class_in(file: Path, name: str) -> type[SkillBase]:
    """Return the skill of this name in a file.

    Raises:
        DefinitionError: there is none in it.
    """
    module = _module(file)
    found = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, SkillBase) and name == kind.SKILL_NAME
    ]
    if not found:
        raise DefinitionError(f"{file} has no subclass of SkillBase with SKILL_NAME = {name!r}")
    return found[-1]


def _module(file: Path) -> ModuleType:
    name = f"agentkit_skill_{sha256(str(file.resolve()).encode()).hexdigest()[:16]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise DefinitionError(f"{file} cannot be loaded as a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations of its tools are read through it
    with ExitStack() as undo:
        undo.callback(sys.modules.pop, name)
        spec.loader.exec_module(module)
        undo.pop_all()
    return module
