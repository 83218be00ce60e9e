"""Expressions of the kernel as instructions of LLVM: each is appended to the function's lines, and has a value.

Floating-point instructions carry `nsz contract`: signs of zero do not matter, and a product may be fused with a sum;
nothing else about rounding is left to the compiler. Indices count from 0 and are not negative.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from livingdrug.engine.codegen.llvm_lines import (
    COUNTER,
    FLAG,
    KEPT,
    NUMBERS,
    PAIRED,
    REAL,
    SPELT,
    WHOLE,
    Lines,
    Value,
    called,
    number,
)
from livingdrug.engine.codegen.signatures import Kind, Signature

FLOATING = "nsz contract"
REALS: dict[type[ast.operator], str] = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
WHOLES: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "shl",
    ast.RShift: "shr",
}
ORDERS: dict[type[ast.cmpop], str] = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}


class Expressions(Lines):
    """The expressions of one function. `known`: constants and tables of the file; `functions`: what may be called."""

    def __init__(self, where: str, known: Mapping[str, Value], functions: Mapping[str, Signature]) -> None:
        super().__init__(where)
        self.known, self.functions = known, functions
        self.given: dict[str, Value] = {}  # arrays and groups among the parameters
        self.variables: dict[str, Kind] = {}  # one type each, in a place of its own on the stack
        self.wide = False

    # ---- types -------------------------------------------------------------------------------------------------------

    def as_kind(self, value: Value, kind: Kind, node: ast.expr) -> Value:
        """The value where one of this type is wanted: a whole number becomes a real one, else nothing changes."""
        if value.kind == kind:
            return value
        if kind == REAL and value.kind in (WHOLE, COUNTER):
            return self.new(REAL, f"{'sitofp' if value.kind == WHOLE else 'uitofp'} {value.spelt} to double")
        raise self.refused(node, f"is {value.kind.text} where {kind.text} is wanted")

    def real(self, node: ast.expr) -> Value:
        """The expression as a floating-point number."""
        return self.as_kind(self.value(node), REAL, node)

    def alike(self, *nodes: ast.expr) -> list[Value]:
        """Expressions that meet in one operation: reals when one of them is, else all of the same type."""
        values = [self.value(n) for n in nodes]
        for v, n in zip(values, nodes, strict=True):
            if v.kind not in NUMBERS:
                raise self.refused(n, f"is {v.kind.text} where a number is wanted")
        kind = REAL if REAL in [v.kind for v in values] else values[0].kind
        return [self.as_kind(v, kind, n) for v, n in zip(values, nodes, strict=True)]

    def flag(self, node: ast.expr) -> Value:
        """The expression as a truth value, which it has to be."""
        return self.as_kind(self.value(node), FLAG, node)

    # ---- expressions -------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Value:
        """Appends what works out the expression; its value."""
        match node:
            case ast.Constant() | ast.Name() | ast.Attribute():
                return self._at_hand(node)
            case ast.UnaryOp(op=ast.USub(), operand=x):
                return self._negative(node, self.value(x))
            case ast.UnaryOp(op=ast.Not(), operand=x):
                return self.new(FLAG, f"xor {self.flag(x).spelt}, true")
            case ast.BinOp(op=ast.Pow()):
                return self._power(node)
            case ast.BinOp(left=a, op=op, right=b):
                return self._arithmetic(node, op, a, b)
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._compared(node, [left, *others], ops)
            case ast.BoolOp():
                return self._either(node, Value(FLAG, "true"), Value(FLAG, "false"))
            case ast.IfExp(test=test, body=a, orelse=b):
                return self._chosen(test, a, b)
            case ast.Subscript():
                return self._element(node)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(node, name, arguments)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name), args=[x], keywords=[]):
                return self._numpy(node, name, x)
        raise self.refused(node)

    def _at_hand(self, node: ast.expr) -> Value:
        """A constant, a variable, or a field of a group."""
        match node:
            case ast.Constant(value=bool() as x):
                return Value(FLAG, str(x).lower())
            case ast.Constant(value=int() as x):
                return Value(WHOLE, str(x))
            case ast.Constant(value=float() as x):
                return Value(REAL, number(x))
            case ast.Attribute(value=ast.Name(id="np"), attr="inf" | "nan" as x):
                return Value(REAL, number(math.inf if x == "inf" else math.nan))
            case ast.Attribute(value=ast.Name(id=group), attr=name) if group in self.given:
                if name in self.given[group].fields:
                    return self.given[group].fields[name]
            case ast.Name(id=name) if name in self.given:
                return self.given[name]
            case ast.Name(id=name) if name in self.variables:
                kind = self.variables[name]
                return self.new(kind, f"load {SPELT[kind.of]}, ptr %v.{name}")
            case ast.Name(id=name) if name in self.known:
                return self.known[name]
        raise self.refused(node, "has no value here")

    def condition(self, node: ast.expr, yes: str, no: str) -> None:
        """Ends the basic block by a test; a whole number is true when it is not 0."""
        match node:
            case ast.BoolOp(op=op, values=[*parts, last]):
                for part in parts:
                    on = self.next("on")
                    self.fork(self.flag(part), *((on, no) if isinstance(op, ast.And) else (yes, on)))
                    self.open(on)
                self.fork(self.flag(last), yes, no)
            case _:
                value = self.value(node)
                if value.kind == WHOLE:
                    value = self.new(FLAG, f"icmp ne {value.spelt}, 0")
                self.fork(self.as_kind(value, FLAG, node), yes, no)

    def address(self, node: ast.expr, array: Value, place: ast.expr) -> tuple[Value, int]:
        """Where an element or a row stands (a pointer), and how many axes are left."""
        places = list(place.elts) if isinstance(place, ast.Tuple) else [place]
        axes = array.kind.axes
        if len(places) > axes or any(isinstance(p, (ast.Slice, ast.UnaryOp)) for p in places):
            raise self.refused(node, "is no place in an array that the compiler knows")
        at = self.as_kind(self.value(places[0]), WHOLE, places[0])
        for axis in range(1, axes):
            at = self.new(WHOLE, f"mul nsw {at.spelt}, {array.lengths[axis]}")
            if axis < len(places):
                further = self.as_kind(self.value(places[axis]), WHOLE, places[axis])
                at = self.new(WHOLE, f"add nsw {at.spelt}, {further.name}")
        of = KEPT[array.kind.of]
        left = axes - len(places)
        pointer = self.new(Kind(array.kind.of, 1), f"getelementptr inbounds {of}, ptr {array.name}, {at.spelt}")
        return pointer, left

    def _negative(self, node: ast.expr, x: Value) -> Value:
        if x.kind == REAL:
            return self.new(REAL, f"fneg {FLOATING} {x.spelt}")
        if x.kind == WHOLE:
            return self.new(WHOLE, f"sub i64 0, {x.name}")
        raise self.refused(node)

    def _power(self, node: ast.BinOp) -> Value:
        """A power of constants."""
        try:
            base, exponent = ast.literal_eval(node.left), ast.literal_eval(node.right)
        except ValueError:
            raise self.refused(node) from None
        return Value(REAL, number(float(base**exponent)))

    def _arithmetic(self, node: ast.expr, op: ast.operator, left: ast.expr, right: ast.expr) -> Value:
        if isinstance(op, ast.Div):
            a, b = self.real(left), self.real(right)
        else:
            a, b = self.alike(left, right)
        if a.kind == REAL and type(op) in REALS:
            return self.new(REAL, f"{REALS[type(op)]} {FLOATING} {a.spelt}, {b.name}")
        if a.kind not in (WHOLE, COUNTER) or type(op) not in WHOLES:
            raise self.refused(node)
        word = WHOLES[type(op)]
        if word == "shr":
            word = "ashr" if a.kind == WHOLE else "lshr"
        elif a.kind == WHOLE and word in ("add", "sub", "mul"):
            word += " nsw"
        return self.new(a.kind, f"{word} {a.spelt}, {b.name}")

    def _compared(self, node: ast.expr, sides: list[ast.expr], ops: list[ast.cmpop]) -> Value:
        values = [self.value(x) for x in sides]
        if any(type(op) not in ORDERS for op in ops) or any(v.kind not in NUMBERS for v in values):
            raise self.refused(node)
        found: Value | None = None
        for i, op in enumerate(ops):
            a, b = values[i], values[i + 1]
            if REAL in (a.kind, b.kind):
                a, b = self.as_kind(a, REAL, sides[i]), self.as_kind(b, REAL, sides[i + 1])
            one = self.order(ORDERS[type(op)], a, self.as_kind(b, a.kind, sides[i + 1]))
            found = self.new(FLAG, f"and {found.spelt}, {one.name}") if found else one
        assert found
        return found

    def order(self, word: str, a: Value, b: Value) -> Value:
        """Whether two values of one type stand in this order; nothing but `ne` is true of nan."""
        if a.kind == REAL:
            return self.new(FLAG, f"fcmp {FLOATING} {'u' if word == 'ne' else 'o'}{word} {a.spelt}, {b.name}")
        sign = "" if word in ("eq", "ne") else "s" if a.kind == WHOLE else "u"
        return self.new(FLAG, f"icmp {sign}{word} {a.spelt}, {b.name}")

    def _either(self, test: ast.expr, a: Value | ast.expr, b: Value | ast.expr) -> Value:
        """One of two values or expressions, of which only that one is worked out."""
        ways, end = (self.next("yes"), self.next("no")), self.next("end")
        self.condition(test, *ways)
        found: list[tuple[Value, str]] = []
        for label, x in zip(ways, (a, b), strict=True):
            self.open(label)
            value = x if isinstance(x, Value) else self.value(x)
            assert self.block
            found.append((value, self.block))
            self.jump(end)
        self.open(end)
        (x, at), (y, other) = found
        if x.kind != y.kind or x.kind not in NUMBERS:
            raise self.refused(test, f"chooses between {x.kind.text} and {y.kind.text}")
        return self.new(x.kind, f"phi {SPELT[x.kind.of]} [ {x.name}, %{at} ], [ {y.name}, %{other} ]")

    def _chosen(self, test: ast.expr, a: ast.expr, b: ast.expr) -> Value:
        """A conditional expression; where both sides are at hand, without a branch."""
        if not all(isinstance(x, (ast.Name, ast.Constant)) for x in (a, b)) or isinstance(test, ast.BoolOp):
            return self._either(test, a, b)
        chosen = self.value(test)
        if chosen.kind == WHOLE:
            chosen = self.new(FLAG, f"icmp ne {chosen.spelt}, 0")
        x, y = self.alike(a, b)
        return self.new(x.kind, f"select {self.as_kind(chosen, FLAG, test).spelt}, {x.spelt}, {y.spelt}")

    def _element(self, node: ast.Subscript) -> Value:
        """An element of an array or of a pair, a row, which is an array itself, or the length of an axis."""
        place = node.slice
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            lengths = self.value(node.value.value).lengths
            if not isinstance(place, ast.Constant) or not isinstance(place.value, int) or place.value >= len(lengths):
                raise self.refused(node)
            return Value(WHOLE, lengths[place.value])
        whole = self.value(node.value)
        if whole.kind == PAIRED and isinstance(place, ast.Constant) and place.value in (0, 1):
            return self.new(REAL, f"extractvalue {whole.spelt}, {place.value}")
        pointer, left = self.address(node, whole, place)
        if left:
            return Value(Kind(whole.kind.of, left), pointer.name, whole.lengths[-left:])
        kind = Kind(whole.kind.of)
        found = self.new(kind, f"load {KEPT[kind.of]}, {pointer.spelt}")
        return self.new(FLAG, f"trunc i8 {found.name} to i1") if kind == FLAG else found

    def _numpy(self, node: ast.expr, name: str, x: ast.expr) -> Value:
        if name in ("floor", "sqrt"):
            return self.new(REAL, f"call {FLOATING} double @llvm.{name}.f64({self.real(x).spelt})")
        value = self.value(x)
        if name not in ("int64", "uint64") or value.kind not in (WHOLE, COUNTER, FLAG):
            raise self.refused(node)
        kind = WHOLE if name == "int64" else COUNTER
        if value.kind == FLAG:
            return self.new(kind, f"zext {value.spelt} to i64")
        return Value(kind, value.name)

    def _truncated(self, node: ast.expr, x: Value) -> Value:
        if x.kind != REAL:
            raise self.refused(node)
        return self.new(WHOLE, f"fptosi {x.spelt} to i64")

    def _call(self, node: ast.expr, name: str, arguments: list[ast.expr]) -> Value:
        match name, arguments:
            case "wide", []:
                self.wide = True
                return Value(Kind("void"), "")
            case "as_bits", [x]:
                return self.new(WHOLE, f"bitcast {self.real(x).spelt} to i64")
            case "from_bits", [x]:
                return self.new(REAL, f"bitcast {self.as_kind(self.value(x), WHOLE, x).spelt} to double")
            case "abs", [x]:
                return self.new(REAL, f"call {FLOATING} double @llvm.fabs.f64({self.real(x).spelt})")
            case "float", [x]:
                return self.real(x)
            case "int", [x]:
                value = self.value(x)
                return value if value.kind == WHOLE else self._truncated(node, value)
            case "min" | "max", [x, y]:
                a, b = self.alike(x, y)
                chosen = self.order("lt" if name == "min" else "gt", b, a)
                return self.new(a.kind, f"select {chosen.spelt}, {b.spelt}, {a.spelt}")
        if name not in self.functions or len(arguments) != len(self.functions[name].parameters):
            raise self.refused(node)
        function, passed = self.functions[name], []
        for x, (_, kind) in zip(arguments, function.parameters, strict=True):
            passed += self.as_kind(self.value(x), kind, x).passed
        call = f"call {SPELT[function.result]} {called(name)}({', '.join(passed)})"
        if function.result == "void":
            self.say(call)
            return Value(Kind("void"), "")
        return self.new(Kind(function.result), call)
