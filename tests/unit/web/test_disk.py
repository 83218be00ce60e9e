"""A disk that is full or cannot be written: told with its place and what to do, and no run hangs over it."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from livingdrug.web.app import build
from livingdrug.web.faults import shape
from livingdrug.web.jobs.alive import own
from livingdrug.web.jobs.question import Answer, Question
from livingdrug.web.jobs.records import FILE, Records
from livingdrug.web.jobs.worker import Runner
from livingdrug.web.refused import Refused
from livingdrug.web.settings import Limits, Settings


def refusing(home: Path) -> None:
    """The table of runs can neither be read nor written from now on."""
    (home / FILE).rename(home / "kept")
    (home / FILE).mkdir()


def mended(home: Path) -> None:
    (home / FILE).rmdir()
    (home / "kept").rename(home / FILE)


def test_the_end_of_a_run_that_cannot_be_written_down_is_owed(tmp_path: Path) -> None:
    records = Records(tmp_path)
    assert records.enter(Question("eliana", 5, 1), Answer("k", "title", 5, 1, 1))
    runner = Runner(tmp_path, own(tmp_path), Limits(), None)
    attempt = records.claim("k", runner.mine.name)
    assert attempt == 1 and not runner.owes()
    refusing(tmp_path)
    with pytest.raises(Refused) as problem:
        records.get("k")
    assert problem.value.status == 503 and problem.value.where == str(tmp_path / FILE) and problem.value.mend
    runner._ended("k", attempt, error=shape(503, "the disk is full"))
    assert runner.owes()
    mended(tmp_path)
    assert not runner.owes()
    job = records.get("k")
    assert job and job.state == "failed" and job.error and job.error["error"] == "the disk is full"
    assert not records.owned()


@pytest.mark.parametrize("path", ["/virtual", "/api/jobs", "/api/jobs/k"])
def test_pages_say_that_the_folder_of_runs_cannot_be_had(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    app = build(Settings(folder=tmp_path / "file" / "web"))
    with TestClient(app, base_url="http://localhost") as client:
        found = client.get(path, headers={"accept": "application/json"})
    assert found.status_code == 503 and found.json()["where"] and "--folder" in found.json()["mend"]
