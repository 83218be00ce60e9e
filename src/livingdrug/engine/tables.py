"""What the kernel is given and works on: arrays grouped by idea, each group one argument of the time-stepping loop.

n patients, T ticks of the clock, V watches. A field's annotation says its type twice: to Python, and (`kinds`) to the
compilers of the kernel. All models share these classes.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

Whole = Annotated[int, "int64"]
Real = Annotated[float, "float64"]
Flag = Annotated[bool, "boolean"]
Counters = Annotated[NDArray[np.uint64], "uint64[::1]"]
Counters2 = Annotated[NDArray[np.uint64], "uint64[:, ::1]"]
Ints1 = Annotated[NDArray[np.int64], "int64[::1]"]
Ints2 = Annotated[NDArray[np.int64], "int64[:, ::1]"]
Floats1 = Annotated[NDArray[np.float64], "float64[::1]"]
Floats2 = Annotated[NDArray[np.float64], "float64[:, ::1]"]
Floats3 = Annotated[NDArray[np.float64], "float64[:, :, ::1]"]
Flags1 = Annotated[NDArray[np.bool_], "boolean[::1]"]


class PatientArrays(NamedTuple):
    """Constants and events of n patients."""

    ids: Counters  # (n,) which random numbers are theirs
    columns: Floats2  # (n, COLUMNS) constants of the equations
    starts: Floats2  # (n, N) initial state
    extras: Floats2  # (n, ...) constants of the watches
    doses: Floats3  # (n, doses, 4) scheduled: time [day], input, amount, duration [day]
    thresholds: Floats2  # (n, HAZARDS) cumulative hazard at which each event happens


class ClockArrays(NamedTuple):
    """The ticks of the clock, and what is done at each."""

    ticks: Floats1  # (T,) sorted times [day]
    marks: Ints1  # (T,) bit mask of the watches that look
    rows: Ints1  # (T,) row of the output, -1 when none is written
    moves: Ints1  # (T,) number of the clone tick, -1 when clones rest


class Settings(NamedTuple):
    """What else is the same for all patients of a run."""

    start: Real  # [day]
    end: Real  # [day]
    rtol: Real
    floors: Floats1  # (N,) error allowed in a state, over rtol: one cell, or a thousandth of any other unit
    shares: Floats1  # (N,) the same as a share of the state's peak: a thousandth, but nothing of a count of cells
    max_steps: Whole  # accepted and rejected, of one patient
    extinction: Flag  # clones are counted cell by cell
    count_below: Real  # [cell]
    ode_above: Real  # [cell]
    keys: Counters2  # (CLONES + PASSAGES, 4) of the random numbers
    seen: Ints1  # offset in the workspace of each observable
    written: Whole  # how many of them are written
    states_only: Flag  # only states are written and no clone is counted: they are read off the step lane by lane


class WatchPrograms(NamedTuple):
    """The watches' programs as bytecode."""

    whole: Ints2  # (V, 10) marks, program and offset of its result, act, target, the same of the amount, limit
    real: Floats2  # (V, 3) duration, delay, apart [day]
    code: Ints2  # (instructions, 5) operation, offset of the result, offsets of up to three operands
    constants: Floats1
    looked: Ints1  # offset in the workspace of each observable that a program reads


class OutputArrays(NamedTuple):
    """What the kernel fills (see engine.plan.Output)."""

    observables: Floats3  # (n, rows, written)
    remembered: Floats2  # (n, V * len(Register)) registers that the watches keep
    event_times: Floats2  # (n, HAZARDS) [day]
    ended: Floats1  # (n,) [day]
    outcome: Ints1  # (n,)
    steps: Ints2  # (n, 2) accepted, rejected
    extinct: Floats2  # (n, CLONES) [day]
    final: Floats2  # (n, states)
    given: Floats3  # (n, doses that the watches can give, 4)


class Lanes(NamedTuple):
    """The state of the time-stepping loop, beside what stands in the workspace; made by the kernel itself."""

    who: Ints1  # (LANES,) the patient in each lane, -1 when it is free
    tick: Ints1  # (LANES,) next tick
    given: Ints1  # (LANES,) how many doses the watches gave
    over: Ints1  # (LANES,) 0, or the outcome that ends the lane here; -1: the step is cut here
    arrived: Flags1  # (LANES,) the trial step was accepted, or the lane is new
    waiting: Flags1  # (LANES,) has a tick to process in this round
    moving: Flags1  # (LANES,) ... at which its clones move
    fresh: Flags1  # (LANES,) inputs must be set anew before the next step
    rated: Flags1  # (LANES,) the clone rates of the last clone tick are known
    reached: Floats1  # (LANES,) time of arrival [day]
    stop: Floats1  # (LANES,) next boundary [day]
    moved: Floats1  # (LANES,) time of the last clone tick [day]
    coming: Floats2  # (LANES, HAZARDS + 1) time of each event inside the present step [day]
    queue: Ints1  # (2,) the next patient who waits for a lane; how many lanes are in use


GROUPS = (PatientArrays, ClockArrays, Settings, WatchPrograms, OutputArrays, Lanes)


def kinds(group: type) -> dict[str, str]:
    """The type of each field of a group, as signatures in the kernel say it."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(group, include_extras=True).items()}
