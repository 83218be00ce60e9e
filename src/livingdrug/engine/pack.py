"""A plan checked and turned into the tables that the kernel reads; and the patients' arrays checked against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.draws import key
from livingdrug.engine.plan import Act, Floats, Ints, Op, Patients, Plan, Register, Watch
from livingdrug.errors import EngineError, nearest

STACK = 64  # depth of a watch's stack, as in kernel_watches
PURPOSES = ("start", "round", "move", "arrive")  # columns of the key table of a clone, as in kernel_clones
PASSAGE_PURPOSES = ("leave", "land")
TAKES = {
    Op.NEG: 1,
    Op.NOT: 1,
    Op.ABS: 1,
    Op.EXP: 1,
    Op.LOG: 1,
    Op.FLOOR: 1,
    Op.WHERE: 3,
}  # other operations take two; those that push, none


@dataclass(frozen=True)
class Packed:
    """A plan as the kernel takes it."""

    ticks: Floats
    marks: Ints
    output: Ints  # place in the output of each tick, -1 when not written
    moves: Ints  # number of each clone tick, -1 when clones rest
    seen: Ints  # place in the workspace of each observable
    numbers: Floats
    floors: Floats  # error allowed in a state, over rtol: one cell, or a thousandth of any other unit
    shares: Floats  # the same as a share of the state's peak so far: a thousandth, but nothing of a count of cells
    whole: Ints  # per watch: marks, program, act, target, amount program, limit
    real: Floats  # per watch: duration, delay, apart
    code: Ints
    constants: Floats
    keys: NDArray[np.uint64]
    outputs: int
    doses: int  # the most doses and settings that the watches can give one patient


def pack(kernel: Any, plan: Plan, seed: int) -> Packed:
    """The kernel's tables for a plan; raises EngineError when the plan cannot be carried out."""
    _check_clock(plan)
    seen = np.array([_place(kernel, p) for p in plan.observables], np.int64)
    marks = np.ascontiguousarray(plan.marks, np.int64)
    whole: list[list[int]] = []
    real: list[list[float]] = []
    code: list[list[int]] = []
    constants: list[float] = []
    doses = 0

    def add(program: Ints, its_constants: Floats, watch: int) -> tuple[int, int]:
        rows = _resolved(program, its_constants, len(constants), seen, len(plan.watches), plan.watches[watch].name)
        code.extend(rows)
        constants.extend(its_constants)
        return len(code) - len(rows), len(code)

    for k, watch in enumerate(plan.watches):
        begin, end = add(watch.program, watch.constants, k)
        first, last = end, end
        if watch.act in (Act.DOSE, Act.SET):
            _check_action(kernel, watch)
            first, last = add(watch.amount, watch.amount_constants, k)
            doses += min(watch.limit, int(((marks & watch.marks) != 0).sum()))
        whole.append([watch.marks, begin, end, watch.act, watch.target, first, last, watch.limit])
        real.append([watch.duration, watch.delay, watch.apart])
    return Packed(
        ticks=np.ascontiguousarray(plan.ticks, np.float64),
        marks=marks,
        output=_numbered(plan.output),
        moves=_numbered(plan.clone_ticks),
        seen=seen,
        numbers=np.array([plan.start, plan.end, plan.rtol, plan.count_below, plan.ode_above], np.float64),
        floors=np.array([1.0 if c else 1e-3 for c in kernel.COUNTS]),
        shares=np.array([0.0 if c else 1e-3 for c in kernel.COUNTS]),
        whole=np.array(whole, np.int64).reshape(-1, 8),
        real=np.array(real, np.float64).reshape(-1, 3),
        code=np.array(code, np.int64).reshape(-1, 2),
        constants=np.array(constants, np.float64),
        keys=_keys(kernel, seed),
        outputs=int(np.sum(plan.output)),
        doses=doses,
    )


def _check_action(kernel: Any, watch: Watch) -> None:
    wanted = int(watch.act == Act.SET)
    inputs = [p for p, switch in zip(kernel.INPUT_PATHS, kernel.SWITCH) if switch == wanted]
    if not 0 <= watch.target < len(kernel.INPUT_PATHS) or kernel.SWITCH[watch.target] != wanted:
        raise EngineError(
            f"watch '{watch.name}' cannot {'set' if wanted else 'give'} input {watch.target}",
            allowed=[kernel.INPUT_PATHS.index(p) for p in inputs] or "none",
            mend=f"name one of {', '.join(inputs)}" if inputs else None,
        )
    if not (0 <= watch.duration < np.inf and 0 <= watch.delay < np.inf):
        raise EngineError(
            f"watch '{watch.name}' gives over {watch.duration} d after {watch.delay} d", allowed="0 or more"
        )


def _check_clock(plan: Plan) -> None:
    ticks = np.asarray(plan.ticks, np.float64)
    if not (np.isfinite([plan.start, plan.end]).all() and plan.start <= plan.end):
        raise EngineError(f"the plan runs from day {plan.start} to day {plan.end}", mend="let it end after it starts")
    if len(ticks) and not (np.diff(ticks) > 0).all():
        raise EngineError("the clock's ticks must rise", where="Plan.ticks")
    if len(ticks) and (ticks[0] < plan.start or ticks[-1] > plan.end):
        raise EngineError(f"ticks from day {ticks[0]} to {ticks[-1]} leave the plan's days {plan.start} to {plan.end}")
    for name in ("marks", "output", "clone_ticks"):
        if len(getattr(plan, name)) != len(ticks):
            raise EngineError(f"Plan.{name} has {len(getattr(plan, name))} entries for {len(ticks)} ticks")
    if not 1e-14 <= plan.rtol <= 1e-2:
        raise EngineError(f"accuracy rtol = {plan.rtol} cannot be kept", allowed="1e-14 to 1e-2")
    if not 0 <= plan.written <= len(plan.observables):
        raise EngineError(f"{plan.written} of {len(plan.observables)} observables cannot be written")


def _numbered(chosen: NDArray[np.bool_]) -> Ints:
    """0, 1, 2, ... where chosen, -1 elsewhere."""
    return np.where(chosen, np.cumsum(chosen) - 1, -1).astype(np.int64)


def _keys(kernel: Any, seed: int) -> NDArray[np.uint64]:
    """The draws' keys: a row for each clone, then one for each passage."""
    clones = [kernel.STATE_PATHS[i] for i in kernel.CLONE]
    rows = [[key(seed, f"clone {c} {p}") for p in PURPOSES] for c in clones]
    for source, sink, _ in kernel.PASSAGE.reshape(-1, 3):
        row = [key(seed, f"passage {clones[source]} {clones[sink]} {p}") for p in PASSAGE_PURPOSES]
        rows.append(row + [0] * (len(PURPOSES) - len(row)))
    return np.array(rows, np.uint64).reshape(-1, len(PURPOSES))


def _place(kernel: Any, path: str) -> int:
    """Where in the workspace an observable is found."""
    for paths, area in (
        (kernel.OBSERVABLE_PATHS, kernel.OB),
        (kernel.STATE_PATHS, kernel.YI),
        (kernel.INPUT_PATHS, kernel.U),
        (kernel.COLUMN_PATHS, kernel.P),
    ):
        if path in paths:
            return int(area + paths.index(path) * kernel.LANES)
    known = [*kernel.OBSERVABLE_PATHS, *kernel.STATE_PATHS]
    raise EngineError(
        f"nothing in the model is called '{path}'", nearest=nearest(path, known), allowed=", ".join(known[:60])
    )


def _resolved(
    program: Ints, constants: Floats, first_constant: int, seen: Ints, watches: int, name: str
) -> list[list[int]]:
    """A watch's program with its arguments resolved to places; checked, so that no stack runs over or dry."""
    depth, out = 0, []
    limits = {Op.CONST: len(constants), Op.OBS: len(seen), Op.REG: watches * len(Register)}
    for op, a in np.asarray(program, np.int64).reshape(-1, 2).tolist():
        try:
            what = Op(op)
        except ValueError:
            raise EngineError(f"watch '{name}' uses the unknown operation {op}") from None
        if what in limits and not 0 <= a < limits[what]:
            raise EngineError(
                f"watch '{name}': argument {a} of {what.name} is out of range", allowed=f"0 to {limits[what] - 1}"
            )
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


def check_patients(kernel: Any, plan: Plan, patients: Patients) -> None:
    """Raises EngineError when the patients' arrays do not fit each other, the model or the plan."""
    n = len(patients.ids)
    for name, array, width in (
        ("doses", patients.doses, None),
        ("thresholds", patients.thresholds, kernel.HAZARDS),
        ("extras", patients.extras, None),
    ):
        if len(array) != n or (width is not None and array.shape[1] != width):
            raise EngineError(
                f"Patients.{name} has the shape {array.shape} for {n} patients",
                allowed=f"({n}, {width})" if width is not None else f"({n}, ...)",
            )
    used = {
        a
        for w in plan.watches
        for p in (w.program, w.amount)
        for op, a in np.asarray(p).reshape(-1, 2).tolist()
        if op == Op.PAR
    }
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
