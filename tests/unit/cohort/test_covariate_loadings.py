"""A property that loads on others, as T cells on the lines of treatment before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.cohort import draw
from livingdrug.errors import LivingDrugError
from livingdrug.scenario import resolve

BY_LINE = {"population": "lbcl-by-line", "covariates.prior_lines.distribution": "fixed"}
WORN = ("tumour.growth", "tumour.resistant_share", "platelets.normal", "leucocytes.start", "fitness")


def patients(lines: float | None, **sets: Any) -> Any:
    """200 adults with lymphoma, all after so many lines (None: of the trial's own population)."""
    asked = {**BY_LINE, "covariates.prior_lines.value": lines} if lines is not None else {"population": "lbcl-adult"}
    return draw(resolve("zuma-1", {**asked, **sets}), np.arange(200), 1)


def test_after_three_lines_they_are_the_patients_of_the_trials() -> None:
    own, usual = patients(3), patients(None)
    for path, x in usual.values.items():
        if path != "prior_lines":
            assert own.of(path) == pytest.approx(np.broadcast_to(x, 200), rel=1e-12), path


@settings(max_examples=6, derandomize=True, deadline=None)
@given(st.floats(1, 11), st.floats(0.2, 1))
def test_each_line_wears_everybody_a_little_more(lines: float, more: float) -> None:
    few, many = patients(lines), patients(lines + more)
    wear = many.of("wear") - few.of("wear")
    assert (wear > 0).all()
    assert many.of("fitness") - few.of("fitness") == pytest.approx(-0.3 * wear)
    assert np.log(many.of("tumour.growth") / few.of("tumour.growth")) == pytest.approx(0.1 * wear)
    assert (many.of("tumour.resistant_share") > few.of("tumour.resistant_share")).all()
    assert (many.of("platelets.normal") < few.of("platelets.normal")).all()
    assert (many.of("tumour.burden") == few.of("tumour.burden")).all()


def test_a_property_on_a_logarithmic_scale_is_multiplied() -> None:
    heavier = patients(6, **{"covariates.weight.loadings.wear": 0.5}), patients(3)
    bounded = (heavier[0].of("weight") < 160) & (heavier[1].of("weight") > 40)
    found = np.log(heavier[0].of("weight") / heavier[1].of("weight"))[bounded]
    assert found == pytest.approx(0.5 * heavier[0].of("wear")[bounded])


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ({"covariates.fitness.loadings.waer": 1}, "wear"),
        ({"covariates.female.loadings.wear": 1}, "no use for 'loadings'"),
        ({"covariates.fitness.loadings.wear": "much"}, "loadings"),
        ({"covariates.prior_lines.distribution": "normal", "covariates.prior_lines.loadings.wear": 1}, "circle"),
    ],
)
def test_what_cannot_be_is_told(sets: dict[str, Any], said: str) -> None:
    with pytest.raises(LivingDrugError) as problem:
        patients(2, **sets)
    assert said in str(problem.value)
