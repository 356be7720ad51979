"""The house: modules and functions stay short enough to be read at once."""

import ast
from pathlib import Path

import pytest

import agentkit

PACKAGE = Path(agentkit.__file__).parent
MODULES = {str(file.relative_to(PACKAGE)): file for file in sorted(PACKAGE.rglob("*.py"))}
MODULE_LINES = 400
FUNCTION_LINES = 40


def long_functions(source: str) -> list[str]:
    """Functions from their `def` to their end, docstring and all, that have too many lines."""
    functions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [each.name for each in functions if lines_of(each) > FUNCTION_LINES]


def lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("module", MODULES)
def test_no_module_and_no_function_of_it_is_long(module: str) -> None:
    source = MODULES[module].read_text("utf-8")
    assert len(source.splitlines()) <= MODULE_LINES
    assert long_functions(source) == []


def test_a_function_is_measured_with_its_signature_and_docstring() -> None:
    body = "\n" * 36
    source = f'def shown(\n) -> None:\n    """Say.\n{body}    """\n'
    assert long_functions(source) == []
    assert long_functions(source.replace("Say.", "Say.\n")) == ["shown"]
