"""Small clones counted cell by cell: the exact linear birth-death transition between two clock ticks, with
immigration.

A clone is a whole number below `count_below` and goes back to the equations above `ode_above`. While it is a number
its state is frozen between ticks (MASK 0). Draws are keyed by (seed, patient, clone, tick).
"""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
# columns of the key table; rows are the clones, then the passages
KEY_START, KEY_ROUND, KEY_MOVE, KEY_ARRIVE = 0, 1, 2, 3
KEY_LEAVE, KEY_LAND = 0, 1


@compiled("float64(float64, float64, float64, float64, uint64, uint64, uint64)")
def descend(n, birth, death, h, key, patient, tick):
    """Living descendants after h days of n cells that divide and die at these rates [1/day]."""
    if n <= 0.0:
        return 0.0
    x = (birth - death) * h
    if abs(x) < 1e-7:
        lost = death * h / (1.0 + birth * h)
        spread = birth * h / (1.0 + birth * h)
    else:
        e = exp(x)
        lost = death * (e - 1.0) / (birth * e - death)
        spread = birth * (e - 1.0) / (birth * e - death)
    u, v = uniforms(key, patient, tick)
    living = binomial(n, 1.0 - lost, u)
    return living + negative_binomial(living, spread, v)


@compiled("float64(float64, float64, float64, float64, float64)")
def arrive(flow, birth, death, h, u):
    """Living descendants after h days of cells that arrive at a constant rate [cells/day]."""
    if flow <= 0.0:
        return 0.0
    x = (birth - death) * h
    grown = h * (1.0 + 0.5 * x) if abs(x) < 1e-7 else (exp(x) - 1.0) / (birth - death)
    if birth * h < 1e-12:
        return poisson(flow * grown, u)
    return negative_binomial(flow / birth, birth * grown / (1.0 + birth * grown), u)


@compiled("void(float64[::1], int64, uint64, uint64[:, ::1], float64, float64, float64[::1])")
def found_clones(w, l, patient, keys, t, count_below, extinct):
    """At the start: a clone below the limit is a Poisson number of cells."""
    for c in range(CLONES):
        at = Y + CLONE[c] * LANES + l
        w[MASK + c * LANES + l] = 1.0
        if w[at] < count_below:
            w[MASK + c * LANES + l] = 0.0
            w[at] = poisson(w[at], uniforms(keys[c, KEY_START], patient, np.uint64(0))[0])
            if w[at] == 0.0:
                extinct[c] = t


@compiled("float64(float64[::1], int64, float64)", True)
def interpolated(w, k, a):
    """Dense output: the state of a lane, at offset k among all lanes' states, at the share a of the lane's step."""
    b = 1.0 - a
    return b * w[Y + k] + a * (w[YS + k] + b * (w[D0 + k] + a * (w[D1 + k] + a * w[D2 + k])))


@compiled("boolean(float64[::1], int64, float64, float64)")
def clones_to_move(w, l, a, count_below):
    """Whether at the share a of the step a counted clone lives or may get cells, or one is about to be counted."""
    for c in range(CLONES):
        if w[MASK + c * LANES + l] == 1.0:
            if interpolated(w, CLONE[c] * LANES + l, a) < count_below:
                return True
        elif w[YS + CLONE[c] * LANES + l] > 0.0:
            return True
    for k in range(PASSAGES):
        if w[MASK + PASSAGE[3 * k] * LANES + l] == 1.0 and w[MASK + PASSAGE[3 * k + 1] * LANES + l] == 0.0:
            return True
    return False


@compiled("float64(float64[::1], int64, int64, boolean)", True)
def mean_rate(w, l, r, rated):
    """A rate averaged over the interval that ends at this tick."""
    rate = w[RATE + r * LANES + l]
    return max(0.5 * (rate + w[PREV + r * LANES + l]) if rated else rate, 0.0)


@inlined("void(float64[::1], int64, boolean)")
def flow_in(w, l, rated):
    """Adds up the flows [cells/day] into counted clones from sources that the equations move."""
    for k in range(PASSAGES):
        now = w[RATE + (2 * CLONES + k) * LANES + l] * w[YI + CLONE[PASSAGE[3 * k]] * LANES + l]
        if w[MASK + PASSAGE[3 * k] * LANES + l] == 1.0:
            flow = max(0.5 * (now + w[FLOW + k * LANES + l]) if rated else now, 0.0)
            w[ARRIVING + PASSAGE[3 * k + 1] * LANES + l] += flow
        w[FLOW + k * LANES + l] = now


@inlined("void(float64[::1], int64, int64, uint64, uint64, float64, boolean, uint64[:, ::1])")
def divide_and_die(w, l, c, patient, tick, h, rated, keys):
    """Moves one counted clone over h days, and counts the cells that it passes on."""
    at = YI + CLONE[c] * LANES + l
    n = w[at]
    birth = mean_rate(w, l, 2 * c, rated)
    death = mean_rate(w, l, 2 * c + 1, rated)
    leaving = 0.0
    for k in range(PASSAGES):
        if PASSAGE[3 * k] == c and PASSAGE[3 * k + 2] == 1:
            leaving += mean_rate(w, l, 2 * CLONES + k, rated)
    after = descend(n, birth, death + leaving, h, keys[c, KEY_MOVE], patient, tick)
    lost, pool = n - after, death + leaving
    for k in range(PASSAGES):
        if PASSAGE[3 * k] != c:
            continue
        rate = mean_rate(w, l, 2 * CLONES + k, rated)
        u = uniforms(keys[CLONES + k, KEY_LEAVE], patient, tick)[0]
        if birth == 0.0 and PASSAGE[3 * k + 2] == 1:  # exact: share out the cells that were lost
            gone = binomial(lost, rate / pool if pool > 0.0 else 0.0, u)
            lost, pool = lost - gone, pool - rate
        else:
            gone = poisson(rate * 0.5 * (n + after) * h, u)
        w[SETTLING + PASSAGE[3 * k + 1] * LANES + l] += gone
    w[at] = after


@inlined("void(float64[::1], int64, uint64, uint64, float64, boolean, uint64[:, ::1])")
def settle(w, l, patient, tick, h, rated, keys):
    """Counted cells that left arrive, on average, half-way through the h days."""
    for k in range(PASSAGES):
        c = PASSAGE[3 * k + 1]
        if w[SETTLING + c * LANES + l] > 0.0 and w[MASK + c * LANES + l] == 0.0:
            w[YI + CLONE[c] * LANES + l] += descend(
                w[SETTLING + c * LANES + l],
                mean_rate(w, l, 2 * c, rated),
                mean_rate(w, l, 2 * c + 1, rated),
                0.5 * h,
                keys[CLONES + k, KEY_LAND],
                patient,
                tick,
            )
        w[SETTLING + c * LANES + l] = 0.0


@inlined("boolean(float64[::1], int64, int64, uint64, uint64, float64, boolean, Settings)")
def recount(w, l, c, patient, tick, h, rated, settings):
    """A clone below the limit is counted from now on, a counted one gets the cells that arrived; whether it is new."""
    at = YI + CLONE[c] * LANES + l
    if w[MASK + c * LANES + l] == 1.0:
        w[MASK + c * LANES + l] = 0.0
        w[at] = float(int(max(w[at], 0.0) + uniforms(settings.keys[c, KEY_ROUND], patient, tick)[0]))
        return True
    if h > 0.0 and w[ARRIVING + c * LANES + l] > 0.0:
        w[at] += arrive(
            w[ARRIVING + c * LANES + l],
            mean_rate(w, l, 2 * c, rated),
            mean_rate(w, l, 2 * c + 1, rated),
            h,
            uniforms(settings.keys[c, KEY_ARRIVE], patient, tick)[0],
        )
    return False


@compiled("boolean(float64[::1], int64, uint64, uint64, float64, float64, boolean, Settings, float64[::1])")
def move_clones(w, l, patient, tick, t, h, rated, settings, extinct):
    """Moves the counted clones over the h days before tick t; True when a clone changed its representation."""
    for c in range(CLONES):
        w[ARRIVING + c * LANES + l] = w[SETTLING + c * LANES + l] = 0.0
    flow_in(w, l, rated)
    for c in range(CLONES):
        if w[MASK + c * LANES + l] == 1.0 or w[YI + CLONE[c] * LANES + l] <= 0.0 or h <= 0.0:
            continue
        divide_and_die(w, l, c, patient, tick, h, rated, settings.keys)
    settle(w, l, patient, tick, h, rated, settings.keys)
    changed = False
    for c in range(CLONES):
        at = YI + CLONE[c] * LANES + l
        if w[MASK + c * LANES + l] == 1.0 and not w[at] < settings.count_below:
            continue
        changed = recount(w, l, c, patient, tick, h, rated, settings) or changed
        if w[at] > 0.0:
            extinct[c] = np.inf
        elif extinct[c] == np.inf:
            extinct[c] = t
        if w[at] > settings.ode_above:
            w[MASK + c * LANES + l] = 1.0
            changed = True
        w[YS + CLONE[c] * LANES + l] = w[at]
    for r in range(RATES):
        w[PREV + r * LANES + l] = w[RATE + r * LANES + l]
    return changed
