"""Definitions that are wrong, and what is said about them."""

from collections.abc import Callable
from typing import Any

import pytest

from agentkit import AgentBase, DefinitionError
from tests.hostile.agents import AUTH
from tests.hostile.canaries import SECRET

Wrong = tuple[Callable[[], object], str]


def nothing() -> None:
    """Do nothing."""


def agent(route: str = "/agent", **options: Any) -> AgentBase:
    return AgentBase("canary", route, **{"basic_auth": AUTH, "secret": SECRET, **options})


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(DefinitionError) as caught:
        make()
    return str(caught.value)
