"""The printed CUDA C++: compiled by nvcc, run on the processor, run on a card: each where it can be."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import types
from contextlib import nullcontext

import numpy as np
import pytest

from livingdrug import rng
from livingdrug.engine import cache, cuda
from livingdrug.engine.codegen.emit_cpp import translated
from livingdrug.engine.plan import Act, Op, Patients, Plan, Watch
from livingdrug.engine.run import simulate, simulate_blocks
from livingdrug.engine.tables import GROUPS, kinds
from livingdrug.errors import EngineError
from livingdrug.results.courses import BINS, EDGES, Courses
from livingdrug.trial import Trial
from unit.engine.clone_models import CLONES, QUIET
from unit.engine.ward_model import MODEL, patients, plan

COMPILER = next((c for c in ("g++", "clang++", "c++") if shutil.which(c)), None)
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C++ compiler is installed")
needs_nvcc = pytest.mark.skipif(shutil.which("nvcc") is None, reason="nvcc is not installed")


def a_card() -> bool:
    try:
        return cuda.cupy() is not None
    except EngineError:
        return False


needs_card = pytest.mark.skipif(not a_card(), reason="CuPy or an NVIDIA card is missing")


def compiled(text, folder):
    """The CUDA text compiled as ordinary C++; its functions are called as the card's would be."""
    (folder / "model.cpp").write_text(text, encoding="utf-8")
    made = folder / "model.so"
    options = ["-std=c++17", "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-w"]
    subprocess.run([COMPILER, *options, str(folder / "model.cpp"), "-o", str(made)], check=True)
    functions = ctypes.CDLL(str(made))
    kinds = {np.int64: ctypes.c_int64, np.bool_: ctypes.c_bool, np.float64: ctypes.c_double}

    def get_function(name):
        def launch(blocks, threads, given):
            pointer = ctypes.c_void_p
            given = [x.ctypes.data_as(pointer) if isinstance(x, np.ndarray) else kinds[type(x)](x) for x in given]
            functions[name](*given)

        launch.kernel = types.SimpleNamespace(ptr=0)
        return launch

    return types.SimpleNamespace(get_function=get_function)


def on_the_processor(model, folder) -> cache.Program:
    return cuda.program(model, compiled(cuda.source(model), folder))


@pytest.fixture(scope="module")
def ward_text(tmp_path_factory):
    return compiled(cuda.source(MODEL), tmp_path_factory.mktemp("ward"))


class Device:
    attributes = {"MultiProcessorCount": 2}


@pytest.fixture
def memory(monkeypatch):
    """NumPy in the place of CuPy, the processor's memory in the place of the card's; the shapes brought back."""
    brought = []

    def asnumpy(x):
        brought.append(np.shape(x))
        return np.array(x)

    runtime = types.SimpleNamespace(memGetInfo=lambda: (2**29, 2**30))
    driver = types.SimpleNamespace(occupancyMaxActiveBlocksPerMultiprocessor=lambda *_: 2)
    stand_in = types.SimpleNamespace(
        full=np.full,
        empty=np.empty,
        asarray=np.array,
        zeros=np.zeros,
        asnumpy=asnumpy,
        int64=np.int64,
        uint64=np.uint64,
        cuda=types.SimpleNamespace(driver=driver, Device=Device, Stream=lambda **_: nullcontext(), runtime=runtime),
    )
    monkeypatch.setattr(cuda, "cupy", lambda: stand_in)
    return brought


def ward():
    """Doses, infusions, a rule that gives, one that sets a switch, hazards that fire, a clone that dies out in some."""
    vein, mouth, salvage = (MODEL.inputs.index(p) for p in ("drug.vein", "drug.mouth", "illness.salvage"))
    hot = Watch(
        "hot",
        1,
        np.array([[Op.OBS, 1], [Op.CONST, 0], [Op.GE, 0]]),
        np.array([2.4]),
        Act.DOSE,
        vein,
        np.array([[Op.PAR, 0], [Op.CONST, 0], [Op.MUL, 0]]),
        np.array([30.0]),
        duration=0.1,
        limit=2,
        apart=1.0,
    )
    late = Watch(
        "late",
        1,
        np.array([[Op.TIME, 0], [Op.CONST, 0], [Op.GE, 0]]),
        np.array([6.0]),
        Act.SET,
        salvage,
        np.array([[Op.CONST, 0]]),
        np.array([1.0]),
        limit=1,
    )
    n, rng = 12, np.random.default_rng(3)
    level = np.column_stack([rng.exponential(0.4, n), rng.exponential(3.0, n)])
    who = patients(
        n,
        [(0.0, mouth, 40.0, 0.0), (2.0, vein, 20.0, 0.5), (2.0, vein, 5.0, 0.0)],
        level,
        ids=np.arange(n) + 2**33,
        risk=0.1,
        danger=0.1,
        rise=rng.lognormal(0, 0.3, n),
        founders=rng.lognormal(2, 2, n),
        birth=0.4,
        decay=rng.lognormal(-0.7, 0.4, n),
    )
    who = Patients(who.ids, who.values, rng.lognormal(0, 0.2, (n, 1)), who.doses, who.thresholds, 7)
    return plan(10.0, watches=[hot, late]), who


def alike(found, expected, rtol):
    for name in ("outcome", "extinct"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    for name in ("ended", "event_times", "given", "final", "registers", "observables"):
        size = np.abs(np.nan_to_num(getattr(expected, name), posinf=0, neginf=0)).max(initial=0)
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), rtol=rtol, atol=rtol * 1e-3 * size, err_msg=name
        )


@needs_compiler
def test_the_printed_kernel_does_what_the_plain_one_does(ward_text, memory, plain):
    at, who = ward()
    found = simulate(MODEL, at, who, threads=1, program=cuda.program(MODEL, ward_text))
    expected = simulate(MODEL, at, who, threads=1, program=plain)
    assert (
        {0, 1} <= set(expected.outcome)
        and np.isfinite(expected.given).any()
        and np.isfinite(expected.event_times).any()
    )
    counted = expected.final[:, MODEL.states.index("illness.clone")]
    assert np.isfinite(expected.extinct).any() and (counted > 0).any()
    alike(found, expected, 1e-8)
    np.testing.assert_array_equal(
        found.final[:, MODEL.states.index("illness.clone")], counted
    )  # counted cells, by the same draws


def on_a_pretended_card(module, values):
    there = cuda.Card(None, module, []).room(values.shape)
    there.there[...] = values
    return there


@needs_compiler
def test_courses_are_counted_as_on_the_processor(ward_text, memory):
    """Next to every edge of a bin, and whatever else a double can be: the very same whole numbers."""
    near = (EDGES.view(np.int64)[:, None] + np.arange(-2, 3)).view(np.float64).ravel()
    odd = [0.0, -0.0, -1.0, np.inf, -np.inf, np.nan, -np.nan, 5e-324, 1.7e308]
    rng = np.random.default_rng(4)
    values = np.concatenate([near, odd, 10.0 ** rng.uniform(-14, 18, 4_996)]).reshape(-1, 5, 3)
    values[rng.random(values.shape) < 0.1] = np.nan
    here, there = (Courses.empty(np.arange(5.0), ("a", "b", "c"), {}) for _ in range(2))
    for part in (values[:100], values[100:], values[:0]):
        here.add(np.arange(len(part)), part)
        there.add(np.arange(len(part)), on_a_pretended_card(ward_text, part))
    np.testing.assert_array_equal(there.counts, here.counts)
    known = values[~np.isnan(values)]
    by_numpy = np.bincount(np.searchsorted(EDGES, known, side="right"), minlength=BINS)
    np.testing.assert_array_equal(there.counts.sum(axis=(0, 1)), by_numpy)
    np.testing.assert_array_equal(there.sample("b"), here.sample("b"))


@needs_compiler
def test_only_what_is_asked_comes_back(ward_text, memory):
    """Blocks two at a time: counts, single courses and one observable come back, the courses themselves do not."""
    at, who = ward()
    whole = simulate(MODEL, at, who, threads=1, program=cuda.program(MODEL, ward_text)).observables
    memory.clear()
    courses = Courses.empty(at.ticks, at.observables[: at.written], {})
    for part, out in simulate_blocks(MODEL, at, who, 2, 5, program=cuda.program(MODEL, ward_text)):
        courses.add(who.ids[part], out.observables)
        np.testing.assert_array_equal(out.observables[:, :, 1], whole[part, :, 1])
    n, times, seen = whole.shape
    in_blocks = [s for s in memory if s[1:] == (times, seen)]
    assert in_blocks == [] and memory.count((times, seen)) == n and memory.count((times, seen, BINS)) == 3
    here = Courses.empty(at.ticks, courses.names, {})
    here.add(who.ids, whole)
    np.testing.assert_array_equal(courses.counts, here.counts)
    np.testing.assert_array_equal(courses.sample(courses.names[0]), here.sample(courses.names[0]))


@needs_compiler
def test_clones_that_pass_cells_on(tmp_path, memory):
    ticks = np.arange(0.0, 30.1, 0.5)
    on = np.ones(len(ticks), bool)
    at = Plan(0.0, 30.0, ticks, np.zeros(len(ticks), np.int64), on, on, CLONES.states, 4)
    values = {
        **QUIET,
        "tumour.resting": 300.0,
        "tumour.wake": 0.1,
        "tumour.awake": 900.0,
        "tumour.birth": 0.45,
        "tumour.death": 0.4,
    }
    who = Patients(np.arange(20), values, np.zeros((20, 0)), np.full((20, 0, 4), np.inf), np.zeros((20, 0)), 1)
    found = simulate(CLONES, at, who, threads=1, program=on_the_processor(CLONES, tmp_path))
    alike(found, simulate(CLONES, at, who, threads=1, program=cache.plain(CLONES)), 1e-9)


@needs_compiler
def test_a_whole_trial_is_the_same(tmp_path, memory, monkeypatch):
    """Enrolment, rules, grading, hazards, extinction: every column of every patient, beside the compiled engine."""
    monkeypatch.setattr(cuda, "_compiled", lambda text: compiled(text, tmp_path))
    found = Trial("eliana").run(patients=24, seed=5, device="cuda")
    expected = Trial("eliana").run(patients=24, seed=5)
    for name, x in expected.arm().columns.items():
        y = found.arm().columns[name]
        if x.dtype.kind == "U":
            np.testing.assert_array_equal(y, x, err_msg=name)
        else:
            np.testing.assert_allclose(y, x, rtol=1e-6, atol=1e-9, err_msg=name)
    np.testing.assert_array_equal(found.arm().courses.followed(), expected.arm().courses.followed())
    moved = np.abs(found.arm().courses.counts - expected.arm().courses.counts).sum() / 2  # to the bin beside
    assert moved < 1e-4 * expected.arm().courses.counts.sum()


@needs_compiler
def test_draws_have_the_same_bits(tmp_path):
    """The words of Philox, through a C++ program that prints them."""
    cases = [(rng.key(3, "clone x grow"), 12345678901, k) for k in (0, 1, 2**33)]
    calls = " ".join(f"say(patient::uniforms({k}ULL, {p}ULL, {o}ULL));" for k, p, o in cases)
    (tmp_path / "draws.cpp").write_text(
        translated(cache.text(MODEL, 1, "plain"))
        + '#include <cstdio>\nvoid say(patient::Pair p) { std::printf("%a\\n", p.at[0]); }\n'
        f"int main() {{ {calls} }}\n",
        encoding="utf-8",
    )
    subprocess.run(
        [COMPILER, "-std=c++17", "-w", "-o", str(tmp_path / "draws"), str(tmp_path / "draws.cpp")], check=True
    )
    said = subprocess.run([str(tmp_path / "draws")], capture_output=True, text=True, check=True).stdout.split()
    assert [float.fromhex(x) for x in said] == [rng.uniform(3, 12345678901, "clone x grow", o)[0] for _, _, o in cases]


@needs_nvcc
def test_it_compiles_for_a_card(tmp_path):
    """Down to the machine code of sm_90 (H100, H200)."""
    (tmp_path / "model.cu").write_text(cuda.source(MODEL), encoding="utf-8")
    done = subprocess.run(
        ["nvcc", "-std=c++17", "-arch=sm_90", "-cubin", "model.cu", "-o", "model.cubin"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    made = (tmp_path / "model.cubin").read_bytes()
    assert b"run_patients" in made and b"count_courses" in made


@needs_card
def test_on_a_card():
    at, who = ward()
    found = simulate(MODEL, at, who, threads=1, program=cuda.load(MODEL))
    alike(found, simulate(MODEL, at, who, program=cache.plain(MODEL)), 1e-7)
    here, there = (Courses.empty(at.ticks, at.observables[: at.written], {}) for _ in range(2))
    here.add(who.ids, found.observables)
    for part, out in simulate_blocks(MODEL, at, who, 2, 5, program=cuda.load(MODEL)):
        there.add(who.ids[part], out.observables)
    np.testing.assert_array_equal(there.counts, here.counts)


def test_courses_of_all_threads_fit_half_of_the_card(memory):
    at = Plan(
        0.0, 9.0, np.arange(10.0), np.zeros(10, np.int64), np.ones(10, bool), np.zeros(10, bool), ("a",) * 128, 100
    )
    assert cuda.together(at, 4) == 2**29 // 4 // (8 * 10 * 100)
    assert cuda.together(at, 1) == cuda.TOGETHER and cuda.together(at, 10**6) == cuda.THREADS


def test_without_a_card_it_says_what_is_missing(monkeypatch):
    cuda.cupy.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "cupy", None)
    with pytest.raises(EngineError, match="needs CuPy"):
        cuda.load(MODEL)

    def count():
        raise RuntimeError("no CUDA-capable device is detected")

    runtime = types.SimpleNamespace(getDeviceCount=count)
    monkeypatch.setitem(
        __import__("sys").modules, "cupy", types.SimpleNamespace(cuda=types.SimpleNamespace(runtime=runtime))
    )
    with pytest.raises(EngineError, match="no NVIDIA card answers"):
        cuda.load(MODEL)
    cuda.cupy.cache_clear()


@pytest.mark.parametrize(
    "line, text",
    [
        ("x = [1.0]", "cannot be respelt"),
        ("x = np.sin(x)", "cannot be respelt"),
        ("for i in x:\n        pass", "loop that cannot"),
        ("with x:\n        pass", "statement that cannot"),
        ("if x > 0.0:\n        y = 1\n    else:\n        y = 1.5\n    x = y", "not known"),
    ],
)
def test_what_the_printer_does_not_know_is_noticed(line, text):
    with pytest.raises(AssertionError, match=text):
        translated(f'@compiled("void(float64)")\ndef f(x):\n    {line}\n')


@pytest.mark.parametrize("group", GROUPS, ids=lambda g: g.__name__)
def test_every_field_of_a_group_is_read_and_no_other(group):
    """A group of arrays is a structure: its fields by their names and types, anything else is an error."""
    for name, kind in kinds(group).items():
        first = f"[{', '.join('0' for _ in kind.split(','))}]" if "[" in kind else ""
        of = {"float64": "double", "int64": "i64", "uint64": "u64", "boolean": "bool"}[kind.partition("[")[0]]
        said = translated(f'@inlined("void({group.__name__})")\ndef f(g):\n    x = g.{name}{first}\n    y = g.{name}\n')
        assert f"void f(const {group.__name__} &g)" in said and f"{of} x;" in said and f"y = g.{name};" in said
    with pytest.raises(AssertionError, match="cannot be respelt"):
        translated(f'@inlined("void({group.__name__})")\ndef f(g):\n    x = g.nothing\n')


def test_a_name_may_change_its_type_and_stays_two_variables():
    said = translated(
        '@compiled("float64(float64)")\ndef f(x):\n    a = 1\n    b = a + 2\n    a = x * b\n    return a\n'
    )
    assert "i64 a;" in said and "double a_double;" in said and "return a_double;" in said
