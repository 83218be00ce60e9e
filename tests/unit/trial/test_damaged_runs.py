"""A saved run damaged in any of its files: told with the file, or whole without it; never a traceback."""

from __future__ import annotations

import copy
import json
import pickle
import shutil
import warnings
from pathlib import Path

import pytest

import livingdrug
from livingdrug.errors import LivingDrugError
from livingdrug.results.result import TABLES, Result
from livingdrug.trial.saved import NEEDED
from thoroughness import some_of


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    folder = tmp_path_factory.mktemp("damaged") / "run"
    return livingdrug.Trial("eliana", {"protocol.follow_up": "3 months"}).run(patients=4, seed=3, out=folder), folder


def damage(file: Path, how: str) -> None:
    raw = file.read_bytes()
    file.unlink()
    if how == "a folder":
        file.mkdir()
    elif how != "missing":
        file.write_bytes({"empty": b"", "cut": raw[: len(raw) // 2], "another": b"hello\n", "a list": b"[]"}[how])


HOW = ("missing", "empty", "cut", "another", "a list", "a folder")


@pytest.mark.parametrize("how", some_of(HOW, 3))
def test_every_file_of_a_run_is_looked_at(how: str, saved: tuple[Result, Path], tmp_path: Path) -> None:
    result, folder = saved
    for name in sorted(p.name for p in folder.iterdir()):
        place = tmp_path / "run"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(folder, place)
        damage(place / name, how)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                again = livingdrug.load(place)
            except LivingDrugError as problem:
                assert name in str(problem) and problem.mend, (name, problem)
                continue
        assert name not in NEEDED, name
        if name.removesuffix(".parquet") in (*TABLES, "grades"):
            assert how in ("missing", "a folder") and any(name in str(w.message) for w in told), name
        assert repr(again.beside_published()) == repr(result.beside_published())


@pytest.mark.parametrize(
    "said", [{}, {"seed": None}, {"seed": "x"}, {"seed": [1]}, {"seed": -1}, {"seed": 1e400}, {"patients": "x"},
             {"patients": 5}, {"wall_s": "x"}, {"scenario_hash": 7}],
)  # fmt: skip
def test_how_a_run_was_made_is_told_where_it_cannot_be(
    said: dict[str, object], saved: tuple[Result, Path], tmp_path: Path
) -> None:
    place = tmp_path / "run"
    shutil.copytree(saved[1], place)
    file = place / "provenance.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**told, **said} if said else {}), encoding="utf-8")
    with warnings.catch_warnings(action="ignore"):
        try:
            livingdrug.load(place)
        except LivingDrugError as problem:
            assert "run" in str(problem.where)
        else:
            assert "scenario_hash" in said


def test_files_of_two_runs_are_told_apart(saved: tuple[Result, Path], tmp_path: Path) -> None:
    """Of the same trial and size, with another seed: any one file of the other run; and an earlier run is not mixed
    with the one that is saved over it."""
    result, folder = saved
    other = livingdrug.Trial("eliana", {"protocol.follow_up": "3 months"}).run(patients=4, seed=4)
    theirs = other.save(tmp_path / "other", report=False)
    for name in NEEDED:
        place = shutil.copytree(folder, tmp_path / name)
        shutil.copy(theirs / name, place / name)
        with pytest.raises(LivingDrugError, match="of another run") as caught:
            livingdrug.load(place)
        assert caught.value.mend and str(place) in str(caught.value.where)
    (theirs / "notes.txt").write_text("mine", encoding="utf-8")
    stale = theirs / "library" / "drugs.toml"
    stale.parent.mkdir()
    stale.write_text("x", encoding="utf-8")
    said = json.loads((theirs / "provenance.json").read_text(encoding="utf-8"))
    said["files"] |= {"library/drugs.toml": "", "../outside": ""}
    (theirs / "provenance.json").write_text(json.dumps(said), encoding="utf-8")
    (tmp_path / "outside").write_text("not ours", encoding="utf-8")
    result.save(theirs, report=False)
    assert (theirs / "notes.txt").is_file() and (tmp_path / "outside").is_file() and not stale.exists()
    assert livingdrug.load(theirs).seed == result.seed


def test_a_run_of_another_version_is_told(saved: tuple[Result, Path], tmp_path: Path) -> None:
    place = shutil.copytree(saved[1], tmp_path / "run")
    said = json.loads((place / "provenance.json").read_text(encoding="utf-8"))
    (place / "provenance.json").write_text(json.dumps({**said, "livingdrug": "0.0.7"}), encoding="utf-8")
    with pytest.warns(UserWarning, match="0.0.7"):
        again = livingdrug.load(place)
    assert again.patients.equals(saved[0].patients)


def test_a_save_that_ends_in_its_middle_leaves_the_earlier_run(
    saved: tuple[Result, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = shutil.copytree(saved[1], tmp_path / "run")
    before = {file.name: file.read_bytes() for file in place.iterdir()}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("livingdrug.results.result._of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        saved[0].save(place)
    assert {file.name: file.read_bytes() for file in place.iterdir()} == before


def test_what_a_run_leaves_can_be_sent(saved: tuple[Result, Path]) -> None:
    result, _ = saved
    trial = livingdrug.Trial("eliana")
    trial.check()  # a plan and a model are kept
    arm = trial.resolved.arms[0]
    for thing in (trial.resolved.model(), trial.design(arm), arm, trial):
        for again in (pickle.loads(pickle.dumps(thing)), copy.copy(thing), copy.deepcopy(thing)):
            assert type(again) is type(thing)
    pickle.loads(pickle.dumps(trial)).check()
    for thing in (result, result.beside_published(), result.arm(), result.arm().courses, trial, trial.resolved):
        assert type(pickle.loads(pickle.dumps(thing))) is type(thing)
