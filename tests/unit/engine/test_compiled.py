"""The compiled lanes: the same numbers as plain Python, bitwise the same whatever the split, compiled once per set
of equations.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from ward_model import MODEL, SEEN, Drug, patients, plan

import livingdrug
from livingdrug import rng
from livingdrug.engine import cache
from livingdrug.engine.plan import Act, Op, Outcome, Patients, Watch
from livingdrug.engine.run import simulate, simulate_blocks
from livingdrug.engine.trace import one, replay
from livingdrug.errors import EngineError
from livingdrug.model import Publishes, assemble

HERE = Path(__file__).parent
FEVER = Watch(
    "fever",
    1,
    np.array([[Op.OBS, 1], [Op.PAR, 0], [Op.GT, 0]]),
    np.zeros(0),
    Act.DOSE,
    0,
    np.array([[Op.CONST, 0]]),
    np.array([20.0]),
    duration=0.05,
    limit=4,
    apart=1.0,
)
PLAN = plan(20.0, watches=[FEVER])


def crowd(n=60):
    """Patients who differ in everything."""
    ids = np.arange(n)

    def spread(what, sd=0.5):
        return np.exp(sd * rng.normal(1, ids, what))

    p = patients(
        n,
        [(0.5, 0, 5.0, 0.0), (1.0, 1, 30.0, 0.0), (3.0, 0, 30.0, 0.25)],
        rise=spread("rise"),
        loss=0.5 * spread("loss"),
        founders=1e3 * spread("founders", 2.0),
        birth=0.2 * spread("birth"),
        decay=0.3 * spread("decay"),
        risk=0.02,
        danger=0.02,
    )
    thresholds = -np.log(np.column_stack([rng.uniform(1, ids, h) for h in MODEL.hazards]))
    return Patients(ids, p.values, 2.5 * spread("limit")[:, None], p.doses, thresholds, 1)


def picked(p, idx):
    return Patients(
        p.ids[idx],
        {k: x[idx] if np.ndim(x) else x for k, x in p.values.items()},
        p.extras[idx],
        p.doses[idx],
        p.thresholds[idx],
        p.seed,
    )


def assert_same(a, b):
    for f in fields(a):
        x, y = getattr(a, f.name), getattr(b, f.name)
        if f.name == "given":
            width = max(x.shape[1], y.shape[1])
            x, y = (np.concatenate([g, np.full((len(g), width - g.shape[1], 4), np.inf)], axis=1) for g in (x, y))
        np.testing.assert_array_equal(x, y, err_msg=f.name)


@pytest.fixture(scope="module")
def whole():
    out = simulate(MODEL, PLAN, crowd())
    assert (out.outcome < Outcome.STEP_BUDGET).all() and len(np.unique(out.outcome)) == 2
    assert (
        (out.given[..., 0] < 1e9).sum() > 60 and np.isfinite(out.extinct).any() and np.isfinite(out.event_times).any()
    )
    return out


@pytest.mark.parametrize("block, threads", [(1, 1), (8, 2), (1000, 1), (7, 2)])
def test_bitwise_the_same_for_any_block_and_any_threads(whole, block, threads):
    assert_same(whole, simulate(MODEL, PLAN, crowd(), threads=threads, block=block))


def test_bitwise_the_same_in_any_order(whole):
    order = np.argsort(rng.uniform(2, np.arange(60), "order"))
    mixed = simulate(MODEL, PLAN, picked(crowd(), order))
    for f in ("observables", "registers", "event_times", "final", "steps", "extinct", "outcome"):
        np.testing.assert_array_equal(getattr(whole, f)[order], getattr(mixed, f), err_msg=f)


def test_blocks_come_in_order(whole):
    told = []
    parts = list(simulate_blocks(MODEL, PLAN, crowd(), threads=2, block=16, progress=told.append))
    assert [p.start for p, _ in parts] == [0, 16, 32, 48] and sum(told) == 60
    np.testing.assert_array_equal(np.concatenate([o.final for _, o in parts]), whole.final)


def test_a_broken_patient_leaves_the_others_bitwise_alone(whole):
    p = crowd()
    p.values["illness.rise"] = p.values["illness.rise"].copy()
    p.values["illness.rise"][11] = np.nan
    out = simulate(MODEL, PLAN, p)
    assert out.outcome[11] == Outcome.NOT_FINITE
    others = np.arange(60) != 11
    np.testing.assert_array_equal(out.final[others], whole.final[others])
    np.testing.assert_array_equal(out.observables[others], whole.observables[others])


def test_plain_python_gives_the_same(whole, plain):
    """Up to rounding: the compiled code fuses multiplications and has its own exp and log."""
    few = np.arange(6)
    out = simulate(MODEL, PLAN, picked(crowd(), few), program=plain)
    np.testing.assert_array_equal(out.outcome, whole.outcome[few])
    np.testing.assert_allclose(out.observables, whole.observables[few], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(out.event_times, whole.event_times[few], rtol=1e-8)
    np.testing.assert_allclose(out.given, whole.given[few, : out.given.shape[1]], rtol=1e-9)


def test_exp_log_and_power_of_the_lanes():
    kernel = cache.load(MODEL).kernel
    x = np.concatenate([np.linspace(-699, 699, 4001), [0.0, 1e-12, -1e-12]])
    np.testing.assert_allclose([kernel.exp(v) for v in x], np.exp(x), rtol=1e-15)
    y = np.concatenate([np.logspace(-300, 300, 2001), 1 + np.linspace(-1e-3, 1e-3, 101)])
    np.testing.assert_allclose([kernel.log(v) for v in y], np.log(y), rtol=1e-15, atol=1e-18)
    assert kernel.exp(1e9) == kernel.exp(700.0) and kernel.exp(-1e9) == kernel.exp(-700.0)
    bases, exponents = (z.ravel() for z in np.meshgrid(np.logspace(-10, 10, 401), np.linspace(-6.3, 6.3, 41)))
    found = [kernel.power(v, n) for v, n in zip(bases, exponents, strict=True)]
    np.testing.assert_allclose(found, bases**exponents, rtol=3e-14)
    assert kernel.power(2.0, 0.0) == 1.0 and kernel.power(1.0, 7.5) == 1.0
    assert kernel.power(1e200, 9.0) == kernel.power(2.0, 1e9) == 2.0**1000 and kernel.power(1e200, -9.0) == 2.0**-1000


def test_replay_is_bitwise_the_run(whole):
    i = int(np.argmax(np.isfinite(whole.event_times[:, 0])))
    trace = replay(MODEL, PLAN, crowd(), i, grid=0.1)
    seen = np.isin(trace.times, PLAN.ticks)
    kept = PLAN.ticks <= whole.ended[i]
    np.testing.assert_array_equal(trace.values[seen][:, : len(SEEN)], whole.observables[i, kept])
    np.testing.assert_array_equal(trace.output.registers[0], whole.registers[i])
    assert "illness.relapse happens" in repr(trace) and "drug.vein: 5 mg (as planned)" in repr(trace)
    assert trace["drug.amount"].shape == trace.times.shape


def test_rules_doses_and_values_are_not_compiled():
    """Only equations decide which file is used; everything else is data."""
    before = cache.fingerprint(MODEL)
    kept = sorted(cache.folder().glob("model_*.py"))
    other = replace(
        PLAN,
        watches=(replace(FEVER, limit=2, delay=0.5),),
        ticks=PLAN.ticks[::2],
        marks=PLAN.marks[::2],
        output=PLAN.output[::2],
        clone_ticks=PLAN.clone_ticks[::2],
        observables=SEEN[::-1],
        rtol=1e-7,
    )
    simulate(MODEL, other, one(crowd(), 0))
    assert cache.fingerprint(MODEL) == before and sorted(cache.folder().glob("model_*.py")) == kept


def test_a_changed_equation_is_another_file():
    class Faster(Drug):
        def flows(self, v):
            yield from super().flows(v)

    def dosed(shape):
        class Shaped(Drug):
            block = Publishes("mg", "what it blocks")

            def published(self, v):
                return {"block": shape * v.amount}

        return Shaped

    one, two, three = (cache.fingerprint(assemble(m)) for m in (Drug, dosed(1.0), dosed(2.0)))
    assert len({one, two, three, cache.fingerprint(assemble(Faster))}) == 4
    assert cache.fingerprint(assemble(dosed(2.0))) == three


PACKAGE = Path(livingdrug.__file__).parent
FOLDERS = sorted(
    {p.parent.relative_to(PACKAGE) for part in ("engine", "model") for p in (PACKAGE / part).rglob("*.py")}
)


@pytest.fixture
def package(tmp_path):
    """A copy of the engine and of the language of models."""
    for part in ("engine", "model"):
        shutil.copytree(PACKAGE / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
@pytest.mark.parametrize("name", ["new.py", "new.cuh", "new.js"])
def test_a_new_or_changed_file_of_the_engine_is_another_model(package, folder, name):
    """Wherever it stands and whatever it is written in; Python's own compiled files do not count."""
    texts = cache._engine_texts.__wrapped__
    before, file = texts(package), package / folder / name
    assert before == texts(PACKAGE)
    (package / folder / "__pycache__").mkdir()
    (package / folder / "__pycache__" / "new.pyc").write_bytes(b"\xff")
    assert texts(package) == before
    file.write_text("A = 1")
    added = texts(package)
    file.write_text("A = 2")
    assert len({before, added, texts(package)}) == 3


def test_a_folder_that_cannot_be_written_gives_way_to_a_temporary_one(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(cache.ENV, str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="cannot be written"):
        assert cache.folder().is_dir()


def test_files_are_written_whole_by_many_at_once(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    content, path = "x = 1\n" * 50_000, tmp_path / "model.py"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: cache._write(path, content), range(40)))
    assert path.read_text() == content and list(tmp_path.iterdir()) == [path]


def test_a_ready_model_loads_without_the_heavy_libraries(whole):
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1]);"
        "import test_compiled as t; out = t.simulate(t.MODEL, t.PLAN, t.one(t.crowd(8), 3), threads=1);"
        "print(json.dumps([m for m in ('sympy', 'pint', 'xarray', 'matplotlib', 'pandas') if m in sys.modules]),"
        "out.final.tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(HERE)], capture_output=True, text=True, env=os.environ, check=True
    )
    loaded, final = done.stdout.split("] ", 1)
    assert json.loads(loaded + "]") == []
    np.testing.assert_array_equal(json.loads(final)[0], whole.final[3])


@pytest.mark.parametrize(
    "change, text", [({"thresholds": np.zeros((60, 1))}, "thresholds"), ({"doses": np.zeros((2, 1, 4))}, "doses")]
)
def test_arrays_that_do_not_fit_are_refused(change, text):
    with pytest.raises(EngineError, match=text):
        simulate(MODEL, PLAN, replace(crowd(), **change))


def test_a_missing_value_is_named():
    p = crowd()
    del p.values["drug.loss"]
    with pytest.raises(Exception, match="drug.loss"):
        simulate(MODEL, PLAN, p)


def test_processes_that_compile_the_same_model_at_once_do_not_disturb_each_other(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import ward_model; from livingdrug.engine import cache;"
        "print(cache.load(ward_model.MODEL).kernel.power(42.0, 1.0))"
    )
    environment = {**os.environ, cache.ENV: str(tmp_path)}
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(HERE)], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    assert [round(float(p.communicate()[0]), 9) for p in running] == [42.0] * 2
    kept = sorted(p.suffix for p in (tmp_path / "models").iterdir() if p.is_file())
    assert kept == ([".o", ".py", ".txt"] if cache.compiler() == "native" else [".py", ".txt"])
