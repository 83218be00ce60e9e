"""Inside, outside, not comparable: the rule of the house, on made-up rows."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.errors import ScenarioError
from livingdrug.library.located import Place, placed
from livingdrug.spec.trial import Published, Trial
from livingdrug.spec.typed import read
from livingdrug.trial.compare import compare, exact_binomial, interval, predicted, verdict
from livingdrug.trial.measures import prepare

NAN = float("nan")
PLACE = Place("trial.toml:5")


def row(**said: object) -> Published:
    return read(Published, placed({"measure": "x", **said}, PLACE))


def test_exact_binomial_interval() -> None:
    # Clopper and Pearson, as tabulated: 0 of 10, 5 of 10, 10 of 10
    assert exact_binomial(0, 10) == pytest.approx((0.0, 30.85), abs=0.01)
    assert exact_binomial(50, 10) == pytest.approx((18.71, 81.29), abs=0.01)
    assert exact_binomial(100, 10) == pytest.approx((69.15, 100.0), abs=0.01)


def test_which_interval_a_row_has() -> None:
    assert interval(row(**{"value": 82, "low": 72, "high": 90, "unit": "%", "n": 79})) == (72, 90)
    low, high = interval(row(**{"value": 77, "unit": "%", "n": 79}))  # type: ignore[misc]
    assert 60 < low < 77 < high < 90
    assert (
        interval(row(**{"value": 8, "range": [1, 36], "unit": "day", "n": 61})) is None
    )  # a range is never an interval
    assert interval(row(**{"value": 77, "unit": "%"})) is None


@pytest.mark.parametrize(
    ("published", "simulated", "whole", "word"),
    [
        ({"value": 80, "low": 70, "high": 90}, (78, 70, 86), 78, "inside"),
        ({"value": 80, "low": 70, "high": 90}, (60, 50, 70), 60, "outside"),  # published above the simulated interval
        (
            {"value": 80, "low": 76, "high": 90},
            (74, 60, 88),
            74,
            "outside",
        ),  # the cohort outside the published interval
        ({"value": 80}, (74, 60, 88), 74, "inside"),  # no interval: one condition only
        ({"value": 80, "read": "memory"}, (80, 70, 90), 80, "not comparable"),
        ({"value": 80, "not_comparable": "another cohort"}, (80, 70, 90), 80, "not comparable"),
        ({"value": 80}, (NAN, NAN, NAN), NAN, "not comparable"),
        ({"value": 10, "low": 5, "high": 20}, (np.inf, 30, np.inf), np.inf, "outside"),
    ],
)
def test_verdict(published: dict, simulated: tuple, whole: float, word: str) -> None:  # type: ignore[type-arg]
    said, reason = verdict(row(**published), simulated, whole)
    assert said == word and bool(reason) == (word != "inside")


def cohort(n: int, share: float) -> dict:  # type: ignore[type-arg]
    return {
        "infused": np.ones(n),
        "failed": np.zeros(n),
        "well": (np.arange(n) < share * n) * 1.0,
        "size": np.arange(n, dtype=float),
    }


TRIAL = {
    "size": 50,
    "measure": [
        {"name": "well", "kind": "share", "of": "well"},
        {"name": "size", "kind": "median", "of": "size", "unit": "1"},
    ],
}
UNITS = {"infused": "1", "failed": "1", "well": "1", "size": "1"}


def trial(*published: dict) -> Trial:  # type: ignore[type-arg]
    return read(Trial, placed({**TRIAL, "published": list(published)}, PLACE))


def test_the_interval_is_that_of_a_trial_of_the_size() -> None:
    measure = prepare(trial(), cohort(2000, 0.6), UNITS)["well"]
    middle, low, high = predicted(measure, 50, seed=1, trials=4000)
    # binomial: 60 % of 50 has a standard deviation of 6.93 points
    assert (
        middle == pytest.approx(60, abs=1)
        and low == pytest.approx(60 - 13.6, abs=2.1)
        and high == pytest.approx(60 + 13.6, abs=2.1)
    )
    wide = predicted(measure, 12, 1)
    assert wide[1] < low and wide[2] > high
    assert predicted(measure, 50, 1) == predicted(measure, 50, 1)


def test_too_few_patients_conclude_nothing() -> None:
    table = compare(trial({"measure": "well", "value": 60, "unit": "%", "n": 50}), cohort(20, 0.6), units=UNITS)
    assert table["well"].verdict == "not comparable" and "too few" in table["well"].reason


def test_why_there_is_no_verdict_is_plain() -> None:
    from livingdrug.trial.compare import lacking

    few, many = (prepare(trial(), cohort(n, 0.6), UNITS)["well"] for n in (20, 2000))
    assert lacking(few, 79) == "too few virtual patients: 20, and 50 are needed (raise the number of patients)"
    assert lacking(few, 30) == "too few virtual patients: 20, and 30 are needed (raise the number of patients)"
    data = {**TRIAL, "measure": [{**TRIAL["measure"][0], "among": "size > 9000"}]}  # type: ignore[index]
    nobody = prepare(read(Trial, placed(data, PLACE)), cohort(2000, 0.6), UNITS)["well"]
    assert lacking(nobody, 50) == "among the virtual patients there is nobody whom this measure counts"
    assert "few" in lacking(many, 50)


def test_fitted_rows_and_rows_kept_apart_are_counted_apart() -> None:
    published = [
        {"measure": "well", "value": 60, "unit": "%", "n": 50, "fitted": True},
        {"measure": "size", "value": 5, "unit": "1"},
        {"measure": "other", "value": 1, "unit": "1", "not_comparable": "a parameter"},
    ]
    table = compare(trial(*published), cohort(1000, 0.6), units=UNITS)
    assert table.counts() == {
        "comparable": 2,
        "inside": 1,
        "fitted": 1,
        "fitted_inside": 1,
        "apart": 1,
        "apart_inside": 0,
    }
    assert [r.verdict for r in table.rows] == ["inside", "outside", "not comparable"]
    rows = table.to_dicts()
    assert set(rows[0]) >= {"measure", "unit", "simulated", "low", "high", "published", "fitted", "verdict", "reason"}
    assert rows[0]["published"][0]["low"] == pytest.approx(45.2, abs=0.1) and rows[0]["published"][0]["exact"]
    assert (
        "1 of 2 comparable measures within the 95 % prediction interval" in repr(table)
        and "<table" in table._repr_html_()
    )


@pytest.mark.parametrize(
    ("published", "told"),
    [
        ({"measure": "wel", "value": 1}, "did you mean 'well'"),
        ({"measure": "well", "value": 0.6, "unit": "1"}, "the published unit is 1"),
    ],
)
def test_published_rows_that_cannot_be(published: dict, told: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ScenarioError, match=told):
        trial(published)


def test_what_is_not_what_was_fitted_has_no_fitted_row() -> None:
    """Another product or protocol was not fitted to the rows, whatever the trial's file marks."""
    own = trial({"measure": "well", "value": 60, "unit": "%", "n": 50, "fitted": True})
    for fitted in (True, False):
        counts = compare(own, cohort(1000, 0.6), units=UNITS, fitted=fitted).counts()
        assert (counts["comparable"], counts["fitted"], counts["apart"]) == (1, int(fitted), int(not fitted))


def test_a_measure_without_a_published_row_stands_after_the_others() -> None:
    table = compare(trial({"measure": "size", "value": 500, "unit": "1"}), cohort(1000, 0.6), units=UNITS)
    assert [(r.measure, r.reason) for r in table.rows][1:] == [("well", "nothing published")]
    assert table["well"].whole == pytest.approx(60.0)
