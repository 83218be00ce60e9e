"""Two arms stand side by side in what they define alike, down to columns, watches and scale."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.scenario import resolve
from livingdrug.trial.compare import compare
from livingdrug.trial.definitions import definitions, otherwise
from livingdrug.trial.design import design
from livingdrug.trial.simulate import dry_run

CHANGES = {
    '[[arm.endpoint]]\nname = "EFS"\nevents = ["death"]': {"efs_6m", "efs_12m", "efs_24m", "efs_36m", "efs_median"},
    '[[arm.column]]\nname = "crs_onset"\nvalue = "first(crs.grade2)"': {"crs_onset"},
    '[[arm.measure]]\nname = "response"\namong = "evaluable"': {"response"},
    '[[arm.protocol.rule]]\nname = "tocilizumab"\nwhen = "crs.grade >= 2"': set(),  # care is no definition
    "kinetics.growth = 0.8": set(),
}


def differing(change: str, folder: Path) -> set[str]:
    file = folder / "mine.toml"
    file.write_text(f'trial = "eliana"\n[[arm]]\nname = "a"\n[[arm]]\nname = "b"\n{change}\n', encoding="utf-8")
    one, other = (definitions(arm.resolved) for arm in resolve(file).arms)
    return {name for name in one if one[name] != other[name]}


@pytest.mark.parametrize("change", CHANGES)
def test_only_what_is_defined_otherwise_differs(change: str, tmp_path: Path) -> None:
    assert differing(change, tmp_path) == CHANGES[change]


def test_a_watch_and_a_scale_belong_to_a_definition(tmp_path: Path) -> None:
    watched = differing('[[arm.protocol.watch]]\nname = "oxygen"\nwhen = "physiology.oxygen_index >= 2"', tmp_path)
    assert watched == {"oxygen"}
    assert {"crs_any", "crs_onset"} <= differing('scale = "astct"', tmp_path)


REDEFINED = {
    '[[measure]]\nname = "efs_12m"\nat = "13 months"': {"efs_12m"},
    '[[column]]\nname = "crs_onset"\nvalue = "first(crs.grade2)"': {"crs_onset"},
    '[[measure]]\nname = "response"\namong = "evaluable"': {"response"},
    '[[protocol.watch]]\nname = "oxygen"\nwhen = "physiology.oxygen_index >= 2"': {"oxygen"},
    "[kinetics]\ngrowth = 0.8": set(),
    'scale = "astct"': set(),  # a row says on which scale it was graded
    '[[protocol.rule]]\nname = "tocilizumab"\nwhen = "crs.grade >= 2"': set(),
    "": set(),
}


@pytest.mark.parametrize("change", REDEFINED)
def test_what_was_published_says_nothing_of_a_measure_defined_otherwise(change: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    own = '[[published]]\nmeasure = "efs_12m"\nvalue = 40\nunit = "%"\ncohort = "mine"\n'
    file.write_text(f'trial = "eliana"\n{change}\n{own}', encoding="utf-8")
    (arm,) = resolve(file).arms
    told = otherwise(arm)
    assert set(told) == REDEFINED[change]
    plan = design(arm)
    rows = compare(arm.resolved.trial, dry_run(arm, plan), units=plan.units, otherwise=told).rows
    judged = {r.measure for r in rows if "defines it otherwise" in r.reason}
    assert judged == {name for name in told if name in {r.measure for r in rows if r.value is not None}}
    assert not [r for r in rows if r.cohort == "mine" and "defines it otherwise" in r.reason]
