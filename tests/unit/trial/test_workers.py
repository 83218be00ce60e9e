"""Workers who share out the patients change nothing in the result, not even one who dies in the middle."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pandas as pd
import pytest

from livingdrug.errors import EngineError, ScenarioError
from livingdrug.results.courses import Courses
from livingdrug.trial import Trial
from livingdrug.trial.cluster import connected

distributed = pytest.importorskip("distributed", reason="Dask is not installed (livingdrug[cluster])")
N = 40


def test_a_worker_is_killed_in_the_middle_and_nothing_changes():
    alone = Trial("eliana").run(patients=N, seed=5)
    told, killed = [], []
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        before = set(client.run(os.getpid).values())

        def progress(done: int, total: int) -> None:
            told.append((done, total))
            if not killed:
                killed.append(min(before))
                os.kill(killed[0], signal.SIGKILL)

        shared = Trial("eliana").run(patients=N, seed=5, cluster=cluster.scheduler_address, progress=progress)
        client.wait_for_workers(2)
        assert killed[0] not in client.run(os.getpid).values()
    assert told[-1] == (N, N) and len(told) > 4 and told == sorted(told)
    for name, x in alone.arm().columns.items():
        y = shared.arm().columns[name]
        assert (x == y).all() if x.dtype.kind == "U" else np.array_equal(x, y, equal_nan=True), name
    np.testing.assert_array_equal(alone.arm().courses.counts, shared.arm().courses.counts)
    assert list(alone.arm().courses.samples) == list(shared.arm().courses.samples)
    for who, course in alone.arm().courses.samples.items():
        np.testing.assert_array_equal(course, shared.arm().courses.samples[who])
    np.testing.assert_array_equal(alone.arm().grades.counts, shared.arm().grades.counts)
    for table in ("individual", "doses", "observations", "toxicity"):
        pd.testing.assert_frame_equal(getattr(alone, table), getattr(shared, table), check_exact=True)
    assert alone.json()["measures"] == shared.json()["measures"]


def test_courses_of_parts_add_up():
    rng = np.random.default_rng(1)
    times, values = np.arange(3.0), rng.lognormal(size=(60, 3, 2))
    whole, merged = (Courses.empty(times, ["a", "b"], {}) for _ in range(2))
    whole.add(np.arange(60), values)
    for part in (slice(0, 10), slice(10, 35), slice(35, 60)):
        piece = Courses.empty(times, ["a", "b"], {})
        piece.add(np.arange(60)[part], values[part])
        merged.merge(piece)
    np.testing.assert_array_equal(whole.counts, merged.counts)
    assert list(whole.samples) == list(merged.samples)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tls://127.0.0.1:1", "127.0.0.1:1"])
def test_a_scheduler_that_is_not_there(monkeypatch, address):
    monkeypatch.setattr("livingdrug.trial.cluster.PATIENCE", 1)
    with pytest.raises(EngineError, match="no Dask scheduler answers"), connected(cluster=address):
        pass


@pytest.mark.parametrize("workers", [True, 0, -1, 2.0, "2", 1025, None])
def test_workers_are_a_whole_number(workers):
    with pytest.raises(ScenarioError, match="'workers'"), connected(workers):
        pass


def test_workers_here_and_a_cluster_are_too_many():
    with pytest.raises(ScenarioError, match="choose one"), connected(2, "tcp://127.0.0.1:1"):
        pass


def test_workers_here_keep_no_call_stacks(monkeypatch):
    """Dask's own record of what a worker did, up to 1,000 s long, would look like a leak."""
    import dask

    class Stop(Exception):
        pass

    told = {}

    def started(**asked):
        told.update(dask.config.merge(dask.config.config, asked["config"]))
        raise Stop

    assert dask.config.get("distributed.worker.profile.enabled")
    monkeypatch.setattr(distributed, "LocalCluster", started)
    with pytest.raises(Stop), connected(1):
        pass
    assert not dask.config.get("distributed.worker.profile.enabled", config=told)


def test_a_scheduler_is_there_before_its_workers(monkeypatch):
    """A run waits for the first worker; when none comes it says so."""
    nobody = {"n_workers": 0, "processes": False, "protocol": "tcp://", "dashboard_address": ":0", "silence_logs": 50}
    with distributed.LocalCluster(**nobody) as alone:
        monkeypatch.setattr("livingdrug.trial.cluster.ARRIVAL", 0.05)
        with pytest.raises(EngineError, match="no worker came"), connected(cluster=alone.scheduler_address):
            pass
        monkeypatch.setattr("livingdrug.trial.cluster.ARRIVAL", 60)
        threading.Timer(0.2, alone.scale, [1]).start()
        with connected(cluster=alone.scheduler_address) as cluster:
            assert cluster.processors() > 0
