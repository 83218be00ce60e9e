"""Keys of earlier releases are read as today's, with a warning that names the place and the new key."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path

import pytest

from livingdrug.errors import SourceError
from livingdrug.parameters import OLDER, Parameter, Variability, read_parameter
from livingdrug.scenario import resolve
from unit.cli.command import command

BELOW = Parameter("a.b", 1.0, "1/day", "assumed", why="x", variability=Variability("log-normal", 0.5), file="x", line=1)
NEW = {"variability": {"distribution": "normal", "sd": 0.2, "loadings": {"fitness": 0.3}}, "uncertainty": {"cv": 0.1}}
CHOSEN = [set(keys) for n in range(1, 5) for keys in itertools.combinations(OLDER, n)]


def older(data: dict, keys: set[str]) -> dict:
    """The table with some of its keys by their earlier names, at any depth."""
    names = {OLDER[key]: key for key in keys}
    return {names.get(k, k): older(x, keys) if isinstance(x, dict) else x for k, x in data.items()}


def read(data: dict, by_user: bool) -> Parameter:
    origin = {} if by_user else {"kind": "assumed", "why": "x"}
    return read_parameter("a.b", {**origin, **data}, BELOW, {}, "layer", "my.toml", 7, by_user)


@pytest.mark.parametrize("keys", CHOSEN, ids=lambda k: "-".join(sorted(k)))
@pytest.mark.parametrize("by_user", [True, False])
def test_earlier_keys_mean_the_same(keys: set[str], by_user: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = read(NEW, by_user)
    with pytest.warns(FutureWarning) as said:
        found = read(older(NEW, keys), by_user)
    assert found.as_dict() == expected.as_dict()
    for key in keys:
        assert any("my.toml:7" in str(w.message) and f"'{key}' is now '{OLDER[key]}'" in str(w.message) for w in said)


@pytest.mark.parametrize("key", OLDER)
def test_a_table_with_both_keys_is_refused(key: str) -> None:
    both = {OLDER[key]: NEW.get(OLDER[key], "normal"), key: NEW.get(OLDER[key], "normal")}
    data = both if OLDER[key] in NEW else {"variability": {"sd": 0.1, **both}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(SourceError, match=f"'{key}' and '{OLDER[key]}' are the same key") as problem:
            read(data, True)
    assert "my.toml:7" in str(problem.value.where) and f"keep '{OLDER[key]}'" in str(problem.value)


SCENARIO = """trial = "eliana"
[population.covariates.age]
{law} = "normal"
sd = 3
[kinetics.growth]
value = 0.8
{spread} = {{ {law} = "log-normal", sd = 0.3, {loads} = {{ }} }}
[set]
"kinetics.room.{spread}.sd" = 0.25
[[arm]]
name = "one"
[arm.set]
"tumour.kill.{spread}" = {{ {law} = "normal", sd = 0.4 }}
"""


def written(folder: Path, name: str, earlier: bool) -> Path:
    words = {old: old if earlier else new for old, new in OLDER.items()}
    file = folder / f"{name}.toml"
    file.write_text(SCENARIO.format(**words), encoding="utf-8")
    return file


def test_a_scenario_with_earlier_keys_is_the_same_scenario(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        now = resolve(written(tmp_path, "now", False))
    with pytest.warns(FutureWarning) as said:
        then = resolve(written(tmp_path, "then", True))
    for arm, other in zip(then.arms, now.arms, strict=True):
        mine, theirs = ({p: (x.value, x.variability) for p, x in a.resolved.parameters.items()} for a in (arm, other))
        assert mine == theirs
        assert repr(arm.resolved.population.covariates) == repr(other.resolved.population.covariates)
    places = {str(w.message).partition(": ")[0].rpartition(":")[2].rstrip(")") for w in said}
    assert {"3", "7", "9", "13"} <= places


def test_the_command_line_says_it_in_one_line_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = command(capsys, "explain", str(written(tmp_path, "mine", True)), "kinetics.growth")
    notes = [line for line in said.err.splitlines() if line.startswith("note: ")]
    assert said.code == 0 and said.err.splitlines() == notes and len(set(notes)) == len(notes) > 0
    assert any("mine.toml:7" in line and "'spread' is now 'variability'" in line for line in notes)
    quiet = command(capsys, "explain", str(written(tmp_path, "new", False)), "kinetics.growth")
    assert quiet.code == 0 and quiet.err == ""
