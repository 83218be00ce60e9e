"""Which numbers of a scenario are drawn from the ensembles: those that a fit moved and nobody changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import library
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.scenario import resolve
from livingdrug.scenario.plausible import of_arms, plausible
from thoroughness import some
from unit.ensembles import PATHS, written

SETS = [[1.1, 0.9, 1.2, 0.8], [0.95, 1.05, 0.7, 1.1], [1.0, 1.0, 1.0, 1.0]]


@pytest.fixture(scope="module", autouse=True)
def ensemble(tmp_path_factory):
    with library.also(written(tmp_path_factory.mktemp("mine"), SETS)):
        yield


def test_every_number_that_a_fit_moved_has_its_values() -> None:
    resolved = resolve("eliana")
    drawn = plausible(resolved, {"eliana"})
    assert {c.path for c in drawn.columns} == set(PATHS) and drawn.sets == 3 and drawn.fits == ("eliana",)
    for number, factors in enumerate(SETS):
        there = drawn.laid(resolved, number)
        for path, x in resolved.parameters.items():
            factor = factors[PATHS.index(path)] if path in PATHS else 1.0
            assert there.parameters[path].value == pytest.approx(x.value * factor, rel=1e-3)
        assert there.hash != resolved.hash or number == 2


@settings(max_examples=some(8))
@given(st.sets(st.sampled_from(PATHS)), st.floats(0.3, 3.0))
def test_what_the_user_changed_is_left_as_it_is(paths, factor) -> None:
    resolved = resolve("eliana", {p: f"* {factor}" for p in paths})
    drawn = plausible(resolved)
    assert {c.path for c in drawn.columns} == set(PATHS) - paths
    there = drawn.laid(resolved, 0)
    assert all(there.parameters[p] == resolved.parameters[p] for p in paths)


def test_a_number_that_one_arm_changes_is_left_in_all(tmp_path) -> None:
    (tmp_path / "x.toml").write_text(
        'trial = "eliana"\n[[arm]]\nname = "a"\n[[arm]]\nname = "b"\n[arm.set]\n"tumour.kill" = "* 0.5"\n',
        encoding="utf-8",
    )
    for drawn in of_arms(resolve(tmp_path / "x.toml").arms, 3):
        assert {c.path for c in drawn.columns} == set(PATHS) - {"tumour.kill"}


def test_a_variability_may_be_drawn(tmp_path) -> None:
    with library.also(written(tmp_path, [[1.5], [0.5]], ["tumour.kill"], varies=lambda path: True)):
        resolved = resolve("eliana")
        there = plausible(resolved).laid(resolved, 0).parameters["tumour.kill"]
    own = resolved.parameters["tumour.kill"]
    assert there.value == own.value and there.variability.sd == pytest.approx(1.5 * own.variability.sd, rel=1e-3)


def test_another_variability_by_the_user_keeps_the_value_as_it_is() -> None:
    resolved = resolve("eliana", {"tumour.kill.variability.sd": "0.1"})
    assert "tumour.kill" not in {c.path for c in plausible(resolved).columns}


@pytest.mark.parametrize("sets", [1, 4, 100])
def test_so_many_sets_there_are_not(sets) -> None:
    with pytest.raises(ScenarioError, match="2 to 3"):
        of_arms(resolve("eliana").arms, sets)


def test_nothing_is_drawn_where_all_were_changed() -> None:
    with pytest.raises(ScenarioError, match="no number of this run has plausible values"):
        of_arms(resolve("eliana", dict.fromkeys(PATHS, "* 1.0")).arms, 2)


def test_an_ensemble_of_other_values_is_refused_or_left_out(tmp_path) -> None:
    text = (written(tmp_path, SETS) / "ensembles" / "eliana.toml").read_text(encoding="utf-8")
    first = text.partition("optimum = [")[2].partition(",")[0]
    stale = text.replace(f"optimum = [{first}", f"optimum = [{1.1 * float(first)}")
    (tmp_path / "ensembles" / "eliana.toml").write_text(stale, encoding="utf-8")
    with library.also(tmp_path):
        with pytest.raises(LivingDrugError, match="livingdrug calibrate eliana again"):
            plausible(resolve("eliana"))
        assert PATHS[0] not in {c.path for c in plausible(resolve("eliana"), strict=False).columns}


def test_numbers_of_a_stated_uncertainty_are_drawn_as_wide_as_it_says() -> None:
    """Median and log-SD of 100 sets; the same in every trial that has the number; a share stays one."""
    first, other = resolve("hn2301-lupus"), resolve("erlangen-lupus")
    drawn = {c.path: c for c in of_arms(first.arms, 3)[0].columns}
    stated = {p for p, x in first.parameters.items() if x.uncertainty}
    assert len(stated) > 15 and stated - set(PATHS) <= set(drawn)
    decay, said = drawn["kinetics.decay"], first.parameters["kinetics.decay"]
    logs = np.log(np.array(decay.values) / said.value)
    assert abs(logs.mean()) < 0.3 * said.uncertainty.sd and np.std(logs) == pytest.approx(said.uncertainty.sd, rel=0.25)
    assert all(0 < x < 1 for x in drawn["kinetics.reachable"].values)
    there = {c.path: c for c in of_arms(other.arms, 3)[0].columns}
    assert there["autoimmunity.growth"].values == drawn["autoimmunity.growth"].values
    assert "kinetics.decay" not in there


def test_a_number_of_a_stated_uncertainty_that_the_user_changed_is_not_drawn() -> None:
    arms = resolve("hn2301-lupus", {"kinetics.decay": "* 2"}).arms
    assert "kinetics.decay" not in {c.path for c in of_arms(arms, 3)[0].columns}


def test_what_no_file_calls_uncertain_is_drawn_as_before() -> None:
    resolved = resolve("eliana")
    assert of_arms(resolved.arms, 3)[0] == plausible(resolved)
