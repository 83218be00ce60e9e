"""Endpoints and measures on patients written by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError, ScenarioError, UnitError
from livingdrug.library.located import Place, placed
from livingdrug.spec import trial as spec
from livingdrug.spec.fields import expression
from livingdrug.spec.trial import Trial
from livingdrug.spec.typed import read
from livingdrug.trial.measures import Endpoint, Table, _mean, _median, _share, deviation, median, prepare
from livingdrug.trial.measures import endpoint as measured

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
UNITS = {"weight": "kg", "cmax": "copy/ug", "response": "1", "crs_grade": "1"}
TABLE = Table({k: np.array(x, float) for k, x in PATIENTS.items()}, UNITS)
EFS = {"name": "EFS", "events": ["death", "relapse", "no response"], "censors": ["transplant"]}
RFS = {
    "name": "RFS",
    "among": "response",
    "start": "remission",
    "events": ["death", "relapse"],
    "censors": ["transplant"],
}
PLACE = Place("trial.toml:5")


def endpoint(table: Table, definition: dict) -> Endpoint:  # type: ignore[type-arg]
    return measured(table, read(spec.Endpoint, placed(definition, PLACE)))


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
    with pytest.raises(ScenarioError, match=r"did you mean 'remission'[^$]*trial\.toml:5"):
        endpoint(TABLE, {**RFS, "start": "remision"})
    with pytest.raises(ScenarioError, match=r"did you mean 'response'[^$]*trial\.toml:5"):
        endpoint(TABLE, {**RFS, "among": "respons"})


def value(**definition: object) -> float:
    trial = read(Trial, placed({"endpoint": [EFS, RFS], "measure": [{"name": "m", **definition}]}, PLACE))
    return prepare(trial, TABLE.columns, UNITS)["m"].value


def test_each_kind_of_measure() -> None:
    assert value(kind="share", of="crs_grade >= 3") == pytest.approx(40.0)
    assert value(kind="share", of="crs_grade >= 3", among="crs_grade >= 1") == pytest.approx(50.0)
    assert value(kind="share", of="not infused", among="enrolled") == pytest.approx(100 / 6)
    assert value(kind="median", of="cmax", unit="copy/ug", among="response") == pytest.approx(3e4)
    assert value(kind="median", of="relapse_day", unit="day") == INF
    assert value(kind="mean", of="cmax", unit="copy/ug", among="response") == pytest.approx(3.75e4)
    assert value(kind="geometric mean", of="cmax", unit="copy/ug", among="response") == pytest.approx(
        np.exp(np.log([4e4, 1e4, 2e4, 8e4]).mean())
    )
    assert value(kind="ratio", of="cmax", by="response") == pytest.approx(
        np.exp(np.log([4e4, 1e4, 2e4, 8e4]).mean()) / 1e3
    )
    assert value(kind="log-sd", of="cmax", among="response") == pytest.approx(np.log([4e4, 1e4, 2e4, 8e4]).std(ddof=1))
    # EFS: events at 28, 150, 200 (of 5, 3, 2 at risk), censored at 120 and 500
    assert value(kind="survival", of="EFS", at="6 months") == pytest.approx(100 * 4 / 5 * 2 / 3)
    assert value(kind="survival median", of="EFS", unit="day") == 200.0
    assert value(kind="median", of="cmax / weight", unit="copy/ug/kg", among="weight <= 30 kg") == pytest.approx(
        (2e3 + 2e4 / 30) / 2
    )


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("kg", 1.0), ("g", 1000.0), ("mg", 1e6), ("year", None), ("1", None), (None, None), ("%", None)],
)
@pytest.mark.parametrize("kind", ["median", "mean", "geometric mean"])
def test_a_measure_is_given_in_its_unit_or_refused(kind: str, unit: str | None, factor: float | None) -> None:
    asked = {"kind": kind, "of": "weight", **({"unit": unit} if unit else {})}
    if factor is None:
        with pytest.raises(UnitError):
            value(**asked)
    else:
        assert value(**asked) == pytest.approx(factor * value(kind=kind, of="weight / 1 kg"))


@pytest.mark.parametrize("unit", ["kg", "cell", "day", "1", "%"])
@pytest.mark.parametrize("kind", ["share", "log-sd", "ratio", "survival", "survival median", "hazard ratio"])
def test_a_kind_of_measure_has_its_units(kind: str, unit: str) -> None:
    of = "EFS" if kind in spec.TIMED else "response" if kind == "share" else "cmax"
    own = {"survival": {"at": "6 months"}, "ratio": {"by": "response"}, "hazard ratio": {"by": "response"}}
    asked = {"kind": kind, "of": of, "unit": unit, **own.get(kind, {})}
    if unit == {"survival median": "day", "share": "%", "survival": "%"}.get(kind, "1"):
        value(**asked)
    else:
        with pytest.raises(ScenarioError, match="is not given in"):
            value(**asked)


def test_hazard_ratio_joins_the_group_on_its_day() -> None:
    # RFS from remission: 172 (event, back on day 72 of that clock), 122 (event, never back), 60, 472 (back on 572)
    from livingdrug.trial.survival import hazard_ratio

    wanted = hazard_ratio(
        np.array([172.0, 122.0, 60.0, 472.0]), np.array([True, True, False, False]), np.array([72.0, INF, INF, 572.0])
    )
    got = value(kind="hazard ratio", of="RFS", by="back_day")
    assert got == pytest.approx(float(wanted), nan_ok=True)


@pytest.mark.parametrize("kind", ["ratio", "hazard ratio"])
def test_what_tells_no_two_groups_apart_is_refused(kind: str) -> None:
    of = "EFS" if kind == "hazard ratio" else "cmax"
    for by in ("weight", "crs_grade", "cmax / 2", "never", "1", "3 d", "weight + 1 kg"):
        with pytest.raises(LivingDrugError) as caught:
            value(kind=kind, of=of, by=by)
        assert "trial.toml:5" in str(caught.value)
    for by in ("response", "weight > 30 kg", "not response", "crs_grade >= 2 and response"):
        value(kind=kind, of=of, by=by)


def test_a_hazard_ratio_by_a_condition_is_one_by_who_belongs_from_the_start() -> None:
    from livingdrug.trial.survival import hazard_ratio

    group = np.where(np.array(PATIENTS["weight"][:5]) > 30, -INF, INF)
    e = endpoint(TABLE, {"name": "OS", "events": ["death", "relapse"]})
    trial = read(Trial, placed({
        "endpoint": [{"name": "OS", "events": ["death", "relapse"]}],
        "measure": [{"name": "m", "kind": "hazard ratio", "of": "OS", "by": "weight > 30 kg"}],
    }, PLACE))  # fmt: skip
    got = prepare(trial, TABLE.columns, UNITS)["m"].value
    assert got == pytest.approx(float(hazard_ratio(e.time[:5], e.event[:5], group))) and np.isfinite(got)


@pytest.mark.parametrize("kind", ["median", "mean", "geometric mean", "log-sd", "ratio"])
def test_what_is_true_or_false_is_counted_and_not_averaged(kind: str) -> None:
    with pytest.raises(ScenarioError, match="is true or false"):
        value(kind=kind, of="response", **({"by": "weight > 30 kg"} if kind == "ratio" else {}))


def test_nobody_in_the_group_is_nan_not_a_crash() -> None:
    assert np.isnan(value(kind="share", of="crs_grade >= 3", among="crs_grade > 9"))
    assert np.isnan(value(kind="median", of="cmax", unit="copy/ug", among="crs_grade > 9"))
    assert np.isnan(value(kind="survival", of="EFS", at="12 years"))


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ({"kind": "shares", "of": "infused"}, "did you mean 'share'"),
        ({"kind": "survival", "of": "EFT", "at": "6 months"}, "did you mean 'EFS'"),
        ({"kind": "share", "of": "crs_grad >= 3"}, "did you mean 'crs_grade'"),
        ({"kind": "survival", "of": "EFS"}, "needs 'at'"),
        ({"kind": "ratio", "of": "cmax"}, "needs 'by'"),
        ({"kind": "hazard ratio", "of": "EFS"}, "needs 'by'"),
        ({"kind": "survival", "of": 3, "at": "6 months"}, "is not an endpoint"),
        ({"kind": "survival", "of": "EFS", "at": 6}, "6 has no unit of time"),
        ({"kind": "ratio", "of": "cmax", "by": "respnse"}, "did you mean 'response'"),
        ({"kind": "share", "of": "infused", "among": "respnse"}, "did you mean 'response'"),
    ],
)
def test_measures_that_cannot_be(definition: dict, told: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(LivingDrugError, match=told) as caught:
        value(**definition)
    assert "trial.toml:5" in str(caught.value)


@pytest.mark.parametrize("key", ["of", "among"])
def test_a_measure_is_strict_about_units(key: str) -> None:
    def asked(text: str) -> float:
        return value(**{"kind": "share", "of": "infused", key: text})

    for column, unit in (("weight", "kg"), ("cmax", "copy/ug"), ("relapse_day", "day")):
        with pytest.raises(ScenarioError, match=f"30 has no unit; a number in {unit} is needed"):
            asked(f"{column} <= 30")
        with pytest.raises(UnitError, match="does not fit"):
            asked(f"{column} <= 30 mg/L")
        assert asked(f"{column} >= 0") == 100.0
    assert asked("weight <= 30 kg") == asked("weight <= 30000 g") != asked("weight <= 30 g")
    assert asked("relapse_day <= 300 d") == asked("relapse_day <= 7200 h")


def test_a_table_knows_the_units_it_is_given() -> None:
    assert TABLE.of(expression("weight"), unit="g")[0] == 20_000.0
    assert Table({"x": np.ones(1)}).of(expression("x > 0.5"))[0] == 1.0  # of no declared unit: a plain number
    with pytest.raises(ScenarioError, match="cannot be checked here"):
        Table({"x": np.ones(1)}).of(expression("x > 0.5 mg"))


def test_statistics_without_missing_values() -> None:
    x = np.array([[3.0, np.nan, 1.0, 2.0], [np.nan] * 4, [1.0, INF, INF, 5.0]])
    assert median(x)[0] == 2.0 and np.isnan(median(x)[1]) and median(x)[2] == INF
    assert deviation(x[:1])[0] == pytest.approx(1.0)


@given(
    st.lists(st.one_of(st.floats(-9, 9), st.sampled_from([np.nan, INF, 0.0])), min_size=1, max_size=9),
    st.integers(0, 2**32 - 1),
)
def test_drawn_patients_are_read_as_if_they_stood_in_a_table(values: list[float], seed: int) -> None:
    """Whatever is missing, never or drawn twice: the bits of the plain way."""
    held, rng = np.array(values), np.random.default_rng(seed)
    true, among = rng.random((2, len(values))) < 0.5
    places = rng.integers(0, len(values), (4, 12))
    finite = np.where(np.isfinite(held), held, np.nan)
    for row, middle, mean, share in zip(
        places, _median(held)(places), _mean(finite)(places), _share(true, among)(places), strict=True
    ):
        known = held[row][~np.isnan(held[row])]
        with np.errstate(all="ignore"):
            assert np.array_equal(middle, np.median(known) if known.size else np.nan, equal_nan=True)
            of, counted = np.isfinite(finite[row]), among[row]
            plain = np.where(of, finite[row], 0.0).sum() / max(of.sum(), 1) if of.any() else np.nan
            assert np.array_equal(mean, plain, equal_nan=True)
            part = 100.0 * (true & among)[row].sum() / counted.sum() if counted.any() else np.nan
        assert np.array_equal(share, part, equal_nan=True)
