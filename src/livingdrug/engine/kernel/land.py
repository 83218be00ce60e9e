"""Lanes that arrived take over their new state: the next step starts from there, or follow-up ends."""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
NOTHING = 1e-80  # a state smaller than this is 0: sub-normal numbers would slow the processor a hundredfold


@compiled("void(float64[::1], int64, float64)", True)
def cut_at_event(w, l, reached):
    """The state at the event that ends follow-up inside the step."""
    a = (reached - w[T + l]) / w[H + l]
    for i in range(N):
        w[YI + i * LANES + l] = interpolated(w, i * LANES + l, a)
    for c in range(CLONES):
        if w[MASK + c * LANES + l] == 0.0:
            w[YI + CLONE[c] * LANES + l] = w[YS + CLONE[c] * LANES + l]
    for i in range(N):
        w[YS + i * LANES + l] = w[YI + i * LANES + l]


@inlined("boolean(float64[::1], Lanes)")
def take_over_together(w, lanes):
    """Takes over the new states of all lanes at once where no lane keeps its old one; whether it was so."""
    together = True
    for l in range(LANES):
        if lanes.over[l] == OUTCOME_ENDED and lanes.arrived[l]:
            cut_at_event(w, l, lanes.reached[l])
        together = together and (lanes.who[l] < 0 or (lanes.arrived[l] and lanes.over[l] < OUTCOME_STEP_BUDGET))
    if together:
        for i in range(WIDTH):
            x = w[YS + i]
            w[Y + i] = x if abs(x) > NOTHING else 0.0
    return together


@compiled("void(float64[::1], int64, Lanes, ClockArrays, int64, float64[:, ::1], OutputArrays)", True)
def finish(w, l, lanes, clock, written, registers, output):
    """Writes how a patient ended, and frees the lane."""
    p = lanes.who[l]
    output.ended[p], output.outcome[p] = lanes.reached[l], lanes.over[l]
    for i in range(output.remembered.shape[1]):
        output.remembered[p, i] = registers[p, REMEMBERED + i]
    for k in range(lanes.tick[l], clock.ticks.shape[0]):
        if clock.rows[k] >= 0:
            for j in range(written):
                output.observables[p, clock.rows[k], j] = np.nan
    for i in range(output.final.shape[1]):
        output.final[p, i] = w[Y + i * LANES + l]
    lanes.who[l] = -1
    lanes.queue[BUSY] -= 1
    w[H + l], w[FAC + l] = FIRST_STEP, 1.0


@inlined("void(float64[::1], Lanes, PatientArrays, ClockArrays, Settings, float64[:, ::1], OutputArrays)")
def land_lanes(w, lanes, patients, clock, settings, registers, output):
    """Takes over the new state of each lane that arrived, with the events on the way; restarts or ends the lane."""
    if JUMPS > 0:
        leap_lanes(w, lanes)
    together = take_over_together(w, lanes)
    for l in range(LANES):
        if not lanes.arrived[l]:
            continue
        p, t = lanes.who[l], lanes.reached[l]
        for k in range(HAZARDS):
            if lanes.coming[l, k] <= t:
                output.event_times[p, k] = lanes.coming[l, k]
            lanes.coming[l, k] = np.inf
        if lanes.over[l] < OUTCOME_STEP_BUDGET and not together:
            for i in range(N):
                x = w[YS + i * LANES + l]
                w[Y + i * LANES + l] = x if abs(x) > NOTHING else 0.0
        w[T + l] = t
        if lanes.over[l] == 0 and t < settings.end:
            if lanes.fresh[l] or t == lanes.stop[l]:
                lanes.stop[l] = restart(w, l, t, settings.end, patients.doses[p], output.given[p], lanes.given[l])
                w[FAC + l] = FIRST_STEP / w[H + l]
                lanes.fresh[l] = False
        else:
            finish(w, l, lanes, clock, settings.written, registers, output)
        lanes.arrived[l] = False
