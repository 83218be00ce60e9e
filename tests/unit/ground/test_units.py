"""Units: a closed vocabulary that means what the field means; every other word is refused, none silently converted."""

from __future__ import annotations

import itertools
import subprocess
import sys
from functools import cache
from pathlib import Path

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError, UnitError
from livingdrug.units import _BASES, DAYS, INSTEAD, MONTH, WORDS, YEAR, factor, parse, quantity, registry, terms

# Words that pint knows too, but that the house uses as the field does: words, and what they mean here.
OURS = {
    "IU": "a unit of its own (one of biological activity)",
    "U": "enzyme units, a unit of its own",
    "Da": "g/mol, as pharmacologists write a molar mass",
    "pct": "percent",
    "bpm": "beats per minute, a plain number per time",
    "cell": "a unit of its own",
    "copy": "a unit of its own",
    "molecule": "a unit of its own, never mixed up with mol",
    "delta_degC": "a difference of temperatures",
    "degC": "a temperature; never converted to a difference",
    "mo": "month",
    "year": "365.25 days",
    "month": "365.25/12 days",
    "TU": "transducing units",
}


@cache
def full() -> pint.UnitRegistry:
    return pint.UnitRegistry(cache_folder=None)


def of_pint(word: str) -> pint.Quantity | None:
    """One of a word as pint by itself reads it, in base units; None when it does not know it."""
    try:
        return full().Quantity(1.0, full().Unit(word)).to_base_units()
    except Exception:
        return None


def same_kind(word: str) -> set[str]:
    return {w for w in WORDS if WORDS[w][0] == WORDS[word][0]}


def is_ours(word: str) -> bool:
    """Whether a word, or the word it is a prefixed or longer form of, is one that the house means in its own way."""
    return any(word in same_kind(mine) for mine in OURS if mine not in ("pct", "bpm", "mo", "year", "month")) or (
        word in OURS
    )


def pint_words() -> list[str]:
    return sorted(full()._units)


def test_each_word_means_what_pint_means_unless_the_house_says_otherwise() -> None:
    compared = [w for w in WORDS if of_pint(w) is not None and not is_ours(w)]
    assert {"mg", "uL", "min", "nM", "mmHg", "Gy", "week", "m", "h"} <= set(compared) and len(compared) > 60
    for word in compared:
        theirs, (kind, size) = of_pint(word), WORDS[word]
        measured = full().Quantity(1.0, "")
        for base, power in kind.items():
            measured = measured * full().Quantity(1.0, _BASES[base]) ** power
        assert theirs is not None and measured.dimensionality == theirs.dimensionality, word
        assert (measured * size).to_base_units().magnitude == pytest.approx(theirs.magnitude, rel=1e-7), word


def refused(word: str) -> bool:
    try:
        terms(word)
    except UnitError as problem:
        assert "is not a unit" in problem.message
        return True
    return False


def test_every_other_word_of_pint_is_refused() -> None:
    others = [w for w in pint_words() if w not in (*WORDS, "°C") and not (w[:-1] in WORDS and w[-1] in "23")]
    assert len(others) > 500 and [word for word in others if not refused(word)] == []


@given(
    st.deferred(lambda: st.sampled_from(sorted(full()._prefixes))),
    st.deferred(lambda: st.sampled_from(pint_words())),
)
def test_so_is_every_prefixed_word_that_nobody_uses(prefix: str, word: str) -> None:
    name = prefix + word
    known = name == "°C" or name.replace("µ", "u").replace("μ", "u") in WORDS
    assert known != refused(name)


@pytest.mark.parametrize("prefix, word", [("q", "d"), ("p", "ct"), ("k", "b"), ("u", "nits"), ("n", "it"), ("d", "ay")])
def test_no_word_is_read_as_a_prefix_and_a_shorter_word(prefix: str, word: str) -> None:
    name = prefix + word
    assert refused(name) or WORDS[name] in (({"time": 1}, 1.0), ({}, 0.01))


def test_words_that_are_no_units_say_what_to_write() -> None:
    for word in INSTEAD:
        with pytest.raises(UnitError) as problem:
            quantity(f"3 {word}", "1")
        assert problem.value.mend == INSTEAD[word], word


@pytest.mark.parametrize(
    "text, wanted, value",
    [
        ("10 IU/mL", "IU/L", 10_000.0),
        ("3 mIU/mL", "IU/L", 3.0),
        ("20 MIU/m2", "IU/m**2", 2e7),
        ("250 U/L", "mU/mL", 250.0),
        ("5 pct", "1", 0.05),
        ("5%", "1", 0.05),
        ("1e6 cells/kg", "cell/g", 1e3),
        ("2 Gcell", "cell", 2e9),
        ("4 vg", "vg", 4.0),
        ("30 mg/m^2", "g/m**2", 0.03),
        ("30 mg/m²", "mg/m2", 30.0),
        ("7 1/day", "1/week", 49.0),
        ("8 mg/kg/day", "mg/kg/h", 1 / 3),
        ("5 µg/mL", "mg/L", 5.0),
        ("5 mcg/dL", "ug/L", 50.0),
        ("1 mm3", "uL", 1.0),
        ("10 nM", "mol/L", 1e-8),
        ("150 kDa", "g/mol", 150_000.0),
        ("12 Gy", "cGy", 1200.0),
        ("72 bpm", "1/min", 72.0),
        ("1 mg/(L*day)", "g/L/week", 0.007),
        ("1 month", "day", 30.4375),
        ("1 copies/ug", "copy/mg", 1000.0),
    ],
)
def test_what_the_field_writes(text: str, wanted: str, value: float) -> None:
    assert quantity(text, wanted) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("10 U/mL", "IU/mL"),
        ("1 molecule", "mol"),
        ("38 degC", "delta_degC"),
        ("1 cell", "copy"),
        ("3 M", "month"),
        ("1 m", "min"),
    ],
)
def test_kinds_are_never_mixed(text: str, wanted: str) -> None:
    with pytest.raises(UnitError, match="does not fit"):
        quantity(text, wanted)


@pytest.mark.parametrize("unit", ["ML", "Mg", "DAY", "Hour", "ug/ML", "milligram/l", "cels", "Weeks"])
def test_the_nearest_word_is_named(unit: str) -> None:
    with pytest.raises(UnitError) as problem:
        factor(unit, "1")
    assert problem.value.nearest in WORDS


WRONG_NUMBERS = [
    "nan mg",
    "inf mg",
    "-inf",
    "nan",
    "1e999 mg",
    "",
    "mg",
    "1,5 mg",
    "2 x 10^6 mg",
    "10^6 mg",
    "1_000 mg",
    "٣ mg",
    "1 2 mg",
]
NO_NUMBERS = [True, False, None, {}, [], [1], {"value": 1}, b"1", float("nan"), float("inf"), 1j, 10**5000]


@pytest.mark.parametrize("given", [*WRONG_NUMBERS, *NO_NUMBERS], ids=lambda x: str(type(x).__name__))
def test_what_is_no_number_is_refused(given: object) -> None:
    with pytest.raises(UnitError):
        quantity(given, "mg")  # type: ignore[arg-type]


@given(st.text(alphabet="mgLkd1/*()^ 0.9-%uc²", max_size=30) | st.text(max_size=20))
def test_any_text_is_a_unit_or_refused_in_one_message(text: str) -> None:
    for ask in (
        lambda: factor(text, "mg"),
        lambda: quantity(text, "mg"),
        lambda: quantity(f"3 {text}", "mg"),
        lambda: parse(text),
    ):
        try:
            ask()
        except LivingDrugError as problem:
            assert isinstance(problem, UnitError) and problem.message


WORD_OR_ONE = st.sampled_from([w for w in WORDS if w != "%"])
UNIT = st.recursive(
    WORD_OR_ONE | WORD_OR_ONE.map(lambda w: f"{w}**2"),
    lambda inner: st.tuples(inner, st.sampled_from("*/"), inner).map(lambda x: f"{x[0]}{x[1]}({x[2]})"),
    max_leaves=4,
)


@given(UNIT)
def test_the_arithmetic_is_pints(unit: str) -> None:
    pinted = registry().Quantity(1.0, parse(unit)).to_base_units()
    assert factor(unit, f"{pinted.units}".replace("dimensionless", "1")) == pytest.approx(pinted.magnitude, rel=1e-9)


def test_there_and_back() -> None:
    for a, b in itertools.permutations(WORDS, 2):
        if WORDS[a][0] == WORDS[b][0]:
            assert factor(a, b) * factor(b, a) == pytest.approx(1.0, rel=1e-12)


def test_one_table_of_time() -> None:
    assert DAYS["month"] == MONTH == YEAR / 12 and {w for w in WORDS if WORDS[w][0] == {"time": 1}} - {"ms"} == set(
        DAYS
    )


def test_every_unit_of_the_library_is_known() -> None:
    import re

    import livingdrug

    found = set()
    for path in (Path(livingdrug.__file__).parent / "library").rglob("*.toml"):
        parts = re.split(r"(?m)^(?=\[)", path.read_text(encoding="utf-8"))
        numbers = [part for part in parts if not part.startswith("[shown.")]  # there a unit is as people read it
        found |= {unit for part in numbers for unit in re.findall(r'\bunit *= *"([^"]*)"', part)}
    assert len(found) > 40
    for unit in found:
        terms(unit)


def test_conversion_needs_no_pint() -> None:
    code = (
        "import sys; from livingdrug.units import quantity; quantity('8 mg/kg', 'g/kg'); print('pint' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
