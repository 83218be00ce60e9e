"""The engine on an NVIDIA card: one patient per thread, each with its own time and step; same kernel, same draws.

The kernel is CUDA C++, printed from the file that runs on the processor and compiled on the spot by NVRTC through CuPy.
Chosen over numba-cuda because the very same text is also compiled, without a card, by nvcc and by any C++ compiler:
that is how it is tested. Threads take the next patient from a counter, so none waits for the slowest of its block.
Rules, hazards and what watches remember are worked out on the card. Courses, by far the most, stay there (`OnCard`):
they are counted there, and only what is sliced from them is brought back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache as remembered
from queue import SimpleQueue
from types import ModuleType
from typing import TYPE_CHECKING, Any

from livingdrug.engine import cache
from livingdrug.engine.codegen.emit_cpp import parameters, translated
from livingdrug.engine.codegen.emit_python import kernel_folder
from livingdrug.engine.codegen.signatures import Kind
from livingdrug.engine.tables import OutputArrays
from livingdrug.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from livingdrug.engine.plan import Floats, Ints, Plan
    from livingdrug.model import Model

GIVEN_BACK = OutputArrays._fields
THREADS = 128  # in one block; with all 255 registers used, two blocks fill a multiprocessor
TOGETHER = 65_536  # patients sent to the card together, at most
FEWEST = 32_768  # ... and, until the last, at least: about one for each thread of a large card
LINES = 2  # such chunks on the card at a time: one is copied, or waits for its slowest, while another runs
COUNTING = 4_096  # blocks of threads that count


def source(model: Model) -> str:
    """The whole CUDA C++ text of a model; as ordinary C++ it gives the same function for the processor."""
    text = _one_lane(model.without_tissue("a graphics card"))
    return translated(text) + _entry(text) + (kernel_folder() / "histogram.cuh").read_text(encoding="utf-8")


def _one_lane(model: Model) -> str:
    """The generated file of one lane, printed once for each set of equations and kept beside the compiled ones."""
    path = cache.folder() / f"{cache.fingerprint(model)}_one.py"
    if not path.exists():
        cache._write(path, cache.text(model, lanes=1, made="plain"))
    return path.read_text(encoding="utf-8")


def _fields(taken: Iterable[tuple[str, Kind]], given: Iterable[Any]) -> Iterator[tuple[str, Kind, Any]]:
    """Names, types and values of what is passed, groups field by field."""
    for (name, kind), x in zip(taken, given, strict=True):
        if kind.fields:
            yield from _fields(kind.fields.items(), x)
        else:
            yield name, kind, x


def _entry(text: str) -> str:
    """The function that is called from outside: arrays as pointers, three lengths for each in `lengths`."""
    taken, called, arrays = ["i64 first", "i64 last", "u64 *next", "const i64 *lengths"], ["p", "p + 1"], 0

    def passed(name: str, kind: Kind) -> str:
        """What `run` is called with for a parameter; a group has its fields passed one by one."""
        nonlocal arrays
        if kind.fields:
            return f"patient::{kind.text}{{{', '.join(passed(n, k) for n, k in kind.fields.items())}}}"
        taken.append(f"{kind.of} {'*' if kind.axes else ''}{name}")
        if not kind.axes:
            return name
        arrays += 1
        return f"{kind.text}{{{name}, {{{', '.join(f'lengths[{3 * (arrays - 1) + i}]' for i in range(3))}}}}}"

    called += [passed(name, kind) for name, kind in parameters(text)[2:]]
    return f"""
using patient::Array, patient::i64, patient::u64;
#if defined(__CUDACC__)
#define NEXT first + (i64)atomicAdd(next, 1ULL)
extern "C" __global__ void __launch_bounds__({THREADS})
#else
#define NEXT first + (i64)(*next)++
extern "C" void
#endif
run_patients({", ".join(taken)}) {{
  for (i64 p = NEXT; p < last; p = NEXT)
    patient::run({", ".join(called)});
}}
"""


def load(model: Model) -> cache.Program:
    """The model on the card, to be given to `engine.run.simulate` as its program; EngineError says what is missing."""
    cupy()
    return program(model, _compiled(source(model)))


def together(plan: Plan, threads: int) -> int:
    """How many patients to send at once, so that the courses of all threads fit half of the card's memory."""
    whole: int = cupy().cuda.runtime.memGetInfo()[1]
    each = 8 * max(1, int(plan.output.sum()) * plan.written)
    return max(THREADS, min(TOGETHER, whole // 2 // threads // each))


def program(model: Model, module: Any) -> cache.Program:
    """The model with its compiled source as engine: functions that take (blocks,), (threads,) and their arguments."""
    text = _one_lane(model)
    facts = ModuleType("livingdrug_one_lane")
    exec(compile(text, f"<{facts.__name__}>", "exec"), facts.__dict__)
    return cache.Program(Card(facts, module, parameters(text)))


@remembered
def cupy() -> Any:
    """CuPy with a card that answers; EngineError says what is missing."""
    try:
        import cupy
    except ImportError as absent:
        raise EngineError(
            "the CUDA engine needs CuPy",
            where="--device cuda",
            mend="pip install 'livingdrug[gpu]', or leave --device out",
        ) from absent
    try:
        cards = cupy.cuda.runtime.getDeviceCount()
    except Exception as problem:
        raise EngineError(
            f"no NVIDIA card answers ({problem})",
            where="--device cuda",
            mend="check with nvidia-smi that the driver sees a card, or leave --device out",
        ) from problem
    if not cards:
        raise EngineError("this machine has no NVIDIA card", where="--device cuda", mend="leave --device out")
    return cupy


@remembered
def _compiled(text: str) -> Any:
    """The text on the card; CuPy keeps what it has compiled in the user's cache folder."""
    return cupy().RawModule(code=text, options=("-std=c++17",))


class OnCard:
    """Courses (n, times, observables) that stay on the card: what is sliced comes back, and they count themselves."""

    def __init__(self, shape: tuple[int, ...], count: Any, ahead: Any) -> None:
        self.shape, self._count, self._ahead = shape, count, ahead
        self.there = cupy().empty(shape)

    def __getitem__(self, sliced: Any) -> Floats:
        with self._ahead:
            here: Floats = cupy().asnumpy(self.there[sliced])
            return here

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self[...] if dtype is None else self[...].astype(dtype)

    def counted(self, edges: Floats) -> Ints:
        """How many patients' values have reached so many of the rising edges (times, observables, edges + 1)."""
        xp, (n, times, seen), bins = cupy(), self.shape, len(edges) + 1
        with self._ahead:
            counts = xp.zeros((times, seen, bins), xp.uint64)
            sizes = [xp.int64(x) for x in (n * times * seen, times * seen, bins)]
            if sizes[0]:
                blocks = min(-(-int(sizes[0]) // THREADS), COUNTING)
                self._count((blocks,), (THREADS,), (self.there, xp.asarray(edges), counts, *sizes))
            here: Ints = xp.asnumpy(counts).astype("int64")
            return here


class Card:
    """A model's kernel whose `run` works on the card; everything else about the model is as on the processor."""

    def __init__(self, kernel: Any, module: Any, taken: list[tuple[str, Kind]]) -> None:
        self._kernel, self._taken = kernel, taken[2:]
        self._run, self._count = map(module.get_function, ("run_patients", "count_courses"))
        cuda = cupy().cuda
        held = cuda.driver.occupancyMaxActiveBlocksPerMultiprocessor(self._run.kernel.ptr, THREADS, 0)
        self._held = max(1, held) * int(cuda.Device().attributes["MultiProcessorCount"])  # blocks of threads at once
        self._ahead = cuda.Stream(non_blocking=True, priority=-1)  # small work, let in before patients who wait
        self._lines: SimpleQueue[Any] = SimpleQueue()
        for _ in range(LINES):
            self._lines.put(cuda.Stream(non_blocking=True))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)

    def room(self, shape: tuple[int, ...]) -> OnCard:
        """Where courses are written."""
        return OnCard(shape, self._count, self._ahead)

    def run(self, first: int, last: int, *given: Any) -> None:
        """Simulates patients [first, last) of these arrays and fills the output arrays, as the usual kernel does."""
        if first >= last:
            return
        line = self._lines.get()
        try:
            with line:
                self._filled(first, last, given)
        finally:
            self._lines.put(line)

    def _filled(self, first: int, last: int, given: tuple[Any, ...]) -> None:
        import numpy as np

        xp = cupy()
        sent: list[Any] = []
        lengths: list[int] = []
        back: list[tuple[Any, Any]] = []
        for name, kind, x in _fields(self._taken, given):
            if not kind.axes:
                sent.append({"bool": np.bool_, "i64": np.int64, "double": np.float64}[kind.of](x))
                continue
            if isinstance(x, OnCard):
                there = x.there
            elif name == "registers":  # only ever used there
                there = xp.empty(x.shape)
            elif name in GIVEN_BACK:  # filled alike, or not yet filled
                there = xp.full(x.shape, x.flat[0], x.dtype) if x.size else xp.empty(x.shape, x.dtype)
                back.append((there, x))
            else:
                there = xp.asarray(x)
            sent.append(there)
            lengths += [*x.shape, *[0] * (3 - len(x.shape))]
        counter = xp.zeros(1, xp.uint64)
        blocks = min(-(-(last - first) // THREADS), self._held)
        head = (np.int64(first), np.int64(last), counter, xp.asarray(lengths, xp.int64))
        self._run((blocks,), (THREADS,), (*head, *sent))
        for there, here in back:
            if here.size:
                here[...] = xp.asnumpy(there)
