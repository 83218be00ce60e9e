"""Runs a plan on patients: checks the arrays, hands blocks of patients to threads, gathers what came of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.draws import key
from livingdrug.engine.plan import Act, Op, Outcome, Output, Patients, Plan, Register
from livingdrug.errors import EngineError, nearest

if TYPE_CHECKING:
    from livingdrug.engine.cache import Program
    from livingdrug.model import Model

STACK = 64  # depth of a watch's stack, as in kernel_watches
PURPOSES = ("start", "round", "survive", "grow", "arrive")
PASSAGE_PURPOSES = ("leave", "land", "settle")
TAKES = {Op.NEG: 1, Op.NOT: 1, Op.ABS: 1, Op.EXP: 1, Op.LOG: 1, Op.WHERE: 3}  # the other operations take two, pushes none


def simulate(model: Model, plan: Plan, patients: Patients, threads: int | None = None, block: int = 256,
             progress: Callable[[int], None] | None = None, program: Program | None = None) -> Output:
    """What comes of these patients under this plan. `progress` is told how many more patients are done.

    The result does not depend on `threads` or `block`.
    """
    parts = [out for _, out in simulate_blocks(model, plan, patients, threads, block, progress, program)]
    if len(parts) == 1:
        return parts[0]
    doses = max((p.given.shape[1] for p in parts), default=0)
    parts = [_widened(p, doses) for p in parts]
    return Output(**{f: np.concatenate([getattr(p, f) for p in parts]) for f in Output.__dataclass_fields__})


def simulate_blocks(model: Model, plan: Plan, patients: Patients, threads: int | None = None, block: int = 256,
                    progress: Callable[[int], None] | None = None,
                    program: Program | None = None) -> Iterator[tuple[slice, Output]]:
    """Yields (which patients, their output) block by block, in order, so that memory stays flat."""
    from livingdrug.engine import cache

    program = program or cache.load(model)
    kernel = program.kernel
    packed = pack(kernel, plan, patients.seed)
    values = _complete(model, kernel, patients)
    n = len(patients.ids)
    if block < 1:
        raise EngineError(f"a block of {block} patients cannot be run", mend="give block=1 or more")
    _check(kernel, plan, patients)
    slices = [slice(i, min(i + block, n)) for i in range(0, n, block)] or [slice(0, 0)]
    workers = max(1, min(threads or os.cpu_count() or 1, len(slices)))

    def work(part: slice) -> tuple[slice, Output]:
        out = _run_block(kernel, plan, packed, patients, values, part)
        if progress:
            progress(part.stop - part.start)
        return part, out

    if workers == 1:
        yield from map(work, slices)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: list[Any] = []
        rest = iter(slices)
        try:
            for part in rest:
                waiting.append(pool.submit(work, part))
                if len(waiting) > 2 * workers:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()


@dataclass(frozen=True)
class Packed:
    """A plan as the kernel takes it."""

    ticks: np.ndarray
    marks: np.ndarray
    output: np.ndarray  # place in the output of each tick, -1 when not written
    moves: np.ndarray  # number of each clone tick, -1 when clones rest
    seen: np.ndarray
    numbers: np.ndarray
    scales: np.ndarray
    whole: np.ndarray
    real: np.ndarray
    code: np.ndarray
    constants: np.ndarray
    keys: np.ndarray
    outputs: int
    doses: int  # the most doses and settings that the watches can give one patient


def pack(kernel: Any, plan: Plan, seed: int) -> Packed:
    """Checks a plan and turns it into the kernel's tables."""
    ticks = np.ascontiguousarray(plan.ticks, np.float64)
    t = len(ticks)
    if not (np.isfinite([plan.start, plan.end]).all() and plan.start <= plan.end):
        raise EngineError(f"the plan runs from day {plan.start} to day {plan.end}", mend="let it end after it starts")
    if t and not (np.diff(ticks) > 0).all():
        raise EngineError("the clock's ticks must rise", where="Plan.ticks")
    if t and (ticks[0] < plan.start or ticks[-1] > plan.end):
        raise EngineError(f"ticks from day {ticks[0]} to {ticks[-1]} leave the plan's days {plan.start} to {plan.end}")
    for name in ("marks", "output", "clone_ticks"):
        if len(getattr(plan, name)) != t:
            raise EngineError(f"Plan.{name} has {len(getattr(plan, name))} entries for {t} ticks")
    if not 1e-14 <= plan.rtol <= 1e-2:
        raise EngineError(f"accuracy rtol = {plan.rtol}", allowed="1e-14 to 1e-2")
    if not 0 <= plan.written <= len(plan.observables):
        raise EngineError(f"{plan.written} of {len(plan.observables)} observables cannot be written")
    seen = np.array([_place(kernel, p) for p in plan.observables], np.int64)
    marks = np.ascontiguousarray(plan.marks, np.int64)
    whole, real, code, constants = [], [], [], []
    doses = 0
    for k, watch in enumerate(plan.watches):
        rows = [_program(watch.program, watch.constants, len(code), len(constants), seen, len(plan.watches), watch.name)]
        code += rows[0]
        constants += list(watch.constants)
        begin, middle = len(code) - len(rows[0]), len(code)
        if watch.act in (Act.DOSE, Act.SET):
            if not 0 <= watch.target < len(kernel.INPUT_PATHS):
                raise EngineError(f"watch '{watch.name}' acts on input {watch.target}", allowed=kernel.INPUT_PATHS)
            code += _program(watch.amount, watch.amount_constants, len(code), len(constants), seen, len(plan.watches), watch.name)
            constants += list(watch.amount_constants)
            doses += min(watch.limit, int(((marks & watch.marks) != 0).sum()))
        whole.append([watch.marks, begin, middle, watch.act, watch.target, middle, len(code), watch.limit])
        real.append([watch.duration, watch.delay, watch.apart])
    output = np.where(plan.output, np.cumsum(plan.output) - 1, -1).astype(np.int64)
    moves = np.where(plan.clone_ticks, np.cumsum(plan.clone_ticks) - 1, -1).astype(np.int64)
    clones = [kernel.STATE_PATHS[i] for i in kernel.CLONE]
    width = len(PURPOSES)
    keys = [[key(seed, f"clone {c} {p}") for p in PURPOSES] for c in clones]
    for s, e, _ in kernel.PASSAGE.reshape(-1, 3):
        keys.append([key(seed, f"passage {clones[s]} {clones[e]} {p}") for p in PASSAGE_PURPOSES] + [0] * (width - 3))
    return Packed(
        ticks, marks, output, moves, seen,
        np.array([plan.start, plan.end, plan.rtol, plan.count_below, plan.ode_above], np.float64),
        _scales(kernel, plan),
        np.array(whole, np.int64).reshape(-1, 8), np.array(real, np.float64).reshape(-1, 3),
        np.array(code, np.int64).reshape(-1, 2), np.array(constants, np.float64), np.array(keys, np.uint64).reshape(-1, width),
        int(np.sum(plan.output)), doses)


def _scales(kernel: Any, plan: Plan) -> np.ndarray:
    """The size below which a state need not be exact: 1,000 cells, or 1 of any other unit, unless the plan says otherwise."""
    given = getattr(plan, "scales", None) or {}
    for path in given:
        if path not in kernel.STATE_PATHS:
            raise EngineError(f"a scale is given for '{path}', which is no state", nearest=nearest(path, kernel.STATE_PATHS))
    return np.array([given.get(p, 1e3 if c else 1.0) for p, c in zip(kernel.STATE_PATHS, kernel.COUNTS)], np.float64)


def _place(kernel: Any, path: str) -> int:
    """Where in the workspace an observable is found."""
    for paths, area in ((kernel.OBSERVABLE_PATHS, kernel.OB), (kernel.STATE_PATHS, kernel.YI), (kernel.INPUT_PATHS, kernel.U),
                        (kernel.COLUMN_PATHS, kernel.P)):
        if path in paths:
            return area + paths.index(path) * kernel.LANES
    known = [*kernel.OBSERVABLE_PATHS, *kernel.STATE_PATHS]
    raise EngineError(f"nothing in the model is called '{path}'", nearest=nearest(path, known), allowed=", ".join(known[:60]))


def _program(program: Any, constants: Any, _: int, first_constant: int, seen: np.ndarray, watches: int, name: str) -> list[list[int]]:
    """A watch's program with its arguments resolved to places; checked, so that no stack runs over or dry."""
    depth, out = 0, []
    registers = watches * len(Register)  # of a watch further down: as it stood at its last look
    limits = {Op.CONST: len(constants), Op.OBS: len(seen), Op.REG: registers}
    for op, a in np.asarray(program, np.int64).reshape(-1, 2).tolist():
        try:
            what = Op(op)
        except ValueError:
            raise EngineError(f"watch '{name}' uses the unknown operation {op}") from None
        if what in limits and not 0 <= a < limits[what]:
            raise EngineError(f"watch '{name}': argument {a} of {what.name} is out of range", allowed=f"0 to {limits[what] - 1}")
        takes = 0 if what < Op.ADD else TAKES.get(what, 2)
        if depth < takes:
            raise EngineError(f"watch '{name}': {what.name} finds too few values")
        depth += 1 - takes
        if depth > STACK:
            raise EngineError(f"watch '{name}' is nested too deep", allowed=f"{STACK} values")
        out.append([op, int(seen[a]) if what == Op.OBS else a + first_constant if what == Op.CONST else a])
    if depth != 1:
        raise EngineError(f"the program of watch '{name}' leaves {depth} values", mend="let it leave exactly one")
    return out


def _complete(model: Any, kernel: Any, patients: Patients) -> dict[str, Any]:
    """The patients' values, with derived constants, shares and starts worked out when they were not given."""
    needed = [*kernel.COLUMN_PATHS, *(f"{p}@start" for p in kernel.STATE_PATHS if p != "time")]
    values = dict(patients.values)
    if any(p not in values for p in needed):
        values = {**model.constants(values), **values}
    for p in needed:
        if p not in values:
            raise EngineError(f"'{p}' has no value", nearest=nearest(p, values), mend="give it in Patients.values")
        if np.ndim(values[p]) and len(values[p]) != len(patients.ids):
            raise EngineError(f"'{p}' has {len(values[p])} values for {len(patients.ids)} patients")
    return values


def _check(kernel: Any, plan: Plan, patients: Patients) -> None:
    n = len(patients.ids)
    for name, array, width in (("doses", patients.doses, None), ("thresholds", patients.thresholds, kernel.HAZARDS),
                               ("extras", patients.extras, None)):
        if len(array) != n or (width is not None and array.shape[1] != width):
            raise EngineError(f"Patients.{name} has the shape {array.shape} for {n} patients",
                              allowed=f"({n}, {width})" if width is not None else f"({n}, ...)")
    used = {a for w in plan.watches for p in (w.program, w.amount) for op, a in np.asarray(p).reshape(-1, 2).tolist() if op == Op.PAR}
    if used and max(used) >= patients.extras.shape[1]:
        raise EngineError(f"a watch reads patient constant {max(used)}, but only {patients.extras.shape[1]} are given")
    given = patients.doses[np.isfinite(patients.doses[..., 0])]
    if len(given):
        if not np.isfinite(given).all() or (given[:, 3] < 0).any():
            raise EngineError("a dose has an amount or a duration that cannot be", where="Patients.doses")
        if given[:, 0].min() < plan.start:
            raise EngineError(f"a dose on day {given[:, 0].min():g} comes before the plan starts (day {plan.start:g})")
        if given[:, 1].min() < 0 or given[:, 1].max() >= len(kernel.INPUT_PATHS):
            raise EngineError("a dose goes to an unknown input", allowed=kernel.INPUT_PATHS, where="Patients.doses")


def _run_block(kernel: Any, plan: Plan, packed: Packed, patients: Patients, values: dict[str, Any], part: slice) -> Output:
    n = part.stop - part.start

    def table(paths: list[str]) -> np.ndarray:
        out = np.empty((n, len(paths)))
        for j, p in enumerate(paths):
            x = values[p]
            out[:, j] = x[part] if np.ndim(x) else x
        return out

    columns = table(list(kernel.COLUMN_PATHS))
    states = [p for p in kernel.STATE_PATHS if p != "time"]
    starts = table([f"{p}@start" for p in states])
    if len(states) < kernel.N:
        starts = np.column_stack([starts, np.full(n, plan.start)])
    watches = len(plan.watches)
    given = np.full((n, packed.doses, 4), np.inf)
    out = Output(
        observables=np.full((n, packed.outputs, plan.written), np.nan), registers=np.empty((n, watches, len(Register))),
        event_times=np.empty((n, kernel.HAZARDS)), ended=np.empty(n), outcome=np.empty(n, np.int64),
        steps=np.zeros((n, 2), np.int64), extinct=np.empty((n, kernel.CLONES)), final=np.empty((n, len(states))), given=given)
    kernel.run(
        0, n, patients.ids[part].astype(np.uint64), columns, np.ascontiguousarray(starts),
        np.ascontiguousarray(patients.extras[part], np.float64), np.ascontiguousarray(patients.doses[part], np.float64),
        np.ascontiguousarray(patients.thresholds[part], np.float64),
        packed.ticks, packed.marks, packed.output, packed.moves, packed.seen, plan.written, plan.max_steps, bool(plan.extinction),
        packed.numbers, packed.scales, packed.whole, packed.real, packed.code, packed.constants, packed.keys,
        out.observables, out.registers.reshape(n, watches * len(Register)), out.event_times, out.ended, out.outcome, out.steps, out.extinct, out.final,
        given)
    used = int(np.isfinite(given[..., 0]).sum(axis=1).max(initial=0))
    return _widened(out, used)


def _widened(out: Output, doses: int) -> Output:
    """The same output with room for this many doses given by rules."""
    fields = {f: getattr(out, f) for f in Output.__dataclass_fields__}
    given = np.full((len(out.given), doses, 4), np.inf)
    kept = min(doses, out.given.shape[1])
    given[:, :kept] = out.given[:, :kept]
    return Output(**{**fields, "given": given})


def failed(out: Output) -> np.ndarray:
    """Which patients could not be simulated to their end (n,)."""
    return out.outcome >= Outcome.STEP_BUDGET
