"""The fit: distances of targets, numbers written back in place, and a small fit that finds what it should."""

from __future__ import annotations

import time
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import library
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.fit import calibrate as fitting
from livingdrug.fit.descend import descend
from livingdrug.fit.targets import Fit, Free, Target, read, with_values
from livingdrug.fit.writing import rewrite
from livingdrug.scenario import resolve
from thoroughness import some

TABLE = """[kinetics.growth]   # a comment elsewhere
value = 1.0

[kinetics.room]
value = 1.7e+10
unit = "cell"
kind = "assumed"
why = "start"
variability = { distribution = "log-normal", sd = 0.67, loadings = { fitness = 0.2 } }

[tumour.kill]
value = 1.0
unit = "1/day"
"""


@pytest.mark.parametrize(
    ("target", "simulated", "away"),
    [
        (Target("a", 50.0, 5.0), 60.0, 2.0),
        (Target("a", 50.0, 5.0), 40.0, -2.0),
        (Target("a", 10.0, 0.1, relative=True), 10.0 * np.exp(0.3), 3.0),
        (Target("a", 0.65, 0.05, low=0.65, high=1.1), 0.9, 0.0),
        (Target("a", 0.65, 0.05, low=0.65, high=1.1), 1.2, 2.0),
        (Target("a", 10.0, 0.1, relative=True), float("nan"), 40.0),
        (Target("a", 10.0, 0.1), 1e9, 40.0),
    ],
)
def test_distance_of_a_target(target, simulated, away):
    assert target.distance(simulated) == pytest.approx(away)


def test_rewriting_touches_one_table_only():
    new = rewrite(TABLE, "kinetics.room", 2.5e10, 0.5, "fitted to x")
    data = tomllib.loads(new)
    room = data["kinetics"]["room"]
    assert (
        room["value"] == 2.5e10 and room["kind"] == "fitted" and room["why"] == "fitted to x" and room["unit"] == "cell"
    )
    assert room["variability"] == {"distribution": "log-normal", "sd": 0.5, "loadings": {"fitness": 0.2}}
    assert data["kinetics"]["growth"] == {"value": 1.0} and data["tumour"]["kill"]["value"] == 1.0
    assert "# a comment elsewhere" in new
    assert rewrite(new, "kinetics.room", 2.5e10, 0.5, "fitted to x") == new


@pytest.mark.parametrize(("own", "value"), [("1/day", 2.4), ("1/hour", 0.1), ("1/week", 16.8)])
def test_a_table_in_another_unit_keeps_it(own, value):
    text = TABLE.replace('unit = "1/day"', f'unit = "{own}"')
    kill = tomllib.loads(rewrite(text, "tumour.kill", 2.4, None, "x", unit="1/day"))["tumour"]["kill"]
    assert kill["unit"] == own and kill["value"] == pytest.approx(value)


def test_rewriting_a_missing_table_is_an_error():
    with pytest.raises(ScenarioError, match="no table of its own"):
        rewrite(TABLE, "kinetics.nothing", 1.0, None, "x")


def test_the_fits_file_of_eliana_is_in_order():
    resolved = resolve("eliana")
    fit = read("eliana", resolved)
    assert len(fit.free) <= 20 < len(fit.targets) and fit.patients >= 400
    assert fit.held and all(why for why in fit.held.values())
    published = {row.measure: row for row in resolved.trial.published}
    for t in fit.targets:  # what the trial file marks as kept apart is not fitted to
        row = published[t.measure]
        counted = not row.not_comparable and row.read != "memory"
        assert row.fitted or not counted, f"{t.measure} is kept apart but a target of the fit"
    marked = {m for m, row in published.items() if row.fitted}
    assert marked <= {t.measure for t in fit.targets}, "a row marked as fitted is no target"


def test_unknown_fit():
    with pytest.raises(ScenarioError, match="did you mean 'eliana'"):
        read("elianna", resolve("eliana"))


def test_values_go_to_their_places():
    resolved = resolve("eliana")
    free = (Free("kinetics.growth", False, 0.3), Free("kinetics.room", True, 0.3))
    changed = with_values(resolved, free, [1.5, 0.4])
    assert changed.parameters["kinetics.growth"].value == 1.5
    assert changed.parameters["kinetics.room"].variability.sd == 0.4
    assert changed.parameters["kinetics.room"].value == resolved.parameters["kinetics.room"].value
    assert resolved.parameters["kinetics.growth"].value != 1.5


def test_a_small_fit_finds_the_minimum(monkeypatch):
    """On a stand-in for the trial whose measures are known functions of the free values."""
    resolved = resolve("eliana")
    free = (Free("kinetics.growth", False, 0.5), Free("tumour.kill", False, 0.5))
    start = [f.of(resolved) for f in free]
    goal = [start[0] * 1.3, start[1] * 0.8]
    targets = (Target("a", goal[0], 0.01, True), Target("b", goal[1], 0.01, True))
    fit = Fit("eliana", "eliana", 10, 3, free, targets, {"x": "y"}, None)
    monkeypatch.setattr(fitting, "read", lambda name, r: fit)
    monkeypatch.setattr(fitting.Objective, "measures", lambda self, logs: dict(zip("ab", np.exp(logs), strict=True)))
    found = fitting.calibrate("eliana", write=False, minutes=2)
    assert found.values == pytest.approx(goal, rel=0.02)
    assert len(found.losses) == 2 and found.eigenvalues == pytest.approx([1e4, 1e4], rel=1e-2)
    assert "held" in found.json() and "kinetics.growth" in str(found)


@settings(max_examples=some(40))
@given(
    goal=st.lists(st.floats(-3, 3), min_size=2, max_size=5),
    bend=st.floats(0, 0.2),
    start=st.floats(-1, 1),
)
def test_a_descent_ends_at_the_lowest_point(goal, bend, start):
    """Distances that bend in the free values: the end is where they vanish, wherever it began."""
    goal = np.array(goal)

    def distances(x):
        away = x - goal
        return np.concatenate([5 * away + bend * away**3, [away.sum()]])

    end = descend(distances, np.full(len(goal), start), time.monotonic() + 300)
    assert end.loss < 1e-4 and end.values == pytest.approx(goal, abs=0.01)
    assert end.slopes.shape == (len(goal) + 1, len(goal))


def test_a_descent_stops_when_time_is_over():
    calls = []

    def distances(x):
        calls.append(1)
        return 3 * (x - 1)

    end = descend(distances, np.zeros(2), time.monotonic() - 1)
    assert end.values == pytest.approx([0, 0]) and len(calls) == 5  # the start and its slopes


def test_many_patients_of_several_seeds_are_measured_together():
    """The patients of one objective are those of its seeds, none twice."""
    resolved = resolve("eliana")
    fit = read("eliana", resolved)
    aim = fitting.Objective(fit, resolved, 5, patients=12)
    assert len(aim.seeds) == fit.seeds >= 3 and len(set(aim.seeds)) == len(aim.seeds)
    seen = aim.measures(aim.start)
    assert set(seen) >= {t.measure for t in fit.targets}


def test_what_an_earlier_fit_moved_is_frozen(tmp_path, monkeypatch):
    text = (
        'title = "x"\ntrial = "eliana"\nafter = ["first"]\n[[free]]\npath = "tumour.growth"\n'
        '[[target]]\nmeasure = "efs_12m"\n'
    )
    (tmp_path / "first.toml").write_text(text.replace('after = ["first"]\n', ""), encoding="utf-8")
    (tmp_path / "second.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("livingdrug.fit.targets.FOLDER", tmp_path)
    assert read("first", resolve("eliana")).free
    with pytest.raises(LivingDrugError, match="'tumour.growth' was fitted in 'first' and is frozen since") as caught:
        read("second", resolve("eliana"))
    assert str(caught.value.where).endswith("second.toml:5")
    (tmp_path / "second.toml").write_text(text.replace("tumour.growth", "tumour.capacity"), encoding="utf-8")
    assert read("second", resolve("eliana")).free[0].path == "tumour.capacity"


@pytest.mark.parametrize("name", library.names("fits"))
def test_every_fit_is_in_order(name):
    """Fewer free values than rows, no more than the plan allows, and every row of the trial that it marks as fitted."""
    from livingdrug.fit.targets import said

    file, _ = said(name)
    resolved = resolve(file.trial or name)
    fit = read(name, resolved)
    few = len(fit.free) < len(fit.targets) or (file.trial or name, resolved.trial.role) == ("calm", "outlook")
    assert 0 < len(fit.free) <= file.most and few and fit.seeds >= 3  # two numbers to two rows: in no score
    marked = {row.measure for row in resolved.trial.published if row.fitted}
    assert marked == {t.measure for t in fit.targets} & marked


@pytest.mark.parametrize(
    ("change", "said", "line"),
    [
        (("path = ", "pahth = "), "did you mean 'path'", 4),
        (("kinetics.growth", "kinetics.growht"), "did you mean 'kinetics.growth'", 4),
        (("width = 0.3", 'width = "wide"'), "'wide' cannot stand here", 5),
        (("width = 0.3", 'what = "valu"'), "did you mean 'value'", 5),
        (("efs_12m", "efs_12n"), "did you mean 'efs_12m'", 7),
        (("tolerance = 5", "tolerance = 0"), "tolerance = 0", 8),
        (("patients = 9", "patients = 9.5"), "patients", 2),
    ],
)
def test_what_is_wrong_in_a_fits_file_is_told_with_its_line(tmp_path, monkeypatch, change, said, line):
    text = (
        'title = "x"\npatients = 9\n[[free]]\npath = "kinetics.growth"\nwidth = 0.3\n'
        '[[target]]\nmeasure = "efs_12m"\ntolerance = 5\n'
    )
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("livingdrug.fit.targets.FOLDER", tmp_path)
    assert read("mine", resolve("eliana")).targets[0].tolerance == 5
    (tmp_path / "mine.toml").write_text(text.replace(*change) + " ", encoding="utf-8")
    with pytest.raises(LivingDrugError) as caught:
        read("mine", resolve("eliana"))
    assert said in caught.value.message and str(caught.value.where).endswith(f"mine.toml:{line}")
