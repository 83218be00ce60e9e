"""A plan checked and turned into the tables that the kernel reads; and the patients' arrays checked against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.plan import MANY_DOSES, Act, Floats, Ints, Op, Patients, Plan, Register, Watch
from livingdrug.engine.tables import ClockArrays, Settings, WatchPrograms
from livingdrug.errors import EngineError, nearest
from livingdrug.rng import key

CLOCK, SCRATCH, REMEMBERED = 0, 1, 65  # offsets in a patient's register file, as in kernel/watches.py
PURPOSES = ("start", "round", "move", "arrive")  # columns of the key table of a clone, as in kernel/clones.py
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

    clock: ClockArrays
    settings: Settings
    watches: WatchPrograms
    rows: int  # of the output, for each patient
    doses: int  # the most doses and settings that the watches can give one patient
    registers: int  # size of a patient's register file before the patient's own constants


def pack(kernel: Any, plan: Plan, seed: int, scheduled: int = 0) -> Packed:
    """The kernel's tables for a plan; EngineError when it cannot be carried out. scheduled: doses of a patient that no
    watch gives."""
    _check_clock(plan)
    seen = np.array([_offset(kernel, p) for p in plan.observables], np.int64)
    marks = np.ascontiguousarray(plan.marks, np.int64)
    watches, registers, doses = _watch_programs(kernel, plan, seen, marks)
    return Packed(
        clock=ClockArrays(
            ticks=np.ascontiguousarray(plan.ticks, np.float64),
            marks=marks,
            rows=_numbered(plan.output),
            moves=_numbered(plan.clone_ticks),
        ),
        settings=_settings(kernel, plan, seed, seen, doses + scheduled),
        watches=watches,
        rows=int(np.sum(plan.output)),
        doses=doses,
        registers=registers,
    )


def _settings(kernel: Any, plan: Plan, seed: int, seen: Ints, doses: int) -> Settings:
    extinction = bool(plan.extinction and plan.clone_ticks.any())
    states = (kernel.YI <= seen[: plan.written]) & (seen[: plan.written] < kernel.YI + kernel.WIDTH)
    return Settings(
        start=float(plan.start),
        end=float(plan.end),
        rtol=float(plan.rtol),
        floors=_floors(kernel, plan),
        shares=np.array([0.0 if c else 1e-3 for c in kernel.COUNTS]),
        max_steps=int(plan.max_steps) * max(1, -(-doses // MANY_DOSES)),
        extinction=extinction,
        count_below=float(plan.count_below),
        ode_above=float(plan.ode_above),
        keys=_keys(kernel, seed),
        seen=seen,
        written=int(plan.written),
        states_only=bool(not extinction and states.all()),
    )


def _floors(kernel: Any, plan: Plan) -> Floats:
    usual = np.array([1.0 if c else 1e-3 for c in kernel.COUNTS])
    if plan.floors is None:
        return usual
    given = np.asarray(plan.floors, np.float64)
    states = sum(p != "time" for p in kernel.STATE_PATHS)
    if given.shape != (states,) or not (np.isfinite(given).all() and (given > 0.0).all()):
        raise EngineError(f"Plan.floors fits no {states} states", allowed="a number above 0 for each state")
    return np.concatenate([given, usual[states:]])


def _watch_programs(kernel: Any, plan: Plan, seen: Ints, marks: Ints) -> tuple[WatchPrograms, int, int]:
    """The watches' programs, the size of their register file, and the most doses they can give one patient."""
    file = _RegisterFile(plan, seen)
    whole: list[list[int]] = []
    real: list[list[float]] = []
    doses = 0
    for watch in plan.watches:
        asked = file.compiled(watch.program, watch.constants, watch.name)
        amount = (0, 0, 0)
        if watch.act in (Act.DOSE, Act.SET):
            _check_action(kernel, watch)
            amount = file.compiled(watch.amount, watch.amount_constants, watch.name)
            doses += min(watch.limit, int(((marks & watch.marks) != 0).sum()))
        whole.append([watch.marks, *asked, watch.act, watch.target, *amount, watch.limit])
        real.append([watch.duration, watch.delay, watch.apart])
    watches = WatchPrograms(
        whole=np.array(whole, np.int64).reshape(-1, 10),
        real=np.array(real, np.float64).reshape(-1, 3),
        code=np.array(file.code, np.int64).reshape(-1, 5),
        constants=np.array(file.constants, np.float64),
        looked=seen[file.asked],
    )
    return watches, file.own, doses


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


def _offset(kernel: Any, path: str) -> int:
    """The offset of an observable in the workspace."""
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


class _RegisterFile:
    """The layout of a patient's register file, and the watches' programs as bytecode that works on it."""

    def __init__(self, plan: Plan, seen: Ints) -> None:
        programs = [(p, c) for w in plan.watches for p, c in ((w.program, w.constants), (w.amount, w.amount_constants))]
        self.many = len(seen)
        self.asked = sorted({a for p, _ in programs for op, a in _rows(p) if op == Op.OBS and 0 <= a < self.many})
        self.constants: list[float] = []
        self.code: list[list[int]] = []  # operation, offset of the result, offsets of up to three operands
        self.registers = len(plan.watches) * len(Register)
        self.observables = REMEMBERED + self.registers
        self.fixed = self.observables + len(self.asked)
        self.own = self.fixed + sum(len(c) for _, c in programs)

    def compiled(self, program: Ints, constants: Floats, name: str) -> tuple[int, int, int]:
        """Adds a program: its first and last row of the code, and the offset of its result."""
        begin, stack = len(self.code), list[int]()
        limits = {Op.CONST: len(constants), Op.OBS: self.many, Op.REG: self.registers}
        for op, a in _rows(program):
            try:
                what = Op(op)
            except ValueError:
                raise EngineError(f"watch '{name}' uses the unknown operation {op}") from None
            if what in limits and not 0 <= a < limits[what]:
                raise EngineError(
                    f"watch '{name}': argument {a} of {what.name} is out of range", allowed=f"0 to {limits[what] - 1}"
                )
            if what < Op.ADD:
                stack.append(self._offset(what, a))
                if len(stack) > REMEMBERED - SCRATCH:
                    raise EngineError(f"watch '{name}' is nested too deep", allowed=f"{REMEMBERED - SCRATCH} values")
                continue
            takes = TAKES.get(what, 2)
            if len(stack) < takes:
                raise EngineError(f"watch '{name}': {what.name} finds too few values")
            values = [stack.pop() for _ in range(takes)][::-1]
            result = SCRATCH + len(stack)
            self.code.append([op, result, *values, *[values[0]] * (3 - takes)])
            stack.append(result)
        if len(stack) != 1:
            raise EngineError(
                f"the program of watch '{name}' leaves {len(stack)} values", mend="let it leave exactly one"
            )
        self.constants.extend(constants)
        return begin, len(self.code), stack[0]

    def _offset(self, what: Op, a: int) -> int:
        """The offset of a value that a program only reads."""
        match what:
            case Op.CONST:
                return self.fixed + len(self.constants) + a
            case Op.OBS:
                return self.observables + self.asked.index(a)
            case Op.PAR:
                return self.own + a
            case Op.REG:
                return REMEMBERED + a
        return CLOCK


def _rows(program: Ints) -> list[list[int]]:
    """A program's rows: operation, argument."""
    return np.asarray(program, np.int64).reshape(-1, 2).tolist()


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
    used = {a for w in plan.watches for p in (w.program, w.amount) for op, a in _rows(p) if op == Op.PAR}
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
