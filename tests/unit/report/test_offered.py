"""What a form offers of any trial of the library: paths that can be set, with where their values come from."""

from __future__ import annotations

import pytest

from livingdrug import library
from livingdrug.parameters import KINDS
from livingdrug.report.offered import every_path, offered
from livingdrug.scenario import resolve


@pytest.mark.parametrize("trial", library.names("trials"))
def test_every_choice_can_be_set_to_what_it_is(trial: str) -> None:
    resolved = resolve(trial)
    choices = [choice for offer in offered(resolved) for choice in offer.choices]
    assert len({c.path for c in choices}) == len(choices)
    again = resolve(trial, {c.path: c.value for c in choices})
    assert again.modules == resolved.modules
    for path, number in resolved.parameters.items():
        assert again.parameters[path].value == pytest.approx(number.value, rel=1e-5), path
    assert [d.amount.text for d in again.protocol.schedule] == [d.amount.text for d in resolved.protocol.schedule]
    assert [r.when and r.when.text for r in again.protocol.rule] == [
        r.when and r.when.text for r in resolved.protocol.rule
    ]


@pytest.mark.parametrize("trial", library.names("trials"))
def test_every_choice_says_where_it_comes_from(trial: str) -> None:
    resolved = resolve(trial)
    for offer in offered(resolved):
        for choice in offer.choices:
            assert choice.title and choice.value != "", choice.path
            assert choice.kind in KINDS, choice.path
            assert choice.source, choice.path


def test_all_numbers_of_the_model_are_suggested() -> None:
    resolved = resolve("eliana")
    known = every_path(resolved)
    assert set(resolved.parameters) <= set(known)
    assert {"dose.factor", "protocol.schedule.fludarabine.amount", "protocol.rule.tocilizumab.when"} <= set(known)


def test_a_change_is_seen_in_what_is_offered() -> None:
    resolved = resolve("eliana", {"dose.factor": "0.5", "protocol.schedule.fludarabine.amount": "25 mg/m2"})
    known = every_path(resolved)
    assert known["dose.factor"].value == "0.5"
    assert known["protocol.schedule.fludarabine.amount"].value == "25 mg/m2"
