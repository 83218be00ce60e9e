"""A free lane takes the next patient: constants, initial state and tolerances go into the workspace."""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
NEXT, BUSY = 0, 1  # columns of the queue


@compiled("void(float64[::1], int64, float64[::1], float64[::1], float64)")
def load(w, l, columns, starts, start):
    """Puts a patient into a lane."""
    for i in range(COLUMNS):
        w[P + i * LANES + l] = columns[i]
    for i in range(INPUTS):
        w[U + i * LANES + l] = 0.0
    for i in range(N):
        w[Y + i * LANES + l] = starts[i]
        for d in (D0, D1, D2):
            w[d + i * LANES + l] = 0.0
    for c in range(CLONES):
        w[MASK + c * LANES + l] = 1.0
    for j in range(JUMPS):
        w[HELD + j * LANES + l] = -1.0
    w[LEAP + l] = -1.0
    w[T + l] = start
    w[H + l] = 1.0


@compiled(
    "void(float64[::1], int64, int64, PatientArrays, Settings, WatchPrograms, float64[:, ::1], OutputArrays)", True
)
def admit(w, l, p, patients, settings, watches, registers, output):
    """Patient p in lane l as of the start."""
    load(w, l, patients.columns[p], patients.starts[p], settings.start)
    clear(registers, p, watches, patients.extras)
    for k in range(CLONES):
        output.extinct[p, k] = np.inf
    if settings.extinction and CLONES > 0:
        found_clones(w, l, patients.ids[p], settings.keys, settings.start, settings.count_below, output.extinct[p])
    for k in range(HAZARDS):
        output.event_times[p, k] = np.inf
    for i in range(N):
        w[YS + i * LANES + l] = w[Y + i * LANES + l]
        w[ATOL + i * LANES + l] = settings.rtol * settings.floors[i]


@inlined("boolean(float64[::1], Lanes, int64, PatientArrays, Settings, WatchPrograms, float64[:, ::1], OutputArrays)")
def fill_lanes(w, lanes, last, patients, settings, watches, registers, output):
    """Gives every free lane a patient, while some of those before `last` wait; True when one was taken."""
    newcomers = False
    for l in range(LANES):
        if lanes.who[l] < 0 and lanes.queue[NEXT] < last:
            newcomers = True
            p = lanes.queue[NEXT]
            lanes.queue[NEXT] += 1
            lanes.queue[BUSY] += 1
            lanes.who[l], lanes.tick[l], lanes.given[l], lanes.over[l] = p, 0, 0, 0
            lanes.arrived[l], lanes.fresh[l], lanes.rated[l] = True, True, False
            lanes.reached[l], lanes.moved[l] = settings.start, settings.start
            for k in range(HAZARDS):
                lanes.coming[l, k] = np.inf
            admit(w, l, p, patients, settings, watches, registers, output)
    return newcomers
