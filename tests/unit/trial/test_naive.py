"""Naive transfer: a copied value has the interval of a trial of that size, and is judged as the model is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binom

import livingdrug
from livingdrug.engine import cache
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.library import HERE
from livingdrug.results.score import Naive, Score
from livingdrug.results.scoreboard import Scoreboard
from livingdrug.spec.scoreboard import Transfer
from livingdrug.spec.trial import Measure, Published, Trial
from livingdrug.spec.typed import read
from livingdrug.trial.compare import verdict
from livingdrug.trial.naive import NORMAL, NOT_NAMED, UNKNOWN, binomial, copied, effective, log_normal, sampling
from unit.trial.test_scoreboard import edited
from unit.trial.two_trials import forgetful, two_trials

percents = st.floats(0, 100)
sizes = st.integers(1, 1000)


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.ENV, forgetful(tmp_path_factory.mktemp("cache")))
        with two_trials(tmp_path_factory.mktemp("library")) as place:
            yield place


def given_row(value: float, **more: object) -> Published:
    return read(Published, {"measure": "m", "value": value, **more})


# --- intervals --------------------------------------------------------------------------------------------------------


@given(percents, sizes)
def test_the_binomial_interval_holds_what_trials_of_that_size_show(percent: float, n: int) -> None:
    low, high = binomial(percent, n)
    assert 0 <= low <= high <= 100 and low - 100 / n < percent < high + 100 / n
    a, b, p = round(low * n / 100), round(high * n / 100), percent / 100
    assert binom.cdf(b, n, p) >= 0.975 - 1e-9 and binom.cdf(b - 1, n, p) <= 0.975 + 1e-9
    assert binom.cdf(a, n, p) >= 0.025 - 1e-9 and binom.cdf(a - 1, n, p) <= 0.025 + 1e-9


@given(st.floats(1, 99), st.floats(0.5, 20), st.integers(10, 500), st.integers(10, 500))
def test_censoring_makes_a_survival_speak_of_fewer_patients(s: float, half: float, there: int, here: int) -> None:
    low, high = s - half, s + half
    assume(0 < low and high < 100)
    m = effective(given_row(s, low=low, high=high), there, here)
    assert 1 <= m <= here
    greenwood = s * (100 - s) / (half / NORMAL) ** 2  # patients whose interval is as wide
    assert m == max(1, round(here * min(greenwood / there, 1)))
    assert (
        effective(given_row(s), there, here) == here and effective(given_row(s, low=low, high=high), None, here) == here
    )


@given(st.floats(0.1, 1e6), st.floats(1.05, 10), sizes, sizes)
def test_a_published_interval_shrinks_with_the_root_of_the_size(value: float, by: float, there: int, here: int) -> None:
    row = given_row(value, low=value / by, high=value * by)
    low, high = sampling("survival median", row, there, here, None)
    assert low * high == pytest.approx(value**2)
    assert math.log(high / value) == pytest.approx(math.log(by) * math.sqrt(there / here))
    assert sampling("hazard ratio", row, there, there, None) == pytest.approx((value / by, value * by))


def test_a_known_spread_gives_the_interval_of_medians_and_means() -> None:
    luck = np.random.default_rng(5)
    drawn = np.exp(luck.normal(0, 0.7, (4000, 80)))
    for kind, of in (("median", np.median(drawn, axis=1)), ("geometric mean", np.exp(np.log(drawn).mean(axis=1)))):
        found = sampling(kind, given_row(1.0), None, 80, 0.7)
        assert found == pytest.approx(np.percentile(of, [2.5, 97.5]), rel=0.03)
    sd = np.log(drawn).std(axis=1, ddof=1)
    assert sampling("log-sd", given_row(0.7), None, 80, None) == pytest.approx(np.percentile(sd, [2.5, 97.5]), rel=0.04)


@pytest.mark.parametrize("kind", ["median", "geometric mean", "ratio", "survival median", "hazard ratio"])
def test_a_range_is_no_interval(kind: str) -> None:
    assert sampling(kind, given_row(3, range=[1, 22]), 80, 80, None) == UNKNOWN
    assert isinstance(sampling(kind, given_row(3, low=0.0, high=9.0), 80, 80, None), str)  # no logarithm
    assert isinstance(sampling(kind, given_row(3, low=2.0, high=9.0), None, 80, None), str)
    assert isinstance(sampling(kind, given_row(3, low=2.0, high=9.0), 80, None, None), str)


@given(st.floats(1e-3, 1e3), st.floats(0, 2))
def test_log_normal_ends_lie_around_their_value(value: float, error: float) -> None:
    low, high = log_normal(value, error)
    assert 0 < low <= value * (1 + 1e-12) and high >= value * (1 - 1e-12)


# --- copying ----------------------------------------------------------------------------------------------------------


def trial(value: float, n: int, **more: object) -> Trial:
    row = {"measure": "m", "value": value, "n": n, **more}
    measure = {"name": "m", "kind": "share", "of": "weight > 70 kg"}
    row = {"unit": "%", **row}
    return read(Trial, {"size": n, "measure": [measure], "published": [row]})


ROW = read(Transfer, {"trial": "here", "measures": ["m"], "from": "there"})


def said(here: Trial, there: Trial, role: str = "calibration", transfer: Transfer | None = ROW) -> Naive:
    return copied(here.published[0], here, transfer, {"there": (there, role)})


@given(st.integers(0, 50), st.integers(10, 50), st.integers(0, 200), st.integers(40, 200))
def test_a_copied_value_is_judged_by_the_rule_for_the_model(k: int, n: int, k2: int, n2: int) -> None:
    assume(k <= n and k2 <= n2)
    here, there = trial(100 * k / n, n), trial(100 * k2 / n2, n2)
    found = said(here, there)
    value, ends = 100 * k2 / n2, binomial(100 * k2 / n2, n)
    assert (found.value, found.low, found.high) == (value, *ends) and found.trial == "there"
    assert found.verdict == verdict(here.published[0], (value, *ends), value)[0]
    assert found.comparable and (
        "copied value" in found.reason or "trial of that size" in found.reason or not found.reason
    )
    assert said(here, here).verdict == "inside"  # what was published, copied onto itself


def test_what_cannot_be_copied_says_why() -> None:
    here, there = trial(50, 40), trial(60, 40)
    assert said(here, there, transfer=None).reason == NOT_NAMED
    none = read(Transfer, {"trial": "here", "measures": ["m"], "not_comparable": "other assays"})
    assert said(here, there, transfer=none).reason == "other assays"
    assert "nothing that can be compared" in said(here, trial(60, 40, read="memory")).reason
    assert "nothing that can be compared" in said(here, trial(60, 40, not_comparable="put in")).reason


def test_grades_of_two_scales_are_not_copied(folder: Path) -> None:
    (folder / "scales" / "penn.toml").write_text((HERE / "scales" / "penn.toml").read_text("utf-8"), encoding="utf-8")
    penn, astct = trial(50, 40, scale="penn"), trial(60, 40, scale="astct")
    assert said(penn, astct).reason == "graded there on astct, here on penn" and not said(penn, astct).comparable
    assert said(penn, trial(55, 40, scale="penn")).comparable and said(penn, trial(55, 40)).comparable


def test_only_calibration_trials_are_copied_from() -> None:
    with pytest.raises(ScenarioError, match="no calibration trial"):
        said(trial(50, 40), trial(60, 40), "validation")
    with pytest.raises(ScenarioError, match="unknown trial 'there'"):
        copied(trial(50, 40).published[0], trial(50, 40), ROW, {"ther": (trial(60, 40), "calibration")})


@pytest.mark.parametrize(
    "measure, said_",
    [
        ({"name": "m", "kind": "median", "of": "weight", "unit": "kg"}, "kind share and median"),
        ({"name": "other", "kind": "share", "of": "weight > 70 kg"}, "unknown measure 'm'"),
    ],
)
def test_another_measure_is_refused(measure: dict, said_: str) -> None:
    there = trial(60, 40).model_copy(update={"measure": (read(Measure, measure),), "published": ()})
    with pytest.raises(ScenarioError, match=said_):
        said(trial(50, 40), there)


@pytest.mark.parametrize(
    "row, said_",
    [
        ({}, "neither from where"),
        ({"from": "x", "not_comparable": "why"}, "both from where"),
        ({"not_comparable": "why", "log_sd": 0.3}, "'log_sd' has no use"),
        ({"from": "x", "log_sd": -1}, "above 0"),
        ({"from": "x", "log_sd": 0.3}, "where it comes from"),
        ({"form": "x"}, "did you mean 'from'"),
        ({"measures": []}, "names no measure"),
        ({"measures": "m"}, "cannot stand here"),
        ({"measures": ["m", "o"], "from": "x", "take": "p"}, "'take' stands beside 2 measures"),
    ],
)
def test_faults_of_a_row_are_told(row: dict, said_: str) -> None:
    with pytest.raises(LivingDrugError, match=said_):
        read(Transfer, {"trial": "here", "measures": ["m"], **row})


# --- on the scoreboard ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def board(folder: Path) -> Scoreboard:
    return livingdrug.scoreboard(patients=120, seeds=2, wrong_truths=False)


def test_the_model_stands_beside_it_in_the_same_rows(board: Scoreboard) -> None:
    rows = {r.middle.measure: r.naive for r in board.trial("apart").rows}
    assert {m for m, n in rows.items() if n.comparable} == {"large", "free_10d", "free_median"}
    assert rows["heavy"].reason == NOT_NAMED and rows["cells"].reason == "other assays"
    assert {m for m, n in rows.items() if n.verdict == "inside"} == {"large"}
    assert board.naive() == Score(5, (1,)) and board.where_answered().comparable == len(board.answered()) == 3
    inside = [sum(r.inside[i] for r in board.answered()) for i in range(2)]
    assert board.where_answered().inside == tuple(inside)
    assert board.times_naive(answered=True) == pytest.approx(sum(inside) / 2)
    assert board.times_naive() == pytest.approx(board.score("validation").median)
    assert sum(board.naive(f).least for f in ("kinetics", "durability")) == 1
    assert all(r.naive is None for r in board.trial("fitted").rows)


def test_a_row_that_copies_from_nowhere_has_a_line(folder: Path) -> None:
    file = folder / "naive_transfer.toml"
    text = file.read_text(encoding="utf-8")
    try:
        edited(file, 'measures = ["large"]\nfrom = "fitted"', 'measures = ["large"]\nfrom = "fited"')
        with pytest.raises(ScenarioError, match="did you mean 'fitted'") as found:
            livingdrug.scoreboard(patients=120, seeds=1)
        assert "naive_transfer.toml:4" in str(found.value.where)
    finally:
        file.write_text(text, encoding="utf-8")
