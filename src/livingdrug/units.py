"""Units at the border. Inside, every number is a double in its parameter's declared unit; time is days."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from livingdrug.errors import UnitError

if TYPE_CHECKING:
    import pint

_QUANTITY = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")


@cache
def registry() -> pint.UnitRegistry[Any]:
    """The pint registry: cells, transgene copies and international units are kinds of their own."""
    import pint

    ureg: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    for line in (
        "cell = [cell] = cell = cells",
        "copy = [transgene] = copy = copies",
        "IU = [activity] = IU",
        "molecule = [molecule] = molecule = molecules",
    ):
        ureg.define(line)
    return ureg


def parse(unit: str, where: str | None = None) -> pint.Unit:
    """The pint unit of a text such as "1/day" or "cell/uL"; "1" is dimensionless."""
    text = unit.strip()
    try:
        return registry().Unit("dimensionless" if text in ("1", "") else _spell(text))
    except Exception as problem:
        raise UnitError(
            f"'{unit}' is not a unit",
            where=where,
            allowed="for example 1/day, cell, cell/uL, mg/L, mg/kg, copy/ug, 1",
            mend="write the unit with *, / and ** only",
        ) from problem


def _spell(text: str) -> str:
    text = re.sub(r"^1/", "dimensionless/", text)
    return text.replace("%", "percent").replace("µ", "u")


# The everyday units by kind and size, so that an ordinary run does not wait for pint; a test compares them with it.
_EVERYDAY = {
    "1": ("", 1.0),
    "day": ("time", 1.0),
    "d": ("time", 1.0),
    "hour": ("time", 1 / 24),
    "h": ("time", 1 / 24),
    "min": ("time", 1 / 1440),
    "week": ("time", 7.0),
    "month": ("time", 365.25 / 12),
    "year": ("time", 365.25),
    "L": ("volume", 1.0),
    "dL": ("volume", 1e-1),
    "mL": ("volume", 1e-3),
    "uL": ("volume", 1e-6),
    "kg": ("mass", 1e3),
    "g": ("mass", 1.0),
    "mg": ("mass", 1e-3),
    "ug": ("mass", 1e-6),
    "ng": ("mass", 1e-9),
    "pg": ("mass", 1e-12),
    "cell": ("cell", 1.0),
    "copy": ("copy", 1.0),
    "m": ("length", 1.0),
    "cm": ("length", 1e-2),
}
_TERM = re.compile(r"([*/]?)([A-Za-z]+|1)(?:\*\*(\d))?")


def _everyday(unit: str) -> tuple[dict[str, int], float] | None:
    """Kind (powers) and size of a unit written with everyday words, * and / only; None when it needs pint."""
    swap = str.maketrans("*/", "/*")
    unit = re.sub(r"/\(((?:[^()*]|\*(?!\*))*)\)", lambda inner: "/" + inner[1].translate(swap), unit.strip())
    kind: dict[str, int] = {}
    size, at = 1.0, 0
    for term in _TERM.finditer(unit):
        sign, word, power = term.groups()
        if term.start() != at or word not in _EVERYDAY or (at > 0) != bool(sign):
            return None
        at = term.end()
        of, worth = _EVERYDAY[word]
        n = int(power or 1) * (-1 if sign == "/" else 1)
        kind[of] = kind.get(of, 0) + n
        size *= worth**n
    return ({k: n for k, n in kind.items() if k and n}, size) if at == len(unit) and at else None


@cache
def known(unit: str, where: str | None = None) -> str:
    """The unit itself, once it is sure that there is such a unit; UnitError otherwise."""
    if unit not in ("%", "1") and _everyday(unit) is None:
        parse(unit, where)
    return unit


@cache
def factor(given: str, wanted: str, where: str | None = None) -> float:
    """What a number in `given` is multiplied by to be in `wanted`; UnitError when they are of another kind."""
    if given == wanted:
        return 1.0
    simple, simple_wanted = _everyday(given), _everyday(wanted)
    if simple and simple_wanted and simple[0] == simple_wanted[0]:
        return simple[1] / simple_wanted[1]
    a, b = parse(given, where), parse(wanted, where)
    if a.dimensionality != b.dimensionality:
        raise UnitError(
            f"unit '{given}' does not fit: a quantity in '{wanted}' is needed",
            where=where,
            allowed=f"any unit of the kind {b.dimensionality or 'dimensionless'}",
            mend=f"give the value in {wanted}",
        )
    return float(registry().Quantity(1.0, a).to(b).magnitude)


def quantity(text: str | float | int, wanted: str, where: str | None = None) -> float:
    """A number from "8 mg/kg", "6 h" or a plain number (taken to be in `wanted` already), in unit `wanted`."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return float(text)
    match = _QUANTITY.match(str(text))
    if not match:
        raise UnitError(f"'{text}' is not a number with a unit", where=where, allowed=f"for example '1 {wanted}'")
    value, unit = float(match[1]), match[2] or wanted
    return value * factor(unit, wanted, where)
