"""The skill `math`: an evaluator that nothing gets past."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import AgentBase, ToolError
from agentkit.skills.arithmetic import evaluate, shown
from tests.skills.asking import said

RIGHT = [
    ("2 + 3 * 4", "14"), ("(10 + 5) / 3", "5"), ("7/2", "3.5"), ("0.1 + 0.2", "0.3"),
    ("-2 ** 2", "-4"), ("+5 % 3", "2"), ("2 ** 10", "1024"), ("2 ** -1", "0.5"),
    ("1 ** 99999", "1"), ("9 ** 0.5", "3"), ("1e3", "1000"), ("2 ** 1000 / 2 ** 999", "2"),
    ("0 ** 0", "1"),
]  # fmt: skip
WRONG = [
    ("1 / 0", "division by zero"), ("5 % 0", "division by zero"), ("0 ** -1", "division by zero"),
    ("2 ** 99999", "too large"), ("9 ** 9 ** 9 ** 9", "too large"), ("1e400", "too large"),
    ("1e308 * 10", "too large"), ("2 ** -99999", "too large"), ("10.0 ** 400", "too large"),
    ("*".join(["9" * 60] * 8), "too large"), ("1" * 400, "too large"),
    ("(-8) ** 0.5", "root of a negative"),
    ("abs(2)", "no expression"), ("7 // 2", "no expression"), ("2 ^ 3", "no expression"),
    ("x", "no expression"), ("True", "no expression"), ("'a' * 3", "no expression"),
    ("[1] * 9", "no expression"), ("1 if 1 else 2", "no expression"), ("~1", "no expression"),
    ("().__class__", "no expression"), ("__import__('os')", "no expression"), ("2j", "no expr"),
    ("1 +", "no expression"), ("1\n2", "no expression"), ("1\0", "no expression"),
    ("(" * 249 + "1" + ")" * 249, "no expression"), ("\ud800", "no expression"),
    ("1" * 501, "too long"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), RIGHT)
def test_arithmetic_is_done(expression: str, value: str) -> None:
    assert shown(evaluate(expression)) == value


@pytest.mark.parametrize(("expression", "reason"), WRONG)
def test_everything_else_is_refused(expression: str, reason: str) -> None:
    with pytest.raises(ToolError, match=reason):
        evaluate(expression)


@given(st.text(alphabet="0123456789+-*/%(). e", max_size=60))
def test_no_text_raises_anything_but_a_sentence(expression: str) -> None:
    try:
        value = evaluate(expression)
    except ToolError:
        return
    assert math.isfinite(value)


@pytest.fixture
def agent() -> AgentBase:
    return AgentBase("desk").add_skill("math")


async def test_the_tool_says_the_expression_and_its_value(agent: AgentBase) -> None:
    assert await said(agent, "calculate", expression=" 2+3*4 ") == "2+3*4 = 14"
    assert await said(agent, "calculate", expression="") == "Say what to calculate."
    assert "no expression" in await said(agent, "calculate", expression="${vars.x}")
