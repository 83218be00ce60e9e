"""Python expressions respelled for languages that write `if`, `and` and `not` as signs: C and JavaScript."""

from __future__ import annotations

import ast

TERNARY, OR, AND, BIT_OR, BIT_XOR, BIT_AND, COMPARE, SHIFT, SUM, PRODUCT, SIGN, ATOM = range(12)
BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", PRODUCT),
    ast.Div: ("/", PRODUCT),
    ast.Mod: ("%", PRODUCT),
    ast.LShift: ("<<", SHIFT),
    ast.RShift: (">>", SHIFT),
    ast.BitAnd: ("&", BIT_AND),
    ast.BitOr: ("|", BIT_OR),
    ast.BitXor: ("^", BIT_XOR),
}
ORDER: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class Spelling:
    """Says an expression; what only one language has is left to `other`. `names`: names spelt otherwise there."""

    equal, unequal = "==", "!="

    def __init__(self, names: dict[str, str] | None = None) -> None:
        self.names = names or {}

    def text(self, expression: str) -> str:
        """An expression given as text."""
        return self.say(ast.parse(expression, mode="eval").body)

    def say(self, node: ast.expr, around: int = TERNARY) -> str:
        """The expression, in brackets where what stands around it binds tighter."""
        said, level = self._said(node)
        return f"({said})" if level < around else said

    def other(self, node: ast.expr) -> tuple[str, int]:
        """An expression that only some languages know: its text, and how tightly it binds."""
        raise AssertionError(f"cannot be respelt: {ast.unparse(node)}")

    def _said(self, node: ast.expr) -> tuple[str, int]:
        say = self.say
        match node:
            case ast.Constant(value=bool() as value):
                return str(value).lower(), ATOM
            case ast.Constant(value=int() | float() as value):
                return repr(value), ATOM
            case ast.Name(id=name):
                return self.names.get(name, name), ATOM
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                sign, level = BINARY[type(op)]
                return f"{say(left, level)} {sign} {say(right, level + 1)}", level
            case ast.UnaryOp(op=ast.USub(), operand=x):
                return f"-{say(x, ATOM)}", SIGN
            case ast.UnaryOp(op=ast.Not(), operand=x):
                return f"!{say(x, ATOM)}", SIGN
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return f"{say(test, OR)} ? {say(body, OR)} : {say(otherwise)}", TERNARY
            case ast.BoolOp(op=op, values=values):
                sign, level = ("||", OR) if isinstance(op, ast.Or) else ("&&", AND)
                return f" {sign} ".join(say(v, COMPARE) for v in values), level
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [left, *others]
                parts = [f"{say(a, SHIFT)} {self._order(op)} {say(b, SHIFT)}" for a, op, b in zip(sides, ops, others)]
                return (parts[0], COMPARE) if len(parts) == 1 else (" && ".join(parts), AND)
        return self.other(node)

    def _order(self, op: ast.cmpop) -> str:
        sign = ORDER[type(op)]
        return {"==": self.equal, "!=": self.unequal}.get(sign, sign)
