"""Inputs on which new users failed, each answered as it should be. They stand outside the project: skipped without."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from livingdrug.errors import LivingDrugError
from livingdrug.trial.check import check_arm
from livingdrug.trial.run import Trial

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("LIVINGDRUG_SHARED", ROOT.parent / "shared")) / "cases" / "trial"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not here")

REFUSED = {  # file -> words of the message, with the file and line at fault
    "typo_rule.toml": ["'tociluzimab'", "did you mean 'tocilizumab'", "typo_rule.toml:9"],
    "run_.toml": ["'tociluzimab'", "did you mean 'tocilizumab'", "run_.toml:5"],
    "myprot_s.toml": ["has no unit", "degC", "myprotocol.toml:25"],
    "snn.toml": ["30 has no unit", "snn.toml:6"],
    "course_grade_dropped.toml": ["'crs.grade'", "course_grade_dropped.toml:5"],
    "number_5000_digits.toml": ["thousands of digits", "number_5000_digits.toml:5"],
}
RUN = ("docs_library_scenario", "mydrug_s", "ownprod_s", "own_published_row_replaces_all", "ext_cond_x20",
       "ext_steroid_day0")  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(CASES, tmp_path / "cases")
    monkeypatch.chdir(tmp_path / "cases")
    return tmp_path / "cases"


def checked(file: str) -> Trial:
    """A scenario resolved, and each arm gone through in a dry run."""
    trial = Trial(file)
    for arm in trial.resolved.arms:
        check_arm(arm, trial.design(arm))
    return trial


@pytest.mark.parametrize("file", REFUSED)
def test_what_was_wrong_in_silence_is_refused(folder: Path, file: str) -> None:
    with pytest.raises(LivingDrugError) as caught:
        checked(file)
    for words in REFUSED[file]:
        assert words in caught.value.message


@pytest.mark.parametrize("name", RUN)
def test_what_failed_runs(folder: Path, name: str) -> None:
    trial = checked(f"{name}.toml")
    if name == "own_published_row_replaces_all":
        mine = [row for row in trial.resolved.trial.published if row.measure == "response"]
        assert [row.source for row in mine] == ["review2023", "me2026"] and len(trial.resolved.trial.published) > 40
    if name == "mydrug_s":
        assert trial.resolved.modules["drug.mydrug"] == "tocilizumab"
    if name == "ownprod_s":
        assert trial.resolved.parameters["kinetics.growth"].value == 2.5 and trial.resolved.notes
        assert not trial.resolved.as_fitted
