"""What the engine is told and what it gives back. Plain arrays and numbers; nothing here is ever compiled in.

The clock is a sorted list of ticks (times in days from infusion). At each tick, once the integrator has passed it, the
engine in this order: moves the clones that are counted cell by cell; evaluates the watches whose `marks` meet the
tick's marks; writes the observables if the tick is an output tick. Everything on the dense output; a dose at the time
of a tick is given after the tick. Hazards fire at their own time inside a step, not at ticks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Op(IntEnum):
    """Operations of a watch's small stack program. Each row of a program is (op, argument)."""

    CONST = 0  # push constants[arg]
    OBS = 1  # push observable arg at this tick
    PAR = 2  # push patient constant arg (column of Patients.extras)
    TIME = 3  # push the tick's time [day]
    REG = 4  # push register: arg = watch * len(Register) + register
    ADD = 10
    SUB = 11
    MUL = 12
    DIV = 13
    NEG = 14
    MIN = 15
    MAX = 16
    ABS = 17
    LT = 20
    LE = 21
    GT = 22
    GE = 23
    EQ = 24
    NE = 25
    AND = 26
    OR = 27
    NOT = 28
    WHERE = 29  # pops otherwise, then, condition
    EXP = 30
    LOG = 31
    FLOOR = 32


class Register(IntEnum):
    """What a watch remembers of a patient; all readable by later watches and returned at the end."""

    VALUE = 0  # at the last look (0 before)
    FIRST = 1  # first time [day] it was true (non-zero); inf before
    LAST = 2  # last time it was true; -inf before
    COUNT = 3  # how many looks were true
    PEAK = 4  # largest value seen; -inf before
    PEAK_TIME = 5  # when; nan before
    SUM = 6  # integral over time since its first look, by trapezoids [value * day]
    LOOKED = 7  # time of the last look; nan before
    DONE = 8  # how often its action was carried out
    DONE_FIRST = 9  # first time; inf before
    DONE_LAST = 10  # last time; -inf before


class Act(IntEnum):
    """What a watch does when true and its limits allow."""

    NOTHING = 0
    DOSE = 1  # give `amount` (own program) to input `target` over `duration`, `delay` after the tick
    SET = 2  # set input `target` (a switch) to `amount`
    STOP = 3  # end this patient's follow-up, outcome STOPPED


MAX_STEPS = 25_000  # of one patient; the library's trials take 1,085 at most (200 patients, three seeds)
MANY_DOSES = 250  # of one patient; each is a fresh start, for which a few steps more are taken


class Outcome(IntEnum):
    """How a patient's simulation ended. Codes of 10 and above are failures: a row with a code, never an exception."""

    COMPLETED = 0
    ENDED = 1  # a hazard that ends follow-up fired
    STOPPED = 2  # a watch said so
    STEP_BUDGET = 10
    STEP_TOO_SMALL = 11
    NOT_FINITE = 12
    UNSETTLED = 13  # jumps came at one moment whose order would matter, or set each other off without end


@dataclass(frozen=True)
class Watch:
    """A question asked at the marked ticks, with an optional action (a care rule, an endpoint, a reduction).

    program: rows (op, argument), shape (ops, 2); constants: the numbers it pushes. `amount` likewise, for DOSE and SET.
    limit: at most so many actions; apart [day]: at least so long between two, from start to start.
    """

    name: str
    marks: int
    program: Ints
    constants: Floats
    act: Act = Act.NOTHING
    target: int = -1
    amount: Ints = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    amount_constants: Floats = field(default_factory=lambda: np.zeros(0))
    duration: float = 0.0
    delay: float = 0.0
    limit: int = 1_000_000
    apart: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What is the same for every patient of a run.

    start, end [day]; ticks (T,) sorted, within [start, end]; marks (T,) bit mask of which watches look;
    output (T,) bool: observables are written here; clone_ticks (T,) bool: clones are moved here (with none,
    clones follow the equations);
    observables: names (published quantities or states, by path) that the watches and outputs use, in order;
    written: how many of the first observables are written to the output (the rest serve the watches only);
    max_steps: after so many steps, accepted and rejected, a patient ends with STEP_BUDGET (where more than MANY_DOSES
    can be given, so many times more);
    rtol: the error allowed in a step is rtol times the state, but never less than rtol times one cell for a count of
    cells, and rtol times a thousandth of its peak so far (of 1, if the peak is lower) for any other state;
    floors (states,): the least error allowed in each state over rtol, where it is not what the line above says.
    """

    start: float
    end: float
    ticks: Floats
    marks: Ints
    output: NDArray[np.bool_]
    clone_ticks: NDArray[np.bool_]
    observables: tuple[str, ...]
    written: int
    watches: tuple[Watch, ...] = ()
    rtol: float = 1e-6
    floors: Floats | None = None
    max_steps: int = MAX_STEPS
    extinction: bool = True
    count_below: float = 1_000.0
    ode_above: float = 50_000.0


@dataclass(frozen=True)
class Patients:
    """One block of virtual patients.

    ids (n,): the number each patient is known by (draws depend on it, not on its place in the block);
    values: parameters, covariates, derived constants, entry shares and "state@start", by path: scalars or (n,);
    extras (n, k): patient constants for the watches (weight, draws, per-patient cut-offs), in the plan's PAR order;
    doses (n, d, 4): scheduled doses: time [day], input index (model.inputs), amount [unit of the entry], duration [day]
    (0 = bolus); unused rows have time = inf; sorted by time within a patient;
    thresholds (n, hazards): -ln(u), the cumulative hazard at which each event happens.
    """

    ids: Ints
    values: dict[str, float | Floats]
    extras: Floats
    doses: Floats
    thresholds: Floats
    seed: int = 0


@dataclass(frozen=True)
class Output:
    """What came of a block.

    observables (n, output ticks, written): nan after a patient's end; they may stand on a card (`cuda.OnCard`), which
    brings back what is sliced from them;
    registers (n, watches, len(Register)); event_times (n, hazards): inf when it did not happen;
    ended (n,): end of follow-up [day]; outcome (n,): codes of Outcome; steps (n, 2): accepted, rejected;
    extinct (n, clones): time at which each clone died out for good, inf if it did not;
    final (n, states): the state at the end of follow-up; given (n, g, 4): doses given by rules (time, input, amount,
    duration; time = inf unused), so that a run can be replayed on a reference integrator.
    """

    observables: Floats
    registers: Floats
    event_times: Floats
    ended: Floats
    outcome: Ints
    steps: Ints
    extinct: Floats
    final: Floats
    given: Floats
