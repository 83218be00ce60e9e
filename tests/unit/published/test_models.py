"""The published models' interface: dose, conditioning, observation, comparison, population; what is refused."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.cli import main
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.published.compare import compare
from livingdrug.published.course import measure, run
from livingdrug.published.entry import names, published
from livingdrug.published.integrate import Course, Dose
from livingdrug.published.population import on_engine, population, values
from thoroughness import some


@pytest.mark.parametrize("name", [f"{n}:{v}" if v else n for n in names() for v in ["", *published(n).said.variants]])
def test_every_model_and_variant_is_complete(name):
    model = published(name)
    assert model.observations and model.title and model.sources
    for p in model.parameters.values():
        assert p.source in model.sources or p.kind == "assumed" or (p.source is None and p.why)
    for o in model.observations.values():
        assert o.unit and o.of


def test_errata_are_recorded():
    with_errata = {n for n in names() if published(n).errata}
    assert {
        "stein_2019",
        "kimmel_2021",
        "singh_2021",
        "hardiansyah_2019",
        "barros_2021",
        "kirouac_2023",
        "leon_triana_2021_solid",
        "chaudhury_2020_ec50",
    } <= with_errata


def test_dose_in_the_models_unit_or_another():
    kimmel = published("kimmel_2021")
    assert kimmel.doses()[0].amount == 1.8e8
    assert kimmel.doses("2e8")[0].amount == kimmel.doses("2e8 cell")[0].amount == 2e8
    upn1 = published("hardiansyah_2019")
    assert [d.amount for d in upn1.doses("2e9 cell")] == pytest.approx([0.2, 0.6, 1.2])
    assert published("stein_2019").adjusted("1e6 cell/kg", None) == {"therapy.dose": 1e6}


def test_deeper_lymphodepletion_lets_car_t_expand_more():
    """Kimmel's conditioning: fewer normal T cells at infusion, a higher peak."""
    deep, shallow = (
        float(run(published("kimmel_2021"), conditioning=c, days=30).measure("peak(blood)")[0]) for c in (1.0, 100.0)
    )
    assert deep > 2 * shallow


def test_a_changed_number_counts_as_assumed():
    model = published("kimmel_2021", {"kill": "0.5"})
    assert model.values["therapy.kill"] == 0.5 and model.parameters["therapy.kill"].kind == "assumed"


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: published("stien_2019"), "did you mean 'stein_2019'"),
        (lambda: published("kimmel_2021:fats"), "did you mean 'fast'"),
        (lambda: published("kimmel_2021", {"kil": "1"}), "unknown parameter"),
        (lambda: published("kimmel_2021", {"kill": "1 mg"}), "unit"),
        (lambda: run(published("kimmel_2021"), dose="-1"), "not possible"),
        (lambda: run(published("kimmel_2021"), dose="1 mg"), "unit 'mg' does not fit"),
        (lambda: run(published("ogasawara_2021"), dose="1e8"), "knows no dose"),
        (lambda: run(published("singh_2021"), conditioning="1"), "knows no conditioning"),
        (lambda: run(published("kimmel_2021"), days=0), "not possible"),
        (lambda: run(published("kimmel_2021"), days=float("nan")), "not possible"),
        (lambda: compare([]), "at least one"),
        (lambda: compare(["kimmel_2021"], of="blod"), "did you mean 'blood'"),
        (lambda: compare(["barros_2021"], of="blood"), "does not say"),
        (lambda: compare(["kimmel_2021"], over="nowhere.csv"), "no file"),
        (lambda: compare(["kimmel_2021"], over="stein_2019"), "came with no data"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(LivingDrugError) as refused:
        call()
    assert words in str(refused.value)


def test_measures():
    t = np.linspace(0, 10, 1001)
    seen = {"x": np.exp(-((t - 4) ** 2))}
    assert measure("peak_day(x)", t, seen) == pytest.approx(4.0, abs=1e-6)
    assert measure("area(x, 0, 10)", t, seen) == pytest.approx(np.sqrt(np.pi), rel=1e-4)
    assert measure("half_life(y, 1, 3)", t, {"y": 2.0 ** (-t / 1.7)}) == pytest.approx(1.7)
    assert measure("doubling(y, 1, 3)", t, {"y": 2.0 ** (t / 1.7)}) == pytest.approx(1.7)
    for wrong in ("peak", "peak(z)", "at(x)", "at(x, 11)", "speed(x)"):
        with pytest.raises(ScenarioError):
            measure(wrong, t, seen)


@settings(max_examples=some(40))
@given(start=st.floats(0.1, 10), rate=st.floats(0.05, 2), folds=st.floats(1.5, 50), sign=st.sampled_from([1, -1]))
def test_the_day_on_which_a_level_is_passed(start, rate, folds, sign):
    """An exponential passes start times folds, or a folds-th of it, on day ln(folds) / rate; the other way never."""
    times = np.linspace(0.0, 100.0, 3001)
    seen = {"x": start * np.exp(sign * rate * np.minimum(times, 300 / rate))}
    level, (there, never) = start * folds**sign, ("rise_day", "fall_day")[::sign]
    day = np.log(folds) / rate
    if day < 100:
        assert measure(f"{there}(x, {level!r})", times, seen) == pytest.approx(day, rel=1e-6)
        assert np.isnan(measure(f"{there}(x, {level!r}, {float(day) + 1!r})", times, seen))
    assert np.isnan(measure(f"{never}(x, {level!r})", times, seen))


def test_a_level_is_passed_from_a_day_on():
    times = np.linspace(0.0, 10.0, 1001)
    seen = {"x": 2 + np.sin(2 * np.pi * times / 5)}
    assert measure("rise_day(x, 2, 1)", times, seen) == pytest.approx(5, abs=0.01)
    assert measure("fall_day(x, 2)", times, seen) == pytest.approx(2.5, abs=0.01)
    assert measure("fall_day(x, 2, 3)", times, seen) == pytest.approx(7.5, abs=0.01)
    assert measure("fall_day(x, 0)", times, {"x": 1 - times}) == pytest.approx(
        1, abs=0.01
    )  # through nothing, and below
    with pytest.raises(ScenarioError, match="wrong number of days"):
        measure("rise_day(x)", times, seen)


def test_a_picture_has_no_panel_of_what_is_never_there():
    shown = [p.title for p in run(published("adhikarla_2021"), days=10).plot().panels]
    assert "tumour cells" in shown and "dose rate" not in shown
    assert "dose rate" in [p.title for p in run(published("adhikarla_2021:radionuclide"), days=10).plot().panels]


def test_infusions_run_and_boluses_land():
    """The immunosuppressant of Hanson's model: an infusion holds inflammation down while it lasts."""
    model = published("hanson_2016")
    times = np.linspace(0, 3, 61)
    course = Course(model.model, model.values)
    i = model.model.states.index("therapy.inflammation")
    without = course.solve(times, model.doses())[:, i]
    amount = 0.5 * model.values["therapy.inflammation_made"]
    held = course.solve(times, [*model.doses(), Dose(1.0, "therapy.suppression", amount, 1.0)])[:, i]
    assert np.allclose(held[times < 1], without[times < 1])
    gone = amount / model.values["therapy.inflammation_lost"]
    assert held[39] == pytest.approx(without[39] - gone, rel=0.06)
    assert 0.95 * without[-1] < held[-1] < without[-1], "what was held down has expanded a little less"


def test_comparison_over_the_data_of_a_paper():
    found = compare(["kimmel_2021", "stein_2019"], over="kimmel_2021/zuma1")
    rows = {r["model"]: r for r in found.rows()}
    assert rows["kimmel_2021"]["inside"] == 4 and rows["kimmel_2021"]["distance"] < 0.1
    assert rows["stein_2019"]["observed_as"].startswith("qPCR") and rows["kimmel_2021"]["observed_as"] == ""
    assert rows["stein_2019"]["distance"] > 1
    chart = found.plot()
    words = [mark.name for mark in chart.named()]
    assert words[:2] == ["kimmel_2021", "stein_2019 *"] and "axicabtagene" in words[2]
    assert chart.panels[0].x.label == "days" and "cells" in chart.panels[0].y.label
    assert chart.note.startswith("* turned into this unit")


def test_a_model_that_counts_in_thousand_millions_is_laid_over_one_that_counts_cells():
    rows = {r["model"]: r for r in compare(["hardiansyah_2019", "kirouac_2023:cr"], of="cells").rows()}
    own = float(run(published("hardiansyah_2019"), days=180).measure("peak(cells, 2)")[0])
    assert published("hardiansyah_2019").observations["cells"].unit == "Gcell"
    assert rows["hardiansyah_2019"]["peak"] == pytest.approx(1e9 * own, rel=1e-3)


def test_comparison_over_a_users_file(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("day,value,low,high\n7,30,20,40\n28,2.5,,\n", encoding="utf-8")
    row = compare(["kimmel_2021"], over=str(file)).rows()[0]
    assert (row["inside"], row["points"]) == (1, 1)
    file.write_text("day,value\n7,much\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="mine.csv:2"):
        compare(["kimmel_2021"], over=str(file))


def test_relative_comparison_needs_no_common_unit():
    found = compare(["kimmel_2021", "leon_triana_2021_leukaemia"], of="tumour_left")
    assert {line.how for line in found.lines} == {""}
    found = compare(["stein_2019", "singh_2021"], relative=True)
    assert all(line.values.max() == 1.0 for line in found.lines)


def test_patients_are_drawn_from_the_published_spreads():
    model = published("stein_2019")
    drawn = values(model, np.arange(20_000), 3)
    logs = np.log(drawn["therapy.peak_day"])
    assert np.exp(np.median(logs)) == pytest.approx(9.3, rel=0.02) and logs.std() == pytest.approx(0.38, rel=0.03)
    again = values(model, np.arange(5, 10), 3)
    assert np.array_equal(again["therapy.peak_day"], drawn["therapy.peak_day"][5:10])


def test_whole_sets_stay_whole():
    model = published("kirouac_2023:pr")
    drawn = values(model, np.arange(600), 1)
    rows = {tuple(s[p] for p in ("therapy.half_kill", "therapy.renewal_rate")) for s in model.sets.values()}
    pairs = list(zip(drawn["therapy.half_kill"], drawn["therapy.renewal_rate"], strict=True))
    assert set(pairs) == rows and len(rows) == 12


@pytest.mark.parametrize("name", names())
def test_the_engine_and_the_single_course_agree(name, monkeypatch):
    """The generated file, run as plain Python for two equal patients, against SciPy."""
    from livingdrug.engine import cache

    monkeypatch.setattr(cache, "load", cache.plain)
    model = published(name)
    if model.model.tissue:
        pytest.skip("of a tissue there is no other reading than the engine's; one shell of it: test_tissue")
    end = 60.0 if name == "barros_2021" else min(30.0, model.days)
    found = on_engine(model, model.values, np.arange(2), 1, model.doses(), end)
    single = run(model, times=found.run.times)
    assert found.failed == 0
    looked = ~np.isin(
        single.times, [0.0, *(d.time for d in model.doses())]
    )  # a dose is seen after, or before it is given
    for observed, x in found.run.seen.items():
        wanted = single.seen[observed][0]
        off = (np.abs(x[0] - wanted) / (np.abs(wanted) + 1e-3 * np.abs(wanted).max() + 1e-300))[looked]
        assert off.max() < 1e-3 and np.median(off) < 1e-4, observed
        np.testing.assert_array_equal(x[0], x[1])


def test_a_population_needs_published_variability():
    with pytest.raises(ScenarioError, match="no published variability"):
        population(published("ogasawara_2021"), 10)
    with pytest.raises(ScenarioError, match="0 patients"):
        population(published("stein_2019"), 0)


def livingdrug(*words: str) -> SimpleNamespace:
    """A command in this process: its returncode, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as left, redirect_stdout(out), redirect_stderr(err):
        main(list(words))
    return SimpleNamespace(returncode=left.value.code or 0, stdout=out.getvalue(), stderr=err.getvalue())


def test_the_command_line(tmp_path):
    listed = livingdrug("models", "list", "--json")
    assert [m["name"] for m in json.loads(listed.stdout)] == names()
    shown = json.loads(livingdrug("models", "show", "hardiansyah_2019:upn3", "--json").stdout)
    assert shown["parameters"]["therapy.kill"]["value"] == 2.21 and len(shown["errata"]) == 3
    csv, png = tmp_path / "a.csv", tmp_path / "a.png"
    ran = livingdrug("models", "run", "stein_2019", "--csv", str(csv), "--out", str(png), "--json")
    rows = json.loads(ran.stdout)["measures"]
    assert rows[0]["published"] == 0.78 and rows[0]["simulated"] == pytest.approx(0.78, rel=0.01)
    assert csv.read_text().startswith("time,transgene\n") and png.stat().st_size > 5000
    for wrong in (
        ["models", "run", "nobody"],
        ["models", "run", "stein_2019", "--out", "a.txt"],
        ["sbml", "run", "a.xml"],
        ["sbml", "run", str(csv), "--times", "0:1:2"],
        ["models", "run", "stein_2019", "--csv", "/nowhere/a.csv"],
    ):
        refused = livingdrug(*wrong)
        assert refused.returncode == 2 and refused.stderr and "Traceback" not in refused.stderr, wrong
