"""The native compiler: it means what Python means, refuses what it does not know, and loads whole objects only."""

import platform
import re
import warnings
from dataclasses import fields
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_compiled import PLAN, crowd
from ward_model import MODEL

from livingdrug import rng
from livingdrug.engine import cache, native
from livingdrug.engine.codegen.emit_llvm import translated
from livingdrug.engine.codegen.emit_python import PRELUDES, kernel_text
from livingdrug.engine.run import simulate
from livingdrug.engine.tables import GROUPS, ClockArrays, kinds
from livingdrug.errors import CompilerError, EngineError
from thoroughness import some

pytest.importorskip("llvmlite")

CONSTRUCTS = '''
TABLE = np.array([3, 1, 2], dtype=np.int64)
NONE = np.array([], dtype=np.int64)
ONE, TWO = 1, 2.5
BIG = np.uint64(0xD2511F53)


@compiled("float64(float64, float64, int64)")
def reals(x, y, i):
    return (x + i) / (1.0 + abs(y)) - x * y * 2.0**-2 + TWO - (-x)


@compiled("int64(int64, int64)")
def wholes(i, j):
    return ((i + j) * i - j) ^ (i & 12) | (i << ONE) + (j >> 1) - (-i)


@compiled("float64(int64, int64)")
def counters(i, j):
    k = (np.uint64(i) * BIG + np.uint64(j)) >> np.uint64(3)
    return float(k ^ (k << np.uint64(40))) if k > np.uint64(100) else float(k)


@compiled("int64(float64, float64)")
def orders(x, y):
    n = np.int64(x < y) + 2 * np.int64(x <= y) + 4 * np.int64(x > y) + 8 * np.int64(x >= y) + 16 * np.int64(x == y)
    return n + 32 * np.int64(x != y) + 64 * np.int64(-1.0 < x < y <= 2.0)


@compiled("int64(int64, int64)")
def whole_orders(i, j):
    return np.int64(i < j) + 2 * np.int64(i <= j) + 4 * np.int64(i != j) + 8 * np.int64(i > j) + 16 * np.int64(i >= j)


@compiled("float64(float64, float64)")
def choices(x, y):
    both = x > 0.0 and y > 0.0
    one = x > 0.0 or (y > 1.0 and not x < -1.0)
    a = 1.0 if both else (2.0 if one else 3.0)
    b = x / y if y != 0.0 else np.inf
    return a + b + max(x, y) * 0.5 + min(x, y) * 0.25


@compiled("float64(float64)")
def branches(x):
    if x != x:
        return 0.0
    if x < -1.0:
        y = 1.0
    elif x < 1.0:
        y = 2.0
        if x > 0.5:
            y += x
    else:
        return np.floor(x)
    return y


@compiled("int64(int64, int64)")
def loops(n, most):
    found = 0
    for i in range(n):
        if i == 3:
            continue
        if i > most:
            break
        for j in range(i, n):
            found += j
    for x in (ONE, 7, n):
        if x == most:
            continue
        found += x
    while found > 50 and n > 0:
        found -= n
        if found == most:
            break
    while True:
        if found < 1000 or most > 3:
            break
        found = found >> 1
        if most & 1:
            found -= 1
    return found


@compiled("float64(float64)", True)
def conversions(x):
    i = int(x)
    j, k = i + 1, float(i)
    j, i = i, j
    low = high = k
    low *= 2.0
    return float(i) - j + low + high + np.sqrt(abs(x)) + as_bits(from_bits(as_bits(x))) * 1e-18


@compiled("UniTuple(float64, 2)(float64)")
def pair(x):
    return x + 1.0, 2 * x


@inlined("float64(float64)")
def of_pairs(x):
    u, v = pair(x)
    return u - v + pair(x)[1]


@compiled("float64(int64)")
def tables(i):
    n = 0
    for k in range(TABLE.shape[0]):
        n += TABLE[k]
    return float(TABLE[i] + n + NONE.shape[0])


@compiled("void(float64[:, :, ::1], int64[::1], boolean[::1], ClockArrays)")
def arrays(a, n, seen, clock):
    """Rows, places, lengths, groups."""
    for i in range(a.shape[0]):
        row_sums(a[i], n)
        a[i, 1, 2] = a[i, 1, 0] * 2.0
        a[i, 0, 1] += clock.ticks[i]
        seen[i], n[i] = not seen[i], n[i] + clock.rows[i]
    n[0] = n[1] = a.shape[1] * 10 + a.shape[2] + clock.rows.shape[0]


@inlined("void(float64[:, ::1], int64[::1])")
def row_sums(a, n):
    pass
    for j in range(a.shape[1]):
        if a[0, j] > 2.0:
            n[0] += 1
            return
'''
SCALARS = ("reals wholes counters orders whole_orders choices branches loops conversions of_pairs tables").split()


def both(text, entries):
    """The functions as plain Python, and compiled."""
    plain = ModuleType("plain")
    exec(compile(text, "<plain>", "exec"), plain.__dict__)
    return plain, native.functions(text, native.compiled(text, entries), entries)


def file_of(text):
    return "\n".join(["import numpy as np", *map(kernel_text, PRELUDES["native"]), text])


@pytest.fixture(scope="module")
def constructs():
    return both(file_of(CONSTRUCTS), [*SCALARS, "arrays"])


NUMBERS = {
    "float64": st.one_of(st.sampled_from([0.0, 1.0, -1.0, 2.0, 0.5]), st.floats(-50.0, 50.0, width=32)),
    "int64": st.integers(0, 12),
}


@pytest.mark.parametrize("name", SCALARS)
@given(data=st.data())
@settings(max_examples=some(60))
def test_each_construct_means_what_it_means_in_python(constructs, name, data):
    """Up to the rounding of a product that is fused with a sum."""
    plain, native_ = constructs
    said = re.search(rf'\("\w*?\(?.*?\(([\w, ]*)\)"[^\n]*\ndef {name}\(', CONSTRUCTS)
    given_ = [data.draw(NUMBERS[k]) for k in said[1].split(", ")]
    if name == "tables":
        given_ = [given_[0] % 3]
    with np.errstate(over="ignore"):
        assert native_[name](*given_) == pytest.approx(getattr(plain, name)(*given_), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("x", [np.nan, np.inf, -np.inf])
def test_what_is_no_number(constructs, x):
    plain, native_ = constructs
    for name, given_ in (("orders", (x, 1.0)), ("orders", (1.0, x)), ("orders", (x, x)), ("branches", (np.nan,))):
        assert native_[name](*given_) == getattr(plain, name)(*given_)


def test_arrays_rows_and_groups(constructs):
    def given_():
        clock = ClockArrays(np.arange(3.0), np.ones(3, np.int64), np.arange(3) + 5, np.zeros(3, np.int64))
        return np.arange(24.0).reshape(3, 2, 4), np.zeros(3, np.int64), np.array([True, False, True]), clock

    a, b = given_(), given_()
    constructs[0].arrays(*a)
    constructs[1]["arrays"](*b)
    for x, y in zip((*a[:3], *a[3]), (*b[:3], *b[3]), strict=True):
        np.testing.assert_array_equal(x, y)
    for wrong in (b[0].astype(np.float32), b[0][0], b[0].transpose(2, 1, 0)):
        with pytest.raises(TypeError, match="is wanted"):
            constructs[1]["arrays"](wrong, *b[1:])


DRAWS = """
@compiled("float64(uint64, uint64, uint64, int64)")
def uniform(key, patient, occurrence, which):
    u, v = uniforms(key, patient, occurrence)
    return u if which == 0 else v
"""


@pytest.fixture(scope="module")
def draws():
    text = file_of(kernel_text("rng.py") + DRAWS)
    return both(text, ["uniform", "binomial", "negative_binomial", "poisson", "log_gamma"])


@given(three=st.tuples(*[st.integers(0, 2**64 - 1)] * 3))
@settings(max_examples=some(50))
def test_draws_have_the_bits_of_plain_python(draws, three):
    plain, native_ = draws
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore")
        assert [native_["uniform"](*three, k) for k in (0, 1)] == list(plain.uniforms(*map(np.uint64, three)))


def test_the_first_draw_is_that_of_the_program(draws):
    key = rng.key(3, "clone x grow")
    assert draws[1]["uniform"](key, 12345678901, 2**33, 0) == rng.uniform(3, 12345678901, "clone x grow", 2**33)[0]


@given(st.floats(0.1, 1e5), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
@settings(max_examples=some(50))
def test_variates_are_those_of_plain_python(draws, n, p, u):
    plain, native_ = draws
    for name, given_ in (
        ("binomial", (float(int(n)), p, u)),
        ("negative_binomial", (n, p, u)),
        ("poisson", (n, u)),
        ("log_gamma", (n,)),
    ):
        assert native_[name](*given_) == pytest.approx(getattr(plain, name)(*given_), rel=1e-12)


@given(st.floats(-3, 300), st.floats(-16, 0), st.booleans(), st.floats(1e-16, 1 - 1e-16))
@settings(max_examples=some(50))
def test_no_draw_is_endless(draws, size, rare, likely, u):
    """However large what is counted, and however sure or rare."""
    n, p = 10.0**size, 10.0**rare
    p = 1.0 - p if likely else p
    for name, given_ in (("binomial", (n, p, u)), ("negative_binomial", (n, p, u)), ("poisson", (n, u))):
        assert not draws[1][name](*given_) < 0.0


@pytest.mark.parametrize(
    "lines, text",
    [
        ("x = [1.0]", "not known"),
        ("x = np.sin(x)", "not known"),
        ("x = x % 2.0", "not known"),
        ("x = x // 2.0", "not known"),
        ("x = x ** x", "not known"),
        ("i = 1 | x", "not known"),
        ("i = int(x < 1.0)", "not known"),
        ("i = int(np.uint64(1))", "not known"),
        ("i = np.uint64(1) + 2", "i64 where u64"),
        ("i = np.uint64(x)", "not known"),
        ("i = x is x", "not known"),
        ("i = (x < 1.0) + 1", "i64 where bool"),
        ("i = x and x", "double where bool"),
        ("if x:\n        pass", "double where bool"),
        ("i = 1\n    i = x", "change its type"),
        ("i = 1 if x > 0.0 else len(x)", "not known"),
        ("y = (x + 1.0) if x > 0.0 else int(x)", "chooses between"),
        ("x = y", "no value"),
        ("x = a.nothing", "no value"),
        ("x = a[0, 0]", "no place"),
        ("x = a[-1]", "no place"),
        ("x = a[0:1]", "no place"),
        ("x = a[x]", "double where i64"),
        ("x = a.shape[1]", "not known"),
        ("x = a.shape[x]", "not known"),
        ("x = a.shape", "no value"),
        ("i = a == a", "not known"),
        ("x = min(a, a)", "number is wanted"),
        ("x = a if x > 0.0 else a", "number is wanted"),
        ("b = a", "no variable holds"),
        ("a = x", "change its type"),
        ("a[0] = True", "bool where double"),
        ("x, y = x, x, x", "not known"),
        ("f(x)", "not known"),
        ("f(a=a, x=x)", "not known"),
        ("x = f(x, a)", "no variable holds"),
        ("for i in a:\n        pass", "not known"),
        ("for i in range(0, 4, 2):\n        pass", "not known"),
        ("for i in range(x):\n        pass", "double where i64"),
        ("while x > 0.0:\n        pass\n    else:\n        pass", "not known"),
        ("with x:\n        pass", "not known"),
        ("del x", "not known"),
        ("return x", "not known"),
        ("break", "not known"),
    ],
)
def test_what_is_not_understood_is_refused(lines, text):
    """With the place, and never mistranslated."""
    with pytest.raises(CompilerError, match=text) as refused:
        translated(f'@compiled("void(float64, float64[::1])")\ndef f(x, a):\n    {lines}\n', ["f"])
    assert "function 'f'" in str(refused.value)


def test_a_function_that_may_end_without_a_result_is_refused():
    with pytest.raises(EngineError, match="no return"):
        translated('@compiled("float64(float64)")\ndef f(x):\n    if x > 0.0:\n        return x\n', ["f"])


@pytest.mark.parametrize("group", GROUPS, ids=lambda g: g.__name__)
def test_every_field_of_a_group_is_read_and_no_other(group):
    for name, kind in kinds(group).items():
        first = f"[{', '.join('0' for _ in kind.split(','))}]" if "[" in kind else ""
        said = f'@inlined("void({group.__name__})")\ndef f(g):\n    x = g.{name}{first}\n'
        assert f"%a.g.{name}" in translated(said, [])
    with pytest.raises(EngineError, match="no value"):
        translated(f'@inlined("void({group.__name__})")\ndef f(g):\n    x = g.nothing\n', [])


@pytest.fixture(scope="module")
def generated():
    return cache.text(MODEL)


def test_no_name_is_one_that_llvm_knows(generated):
    """A function called exp would be taken for the C library's, and the bits hang on the order of passes."""
    said = translated(generated, native.ENTRIES)
    names = re.findall(r"^define [^@]*@([\w.]+)\(", said, re.MULTILINE)
    assert len(names) > 30 and all(n.startswith("livingdrug_") for n in names)
    assert set(re.findall(r"^declare [^@]*@([\w.]+)\(", said, re.MULTILINE)) == {
        "llvm.fabs.f64",
        "llvm.floor.f64",
        "llvm.sqrt.f64",
    }


def test_the_bits_do_not_hang_on_the_level_of_optimisation(generated):
    outputs = []
    for level in (1, 2, 3):
        module = ModuleType(f"at_{level}")
        exec(compile(generated, "<ward>", "exec"), module.__dict__)
        module.__dict__.update(native.functions(generated, native.compiled(generated, ["advance"], level), ["advance"]))
        outputs.append(simulate(MODEL, PLAN, crowd(), threads=1, program=cache.Program(module)))
    for f in fields(outputs[0]):
        for out in outputs[1:]:
            np.testing.assert_array_equal(getattr(outputs[0], f.name), getattr(out, f.name), err_msg=f.name)


SMALL = file_of("")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small generated file in a cache of its own: its path, and how often it has been compiled."""
    path, times, real = tmp_path / "model_small.py", [], native.compiled

    def counted(*given_, **named):
        times.append(1)
        return real(*given_, **named)

    monkeypatch.setattr(native, "compiled", counted)
    path.write_text(SMALL, encoding="utf-8")
    return path, times


def attached(path):
    module = ModuleType("small")
    exec(SMALL, module.__dict__)
    native.attach(module, path)
    return module.power(42.0, 1.0)


def kept_beside(path):
    (found,) = path.parent.glob("*.o")
    return found


def test_what_is_kept_is_not_compiled_again(small):
    path, times = small
    assert [attached(path) for _ in range(3)] == [pytest.approx(42.0)] * 3 and len(times) == 1
    assert sorted(p.suffix for p in path.parent.iterdir()) == [".o", ".py"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda code: b"",
        lambda code: code[:20],
        lambda code: code[:32],
        lambda code: code[:-1],
        lambda code: code[: len(code) // 2],
        lambda code: code + b"\0",
        lambda code: code[32:],
        lambda code: code[:100] + bytes([code[100] ^ 1]) + code[101:],
        lambda code: b"#!/bin/sh\n",
    ],
)
def test_a_broken_object_is_compiled_anew(small, damage):
    """Loading it would end the process."""
    path, times = small
    assert attached(path) == pytest.approx(42.0)
    whole = kept_beside(path).read_bytes()
    kept_beside(path).write_bytes(damage(whole))
    assert attached(path) == pytest.approx(42.0) and len(times) == 2
    assert kept_beside(path).read_bytes() == whole


def test_an_object_of_another_name_is_foreign(small, tmp_path):
    """As one of another machine, copied there by hand."""
    path, _ = small
    attached(path)
    whole = kept_beside(path)
    other = whole.with_name("model_small.000.o")
    other.write_bytes(whole.read_bytes())
    assert native.read(whole) and native.read(other) is None


@pytest.mark.parametrize("part", ["_processor", "_printers"])
def test_another_processor_or_printer_keeps_another_object(small, monkeypatch, part):
    real = getattr(native, part)()
    before = native._key("text")
    monkeypatch.setattr(native, part, lambda: (real[0], real[1] + ",+more") if part == "_processor" else real + " ")
    assert native._key("text") != before != native._key("another text")


def test_where_nothing_can_be_kept_it_is_used_all_the_same(small):
    path, times = small
    attached(path)
    kept = kept_beside(path)
    kept.unlink()
    kept.mkdir()  # in the way
    assert [attached(path) for _ in range(2)] == [pytest.approx(42.0)] * 2 and len(times) == 3


@pytest.fixture
def only_arithmetic(monkeypatch, tmp_path):
    """Models whose file holds arithmetic alone, in a cache of their own."""
    monkeypatch.setenv(cache.ENV, str(tmp_path))
    monkeypatch.setattr(cache, "_loaded", {})
    monkeypatch.setattr(cache, "fingerprint", lambda model: "a_model")
    prelude = {made: "\n".join(["import numpy as np", *map(kernel_text, PRELUDES[made])]) for made in cache.COMPILERS}
    monkeypatch.setattr(cache, "text", lambda model, made: prelude[made])


def test_both_compilers_give_the_same_bits(only_arithmetic):
    one, other = (cache.by(made, None).kernel for made in cache.COMPILERS)
    x = np.concatenate([np.linspace(-800.0, 800.0, 501), np.logspace(-300, 300, 501)])
    assert [one.exp(v) for v in x] == [other.exp(v) for v in x]
    assert [one.log(v) for v in abs(x)] == [other.log(v) for v in abs(x)]
    assert [one.power(abs(v), n) for v in x for n in (-2.5, 0.3, 4.0)] == [
        other.power(abs(v), n) for v in x for n in (-2.5, 0.3, 4.0)
    ]


def test_when_the_native_compiler_fails_numba_does_it_and_it_is_said(only_arithmetic, monkeypatch):
    def broken(text, entries, told):
        raise RuntimeError("LLVM IR parsing error: expected type")

    monkeypatch.setattr(native, "compiled", broken)
    monkeypatch.setattr(cache, "TRIED", {(platform.system(), platform.machine())})
    monkeypatch.delenv(cache.COMPILER, raising=False)
    with pytest.warns(UserWarning, match="expected type.*\n?.*numba compiles instead"):
        assert cache.load(None).kernel.power(42.0, 1.0) == pytest.approx(42.0)
    monkeypatch.setattr(cache, "_loaded", {})
    monkeypatch.setenv(cache.COMPILER, "native")
    with pytest.raises(CompilerError, match="expected type"):
        cache.load(None)


def test_a_fault_of_the_model_is_no_fault_of_the_compiler(only_arithmetic, monkeypatch):
    """It is said once, and numba is not asked."""

    def wrong(model, made):
        raise EngineError("the break 'a.b' is no patient constant")

    monkeypatch.setattr(cache, "text", wrong)
    with warnings.catch_warnings(), pytest.raises(EngineError, match="no patient constant"):
        warnings.simplefilter("error")
        cache.load(None)


def test_who_compiles(monkeypatch):
    monkeypatch.delenv(cache.COMPILER, raising=False)
    for system, machine, made in (
        ("Linux", "x86_64", "native"),
        ("Windows", "AMD64", "numba"),
        ("Linux", "s390x", "numba"),
    ):
        monkeypatch.setattr(platform, "system", lambda system=system: system)
        monkeypatch.setattr(platform, "machine", lambda machine=machine: machine)
        assert cache.compiler() == made
    monkeypatch.setenv(cache.COMPILER, "native")
    assert cache.compiler() == "native"
    monkeypatch.setenv(cache.COMPILER, "nativ")
    with pytest.raises(EngineError, match="did you mean 'native'"):
        cache.compiler()
