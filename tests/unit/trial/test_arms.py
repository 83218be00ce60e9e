"""Arms side by side: what differs is shown with its difference and intervals, what does not is only named."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import livingdrug
from livingdrug.errors import LivingDrugError
from livingdrug.results.arms import Arms, Compared, Difference
from livingdrug.results.result import Result
from livingdrug.trial import differences
from livingdrug.trial.definitions import definitions
from livingdrug.trial.measures import Measure

NAN = math.nan


def compared(measure: str, title: str, unit: str, reference: float, *others: Difference) -> Compared:
    return Compared(measure, title, unit, reference, dict(zip(("half", "none"), others, strict=True)))


TABLE = Arms(
    {"base": "as it was", "half": "half <b>", "none": "none"},
    (
        compared("crs", "CRS", "%", 40.0, Difference(30.0, 25, 35, -10.0, -12.0, -8.0), Difference(NAN, note="gone")),
        compared("cmax", "Peak", "copy/ug", 200.0, Difference(100.0, 90, 110, -100, -110, -90, NAN, NAN, 0.5, 0.4, 0.6),
                 Difference(200.0, difference=0.0, alike=True)),
        compared("same", "Response", "%", 80.0, *2 * [Difference(80.0, difference=0.0, alike=True)]),
        compared("never", "Median", "day", math.inf, *2 * [Difference(math.inf, alike=True)]),
    ),
    patients=1000,
    size=79,
)  # fmt: skip


def test_differences_in_points_and_ratios() -> None:
    head, *body = TABLE.cells()
    cells = {c[0]: c for c in body}
    assert head[2:5] == ("as it was", "half <b>", "difference (95 %)")
    assert cells["CRS"][2:] == ("40", "30", "-10 (-12 to -8)", "-", "gone")
    assert cells["Peak"][2:] == ("200", "100", "x 0.5 (0.4 to 0.6)", "200", "alike")


def test_what_does_not_differ_is_named_in_one_line() -> None:
    text = repr(TABLE)
    assert "Alike in every arm (2): Response; Median." in text and "1,000 virtual patients" in text
    assert [r.measure for r in TABLE.changed] == ["crs", "cmax"]
    assert repr(Arms({"a": "a", "b": "b"}, ())) == ""


def test_what_one_arm_alone_measures_is_a_sentence_with_its_value() -> None:
    absent = Difference(NAN, note="not measured in this arm")
    own = Difference(12.0, note="not measured in the reference arm")
    rows = (compared("peak", "Peak", "day", 9.0, absent, absent), compared("lines", "Lines", "1", NAN, own, absent),
            compared("os", "OS", "%", 50.0, Difference(40.0, difference=-10.0), absent))  # fmt: skip
    table = Arms(TABLE.titles, rows)
    assert [r.measure for r in table.changed] == ["os"] and "not measured in this arm" in repr(table)
    told = "Measured in 'as it was' only (1): Peak 9 day. Measured in 'half <b>' only (1): Lines 12."
    assert (
        table.apart() == told and "Peak 9 day" in repr(table).replace("\n", " ") and "&lt;b&gt;" in table._repr_html_()
    )
    assert repr(Arms(TABLE.titles, rows[:1])).startswith("Measured in")


def test_one_arm_has_none_to_be_compared_with() -> None:
    alone = Arms({"base": "as it <was>"}, (Compared("crs", "CRS", "%", 40.0, {}),), patients=1000, size=79)
    assert "there is none to compare it with" in repr(alone) and "Alike" not in repr(alone)
    assert "as it &lt;was&gt;" in alone._repr_html_() and "Alike" not in alone._repr_html_()
    assert alone.same == "" and alone.frame().empty


def test_names_are_escaped_in_html_and_kept_in_dictionaries() -> None:
    assert "half &lt;b&gt;" in TABLE._repr_html_() and "<b>" not in TABLE._repr_html_()
    told = json.loads(json.dumps(TABLE.json(), allow_nan=False))
    assert told["reference"] == "base" and told["measures"][0]["arms"]["half"]["difference_low"] == -12.0
    assert told["measures"][3]["reference"] is None and told["measures"][0]["arms"]["none"]["difference"] is None
    assert len(TABLE.frame()) == 8 and set(TABLE.frame()["arm"]) == {"half", "none"}


def share(values: np.ndarray) -> Measure:
    def of(places: np.ndarray) -> np.ndarray:
        return 100.0 * values[places].mean(axis=-1)

    return Measure("x", "x", "%", "share", np.arange(len(values)), of, of)


@pytest.mark.parametrize("n", [500, 20_000])
def test_the_interval_is_that_of_paired_differences(n: int) -> None:
    """Beside the formula: the standard error of a mean of differences in the same patients, all patients or some."""
    random = np.random.default_rng(3)
    base = (random.random(n) < 0.5).astype(float)
    other = np.where(random.random(n) < 0.2, 1.0 - base, base)
    drawn = differences.Resamples(n, 1)
    found = differences.difference(*(differences.Reading(share(x), drawn, 79, i) for i, x in enumerate((base, other))))
    changes = 100.0 * (other - base)
    assert found.difference == pytest.approx(changes.mean(), abs=1e-9)
    expected = 1.96 * changes.std() / math.sqrt(n)
    for end in (found.difference_high - found.difference, found.difference - found.difference_low):
        assert end == pytest.approx(expected, rel=0.15)
    in_a_trial = 1.96 * 100.0 * math.sqrt((base.var() + other.var()) / 79)
    assert (found.trial_high - found.trial_low) / 2 == pytest.approx(in_a_trial, rel=0.15)


def test_the_same_seed_gives_the_same_interval_and_few_patients_give_none() -> None:
    base, other = np.repeat([0.0, 1.0], 50), np.repeat([0.0, 1.0, 0.0, 1.0], 25)

    def found(step: int) -> Difference:
        drawn = differences.Resamples(100 // step, 4)
        return differences.difference(*(differences.Reading(share(x[::step]), drawn, None, 0) for x in (base, other)))

    assert repr(found(1)) == repr(found(1)) and not math.isnan(found(1).difference_low)
    assert math.isnan(found(10).difference_low)


ARMS = """
trial = "eliana"
[[arm]]
name = "as published"
[[arm]]
name = "half"
[arm.set]
"protocol.dose.factor" = 0.5
[[arm]]
name = "other words"
scale = "lee2014"
[[arm.column]]
name = "response"
value = "count(remission) > 1"
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    file = tmp_path_factory.mktemp("arms") / "arms.toml"
    file.write_text(ARMS, encoding="utf-8")
    return livingdrug.Trial(file, {"protocol.follow_up": "6 months"}).run(patients=60, seed=3)


def test_arms_of_a_trial_are_compared_in_the_same_patients(result: Result) -> None:
    table = result.between_arms()
    assert result.between_arms() is table and table.reference == "as published" and table.size == 79
    for r in table.rows:
        for name, d in r.others.items():
            whole = next(x.whole for x in result.arm(name).comparison.rows if x.measure == r.measure)
            assert d.value == pytest.approx(whole, nan_ok=True)
            if not math.isnan(d.difference):
                assert d.difference == pytest.approx(d.value - r.reference, abs=1e-5 * max(1.0, abs(d.value)))
                assert not d.difference_low > d.difference and not d.difference_high < d.difference
    assert table.patients == 60
    doses = [r.others["half"] for r in table.rows if r.unit.startswith("cell") and not math.isnan(r.reference)]
    assert doses and all(d.ratio == pytest.approx(0.5) for d in doses)


def test_what_is_defined_otherwise_is_not_compared(result: Result) -> None:
    """By a column, however far away; by the grading scale; and the rows that hang on neither are compared."""
    meant = {a.name: definitions(a.resolved) for a in result.resolved.arms}
    other = {m for m in meant["as published"] if meant["as published"][m] != meant["other words"][m]}
    assert meant["as published"] == meant["half"]
    by_words = {m.name for m in result.resolved.trial.measure if "response" in m.among.text or "response" in str(m.of)}
    assert by_words and by_words <= other and other < set(meant["half"])
    assert any("crs" in m for m in other)
    for row in result.between_arms().rows:
        told = row.others["other words"]
        assert told.note.startswith("not compared: defined otherwise") == (row.measure in other), row.measure
        assert math.isnan(told.difference) or row.measure not in other
        assert "defined otherwise" not in row.others["half"].note


def test_the_comparison_is_saved_loaded_and_sent(result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "run")
    table = result.between_arms()
    read = pd.read_parquet(folder / "arms.parquet")
    pd.testing.assert_frame_equal(read, table.frame())
    assert set(result.dictionary.query("table == 'arms'")["column"]) == set(read.columns)
    assert json.loads((folder / "measures.json").read_text())["between_arms"]["reference"] == "as published"
    assert repr(livingdrug.load(folder).between_arms()) == repr(table)
    assert repr(pickle.loads(pickle.dumps(result)).between_arms()) == repr(table)
    page = (folder / "report.html").read_text()
    assert "Monte-Carlo interval" in page and page.index('id="arms"') < page.index('id="beside"')


def test_memory_does_not_grow_with_the_patients() -> None:
    assert differences.Resamples(10_000_000, 1).places.size <= differences.RESAMPLES * differences.MOST


@pytest.mark.parametrize(
    ("look", "meant"),
    [
        (lambda r, x: r.beside_published()[x], "response"),
        (lambda r, x: r.between_arms()[x], "response"),
        (lambda r, x: r.arm().courses.percentile(x, 50), "assay.qpcr.copies"),
        (lambda r, x: r.arm().courses.sample(x), "assay.qpcr.copies"),
        (lambda r, x: r.arm().grades.shares(x), "penn.grade"),
        (lambda r, x: r.arm(x), "as published"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(result: Result, look, meant: str) -> None:
    look(result, meant)
    with pytest.raises(LivingDrugError) as caught:
        look(result, meant[:-1])
    assert caught.value.nearest == meant


def test_a_percentile_lies_between_0_and_100(result: Result) -> None:
    for percent in (-1, 100.1, math.nan):
        with pytest.raises(LivingDrugError, match="no percentile"):
            result.arm().courses.percentile("assay.qpcr.copies", percent)
