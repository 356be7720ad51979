"""Parameters of skills: what is wrong is named, with the skill and the way out."""

from typing import Any

import pytest

from agentkit import AgentBase, DefinitionError
from agentkit.skills import SkillBase
from agentkit.skills.parameters import parameter

JSON = dict[str, Any]


class Strict(SkillBase):
    SKILL_NAME = "strict"

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        return {
            **super().get_parameter_schema(),
            "key": parameter("string", "A key.", required=True, hidden=True, env_var="STRICT_KEY"),
            "count": parameter("integer", "How many.", default=3, min=1, max=5),
            "share": parameter("number", "A share."),
            "mode": parameter("string", "A mode.", enum=["fast", "slow"]),
            "on": parameter("boolean", "A switch."),
            "words": parameter("array", "Words."),
            "table": parameter("object", "A table."),
            "hook": parameter("callable", "A function."),
            "other": parameter("mystery", "Whatever."),
        }


GOOD: JSON = {
    "key": "k", "count": 5, "share": 0.5, "mode": "fast", "on": False, "words": ["a"],
    "table": {}, "hook": len, "other": object(), "own_business": 1, "http_client": len,
}  # fmt: skip


def test_right_parameters_are_taken_and_defaults_stand_in() -> None:
    agent = AgentBase("desk").add_skill(Strict, GOOD)
    skill = agent.spec.skills["strict"].skill
    assert skill.params == GOOD
    assert Strict(agent, {"key": "k"}).param("count") == 3
    assert Strict(agent, {"count": 0}).param("count") == 0


WRONG: list[tuple[Any, str]] = [
    ({}, "needs the parameter 'key', or STRICT_KEY in the environment"),
    ({"key": 5}, "parameter 'key' must be a text, not what was given"),
    ({"count": "3"}, "parameter 'count' must be a whole number, not '3'"),
    ({"count": True}, "must be a whole number, not True"),
    ({"count": 0}, "parameter 'count' must be 1 or more, not 0"),
    ({"count": 6}, "parameter 'count' must be at most 5, not 6"),
    ({"share": "half"}, "parameter 'share' must be a number"),
    ({"mode": "medium"}, "parameter 'mode' must be one of 'fast', 'slow', not 'medium'"),
    ({"on": 1}, "parameter 'on' must be True or False"),
    ({"words": "abc"}, "parameter 'words' must be a list"),
    ({"table": []}, "parameter 'table' must be a dict"),
    ({"hook": "len"}, "parameter 'hook' must be a function"),
    ({"counts": 3}, "has no parameter 'counts'; did you mean 'count'?"),
    ([1], r"takes a dict of parameters, not \[1\]"),
]


@pytest.mark.parametrize(("given", "reason"), WRONG)
def test_wrong_parameters_are_refused(given: Any, reason: str) -> None:
    params = {"key": "k", **given} if isinstance(given, dict) and given else given
    with pytest.raises(DefinitionError, match=f"skill 'strict'.*{reason}"):
        AgentBase("desk").add_skill(Strict, params)


def test_the_environment_stands_in_for_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRICT_KEY", "from-outside")
    agent = AgentBase("desk").add_skill(Strict)
    assert agent.spec.skills["strict"].skill.params["key"] == "from-outside"
    agent = AgentBase("desk").add_skill(Strict, {"key": "own"})
    assert agent.spec.skills["strict"].skill.params["key"] == "own"


def test_a_secret_is_never_in_the_message() -> None:
    with pytest.raises(DefinitionError) as caught:
        AgentBase("desk").add_skill(Strict, {"key": ["s3cret"]})
    assert "s3cret" not in str(caught.value)
