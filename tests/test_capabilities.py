"""What a client says that it can do."""

from typing import Any

import pytest

from agentkit.capabilities import declared_capabilities, has_capability, user_variables


def body(capabilities: object) -> Any:
    return {"vars": {"userVariables": {"tea": "Assam", "capabilities": capabilities}}}


def test_a_client_says_what_it_can_do() -> None:
    told = body({"video": True, "chat": False, "map": 0, "keys": ""})
    assert user_variables(told)["tea"] == "Assam"
    assert declared_capabilities(told) == {"video"}
    assert has_capability(told, "video")
    assert not has_capability(told, "VIDEO")


HOSTILE: list[Any] = [
    None, 5, "x", [], {}, {"vars": 5}, {"vars": {}}, {"vars": {"userVariables": "x"}},
    body(None), body("video"), body(["video"]), body({}),
]  # fmt: skip


@pytest.mark.parametrize("told", HOSTILE)
def test_anything_else_says_nothing(told: Any) -> None:
    assert declared_capabilities(told) == frozenset()
    assert not has_capability(told, "video")


def test_what_is_returned_is_a_copy() -> None:
    told = body({"video": True})
    user_variables(told)["tea"] = "Sencha"
    assert user_variables(told)["tea"] == "Assam"
