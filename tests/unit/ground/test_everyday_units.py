"""The quick table of everyday units says what pint says."""

import itertools

import pytest

from livingdrug.errors import UnitError
from livingdrug.units import _EVERYDAY, _everyday, factor, parse, registry

WORDS = [w for w in _EVERYDAY if w != "1"]
PAIRS = [(a, b) for a, b in itertools.permutations(WORDS, 2) if _EVERYDAY[a][0] == _EVERYDAY[b][0]]


def by_pint(a: str, b: str) -> float:
    return float(registry().Quantity(1.0, parse(a)).to(parse(b)).magnitude)


def test_every_pair_of_one_kind_agrees_with_pint():
    for a, b in PAIRS:
        assert factor(a, b) == pytest.approx(by_pint(a, b), rel=1e-12), (a, b)


@pytest.mark.parametrize(
    "a, b",
    [
        ("L/hour", "L/day"),
        ("1/hour", "1/day"),
        ("mg/L", "ug/mL"),
        ("cell/uL", "cell/L"),
        ("mg*hour/L", "mg*day/L"),
        ("m**2", "cm**2"),
        ("pg/mL", "ng/L"),
        ("1/week", "1/day"),
        ("cell/kg", "cell/g"),
        ("mg/m**2", "g/m**2"),
        ("1", "L/day/(mL/min)"),
        ("L/day/(mL/min)", "1"),
        ("mg/(L*day)", "g/(L*hour)"),
    ],
)
def test_compound_units_agree_with_pint(a, b):
    assert _everyday(a) and _everyday(b)
    assert factor(a, b) == pytest.approx(by_pint(a, b), rel=1e-12)


@pytest.mark.parametrize("unit", ["mg/(m**2)", "IU/mL", "percent", "mg day", "", "/day", "mg//L", "furlong"])
def test_other_units_are_left_to_pint(unit):
    assert _everyday(unit) is None


def test_kinds_are_never_mixed():
    with pytest.raises(UnitError, match="does not fit"):
        factor("mg/L", "cell/L")
    with pytest.raises(UnitError, match="not a unit"):
        factor("furlogn", "day")
