"""What a user can mean of manufacture, comparators, transplants: shares are shares, what does nothing is told."""

from __future__ import annotations

import numpy as np
import pytest

import livingdrug
from livingdrug.cohort import draw
from livingdrug.errors import LivingDrugError
from livingdrug.model import Param
from livingdrug.scenario import resolve
from livingdrug.trial.enrolment import enrol
from thoroughness import some_of

AXI, CHEMOTHERAPY = "axicabtagene-ciloleucel", "lbcl-refractory-chemotherapy"
MADE = {"manufacture": AXI, "modules.slots": "slots"}
BASES = {"made": MADE, "comparator": {"comparator": CHEMOTHERAPY}, "transplant": {"modules.transplant": "transplant"}}


def bounded(sets: dict[str, object]) -> dict[str, float]:
    """Paths of the numbers that have a largest value, and that value."""
    model = resolve("zuma-1", sets).model()
    found = {path: model.declared[path] for path in model.parameters}
    return {path: x.most for path, x in found.items() if isinstance(x, Param) and x.most is not None}


CASES = [(name, path, most) for name, sets in BASES.items() for path, most in bounded(sets).items()]


def test_every_step_before_infusion_knows_its_shares() -> None:
    paths = {path for name, path, _ in CASES if name == "made"}
    steps = {path.partition(".")[0] for path in paths}
    assert steps >= {"leukapheresis", "culture", "transduction", "phenotype", "release", "waiting"}
    assert {"standard_of_care.spared", "standard_of_care.responding"} <= {path for _, path, _ in CASES}


@pytest.mark.parametrize(("name", "path", "most"), some_of(CASES, 6))
def test_more_than_the_whole_is_refused_and_percent_are_understood(name: str, path: str, most: float) -> None:
    with pytest.raises(LivingDrugError) as caught:
        resolve("zuma-1", {**BASES[name], path: most * 35})
    assert path in str(caught.value) and "between" in str(caught.value) or caught.value.allowed
    assert resolve("zuma-1", {**BASES[name], path: "35 %"}).parameters[path].value == pytest.approx(0.35)


@pytest.mark.parametrize("zero", ["slots.number", "transduction.integrations", "culture.selected"])
def test_nothing_that_is_divided_by_is_refused_and_named(zero: str) -> None:
    made = resolve("zuma-1", {**MADE, zero: 0})
    with pytest.raises(LivingDrugError) as caught:
        draw(made, range(3), seed=1)
    assert zero in str(caught.value)


def test_an_empty_bag_is_infused_into_nobody() -> None:
    trial = livingdrug.Trial("zuma-1", {"manufacture": AXI, "release.fill": 0})
    arm = trial.resolved.arms[0]
    assert not len(enrol(arm, trial.design(arm), np.arange(60), 1).infused)


@pytest.mark.parametrize(
    ("trial", "sets", "told"),
    [
        ("eliana", {"manufacture": AXI}, f"made as those of '{AXI}' are"),
        ("zuma-1", {"manufacture": "tisagenlecleucel"}, "made as those of 'tisagenlecleucel' are"),
        ("zuma-1", {"modules.transplant": "transplant"}, "nothing sets 'transplant.done'"),
        ("zuma-1", {"comparator": CHEMOTHERAPY}, "nobody's answer is missing"),
    ],
)
def test_what_a_reader_would_not_expect_is_told(trial: str, sets: dict[str, str], told: str) -> None:
    found = livingdrug.Trial(trial, sets)
    arm = found.resolved.arms[0]
    assert any(told in note for note in (*arm.resolved.notes, *found.design(arm).notes))
    plain = livingdrug.Trial(trial, {"manufacture": AXI} if trial == "zuma-1" else {})
    arm = plain.resolved.arms[0]
    assert not any(
        "made as" in note or "nothing sets" in note for note in (*arm.resolved.notes, *plain.design(arm).notes)
    )
