"""The generated file of a model, printed again as one module of LLVM's language, in text.

It reads the compiled functions of the file as they stand, statement by statement. A variable has one type and a place
on the stack (LLVM's optimiser takes it into a register). Only what the kernel uses is known here and in `llvm_values`;
anything else is an error, so that a kernel that outgrows them is noticed and not mistranslated.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from livingdrug.engine.codegen.llvm_lines import KEPT, NUMBERS, REAL, SPELT, WHOLE, Value, called, number, parameter
from livingdrug.engine.codegen.llvm_values import Expressions
from livingdrug.engine.codegen.signatures import PAIR, Kind, Signature, constants, functions

HOSTED = "hosted"  # stays Python: it makes arrays and calls a compiled function
FILES = ("emit_llvm", "llvm_lines", "llvm_values", "signatures")  # what decides how a file is printed
INTRINSICS = ("fabs", "floor", "sqrt")


def translated(text: str, kept: Collection[str]) -> str:
    """The LLVM text of a generated file's compiled functions; only those in `kept` can be called from outside.

    CompilerError says what in it is not understood, and where.
    """
    tree = ast.parse(text)
    known, lines = {}, []
    for name, kind, value in constants(tree):
        if isinstance(value, list):
            listed = ", ".join(f"i64 {x}" for x in value or [0])
            size = max(len(value), 1)
            lines.append(f"@{name} = internal unnamed_addr constant [{size} x i64] [{listed}], align 64")
            known[name] = Value(kind, f"@{name}", (str(len(value)),))
        else:
            known[name] = Value(kind, number(value) if kind == REAL else str(value))
    found = [(node, s) for node, s in functions(tree) if s.made != HOSTED]
    callable_ = {node.name: s for node, s in found}
    marks: list[str] = []
    for node, _ in found:
        lines += ["", *_Function(node, known, callable_, marks).definition(node.name in kept)]
    return "\n".join([*lines, "", *(f"declare double @llvm.{f}.f64(double)" for f in INTRINSICS), *marks, ""])


def signatures(text: str) -> dict[str, Signature]:
    """The functions of a generated file."""
    return {node.name: s for node, s in functions(ast.parse(text))}


class _Function(Expressions):
    """One function, said statement by statement."""

    def __init__(
        self,
        node: ast.FunctionDef,
        known: Mapping[str, Value],
        callable_: Mapping[str, Signature],
        marks: list[str],
    ) -> None:
        super().__init__(node.name, known, callable_)
        self.marks = marks  # what is said of loops, at the end of the module
        self.signature = callable_[node.name]
        self.counters: list[str] = []  # places of the loops' own counters
        self.loops: list[tuple[str, str]] = []  # of the loops around: where its next round begins, where it ends
        self.declared: list[str] = []
        for name, kind in self.signature.parameters:
            declared, value = parameter(f"a.{name}", kind)
            self.declared += declared
            if kind.axes or kind.fields:
                self.given[name] = value
            else:
                self._store(node.args, name, value)
        self._block(node.body)
        if self.block and self.signature.result != "void":
            raise self.refused(node.body[-1], "may be where the function ends, with no return")
        if self.block:
            self.say("ret void")

    def definition(self, kept: bool) -> list[str]:
        """The function's text; inlined everywhere, or kept apart when it is one of the large ones."""
        how = ["nounwind"]
        if self.signature.inline:
            how.append("alwaysinline")
        if self.signature.alone:
            how.append("noinline")
        if self.wide:
            how.append('"prefer-vector-width"="512"')
        places = [f"  %v.{n} = alloca {SPELT[k.of]}" for n, k in self.variables.items()]
        places += [f"  %{n} = alloca i64" for n in self.counters]
        head = f"{SPELT[self.signature.result]} {called(self.where)}({', '.join(self.declared)})"
        return [f"define {'' if kept else 'internal '}{head} {' '.join(how)} {{", "entry:", *places, *self.lines, "}"]

    # ---- statements --------------------------------------------------------------------------------------------------

    def _block(self, body: list[ast.stmt]) -> None:
        for node in body:
            if self.block is None:  # nothing comes here
                return
            self._statement(node)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=ast.Call() as x):
                self.value(x)
            case ast.Return():
                self._return(node)
            case ast.Break() if self.loops:
                self.jump(self.loops[-1][1])
            case ast.Continue() if self.loops:
                self.jump(self.loops[-1][0])
            case ast.If(test=test, body=body, orelse=otherwise):
                self._if(test, body, otherwise)
            case ast.While(test=test, body=body, orelse=[]):
                head, inside, end = self.next("while"), self.next("do"), self.next("end")
                self.jump(head)
                self.open(head)
                self.condition(test, inside, end)
                self.open(inside)
                self._round(body, head, end)
                self.jump(head)
                self.open(end)
            case ast.For(target=ast.Name() as target, iter=over, body=body, orelse=[]):
                self._for(node, target, over, body)
            case ast.AugAssign(target=target, op=op, value=value):
                self._assign(node, [target], ast.copy_location(ast.BinOp(_read(target), op, value), node))
            case ast.Assign(targets=targets, value=value):
                self._assign(node, targets, value)
            case _:
                raise self.refused(node)

    def _return(self, node: ast.Return) -> None:
        result = self.signature.result
        match node.value:
            case None if result == "void":
                self.say("ret void")
            case ast.Tuple(elts=[a, b]) if result == PAIR:
                x, y = self.real(a), self.real(b)
                half = self.new(Kind(PAIR), f"insertvalue {SPELT[PAIR]} poison, {x.spelt}, 0")
                self.say(f"ret {self.new(Kind(PAIR), f'insertvalue {half.spelt}, {y.spelt}, 1').spelt}")
            case ast.expr() as x if result not in ("void", PAIR):
                self.say(f"ret {self.as_kind(self.value(x), Kind(result), x).spelt}")
            case _:
                raise self.refused(node)
        self.block = None

    def _if(self, test: ast.expr, body: list[ast.stmt], otherwise: list[ast.stmt]) -> None:
        yes, end = self.next("then"), self.next("end")
        no = self.next("else") if otherwise else end
        self.condition(test, yes, no)
        met = not otherwise
        for label, branch in ((yes, body), (no, otherwise)):
            if branch:
                self.open(label)
                self._block(branch)
                met = met or self.block is not None
                self.jump(end)
        if met:
            self.open(end)

    def _round(self, body: list[ast.stmt], again: str, end: str) -> None:
        self.loops.append((again, end))
        self._block(body)
        self.loops.pop()

    def _for(self, node: ast.For, target: ast.Name, over: ast.expr, body: list[ast.stmt]) -> None:
        match over:
            case ast.Tuple(elts=elements):
                end = self.next("end")
                for x in elements:
                    again = self.next("next")
                    self._store(target, target.id, self.value(x))
                    self._round(body, again, end)
                    self.jump(again)
                    self.open(again)
                self.jump(end)
                self.open(end)
            case ast.Call(func=ast.Name(id="range" | "across" as way), args=[ast.expr() as last], keywords=[]):
                self._range(target, ast.Constant(0), last, body, way == "across")
            case ast.Call(func=ast.Name(id="range"), args=[first, ast.expr() as last], keywords=[]):
                self._range(target, first, last, body)
            case _:
                raise self.refused(node)

    def _range(
        self, target: ast.Name, first: ast.expr, last: ast.expr, body: list[ast.stmt], across: bool = False
    ) -> None:
        begin, stop = (self.as_kind(self.value(x), WHOLE, x) for x in (first, last))
        counter = self.next("counter")
        self.counters.append(counter)
        head, inside, again, end = (self.next(x) for x in ("for", "do", "next", "end"))
        self.say(f"store {begin.spelt}, ptr %{counter}")
        self.jump(head)
        self.open(head)
        i = self.new(WHOLE, f"load i64, ptr %{counter}")
        self.fork(self.order("lt", i, stop), inside, end)
        self.open(inside)
        self._store(target, target.id, i)
        self._round(body, again, end)
        self.jump(again)
        self.open(again)
        self.say(f"store {self.new(WHOLE, f'add nsw {i.spelt}, 1').spelt}, ptr %{counter}")
        if across:
            self.say(f"br label %{head}, !llvm.loop {self._in_registers()}")
            self.block = None
        self.jump(head)
        self.open(end)

    def _in_registers(self) -> str:
        """The mark of a loop across the lanes: short as it is, it becomes vector instructions."""
        at = len(self.marks)
        self.marks += [
            f"!{at} = distinct !{{!{at}, !{at + 1}, !{at + 2}}}",
            f'!{at + 1} = !{{!"llvm.loop.vectorize.enable", i1 true}}',
            f'!{at + 2} = !{{!"llvm.loop.unroll.disable"}}',
        ]
        return f"!{at}"

    def _assign(self, node: ast.stmt, targets: list[ast.expr], value: ast.expr) -> None:
        match targets:
            case [ast.Tuple(elts=places)]:
                if isinstance(value, ast.Tuple) and len(value.elts) == len(places):
                    values = [self.value(x) for x in value.elts]  # all are worked out before any is changed
                else:
                    pair = self.as_kind(self.value(value), Kind(PAIR), value)
                    values = [self.new(REAL, f"extractvalue {pair.spelt}, {i}") for i in (0, 1)]
                if len(values) != len(places):
                    raise self.refused(node)
                for place, x in zip(places, values, strict=True):
                    self._give(place, x)
            case _:
                x = self.value(value)
                for place in targets:
                    self._give(place, x)

    def _give(self, place: ast.expr, x: Value) -> None:
        match place:
            case ast.Name(id=name):
                self._store(place, name, x)
            case ast.Subscript(value=array, slice=at):
                pointer, left = self.address(place, self.value(array), at)
                kind = Kind(pointer.kind.of)
                if left:
                    raise self.refused(place, "is a row, which cannot be given at once")
                x = self.as_kind(x, kind, place)
                kept = self.new(kind, f"zext {x.spelt} to i8").name if kind.of == "bool" else x.name
                self.say(f"store {KEPT[kind.of]} {kept}, {pointer.spelt}")
            case _:
                raise self.refused(place)

    def _store(self, node: ast.AST, name: str, x: Value) -> None:
        if x.kind not in NUMBERS:
            raise self.refused(node, f"is given {x.kind.text}, which no variable holds")
        if name in self.given or self.variables.setdefault(name, x.kind) != x.kind:
            raise self.refused(node, f"would change its type to {x.kind.text}")
        self.say(f"store {x.spelt}, ptr %v.{name}")


def _read(target: ast.expr) -> ast.expr:
    """What is assigned to, read."""
    return ast.parse(ast.unparse(target), mode="eval").body
