"""Arithmetic without `eval`: a model's text is never run as a program."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

OPERATORS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}


def calculate(expression: str) -> float:
    """Numbers, + - * / // % and parentheses, and nothing else. Raises ValueError."""
    if len(expression) > 200:
        raise ValueError("the expression is too long")
    try:
        return value_of(ast.parse(expression.strip(), mode="eval").body)
    except SyntaxError:
        raise ValueError(f"{expression!r} is not arithmetic") from None
    except ZeroDivisionError:
        raise ValueError(f"{expression!r} divides by zero") from None


def value_of(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](value_of(left), value_of(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return OPERATORS[type(op)](value_of(operand))
    raise ValueError(f"{ast.unparse(node)!r} is not arithmetic")
