"""A sweep: the same patients at every value, one table, one plot, one folder; nothing compiled anew."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import livingdrug
from livingdrug import library
from livingdrug.cli.sweep import asked, spread
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.plot.marks import Band, Line
from livingdrug.results.sweep import Sweep
from livingdrug.spec.scenario import PARTS

N = 60
SHORT = {"protocol.follow_up": "6 months"}


@pytest.fixture(scope="module")
def doses(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sweep, Path]:
    folder = tmp_path_factory.mktemp("sweep") / "runs"
    trial = livingdrug.Trial("eliana", SHORT)
    return trial.sweep("dose.factor", ["3", 0.1, "* 0.5", 1], patients=N, seed=2, out=folder), folder


def test_each_value_is_the_run_with_that_value_set(doses: tuple[Sweep, Path]) -> None:
    sweep, _ = doses
    assert sweep.values == (0.1, 0.5, 1.0, 3.0) and sweep.own == 1.0 and sweep.unit == "1" and sweep.logarithmic
    run = livingdrug.Trial("eliana", {**SHORT, "dose.factor": "0.5"}).run(patients=N, seed=2)
    for row in run.beside_published().rows:
        if not math.isnan(row.whole) and row.measure in {r.measure for r in sweep.responses}:
            found = sweep[row.measure]
            assert found.points[1].value == row.whole
            assert found.predicted[1] == pytest.approx((row.low, row.high), nan_ok=True)


def test_differences_are_from_the_scenario_as_it_stands(doses: tuple[Sweep, Path]) -> None:
    sweep, _ = doses
    assert all(r.points[2].alike for r in sweep.responses)  # its own value
    for r in sweep.responses:
        for p in r.points:
            if not (p.note or math.isnan(p.difference)):
                assert p.difference == pytest.approx(p.value - r.own, abs=1e-4 * max(1.0, abs(r.own)))
    infused = next(r for r in sweep.responses if r.unit.startswith("cell/"))
    assert [p.ratio for p in infused.points if not p.alike] == pytest.approx([0.1, 0.5, 3.0])


def test_table_files_and_plot_say_the_same(doses: tuple[Sweep, Path]) -> None:
    sweep, folder = doses
    frame = sweep.frame()
    assert len(frame) == 4 * len(sweep.responses)
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "sweep.parquet"), frame)
    read = pd.read_csv(folder / "sweep.csv", float_precision="round_trip")
    np.testing.assert_array_equal(read["result"], frame["result"].replace(np.inf, np.nan))
    assert (frame["note"][np.isinf(frame["result"])] == "not reached").all()
    told = json.loads((folder / "sweep.json").read_text())
    assert [v["value"] for v in told["values"]] == [0.1, 0.5, 1.0, 3.0] and told["path"] == "dose.factor"
    assert told["values"][0]["measures"][0]["result"] == frame["result"][0]
    page = (folder / "sweep.html").read_text()
    assert (
        page.count("<figure>") == 1
        and all(r.title in page for r in sweep.shown)
        and "prefers-color-scheme: dark" in page
        and "Not medical advice" in page
    )
    assert json.loads((folder / "provenance.json").read_text())["sweep"]["path"] == "dose.factor"
    again = livingdrug.Trial(folder / "scenario.toml").sweep("dose.factor", [0.1], patients=N, seed=2)
    name = sweep.responses[0].measure
    assert again[name].points[0] == sweep[name].points[0]


def test_the_plot_has_a_panel_for_each_shown_measure(doses: tuple[Sweep, Path]) -> None:
    sweep, _ = doses
    chart = sweep.plot()
    assert [p.title for p in chart.panels] == [r.title for r in sweep.shown]
    for panel, r in zip(chart.panels, sweep.shown, strict=True):
        assert panel.x.log and [words for _, words in panel.x.ticks] == ["0.1", "0.5", "1", "3"]
        line = next(mark for mark in panel.marks if isinstance(mark, Line))
        np.testing.assert_array_equal(line.y, [p.value for p in r.points])
        band = next(mark for mark in panel.marks if isinstance(mark, Band))
        assert panel.y.low <= np.nanmin(band.low) and np.nanmax(band.high) <= panel.y.high


def test_named_measures_are_shown_as_named_and_own_values_have_units() -> None:
    trial = livingdrug.Trial("eliana", SHORT)
    sweep = trial.sweep("kinetics.growth", ["0.08 1/hour", 2], patients=50, measures=["crs_any", "response"], arm=None)
    assert sweep.unit == "1/day" and sweep.values == pytest.approx((1.92, 2.0)) and not sweep.logarithmic
    assert [r.measure for r in sweep.shown] == ["crs_any", "response"] == [r.measure for r in sweep.responses]


def test_nothing_is_compiled_for_a_value() -> None:
    """Every value runs the model of the scenario itself: the same object, so the same compiled program."""
    trial = livingdrug.Trial("eliana")
    models = {id(livingdrug.Trial("eliana", {"kinetics.growth": x}).resolved.model()) for x in ("1", "2", "* 3")}
    assert models == {id(trial.resolved.model())}


@pytest.mark.parametrize(
    ("path", "values", "told"),
    [
        ("dose.factr", [1], "did you mean 'dose.factor'"),
        ("kinetics.grwth", [1], "did you mean 'kinetics.growth'"),
        ("dose.factor", [0.5, "0.5"], "are the same value"),
        ("dose.factor", [], "a sweep of 0 values"),
        ("dose", [1], "did you mean 'dose.factor'"),
        ("dose.factor", "0.5", "a list is needed"),
        ("dose.factor", 3, "a list is needed"),
        ("kinetics.growth", ["2 kg"], "'kg'"),
        ("seed", [1, 2], "changes nothing"),
        ("scale", ["penn", "astct"], "over numbers"),
        (["dose.factor", "kinetics.growth"], [1], "one number at a time"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_anything_runs(
    path: str, values: list[object], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livingdrug.trial.run.follow", ran)
    with pytest.raises(LivingDrugError) as caught:
        livingdrug.Trial("eliana").sweep(path, values, patients=50)
    assert told in str(caught.value)


def ran(*given: object, **how: object) -> None:
    pytest.fail("patients were simulated")


def test_an_unknown_measure_or_arm_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livingdrug.trial.run.follow", ran)
    for more in ({"measures": ["respons"]}, {"arm": "tisagenleucel"}):
        with pytest.raises(LivingDrugError, match="did you mean"):
            livingdrug.Trial("eliana").sweep("dose.factor", [1, 2], patients=50, **more)


@pytest.mark.parametrize(
    ("words", "ends", "found"),
    [
        (["a.b", "1", "2 kg"], None, ("a.b", ["1", "2 kg"])),
        (["a.b=1, 2"], None, ("a.b", ["1", "2"])),
        (["a.b"], ("0 kg", "4 kg"), ("a.b", ["0 kg", "1 kg", "2 kg", "3 kg", "4 kg"])),
    ],
)
def test_values_from_the_command_line(words: list[str], ends: tuple[str, str] | None, found: object) -> None:
    assert asked(words, ends, None, False) == found


def test_a_range_by_equal_factors() -> None:
    assert spread(("0.1", "10"), 3, True) == ["0.1", "1", "10"]
    wrong = [("2", "1", 3, False), ("0", "1", 3, True), ("a", "1", 3, False), ("1", "2", 1, False)]
    for low, high, steps, log in [*wrong, ("1 kg", "2 g", 3, False)]:
        with pytest.raises(ScenarioError):
            spread((low, high), steps, log)


WORDS = {
    **{part: (library.names(folder)[0], library.names(folder)[-1]) for part, folder in PARTS.items()},
    "scale": tuple(library.names("scales")[:2]),
    "title": ("a", "b"),
    "patients": (10, 20),
    "seed": (1, 2),
    "visits.blood": (28, 30),
    "course.clock": (1, 2),
    "cohort.file": ("a.csv", "b.csv"),
    "kinetics.growth": ("nan", 1),
    "kinetics": (1, 2),
    "x": (1, 2),
}


@pytest.mark.parametrize("path", WORDS)
@pytest.mark.parametrize("arm", [None, "tisagenlecleucel"])
def test_what_cannot_be_swept_is_told_of_the_sweep(path: str, arm: str | None) -> None:
    """Neither an arm nor an option is blamed: nobody wrote one."""
    with pytest.raises(LivingDrugError) as caught:
        livingdrug.Trial("eliana").sweep(path, WORDS[path], patients=2, arm=arm)
    assert str(caught.value.where).startswith(path) and "arm '" not in caught.value.what
    assert caught.value.mend or caught.value.allowed
