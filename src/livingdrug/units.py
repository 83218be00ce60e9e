"""Units at the border. Inside, every number is a double in its parameter's declared unit; time is days.

The vocabulary is closed: a word counts only if it stands here, and means what pharmacology and haematology mean by it.
Prefixes belong only to the units that people use them with, so "qd" is no quecto-day and "pct" no pico-carat. Pint,
which `model.checks` calculates with, is given these words and no others.
"""

from __future__ import annotations

import math
import re
from functools import cache
from numbers import Real
from typing import TYPE_CHECKING, Any

from livingdrug.errors import UnitError, nearest, of_commas, short

if TYPE_CHECKING:
    import pint

MONTH, YEAR = 365.25 / 12, 365.25  # days

# Time: every word that may be written, in days.
DAYS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1 / 86400),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 1 / 1440),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 1 / 24),
    **dict.fromkeys(("d", "day", "days"), 1.0),
    **dict.fromkeys(("wk", "week", "weeks"), 7.0),
    **dict.fromkeys(("mo", "month", "months"), MONTH),
    **dict.fromkeys(("yr", "year", "years"), YEAR),
}

# Units as one reads them, and of what one says many.
_READ = {
    "copy/ug": "copies/µg DNA",
    "copy*day/ug": "copies·d/µg DNA",
    "cell": "cells",
    "cell/kg": "cells/kg",
    "cell/uL": "cells/µL",
    "ug/L": "µg/L",
    "degC": "°C",
    "m**2": "m²",
    "day": "d",
    "month": "months",
    "year": "years",
    "1": "",
}
_MANY = {"cell": "cells", "copy": "copies", "molecule": "molecules", "day": "d", "hour": "h"}

_SI = {"G": 1e9, "M": 1e6, "k": 1e3, "h": 1e2, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12}
_SI["f"] = 1e-15
Kind = dict[str, float]  # base -> power, as {"mass": 1, "volume": -1}
_SECOND = 1 / 86400
_PRESSURE: Kind = {"mass": 1, "length": -1, "time": -2}

# Symbols, names, kind, size in g, L, m, day, mol, cell, ..., and the prefixes that people put before the symbols.
_UNITS: tuple[tuple[str, str, Kind, float, str], ...] = (
    ("1", "dimensionless", {}, 1.0, ""),
    ("% pct", "percent", {}, 1e-2, ""),
    ("g", "gram grams", {"mass": 1}, 1.0, "kmunpf"),
    ("L l", "litre litres liter liters", {"volume": 1}, 1.0, "dmunpf"),
    ("m", "metre metres meter meters", {"length": 1}, 1.0, "kdcmun"),
    ("mol", "mole moles", {"amount": 1}, 1.0, "munpf"),
    ("M", "molar", {"amount": 1, "volume": -1}, 1.0, "munpf"),
    ("Da", "dalton daltons", {"mass": 1, "amount": -1}, 1.0, "kM"),
    ("IU", "", {"international units": 1}, 1.0, "Mkmu"),
    ("U", "", {"enzyme units": 1}, 1.0, "km"),
    ("cell cells", "", {"cell": 1}, 1.0, "GMk"),
    ("copy copies", "", {"copy": 1}, 1.0, "k"),
    ("molecule molecules", "", {"molecule": 1}, 1.0, "k"),
    ("vg", "", {"vector genomes": 1}, 1.0, ""),
    ("PFU pfu", "", {"plaque-forming units": 1}, 1.0, ""),
    ("TU", "", {"transducing units": 1}, 1.0, ""),
    ("Gy", "gray", {"length": 2, "time": -2}, 1 / _SECOND**2, "cm"),
    ("Pa", "pascal", _PRESSURE, 1e3 / _SECOND**2, "kh"),
    ("mmHg", "", _PRESSURE, 133.322387415e3 / _SECOND**2, ""),
    ("cmH2O", "", _PRESSURE, 98.0665e3 / _SECOND**2, ""),
    ("bpm", "", {"time": -1}, 1440.0, ""),
    ("delta_degC", "", {"temperature difference": 1}, 1.0, ""),
    ("degC", "", {"temperature": 1}, 1.0, ""),
)
_BASES = {  # of each kind: the unit that the sizes are counted in
    "time": "day", "mass": "g", "volume": "L", "length": "m", "amount": "mol", "international units": "IU",
    "enzyme units": "U", "cell": "cell", "copy": "copy", "molecule": "molecule", "vector genomes": "vg",
    "plaque-forming units": "PFU", "transducing units": "TU", "temperature difference": "delta_degC",
    "temperature": "degC",
}  # fmt: skip

# What people write for something that is no unit here, and what to write instead.
INSTEAD = {
    **dict.fromkeys(("qd", "od", "qday", "daily"), 'how often is told by a clock: "every 1 d"'),
    **dict.fromkeys(("bid", "bd", "q12h"), 'how often is told by a clock: "every 12 h"'),
    **dict.fromkeys(("tid", "tds", "q8h"), 'how often is told by a clock: "every 8 h"'),
    **dict.fromkeys(("qid", "qds", "q6h"), 'how often is told by a clock: "every 6 h"'),
    **dict.fromkeys(("qod", "q2d"), 'how often is told by a clock: "every 2 d"'),
    **dict.fromkeys(("qw", "weekly"), 'how often is told by a clock: "every 1 week"'),
    **dict.fromkeys(("unit", "units"), "write IU (international units) or U (enzyme units)"),
    **dict.fromkeys(("MU", "uU"), "write MIU or uIU (international units), or U with a number such as 1e6"),
    **dict.fromkeys(
        ("grade", "grades", "cycle", "cycles", "dose", "doses", "patient", "patients", "count", "counts", "fold", "x"),
        "that is a plain number: leave the unit out, or write 1",
    ),
    **dict.fromkeys(("million", "mio", "mln"), "write the number as 1e6"),
    **dict.fromkeys(("billion", "bn"), "write the number as 1e9"),
    **dict.fromkeys(("thousand",), "write the number as 1e3"),
    **dict.fromkeys(("log", "log10", "ln"), "write the number itself, not its logarithm"),
    **dict.fromkeys(("ppm", "ppb"), "write % or 1, or a unit such as mg/L"),
    **dict.fromkeys(("kb", "kbp", "bp", "b"), "lengths of DNA are plain numbers of base pairs: write 1"),
    **dict.fromkeys(("gm", "gr", "G"), "write g"),
    **dict.fromkeys(("cc", "ccm"), "write mL"),
    **dict.fromkeys(("y", "a", "Y"), "write year"),
    **dict.fromkeys(("D",), "write d or day"),
    **dict.fromkeys(("H",), "write h or hour"),
    **dict.fromkeys(("C", "c", "celsius"), "write degC"),
    **dict.fromkeys(("F", "degF", "fahrenheit"), "write the temperature in degC"),
    **dict.fromkeys(("K", "kelvin"), "write degC, or delta_degC for a difference"),
    **dict.fromkeys(("per",), "write / for per"),
    **dict.fromkeys(("mEq", "meq", "Eq", "eq"), "write mol"),
    **dict.fromkeys(("GC", "gc"), "write vg (vector genomes) or copy"),
}


def _vocabulary() -> dict[str, tuple[Kind, float]]:
    known: dict[str, tuple[Kind, float]] = {word: ({"time": 1}, days) for word, days in DAYS.items()}
    known["ms"] = {"time": 1}, 1e-3 * _SECOND
    for symbols, names, kind, size, prefixes in _UNITS:
        known |= dict.fromkeys((symbols + " " + names).split(), (kind, size))
        known |= {p + symbol: (kind, _SI[p] * size) for symbol in symbols.split() for p in prefixes}
    known["mcg"], known["mcL"] = known["ug"], known["uL"]
    return known


WORDS = _vocabulary()  # word -> kind, size
_SAME = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3", "·": "*", "⋅": "*", "×": "*"})
_TOKEN = re.compile(
    r"\s*(?:(°C|%|[A-Za-z_°][A-Za-z0-9_]*)|(\*\*|\^)\s*([-+]?\d+(?:\.\d+)?)|([*/()])|(1)(?![\d.eE]))", re.A
)
_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*", re.A | re.S)
_ODD = re.compile(
    r"\*\*|\^|,|[x×*·]\s*\d|(?!1\s*(?:[/*(]|$))\d", re.A
)  # after a number: "10^6", "2 x 10^6", "1,200", "2 000"
_LONGEST, _DEEPEST, _HIGHEST = 200, 20, 36  # characters of a unit, parentheses within each other, powers

Terms = tuple[tuple[str, float], ...]  # a word and its power, in the order written


def terms(unit: str, where: str | None = None) -> Terms:
    """The words of a unit such as "mg/kg/day", "cell/uL" or "mg/(L*day)" with their powers, in order; UnitError."""
    if not isinstance(unit, str):
        raise UnitError(f"{unit!r} is not a unit", where=where, mend='write a text, as "1/day"')
    return _Reader(unit, where).whole()


class _Reader:
    """unit := part {("*"|"/") part};  part := (word | "1" | "(" unit ")") [("**"|"^") power]"""

    def __init__(self, unit: str, where: str | None) -> None:
        self.unit, self.where, self.place, self.depth = unit, where, 0, 0
        self.tokens: list[tuple[str, str, str, str, str]] = []
        text = unit.translate(_SAME).strip()
        if len(text) > _LONGEST:
            raise UnitError(f"a text of {len(text)} characters is not a unit", where=where)
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            if not token:
                number = re.match(r"\s*[\d.]", text[at:])
                raise self.wrong(
                    f"'{text[at:].split()[0]}' cannot stand in a unit",
                    "a unit has no number in it but 1 and powers" if number else "",
                )
            self.tokens.append(token.groups(""))  # type: ignore[arg-type]
            at = token.end()

    def wrong(self, why: str, mend: str = "", word: str = "") -> UnitError:
        return UnitError(
            f"'{self.unit}' is not a unit: {why}",
            where=self.where,
            allowed="for example 1/day, cell/uL, mg/L, mg/kg, %",
            nearest=_nearest(word),
            mend=mend or "write the unit with *, /, ** and parentheses only, as mg/kg/day",
        )

    def whole(self) -> Terms:
        found = self.product() if self.tokens else ()
        if self.place < len(self.tokens):
            said = "".join(self.tokens[self.place])
            raise self.wrong(f"'{said}' cannot stand there", INSTEAD.get(said, "write * or / between two units"))
        return found

    def sign(self, signs: str) -> str:
        """The next sign if it is one of these, else nothing."""
        if self.place < len(self.tokens) and (found := self.tokens[self.place][3]) and found in signs:
            self.place += 1
            return found
        return ""

    def product(self) -> Terms:
        found = self.part()
        while sign := self.sign("*/"):
            found += tuple((word, -n if sign == "/" else n) for word, n in self.part())
        return found

    def part(self) -> Terms:
        if self.sign("("):
            self.depth += 1
            if self.depth > _DEEPEST:
                raise self.wrong(f"more than {_DEEPEST} parentheses within each other")
            found = self.product()
            self.depth -= 1
            if not self.sign(")"):
                raise self.wrong("a ')' is missing")
        else:
            if self.place == len(self.tokens):
                raise self.wrong("something is missing at its end")
            word, _, _, sign, one = self.tokens[self.place]
            if not word and not one:
                raise self.wrong(f"'{sign or '**'}' cannot stand there")
            self.place += 1
            found = self.known(word) if word else ()
        if self.place < len(self.tokens) and (power := self.tokens[self.place][2]):
            self.place += 1
            found = tuple((word, n * _whole(float(power))) for word, n in found)
            if any(abs(n) > _HIGHEST for _, n in found):
                raise self.wrong(f"a power above {_HIGHEST}")
        return found

    def known(self, word: str) -> Terms:
        word = {"°C": "degC"}.get(word, word)
        if word in WORDS:
            return ((word, 1),)
        if word[:-1] in WORDS and word[-1] in "23" and WORDS[word[:-1]][0] == {"length": 1}:
            return ((word[:-1], int(word[-1])),)
        raise self.wrong(f"'{word}' is none that is known here", INSTEAD.get(word, ""), word)


def _whole(x: float) -> float:
    return int(x) if x == int(x) else x


def _nearest(word: str) -> str | None:
    """The word most like this one, one that differs only in capitals first; None when a mend is known or none is."""
    if not word or word in INSTEAD:
        return None
    return next((w for w in WORDS if w.lower() == word.lower()), None) or nearest(word, WORDS)


def _size(unit: str, where: str | None = None) -> tuple[Kind, float]:
    """Kind and size of a unit."""
    kind: Kind = {}
    size = 1.0
    for word, n in terms(unit, where):
        of, worth = WORDS[word]
        for base, power in of.items():
            kind[base] = kind.get(base, 0) + n * power
        try:
            size *= worth**n
        except OverflowError:
            size = math.inf
    if not 0 < size < math.inf:
        raise UnitError(f"'{unit}' is not a unit that can be computed with", where=where)
    return {base: round(n, 9) for base, n in kind.items() if round(n, 9)}, size


def _lengths(kind: Kind, size: float) -> tuple[Kind, float]:
    """The same with volumes as cubes of lengths (a litre is 0.001 m**3)."""
    litres = kind.get("volume", 0)
    if not litres:
        return kind, size
    metres = kind.get("length", 0) + 3 * litres
    rest = {base: n for base, n in kind.items() if base not in ("volume", "length")}
    return ({**rest, "length": metres} if metres else rest), size * 1e-3**litres


_BELOW = ("volume", "mass", "length", "amount", "cell", "copy")  # what an amount is counted for


@cache
def never_negative(unit: str) -> bool:
    """Whether what has this unit is so much of something (cells, pg/mL, copy/ug), of which there is never less than
    none; a rate, a temperature, a plain number may be below 0."""
    if "@" in unit:
        return False
    kind, _ = _size(unit)
    up, down = ({base for base, n in kind.items() if n * sign > 0} for sign in (1, -1))
    return bool(up) and not up & {"time", "temperature", "temperature difference"} and down <= set(_BELOW)


@cache
def known(unit: str, where: str | None = None) -> str:
    """The unit itself, once it is sure that there is such a unit; UnitError otherwise."""
    terms(unit, where)
    return unit


def is_unit(unit: object) -> bool:
    """Whether there is such a unit."""
    try:
        return isinstance(unit, str) and known(unit) == unit
    except UnitError:
        return False


@cache
def factor(given: str, wanted: str, where: str | None = None) -> float:
    """What a number in `given` is multiplied by to be in `wanted`; UnitError when they are of another kind."""
    a, b = _size(given, where), _size(wanted, where)
    if given == wanted:
        return 1.0
    said = _said(b[0])
    if a[0] != b[0]:
        a, b = _lengths(*a), _lengths(*b)
    if a[0] != b[0]:
        raise UnitError(
            f"unit '{given}' does not fit: a quantity in '{wanted}' is needed",
            where=where,
            allowed=f"any unit of the kind {said}",
            mend=_apart(a[0], b[0]) or f"give the value in {wanted}",
        )
    return a[1] / b[1]


def _said(kind: Kind) -> str:
    """A kind in words: "mass / volume"."""
    up = [_power(base, n) for base, n in kind.items() if n > 0]
    down = [_power(base, -n) for base, n in kind.items() if n < 0]
    return " / ".join([" * ".join(up) or ("1" if down else "plain number (1 or %)"), *down])


def _power(base: str, n: float) -> str:
    return base if n == 1 else f"{base}**{n:g}"


def _apart(given: Kind, wanted: Kind) -> str | None:
    """What to say of two kinds that are easily taken for each other."""
    kinds = {*given, *wanted}
    if {"international units", "enzyme units"} <= kinds:
        return "U (enzyme units) and IU (international units) are not the same: write the one that is meant"
    if {"temperature", "temperature difference"} <= kinds:
        return "degC is a temperature, delta_degC a difference between two: write the one that is meant"
    if {"molecule", "amount"} <= kinds:
        return "molecules and mol are counted apart: 1 mol is 6.02214076e23 molecules"
    return None


def quantity(text: str | float | int, wanted: str, where: str | None = None) -> float:
    """A number from "8 mg/kg", "6 h" or a plain number (taken to be in `wanted` already), in unit `wanted`."""
    if isinstance(text, Real) and not isinstance(text, bool):
        found = _float(text)
    else:
        match = _QUANTITY.fullmatch(text) if isinstance(text, str) else None
        if not match or _ODD.match(match[2]):
            raise UnitError(
                f"{short(text)} is not a number with a unit",
                where=where,
                allowed="a plain number, as 0.5" if wanted == "1" else f"for example '1 {wanted}'",
                mend=of_commas(text) or ("write the number as 1200.5 or 2e6" if match else None),
            )
        found = float(match[1]) * factor(match[2] or wanted, wanted, where)
    if not math.isfinite(found):
        raise UnitError(
            f"{short(text)} is not a finite number",
            where=where,
            mend=f"give a number in {wanted}",
        )
    return found


def parted(text: str) -> tuple[float, str] | None:
    """The number and the unit of a text as they are written ("0.8 1/day", "3" without one); None for any other text."""
    match = _QUANTITY.fullmatch(text)
    return (float(match[1]), match[2]) if match else None


def _float(x: Real) -> float:
    try:
        return float(x)
    except OverflowError:
        return math.inf


def of_unit(unit: str) -> str:
    """A unit as one reads it: `molecule/cell` as molecules/cell, `1/day` as per day, `m**2` as m²."""
    if unit in _READ:
        return _READ[unit]
    above, *below = unit.removeprefix("delta_").replace("**2", "²").replace("*", "·").split("/")
    if above == "1":
        return "per " + "/".join(below)
    short = [{"day": "d", "hour": "h"}.get(x, x) for x in below]
    said = "/".join([_MANY.get(above, above), *short]).replace("·hour", "·h").replace("degC", "°C")
    return re.sub(r"\bu(?=[gLm])", "µ", said)


@cache
def registry() -> pint.UnitRegistry[Any]:
    """A pint registry of this vocabulary and nothing else."""
    import pint

    ureg: pint.UnitRegistry[Any] = pint.UnitRegistry(None, cache_folder=None)
    for kind, base in _BASES.items():
        if kind != "volume":
            ureg.define(f"{base} = [{kind.replace(' ', '_').replace('-', '_')}]")
    ureg.define("L = 1e-3 * m ** 3")
    for word, (of, size) in WORDS.items():
        if word.isidentifier() and word not in _BASES.values():
            ureg.define(f"{word} = {size!r} " + "".join(f" * {_BASES[base]} ** {n}" for base, n in of.items()))
    return ureg


def parse(unit: str, where: str | None = None) -> pint.Unit:
    """The pint unit of a text such as "1/day" or "cell/uL"; "1" is dimensionless."""
    from pint.util import UnitsContainer

    powers: dict[str, float] = {}
    for word, n in terms(unit, where):
        word = word if word.isidentifier() else "percent"
        powers[word] = powers.get(word, 0) + n
    powers.pop("dimensionless", None)
    return registry().Unit(UnitsContainer({word: n for word, n in powers.items() if n}))
