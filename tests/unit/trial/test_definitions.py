"""Two arms stand side by side in what they define alike, down to columns, watches and scale."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.results.arms import Arms
from livingdrug.scenario import resolve
from livingdrug.trial.definitions import definitions

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
    one, other = (definitions(arm.resolved.trial, arm.protocol) for arm in resolve(file).arms)
    return {name for name in one if one[name] != other[name]}


@pytest.mark.parametrize("change", CHANGES)
def test_only_what_is_defined_otherwise_differs(change: str, tmp_path: Path) -> None:
    assert differing(change, tmp_path) == CHANGES[change]


def test_a_watch_and_a_scale_belong_to_a_definition(tmp_path: Path) -> None:
    watched = differing('[[arm.protocol.watch]]\nname = "oxygen"\nwhen = "physiology.oxygen_index >= 2"', tmp_path)
    assert watched == {"oxygen"}
    assert {"crs_any", "crs_onset"} <= differing('scale = "astct"', tmp_path)


def test_what_is_apart_is_named_and_not_a_row() -> None:
    table = Arms(("a", "b"), (("x", "X", "%", (1.0, 2.0)),), ("EFS <6>",))
    assert "Defined differently in the arms, so not compared: EFS <6>." in repr(table) and table.changed.apart
    assert "EFS &lt;6&gt;" in table._repr_html_()
