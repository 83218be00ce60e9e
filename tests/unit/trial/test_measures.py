"""Endpoints and measures on patients written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.errors import ScenarioError
from livingdrug.trial.measures import Table, deviation, endpoint, median, prepare

INF = np.inf
# Relapse after remission; death in remission; no response; censored at transplant; well to the end; not infused.
PATIENTS = {
    "infused": [1, 1, 1, 1, 1, 0],
    "failed": [0, 0, 0, 0, 0, np.nan],
    "response": [1, 1, 0, 1, 1, np.nan],
    "remission_day": [28, 28, INF, 60, 28, np.nan],
    "relapse_day": [200, INF, INF, 400, INF, np.nan],
    "death_day": [300, 150, 90, INF, INF, np.nan],
    "no_response_day": [INF, INF, 28, INF, INF, np.nan],
    "transplant_day": [INF, INF, INF, 120, 500, np.nan],
    "end_day": [300, 150, 90, 1000, 1000, np.nan],
    "crs_grade": [3, 0, 1, 4, 2, np.nan],
    "cmax": [4e4, 1e4, 1e3, 2e4, 8e4, np.nan],
    "back_day": [100, INF, INF, INF, 600, np.nan],
    "weight": [20, 60, 40, 30, 70, np.nan],
}
TABLE = Table({k: np.array(x, float) for k, x in PATIENTS.items()}, {"weight": "kg"})
EFS = {"name": "EFS", "events": ["death", "relapse", "no response"], "censors": ["transplant"]}
RFS = {
    "name": "RFS",
    "among": "response",
    "start": "remission",
    "events": ["death", "relapse"],
    "censors": ["transplant"],
}


def test_event_free_survival_by_hand() -> None:
    e = endpoint(TABLE, EFS)
    assert e.time[:5].tolist() == [200, 150, 28, 120, 500] and np.isnan(e.time[5])
    assert e.event.tolist() == [True, True, True, False, False, False]
    assert list(e.what[:5]) == ["relapse", "death", "no response", "transplant", "transplant"]


def test_relapse_free_survival_starts_at_remission_in_responders() -> None:
    e = endpoint(TABLE, RFS)
    assert e.time[[0, 1, 3, 4]].tolist() == [172, 122, 60, 472] and np.isnan(e.time[[2, 5]]).all()
    assert e.event.tolist() == [True, True, False, False, False, False]


def test_without_censoring_the_end_of_follow_up_censors() -> None:
    e = endpoint(TABLE, {"name": "OS", "events": ["death"]})
    assert e.time[:5].tolist() == [300, 150, 90, 1000, 1000]
    assert e.event[:5].tolist() == [True, True, True, False, False] and e.what[4] == "end"


def test_what_comes_before_the_start_or_after_the_end_does_not_count() -> None:
    table = Table(
        {
            "a_day": np.array([5.0, 50.0, 20.0]),
            "b_day": np.array([10.0, 10.0, 10.0]),
            "end_day": np.array([40.0, 40.0, 40.0]),
            "infused": np.ones(3),
            "failed": np.zeros(3),
        }
    )
    e = endpoint(table, {"name": "x", "start": "b", "events": ["a"]})
    assert e.time.tolist() == [30, 30, 10] and e.event.tolist() == [False, False, True]


def test_unknown_words_in_an_endpoint() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'relapse'"):
        endpoint(TABLE, {**EFS, "events": ["relapsed"]})
    with pytest.raises(ScenarioError, match="did you mean 'transplant'"):
        endpoint(TABLE, {**EFS, "censors": ["transplnt"]})


def value(**definition: object) -> float:
    trial = {"endpoint": [EFS, RFS], "measure": [{"name": "m", **definition}]}
    return prepare(trial, TABLE.columns)["m"].value


def test_each_kind_of_measure() -> None:
    assert value(kind="share", of="crs_grade >= 3") == pytest.approx(40.0)
    assert value(kind="share", of="crs_grade >= 3", among="crs_grade >= 1") == pytest.approx(50.0)
    assert value(kind="share", of="not infused", among="enrolled") == pytest.approx(100 / 6)
    assert value(kind="median", of="cmax", among="response") == pytest.approx(3e4)
    assert value(kind="median", of="relapse_day") == INF
    assert value(kind="geometric mean", of="cmax", among="response") == pytest.approx(
        np.exp(np.log([4e4, 1e4, 2e4, 8e4]).mean())
    )
    assert value(kind="ratio", of="cmax", by="response") == pytest.approx(
        np.exp(np.log([4e4, 1e4, 2e4, 8e4]).mean()) / 1e3
    )
    assert value(kind="log-sd", of="cmax", among="response") == pytest.approx(np.log([4e4, 1e4, 2e4, 8e4]).std(ddof=1))
    # EFS: events at 28, 150, 200 (of 5, 3, 2 at risk), censored at 120 and 500
    assert value(kind="survival", of="EFS", at="6 months") == pytest.approx(100 * 4 / 5 * 2 / 3)
    assert value(kind="survival median", of="EFS", unit="day") == 200.0
    assert value(kind="median", of="cmax / weight", among="weight <= 30 kg") == pytest.approx((2e3 + 2e4 / 30) / 2)


def test_hazard_ratio_joins_the_group_on_its_day() -> None:
    # RFS from remission: 172 (event, back on day 72 of that clock), 122 (event, never back), 60, 472 (back on 572)
    from livingdrug.trial.survival import hazard_ratio

    wanted = hazard_ratio(
        np.array([172.0, 122.0, 60.0, 472.0]), np.array([True, True, False, False]), np.array([72.0, INF, INF, 572.0])
    )
    got = value(kind="hazard ratio", of="RFS", by="back_day")
    assert got == pytest.approx(float(wanted), nan_ok=True)


def test_nobody_in_the_group_is_nan_not_a_crash() -> None:
    assert np.isnan(value(kind="share", of="crs_grade >= 3", among="crs_grade > 9"))
    assert np.isnan(value(kind="median", of="cmax", among="crs_grade > 9"))
    assert np.isnan(value(kind="survival", of="EFS", at="12 years"))


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ({"kind": "shares", "of": "infused"}, "did you mean 'share'"),
        ({"kind": "survival", "of": "EFT", "at": "6 months"}, "did you mean 'EFS'"),
        ({"kind": "share", "of": "crs_grad >= 3"}, "did you mean 'crs_grade'"),
        ({"kind": "survival", "of": "EFS"}, "needs 'at'"),
        ({"kind": "ratio", "of": "cmax"}, "needs 'by'"),
    ],
)
def test_measures_that_cannot_be(definition: dict, told: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ScenarioError, match=told):
        value(**definition)


def test_statistics_without_missing_values() -> None:
    x = np.array([[3.0, np.nan, 1.0, 2.0], [np.nan] * 4, [1.0, INF, INF, 5.0]])
    assert median(x)[0] == 2.0 and np.isnan(median(x)[1]) and median(x)[2] == INF
    assert deviation(x[:1])[0] == pytest.approx(1.0)
