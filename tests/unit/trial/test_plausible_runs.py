"""A run with plausible values: what it adds stands apart, what it gave before is the same, and it is saved whole."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pandas as pd
import pytest

import livingdrug
from livingdrug import library
from livingdrug.errors import ScenarioError
from thoroughness import some_of
from unit.ensembles import PATHS, written

ALIKE = [[1.0] * 4] * 2
APART = [[1.0] * 4, [1.1, 0.6, 0.5, 1.4], [0.93, 1.3, 2.0, 0.8]]
ARMS = """
trial = "eliana"
[protocol]
follow_up = "12 months"
[[arm]]
name = "as made"
[[arm]]
name = "a fifth"
[arm.set]
"protocol.dose.factor" = 0.2
"""


def run(tmp_path, sets, plausible, name="x.toml"):
    (tmp_path / name).write_text(ARMS, encoding="utf-8")
    with library.also(written(tmp_path / "mine", sets)):
        return livingdrug.Trial(tmp_path / name).run(patients=90, seed=3, plausible=plausible)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return run(tmp_path_factory.mktemp("plain"), APART, None)


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    return run(tmp_path_factory.mktemp("apart"), APART, 3)


def without_time(told):
    return {k: x for k, x in told.items() if k not in ("wall_s", "patients_per_s")}


def stripped(told, added):
    """The same without the keys that plausible values add, at any depth."""
    if isinstance(told, dict):
        return {k: stripped(x, added) for k, x in told.items() if not k.startswith(added)}
    return [stripped(x, added) for x in told] if isinstance(told, list) else told


def test_every_key_of_a_run_without_stays_as_it_is(plain, apart) -> None:
    added = ("plausible", "values_", "both_", "sets")
    assert stripped(without_time(apart.json()), added) == without_time(plain.json())
    assert "plausible" not in plain.json() and plain.plausible.empty
    pd.testing.assert_frame_equal(plain.patients, apart.patients)
    assert "values (" not in repr(plain.beside_published()) and "values (3 sets)" in repr(apart.beside_published())
    assert "values (3 sets)" in repr(apart.between_arms()) and "Values:" not in repr(plain.between_arms())
    assert "values_low" in apart.between_arms().frame() and "values_low" not in plain.between_arms().frame()


def test_the_patients_are_the_same_and_only_the_values_differ(apart) -> None:
    table = apart.plausible
    assert table.groupby(["arm", "set"]).size().tolist() == [90] * 6
    first = table.query("arm == 'as made' and set == 1").reset_index(drop=True)
    own = apart.patients.query("arm == 'as made'").reset_index(drop=True)
    pd.testing.assert_frame_equal(first[own.columns], own)  # set 1 is the fit itself
    second = table.query("arm == 'as made' and set == 2").reset_index(drop=True)
    assert (second["age"].dropna() == own["age"].dropna()).all() and not np.allclose(
        second["cmax"].dropna(), own["cmax"].dropna()
    )


def test_the_range_over_values_is_that_of_the_sets(apart) -> None:
    for arm in apart.arms.values():
        for row in arm.comparison.rows:
            measure = [arm.measured(table).get(row.measure) for table in arm.plausible]
            if measure[0] is None:
                assert row.sets == 0
                continue
            values = [m.value for m in measure]
            assert row.sets == 3
            if not any(map(math.isnan, values)):
                assert (row.values_low, row.values_high) == (min(values), max(values))
    differing = [r for r in apart.arm().comparison.rows if r.sets and r.values_low < r.values_high]
    assert len(differing) > 20


def test_sets_that_are_all_the_fit_add_nothing(tmp_path) -> None:
    result = run(tmp_path, ALIKE, 2)
    for row in result.arm().comparison.rows:
        if row.sets and not math.isnan(row.low):
            assert row.values_low == row.values_high == pytest.approx(row.whole, nan_ok=True)
            assert (row.both_low, row.both_high) == pytest.approx((row.low, row.high))
    for row in result.between_arms().rows:
        for d in row.others.values():
            if not math.isnan(d.values_low) and not math.isnan(d.difference):
                assert d.values_low == pytest.approx(d.difference, abs=1e-3 * max(1, abs(d.value)))
                assert d.values_low == d.values_high
                # every trial stands there twice, so that percentiles between two of them lie a little otherwise
                ends = pytest.approx((d.trial_low, d.trial_high), nan_ok=True, rel=0.02, abs=0.02 * abs(d.trial_high))
                assert (d.both_low, d.both_high) == ends


def test_a_saved_run_has_its_sets_again(apart, tmp_path) -> None:
    apart.save(tmp_path / "run")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    shown = re.findall(r"(?:values|both): (.*?)</span>", page)
    end = r"[-−\d.,eE+×⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+(?:\xa0×\xa010[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)?"
    assert len(shown) > 20 and all(re.fullmatch(rf"{end}\xa0to\xa0({end}|not reached)", x) for x in shown), shown
    again = livingdrug.load(tmp_path / "run")
    assert without_time(again.json()) == without_time(apart.json())
    assert repr(again.between_arms()) == repr(apart.between_arms())
    pd.testing.assert_frame_equal(again.plausible, apart.plausible)
    said = again.dictionary
    assert set(again.plausible.columns) == set(said[said.table == "plausible"].column)
    told = json.loads((tmp_path / "run" / "measures.json").read_text(encoding="utf-8"))["plausible"]
    assert told["sets"] == 3 and set(told["numbers"]) == set(PATHS) and told["fits"] == ["eliana"]


@pytest.mark.parametrize("plausible", some_of([0, 1, 4, 1.5, "many", True], one_in=3))
def test_what_cannot_be_drawn_is_refused_before_anything_runs(tmp_path, plausible) -> None:
    with pytest.raises(ScenarioError, match="plausible"):
        run(tmp_path, APART, plausible)
