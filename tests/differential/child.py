"""What one SDK answers to every case, as JSON: the one that `sdk` imports in this process."""

import importlib
import json
import types
from typing import Any

from tests.differential import result_cases
from tests.differential.asking import document
from tests.differential.sdk import FunctionResult
from tests.differential.surface import surface

GROUPS = (
    "prompts", "speech", "settings", "tools", "surroundings", "services", "requests", "talks",
    "data_maps", "skills", "prefabs", "calls", "doings",
)  # fmt: skip


def parts() -> dict[str, dict[str, Any]]:
    """Return all answers by part and name, as JSON carries them."""
    return plain(
        {
            "results": result_cases.answers(FunctionResult),
            "agents": agents(),
            "surface": surface(),
        }
    )


def plain(answers: dict[str, Any]) -> dict[str, Any]:
    """Return answers as JSON carries them."""
    carried: dict[str, Any] = json.loads(json.dumps(answers))
    return carried


def agents() -> dict[str, Any]:
    """Return the documents of all agents, by group and name."""
    return {
        f"{group}.{name}": drawn(case) for group in GROUPS for name, case in cases(group).items()
    }


def cases(group: str) -> dict[str, Any]:
    """Return the agents of a group: its functions, without those that begin with an underscore."""
    module = importlib.import_module(f"tests.differential.agents.{group}")
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, types.FunctionType)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }


def drawn(case: Any) -> Any:
    """Return the document that a case gives, or that it was refused."""
    try:
        return document(case())
    except (TypeError, ValueError, AttributeError):
        return {"refused": True}
