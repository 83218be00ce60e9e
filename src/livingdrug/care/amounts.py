"""Amounts in expressions: the unit that plain numbers bring with them, and a value in another unit."""

from __future__ import annotations

from livingdrug.errors import UnitError
from livingdrug.spec.grammar import Binary, Call, Choice, Name, Node, Number, Unary, names
from livingdrug.units import DAYS, factor

KEEPS_UNIT = ("min", "max", "abs", "floor")
PLAIN = (*KEEPS_UNIT, "exp", "log")  # functions of numbers
DEGREES = "delta_degC"  # a difference between two temperatures
BODY = {"kg": "weight", "m2": "bsa", "m**2": "bsa"}


def literal(node: Node) -> str | None:
    """The unit that the numbers of an expression were written with."""
    match node:
        case Number(unit=unit):
            return unit or None
        case Unary(sign="-", inner=inner):
            return literal(inner)
        case Call(function=function, arguments=parts) if function in KEEPS_UNIT:
            return next(filter(None, map(literal, parts)), None)
        case Choice(then=then, otherwise=otherwise):
            return literal(then) or literal(otherwise)
        case Binary(sign="+" | "-", left=left, right=right):
            found = [literal(left), literal(right)]
            return "degC" if "degC" in found else found[0] or found[1]
        case Binary(sign="*" | "/" as sign, left=left, right=right):
            return combined(literal(left), sign, literal(right))
    return None


def combined(left: str | None, sign: str, right: str | None) -> str | None:
    """The unit of a product or a quotient."""
    if right in (None, "1"):
        return left
    if sign == "/" and left == right:
        return "1"
    if sign == "*" and left and left.endswith(f"/{right}"):
        return left[: -len(right) - 1]
    if left in (None, "1"):
        return right if sign == "*" else f"1/({right})"
    return f"({left}){sign}({right})"


def convert(value: float, given: str, wanted: str, where: str | None = None) -> float:
    """A value in another unit. A unit such as "degC@37" is carried as degrees above 37."""
    if given == wanted:
        return value
    for shifted, other, sign in ((wanted, given, -1.0), (given, wanted, 1.0)):
        unit, _, zero = shifted.partition("@")
        if zero and other == unit:
            return value + sign * float(zero)
        if zero:
            said = f"degrees are given in {unit}, not in '{other}'"
            raise UnitError(said, where=where, mend=f'write for example "38 {unit}"')
    if given in DAYS and wanted in DAYS:
        return value * DAYS[given] / DAYS[wanted]
    if given == "%" and wanted == "1":
        return value / 100.0
    return value * factor(given, wanted, where)


def per_body(node: Node) -> Node:
    """A dose in words as an amount: 8 mg/kg becomes 8 mg/kg times weight, 30 mg/m2 is times body surface."""
    match node:
        case Number(value=value, unit=unit):
            before, _, after = unit.rpartition("/")
            if before and after in BODY:
                return Binary("*", Number(value, f"{before}/{'kg' if after == 'kg' else 'm**2'}"), Name(BODY[after]))
            return node
        case Call(function=f, arguments=parts, column=column) if f in PLAIN:
            return Call(f, tuple(per_body(p) for p in parts), column)
        case Unary(sign=sign, inner=inner):
            return Unary(sign, per_body(inner))
        case Binary(sign="+" | "-" | "*" | "/" as sign, left=left, right=right):
            if sign in "*/" and {n.path for n in names(node)} & set(BODY.values()):
                return node
            return Binary(sign, per_body(left), per_body(right))
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return Choice(condition, per_body(then), per_body(otherwise))
    return node
