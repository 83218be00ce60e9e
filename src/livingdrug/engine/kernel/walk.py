"""Ticks of the clock inside the last step, one of each lane a round: clones move, watches look, observables are
written, all on the dense output. A dose given at a tick, or a clone that changes its representation, cuts the step.
"""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
WAITING, MOVING, SEEN = 1, 2, 4  # what the lanes of a round need


@compiled("void(float64[::1], int64, float64, int64[::1], int64, float64[::1])")
def show(w, l, a, seen, written, row):
    """Writes states as they are at the share a of the lane's step."""
    for j in range(written):
        row[j] = interpolated(w, (seen[j] - YI + l) & UNSIGNED, a)


@compiled("int64(float64[::1], int64, Lanes, ClockArrays, Settings, OutputArrays)", True)
def next_tick(w, l, lanes, clock, settings, output):
    """Brings a lane to its next tick inside the step that needs the whole round; what it needs there, 0 for none."""
    last = lanes.reached[l]
    if JUMPS > 0 and w[LEAP + l] >= 0.0 and lanes.over[l] == 0:
        last -= 2e-16 * abs(last)  # what is seen at the moment of a jump is the patient after it
    while lanes.arrived[l] and lanes.tick[l] < clock.ticks.shape[0] and clock.ticks[lanes.tick[l] & UNSIGNED] <= last:
        k = lanes.tick[l] & UNSIGNED
        a = (clock.ticks[k] - w[T + l]) / w[H + l]
        if clock.moves[k] >= 0 and settings.extinction:
            lanes.moving[l] = clones_to_move(w, l, a, settings.count_below)
            if not lanes.moving[l]:
                lanes.rated[l] = False
                lanes.moved[l] = clock.ticks[k]
        seen = clock.marks[k] != 0 or clock.rows[k] >= 0
        if settings.states_only and clock.marks[k] == 0:
            if clock.rows[k] >= 0:
                show(w, l, a, settings.seen, settings.written, output.observables[lanes.who[l], clock.rows[k]])
        elif lanes.moving[l] or seen:
            w[THETA + l] = a
            lanes.waiting[l] = True
            return WAITING | (MOVING if lanes.moving[l] else 0) | (SEEN if seen else 0)
        lanes.tick[l] = k + 1
    return 0


@inlined("int64(float64[::1], Lanes, ClockArrays, Settings, OutputArrays)")
def next_round(w, lanes, clock, settings, output):
    """Brings every lane to its next tick; what any of them needs there, 0 when none has a tick left."""
    needed = 0
    for l in range(LANES):
        lanes.waiting[l] = lanes.moving[l] = False
        w[THETA + l] = 0.0
        needed |= next_tick(w, l, lanes, clock, settings, output)
    return needed


@compiled("void(float64[::1], Lanes)", True)
def hold_clones(w, lanes):
    """Counted clones keep their number at a tick."""
    for l in range(LANES):
        if lanes.waiting[l]:
            for c in range(CLONES):
                if w[MASK + c * LANES + l] == 0.0:
                    w[YI + CLONE[c] * LANES + l] = w[YS + CLONE[c] * LANES + l]


@compiled("void(float64[::1], Lanes, PatientArrays, ClockArrays, Settings, OutputArrays)", True)
def move_all_clones(w, lanes, patients, clock, settings, output):
    """Moves the counted clones of the lanes whose clones move at this tick."""
    for l in range(LANES):
        if lanes.moving[l]:
            t = clock.ticks[lanes.tick[l]]
            p = lanes.who[l]
            move = np.uint64(clock.moves[lanes.tick[l]])
            if move_clones(
                w, l, patients.ids[p], move, t, t - lanes.moved[l], lanes.rated[l], settings, output.extinct[p]
            ):
                lanes.over[l] = -1
            lanes.rated[l] = True
            lanes.moved[l] = t


@compiled("void(float64[::1], int64, Lanes, ClockArrays, Settings, WatchPrograms, float64[:, ::1], OutputArrays)", True)
def look_and_write(w, l, lanes, clock, settings, watches, registers, output):
    """Watches and observables of a lane at its tick, which then is behind it."""
    p, k = lanes.who[l] & UNSIGNED, lanes.tick[l] & UNSIGNED
    done = 0
    if clock.marks[k] != 0:
        done = look(w, l, p, clock.ticks[k], clock.marks[k], watches, registers, output.given, lanes.given)
    if clock.rows[k] >= 0:
        for j in range(settings.written):
            output.observables[p, clock.rows[k] & UNSIGNED, j] = w[(settings.seen[j] + l) & UNSIGNED]
    lanes.tick[l] = k + 1
    if done != 0 or lanes.over[l] == -1:  # cut the step here
        lanes.reached[l] = clock.ticks[k]
        lanes.over[l] = OUTCOME_STOPPED if done & 2 else 0
        lanes.fresh[l] = lanes.fresh[l] or done != 0
        for i in range(N):
            w[YS + i * LANES + l] = w[YI + i * LANES + l]
        if JUMPS > 0:
            w[LEAP + l] = -1.0
            hold(w, l)


@inlined(
    "void(float64[::1], Lanes, PatientArrays, ClockArrays, Settings, WatchPrograms, float64[:, ::1], OutputArrays)"
)
def walk_ticks(w, lanes, patients, clock, settings, watches, registers, output):
    """Processes the ticks of all lanes up to where each has arrived."""
    while True:
        needed = next_round(w, lanes, clock, settings, output)
        if needed == 0:
            break
        interpolate(w)
        hold_clones(w, lanes)
        if JUMPS > 0:
            conditions(w)
        if needed & MOVING:
            rate_clones(w)
        move_all_clones(w, lanes, patients, clock, settings, output)
        if needed & SEEN:
            observe(w)
        for l in range(LANES):
            if lanes.waiting[l]:
                look_and_write(w, l, lanes, clock, settings, watches, registers, output)
