"""A bare number where a unit is needed is told with the column where it stands."""

from __future__ import annotations

import pytest

from livingdrug.care.compiler import Programs
from livingdrug.errors import LivingDrugError
from livingdrug.spec.fields import expression


@pytest.mark.parametrize("before", ["", "weight > 1 kg and ", "not (age >= 2 year) or "])
@pytest.mark.parametrize("number", ["30", "2.5e3", ".5"])
def test_a_bare_number_is_told_with_its_column(before: str, number: str) -> None:
    text = f"{before}weight < {number}"
    with pytest.raises(LivingDrugError) as caught:
        Programs({}, {"weight": "kg", "age": "year"}).compile(expression(text), None, "my.toml:3")
    assert f"column {text.rindex(number) + 1} of" in caught.value.message
