"""A sheet of statements `name = expression`, written so that Python, C and JavaScript read them alike, and their
slopes.

Plain arithmetic stays inside an expression; every call stands alone, which is what lets its derivative reuse its
value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TINY = "1e-10"  # as in model.math: a ratio below this counts as this
LEAST = "1e-300"  # logarithms and powers see no argument below this
FLAT = "1e-30"  # ... and their slopes none below this


@dataclass(frozen=True)
class Statement:
    """target = text, where text reads the names in `reads`."""

    target: str
    text: str
    reads: frozenset[str]


class Sheet:
    """SymPy expressions broken into statements; knows what each name depends on, so that slopes can be asked for."""

    def __init__(self, variables: set[str], constants: frozenset[str] = frozenset()) -> None:
        self.variables = variables  # names that slopes are taken with respect to
        self.constants = constants  # names that never change: dividing by them becomes a product with their inverse
        self.statements: list[Statement] = []
        self._calls: dict[tuple[Any, ...], Any] = {}  # (kind, *arguments) -> symbol
        self._atoms: dict[Any, Any] = {}
        self._written: dict[Any, str] = {}  # text -> name
        self._slopes: dict[str, dict[str, Any]] = {}  # name -> variable -> slope (symbol or number)

    # ---- writing -----------------------------------------------------------------------------------------------------

    def write(self, expressions: list[Any]) -> list[str]:
        """Append the statements for these expressions; returns the name (or the number) that holds each."""
        import sympy

        outputs = [self._plain(sympy.sympify(e)) for e in expressions]
        calls = list(self._calls.items())
        parts = [a for (_, *arguments), _ in calls for a in arguments]
        shared, reduced = sympy.cse(
            [*parts, *outputs], symbols=sympy.numbered_symbols("t"), optimizations="basic", order="none"
        )
        position = 0
        self._pending: dict[Any, tuple[str, tuple[Any, ...]]] = {s: ("", (e,)) for s, e in shared}
        for (kind, *arguments), symbol in calls:
            self._pending[symbol] = (kind, tuple(reduced[position : position + len(arguments)]))
            position += len(arguments)
        return [self._hold(e) for e in reduced[position:]]

    def _plain(self, e: Any) -> Any:
        """The expression with every call replaced by a symbol of its own."""
        import sympy

        if e.is_Atom:
            return e
        if e in self._atoms:
            return self._atoms[e]
        kind, arguments = _call(e)
        if kind:
            key = (kind, *(self._plain(sympy.sympify(a)) for a in arguments))
            found = self._calls.setdefault(key, sympy.Symbol(f"{kind}{len(self._calls)}"))
        else:
            found = e.func(*(self._plain(a) for a in e.args))
            below = [f for f in sympy.Mul.make_args(found) if f.is_Pow and f.exp.is_negative and self._constant(f)]
            if below:
                found = found / sympy.Mul(*below) * self._inverse(1 / sympy.Mul(*below))
        self._atoms[e] = found
        return found

    def _constant(self, e: Any) -> bool:
        return bool(e.free_symbols) and all(str(s) in self.constants for s in e.free_symbols)

    def _inverse(self, e: Any) -> Any:
        """The symbol of 1/e for an arithmetic expression of constants."""
        import sympy

        text = f"1.0/({_text(e)})"
        if text not in self._written:
            self._written[text] = self._put(f"inverse{len(self._written)}", text, e.free_symbols)
        return sympy.Symbol(self._written[text])

    def _over(self, name: str) -> tuple[str, list[str]]:
        """How to divide by what this name or number holds: the text of a factor, and what it reads."""
        import sympy

        if _is_number(name):
            return f"*{1.0 / float(name.strip('()'))!r}", []
        if name in self.constants:
            inverse = str(self._inverse(sympy.Symbol(name)))
            return f"*{inverse}", [inverse]
        return f"/{name}", [name]

    def _hold(self, e: Any) -> str:
        """The name that holds this arithmetic expression, written together with all it needs."""
        for s in sorted(e.free_symbols, key=str):
            self._need(s)
        text = _text(e)
        if e.is_Atom:
            return f"({text})" if text.startswith("-") else text
        return self._name(text, e)

    def _need(self, symbol: Any) -> None:
        if symbol not in self._pending:
            return
        kind, arguments = self._pending.pop(symbol)
        for s in sorted(set().union(*(a.free_symbols for a in arguments)), key=str):
            self._need(s)
        if not kind:
            self._put(str(symbol), _text(arguments[0]), arguments[0].free_symbols)
            self._slopes[str(symbol)] = self._total(arguments[0])
        else:
            self._call_statement(str(symbol), kind, [self._hold(a) for a in arguments])

    def _put(self, target: str, text: str, reads: Any) -> str:
        self.statements.append(Statement(target, text, frozenset(map(str, reads))))
        return target

    def _name(self, text: str, e: Any) -> str:
        if text not in self._written:
            name = f"v{len(self._written)}"
            self._put(name, text, e.free_symbols)
            self._slopes[name] = self._total(e)
            self._written[text] = name
        return self._written[text]

    def _helper(self, name: str, text: str, reads: list[str]) -> str:
        """A statement whose slopes are never asked for, shared by its text."""
        if text not in self._written:
            self._written[text] = self._put(name, text, [r for r in reads if not _is_number(r)])
        return self._written[text]

    # ---- calls and their slopes --------------------------------------------------------------------------------------

    def _hill_statement(self, name: str, a: list[str]) -> list[Any]:
        """Writes x^n / (half^n + x^n); its slopes with what each reads."""
        put, helper = self._put, self._helper
        x, half, n = a
        over, inverse = self._over(half)
        ratio = helper(f"{name}_r", f"{x}{over}", [x, *inverse])
        ratio = helper(f"{name}_q", f"{ratio} if {ratio} > {TINY} else {TINY}", [ratio])
        bend = f"{name}*(1.0 - {name})"
        if n in ("1.0", "2.0", "3.0", "4.0"):
            times = "*".join([ratio] * int(float(n)))
            power = ratio if n == "1.0" else helper(f"{name}_p", times, [ratio])
            put(name, f"{power}/(1.0 + {power})", [power])
            rest = "*".join(["", *[ratio] * (int(float(n)) - 1)])
            steep, logarithm = f"(1.0 - {name})*(1.0 - {name}){rest}", "0.0"
        else:
            logarithm = helper(f"{name}_l", f"log({ratio})", [ratio])
            power = helper(f"{name}_p", f"power({ratio}, -{n})", [ratio, n])
            put(name, f"1.0/(1.0 + {power})", [power])
            steep = f"{bend}/{ratio}"
        return [
            [f"{n}*{steep}{over}", [n, name, ratio, *inverse]],
            [f"-{n}*{bend}{over}", [n, name, *inverse]],
            [f"{bend}*{logarithm}", [name, logarithm]],
        ]

    def _call_statement(self, name: str, kind: str, a: list[str]) -> None:
        import sympy

        put, helper = self._put, self._helper
        names = [x for x in a if not _is_number(x)]
        s = sympy.Symbol
        local: list[Any] = []
        if kind == "hill":
            local = self._hill_statement(name, a)
        elif kind == "smooth_step":
            x, at, width = a
            over, inverse = self._over(width)
            z = helper(f"{name}_y", f"({x} - {at}){over}", [x, at, *inverse])
            z = helper(f"{name}_x", f"{z} if {z} < 200.0 else 200.0", [z])
            z = helper(f"{name}_z", f"{z} if {z} > -200.0 else -200.0", [z])
            put(name, f"1.0/(1.0 + exp(-{z}))", [z])
            bend = f"{name}*(1.0 - {name}){over}"
            local = [[bend, [name, *inverse]], [f"-{bend}", [name, *inverse]], [f"-{bend}*{z}", [name, *inverse, z]]]
        elif kind == "exp":
            put(name, f"exp({a[0]})", names)
            local = [[name, [name]]]
        elif kind == "log":
            put(name, f"log({a[0]} if {a[0]} > {LEAST} else {LEAST})", names)
            local = [[f"1.0/({a[0]} if {a[0]} > {FLAT} else {FLAT})", names]]
        elif kind == "sqrt":
            put(name, f"sqrt({a[0]} if {a[0]} > 0.0 else 0.0)", names)
            local = [[f"0.5/({name} if {name} > 1e-15 else 1e-15)", [name]]]
        elif kind == "power":
            base, exponent = a
            positive = helper(f"{name}_b", f"{base} if {base} > {LEAST} else {LEAST}", [base])
            logarithm = helper(f"{name}_l", f"log({positive})", [positive])
            put(name, f"power({positive}, {exponent})", [positive, exponent])
            local = [
                [f"{exponent}*{name}/({base} if {base} > {FLAT} else {FLAT})", names + [name]],
                [f"{name}*{logarithm}", [name, logarithm]],
            ]
        elif kind == "absolute":
            put(name, f"abs({a[0]})", names)
            local = [[f"1.0 if {a[0]} >= 0.0 else -1.0", names]]
        elif kind in ("less", "less_equal", "both", "either", "opposite"):
            put(
                name,
                {
                    "less": "{0} < {1}",
                    "less_equal": "{0} <= {1}",
                    "both": "{0} and {1}",
                    "either": "{0} or {1}",
                    "opposite": "not {0}",
                }[kind].format(*a),
                names,
            )
            return
        elif kind in ("maximum", "minimum", "where"):
            if kind != "where":
                sign = ">" if kind == "maximum" else "<"
                a = [helper(f"{name}_c", f"{a[0]} {sign} {a[1]}", names), *a]
            put(name, f"{a[1]} if {a[0]} else {a[2]}", [x for x in a if not _is_number(x)])
            then, other = (self._slopes_of(x) for x in a[1:])
            slopes = {}
            for variable in sorted({*then, *other}):
                pair = [d.get(variable, sympy.Integer(0)) for d in (then, other)]
                p, q = (self._hold(e) for e in pair)
                slopes[variable] = (
                    pair[0]
                    if p == q
                    else s(self._helper(f"{name}_{variable}", f"{p} if {a[0]} else {q}", [a[0], p, q]))
                )
            self._slopes[name] = slopes
            return
        else:
            raise AssertionError(kind)
        total: dict[str, Any] = {}
        for i, (argument, (text, reads)) in enumerate(zip(a, local, strict=True)):
            inner = self._slopes_of(argument)
            if inner:
                outer = s(self._helper(f"{name}_d{i}", text, reads)) if text != name else s(name)
                for variable, slope in inner.items():
                    total[variable] = total.get(variable, 0) + outer * slope
        self._slopes[name] = {v: self._settled(e) for v, e in total.items()}

    def _slopes_of(self, name: str) -> dict[str, Any]:
        import sympy

        if name in self.variables:
            return {name: sympy.Integer(1)}
        return self._slopes.get(name, {})

    def _total(self, e: Any) -> dict[str, Any]:
        """Slopes of a plain expression, by the chain rule over the names it reads."""
        total: dict[str, Any] = {}
        for s in sorted(e.free_symbols, key=str):
            inner = self._slopes_of(str(s))
            if inner:
                outer = self._settled(e.diff(s))
                for variable, slope in inner.items():
                    total[variable] = total.get(variable, 0) + outer * slope
        return {v: self._settled(x) for v, x in total.items() if x != 0}

    def _settled(self, e: Any) -> Any:
        """A slope short enough to be repeated: a name, or a number times a name; else a new name for it."""
        import sympy

        if e.is_Atom or (e.is_Mul and len(e.args) == 2 and e.args[0].is_Number and e.args[1].is_Symbol):
            return e
        text = _text(e)
        if text not in self._written:
            self._written[text] = self._put(f"s{len(self._written)}", text, e.free_symbols)
        return sympy.Symbol(self._written[text])

    def slope(self, name: str, variable: str) -> str:
        """The name (or number) that holds d(name)/d(variable)."""
        import sympy

        e = self._slopes_of(name).get(variable, sympy.Integer(0))
        if e.is_Atom:
            return _text(e)
        return self._helper(f"s{len(self._written)}", _text(e), [str(x) for x in e.free_symbols])


def _is_number(text: str) -> bool:
    return text in ("True", "False") or not (text[0].isalpha() or text[0] == "_")


def _call(e: Any) -> tuple[str, tuple[Any, ...]]:
    """(kind, arguments) when the expression is a call, ("", ()) when it is plain arithmetic."""
    import sympy
    from sympy.logic.boolalg import And, Not, Or

    if isinstance(e, sympy.core.function.AppliedUndef):
        return e.func.__name__, e.args
    if isinstance(e, sympy.exp):
        return "exp", e.args
    if isinstance(e, sympy.log):
        return "log", e.args
    if isinstance(e, sympy.Abs):
        return "absolute", e.args
    if isinstance(e, sympy.Pow) and not e.exp.is_Integer:
        if e.exp == sympy.Rational(1, 2) or e.exp == 0.5:
            return "sqrt", (e.base,)
        if e.exp.is_Float and float(e.exp).is_integer():
            return "", ()
        return "power", (e.base, e.exp)
    if isinstance(e, (sympy.StrictLessThan, sympy.LessThan)):
        return "less" if isinstance(e, sympy.StrictLessThan) else "less_equal", e.args
    if isinstance(e, (sympy.StrictGreaterThan, sympy.GreaterThan)):
        return "less" if isinstance(e, sympy.StrictGreaterThan) else "less_equal", e.args[::-1]
    if isinstance(e, (And, Or)):
        kind = "both" if isinstance(e, And) else "either"
        first, *rest = e.args
        return kind, (first, rest[0] if len(rest) == 1 else e.func(*rest))
    if isinstance(e, Not):
        return "opposite", e.args
    if e.is_Add or e.is_Mul or e.is_Pow:
        return "", ()
    from livingdrug.errors import EngineError

    raise EngineError(
        f"an equation uses '{type(e).__name__}', which cannot be compiled",
        where=str(e)[:80],
        allowed="+ - * / ** and the functions of livingdrug.model.math",
    )


def _text(e: Any) -> str:
    """Arithmetic as text, with powers as products and one division a term."""
    if e.is_Symbol:
        return str(e.name)
    if e.is_Number or e.is_infinite:
        return repr(_finite(e))
    if e.is_Boolean:
        return str(bool(e))
    if e.is_NumberSymbol:
        return repr(float(e))
    if e.is_Add:
        out = ""
        for a in e.args:
            t = _text(a)
            out += t if not out else f" - {t[1:]}" if t.startswith("-") else f" + {t}"
        return out
    if e.is_Pow:
        return _product([e])
    return _product(list(e.args))


def _finite(e: Any) -> float:
    """The value of a number; EngineError for what is infinite or no number."""
    if not e.is_finite:
        from livingdrug.errors import EngineError

        raise EngineError(
            f"an equation holds {e}, which is no finite number",
            allowed="numbers up to 1.8e308; no quotient by 0, no logarithm of 0",
        )
    return float(e)


def _product(factors: list[Any]) -> str:
    sign = ""
    above: list[str] = []
    below: list[str] = []
    for f in factors:
        base, power = f.as_base_exp() if f.is_Pow else (f, 1)
        if f.is_Number or f.is_infinite:
            value = _finite(f)
            if value < 0:
                sign, value = "-" if not sign else "", -value
            if value != 1.0:
                above.append(repr(value))
            continue
        t = _text(base)
        t = t if base.is_Symbol or (base.is_Number and float(base) >= 0) else f"({t})"
        (above if power > 0 else below).extend([t] * abs(int(power)))
    top = "*".join(above) or "1.0"
    if not below:
        return sign + top
    return f"{sign}{top}/{below[0]}" if len(below) == 1 else f"{sign}{top}/({'*'.join(below)})"
