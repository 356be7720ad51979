"""Definitions that are wrong, each on a line of its own, and what is said about each.

A case is a function of an agent: it defines something wrong. Compiling the agent, or the line
itself, must refuse it and tell the agent, the path in the document and the Python line.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from agentkit import AgentBase, DefinitionError
from tests.documents import make


class Misplaced(NamedTuple):
    """Something wrong, where it stands in the document, and the reason that is given."""

    define: Callable[[AgentBase], object]
    path: str
    reason: str


def check(case: Misplaced) -> None:
    """Define it, and look at what is said."""
    agent = make("Mini")
    with pytest.raises(DefinitionError) as caught:
        _defined(case, agent).compiled()
    error = caught.value
    assert (error.agent, error.path) == ("Mini", case.path), error
    assert str(error) == f"agent 'Mini': {case.path}: {case.reason} ({error.line})"
    file, _, line = str(error.line).rpartition(":")
    code = case.define.__code__
    assert file == code.co_filename
    assert int(line) in {number for *_, number in code.co_lines()}


def _defined(case: Misplaced, agent: AgentBase) -> AgentBase:
    case.define(agent)
    return agent
