"""One expression written as a stack program, piece by piece: names looked up, units converted, nonsense refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.care.amounts import BODY, DEGREES, KEEPS_UNIT, combined, convert, literal
from livingdrug.care.constant import worth
from livingdrug.care.truth import written
from livingdrug.engine.plan import Op, Register
from livingdrug.errors import ScenarioError
from livingdrug.spec.grammar import Binary, Call, Choice, Name, Node, Number, Unary, names
from livingdrug.units import DAYS

if TYPE_CHECKING:
    from livingdrug.care.compiler import Programs

_ASKS = {
    "first": (Register.FIRST, "day"),
    "last": (Register.LAST, "day"),
    "count": (Register.COUNT, "1"),
    "peak": (Register.PEAK, None),
    "peak_time": (Register.PEAK_TIME, "day"),
    "total": (Register.SUM, None),
}
# Of a drug, over every rule that gives it; and of one rule, whatever it does.
_DOSES = {
    "given": (Register.DONE, Op.ADD),
    "first_dose": (Register.DONE_FIRST, Op.MIN),
    "last_dose": (Register.DONE_LAST, Op.MAX),
    "since_dose": (Register.DONE_LAST, Op.MAX),
}
_ACTS = {
    "done": Register.DONE,
    "first_done": Register.DONE_FIRST,
    "last_done": Register.DONE_LAST,
    "since_done": Register.DONE_LAST,
}
_TWIN = dict(zip(_DOSES, _ACTS))
_PLAIN = {
    "min": (2, Op.MIN),
    "max": (2, Op.MAX),
    "abs": (1, Op.ABS),
    "exp": (1, Op.EXP),
    "log": (1, Op.LOG),
    "floor": (1, Op.FLOOR),
}
_SIGNS = {
    "+": Op.ADD,
    "-": Op.SUB,
    "*": Op.MUL,
    "/": Op.DIV,
    "<": Op.LT,
    "<=": Op.LE,
    ">": Op.GT,
    ">=": Op.GE,
    "==": Op.EQ,
    "!=": Op.NE,
    "and": Op.AND,
    "or": Op.OR,
}
FUNCTIONS = (*_ASKS, "since", *_DOSES, *_ACTS, "draw", "date", *_PLAIN)
LIVING = 17.0  # [degC] above and below the usual that a living body may be
LARGEST = 700.0  # whose exponential is still a number
_COUNTS = ("count", "given", "done", "draw")


class Writer:
    """The instructions and numbers of one expression; text, where: as it was written, for messages."""

    def __init__(self, programs: Programs, text: str, where: str | None) -> None:
        self.programs, self.text, self.where = programs, text, where
        self.ops: list[tuple[int, int]] = []
        self.numbers: list[float] = []
        self.asking: list[str] = []  # watches whose unit is being looked for

    def wrong(
        self,
        what: str,
        column: int,
        allowed: Iterable[str] | str | None = None,
        given: str = "",
        mend: str | None = None,
    ) -> ScenarioError:
        words = [] if allowed is None or isinstance(allowed, str) else list(allowed)
        place = f': column {column + 1} of "{self.text}"' if self.text else ""
        return ScenarioError(
            what + place,
            where=self.where,
            allowed=allowed if not words else sorted(words),
            given=given or None,
            mend=mend,
        )

    # units -----------------------------------------------------------------------------------------------------------

    def unit(self, node: Node) -> str | None:
        """The unit an expression has by itself; None when it takes the unit of its neighbour."""
        match node:
            case Name(path=path):
                if path in self.programs.meanings:
                    return self.unit(self.programs.meanings[path])
                if path in ("time", "never"):
                    return "day"
                if self.programs.number(path) is not None and path not in self.programs.observables:
                    return self.noted_unit(path)
                return self.programs.observables.get(path) or self.programs.constants.get(path)
            case Call(function=function, arguments=parts):
                if function in _PLAIN:
                    units = [self.unit(part) for part in parts]
                    return next(filter(None, units), None) if function in KEEPS_UNIT else "1"
                if function in ("peak", "total") and parts and isinstance(parts[0], Name):
                    noted = self.noted_unit(parts[0].path)
                    return noted if function == "peak" or noted is None else combined(noted, "*", "day")
                return "1" if function in _COUNTS else "day"
            case Unary(sign="not"):
                return "1"
            case Unary(inner=inner):
                return self.unit(inner)
            case Choice(then=then, otherwise=otherwise):
                return self.shared(then, otherwise)
            case Binary(sign="*" | "/" as sign, left=left, right=right):
                return combined(self.own(left), sign, self.own(right))
            case Binary(sign="+" | "-", left=left, right=right):
                warm = [side for side in (left, right) if self.warm(side)]
                return DEGREES if len(warm) == 2 else self.unit(warm[0]) if warm else self.shared(left, right)
            case Binary():
                return "1"
        return None

    def noted_unit(self, watch: str) -> str | None:
        """The unit of what a watch notes: of its value, or none where it notes whether something is so."""
        node = self.programs.valued.get(watch)
        if watch in self.programs.noted or node is None:
            return self.programs.noted.get(watch, "1")
        if watch in self.asking:
            return None
        self.asking.append(watch)
        found = self.own(node)
        self.asking.pop()
        return found

    def own(self, node: Node) -> str | None:
        """Like `unit`, but a number counts with the unit it was written with."""
        return self.unit(node) or literal(node)

    def shared(self, left: Node, right: Node) -> str | None:
        """The unit in which two sides are added or compared."""
        return self.unit(left) or self.unit(right) or literal(left) or literal(right)

    def unchecked(self, unit: str | None, left: Node, right: Node) -> bool:
        """Whether a written unit meets a name whose unit nobody declared."""
        written = unit not in (None, *DAYS, "%", "1") and not (self.unit(left) or self.unit(right))
        mentioned = names(left) + names(right)
        known = {*self.programs.known(), *self.programs.drugs}
        for name in mentioned if written else ():
            if name.path not in known:
                raise self.nobody(name)
        return written and bool(mentioned)

    def settled(self, node: Node, answer: bool) -> ScenarioError:
        """The error for a condition that has one answer, whatever the patient."""
        word = "always" if answer else "never"
        what = f"'{written(node)}' is {word} true, whatever the values"
        column = next((name.column for name in names(node)), 0)
        return self.wrong(what, column, mend=f"compare with what it can be, or write {int(answer)} for {word}")

    def nobody(self, name: Name) -> ScenarioError:
        """The error for a name that nothing has."""
        return self.wrong(f"nothing is called '{name.path}'", name.column, self.programs.known(), name.path)

    # instructions ----------------------------------------------------------------------------------------------------

    def put(self, op: Op, argument: int = 0) -> None:
        self.ops.append((int(op), argument))

    def number(self, value: float) -> None:
        self.numbers.append(value)
        self.put(Op.CONST, len(self.numbers) - 1)

    def scale(self, given: str | None, wanted: str | None) -> None:
        if given and wanted and given != wanted:
            shifts = "@" in given or "@" in wanted
            self.number(convert(0.0 if shifts else 1.0, given, wanted, self.where))
            self.put(Op.ADD if shifts else Op.MUL)

    def warm(self, side: Node) -> bool:
        """Whether an expression is a temperature."""
        return (self.own(side) or "").partition("@")[0] == "degC"

    def reckoned(self, *sides: Node) -> None:
        """Refuse reckoning with a temperature: it is carried as degrees above another one."""
        for side in sides:
            if self.warm(side):
                column = next((name.column for name in names(side)), 0)
                mend = f"a difference is in {DEGREES}: add or take away 1 {DEGREES}"
                raise self.wrong("degrees can be compared, not reckoned with", column, mend=mend)

    def degrees(self, node: Binary, unit: str | None) -> None:
        """A temperature and a difference, or the difference between two temperatures."""
        left, right = node.left, node.right
        both = self.warm(left) and self.warm(right)
        if both and node.sign == "+" or not both and (self.own(right if self.warm(left) else left) != DEGREES):
            self.reckoned(left, right)
        if node.sign == "-" and not self.warm(left):
            self.reckoned(right)
        scale = self.unit(left) or self.unit(right) or "degC" if both else unit or self.own(node)
        for side in (left, right):
            self.emit(side, scale if self.warm(side) else DEGREES)
        self.put(_SIGNS[node.sign])
        if both:
            self.scale(DEGREES, unit)

    def bare(self, value: float, unit: str, column: int = 0) -> ScenarioError:
        """The error for a number that stands without a unit where one is needed."""
        shown = unit.partition("@")[0]
        said = f"{value:g} has no unit; a number in {shown} is needed"
        return self.wrong(said, column, mend=f'write "{value:g} {shown}"')

    def living(self, unit: str | None, *sides: Node) -> None:
        """Refuse to compare with degrees that no living body has."""
        of, _, usual = (unit or "").partition("@")
        for side in sides if usual else ():
            if isinstance(side, Number) and side.unit == of and abs(side.value - float(usual)) > LIVING:
                allowed = f"{float(usual) - LIVING:g} to {float(usual) + LIVING:g} {of}"
                raise self.wrong(f"no living body has {side.value:g} {of}", side.column, allowed)

    def body(self, node: Node, column: int = 0) -> None:
        """Refuse an amount that is a property of the body itself, not so much of a drug for each of its units."""
        alone = [name for name in names(node) if name.path in BODY.values()]
        if alone and (own := self.own(node)) in (*BODY, "cm2"):
            mend = f"write how much for each {own}, as 8 mg/{own}"
            raise self.wrong(f"an amount in {own} is the patient's {alone[0].path}, none of a drug", column, mend=mend)

    def plain(self, unit: str | None) -> None:
        """Refuse an exponential, a logarithm or a comparison where a unit is needed."""
        if unit not in (None, "1", "%"):
            shown = (unit or "").partition("@")[0]
            raise self.wrong(f"this has no unit; a number in {shown} is needed", 0, mend=f"multiply it by 1 {shown}")

    def dimensional(self, node: Node, unit: str | None) -> None:
        """Refuse a product of plain numbers where a unit is needed."""
        bare = self.unit(node) is None and all(self.unit(name) is not None for name in names(node))
        if bare and unit not in (None, "1"):
            shown = (unit or "").partition("@")[0]
            said = f"there is no unit; a number in {shown} is needed"
            raise self.wrong(said, 0, mend=f"write the number with its unit, as 1 {shown}")

    def literal(self, node: Number, unit: str | None) -> None:
        value, given = node.value, node.unit
        if not given and value and unit not in (None, "1") or not given and "@" in (unit or ""):
            raise self.bare(value, unit or "", node.column)
        if given and not unit:
            unit = "day" if given in DAYS else "1" if given == "%" else given
        self.number(convert(value, given, unit, self.where) if given and unit else value)

    def emit(self, node: Node, unit: str | None) -> None:
        match node:
            case Number():
                self.literal(node, unit)
            case Name():
                self.name(node, unit)
            case Call():
                self.call(node, unit)
            case Unary(sign=sign, inner=inner):
                if sign == "-":
                    self.reckoned(inner)
                self.emit(inner, unit if sign == "-" else None)
                self.put(Op.NEG if sign == "-" else Op.NOT)
            case Choice(condition=condition, then=then, otherwise=otherwise):
                unit = unit or self.shared(then, otherwise)
                self.emit(condition, None)
                self.emit(then, unit)
                self.emit(otherwise, unit)
                self.put(Op.WHERE)
            case Binary(sign=sign, left=left, right=right):
                if sign in "+-" and (self.warm(left) or self.warm(right)):
                    self.degrees(node, unit)
                    return
                if sign in "*/":
                    self.reckoned(left, right)
                    if sign == "/" and worth(right) == 0:
                        raise self.wrong(
                            f"nothing can be divided by 0, and '{written(right)}' is 0 in everybody",
                            right.column if isinstance(right, Number) else next((n.column for n in names(right)), 0),
                            mend="divide by what differs between patients; where it is 0, the quotient is missing",
                        )
                    for side in (left, right):
                        self.emit(side, self.own(side))
                    self.put(_SIGNS[sign])
                    self.dimensional(node, unit)
                    self.scale(self.unit(node), unit)
                    return
                inner_unit = None if sign in ("and", "or") else self.shared(left, right)
                if self.unchecked(inner_unit, left, right):
                    raise self.wrong(
                        f"the unit '{inner_unit}' cannot be checked here",
                        names(node)[0].column,
                        mend=f"'{names(node)[0].path}' has no declared unit: compare it with a plain number",
                    )
                self.living(inner_unit, left, right)
                inner_unit = unit or inner_unit if sign in "+-" else inner_unit
                self.emit(left, inner_unit)
                self.emit(right, inner_unit)
                self.put(_SIGNS[sign])
                if sign not in "+-":
                    self.plain(unit)

    def name(self, node: Name, unit: str | None) -> None:
        p, path = self.programs, node.path
        if (watch := p.number(path)) is not None and path not in p.observables:
            self.put(Op.REG, watch * len(Register) + Register.VALUE)
            self.scale(self.noted_unit(path), unit)
        elif path in p.meanings:
            self.emit(p.meanings[path], unit)
        elif path == "never":
            if unit is not None and unit not in DAYS:
                said = f"'never' is a day, and a number{_in(unit)} is needed"
                raise self.wrong(said, node.column, mend="compare a day with it, as first(NAME) < never")
            self.number(np.inf)
        elif path == "time" and self.programs.looking:
            self.put(Op.TIME)
            self.scale("day", unit)
        elif path in p.observables:
            self.put(Op.OBS, _place(p.used, path))
            self.scale(p.observables[path], unit)
        elif path in p.constants:
            self.put(Op.PAR, _place(p.extras, path))
            self.scale(p.constants[path], unit)
        else:
            raise self.nobody(node)

    def defined(self, node: Call) -> None:
        """Refuse the logarithm of 0 or less, and an exponential that no number holds."""
        given = worth(node.arguments[0])
        if given is not None and (node.function == "log" and given <= 0 or node.function == "exp" and given > LARGEST):
            allowed = "a number above 0" if node.function == "log" else f"a number up to {LARGEST:g}"
            raise self.wrong(f"{node.function}({given:g}) is no number", node.column, allowed)

    def call(self, node: Call, unit: str | None) -> None:
        p, function = self.programs, node.function
        if function not in FUNCTIONS:
            raise self.wrong(f"nothing can be asked with '{function}(...)'", node.column, FUNCTIONS, function)
        wanted = _PLAIN[function][0] if function in _PLAIN else 1
        if len(node.arguments) != wanted:
            raise self.wrong(
                f"'{function}' takes {wanted} argument{'s' * (wanted > 1)}, not {len(node.arguments)}", node.column
            )
        if function in _PLAIN:
            if function not in ("min", "max"):
                self.reckoned(*node.arguments)
            self.without_unit(node)
            self.defined(node)
            inner = unit or self.own(node)
            for part in node.arguments:
                self.emit(part, inner if function in KEEPS_UNIT else None)
            self.put(_PLAIN[function][1])
            if function not in KEEPS_UNIT:
                self.plain(unit)
            return
        if function.startswith("since") and not p.looking:
            said = f"'{function}' asks how long ago, and nobody looks here at any moment"
            raise self.wrong(said, node.column, mend=f"ask for the day: {function.replace('since', 'last')}(...)")
        subject = node.arguments[0]
        if function == "date":  # the infusion is at noon of day 0
            self.emit(Binary("+", subject, Number(0.5, "d")), "day")
            self.put(Op.FLOOR)
            self.scale("day", unit)
            return
        if not isinstance(subject, Name):
            raise self.wrong(f"'{function}' asks about a name", node.column, mend=f"for example {function}(fever)")
        if function == "draw" and not p.drawing:
            mend = f'draw in a [[column]], and ask for the column: value = "draw({subject.path}) < 20 %"'
            raise self.wrong("no chance is drawn here", node.column, mend=mend)
        if function == "draw":
            self.put(Op.PAR, _place(p.extras, f"draw({subject.path})"))
        elif function in _ASKS or function == "since":
            watch = p.number(subject.path)
            if watch is None:
                raise self.wrong(
                    f"no watch is called '{subject.path}'", subject.column, {**p.watches, **p.aliases}, subject.path
                )
            if function == "total":
                self.reckoned(subject)
            register = _ASKS[function][0] if function in _ASKS else Register.LAST
            self.past(watch * len(Register) + register, function == "since")
            self.scale("day" if function == "since" else self.unit(node), unit)
        else:
            self.doses(function, subject) if function in _DOSES else self.acts(function, subject)
            self.scale("1" if function in _COUNTS else "day", unit)

    def without_unit(self, node: Call) -> None:
        """Refuse an exponential or a logarithm of what has a unit."""
        own = self.own(node.arguments[0])
        if node.function in ("exp", "log") and own not in (None, "1", "%"):
            said = f"'{node.function}' of a quantity in {own} means nothing"
            raise self.wrong(said, node.column, mend=f"divide it by 1 {own} first")

    def past(self, register: int, since: bool) -> None:
        if since:
            self.put(Op.TIME)
        self.put(Op.REG, register)
        if since:
            self.put(Op.SUB)

    def acts(self, function: str, rule: Name) -> None:
        """What a rule did: how often, first, last, since."""
        watch = self.programs.number(rule.path)
        if watch is None:
            known = {**self.programs.watches, **self.programs.aliases}
            raise self.wrong(f"no rule is called '{rule.path}'", rule.column, known, rule.path)
        self.past(watch * len(Register) + _ACTS[function], function == "since_done")

    def doses(self, function: str, drug: Name) -> None:
        """How a drug was given, over all rules that give it."""
        p = self.programs
        rules = p.gives.get(drug.path, [])
        if drug.path in p.scheduled:
            said = f"'{drug.path}' is given on a schedule, and only doses that rules give are counted"
            raise self.wrong(said, drug.column, mend="ask about time, or about the drug's concentration")
        if not rules and drug.path not in p.drugs:
            mend = f"ask {_TWIN[function]}({drug.path}) of a rule" if p.number(drug.path) is not None else None
            raise self.wrong(f"'{drug.path}' is no drug that can be given", drug.column, p.drugs, drug.path, mend)
        register, join = _DOSES[function]
        if function == "since_dose":
            self.put(Op.TIME)
        if not rules:
            self.number({Register.DONE: 0.0, Register.DONE_FIRST: np.inf, Register.DONE_LAST: -np.inf}[register])
        for i, rule in enumerate(rules):
            self.put(Op.REG, rule * len(Register) + register)
            if i:
                self.put(join)
        if function == "since_dose":
            self.put(Op.SUB)


def _place(listed: list[str], path: str) -> int:
    if path not in listed:
        listed.append(path)
    return listed.index(path)


def _in(unit: str) -> str:
    return "" if unit == "1" else f" in {unit.partition('@')[0]}"
