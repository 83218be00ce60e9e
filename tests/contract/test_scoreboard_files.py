"""The library's wrong truths and naive transfer speak of numbers, trials and measures that there are."""

from __future__ import annotations

import pytest

from laid_out import trials
from livingdrug.spec.scoreboard import Transfer, WrongTruth, transfers, wrong_truths
from livingdrug.spec.trial import Trial
from livingdrug.trial.cases import role_of
from livingdrug.trial.false_models import false_model
from livingdrug.trial.naive import copied, is_compared
from livingdrug.trial.scoring import chosen

TRIALS: dict[str, Trial] = {name: resolved.trial for name, resolved in trials().items()}
ROLES = {name: role_of(trial) for name, trial in TRIALS.items()}
VALIDATION = [name for name, role in ROLES.items() if role == "validation"]


def test_there_are_twelve_wrong_truths() -> None:
    assert len(wrong_truths()) >= 12


@pytest.mark.parametrize("truth", wrong_truths(), ids=lambda t: t.name)
def test_a_wrong_truth_changes_a_calibration_trial(truth: WrongTruth) -> None:
    model = false_model(truth, chosen(["eliana"]))
    assert model.cases, model.left_out


@pytest.mark.parametrize("name", TRIALS)
def test_every_comparable_row_belongs_to_a_family(name: str) -> None:
    families = {m.name: m.family for m in TRIALS[name].measure}
    assert [p.measure for p in TRIALS[name].published if is_compared(p, TRIALS[name]) and not families[p.measure]] == []


@pytest.mark.skipif(not VALIDATION, reason="the library has no validation trial")
@pytest.mark.parametrize("key", transfers(), ids=" ".join)
def test_a_row_that_is_copied_is_there(key: tuple[str, str]) -> None:
    trial, measure = key
    assert ROLES[trial] != "calibration" and measure in {p.measure for p in TRIALS[trial].published}
    row: Transfer = transfers()[key]
    assert row.copied is None or ROLES[row.copied] == "calibration"


@pytest.mark.parametrize("name", VALIDATION)
def test_every_comparable_row_of_a_validation_trial_is_named(name: str) -> None:
    trial, named = TRIALS[name], transfers()
    counted = [p for p in trial.published if is_compared(p, trial)]
    assert [p.measure for p in counted if (name, p.measure) not in named] == []
    others = {other: (TRIALS[other], role) for other, role in ROLES.items()}
    for row in counted:
        found = copied(row, trial, named[name, row.measure], others)
        assert found.comparable or found.reason
