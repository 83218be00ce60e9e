"""Kaplan-Meier and Cox, beside lifelines."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.errors import ScenarioError
from livingdrug.trial.survival import hazard_ratio, kaplan_meier, median_time, survival_at


def group(seed: int, n: int = 80, ties: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    time = rng.exponential(300.0, n)
    time = np.ceil(time / 30.0) * 30.0 if ties else time
    return np.minimum(time, 720.0), rng.random(n) < 0.7


@pytest.mark.parametrize("seed", range(4))
def test_curve_and_interval_as_lifelines(seed: int) -> None:
    lifelines = pytest.importorskip("lifelines")
    time, event = group(seed)
    ours = kaplan_meier(time, event)
    theirs = lifelines.KaplanMeierFitter().fit(time, event)
    assert ours.survival == pytest.approx(theirs.survival_function_["KM_estimate"].to_numpy())
    interval = theirs.confidence_interval_.to_numpy()
    at = theirs.confidence_interval_.index.to_numpy()
    for day in (90.0, 180.0, 365.0):
        place = np.searchsorted(ours.time, day, side="right") - 1
        assert (ours.low[place], ours.high[place]) == pytest.approx(
            tuple(interval[np.searchsorted(at, day, side="right") - 1])
        )
        assert ours.at(day) == pytest.approx(float(theirs.predict(day)))
        assert float(survival_at(time, event, day)) == pytest.approx(float(theirs.predict(day)))
    assert float(median_time(time, event)) == theirs.median_survival_time_
    assert ours.at_risk[np.searchsorted(ours.time, 180.0)] == int((time >= 180.0).sum())


def test_many_trials_at_once_equal_one_by_one() -> None:
    time, event = group(9)
    time[::7] = np.nan  # patients outside
    drawn = np.random.default_rng(1).integers(0, len(time), (20, 50))
    together = survival_at(time[drawn], event[drawn], 365.0)
    one = [float(survival_at(time[i], event[i], 365.0)) for i in drawn]
    assert together == pytest.approx(one)
    known = [i[~np.isnan(time[i])] for i in drawn]
    single = [kaplan_meier(time[i], event[i]).at(365.0) for i in known]
    assert together == pytest.approx(single)
    medians = median_time(time[drawn], event[drawn])
    assert medians == pytest.approx([float(median_time(time[i], event[i])) for i in drawn])


def test_what_was_not_followed_is_not_known() -> None:
    time, event = np.array([10.0, 20.0, 30.0]), np.array([True, False, False])
    assert np.isnan(survival_at(time, event, 40.0)) and np.isnan(kaplan_meier(time, event).at(40.0))
    assert float(survival_at(time, np.array([True, True, True]), 40.0)) == 0.0
    assert float(median_time(time, np.array([True, False, False]))) == np.inf
    assert np.isnan(median_time(np.array([np.nan, np.nan]), np.array([False, False])))
    assert np.isnan(survival_at(np.full(3, np.nan), np.zeros(3, bool), 1.0))


@pytest.mark.parametrize("seed", range(4))
def test_hazard_ratio_as_lifelines(seed: int) -> None:
    lifelines = pytest.importorskip("lifelines")
    import pandas as pd

    rng = np.random.default_rng(seed)
    member = rng.random(120) < 0.4
    time = rng.exponential(np.where(member, 150.0, 400.0))
    event = rng.random(120) < 0.8
    ours = float(hazard_ratio(time, event, np.where(member, -1.0, np.inf)))
    theirs = lifelines.CoxPHFitter().fit(pd.DataFrame({"t": time, "e": event, "x": member * 1.0}), "t", "e")
    assert ours == pytest.approx(float(theirs.hazard_ratios_["x"]), rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_a_member_before_becoming_one(seed: int) -> None:
    lifelines = pytest.importorskip("lifelines")
    import pandas as pd

    rng = np.random.default_rng(10 + seed)
    n = 150
    since = rng.exponential(200.0, n)
    time = rng.exponential(300.0, n)
    event = rng.random(n) < 0.8
    rows = []
    for i in range(n):
        if since[i] < time[i]:
            rows += [(i, 0.0, since[i], 0.0, False), (i, since[i], time[i], 1.0, event[i])]
        else:
            rows += [(i, 0.0, time[i], 0.0, event[i])]
    frame = pd.DataFrame(rows, columns=["id", "start", "stop", "x", "e"])
    theirs = lifelines.CoxTimeVaryingFitter().fit(frame, event_col="e", start_col="start", stop_col="stop", id_col="id")
    ours = float(hazard_ratio(time, event, since))
    assert ours == pytest.approx(float(np.exp(theirs.params_["x"])), rel=1e-3)


def test_ratio_without_events_in_a_group_is_not_known() -> None:
    time, event = np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, False, False])
    assert np.isnan(hazard_ratio(time, event, np.array([-1.0, -1.0, np.inf, np.inf])))
    assert np.isnan(hazard_ratio(time, np.zeros(4, bool), np.array([-1.0, np.inf, -1.0, np.inf])))


ASKED = {
    "curve": kaplan_meier,
    "share": lambda time, event: survival_at(time, event, 10.0),
    "median": median_time,
    "ratio": lambda time, event: hazard_ratio(time, event, np.array([-1.0, np.inf, -1.0, np.inf])),
}
DAYS = np.array([5.0, 10.0, 20.0, 30.0])


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("code", [2, -1, 0.5, np.nan, np.inf, None, "Y", "event"])
def test_an_event_is_0_or_1_and_nothing_else(asked, code) -> None:
    with pytest.raises(ScenarioError, match="neither 0 nor 1"):
        asked(DAYS, np.array([1, 0, code, 1], dtype=object))
    with pytest.raises(ScenarioError, match="neither 0 nor 1"):
        asked(DAYS, [1, 0, code, 1])


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("day", [np.inf, -np.inf, -1.0])
def test_a_time_is_finite_and_not_negative(asked, day: float) -> None:
    with pytest.raises(ScenarioError, match="times cannot be"):
        asked(np.array([5.0, day, 20.0, 30.0]), np.array([1, 0, 1, 0]))


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_0_and_1_are_as_good_as_truth(asked) -> None:
    event = np.array([True, False, True, True])
    for same in (event.astype(int), event.astype(float), event.astype(object), event.tolist()):
        one, other = asked(DAYS, event), asked(DAYS, same)
        np.testing.assert_array_equal(getattr(one, "survival", one), getattr(other, "survival", other))


def test_a_missing_time_is_told_by_the_curve() -> None:
    with pytest.raises(ScenarioError, match="1 of 4 times are missing"):
        kaplan_meier(np.array([5.0, np.nan, 20.0, 30.0]), [1, 0, 1, 0])


def test_a_missing_day_of_joining_is_told() -> None:
    with pytest.raises(ScenarioError, match="joining the group is missing"):
        hazard_ratio(DAYS, [1, 0, 1, 0], [0.0, np.nan, np.inf, np.inf])


@pytest.mark.parametrize("seed", range(4))
def test_members_at_risk_are_those_who_joined_and_have_not_left(seed: int) -> None:
    from livingdrug.trial.survival import _members_at_risk

    generator = np.random.default_rng(seed)
    time = np.sort(generator.integers(1, 9, (5, 12)).astype(float), axis=-1)
    time[:, 10:] = np.nan
    since = generator.choice([-np.inf, 0.0, 2.0, 4.0, 8.0, np.inf], (5, 12)) if seed % 2 else np.full((5, 12), -np.inf)
    known = ~np.isnan(time)
    place = np.arange(12)
    first = np.stack([[np.flatnonzero((t == x) | (np.isnan(t) & np.isnan(x)))[0] for x in t] for t in time])
    assert place.shape == first.shape[1:]
    found = _members_at_risk(time, since, known, first)
    for t, s, row in zip(time, since, found, strict=True):
        wanted = [((s < x) & (t >= x)).sum() if x == x else 0 for x in t]
        assert row.tolist() == wanted
