"""The time-stepping loop: SIMD lanes of patients, each with its own time, adaptive step, doses and next tick.

A pass of the loop fills free lanes, processes the ticks up to where each lane arrived, lands there (takes over the new
state, or ends the patient), and attempts a step of all lanes. Lanes that keep waiting cost nothing: a finished lane is
refilled at once.
"""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
from livingdrug.engine.tables import Lanes


@compiled(
    "void(float64[::1], Lanes, int64, PatientArrays, ClockArrays, Settings, WatchPrograms, float64[:, ::1], "
    "OutputArrays)"
)
def advance(w, lanes, last, patients, clock, settings, watches, registers, output):
    """The loop, over a workspace w and free lanes, until all patients up to `last` are done."""
    wide()
    while True:
        newcomers = fill_lanes(w, lanes, last, patients, settings, watches, registers, output)
        if lanes.queue[BUSY] == 0:
            break
        if newcomers:
            prepare(w)
            if JUMPS > 0:
                meet(w, lanes)
        walk_ticks(w, lanes, patients, clock, settings, watches, registers, output)
        land_lanes(w, lanes, patients, clock, settings, registers, output)
        if lanes.queue[BUSY] == 0 or (lanes.queue[NEXT] < last and lanes.queue[BUSY] < LANES):
            continue
        step_lanes(w, lanes, patients, clock, settings, output)


@hosted("void(int64, int64, PatientArrays, ClockArrays, Settings, WatchPrograms, float64[:, ::1], OutputArrays)")
def run(first, last, patients, clock, settings, watches, registers, output):
    """Simulates patients [first, last) of these arrays and fills the output arrays (see engine.plan).

    registers (n, ...): the register file of each patient's watches, uninitialised.
    """
    w = np.ones(SIZE)
    for i in range(N):
        for l in range(LANES):
            w[SHARE + i * LANES + l] = settings.rtol * settings.shares[i]
    who = np.full(LANES, -1)
    tick = np.zeros(LANES, np.int64)
    given = np.zeros(LANES, np.int64)
    over = np.zeros(LANES, np.int64)
    arrived = np.zeros(LANES, np.bool_)
    waiting = np.zeros(LANES, np.bool_)
    moving = np.zeros(LANES, np.bool_)
    fresh = np.zeros(LANES, np.bool_)
    rated = np.zeros(LANES, np.bool_)
    reached = np.zeros(LANES)
    stop = np.zeros(LANES)
    moved = np.zeros(LANES)
    coming = np.full((LANES, HAZARDS + 1), np.inf)
    queue = np.zeros(2, np.int64)
    queue[NEXT] = first
    lanes = Lanes(who, tick, given, over, arrived, waiting, moving, fresh, rated, reached, stop, moved, coming, queue)
    advance(w, lanes, last, patients, clock, settings, watches, registers, output)
