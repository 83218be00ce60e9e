"""What an expression is worth in everybody: a number that can be reckoned without a patient, such as a divisor that is
0 however it is written."""

from __future__ import annotations

import math
from collections.abc import Callable

from livingdrug.care.truth import written
from livingdrug.spec.grammar import Binary, Call, Node, Number, Unary, names

_PLAIN: dict[str, Callable[..., float]] = {
    "min": min, "max": max, "abs": abs, "floor": math.floor, "exp": math.exp, "log": math.log,
}  # fmt: skip


def worth(node: Node) -> float | None:
    """The value of an expression that is the same in every patient [its own unit]; None where patients differ, or where
    it cannot be reckoned at all. Units do not matter to whether it is 0.

    >>> from livingdrug.care.constant import worth
    >>> from livingdrug.spec.grammar import parse
    >>> worth(parse("weight - weight")), worth(parse("2 * 3")), worth(parse("weight"))
    (0.0, 6.0, None)
    """
    try:
        return _worth(node)
    except (ArithmeticError, ValueError):
        return None


def _worth(node: Node) -> float | None:
    match node:
        case Number(value=value):
            return value
        case Unary(sign="-", inner=inner):
            found = _worth(inner)
            return None if found is None else -found
        case Call(function=function, arguments=parts) if function in _PLAIN:
            known = [_worth(part) for part in parts]
            return None if None in known else float(_PLAIN[function](*known))
        case Binary(sign="-", left=left, right=right) if _same(left, right):
            return 0.0
        case Binary(sign="/", left=left, right=right) if _same(left, right):
            return 1.0
        case Binary(sign="*", left=left, right=right) if 0.0 in (_worth(left), _worth(right)):
            return 0.0
        case Binary(sign="/", left=left) if _worth(left) == 0:
            return 0.0
        case Binary(sign="+" | "-" | "*" | "/" as sign, left=left, right=right):
            a, b = _worth(left), _worth(right)
            if a is None or b is None:
                return None
            return {"+": a + b, "-": a - b, "*": a * b}[sign] if sign != "/" else a / b
    return None


def _same(left: Node, right: Node) -> bool:
    """Whether two sides are one thing that a patient has, wherever in the text they stand."""
    return bool(names(left)) and written(left) == written(right)
