"""The hand on the clock: lanes of patients, each with its own time, step, doses and next tick; a finished lane is
refilled.

A lane goes round: it *arrives* at a time (after a step, or at the start), walks the clock's ticks up to there,
*lands* (keeps the new state, or ends), and steps again. A dose given at a tick cuts the step there.
"""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
# what `numbers` holds, and how long the first step after a boundary is [day]
START, END, RTOL, COUNT_BELOW, ODE_ABOVE = 0, 1, 2, 3, 4
FIRST_STEP = 1e-3
NOTHING = 1e-80  # a state smaller than this is 0: sub-normal numbers would slow the processor a hundredfold


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
    w[T + l] = start
    w[H + l] = 1.0


@compiled("float64(float64[::1], int64, int64, float64)")
def crossing(w, l, i, level):
    """The share of the step at which the cumulative hazard i passes its level (bisection)."""
    a, b = 0.0, 1.0
    for _ in range(52):
        m = 0.5 * (a + b)
        if inside(w, i * LANES + l, m) >= level:
            b = m
        else:
            a = m
    return b


@compiled("void(float64[::1], int64, float64, int64[::1], int64, float64[::1])")
def show(w, l, a, seen, written, row):
    """Writes states as they are at the share a of the lane's step."""
    for j in range(written):
        row[j] = inside(w, (seen[j] - YI + l) & PLACE, a)


@compiled("boolean(float64[::1], int64)")
def finite(w, l):
    """Whether the lane's state, and the result of its step, are numbers."""
    for i in range(N):
        for area in (Y, YS, F):
            x = w[area + i * LANES + l]
            if not abs(x) < 1e300:
                return False
    return True


@compiled(
    "void(int64, int64, uint64[::1], float64[:, ::1], float64[:, ::1], float64[:, ::1], float64[:, :, ::1], "
    "float64[:, ::1], float64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64, int64[::1], int64, boolean, "
    "float64[::1], float64[::1], float64[::1], "
    "int64[:, ::1], float64[:, ::1], int64[:, ::1], float64[::1], uint64[:, ::1], float64[:, ::1], "
    "float64[:, :, ::1], float64[:, ::1], float64[:, ::1], float64[::1], int64[::1], int64[:, ::1], float64[:, ::1], "
    "float64[:, ::1], float64[:, :, ::1])"
)
def run(
    first,
    last,
    ids,
    columns,
    starts,
    extras,
    doses,
    thresholds,
    ticks,
    marks,
    output,
    moves,
    seen,
    written,
    looked,
    max_steps,
    extinction,
    numbers,
    floors,
    shares,
    whole,
    real,
    code,
    constants,
    keys,
    slate,
    observables,
    registers,
    event_times,
    ended,
    outcome,
    steps,
    extinct,
    final,
    given,
):
    """Simulates patients [first, last) of these arrays and fills the output arrays (see engine.plan)."""
    wide()
    w = np.ones(SIZE)
    start, end, rtol = numbers[START], numbers[END], numbers[RTOL]
    for i in range(N):
        for l in range(LANES):
            w[SHARE + i * LANES + l] = rtol * shares[i]
    who = np.full(LANES, -1)
    tick = np.zeros(LANES, np.int64)
    count = np.zeros(LANES, np.int64)  # doses given by watches
    over = np.zeros(LANES, np.int64)  # 0, or the outcome that ends the lane here
    arrived = np.zeros(LANES, np.bool_)
    waiting = np.zeros(LANES, np.bool_)  # has a tick to walk in this round
    moving = np.zeros(LANES, np.bool_)  # ... at which its clones move
    fresh = np.zeros(LANES, np.bool_)  # inputs must be set anew before the next step
    remembered = np.zeros(LANES, np.bool_)  # the clone rates of the last clone tick are known
    reached = np.zeros(LANES)  # time of arrival
    stop = np.zeros(LANES)  # next boundary
    moved = np.zeros(LANES)  # time of the last clone tick
    coming = np.full((LANES, HAZARDS + 1), np.inf)  # hazards that fire inside the present step
    plain = not extinction  # all that is written are states: each is read off the step where its tick is met
    for j in range(written):
        plain = plain and YI <= seen[j] < YI + WIDTH
    queue, busy = first, 0
    while True:
        newcomers = False
        for l in range(LANES):  # ---- fill the free lanes
            if who[l] < 0 and queue < last:
                newcomers = True
                p = queue
                queue += 1
                busy += 1
                who[l], tick[l], count[l], over[l] = p, 0, 0, 0
                arrived[l], fresh[l], remembered[l] = True, True, False
                reached[l], moved[l] = start, start
                load(w, l, columns[p], starts[p], start)
                clean(slate, p, whole.shape[0], looked.shape[0], constants, extras)
                for k in range(CLONES):
                    extinct[p, k] = np.inf
                if extinction and CLONES > 0:
                    found_clones(w, l, ids[p], keys, start, numbers[COUNT_BELOW], extinct[p])
                for k in range(HAZARDS):
                    event_times[p, k] = np.inf
                    coming[l, k] = np.inf
                for i in range(N):
                    w[YS + i * LANES + l] = w[Y + i * LANES + l]
                    w[ATOL + i * LANES + l] = rtol * floors[i]
        if busy == 0:
            break
        if newcomers:
            prepare(w)

        while True:  # ---- walk the ticks, one of each lane a round
            any_waiting = any_moving = any_seen = False
            for l in range(LANES):
                waiting[l] = moving[l] = False
                w[THETA + l] = 0.0
                while arrived[l] and tick[l] < ticks.shape[0] and ticks[tick[l] & PLACE] <= reached[l]:
                    k = tick[l] & PLACE
                    a = (ticks[k] - w[T + l]) / w[H + l]
                    if moves[k] >= 0 and extinction:
                        moving[l] = clones_to_move(w, l, a, numbers[COUNT_BELOW])
                        if not moving[l]:
                            remembered[l] = False
                            moved[l] = ticks[k]
                    if plain and marks[k] == 0:
                        if output[k] >= 0:
                            show(w, l, a, seen, written, observables[who[l], output[k]])
                    elif moving[l] or marks[k] != 0 or output[k] >= 0:
                        w[THETA + l] = a
                        waiting[l] = any_waiting = True
                        any_moving = any_moving or moving[l]
                        any_seen = any_seen or marks[k] != 0 or output[k] >= 0
                        break
                    tick[l] = k + 1
            if not any_waiting:
                break
            interpolate(w)
            for l in range(LANES):
                if waiting[l]:
                    for c in range(CLONES):  # counted clones keep their number
                        if w[MASK + c * LANES + l] == 0.0:
                            w[YI + CLONE[c] * LANES + l] = w[YS + CLONE[c] * LANES + l]
            if any_moving:
                rate_clones(w)
            for l in range(LANES):
                if moving[l]:
                    t = ticks[tick[l]]
                    if move_clones(
                        w,
                        l,
                        ids[who[l]],
                        np.uint64(moves[tick[l]]),
                        keys,
                        t,
                        t - moved[l],
                        remembered[l],
                        numbers[COUNT_BELOW],
                        numbers[ODE_ABOVE],
                        extinct[who[l]],
                    ):
                        over[l] = -1
                    remembered[l] = True
                    moved[l] = t
            if any_seen:
                observe(w)
            for l in range(LANES):
                if not waiting[l]:
                    continue
                p, k = who[l] & PLACE, tick[l] & PLACE
                done = 0
                if marks[k] != 0:
                    done = look(w, l, p, ticks[k], marks[k], whole, real, code, looked, slate, given, count)
                if output[k] >= 0:
                    for j in range(written):
                        observables[p, output[k] & PLACE, j] = w[(seen[j] + l) & PLACE]
                tick[l] = k + 1
                if done != 0 or over[l] == -1:  # cut the step here
                    reached[l] = ticks[k]
                    over[l] = OUTCOME_STOPPED if done & 2 else 0
                    fresh[l] = fresh[l] or done != 0
                    for i in range(N):
                        w[YS + i * LANES + l] = w[YI + i * LANES + l]

        together = True
        for l in range(LANES):  # ---- land
            if over[l] == OUTCOME_ENDED and arrived[l]:
                a = (reached[l] - w[T + l]) / w[H + l]
                for i in range(N):
                    w[YI + i * LANES + l] = inside(w, i * LANES + l, a)
                for c in range(CLONES):
                    if w[MASK + c * LANES + l] == 0.0:
                        w[YI + CLONE[c] * LANES + l] = w[YS + CLONE[c] * LANES + l]
                for i in range(N):
                    w[YS + i * LANES + l] = w[YI + i * LANES + l]
            together = together and (who[l] < 0 or (arrived[l] and over[l] < OUTCOME_STEP_BUDGET))
        if together:
            for i in range(WIDTH):
                x = w[YS + i]
                w[Y + i] = x if abs(x) > NOTHING else 0.0
        for l in range(LANES):
            if not arrived[l]:
                continue
            p, t = who[l], reached[l]
            for k in range(HAZARDS):
                if coming[l, k] <= t:
                    event_times[p, k] = coming[l, k]
                coming[l, k] = np.inf
            if over[l] < OUTCOME_STEP_BUDGET and not together:
                for i in range(N):
                    x = w[YS + i * LANES + l]
                    w[Y + i * LANES + l] = x if abs(x) > NOTHING else 0.0
            w[T + l] = t
            if over[l] == 0 and t < end:
                if fresh[l] or t == stop[l]:
                    stop[l] = restart(w, l, t, end, doses[p], given[p], count[l])
                    w[FAC + l] = FIRST_STEP / w[H + l]
                    fresh[l] = False
            else:
                ended[p], outcome[p] = t, over[l]
                for i in range(registers.shape[1]):
                    registers[p, i] = slate[p, REMEMBERED + i]
                for k in range(tick[l], ticks.shape[0]):
                    if output[k] >= 0:
                        for j in range(written):
                            observables[p, output[k], j] = np.nan
                for i in range(final.shape[1]):
                    final[p, i] = w[Y + i * LANES + l]
                who[l] = -1
                busy -= 1
                w[H + l], w[FAC + l] = FIRST_STEP, 1.0
            arrived[l] = False
        if busy == 0 or (queue < last and busy < LANES):
            continue

        for l in range(LANES):  # ---- step
            if who[l] >= 0:
                left = stop[l] - w[T + l]
                h = w[H + l] * w[FAC + l]
                w[H + l] = left if h * 1.0000001 >= left else (0.5 * left if h * 2.0 > left else h)
        step(w)
        for i in range(WIDTH):
            a, b = abs(w[Y + i]), abs(w[YS + i])
            p = a * w[SHARE + i]
            p = p if p > w[ATOL + i] else w[ATOL + i]
            w[ATOL + i] = p
            q = w[F + i] / (p + rtol * (a if a > b else b))
            w[F + i] = q * q
        judge(w)
        any_inside = False
        for l in range(LANES):
            p = who[l]
            if p < 0:
                continue
            h = w[H + l]
            if w[ERR + l] <= 1.0:
                steps[p, 0] += 1
                t = w[T + l] + h
                reached[l] = stop[l] if stop[l] - t <= 1e-9 * h else t
                arrived[l] = True
                if tick[l] < ticks.shape[0] and ticks[tick[l]] <= reached[l]:
                    any_inside = True
                for k in range(HAZARDS):
                    if event_times[p, k] == np.inf and w[YS + HAZARD[2 * k] * LANES + l] >= thresholds[p, k]:
                        coming[l, k] = -np.inf
                        any_inside = True
            else:
                steps[p, 1] += 1
                w[FAC + l] = min(w[FAC + l], 0.9)
                if h * w[FAC + l] < 1e-12 + 1e-15 * abs(w[T + l]):
                    over[l] = OUTCOME_STEP_TOO_SMALL if finite(w, l) else OUTCOME_NOT_FINITE
            if over[l] == 0 and not (arrived[l] and reached[l] >= end) and steps[p, 0] + steps[p, 1] >= max_steps:
                over[l] = OUTCOME_STEP_BUDGET
            if over[l] >= OUTCOME_STEP_BUDGET:
                arrived[l] = True
                reached[l] = w[T + l]
                for k in range(HAZARDS):
                    coming[l, k] = np.inf
        if any_inside:
            dense(w)
            for l in range(LANES):
                if who[l] < 0 or not arrived[l] or over[l] != 0:
                    continue
                for k in range(HAZARDS):
                    if coming[l, k] == -np.inf:
                        coming[l, k] = w[T + l] + w[H + l] * crossing(w, l, HAZARD[2 * k], thresholds[who[l], k])
                for k in range(HAZARDS):
                    if HAZARD[2 * k + 1] == 1 and coming[l, k] <= reached[l]:
                        reached[l] = coming[l, k]
                        over[l] = OUTCOME_ENDED
