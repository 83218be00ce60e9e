"""One trial step of all lanes: step sizes, error control, events inside the step."""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----


@compiled("float64(float64[::1], int64, int64, float64)")
def crossing(w, l, i, level):
    """The share of the step at which the cumulative hazard i passes its level (bisection)."""
    a, b = 0.0, 1.0
    for _ in range(52):
        m = 0.5 * (a + b)
        if interpolated(w, i * LANES + l, m) >= level:
            b = m
        else:
            a = m
    return b


@compiled("boolean(float64[::1], int64)")
def finite(w, l):
    """Whether the lane's state, and the result of its step, are numbers."""
    for i in range(N):
        for area in (Y, YS, F):
            x = w[area + i * LANES + l]
            if not abs(x) < 1e300:
                return False
    return True


@inlined("void(float64[::1], Lanes)")
def step_sizes(w, lanes):
    """The next step of each lane, which ends at its boundary or well before it."""
    for l in range(LANES):
        if lanes.who[l] >= 0:
            left = lanes.stop[l] - w[T + l]
            h = w[H + l] * w[FAC + l]
            w[H + l] = left if h * 1.0000001 >= left else (0.5 * left if h * 2.0 > left else h)


@inlined("void(float64[::1], float64)")
def scaled_errors(w, rtol):
    """Squared error of each state over what is allowed; the allowed error follows the state's peak."""
    for i in range(WIDTH):
        a, b = abs(w[Y + i]), abs(w[YS + i])
        p = a * w[SHARE + i]
        p = p if p > w[ATOL + i] else w[ATOL + i]
        w[ATOL + i] = p
        q = w[F + i] / (p + rtol * (a if a > b else b))
        w[F + i] = q * q


@compiled("boolean(float64[::1], int64, int64, Lanes, ClockArrays, float64[:, ::1], float64[:, ::1])", True)
def accept(w, l, p, lanes, clock, thresholds, event_times):
    """A lane arrives at the end of its step; whether a tick or an event is inside it."""
    h = w[H + l]
    t = w[T + l] + h
    lanes.reached[l] = lanes.stop[l] if lanes.stop[l] - t <= 1e-9 * h else t
    lanes.arrived[l] = True
    inside = lanes.tick[l] < clock.ticks.shape[0] and clock.ticks[lanes.tick[l]] <= lanes.reached[l]
    for k in range(HAZARDS):
        if event_times[p, k] == np.inf and w[YS + HAZARD[2 * k] * LANES + l] >= thresholds[p, k]:
            lanes.coming[l, k] = -np.inf
            inside = True
    return inside


@compiled("void(float64[::1], int64, Lanes)", True)
def reject(w, l, lanes):
    """A lane repeats its step with a shorter one, unless none is left."""
    w[FAC + l] = min(w[FAC + l], 0.9)
    if w[H + l] * w[FAC + l] < 1e-12 + 1e-15 * abs(w[T + l]):
        lanes.over[l] = OUTCOME_STEP_TOO_SMALL if finite(w, l) else OUTCOME_NOT_FINITE


@compiled("void(float64[::1], int64, int64, Lanes, Settings, int64[:, ::1])", True)
def give_up(w, l, p, lanes, settings, steps):
    """Ends a lane that failed, or has no step left, where its last step began."""
    arrived_at_end = lanes.arrived[l] and lanes.reached[l] >= settings.end
    if lanes.over[l] == 0 and not arrived_at_end and steps[p, 0] + steps[p, 1] >= settings.max_steps:
        lanes.over[l] = OUTCOME_STEP_BUDGET
    if lanes.over[l] >= OUTCOME_STEP_BUDGET:
        lanes.arrived[l] = True
        lanes.reached[l] = w[T + l]
        for k in range(HAZARDS):
            lanes.coming[l, k] = np.inf


@compiled("void(float64[::1], Lanes, float64[:, ::1])", True)
def locate_events(w, lanes, thresholds):
    """When the hazards of this step fire; one that ends follow-up is where the lane arrives."""
    for l in range(LANES):
        if lanes.who[l] < 0 or not lanes.arrived[l] or lanes.over[l] != 0:
            continue
        for k in range(HAZARDS):
            if lanes.coming[l, k] == -np.inf:
                share = crossing(w, l, HAZARD[2 * k], thresholds[lanes.who[l], k])
                lanes.coming[l, k] = w[T + l] + w[H + l] * share
        for k in range(HAZARDS):
            if HAZARD[2 * k + 1] == 1 and lanes.coming[l, k] <= lanes.reached[l]:
                lanes.reached[l] = lanes.coming[l, k]
                lanes.over[l] = OUTCOME_ENDED


@inlined("void(float64[::1], Lanes, PatientArrays, ClockArrays, Settings, OutputArrays)")
def step_lanes(w, lanes, patients, clock, settings, output):
    """A trial step of every lane, accepted or rejected by its error; events inside it are located."""
    step_sizes(w, lanes)
    step(w)
    scaled_errors(w, settings.rtol)
    judge(w)
    any_inside = False
    for l in range(LANES):
        p = lanes.who[l]
        if p < 0:
            continue
        if w[ERR + l] <= 1.0:
            output.steps[p, 0] += 1
            if accept(w, l, p, lanes, clock, patients.thresholds, output.event_times):
                any_inside = True
        else:
            output.steps[p, 1] += 1
            reject(w, l, lanes)
        give_up(w, l, p, lanes, settings, output.steps)
    if any_inside or JUMPS > 0:
        dense(w)
        if JUMPS > 0:
            find_jumps(w, lanes)
        locate_events(w, lanes, patients.thresholds)
