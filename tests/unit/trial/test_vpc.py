"""A visual predictive check: data read row by row, percentiles of known numbers, intervals that keep their promise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import livingdrug
from livingdrug.errors import LivingDrugError, ScenarioError, UnitError
from livingdrug.results.result import Result
from livingdrug.trial import vpc
from livingdrug.trial.observed import Observed, observed
from thoroughness import some

COPIES = "assay.qpcr.copies"


@pytest.fixture(scope="module")
def result() -> Result:
    return livingdrug.Trial("eliana").run(patients=120, seed=2)


def table(**columns: list) -> pd.DataFrame:
    return pd.DataFrame({"ID": [1, 1, 2], "TIME": [7, 28, 7], "DV": [100, 10, 200], **columns})


values = st.floats(0.01, 1e6)


@settings(max_examples=some(30))
@given(st.lists(st.tuples(st.integers(1, 9), st.floats(-5, 900), values), min_size=1, max_size=30))
def test_what_is_written_is_read(tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("data") / "mine.csv"
    lines = [f"{who},{day!r},{value!r}" for who, day, value in rows]
    file.write_text("id,Time,dv\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = observed(file, "copy/ug")
    assert found.ids == tuple(str(who) for who, _, _ in rows) and not found.below.any() and found.limit == 0
    np.testing.assert_array_equal(found.days, [day for _, day, _ in rows])
    np.testing.assert_array_equal(found.values, [value for *_, value in rows])
    again = observed(pd.DataFrame(rows, columns=["ID", "TIME", "DV"]), "copy/ug")
    np.testing.assert_array_equal(again.values, found.values)


@pytest.mark.parametrize("mark", ";\t")
def test_a_table_may_be_separated_by_other_marks(tmp_path, mark):
    file = tmp_path / "mine.csv"
    file.write_text("\n\n".join(["ID,TIME,DV", '"a\nb",2,3', "2,4,x"]).replace(",", mark), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"'x' is no number\n(?s:.*)mine.csv:6, column DV"):
        observed(file, "copy/ug")
    file.write_text(file.read_text(encoding="utf-8").replace("x", "5"), encoding="utf-8")
    assert observed(file, "copy/ug").values.tolist() == [3.0, 5.0]


def test_units_times_and_limits_are_those_of_the_columns():
    found = observed(table(UNIT=["mg/L", "ug/L", "mg/L"], LLOQ=[1, 1, 1]), "ug/L", time_unit="week")
    assert found.days.tolist() == [49, 196, 49] and found.values.tolist() == pytest.approx([1e5, 10, 2e5])
    assert observed(table(), "ug/L", unit="mg/L").values.tolist() == pytest.approx([1e5, 1e4, 2e5])


def test_rows_below_the_limit_are_kept_and_rows_that_are_no_observation_left_out():
    found = observed(table(BLQ=[0, 1, 0], LLOQ=[50, 50, 50], EVID=[0, 0, 1]), "copy/ug")
    assert found.below.tolist() == [False, True] and found.limit == 50 and found.patients == 1
    assert observed(table(DV=["100", "<50", "."]), "copy/ug").below.tolist() == [False, True]
    assert observed(table(LLOQ=[50, 50, 50]), "copy/ug").below.tolist() == [False, True, False]
    assert len(observed(table(MDV=[1, 0, 0]), "copy/ug").values) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ID,TIME\n1,2\n", "mine.csv:1"),
        ("ID,TIME,DV\n1,2,x\n", "mine.csv:2, column DV"),
        ("ID,TIME,DV\n1,2,3\n1,2\n", "mine.csv:3"),
        ("ID,TIME,DV\n1,.,3\n", "mine.csv:2"),
        ("ID,TIME,DV,UNIT\n1,2,3,kg\n", "mine.csv:2, column UNIT"),
        ("ID,TIME,DV,UNIT\n1,2,3,mgg\n", "mine.csv:2, column UNIT"),
        ("ID,TIME,DV\n1,2,inf\n", "column DV"),
        ("ID,TIME,DV\n", "no observation"),
        ("", "no column ID"),
        ('ID,TIME,DV\n1,2,"' + "9" * 200_000, "no CSV file"),
    ],
)
def test_a_fault_in_the_data_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LivingDrugError) as told:
        observed(file, "copy/ug")
    assert says in str(told.value) and "mine.csv" in str(told.value)


def test_no_file_and_no_unit_of_time_are_named(tmp_path):
    with pytest.raises(ScenarioError, match="cannot be read"):
        observed(tmp_path / "none.csv", "copy/ug")
    with pytest.raises(UnitError, match="no unit of time"):
        observed(table(), "copy/ug", time_unit="fortnight")


@settings(max_examples=some(50))
@given(st.lists(st.integers(0, 400), min_size=1, max_size=200))
def test_bins_hold_every_observation_once_and_in_order(days):
    n = len(days)
    data = Observed(tuple("x" * n), np.array(days, float), np.ones(n), np.zeros(n, bool), 0.0)
    bins = vpc._bins(data)
    assert sorted(np.concatenate(bins).tolist()) == list(range(n)) and len(bins) <= vpc.BINS
    for before, after in zip(bins, bins[1:], strict=False):
        assert data.days[before].max() < data.days[after].min()


def test_percentiles_and_intervals_of_a_known_distribution():
    """Of a thousand patients 0 to 999: the middle of trials is the percentile, and nearly all trials lie within."""
    sampled = np.arange(1000.0)[:, None]
    low, middle, high, share = vpc._simulated(sampled, np.array([100]), 100.0, seed=1)
    np.testing.assert_allclose(middle[:, 0], [0, 500, 950], atol=25)  # the 5th lies below the limit: 0
    assert (low[1:] < middle[1:]).all() and (middle[1:] < high[1:]).all()
    np.testing.assert_allclose(share[:, 0], [0.1 - 0.06, 0.1, 0.1 + 0.06], atol=0.015)
    wide = vpc._simulated(sampled, np.array([10]), 0.0, seed=1)
    assert (wide[2] - wide[0])[1, 0] > 2 * (high - low)[1, 0], "a smaller trial has wider intervals"


def test_patients_of_the_model_itself_lie_within_its_intervals(result):
    """Data made by the model, with the assay's error and limit: of the intervals about one in twenty may miss."""
    other = result.vpc(COPIES, seed=99)
    rng = np.random.default_rng(3)
    arm = result.resolved.arms[0]
    days = [4.0, 7.0, 11.0, 14.0, 21.0, 28.0, 60.0, 91.0]
    from livingdrug.trial import again, assays

    course, ids, constants = again.values(arm, COPIES, days, 120, 77)
    noisy = assays.sampled(
        course, np.array(days), ids, 5, "test", constants["assay.qpcr.noise"], np.full(len(ids), 50.0)
    )
    who = rng.permutation(len(ids))[:50]
    rows = [(int(i), d, noisy[i, k]) for i in who for k, d in enumerate(days) if np.isfinite(noisy[i, k])]
    data = pd.DataFrame([(i, d, v if v > 0 else "<50") for i, d, v in rows], columns=["ID", "TIME", "DV"])
    found = result.vpc(COPIES, data=data)
    p = found.percentiles
    assert (
        p.size == len({i for i, *_ in rows})
        and p.limit == 50
        and p.days.tolist() == days
        and other.percentiles.observed is None
    )
    inside = (p.low <= p.observed) & (p.observed <= p.high)
    assert inside.mean() > 0.8
    tenfold = result.vpc(COPIES, data=data.assign(DV=[v if isinstance(v, str) else 10 * v for v in data["DV"]]))
    q = tenfold.percentiles
    assert ((q.low <= q.observed) & (q.observed <= q.high)).mean() < 0.4


def test_the_table_and_the_figure_hold_the_same_numbers(result):
    found = result.vpc("physiology.temperature")
    rows = found.table
    assert set(rows.columns) == {"day", "n", "percentile", "observed", "simulated", "low", "high"}
    assert len(rows) == 3 * len(found.percentiles.days) and rows["simulated"].between(34, 42).all()
    assert rows["n"].unique().tolist() == [79], "a trial of the published size"
    assert found.text(80) and max(map(len, found.text(80).splitlines()[:-2])) <= 80
    assert "No error of an assay" in found.text()
    assert found._repr_html_().count('role="img"') == 1


def test_a_share_below_the_limit_has_its_own_panel(result):
    chart = result.vpc(COPIES).chart
    assert any(panel.y.label == "below the limit, %" for panel in chart.panels)
    assert not any(p.y.label == "below the limit, %" for p in result.vpc("physiology.temperature").chart.panels)


@pytest.mark.parametrize(
    ("quantity", "how", "says"),
    [
        ("assay.qpcr.copy", {}, "did you mean 'assay.qpcr.copies'"),
        (COPIES, {"data": table(TIME=[7, 9000, 7])}, "outside the simulated time"),
        (COPIES, {"data": table(), "unit": "kg"}, "does not fit"),
        (COPIES, {"unit": "copy/ug"}, "no data"),
        (COPIES, {"patients": 0}, "too small"),
        (COPIES, {"arm": "none"}, "unknown arm"),
    ],
)
def test_what_cannot_be_checked_is_named(result, quantity, how, says):
    with pytest.raises(LivingDrugError, match=says):
        result.vpc(quantity, **how)


def test_a_value_below_nothing_and_a_column_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="DV = -2.3 cannot be"):
        observed(pd.DataFrame({"ID": [1], "TIME": [7], "DV": [-2.3]}), "copy/ug")
    (tmp_path / "twice.csv").write_text("ID,TIME,DV,dv\n1,5,10,20\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="two columns are called DV"):
        observed(tmp_path / "twice.csv", "copy/ug")
