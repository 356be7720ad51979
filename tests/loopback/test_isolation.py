"""The loopback is a client of the wire: it knows nothing of the agents that it calls."""

import ast
from pathlib import Path

import pytest

import agentkit

PACKAGE = Path(agentkit.__file__).parent
FILES = sorted((PACKAGE / "loopback").rglob("*.py"))
MAY = (
    "agentkit._json",
    "agentkit.datamap",
    "agentkit.errors",
    "agentkit.loopback",
    "agentkit.testing.asgi",
    "agentkit.testing.client",
    "agentkit.testing.messages",
    "agentkit.testing.transcript",
)


def imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "agentkit"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_module_imports_nothing_of_the_core(file: Path) -> None:
    assert [name for name in sorted(imported(file)) if not name.startswith(MAY)] == []


def test_there_are_modules() -> None:
    assert len(FILES) > 50
