"""Every file in examples/ runs as it stands, its arms differ, and what it says was published is what is looked for."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from functools import cache, partial
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livingdrug
from livingdrug.plot.typeset import typeset
from livingdrug.report import html
from livingdrug.results.result import Result
from thoroughness import some_of

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "verification"))
experiments = importlib.import_module("experiments")
EXAMPLES = sorted(p.stem for p in (ROOT / "examples").glob("*.toml"))
ASKED = {e["example"]: e for e in tomllib.loads((ROOT / "verification" / "experiments.toml").read_text())["experiment"]}
FEW = 24
LATER = partial(pytest.param, marks=pytest.mark.thorough)
# equations that no other contract test compiles
OWN_MODEL = {
    "prophylaxis",
    "hyperinflammation",
    "fifteen_years",
    "safety_switches",
    "donor_cells",
    "donor_cells_again",
    "consolidation",
}
OWN_MODEL |= {"armoured", "local_or_intravenous", "what_holds_them_back"}
OWN_MODEL |= {"two_antigens", "two_antigens_lymphoma", "two_antigens_myeloma"}


def trial(example: str) -> livingdrug.Trial:
    return livingdrug.Trial(ROOT / "examples" / f"{example}.toml")


@cache
def run(example: str, patients: int = FEW) -> Result:
    return trial(example).run(patients=patients, seed=1)


@pytest.mark.parametrize("example", EXAMPLES)
def test_nothing_in_it_is_refused(example: str) -> None:
    trial(example).check()


@pytest.mark.parametrize(
    "example",
    [*some_of([e for e in EXAMPLES if e not in OWN_MODEL], 12), *map(LATER, sorted(OWN_MODEL))],
)
def test_it_runs_and_its_arms_differ(example: str) -> None:
    result = run(example)
    assert trial(example).resolved.patients <= 500, "seconds, not minutes"
    first, *others = result.arms.values()
    assert others
    for arm in others:
        alike = all(
            np.array_equal(x, arm.columns[name], equal_nan=x.dtype.kind == "f")
            for name, x in first.columns.items()
            if name != "arm"
        )
        # Whom a rule concerns may be few: then the arm differs in what is asked of it, if in nobody here.
        assert not alike or arm.resolved.protocol != first.resolved.protocol, arm.name


@pytest.mark.parametrize("example", some_of(ASKED))
def test_it_says_what_was_published_where_and_shows_it(example: str) -> None:
    about = trial(example).resolved.trial.about or ""
    assert "Published" in about
    assert re.search(r"et al (19|20)\d\d|series (19|20)\d\d|ZUMA-1, JULIET", about), "source and year"
    assert html.asks(run(example)) == " ".join(about.split())


def test_the_report_says_what_a_file_asks() -> None:
    result = run("tocilizumab_preemptive")
    page = unescape(html.render(result))
    assert unescape(typeset(f"<p>{html.asks(result)}</p>")) in page


@pytest.mark.parametrize("example", some_of(ASKED))
def test_what_is_looked_for_can_be_read(example: str) -> None:
    arms = run(example).arms
    for row in ASKED[example]["contrast"]:
        contrast = experiments.Contrast(**row)
        for arm, measure in filter(None, (contrast.of, contrast.beside)):
            assert measure in arms[arm].measured(arms[arm].columns), f"{row['question']}: {arm}, {measure}"
        assert contrast.scale in experiments.SCALES
        assert len(contrast.n) == 2


@given(
    way=st.sampled_from([-1.0, 1.0]),
    effects=st.lists(st.floats(0.5, 40), min_size=3, max_size=3),
    wide=st.floats(0.1, 60),
    published=st.floats(1, 60),
)
def test_verdicts_follow_from_the_figures(way: float, effects: list[float], wide: float, published: float) -> None:
    contrast = experiments.Contrast("q", ["a", "m"], "told", way * published, [10, 10], ["b", "m"])

    def found(sign: float) -> experiments.Found:
        return experiments.Found(
            contrast,
            values=[(sign * x, 0.0) for x in effects],
            effects=[sign * x for x in effects],
            ends=[(sign * x - 0.4, sign * x + 0.4) for x in effects],
            trials=[np.linspace(sign * x - wide, sign * x + wide, 101) for x in effects],
        )

    assert found(way).direction() == "as published"
    assert found(-way).direction() == "**opposite**"
    low, high = found(way).in_trials
    assert (found(way).size() == "inside") == (low <= way * published <= high)
    assert len(found(way).row()) == len(experiments.HEAD)


def test_a_second_course_is_given_to_whom_it_is_for() -> None:
    result = run("reinfusion", 200)
    doses = result.doses[result.doses.day > 10]
    doses = doses[doses.what.isin(["infusion", "fludarabine", "cyclophosphamide"])]
    returned = {
        name: dict(zip(arm.columns["patient"], arm.columns["early_return_day"])) for name, arm in result.arms.items()
    }
    assert set(doses.arm) <= {"cells alone", "conditioning, then cells"}
    wanted = {"cells alone": {"infusion": [6]}}
    wanted["conditioning, then cells"] = {"infusion": [6], "fludarabine": [0, 1, 2, 3], "cyclophosphamide": [0, 1]}
    seen = 0
    for (arm, patient), given_ in doses.groupby(["arm", "patient"]):
        first = returned[arm][patient]
        assert np.isfinite(first)
        days = {what: (rows.day - first).tolist() for what, rows in given_.groupby("what")}
        assert all(set(days[what]) <= set(wanted[arm][what]) for what in days)
        seen += days == wanted[arm]
    assert seen, "nobody was given a whole second course"
