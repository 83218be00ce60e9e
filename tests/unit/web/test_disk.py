"""A disk that is full or cannot be written: told with its place and what to do, and no run hangs over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from livingdrug.web import serve
from livingdrug.web.app import build
from livingdrug.web.faults import shape
from livingdrug.web.jobs import Jobs
from livingdrug.web.jobs.alive import PROCESSES, own
from livingdrug.web.jobs.question import Answer, Question
from livingdrug.web.jobs.queue import FILE as QUEUE
from livingdrug.web.jobs.records import FILE, Records
from livingdrug.web.jobs.worker import Runner
from livingdrug.web.refused import Refused
from livingdrug.web.settings import Limits, Settings
from unit.cli.command import command


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


def a_file(home: Path) -> None:
    home.write_text("")


def below_a_file(home: Path) -> None:
    home.parent.joinpath("between").write_text("")
    home.symlink_to(home.parent / "between" / "web")


def damaged(name: str) -> Callable[[Path], None]:
    def make(home: Path) -> None:
        home.mkdir()
        (home / name).write_text("neither a table nor a queue nor a folder")

    return make


def in_the_way(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).mkdir(parents=True)


@pytest.mark.parametrize(
    ("make", "where", "mend"),
    [
        (a_file, "", "--folder"),
        (below_a_file, "", "--folder"),
        *((damaged(name), name, "move the file away") for name in (FILE, QUEUE)),
        *((in_the_way(name), name, "--folder") for name in (FILE, QUEUE)),
        (damaged(PROCESSES), PROCESSES, "--folder"),
    ],
)
def test_a_server_does_not_begin_on_a_folder_that_keeps_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], None], where: str, mend: str
) -> None:
    home = tmp_path / "web"
    make(home)
    with pytest.raises(Refused) as problem:
        serve.run(host="127.0.0.1", port=0, folder=home)
    assert problem.value.status == 503 and problem.value.where == str(home / where)
    assert mend in str(problem.value.mend) and not capsys.readouterr().out  # no address was told


def test_a_folder_that_can_be_used_is_left_as_it_was(tmp_path: Path) -> None:
    Jobs(Settings(folder=tmp_path / "web")).usable()
    assert not list((tmp_path / "web" / PROCESSES).iterdir()) and Records(tmp_path / "web").all() == []


def test_a_mirror_that_is_asked_for_and_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = command(capsys, "serve", "--port", "0", "--db", str(tmp_path / "none.sqlite"))
    assert said.code == 2 and not said.out
    assert "there is no mirror" in said.err and "--db" in said.err and "trials demo" in said.err
