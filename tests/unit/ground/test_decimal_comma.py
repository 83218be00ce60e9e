"""A decimal comma: taken on pages, where a phone may offer no point; elsewhere told with the number to write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.cli.sweep import spread
from livingdrug.errors import LivingDrugError, of_commas, pointed
from livingdrug.registry.search.request import age
from livingdrug.spec.clock import clock, duration, moment
from livingdrug.spec.grammar import parse
from livingdrug.units import quantity
from livingdrug.web.pages._form import read
from livingdrug.web.settings import Limits

UNITS = ("", " kg", " cell/kg", " 1/day", "e6 cell", " %", " months")


@given(st.integers(0, 999), st.integers(1, 99), st.sampled_from(UNITS))
def test_a_decimal_comma_is_a_point(whole: int, share: int, unit: str) -> None:
    assert pointed(f"{whole},{share}{unit}") == f"{whole}.{share}{unit}"
    assert pointed(f"* {whole},{share}") == f"* {whole}.{share}"
    assert pointed(f"{whole}.{share}{unit}") == f"{whole}.{share}{unit}"


@pytest.mark.parametrize(
    "text",
    ["1,000", "12,500 cell", "1,2,3", "1,5.2", "28, 365", "[28,36]", "a,5", "Munich,200", "1,", "", "crs.grade >= 1,5",
     "1,5 2,5", "48.1,11.5", "4-1BB,CD28"],
)  # fmt: skip
def test_what_may_mean_another_thing_stays(text: str) -> None:
    assert pointed(text) == text


def test_thousandths_are_no_thousands() -> None:
    assert pointed("0,125 1/day") == "0.125 1/day" and pointed(",125") == "0.125"


@pytest.mark.parametrize("number", ["40,5", "0,25", "1,000", "12,75"])
def test_files_and_options_tell_how_to_write_it(number: str) -> None:
    asks = (
        lambda: quantity(number, "kg"),
        lambda: quantity(f"{number} kg", "kg"),
        lambda: duration(f"{number} months"),
        lambda: moment(f"{number} h"),
        lambda: clock(f"every {number} h"),
        lambda: parse(f"weight >= {number}"),
        lambda: spread((number, "50"), 5, False),
    )
    for ask in asks:
        with pytest.raises(LivingDrugError) as caught:
            ask()
        assert "point" in str(caught.value.mend), caught.value


def test_pages_take_it() -> None:
    sent = {"trial": "eliana", "value:covariates.age.value": "40,5", "rows": "1", "row:0": "dose.factor",
            "cell:0:0": "0,5", "value:kinetics.growth": "1,000 1/day"}  # fmt: skip
    form = read(sent, Limits())
    assert form.values == {"covariates.age.value": "40.5", "kinetics.growth": "1,000 1/day"}
    assert form.rows == (("dose.factor", ("0.5",)),)
    assert age("40,5") == 40.5 and age("8,5 months") == pytest.approx(8.5 / 12, rel=0.01)
    assert "no comma" in str(of_commas("1,000"))
