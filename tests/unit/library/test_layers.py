"""One table laid on another: what is meant is done, what may be a misspelling is told."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.library.layers import merged
from livingdrug.library.located import Place, mistakable, placed

NAMES = ("tocilizumab", "fever watch", "arm 1")


def on(below: dict[str, Any], above: dict[str, Any]) -> Any:
    return merged(placed(below, Place("below.toml")), placed(above, Place("above.toml")), "x")


@pytest.mark.parametrize("name", NAMES)
def test_another_case_or_hyphen_is_a_misspelling_another_number_is_not(name: str) -> None:
    for wrong in {name.upper(), name.title(), name.replace(" ", "-"), name.replace(" ", "_")} - {name}:
        assert mistakable(wrong, NAMES) == name
        with pytest.raises(ScenarioError, match=f"did you mean '{name}'"):
            on({"rule": [{"name": name}]}, {"rule": [{"name": wrong}]})
        assert len(on({"rule": [{"name": name}]}, {"rule": [{"name": wrong, "new": True}]})["rule"]) == 2
    assert mistakable(f"{name} 7", NAMES) is None


def test_a_published_row_that_is_not_there_is_not_removed() -> None:
    below = {"published": [{"measure": "efs_12m", "value": 50}]}
    assert on(below, {"published": [{"measure": "efs_12m", "remove": True}]})["published"] == []
    with pytest.raises(ScenarioError, match="did you mean 'efs_12m'"):
        on(below, {"published": [{"measure": "efs_12", "remove": True}]})


@given(st.text(max_size=8))
def test_any_factor_of_a_number_is_done_or_refused(text: str) -> None:
    number = {"dose": {"value": 3.0, "unit": "mg", "kind": "assumed", "why": "a test"}}
    try:
        found = on(number, {"dose": f"*{text}"})
    except LivingDrugError:
        try:
            assert not math.isfinite(3.0 * float(text))
        except ValueError:
            pass
    else:
        assert found["dose"]["value"] == 3.0 * float(text)
