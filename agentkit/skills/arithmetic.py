"""The skill `math`: a calculator for the model.

The expression comes from a model, so it is read by Python's grammar and evaluated here node by
node: numbers, `+ - * / % **`, signs and parentheses, nothing else. Length, depth, and the size of
every number on the way are bounded, so that no expression takes long.
"""

import ast
import math
import operator
from collections.abc import Callable
from typing import Any, ClassVar

from agentkit.errors import ToolError
from agentkit.escape import escape
from agentkit.skills.base import JSON, SkillBase
from agentkit.swaig.result import SwaigFunctionResult

LONGEST = 500
"""Longest expression, in characters; it also bounds how deep one is nested."""

MOST_BITS = 1024
"""Largest whole number on the way, in bits: about what a float can hold."""

Number = int | float
_RULES = "Use only numbers, parentheses and + - * / % **."


class MathSkill(SkillBase):
    """Calculates."""

    SKILL_NAME: ClassVar[str] = "math"
    SKILL_DESCRIPTION: ClassVar[str] = "Calculate with + - * / % and powers."

    def register_tools(self) -> None:
        """Register `calculate`."""
        self.define_tool(
            name="calculate",
            description=(
                "Perform a mathematical calculation with basic operations (+, -, *, /, %, **)"
            ),
            parameters={
                "expression": {
                    "type": "string",
                    "description": (
                        "Mathematical expression to evaluate (e.g., '2 + 3 * 4', '(10 + 5) / 3')"
                    ),
                }
            },
            handler=self._calculate,
        )

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model of the tool."""
        return [
            {
                "title": "Mathematical Calculations",
                "body": "You can perform mathematical calculations for users.",
                "bullets": [
                    "Use the calculate tool for any math expressions",
                    "Supports basic operations: +, -, *, /, %, ** (power)",
                    "Can handle parentheses for complex expressions",
                ],
            }
        ]

    def _calculate(self, args: JSON, raw_data: Any) -> SwaigFunctionResult:
        expression = str(args.get("expression") or "").strip()
        if not expression:
            raise ToolError("Say what to calculate.")
        return SwaigFunctionResult(f"{escape(expression)} = {shown(evaluate(expression))}")


def evaluate(expression: str) -> Number:
    """Return the value of an expression.

    Raises:
        ToolError: it is none, or its value is none or too large; the text is for the model.
    """
    if len(expression) > LONGEST:
        raise ToolError(f"The expression is too long. {_RULES}")
    try:
        return _value(ast.parse(expression, mode="eval").body)
    except ZeroDivisionError as error:
        raise ToolError("A division by zero has no result.") from error
    except OverflowError as error:
        raise ToolError("The result is too large.") from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ToolError(f"That is no expression. {_RULES}") from error


def shown(value: Number) -> str:
    """Return a number without the noise of binary fractions: 15 digits, no `.0`."""
    if isinstance(value, int):
        return str(value)
    return f"{value:.15g}"


def _value(node: ast.AST) -> Number:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(number)
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNS:
            return _SIGNS[type(sign)](_value(operand))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATIONS:
            return _bounded(_OPERATIONS[type(sign)](_value(left), _value(right)))
    raise ValueError("not arithmetic")


def _bounded(value: Any) -> Number:
    if isinstance(value, complex):
        raise ToolError("The root of a negative number has no result here.")
    if isinstance(value, float) and not math.isfinite(value):
        raise OverflowError
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise OverflowError
    found: Number = value
    return found


def _power(base: Number, exponent: Number) -> Any:
    """A power of whole numbers is refused before it is made: it could fill the memory."""
    whole = isinstance(base, int) and isinstance(exponent, int) and base.bit_length() > 1
    if whole and base.bit_length() * abs(exponent) > 2 * MOST_BITS:  # type: ignore[union-attr]
        raise OverflowError
    return base**exponent


_SIGNS: dict[type[ast.unaryop], Callable[[Any], Number]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
