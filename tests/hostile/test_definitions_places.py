"""How many broken definitions are told with their place: the tables beside this file."""

from collections.abc import Mapping

from tests.hostile import (
    test_definitions_contexts,
    test_definitions_contexts_kinds,
    test_definitions_datamaps,
    test_definitions_gates,
    test_definitions_shapes,
)
from tests.hostile.misplaced import Misplaced

MODULES = (
    test_definitions_contexts,
    test_definitions_contexts_kinds,
    test_definitions_datamaps,
    test_definitions_gates,
    test_definitions_shapes,
)


def cases() -> dict[str, Misplaced]:
    """All cases that an agent refuses, by the path and the reason that are told."""
    tables = [value for module in MODULES for value in vars(module).values()]
    found = [
        case
        for table in tables
        if isinstance(table, Mapping)
        for case in table.values()
        if isinstance(case, Misplaced)
    ]
    return {f"{case.path}: {case.reason}": case for case in found}


def test_more_than_a_hundred_mistakes_are_told_with_agent_path_and_line() -> None:
    assert len(cases()) >= 100


def test_each_is_told_at_a_path_of_the_document() -> None:
    assert all(case.path.startswith("ai.") for case in cases().values())
