"""Jumps: a condition on state and time that changes inside a step is located on the dense output, and the step ends
there. Modes (which equations hold over a step) take their new side; states that a jump sets take their new values.
"""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
FIRST_STEP = 1e-3  # length of the first step after a boundary [day]
LOOKS = 4  # looks inside a step
NARROWING = 52  # bisections: down to a moment of the clock
CASCADES = 64  # jumps that set off each other at one moment


@compiled("boolean(float64[::1], int64)")
def turned(w, l):
    """Whether at THETA a condition of the lane begins to hold, or that of a mode changes either way."""
    for j in range(JUMPS):
        now, held = w[NOW + j * LANES + l], w[HELD + j * LANES + l]
        if now > held or (now < held and MODE[j] == 1):
            return True
    return False


@compiled("void(float64[::1], int64)")
def hold(w, l):
    """What holds at THETA is what held at the last look."""
    for j in range(JUMPS):
        w[HELD + j * LANES + l] = w[NOW + j * LANES + l]


@compiled("void(float64[::1], Lanes)")
def meet(w, lanes):
    """Which conditions hold where newcomers begin."""
    for l in range(LANES):
        w[THETA + l] = 0.0
    interpolate(w)
    conditions(w)
    for l in range(LANES):
        if lanes.who[l] >= 0 and w[HELD + l] < 0.0:
            hold(w, l)


@compiled("void(float64[::1])")
def narrow(w):
    """Bisects to the first moment at which a condition has changed, for lanes with a share in LEAP."""
    for l in range(LANES):
        w[BEFORE + l] = w[LEAP + l] - 1.0 / LOOKS if w[LEAP + l] >= 0.0 else 0.0
    for _ in range(NARROWING):
        for l in range(LANES):
            w[THETA + l] = 0.5 * (w[BEFORE + l] + w[LEAP + l]) if w[LEAP + l] >= 0.0 else 0.0
        interpolate(w)
        conditions(w)
        for l in range(LANES):
            if w[LEAP + l] >= 0.0:
                if turned(w, l):
                    w[LEAP + l] = w[THETA + l]
                else:
                    w[BEFORE + l] = w[THETA + l]


@compiled("void(float64[::1], Lanes)")
def arrive_there(w, lanes):
    """Lanes arrive where they jump, not earlier than the clock that the conditions read."""
    for l in range(LANES):
        w[THETA + l] = w[LEAP + l] if w[LEAP + l] >= 0.0 else 0.0
    interpolate(w)
    for l in range(LANES):
        if 0.0 <= w[LEAP + l] < 1.0:
            t = w[T + l] + w[H + l] * w[LEAP + l]
            if TIMER < N and w[YI + TIMER * LANES + l] > t:
                t = w[YI + TIMER * LANES + l]
            lanes.reached[l] = min(lanes.reached[l], t)


@compiled("void(float64[::1], Lanes)")
def find_jumps(w, lanes):
    """Where in this step a lane jumps, if it does: LEAP is the share of the step (-1: nowhere); it arrives there."""
    for l in range(LANES):
        w[LEAP + l] = -1.0
        if TIMER < N and lanes.arrived[l]:
            w[YS + TIMER * LANES + l] = lanes.reached[l]
    found = False
    for part in range(LOOKS):
        for l in range(LANES):
            w[THETA + l] = float(part + 1) / LOOKS
        interpolate(w)
        conditions(w)
        for l in range(LANES):
            if lanes.who[l] >= 0 and lanes.arrived[l] and lanes.over[l] == 0 and w[LEAP + l] < 0.0:
                if turned(w, l):
                    w[LEAP + l] = w[THETA + l]
                    found = True
                else:
                    hold(w, l)
    if found:
        narrow(w)
        arrive_there(w, lanes)


@compiled("boolean(float64[::1], int64)")
def fire(w, l):
    """Marks the jumps of a lane whose conditions begin to hold; whether there are any."""
    found = False
    for j in range(JUMPS):
        at = j * LANES + l
        begins = w[NOW + at] > w[HELD + at] and MODE[j] == 0
        w[FIRED + at] = 1.0 if begins else 0.0
        found = found or begins
    hold(w, l)
    return found


@compiled("boolean(float64[::1], int64)")
def tied(w, l):
    """Whether two jumps of a lane whose order would matter come at one moment."""
    for k in range(PAIRS):
        if w[FIRED + TIE[2 * k] * LANES + l] > 0.0 and w[FIRED + TIE[2 * k + 1] * LANES + l] > 0.0:
            return True
    return False


@compiled("boolean(float64[::1], Lanes)")
def leap_once(w, lanes):
    """Carries out what begins to hold at YI, all of it from the same state; whether there was anything."""
    conditions(w)
    new_values(w)
    found = False
    for l in range(LANES):
        if w[LEAP + l] >= 0.0 and fire(w, l):
            if tied(w, l):
                w[LEAP + l] = 2.0
            else:
                found = True
            for a in range(SETTINGS):
                if w[FIRED + SETTING[2 * a] * LANES + l] > 0.0:
                    w[YI + SETTING[2 * a + 1] * LANES + l] = w[NEW + a * LANES + l]
    return found


@compiled("void(float64[::1], Lanes)")
def leap_lanes(w, lanes):
    """Lanes that arrived at a jump take the new values, and what these set off in turn."""
    found = False
    for l in range(LANES):
        if w[LEAP + l] >= 0.0 and not (lanes.who[l] >= 0 and lanes.arrived[l] and lanes.over[l] == 0):
            w[LEAP + l] = -1.0
        w[THETA + l] = w[LEAP + l] if w[LEAP + l] >= 0.0 else 0.0
        found = found or w[LEAP + l] >= 0.0
    if not found:
        return
    interpolate(w)
    for l in range(LANES):
        if w[LEAP + l] >= 0.0:
            for c in range(CLONES):
                if w[MASK + c * LANES + l] == 0.0:
                    w[YI + CLONE[c] * LANES + l] = w[YS + CLONE[c] * LANES + l]
            if TIMER < N:
                w[YI + TIMER * LANES + l] = lanes.reached[l]
    left = CASCADES
    while left > 0 and leap_once(w, lanes):
        left -= 1
    for l in range(LANES):
        if w[LEAP + l] >= 0.0:
            for i in range(N):
                w[YS + i * LANES + l] = w[YI + i * LANES + l]
            tie = w[LEAP + l] > 1.0
            w[FAC + l] = min(w[FAC + l], FIRST_STEP / w[H + l])
            w[LEAP + l] = -1.0
            if left == 0 or tie:
                lanes.over[l] = OUTCOME_UNSETTLED
                lanes.reached[l] = w[T + l]
