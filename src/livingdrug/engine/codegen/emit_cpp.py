"""The generated file of a model, printed again in C++: the same functions, statement by statement.

It reads the one-lane file that also runs as plain Python. What is compiled there says its types
(`@compiled("float64(...)")`); the types of its variables follow from what they are given. Only what the kernel uses is
known here; anything else is an error, so that a kernel that outgrows this page is noticed and not mistranslated.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from livingdrug.engine.codegen.emit_python import kernel_folder
from livingdrug.engine.codegen.signatures import PAIR, STRUCTS, Kind, Signature, constants, functions
from livingdrug.engine.codegen.syntax import ATOM, SIGN, Spelling

KEPT = """auto bool break case catch char class const continue default delete do double else enum explicit export extern
    false float for friend goto if inline int long mutable namespace new operator private protected public
    register return short signed sizeof static struct switch template this throw true try typedef typename
    union unsigned using virtual void volatile while Array Pair i64 u64 patient""".split()
DTYPES = {"int64": "i64", "bool_": "bool", "float64": "double", "uint64": "u64"}
RANK = ["bool", "i64", "u64", "double"]
NEW = ("zeros", "ones", "full")
CALLS = {"abs": "absolute", "min": "least", "max": "most"}


def translated(text: str) -> str:
    """The C++ text of a generated one-lane file (see `emit_python.source(system, lanes=1, made="plain")`)."""
    file = _File(ast.parse(text))
    prelude = (kernel_folder() / "prelude.cuh").read_text(encoding="utf-8")
    structs = [
        f"struct {name} {{ {' '.join(f'{k.text} {_name(n)};' for n, k in fields.items())} }};"
        for name, fields in STRUCTS.items()
    ]
    return "\n".join([prelude, *structs, *file.lines, "}  // namespace patient\n"])


def parameters(text: str) -> list[tuple[str, Kind]]:
    """Names and types of what the generated file's `run` takes, in order."""
    return _File(ast.parse(text)).functions["run"].parameters


class _File:
    """Constants, tables and compiled functions of a generated file."""

    def __init__(self, tree: ast.Module) -> None:
        self.constants: dict[str, Kind] = {}
        self.lines: list[str] = []
        for name, kind, value in constants(tree):
            self.constants[name] = kind
            self.lines.append(_constant(name, kind, value))
        found = list(functions(tree))
        self.functions = {node.name: signature for node, signature in found}
        self.lines += [f"{_head(n, s)};" for n, s in self.functions.items()]
        for body, _ in found:
            self.lines += _Function(self, body).lines


def _constant(name: str, kind: Kind, value: int | float | list[int]) -> str:
    if isinstance(value, list):
        return f"FN_TABLE i64 {name}[] = {{{', '.join(map(str, value)) or '0'}}};"
    return f"constexpr {kind.text} {name} = {value!r}{'ULL' if kind.of == 'u64' else ''};"


def _head(name: str, signature: Signature) -> str:
    """How a function's definition begins."""
    taken = ", ".join(f"{f'const {k.text} &' if k.fields else f'{k.text} '}{_name(n)}" for n, k in signature.parameters)
    how = "INLINE" if signature.inline else "APART" if signature.alone else "HERE"
    return f"FN_{how} {signature.result} {name}({taken})"


def _name(name: str) -> str:
    return f"{name}_" if name in KEPT else name


class _Function(Spelling):
    """One function, said statement by statement, with the type of every variable at hand.

    A name that is given values of another type further on becomes another variable there. Where both could arrive
    (after a branch, round a loop) its type is not known, and reading it is an error.
    """

    def __init__(self, file: _File, node: ast.FunctionDef) -> None:
        super().__init__()
        self.file, self.signature = file, file.functions[node.name]
        self.kinds: dict[str, Kind | None] = dict(self.signature.parameters)  # at the statement that is being said
        self.variables = {(n, k): _name(n) for n, k in self.signature.parameters}
        self.storage: dict[str, str] = {}  # storage of local arrays
        self.counted = 0
        own = len(self.variables)
        body = self._block(node.body)
        new = list(self.variables.items())[own:]
        declared = [f"{k.text} {name}{' = {}' if k.axes or k.fields else ''};" for (_, k), name in new]
        inside = [*declared, *self.storage.values(), *body]
        self.lines = ["", f"{_head(node.name, self.signature)} {{", *(f"  {x}" for x in inside), "}"]

    # ---- types ---------------------------------------------------------------------------------------------------

    def _given(self, name: str, kind: Kind) -> str:
        """The variable that takes a value of this type under this name, from here on."""
        self.kinds[name] = kind
        if (name, kind) not in self.variables:
            taken = name in {n for n, _ in self.variables}
            self.variables[name, kind] = f"{name}_{kind.of}{kind.axes or ''}" if taken else _name(name)
        return self.variables[name, kind]

    def _target(self, node: ast.expr, kind: Kind) -> str:
        return self._given(node.id, kind) if isinstance(node, ast.Name) else self.say(node)

    def _known(self, node: ast.expr) -> Kind:
        kind = self._kind(node)
        if kind is None:
            raise AssertionError(f"the type of '{ast.unparse(node)}' is not known here")
        return kind

    def _said(self, node: ast.expr) -> tuple[str, int]:
        if isinstance(node, ast.Name) and node.id in self.kinds:
            return self.variables[node.id, self._known(node)], ATOM
        return super()._said(node)

    def _next(self, word: str) -> str:
        self.counted += 1
        return f"{word}{self.counted}_"

    def _kind(self, node: ast.expr) -> Kind | None:
        """The type of an expression; None while it is not known yet."""
        match node:
            case ast.Constant(value=x):
                return Kind("bool" if isinstance(x, bool) else "i64" if isinstance(x, int) else "double")
            case ast.Name(id=name):
                return self.kinds[name] if name in self.kinds else self.file.constants.get(name)
            case ast.Attribute(value=ast.Name(id=group), attr=field) if field in self._fields(group):
                return self._fields(group)[field]
            case ast.BinOp(op=ast.Div()) | ast.BinOp(op=ast.Pow()) | ast.Attribute(attr="inf" | "nan"):
                return Kind("double")
            case ast.BinOp(left=a, right=b) | ast.IfExp(body=a, orelse=b):
                return _joined([self._kind(a), self._kind(b)])
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return Kind("bool")
            case ast.UnaryOp(operand=x):
                return self._kind(x)
            case ast.Subscript(value=ast.Attribute(attr="shape")):
                return Kind("i64")
            case ast.Subscript(value=value, slice=place):
                whole = self._kind(value)
                if whole is None or whole.of == PAIR:
                    return Kind("double") if whole else None
                return Kind(whole.of, whole.axes - (len(place.elts) if isinstance(place, ast.Tuple) else 1))
            case ast.Call():
                return self._kind_of_call(node)
        raise AssertionError(f"the type of this is not known: {ast.unparse(node)}")

    def _kind_of_call(self, node: ast.Call) -> Kind | None:
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in STRUCTS:
                return Kind(name)
            case ast.Call(func=ast.Name(id="float")):
                return Kind("double")
            case ast.Call(func=ast.Name(id="int")):
                return Kind("i64")
            case ast.Call(func=ast.Name(id="abs" | "min" | "max"), args=arguments):
                return _joined([self._kind(a) for a in arguments])
            case ast.Call(
                func=ast.Name(id="exp" | "log" | "power" | "sqrt") | ast.Attribute(attr="floor" | "ceil" | "sqrt")
            ):
                return Kind("double")
            case ast.Call(func=ast.Name(id=name)) if name in self.file.functions:
                return Kind(self.file.functions[name].result)
            case ast.Call(func=ast.Attribute(attr="uint64" | "int64" as name)):
                return Kind(DTYPES[name])
            case ast.Call(func=ast.Attribute(attr=name), args=arguments) if name in NEW:
                return self._array(node, arguments)[0]
        raise AssertionError(f"the type of this is not known: {ast.unparse(node)}")

    def _fields(self, name: str) -> dict[str, Kind]:
        kind = self.kinds.get(name)
        return kind.fields if kind else {}

    def _array(self, node: ast.Call, arguments: list[ast.expr]) -> tuple[Kind, list[ast.expr], str]:
        """A new array: its type, its lengths, and what it is filled with."""
        assert isinstance(node.func, ast.Attribute)
        what, shape = node.func.attr, arguments[0]
        sizes = shape.elts if isinstance(shape, ast.Tuple) else [shape]
        if what == "full":
            kind = self._kind(arguments[1])
            assert kind
            return Kind(kind.of, len(sizes)), sizes, self.say(arguments[1])
        given = arguments[1].attr if len(arguments) > 1 and isinstance(arguments[1], ast.Attribute) else "float64"
        return Kind(DTYPES[given], len(sizes)), sizes, "0" if what == "zeros" else "1"

    # ---- expressions ---------------------------------------------------------------------------------------------

    def other(self, node: ast.expr) -> tuple[str, int]:
        match node:
            case ast.BinOp(op=ast.Pow(), left=ast.Constant(value=float() as x), right=power):
                return repr(x ** ast.literal_eval(power)), ATOM
            case ast.Attribute(value=ast.Name(id=group), attr=field) if field in self._fields(group):
                return f"{self.variables[group, self._known(node.value)]}.{_name(field)}", ATOM
            case ast.Attribute(attr="inf"):
                return "INF_", ATOM
            case ast.Attribute(attr="nan"):
                return "NAN_", ATOM
            case ast.Subscript(value=ast.Attribute(attr="shape", value=array), slice=axis):
                return f"{self.say(array, ATOM)}.n[{self.say(axis)}]", ATOM
            case ast.Subscript(value=value, slice=place):
                return self._at(value, place), ATOM
            case ast.Call(func=ast.Name(id="float" | "int" as name), args=[x]):
                return f"({'double' if name == 'float' else 'i64'}){self.say(x, ATOM)}", SIGN
            case ast.Call(func=ast.Attribute(attr="uint64" | "int64" as name), args=[x]):
                return f"({DTYPES[name]}){self.say(x, ATOM)}", SIGN
            case ast.Call(func=ast.Attribute(attr="floor" | "ceil" | "sqrt" as name), args=[x]):
                return f"{name}({self.say(x)})", ATOM
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in STRUCTS:
                return f"{name}{{{', '.join(map(self.say, arguments))}}}", ATOM
            case ast.Call(func=ast.Name(id=name), args=arguments):
                joined = _joined([self._kind(a) for a in arguments]) if name in CALLS else None
                said = [f"({joined.text}){self.say(a, ATOM)}" if joined else self.say(a) for a in arguments]
                return f"{CALLS.get(name, name)}({', '.join(said)})", ATOM
        return super().other(node)

    def _at(self, value: ast.expr, place: ast.expr) -> str:
        """An element, or a row (which is an array itself)."""
        kind = self._kind(value)
        assert kind
        array, places = self.say(value, ATOM), list(place.elts) if isinstance(place, ast.Tuple) else [place]
        if kind.of == PAIR:
            return f"{array}.at[{self.say(place)}]"
        if isinstance(value, ast.Name) and value.id in self.file.constants:
            return f"{array}[{self.say(place)}]"
        index = self.say(places[0], ATOM if kind.axes > 1 else 0)
        for axis, p in enumerate(places[1:], 1):
            index = f"({index}*{array}.n[{axis}] + {self.say(p)})"
        left = kind.axes - len(places)
        if left == 0:
            return f"{array}.at[{index}]"
        rest = [f"{array}.n[{kind.axes - left + i}]" for i in range(left)]
        return f"Array<{kind.of}>{{{array}.at + {index}*{'*'.join(rest)}, {{{', '.join(rest)}}}}}"

    # ---- statements ----------------------------------------------------------------------------------------------

    def _block(self, body: list[ast.stmt]) -> list[str]:
        return [line for s in body for line in self._statement(s)]

    def _inside(self, body: list[ast.stmt]) -> list[str]:
        return [f"  {line}" for line in self._block(body)]

    def _statement(self, node: ast.stmt) -> list[str]:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return []
            case ast.Expr(value=x):
                return [f"{self.say(x)};"]
            case ast.Return(value=None):
                return ["return;"]
            case ast.Return(value=ast.Tuple(elts=elements)):
                return [f"return {PAIR}{{{{{', '.join(map(self.say, elements))}}}}};"]
            case ast.Return(value=ast.expr() as x):
                return [f"return {self.say(x)};"]
            case ast.Break():
                return ["break;"]
            case ast.Continue():
                return ["continue;"]
            case ast.If(test=test, body=body, orelse=otherwise):
                start, before = f"if ({self.say(test)}) {{", dict(self.kinds)
                yes = self._inside(body)
                after, self.kinds = self.kinds, before
                no = self._inside(otherwise)
                self.kinds = _met(after, self.kinds)
                return [start, *yes, *(["} else {", *no] if no else []), "}"]
            case ast.While(test=test, body=body, orelse=[]):
                return self._round(lambda: [f"while ({self.say(test)}) {{", *self._inside(body), "}"])
            case ast.For(target=ast.Name(id=name), iter=over, body=body, orelse=[]):
                return self._round(lambda: self._loop(name, over, body))
            case ast.AugAssign(target=target, op=op, value=value):
                return self._statement(ast.Assign([target], ast.BinOp(target, op, value)))
            case ast.Assign(targets=targets, value=value):
                return self._assigned(targets, value)
        raise AssertionError(f"a statement that cannot be printed: {ast.unparse(node)[:120]}")

    def _round(self, say: Callable[[], list[str]]) -> list[str]:
        """A loop, said with the types that hold at its head whether one arrives there for the first time or again."""
        while True:
            head = dict(self.kinds)
            lines = say()
            met = _met(head, self.kinds)
            self.kinds = dict(met)
            if {n: k for n, k in met.items() if n in head} == head:
                return lines

    def _loop(self, name: str, over: ast.expr, body: list[ast.stmt]) -> list[str]:
        end = self._next("end")
        match over:
            case ast.Call(func=ast.Name(id="range"), args=arguments):
                said = [self.say(a) for a in arguments]
                first, last = ("0", said[0]) if len(said) == 1 else said[:2]
                step, place = said[2] if len(said) > 2 else "1", self._given(name, Kind("i64"))
                start = f"for (i64 {end} = ({place} = {first}, {last}); {place} < {end}; {place} += {step}) {{"
                return [start, *self._inside(body), "}"]
            case ast.Tuple(elts=elements):
                listed, each = ", ".join(map(self.say, elements)), self._next("each")
                place = self._given(name, Kind("i64"))
                start = f"for (i64 {end} = 0; {end} < {len(elements)}; {end}++) {{"
                table = f"const i64 {each}[] = {{{listed}}};"
                return [table, start, f"  {place} = {each}[{end}];", *self._inside(body), "}"]
        raise AssertionError(f"a loop that cannot be printed: {ast.unparse(over)}")

    def _assigned(self, targets: list[ast.expr], value: ast.expr) -> list[str]:
        target = targets[0]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):  # all are worked out before any is changed
            new = [(self._next("new"), self._known(x), self.say(x)) for x in value.elts]
            worked = [f"const {kind.text} {name} = {said};" for name, kind, said in new]
            pairs = zip(target.elts, new, strict=True)
            return [*worked, *(f"{self._target(t, kind)} = {name};" for t, (name, kind, _) in pairs)]
        if isinstance(target, ast.Tuple):
            pair = self._next("pair")
            return [
                f"const {PAIR} {pair} = {self.say(value)};",
                *(f"{self._target(t, Kind('double'))} = {pair}.at[{i}];" for i, t in enumerate(target.elts)),
            ]
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in NEW:
            assert isinstance(target, ast.Name)
            return self._allocated(target.id, *self._array(value, value.args))
        said, kind = self.say(value), self._known(value)
        return [f"{' = '.join(self._target(t, kind) for t in targets)} = {said};"]

    def _allocated(self, name: str, kind: Kind, sizes: list[ast.expr], filling: str) -> list[str]:
        size, lengths = "*".join(f"({self.say(s)})" for s in sizes), ", ".join(map(self.say, sizes))
        memory, i, place = f"{name}_memory", self._next("fill"), self._given(name, kind)
        self.storage[memory] = f"{kind.of} {memory}[{size}];"
        return [
            f"{place} = {kind.text}{{{memory}, {{{lengths}}}}};",
            f"for (i64 {i} = 0; {i} < {size}; {i}++) {memory}[{i}] = {filling};",
        ]


def _met(a: dict[str, Kind | None], b: dict[str, Kind | None]) -> dict[str, Kind | None]:
    """What is known where two ways meet: a name's type when both agree, or when only one of them knows the name."""
    return {n: a.get(n, b.get(n)) if a.get(n, b.get(n)) == b.get(n, a.get(n)) else None for n in {**a, **b}}


def _joined(kinds: list[Kind | None]) -> Kind | None:
    """The type that holds values of all these types."""
    known = [k for k in kinds if k is not None]
    if not known:
        return None
    if any(k.axes for k in known):
        return known[0]
    return max(known, key=lambda k: RANK.index(k.of) if k.of in RANK else len(RANK))
