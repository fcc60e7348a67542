"""Sums worked out: an expression in figures or in words, percentages and powers."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable

from routing.simulator.skills.task import Task

_LONGEST = 200
_LEAD = re.compile(
    r"^(?:please |can you |could you )*(?:what(?:'s| is| are)|how much (?:is|are)|calculate|compute|work out"
    r"|evaluate|solve|tell me)?\s*(?:the (?:result|value) of\s*)?",
    re.IGNORECASE,
)
_WORDS = (
    (r"(\d),(?=\d{3}\b)", r"\1"),
    (r"(?<=\d)\s*(?:%|percent|per cent)\s+of\s+", "/100*"),
    (r"(?<=\d)\s*(?:%|percent|per cent)", "/100"),
    (r"\bplus\b", "+"),
    (r"\bminus\b", "-"),
    (r"\b(?:times|multiplied by)\b|[×·]|(?<=\d)\s*x\s*(?=\d)", "*"),
    (r"\b(?:divided by|over)\b|÷", "/"),
    (r"\b(?:to the power of)\b|\^", "**"),
    (r"\bsquared\b", "**2"),
    (r"\bcubed\b", "**3"),
    (r"\b(?:the )?square root of\s*([\d.]+)", r"sqrt(\1)"),
    (r"−", "-"),
)
_OPERATORS: dict[type[ast.operator | ast.unaryop], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


async def arithmetic(task: Task) -> str | None:
    """`17% of 2,340`, `(3 + 4) * 12`, `square root of 144`."""
    if len(task.text) > _LONGEST:
        return None
    asked = _LEAD.sub("", task.text.strip()).strip(" ?.!=:")
    expression = asked
    for pattern, replacement in _WORDS:
        expression = re.sub(pattern, replacement, expression, flags=re.IGNORECASE)
    if not re.search(r"\d", expression) or not re.fullmatch(r"(?:[\d\s.+\-*/%()]|sqrt)+", expression):
        return None
    try:
        tree = ast.parse(expression.strip(), mode="eval")
        if isinstance(tree.body, ast.Constant):
            return None
        return f"{asked} = {number(_value(tree.body))}"
    except ZeroDivisionError:
        return f"{asked} has no value: it divides by zero."
    except (SyntaxError, ValueError, OverflowError):
        return None


def number(value: float) -> str:
    """A figure for reading: no trailing zeros, thousands apart, at most ten significant digits."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base, power = _value(left), _value(right)
            if abs(power) > 200 or abs(base) > 1e6:
                raise ValueError("too large")
            return float(base**power) if power < 0 or power != int(power) else base ** int(power)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left), _value(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(operand))
        case ast.Call(func=ast.Name(id="sqrt"), args=[argument]):
            return math.sqrt(_value(argument))
    raise ValueError("not a sum")
