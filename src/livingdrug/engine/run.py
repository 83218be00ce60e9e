"""Runs a plan on patients: checks the arrays, hands blocks of patients to threads, gathers what came of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.engine.pack import check_patients, pack
from livingdrug.engine.plan import Floats, Output, Patients, Plan, Register
from livingdrug.engine.tables import OutputArrays, PatientArrays
from livingdrug.errors import EngineError, nearest
from livingdrug.parallel import in_order

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
    """What comes of these patients under this plan. `progress` hears how many more patients are done.

    The result does not depend on `threads` or `block`.
    """
    task = _Task(model, plan, patients, program)
    out = task.blank(len(patients.ids))

    def work(part: slice) -> None:
        task.run(part, _rows(out, part))
        if progress:
            progress(part.stop - part.start)

    parts = task.parts(block)
    for _ in in_order(work, parts, _threads(threads, parts)):
        pass
    return _trimmed(out)


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
    task = _Task(model, plan, patients, program)

    def work(part: slice) -> tuple[slice, Output]:
        out = task.blank(part.stop - part.start, getattr(task.kernel, "room", np.empty))  # a card keeps the courses
        task.run(part, out)
        if progress:
            progress(part.stop - part.start)
        return part, _trimmed(out)

    parts = task.parts(block)
    yield from in_order(work, parts, _threads(threads, parts))


def _threads(wanted: int | None, parts: Sequence[slice]) -> int:
    """So many threads as are wanted (all processors by default), but no more than there are parts."""
    return max(1, min(wanted or os.cpu_count() or 1, len(parts)))


def _complete(model: Any, kernel: Any, patients: Patients) -> dict[str, Any]:
    """The patients' values, with derived constants, shares and starts worked out when they were not given."""
    needed = [*kernel.COLUMN_PATHS, *(f"{p}@start" for p in kernel.STATE_PATHS if p != "time")]
    values = dict(patients.values)
    if any(p not in values for p in needed):
        values = {**model.constants(values), **values}
    if model.tissue:
        values.update(_shells_at_start(model, values))
    for p in needed:
        if p not in values:
            raise EngineError(f"'{p}' has no value", nearest=nearest(p, values), mend="give it in Patients.values")
        if np.shape(values[p]) not in ((), (len(patients.ids),)):
            raise EngineError(f"'{p}' has {np.size(values[p])} values for {len(patients.ids)} patients")
    return values


def _shells_at_start(model: Any, values: dict[str, Any]) -> dict[str, Any]:
    """What of each field is in each shell at the start ("role.field[0]@start"): it is spread evenly."""
    m = model.declared[model.tissue].shells
    share = [(3 * s * s + 3 * s + 1) / m**3 for s in range(m)]
    return {f"{p}[{s}]@start": values[f"{p}@start"] * share[s] for p in model.fields for s in range(m)}


class _Task:
    """A plan and its patients, checked and packed for the kernel."""

    def __init__(self, model: Model, plan: Plan, patients: Patients, program: Program | None) -> None:
        from livingdrug.engine import cache

        self.kernel = (program or cache.load(model)).kernel
        self.plan, self.patients = plan, patients
        self.packed = pack(self.kernel, plan, patients.seed, patients.doses.shape[1])
        self.values = _complete(model, self.kernel, patients)
        check_patients(self.kernel, plan, patients)

    def parts(self, block: int) -> list[slice]:
        """The patients in blocks."""
        if block < 1:
            raise EngineError(f"a block of {block} patients cannot be run", mend="give block=1 or more")
        n = len(self.patients.ids)
        return [slice(i, min(i + block, n)) for i in range(0, n, block)] or [slice(0, 0)]

    def blank(self, n: int, room: Callable[[tuple[int, ...]], Any] = np.empty) -> Output:
        """Room for what comes of n patients; for their courses, as `room` gives it."""
        kernel, packed = self.kernel, self.packed
        return Output(
            observables=room((n, packed.rows, self.plan.written)),
            registers=np.empty((n, len(self.plan.watches), len(Register))),
            event_times=np.empty((n, kernel.HAZARDS)),
            ended=np.empty(n),
            outcome=np.empty(n, np.int64),
            steps=np.zeros((n, 2), np.int64),
            extinct=np.empty((n, kernel.CLONES)),
            final=np.empty((n, sum(p != "time" for p in kernel.STATE_PATHS))),
            given=np.full((n, packed.doses, 4), np.inf),
        )

    def run(self, part: slice, out: Output) -> None:
        """Simulates some of the patients into `out`."""
        kernel, packed, patients = self.kernel, self.packed, self.patients
        n = part.stop - part.start
        starts = self._table([f"{p}@start" for p in kernel.STATE_PATHS if p != "time"], part)
        if starts.shape[1] < kernel.N:
            starts = np.column_stack([starts, np.full(n, self.plan.start)])
        with np.errstate(all="ignore"):  # a patient whose numbers break ends with an outcome code
            kernel.run(
                0,
                n,
                PatientArrays(
                    ids=patients.ids[part].astype(np.uint64),
                    columns=self._table(kernel.COLUMN_PATHS, part),
                    starts=np.ascontiguousarray(starts),
                    extras=np.ascontiguousarray(patients.extras[part], np.float64),
                    doses=np.ascontiguousarray(patients.doses[part], np.float64),
                    thresholds=np.ascontiguousarray(patients.thresholds[part], np.float64),
                ),
                packed.clock,
                packed.settings,
                packed.watches,
                np.empty((n, packed.registers + patients.extras.shape[1])),
                OutputArrays(
                    observables=out.observables,
                    remembered=out.registers.reshape(n, len(self.plan.watches) * len(Register)),
                    event_times=out.event_times,
                    ended=out.ended,
                    outcome=out.outcome,
                    steps=out.steps,
                    extinct=out.extinct,
                    final=out.final,
                    given=out.given,
                ),
            )

    def _table(self, paths: Sequence[str], part: slice) -> Floats:
        """The values of some patients, a column for each path."""
        out = np.empty((part.stop - part.start, len(paths)))
        for j, p in enumerate(paths):
            x = self.values[p]
            out[:, j] = x[part] if np.ndim(x) else x
        return out


def _rows(out: Output, part: slice) -> Output:
    """The part of an output that belongs to some of its patients; the arrays are shared."""
    return Output(**{f: getattr(out, f)[part] for f in Output.__dataclass_fields__})


def _trimmed(out: Output) -> Output:
    """The output without room for doses that no rule gave."""
    used = int(np.isfinite(out.given[..., 0]).sum(axis=1).max(initial=0))
    return replace(out, given=np.ascontiguousarray(out.given[:, :used]))
