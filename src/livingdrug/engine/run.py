"""Runs a plan on patients: checks the arrays, hands blocks of patients to threads, gathers what came of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.engine.pack import Packed, check_patients, pack
from livingdrug.engine.plan import Outcome, Output, Patients, Plan, Register
from livingdrug.errors import EngineError, nearest

if TYPE_CHECKING:
    from livingdrug.engine.cache import Program
    from livingdrug.model import Model


def simulate(
    model: Model,
    plan: Plan,
    patients: Patients,
    threads: int | None = None,
    block: int = 256,
    progress: Callable[[int], None] | None = None,
    program: Program | None = None,
) -> Output:
    """What comes of these patients under this plan. `progress` is told how many more patients are done.

    The result does not depend on `threads` or `block`.
    """
    parts = [out for _, out in simulate_blocks(model, plan, patients, threads, block, progress, program)]
    if len(parts) == 1:
        return parts[0]
    doses = max((p.given.shape[1] for p in parts), default=0)
    parts = [_widened(p, doses) for p in parts]
    return Output(**{f: np.concatenate([getattr(p, f) for p in parts]) for f in Output.__dataclass_fields__})


def simulate_blocks(
    model: Model,
    plan: Plan,
    patients: Patients,
    threads: int | None = None,
    block: int = 256,
    progress: Callable[[int], None] | None = None,
    program: Program | None = None,
) -> Iterator[tuple[slice, Output]]:
    """Yields (which patients, their output) block by block, in order, so that memory stays flat."""
    from livingdrug.engine import cache

    program = program or cache.load(model)
    kernel = program.kernel
    packed = pack(kernel, plan, patients.seed)
    values = _complete(model, kernel, patients)
    n = len(patients.ids)
    if block < 1:
        raise EngineError(f"a block of {block} patients cannot be run", mend="give block=1 or more")
    check_patients(kernel, plan, patients)
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


def _complete(model: Any, kernel: Any, patients: Patients) -> dict[str, Any]:
    """The patients' values, with derived constants, shares and starts worked out when they were not given."""
    needed = [*kernel.COLUMN_PATHS, *(f"{p}@start" for p in kernel.STATE_PATHS if p != "time")]
    values = dict(patients.values)
    if any(p not in values for p in needed):
        values = {**model.constants(values), **values}
    for p in needed:
        if p not in values:
            raise EngineError(f"'{p}' has no value", nearest=nearest(p, values), mend="give it in Patients.values")
        if np.shape(values[p]) not in ((), (len(patients.ids),)):
            raise EngineError(f"'{p}' has {np.size(values[p])} values for {len(patients.ids)} patients")
    return values


def _run_block(
    kernel: Any, plan: Plan, packed: Packed, patients: Patients, values: dict[str, Any], part: slice
) -> Output:
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
        observables=np.empty((n, packed.outputs, plan.written)),
        registers=np.empty((n, watches, len(Register))),
        event_times=np.empty((n, kernel.HAZARDS)),
        ended=np.empty(n),
        outcome=np.empty(n, np.int64),
        steps=np.zeros((n, 2), np.int64),
        extinct=np.empty((n, kernel.CLONES)),
        final=np.empty((n, len(states))),
        given=given,
    )
    with np.errstate(all="ignore"):  # a patient whose numbers break ends with an outcome code
        kernel.run(
            0,
            n,
            patients.ids[part].astype(np.uint64),
            columns,
            np.ascontiguousarray(starts),
            np.ascontiguousarray(patients.extras[part], np.float64),
            np.ascontiguousarray(patients.doses[part], np.float64),
            np.ascontiguousarray(patients.thresholds[part], np.float64),
            packed.ticks,
            packed.marks,
            packed.output,
            packed.moves,
            packed.seen,
            plan.written,
            plan.max_steps,
            bool(plan.extinction and plan.clone_ticks.any()),
            packed.numbers,
            packed.floors,
            packed.shares,
            packed.whole,
            packed.real,
            packed.code,
            packed.constants,
            packed.keys,
            out.observables,
            out.registers.reshape(n, watches * len(Register)),
            out.event_times,
            out.ended,
            out.outcome,
            out.steps,
            out.extinct,
            out.final,
            given,
        )
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
