"""A what-if has a folder and a title of its own: it never takes the place, or the name, of the run it departs from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.cli.folder import check
from livingdrug.cli.run import folder_name
from livingdrug.errors import ScenarioError
from livingdrug.scenario import resolve
from thoroughness import some
from unit.cli.command import command

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=122), min_size=1, max_size=12)
ASKED = st.tuples(
    st.dictionaries(WORDS, WORDS, max_size=3),
    st.none() | WORDS.map(lambda x: Path(f"{x.replace('/', '_')}.csv")),
    st.just("") | WORDS.map("sweep-{}".format),
)


@settings(max_examples=some(300))
@given(ASKED, ASKED)
def test_what_differs_has_another_folder(one: tuple, other: tuple) -> None:
    first, second = folder_name("eliana", *one), folder_name("eliana", *other)
    assert (first == second) == (one == other)
    assert (first == "eliana") == (one == ({}, None, "")) and re.fullmatch(r"[A-Za-z0-9.,=+_-]{1,250}", first)


@pytest.mark.parametrize("where", ["eliana.toml", "here/eliana.toml", "eliana/scenario.toml"])
def test_a_file_called_like_a_library_trial_has_another_folder(where: str) -> None:
    assert folder_name(where, {}) != "eliana"


SETS = [{"kinetics.growth": "* 0.8"}, {"dose.factor": "0.5"}, {"protocol.follow_up": "60 d"}, {"scale": "astct"}]


@pytest.mark.parametrize("sets", SETS, ids=str)
def test_a_what_if_says_in_its_title_what_is_changed(sets: dict[str, str]) -> None:
    usual, changed = resolve("eliana").title, resolve("eliana", sets).title
    (path, value), *_ = sets.items()
    assert changed.startswith(usual) and path in changed and value in changed


def test_a_scenario_and_its_what_if_say_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('trial = "eliana"\n[kinetics]\ngrowth = 1\n', encoding="utf-8")
    (tmp_path / "p.csv").write_text("weight [kg]\n40\n", encoding="utf-8")
    titles = [
        resolve("eliana").title,
        resolve(tmp_path / "mine.toml").title,
        resolve(tmp_path / "mine.toml", {"dose.factor": 2}).title,
        resolve("eliana", {"cohort.file": str(tmp_path / "p.csv")}).title,
    ]
    assert len(set(titles)) == 4 and "mine.toml" in titles[1] and "p.csv" in titles[3] and "/" not in titles[3]


def test_runs_beside_each_other_leave_the_first_as_it_was(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("weight [kg]\n40\n50\n", encoding="utf-8")
    small = ("--patients", "2")
    assert command(capsys, "run", "eliana", *small).code == 0
    before = {p: p.read_bytes() for p in Path("runs/eliana").iterdir()}
    for words in (
        ("run", "eliana", "--set", "protocol.follow_up=60 d", *small),
        ("run", "eliana", "--cohort", "p.csv", *small),
        ("run", "runs/eliana/scenario.toml", *small),
        ("sweep", "eliana", "dose.factor", "2", *small),
    ):
        assert command(capsys, *words).code == 0
    assert {p: p.read_bytes() for p in Path("runs/eliana").iterdir()} == before
    assert len(list(Path("runs").iterdir())) == 5


@pytest.mark.parametrize("place", ["", ".", "..", "../..", "/"])
def test_the_folder_one_stands_in_is_not_replaced(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told before anything is simulated, also where it is empty."""
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    with pytest.raises(ScenarioError, match="stand in"):
        check(Path(place))
