"""Runs as jobs, with the real engine and few patients: asked for, followed, found again, cancelled, cleared."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import livingdrug
from livingdrug.errors import LivingDrugError
from livingdrug.web.jobs import Job, Jobs
from livingdrug.web.jobs import alive as processes
from livingdrug.web.jobs.job import STATES, STEPS
from livingdrug.web.jobs.question import Answer, Question
from livingdrug.web.jobs.records import Records
from livingdrug.web.refused import Refused
from livingdrug.web.settings import Limits, Settings

PATIENTS = 70
LONG = 20_000  # patients of a run that is still going on when it is looked at
ARMS = """
trial = "eliana"
[[arm]]
name = "as published"
[[arm]]
name = "half"
[arm.set]
"tumour.kill" = "* 0.5"
"""


def until(true: Callable[[], Any], seconds: float = 300.0) -> Any:
    """Waits for something to come true, which it does within that time on any machine."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def ended(jobs: Jobs, key: str) -> Job:
    return until(lambda: (job := jobs.get(key)) and job.final and job)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    made = Jobs(Settings(folder=tmp_path_factory.mktemp("web") / "home", workers=1, limits=Limits(waiting=3)))
    yield made
    made.close()


@pytest.fixture(scope="module")
def two_arms(jobs: Jobs) -> tuple[Job, list[Job]]:
    """A run of two arms, and all that was told of it."""

    async def follow() -> list[Job]:
        job = jobs.submit(ARMS, PATIENTS, 3)
        return [told async for told in jobs.events(job.key)]

    told = asyncio.run(follow())
    return told[-1], told


def test_a_run_leaves_what_the_command_line_leaves(two_arms: tuple[Job, list[Job]], tmp_path: Path) -> None:
    job = two_arms[0]
    assert (job.state, job.patients, job.seed, job.arms, job.error) == ("done", PATIENTS, 3, 2, None)
    (tmp_path / "scenario.toml").write_text(ARMS)
    command = ["run", "scenario.toml", "--patients", str(PATIENTS), "--seed", "3", "--out", "run", "--json"]
    env = {**os.environ, "PYTHONPATH": str(Path(livingdrug.__file__).parents[1])}
    said = subprocess.run(
        [sys.executable, "-m", "livingdrug", *command],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )

    def without_time(data: dict[str, Any]) -> dict[str, Any]:
        return {k: x for k, x in data.items() if k not in ("wall_s", "patients_per_s")}

    assert job.result and job.folder
    assert without_time(json.loads(job.result.read_text())) == without_time(json.loads(said.stdout))
    there = {p.relative_to(tmp_path / "run").as_posix(): p for p in (tmp_path / "run").rglob("*") if p.is_file()}
    held = {p.relative_to(job.folder).as_posix() for p in job.folder.rglob("*") if p.is_file()}
    assert held | {"report.html"} == set(there) and "report.html" not in held  # drawn when somebody asks for it
    own = livingdrug.load(job.folder)
    assert own.patients.equals(livingdrug.load(tmp_path / "run").patients)
    assert job.key.startswith(own.provenance["scenario_hash"])
    for name in ("scenario.toml", "resolved.json"):
        assert (job.folder / name).read_bytes() == there[name].read_bytes(), name


def test_progress_goes_forward(two_arms: tuple[Job, list[Job]]) -> None:
    told = two_arms[1]
    states, steps = [STATES.index(j.state) for j in told], [STEPS.index(j.step) for j in told]
    assert states == sorted(states) and told[-1].final and not any(j.final for j in told[:-1])
    assert [s for s in steps if s != STEPS.index("compiling")] == sorted(s for s in steps if s != 1)
    done = [j.done for j in told]
    assert done == sorted(done) and done[-1] == told[-1].total == 2 * PATIENTS
    arms = [j.arm for j in told if j.arm]
    assert arms == sorted(arms, key=["as published", "half"].index)
    assert len({j.key for j in told}) == 1 and {j.folder for j in told[:-1]} == {None}


def test_the_same_question_has_the_same_answer(jobs: Jobs, two_arms: tuple[Job, list[Job]]) -> None:
    job = two_arms[0]
    assert jobs.submit(ARMS, PATIENTS, 3) == job
    assert jobs.submit(f"# a remark\n{ARMS}\n", PATIENTS, 3) == job
    assert jobs.submit(f"patients = {PATIENTS}\nseed = 3\n{ARMS}") == job
    assert [j.key for j in jobs.all()].count(job.key) == 1


@pytest.mark.parametrize(
    "other",
    [
        Question(ARMS, PATIENTS, 4),
        Question(ARMS, PATIENTS + 1, 3),
        Question(ARMS.replace("0.5", "0.6"), PATIENTS, 3),
        Question(f'title = "another"\n{ARMS}', PATIENTS, 3),
        Question("eliana", PATIENTS, 3),
        Question("eliana", PATIENTS, 3, {"tumour.kill": "* 0.5"}),
    ],
    ids=["seed", "patients", "value", "title", "trial", "set"],
)
def test_another_question_has_another_key(jobs: Jobs, two_arms: tuple[Job, list[Job]], other: Question) -> None:
    job = jobs.submit(other.text, other.patients, other.seed, other.files, other.sets)
    jobs.remove(job.key)
    assert job.key != two_arms[0].key


def test_patients_of_ones_own(jobs: Jobs) -> None:
    rows = "ID,age [year]\n" + "".join(f"{i},{10 + i}\n" for i in range(1, 9))
    text = 'trial = "eliana"\n[cohort]\nfile = "own.csv"\n'
    job = ended(jobs, jobs.submit(text, seed=2, folder_files={"own.csv": rows}).key)
    assert (job.state, job.patients, job.total) == ("done", 8, 8), job.error
    assert job.folder and sorted(livingdrug.load(job.folder).patients["age"]) == list(range(11, 19))
    other = jobs.submit(text, seed=2, folder_files={"own.csv": rows.replace("11", "12")})
    jobs.remove(other.key)
    assert other.key != job.key


WRONG = [
    ("elania", None, "unknown trial 'elania'", None, "eliana"),
    ('trial = "eliana"\n[set]\n"tumour.kil" = 1\n', None, "tumour.kil", "scenario.toml:3", "tumour.kill"),
    ('trial = "eliana"\n\n\npatient = 3\n', None, "patient", "scenario.toml:4", "patients"),
    ("x = [", None, "not valid TOML", "scenario.toml:1", None),
    ("eliana", 0, "too small", "patients", None),
    ("eliana", -1, "too small", "patients", None),
    ("", None, "unknown trial ''", None, None),
    ("\0", None, "is a file", None, None),
    ("\ud800", None, "half a character", None, None),
]


@pytest.mark.parametrize(("text", "patients", "what", "where", "nearest"), WRONG)
def test_what_cannot_be_is_told_at_once(
    jobs: Jobs, text: str, patients: int | None, what: str, where: str | None, nearest: str | None
) -> None:
    before = len(jobs.all())
    with pytest.raises(LivingDrugError, match=what.replace("(", r"\(")) as told:
        jobs.submit(text, patients)
    assert told.value.where == where
    assert nearest is None or told.value.nearest == nearest
    assert len(jobs.all()) == before


def test_limits(jobs: Jobs) -> None:
    limits = jobs.settings.limits
    for ask in (
        lambda: jobs.submit("eliana", limits.patients + 1),
        lambda: jobs.submit(ARMS + "".join(f'[[arm]]\nname = "{i}"\n' for i in range(limits.arms - 1))),
    ):
        with pytest.raises(Refused) as told:
            ask()
        assert told.value.status == 422 and told.value.allowed


def test_cancel_while_it_waits_and_while_it_runs(jobs: Jobs) -> None:
    running = jobs.submit("eliana", LONG, 1)
    until(lambda: jobs.get(running.key).state == "running")  # type: ignore[union-attr]
    waiting = [jobs.submit("eliana", PATIENTS, 100 + i) for i in range(jobs.settings.limits.waiting)]
    assert {j.state for j in waiting} == {"waiting"}
    with pytest.raises(Refused) as told:
        jobs.submit("eliana", PATIENTS, 99)
    assert told.value.status == 429
    for job in waiting[1:]:
        assert jobs.cancel(job.key).state == "cancelled"  # type: ignore[union-attr]
    until(lambda: jobs.get(running.key).done > 0)  # type: ignore[union-attr]
    stopped = jobs.cancel(running.key)
    assert stopped and stopped.state == "cancelled" and stopped.folder is None and stopped.done < stopped.total
    assert ended(jobs, waiting[0].key).state == "done", "who waits behind a cancelled run comes next"
    assert jobs.get(running.key) == stopped, "a cancelled run says no more"
    assert jobs.cancel(running.key) == stopped and jobs.cancel("no such key") is None
    assert jobs.cancel(waiting[0].key).state == "done"  # type: ignore[union-attr]


@pytest.mark.thorough
def test_a_cancelled_run_may_be_asked_for_again(jobs: Jobs) -> None:
    job = jobs.submit("eliana", LONG, 2)
    jobs.cancel(job.key)
    again = jobs.submit("eliana", LONG, 2)
    assert again.key == job.key and not again.final
    until(lambda: jobs.get(job.key).state == "running")  # type: ignore[union-attr]
    assert jobs.remove(job.key) and jobs.get(job.key) is None and not jobs.remove(job.key)


def test_a_process_that_dies_is_replaced_and_its_run_done(jobs: Jobs) -> None:
    job = jobs.submit("eliana", 3000, 5)
    until(lambda: jobs.get(job.key).done > 0)  # type: ignore[union-attr]
    assert jobs._pool
    (process,) = jobs._pool._running
    os.kill(process.process.pid, signal.SIGKILL)
    done = ended(jobs, job.key)
    assert done.state == "done" and done.done == 3000, done.error
    until(lambda: all(processes.alive(jobs.home, f.name) for f in (jobs.home / processes.PROCESSES).glob("[!.]*")))


def end_process_of(jobs: Jobs, key: str) -> None:
    """Kills the process that runs a job, and waits until that was seen."""
    owner = until(lambda: next((r["owner"] for r in jobs.records.owned() if r["key"] == key), None))
    assert jobs._pool
    process = next(p for p in jobs._pool._running if p.name == owner)
    process.process.kill()
    until(lambda: not any(r["owner"] == owner for r in jobs.records.owned()))


@pytest.mark.thorough
def test_a_process_that_dies_twice_over_a_run_gives_it_up(jobs: Jobs) -> None:
    job = jobs.submit("eliana", LONG, 6)
    for _ in range(2):
        end_process_of(jobs, job.key)
    failed = ended(jobs, job.key)
    assert failed.state == "failed" and failed.error and "ended twice" in failed.error["error"]


@pytest.mark.thorough
def test_a_run_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    jobs = Jobs(Settings(folder=tmp_path, workers=1, limits=Limits(seconds=1.5)))
    try:
        job = ended(jobs, jobs.submit("eliana", LONG, 1).key)
        assert job.state == "failed" and job.error and "took longer than" in job.error["error"]
        assert job.error["mend"]
    finally:
        jobs.close()


@pytest.mark.thorough
def test_on_the_workers_of_a_cluster(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    asked = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0", "host": "127.0.0.1"}
    with distributed.LocalCluster(**asked, scheduler_kwargs={"dashboard": False}) as cluster:
        jobs = Jobs(Settings(folder=tmp_path, workers=1, cluster=cluster.scheduler_address))
        try:
            job = ended(jobs, jobs.submit("eliana", PATIENTS, 21).key)
        finally:
            jobs.close()
    assert job.state == "done" and job.done == PATIENTS, job.error
    assert job.folder
    here = livingdrug.Trial("eliana").run(patients=PATIENTS, seed=21)
    assert livingdrug.load(job.folder).patients.equals(here.patients)


@pytest.mark.thorough
def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path) -> None:
    jobs = Jobs(Settings(folder=tmp_path, workers=1, cluster="tcp://127.0.0.1:1"))
    try:
        job = ended(jobs, jobs.submit("eliana", PATIENTS, 22).key)
    finally:
        jobs.close()
    assert job.state == "failed" and job.error and "no Dask scheduler answers" in job.error["error"]
    assert job.error["mend"] and not job.folder


@pytest.mark.thorough
def test_two_on_one_folder_share_it(jobs: Jobs) -> None:
    """A second server sees the first one's runs, does not run them again, and takes up what the first leaves."""
    second = Jobs(replace(jobs.settings))
    second.start()
    try:
        key = jobs.submit("eliana", PATIENTS, 11).key
        assert second.submit("eliana", PATIENTS, 11).key == key
        assert ended(second, key) == ended(jobs, key)
        assert len([j for j in second.all() if j.key == key]) == 1
        with second.records._open() as table:
            assert table.execute("SELECT run FROM job WHERE key = ?", (key,)).fetchone()[0] == 1
    finally:
        second.close()
    assert ended(jobs, jobs.submit("eliana", PATIENTS, 12).key).state == "done"


def entered(records: Records, key: str, size: int = 0, state: str = "done") -> None:
    """A run at its end, as a worker leaves it."""
    records.enter(Question("eliana"), Answer(key, "a run", 5, 1, 1))
    run = records.claim(key, "nobody")
    assert run
    folder = records.home / "results" / key
    if state == "done":
        folder.mkdir(parents=True)
        folder.with_suffix(".json").write_text("{}")
    records.finish(key, run, size, None if state == "done" else {"error": "x"})


def test_the_oldest_results_are_cleared_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from livingdrug.web.jobs import kept

    monkeypatch.setattr(kept, "FEW", 4)
    records = Records(tmp_path)
    for key, size in (("a", 500), ("b", 300), ("c", 200), ("d", 900)):
        entered(records, key, size)
    assert kept.clear(tmp_path, records, 1900) == []
    assert kept.clear(tmp_path, records, 1200) == ["a", "b"]
    assert {p.name for p in (tmp_path / "results").iterdir()} == {"c", "c.json", "d", "d.json"}
    assert kept.clear(tmp_path, records, 10) == ["c"], "the newest stays, whatever its size"
    assert [j.key for j in records.all()] == ["d"]
    for i in range(kept.FEW + 5):
        entered(records, f"x{i}", state="failed")
    assert kept.clear(tmp_path, records, 10_000) == [f"x{i}" for i in range(5)]


def test_a_result_that_somebody_removed_is_asked_for_again(tmp_path: Path) -> None:
    jobs = Jobs(Settings(folder=tmp_path))
    entered(jobs.records, "a")
    (tmp_path / "results" / "a").rmdir()
    assert jobs.get("a") is None and jobs.all() == []


def test_a_run_is_claimed_once(tmp_path: Path) -> None:
    records = Records(tmp_path)
    assert records.enter(Question("eliana"), Answer("k", "t", 5, 1, 1))
    assert not records.enter(Question("eliana"), Answer("k", "t", 5, 1, 1))
    run = records.claim("k", "one")
    assert run == 1 and records.claim("k", "two") is None
    assert records.cancel("k") and not records.cancel("k")
    assert not records.tell("k", run, "running", 3, None) and not records.finish("k", run)
    assert records.enter(Question("eliana"), Answer("k", "t", 5, 1, 1))
    again = records.claim("k", "two")
    assert again and again > run
    assert not records.finish("k", run), "the first attempt says no more"
    assert records.finish("k", again) and records.get("k").state == "done"  # type: ignore[union-attr]


def test_the_queue_holds_words_and_no_program(tmp_path: Path) -> None:
    """What somebody else puts into its file is not carried out, and holds up nobody."""
    import pickle

    from livingdrug.web.jobs.queue import Queue

    did: list[str] = []
    queue = Queue(tmp_path, did.append)
    queue.put("first")
    queue.huey.storage.enqueue(pickle.dumps(Evil(tmp_path / "carried-out")))
    queue.huey.storage.enqueue(b"nonsense")
    Queue(tmp_path).put("last")
    assert len(queue) == 4
    for _ in range(5):
        try:
            queue.work()
        except Exception:  # as the worker does, which looks again
            continue
    assert did == ["first", "last"] and not (tmp_path / "carried-out").exists() and not queue.work()


class Evil:
    """Writes a file when it is read as a pickle."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_lock_lasts_as_long_as_its_process(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from livingdrug.web.jobs.alive import own; "
        f"mine = own(Path({str(tmp_path)!r}), 'it'); print('ready', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout and other.stdout.readline() == "ready\n"
    assert processes.alive(tmp_path, "it") and not processes.alive(tmp_path, "nobody")
    processes.clear_dead(tmp_path)
    assert (tmp_path / processes.PROCESSES / "it").is_dir()
    other.kill()
    other.wait()
    assert not processes.alive(tmp_path, "it")
    processes.clear_dead(tmp_path)
    assert not (tmp_path / processes.PROCESSES / "it").exists()


def test_nothing_is_started_before_it_is_needed(tmp_path: Path) -> None:
    jobs = Jobs(Settings(folder=tmp_path / "none"))
    jobs.take_up()
    assert not (tmp_path / "none").exists()
    assert jobs.all() == [] and jobs.get("x") is None and jobs._pool is None
    jobs.close()
    with pytest.raises(Refused) as told:
        jobs.submit("eliana")
    assert told.value.status == 503


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LivingDrugError, match="cannot be made"):
        Jobs(Settings(folder=tmp_path / "file" / "home")).all()
