"""The small language of care rules: "crs.grade >= 2 and since(fever) < 12 h". Read into a tree, never run as code.

choice   := either ["if" either "else" choice]
either   := both ("or" both)*                both := denial ("and" denial)*
denial   := "not" denial | comparison        comparison := sum [("<"|"<="|">"|">="|"=="|"!=") sum]
sum      := product (("+"|"-") product)*     product := signed (("*"|"/") signed)*
signed   := "-" signed | atom
atom     := number [unit] | name | name "(" choice {"," choice} ")" | "(" choice ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from livingdrug.errors import ScenarioError, of_commas

LONGEST, DEEPEST = 2_000, 40
WORDS = ("and", "or", "not", "if", "else")

_UNIT = r"(?:[A-Za-zµ%][A-Za-z0-9µ_]*(?:\*\*\d)?)(?:[/*][A-Za-zµ][A-Za-z0-9µ_]*(?:\*\*\d)?)*"
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?:\s*(?!(?:and|or|not|if|else)\b)(?P<unit>{_UNIT}))?
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<sign><=|>=|==|!=|[-+*/(),<>])
    )""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True)
class Number:
    """A number with the unit it was written with ("" when none). `column` is its place in the text."""

    value: float
    unit: str = ""
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Name:
    """Something published, a property of the patient, or an earlier watch. `column` is its place in the text."""

    path: str
    column: int = 0


@dataclass(frozen=True)
class Call:
    """A question about the past ("first(fever)") or a plain function ("max(a, b)")."""

    function: str
    arguments: tuple[Node, ...]
    column: int = 0


@dataclass(frozen=True)
class Unary:
    """ "-" or "not"."""

    sign: str
    inner: Node


@dataclass(frozen=True)
class Binary:
    """Two sides and a sign: arithmetic, comparison, "and", "or"."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Choice:
    """`then` if the condition holds, else `otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


Node = Number | Name | Call | Unary | Binary | Choice


@dataclass(frozen=True)
class _Token:
    kind: str  # number, name, word, sign, end
    text: str
    column: int
    unit: str = ""


def _tokens(text: str, where: str | None) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            column = place + len(text[place:]) - len(text[place:].lstrip())
            mend = "write a power behind the unit, as m2" if text[column] in "^²³" else None
            raise _wrong(f"'{text[column]}' means nothing here", text, column, where, mend)
        kind = match.lastgroup if match.lastgroup != "unit" else "number"
        assert kind is not None
        body, column = match[kind], match.start(kind)
        if kind == "name" and body in WORDS:
            kind = "word"
        found.append(_Token(kind, body, column, match["unit"] or ""))
        place = match.end()
    return [*found, _Token("end", "", len(text))]


def _wrong(what: str, text: str, column: int, where: str | None, mend: str | None = None) -> ScenarioError:
    return ScenarioError(
        f'{what}: column {column + 1} of "{text}"',
        where=where,
        allowed="numbers with units, names, + - * /, < <= > >= == !=, and, or, not, a if b else c, f(...)",
        mend=mend,
    )


class _Reader:
    def __init__(self, text: str, where: str | None) -> None:
        self.text, self.where, self.place, self.depth = text, where, 0, 0
        self.tokens = _tokens(text, where)

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def wrong(self, what: str) -> ScenarioError:
        return _wrong(what, self.text, self.next.column, self.where)

    def take(self, *texts: str) -> str | None:
        """The next sign or word if it is one of these, else None."""
        token = self.next
        if token.kind in ("sign", "word") and token.text in texts:
            self.place += 1
            return token.text
        return None

    def need(self, text: str, after: str) -> None:
        if not self.take(text):
            raise self.wrong(f"'{text}' is missing after {after}")

    def choice(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.wrong(f"more than {DEEPEST} parentheses within each other")
        node = self.either()
        if self.take("if"):
            condition = self.either()
            self.need("else", "'if ...'")
            node = Choice(condition, node, self.choice())
        self.depth -= 1
        return node

    def either(self) -> Node:
        node = self.both()
        while self.take("or"):
            node = Binary("or", node, self.both())
        return node

    def both(self) -> Node:
        node = self.denial()
        while self.take("and"):
            node = Binary("and", node, self.denial())
        return node

    def denial(self) -> Node:
        negations = 0
        while self.take("not"):
            negations += 1
        node = self.comparison()
        return Unary("not", node) if negations % 2 else node

    def comparison(self) -> Node:
        signs = ("<", "<=", ">", ">=", "==", "!=")
        node = self.sum()
        if sign := self.take(*signs):
            node = Binary(sign, node, self.sum())
            if self.next.kind == "sign" and self.next.text in signs:
                raise self.wrong("compare two things at a time and join comparisons with 'and'")
        return node

    def sum(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = Binary(sign, node, self.product())
        return node

    def product(self) -> Node:
        node = self.signed()
        while sign := self.take("*", "/"):
            node = Binary(sign, node, self.signed())
        return node

    def signed(self) -> Node:
        negations = 0
        while self.take("-"):
            negations += 1
        node = self.atom()
        return Unary("-", node) if negations % 2 else node

    def atom(self) -> Node:
        token = self.next
        if self.take("("):
            node = self.choice()
            self.need(")", "'('")
            return node
        if token.kind == "number":
            self.place += 1
            value = float(token.text)
            if value == float("inf"):
                raise _wrong(f"'{token.text}' is too large a number", self.text, token.column, self.where)
            return Number(value, token.unit, token.column)
        if token.kind == "name":
            self.place += 1
            if not self.take("("):
                return Name(token.text, token.column)
            arguments = [self.choice()]
            while self.take(","):
                arguments.append(self.choice())
            self.need(")", f"'{token.text}('")
            return Call(token.text, tuple(arguments), token.column)
        raise self.wrong("something is missing here" if token.kind == "end" else f"'{token.text}' cannot stand here")


def parse(text: str, where: str | None = None) -> Node:
    """The tree of an expression; ScenarioError names the column of what cannot be read."""
    if not isinstance(text, str):
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            return Number(float(text))
        raise ScenarioError(f"an expression is needed, not {text!r}", where=where, mend="write it in quotes")
    if len(text) > LONGEST:
        raise ScenarioError(
            f"an expression of {len(text)} characters is too long", where=where, allowed=f"{LONGEST} characters"
        )
    reader = _Reader(text, where)
    node = reader.choice()
    if reader.next.kind != "end":
        what, mend = f"'{reader.next.text}' cannot stand here", of_commas(text) if reader.next.text == "," else None
        raise _wrong(what, text, reader.next.column, where, mend)
    return node


def pieces_of(node: Node) -> tuple[Node, ...]:
    """What an expression is made of, one step down, in order (of a choice, its condition first)."""
    match node:
        case Call(arguments=given):
            return tuple(given)
        case Unary(inner=inner):
            return (inner,)
        case Binary(left=left, right=right):
            return (left, right)
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Every piece of an expression, in order: the whole first, then its parts (of a choice, its condition first)."""
    yield node
    for part in pieces_of(node):
        yield from walk(part)


def names(node: Node) -> list[Name]:
    """Every name that the expression mentions, in order."""
    return [part for part in walk(node) if isinstance(part, Name)]


def calls(node: Node) -> list[Call]:
    """Every question and function of the expression, in order."""
    return [part for part in walk(node) if isinstance(part, Call)]


_SPOKEN = {
    ">=": "is at least",
    ">": "is above",
    "<=": "is at most",
    "<": "is below",
    "==": "is",
    "!=": "is not",
    "*": "times",
    "/": "divided by",
    "+": "plus",
    "-": "minus",
    "and": "and",
    "or": "or",
}
_ASKED = {
    "first": "the first day of {}",
    "last": "the last day of {}",
    "count": "the number of looks with {}",
    "peak": "the highest {} so far",
    "peak_time": "the day of the highest {}",
    "total": "the total {} over time",
    "since": "the time since {} was last true",
    "given": "the doses of {} given",
    "first_dose": "the day of the first {}",
    "last_dose": "the day of the last {}",
    "since_dose": "the time since the last {}",
    "done": "the number of times {} was done",
    "first_done": "the day when {} was first done",
    "last_done": "the day when {} was last done",
    "since_done": "the time since {} was last done",
    "draw": "this patient's chance of {}",
    "date": "the calendar day of {}",
}
_STRENGTH = {"or": 1, "and": 2, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "+": 5, "-": 5, "*": 6, "/": 6}


Speaker = Callable[[Node], str | None]


def sentence(node: Node, within: int = 0, speaker: Speaker | None = None) -> str:
    """The expression in words; speaker: asked first of every part, says it better or gives None."""

    def said(part: Node, strength: int = 0) -> str:
        return sentence(part, strength, speaker)

    if speaker and (better := speaker(node)) is not None:
        return better
    match node:
        case Number(value=value, unit=unit):
            return f"{value:g} {unit}".strip()
        case Name(path=path):
            return _plain(path)
        case Call(function=function, arguments=parts):
            inner = ", ".join(said(p) for p in parts)
            return _ASKED.get(function, f"{function} of {{}}").format(inner)
        case Unary(sign="not", inner=inner):
            return f"not {said(inner, 3)}"
        case Unary(inner=inner):
            return f"-{said(inner, 7)}"
        case Choice(condition=c, then=t, otherwise=o):
            return f"{said(t, 1)} if {said(c, 1)}, otherwise {said(o)}"
        case Binary(sign=sign, left=left, right=right):
            own = _STRENGTH[sign]
            words = f"{said(left, own)} {_SPOKEN[sign]} {said(right, own + (sign in '-/'))}"
            return f"({words})" if own < within else words
    raise TypeError(node)


def _plain(path: str) -> str:
    role, _, last = path.rpartition(".")
    before = "" if not role or role in last else role.rpartition(".")[2] + " "
    return (before + last).replace("_", " ")
