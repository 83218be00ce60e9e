"""Entropy balancing: published rows hold under the weights, equal weights stay equal, and what cannot be is named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.cohort.match import features, matched
from livingdrug.errors import ScenarioError
from livingdrug.spec.population import Baseline
from thoroughness import some

N = 4_000
DRAWN = np.random.default_rng(1)
AGE = DRAWN.normal(50, 12, N)
PATIENTS = {"age": AGE, "weight": 40 + 0.5 * AGE + DRAWN.normal(0, 8, N), "bridged": (DRAWN.random(N) < 0.4) * 1.0}


def row(of: str, statistic: str, value: float, **more: float) -> Baseline:
    return Baseline(measure=f"{of}, {statistic}", of=of, statistic=statistic, value=value, **more)


@given(st.floats(44, 56), st.floats(62, 68), st.floats(0.2, 0.6), st.floats(0.15, 0.45))
@settings(max_examples=some(25))
def test_every_row_holds_under_the_weights(age: float, weight: float, bridged: float, old: float) -> None:
    rows = [
        row("age", "median", age),
        row("weight", "mean", weight),
        row("bridged", "share", bridged),
        row("age", "share above", old, above=58.0),
    ]
    try:
        found = matched(rows, PATIENTS)
    except ScenarioError as problem:  # such as a median of 58 and a seventh above it
        assert any(r.measure in str(problem) for r in rows)
        return
    chance = found.chance(PATIENTS)
    share = chance / chance.sum()
    assert 0 < chance.min() and chance.max() == pytest.approx(1.0)
    assert share @ (AGE <= age) == pytest.approx(0.5, abs=2e-3)
    assert share @ PATIENTS["weight"] == pytest.approx(weight, abs=0.02)
    assert share @ PATIENTS["bridged"] == pytest.approx(bridged, abs=1e-3)
    assert share @ (AGE > 58.0) == pytest.approx(old, abs=1e-3)
    assert found.effective == pytest.approx(1 / (share**2).sum() / N)


def test_the_weights_are_the_nearest_to_equal_ones() -> None:
    """One row: all who are alike in it weigh alike, and as much more as is needed."""
    chance = matched([row("bridged", "share", 0.75)], PATIENTS).chance(PATIENTS)
    yes, no = (np.unique(np.round(chance[PATIENTS["bridged"] == x], 12)) for x in (1.0, 0.0))
    share = PATIENTS["bridged"].mean()
    assert len(yes) == len(no) == 1 and yes[0] / no[0] == pytest.approx(3.0 * (1 - share) / share, rel=1e-4)
    as_it_is = matched([row("bridged", "share", share)], PATIENTS)
    assert as_it_is.effective == pytest.approx(1.0) and as_it_is.chance(PATIENTS).min() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "rows, said",
    [
        ([row("age", "mean", 200.0)], "age, mean.*as many"),
        ([row("age", "share below", 0.5, below=-5.0)], "age, share below"),
        ([row("bridged", "share", 1.0)], "bridged, share"),
        ([row("age", "mean", 90.0)], "age, mean"),
        ([row("age", "share below", 0.6, below=40.0), row("age", "share above", 0.6, above=60.0)], "other rows|count"),
    ],
)
def test_what_cannot_be_matched_is_named(rows: list[Baseline], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        matched(rows, PATIENTS)


def test_features_are_those_of_the_baseline_table() -> None:
    asked = [row("age", "share between", 0.3, above=40.0, below=50.0), row("bridged", "share", 0.4)]
    between, bridged = features(asked, PATIENTS).T
    np.testing.assert_allclose(between, ((AGE > 40) & (AGE < 50)) - 0.3)
    np.testing.assert_allclose(bridged, PATIENTS["bridged"] - 0.4)
