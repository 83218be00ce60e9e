"""The bench's peers: they solve the same task, and one that is missing or fails is a row that says so."""

import json
import os
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from livingdrug.bench import peers, run
from livingdrug.bench.model import study_model, study_patients, study_plan
from livingdrug.bench.peers import PEERS, Peer, by_pydiffsol
from livingdrug.bench.peers.task import Task
from livingdrug.cli.run import _measured
from livingdrug.cli.terminal import dump
from livingdrug.engine.plan import Plan
from livingdrug.errors import EngineError
from thoroughness import some_of

FEW = 2


@pytest.fixture(scope="module")
def task():
    """The study model until day 8, over every kind of dose."""
    plan = study_plan()
    ticks = np.arange(0.0, 9.0)
    flags = np.zeros(9, bool)
    short = Plan(-5.0, 8.0, ticks, np.zeros(9, np.int64), ~flags, flags, plan.observables, plan.written)
    return Task(study_model(), short, study_patients(FEW))


@pytest.fixture(scope="module")
def exact(task):
    """By the readable twin of the engine, at 1e-10."""
    from livingdrug.engine import reference

    rows = []
    for i in range(FEW):
        values = {p: float(x[i]) for p, x in task.patients.values.items()}
        rows.append(reference.integrate(task.model, values, task.patients.doses[i], -5.0, 8.0, task.times, rtol=1e-10))
    return np.array(rows)


@pytest.mark.parametrize("peer", some_of([p for p in PEERS[::-1] if not p.apart], one_in=3), ids=lambda p: p.tool)
def test_each_installed_peer_solves_the_task(task, exact, peer):
    if not find_spec(peer.imports or peer.package):
        pytest.skip(f"{peer.package} is not installed")
    if peer.module in ("by_amici", "by_diffrax"):
        pytest.skip("compiles for minutes; timed by the bench itself")
    worst = run._errors(peer.solver(task)(FEW), exact, task.plan, task.patients)
    assert worst.max() < 2e-2 and np.median(worst) < 5e-3


def test_what_a_peer_of_rust_throws_is_a_fault_as_any_other(monkeypatch, task):
    class PanicException(BaseException):
        pass

    class Ode:
        def __init__(self, code, **asked):
            assert "F_i {" in code

        def solve_dense(self, given, times):
            assert times[0] == 0.0
            raise PanicException("stopped early")

    monkeypatch.setitem(sys.modules, "pydiffsol", SimpleNamespace(Ode=Ode, f64=0, nalgebra_dense=0, bdf=0))
    with pytest.raises(EngineError, match="pydiffsol broke off: stopped early"):
        by_pydiffsol.bdf(task)(1)


def test_a_peer_that_is_missing_fails_or_gives_no_numbers_is_a_row(monkeypatch, task, exact, capfd):
    class Good(Peer):
        def solver(self, task):
            print("chatter")
            os.write(1, b"chatter of a compiler")
            return lambda patients: exact[:patients]

    class Bad(Peer):
        def solver(self, task):
            raise RuntimeError("CV_CONV_FAILURE\nand a long story")

    class Empty(Peer):
        def solver(self, task):
            return lambda patients: np.full_like(exact[:patients], np.nan)

    listed = [Good("good", "numpy", "", "", 1), Bad("bad", "numpy", "", "", 1), Empty("empty", "numpy", "", "", 1),
              Peer("missing", "no-such-package", "", "", 1), PEERS[-1]]  # fmt: skip
    monkeypatch.setattr(peers, "PEERS", listed)
    monkeypatch.setattr(run, "TURN", 0.01)
    assert run._since(run.time.process_time() + 1) > 0, "a clock that has not gone on divides by nothing"
    told = []
    entrants = run._peers(task.model, task.plan, task.patients, told.append)
    rows = run._race(entrants, 2, exact, task.plan, task.patients, told.append)
    tools = [r["tool"] for r in rows]
    assert tools == ["good", "bad", "empty", "missing", "mrgsolve"]
    assert told == [*(f"{tool}, compiling" for tool in tools), *["good", "empty"] * 2]
    assert rows[0]["max_error"] == 0 and rows[0]["patients_per_s_core"] > 0 and rows[0]["version"] == np.__version__
    assert [r.get("error") for r in rows[1:]] == [
        "CV_CONV_FAILURE", "the result is not a number everywhere", "no-such-package is not installed",
        "an R package, not timed from here",
    ]  # fmt: skip
    assert "chatter" not in capfd.readouterr().out
    assert json.loads(dump(rows))[3] == {
        "tool": "missing",
        "version": None,
        "error": "no-such-package is not installed",
    }
    assert len({len(_measured({**r, "ratio": 1.0})) for r in rows}) == 1
