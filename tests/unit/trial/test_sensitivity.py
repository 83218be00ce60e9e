"""Sensitivity analysis finds the truth where it is known: indices of a made-up model that can be worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.results.sensitivity import Sensitivity
from livingdrug.scenario import resolve
from livingdrug.scenario.ranges import ranges
from livingdrug.trial import Trial
from livingdrug.trial.indices import Points
from thoroughness import thorough
from unit.trial.two_trials import two_trials

pytest.importorskip("SALib")

SAMPLES = 1024 if thorough() else 64  # the more, the nearer to the truth
NEAR = 3.0 / SAMPLES**0.5
MINE = """
trial = "fitted"
[set]
"cells.growth.variability" = false
"cells.taken.variability" = false
[[protocol.watch]]
name  = "grown"
value = "cells.number"
check = "at day 40"
[[column]]
name  = "added"
value = "cells.room / (1e10 cell) + 4 * cells.taken"
[[column]]
name  = "speed"
value = "cells.growth"
unit  = "1/day"
[[column]]
name  = "logarithm"
value = "log(peak(grown) / (1 cell))"
[[measure]]
name = "added"
kind = "median"
of   = "added"
[[measure]]
name = "speed"
kind = "median"
of   = "speed"
unit = "1/day"
[[measure]]
name = "logarithm"
kind = "median"
of   = "logarithm"
"""


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("sensitivity")
    with two_trials(folder / "library"):
        (folder / "mine.toml").write_text(MINE)
        yield folder / "mine.toml"


@pytest.fixture(scope="module")
def sobol(mine: Path) -> Sensitivity:
    asked = {"measures": ["added", "speed", "logarithm"], "samples": SAMPLES, "patients": 2, "seed": 3}
    return Trial(mine).sensitivity("sobol", **asked)


def variances(mine: Path) -> dict[str, dict[str, float]]:
    """Of each measure, what each number adds to its variance, over equal parts of its range: by quadrature."""
    at = (np.arange(20_000) + 0.5) / 20_000
    over = {r.name: np.array([r.at(x) for x in at]) for r in ranges(resolve(mine))[0]}
    added = {"cells.room": over["cells.room"] / 1e10, "cells.taken": 4 * over["cells.taken"]}
    # After forty days the room that is free is full, whatever the growth: log(room) + log(1 - taken).
    grown = {"cells.room": np.log(over["cells.room"]), "cells.taken": np.log(1 - over["cells.taken"])}
    parts = {"added": added, "speed": {"cells.growth": over["cells.growth"]}, "logarithm": grown}
    return {m: {p: x.var() for p, x in of.items()} for m, of in parts.items()}


def test_sobol_indices_are_those_worked_out_by_hand(mine: Path, sobol: Sensitivity) -> None:
    for measure, parts in variances(mine).items():
        found = {i.name: i for i in sobol.last.indices if i.measure == measure}
        assert set(found) == {"cells.growth", "cells.room", "cells.taken"}
        for name, i in found.items():
            true = parts.get(name, 0.0) / sum(parts.values())
            assert i.value == pytest.approx(true, abs=0.5 * NEAR) and i.first == pytest.approx(true, abs=NEAR)
            assert i.low - 1e-3 <= true <= i.high + 1e-3
            if name not in parts:
                assert i.value < 1e-3 and i.low <= 1e-3 and i.first_low <= 1e-3
        assert [i.name for i in sobol.top(measure)] == sorted(parts, key=lambda p: -parts[p])


def test_morris_finds_what_moves_and_by_how_much(mine: Path) -> None:
    found = Trial(mine).sensitivity("morris", measures=["added"], patients=2, samples=10).last
    (of,) = [{i.name: i for i in found.indices}]
    at = {r.name: r for r in ranges(resolve(mine))[0]}
    for name, by in (("cells.room", 1e-10), ("cells.taken", 4.0)):  # steps of two thirds of the range, up or down
        ends = [by * at[name].at(x) for x in (0, 1 / 3, 2 / 3, 1)]
        steps = sorted([1.5 * (ends[2] - ends[0]), 1.5 * (ends[3] - ends[1])])
        assert steps[0] - 1e-9 <= of[name].value <= steps[1] + 1e-9
    assert of["cells.growth"].value == of["cells.growth"].high == 0.0
    assert found.runs == 10 * 4 and not found.failed


def test_the_same_seed_gives_the_same_answer(mine: Path) -> None:
    def once() -> str:
        return json.dumps(Trial(mine).sensitivity("morris", measures=["added"], patients=2, samples=4).json())

    assert once() == once()


def test_table_files_page_and_plot_say_the_same(mine: Path, sobol: Sensitivity, tmp_path: Path) -> None:
    folder = sobol.save(tmp_path / "found")
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "sensitivity.parquet"), sobol.frame())
    told = json.loads((folder / "sensitivity.json").read_text())
    assert told == sobol.json() and told["runs"] == SAMPLES * 5 == sum(s.runs for s in sobol.stages)
    assert told["patient_years"] == pytest.approx(2 * 40 / 365.25 * (told["runs"] + 1), rel=0.1)
    chart = sobol.plot()
    for group, measure in zip(chart.groups, sobol.shown, strict=True):
        assert [lane.label for lane in group.lanes] == [i.name for i in sobol.top(measure.name)]
    page = (folder / "sensitivity.html").read_text()
    for text in ("total index", "cells.room", "patient-years", "Not medical advice"):
        assert text in page
    assert (
        "cells.taken" in repr(sobol) and (folder / "sensitivity.svg").exists() and (folder / "scenario.toml").exists()
    )


def test_a_run_that_fails_takes_its_block_and_is_counted() -> None:
    points = Points("sobol", ("a", "b", "c"), ("a", "b", "c"), 256, 1)
    at = points.at()
    y = 4 * at[:, 0] + at[:, 1]
    whole, used = points.read(at, y, "m")
    lost = np.where(np.arange(len(y)) % 40 == 7, np.nan, y)
    partly, left = points.read(at, lost, "m")
    assert used == 256 and left == 256 - len({i // 5 for i in range(len(y)) if i % 40 == 7})
    for a, b, true in zip(whole, partly, (16 / 17, 1 / 17, 0.0), strict=True):
        assert a.value == pytest.approx(true, abs=0.05) and b.value == pytest.approx(true, abs=0.1)
    none, few = points.read(at, np.where(np.arange(len(y)) % 5 == 0, np.nan, y), "m")
    assert not none and few == 0


def test_failed_runs_are_told_with_their_reason(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from livingdrug.trial import sensitivity

    plain = sensitivity.columns

    def fragile(arm, *rest, **how):
        if arm.parameters["cells.room"].value > 3e10:
            raise ScenarioError("'cells.free' of patient 3 is not a finite number")
        return plain(arm, *rest, **how)

    monkeypatch.setattr(sensitivity, "columns", fragile)
    found = Trial(mine).sensitivity(
        "sobol", ["cells.room", "cells.taken"], measures=["logarithm"], patients=2, samples=32
    )
    stage = found.last
    assert set(stage.failed) == {"'cells.free'"} and 0 < stage.used["logarithm"] < stage.samples
    assert f"{stage.failed[chr(39) + 'cells.free' + chr(39)]} failed" in found.work


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"method": "sobol", "samples": 100}, "power of two"),
        ({"method": "morris", "samples": 1}, "4 to 4096"),
        ({"method": "sobl"}, "did you mean 'sobol'"),
        ({"parameters": ["cells.grwth"]}, "cells.growth"),
        ({"measures": ["aded"]}, "added"),
        ({"method": "sobol", "samples": 4096, "patients": 5000}, "--samples"),
        ({"groups": True}, "leave --groups out"),
        ({"patients": 0}, "too small"),
        ({"arm": "nobody"}, "arm"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(mine: Path, asked: dict, said: str) -> None:
    with pytest.raises(LivingDrugError, match=said):
        Trial(mine).sensitivity(**{"measures": ["added"], **asked})
