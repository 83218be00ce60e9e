"""A ball of tissue in shells of equal thickness: what diffuses, and what is pushed or moves from shell to shell.

What happens in one shell is printed from the model (`engine.codegen.emit_shells`); here is what all tissues share. A
finite-volume scheme: fluxes through the faces between shells, upwind; the mesh grows with the tissue, whose volume is
that of its cells. FIELDS kinds of cells in SHELLS shells, state-wise: all shells of the first kind, then the second.
What runs from shell to shell does so for all kinds at once, whose chains do not wait for one another.
"""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
across = range  # over the lanes, in vector instructions
SPHERE = 4.1887902047863905  # volume of a ball of radius 1


@compiled("void(float64[::1], int64)")
def look_at(w, area):
    """The states in an area of the workspace are those that the tissue is worked out at."""
    wide()
    for i in range(WIDTH):
        w[X + i] = w[area + i]


@compiled("void(float64[::1])")
def size_up(w):
    """The radius of the tissue from its volume, in logarithms, and one over both."""
    wide()
    for l in across(LANES):
        x = w[VOLUME + l]
        w[VOLUME + l] = x if x > LEAST else LEAST
        w[RADIUS + l] = exp(log(w[VOLUME + l] / SPHERE) / 3.0)
        w[PER_VOLUME + l] = 1.0 / w[VOLUME + l]
        w[PER_RADIUS + l] = 1.0 / w[RADIUS + l]


@compiled("void(float64[::1], int64)")
def balance(w, level):
    """A substance's level in every shell: a tridiagonal system, eliminated outwards and solved inwards."""
    wide()
    to = LEVEL + level * SHELLS * LANES
    for s in range(SHELLS - 1):
        share = (3.0 * s * s + 3.0 * s + 1.0) * (1.0 / (SHELLS * SHELLS * SHELLS))
        inner, outer = 1.0 * s * s, (s + 1.0) * (s + 1.0)
        for l in across(LANES):
            volume = w[VOLUME + l] * share
            conductance = w[SPREAD + l] * (3.0 * SPHERE / SHELLS) * w[RADIUS + l]
            out = conductance * outer
            back = conductance * inner
            pivot = 1.0 / (back + out + w[LOSS + s * LANES + l] * volume - back * w[RATIO + s * LANES + l])
            w[RATIO + (s + 1) * LANES + l] = out * pivot
            given = w[GAIN + s * LANES + l] * volume
            w[to + s * LANES + l] = (given + back * w[PART + s * LANES + l]) * pivot
            w[PART + (s + 1) * LANES + l] = w[to + s * LANES + l]
    s = SHELLS - 1
    share = (3.0 * s * s + 3.0 * s + 1.0) * (1.0 / (SHELLS * SHELLS * SHELLS))
    for l in across(LANES):
        volume = w[VOLUME + l] * share
        conductance = w[SPREAD + l] * (3.0 * SPHERE / SHELLS) * w[RADIUS + l]
        back = conductance * (s * s)
        edge = conductance * (SHELLS * SHELLS) / (0.5 + w[RESISTANCE + l] * SHELLS * w[PER_RADIUS + l])
        pivot = 1.0 / (back + edge + w[LOSS + s * LANES + l] * volume - back * w[RATIO + s * LANES + l])
        given = w[GAIN + s * LANES + l] * volume + edge * w[OUTSIDE + l]
        w[to + s * LANES + l] = (given + back * w[PART + s * LANES + l]) * pivot
    for k in range(SHELLS - 1):
        s = SHELLS - 2 - k
        for l in across(LANES):
            x = w[to + s * LANES + l] + w[RATIO + (s + 1) * LANES + l] * w[to + (s + 1) * LANES + l]
            w[to + s * LANES + l] = x


@compiled("void(float64[::1])")
def push(w):
    """How fast what is in a shell passes to the next one out and in [1/day]: growth pushes outwards."""
    wide()
    for l in across(LANES):
        w[PUSHED + l] = 0.0
    for s in range(SHELLS - 1):
        within = (s + 1.0) * (s + 1.0) * (s + 1.0) * (1.0 / (SHELLS * SHELLS * SHELLS))
        per_share = (SHELLS * SHELLS * SHELLS) / (3.0 * s * s + 3.0 * s + 1.0)
        per_beyond = (SHELLS * SHELLS * SHELLS) / (3.0 * s * s + 9.0 * s + 7.0)
        for l in across(LANES):
            grown = w[PUSHED + l] + w[SOURCE + s * LANES + l]
            w[PUSHED + l] = grown
            flow = (grown - w[GROWN + l] * within) * w[PER_VOLUME + l]
            out = flow * per_share
            back = -flow * per_beyond
            w[OUTWARD + s * LANES + l] = out if flow > 0.0 else 0.0
            w[INWARD + s * LANES + l] = back if flow < 0.0 else 0.0


@compiled("void(float64[::1], int64)")
def move(w, mover):
    """The same for cells that move on their own, too."""
    wide()
    drift = DRIFT + mover * SHELLS * LANES
    spread = SPREADS + mover * SHELLS * LANES
    room = ROOM + mover * SHELLS * LANES
    to = (mover + 1) * SHELLS * LANES
    for s in range(SHELLS - 1):
        per_share = (SHELLS * SHELLS * SHELLS) / (3.0 * s * s + 3.0 * s + 1.0)
        per_beyond = (SHELLS * SHELLS * SHELLS) / (3.0 * s * s + 9.0 * s + 7.0)
        for l in across(LANES):
            radius = w[RADIUS + l] * (s + 1.0) * (1.0 / SHELLS)
            area = 3.0 * SPHERE * radius * radius
            speed = 0.5 * (w[drift + s * LANES + l] + w[drift + (s + 1) * LANES + l])
            loose = 0.5 * (w[spread + s * LANES + l] + w[spread + (s + 1) * LANES + l])
            own = area * speed
            both = area * loose * SHELLS * w[PER_RADIUS + l]
            out = ((own if own > 0.0 else 0.0) + both) * w[PER_VOLUME + l] * per_share
            back = ((0.0 if own > 0.0 else -own) + both) * w[PER_VOLUME + l] * per_beyond
            w[OWN_OUT + to - SHELLS * LANES + s * LANES + l] = out
            w[OWN_IN + to - SHELLS * LANES + s * LANES + l] = back
            w[OUTWARD + to + s * LANES + l] = out * w[room + (s + 1) * LANES + l] + w[OUTWARD + s * LANES + l]
            w[INWARD + to + s * LANES + l] = back * w[room + s * LANES + l] + w[INWARD + s * LANES + l]


@compiled("void(float64[::1], int64, int64)")
def close(w, mover, field):
    """The same as the matrix sees it: what arrives closes the room for more."""
    wide()
    own = mover * SHELLS * LANES
    to = own + SHELLS * LANES
    at = X + FIRST + field * SHELLS * LANES
    for s in range(SHELLS - 1):
        for l in across(LANES):
            inner = w[CLOSING + own + s * LANES + l] * w[at + (s + 1) * LANES + l]
            outer = w[CLOSING + own + (s + 1) * LANES + l] * w[at + s * LANES + l]
            out = w[OWN_IN + own + s * LANES + l] * inner
            back = w[OWN_OUT + own + s * LANES + l] * outer
            w[OUTWARD + to + s * LANES + l] = w[OUTWARD + to + s * LANES + l] - (out if out < 0.0 else 0.0)
            w[INWARD + to + s * LANES + l] = w[INWARD + to + s * LANES + l] - (back if back < 0.0 else 0.0)


@compiled("void(float64[::1])")
def carry(w):
    """Adds to each field's rate of change what comes from the neighbouring shells."""
    wide()
    for s in range(SHELLS - 1):
        for f in range(FIELDS):
            at = f * SHELLS * LANES
            way = GROUP[f] * SHELLS * LANES
            for l in across(LANES):
                inner = w[X + FIRST + at + s * LANES + l]
                outer = w[X + FIRST + at + (s + 1) * LANES + l]
                flux = w[OUTWARD + way + s * LANES + l] * inner - w[INWARD + way + s * LANES + l] * outer
                w[LOCAL + at + s * LANES + l] = w[LOCAL + at + s * LANES + l] - flux
                w[LOCAL + at + (s + 1) * LANES + l] = w[LOCAL + at + (s + 1) * LANES + l] + flux


@compiled("void(float64[::1])")
def clear_shells(w):
    """The tissue's part of F begins at 0."""
    wide()
    for i in range(FIELDS * SHELLS * LANES):
        w[F + FIRST + i] = 0.0


@compiled("void(float64[::1])")
def add_up_errors(w):
    """The tissue's part of the squared errors, in ERR."""
    wide()
    for l in across(LANES):
        w[ERR + l] = 0.0
    for i in range(FIELDS * SHELLS):
        for l in across(LANES):
            w[ERR + l] = w[ERR + l] + w[F + FIRST + i * LANES + l]


@compiled("void(float64[::1])")
def interpolate_shells(w):
    """The tissue's state at THETA of the step in YI."""
    wide()
    for i in range(FIELDS * SHELLS):
        for l in across(LANES):
            a = w[THETA + l]
            b = 1.0 - a
            k = FIRST + i * LANES + l
            inside = w[D0 + k] + a * (w[D1 + k] + a * w[D2 + k])
            w[YI + k] = b * w[Y + k] + a * (w[YS + k] + b * inside)


@compiled("void(float64[::1])")
def add_shells(w):
    """Adds the tissue's slopes h f to F."""
    wide()
    for i in range(FIELDS * SHELLS):
        for l in across(LANES):
            w[F + FIRST + i * LANES + l] = w[F + FIRST + i * LANES + l] + w[H + l] * w[LOCAL + i * LANES + l]


@compiled("void(float64[::1])")
def factor_shells(w):
    """Factors of I/GAMMA - h W for each field: its own loss in a shell, and its transport between shells."""
    wide()
    for i in range(FIELDS * SHELLS):
        for l in across(LANES):
            x = w[DIAGONAL + i * LANES + l]
            w[DIAGONAL + i * LANES + l] = INVERSE_GAMMA - w[H + l] * (x if x < 0.0 else 0.0)
    for s in range(SHELLS - 1):
        for f in range(FIELDS):
            at = f * SHELLS * LANES
            way = GROUP[f] * SHELLS * LANES
            for l in across(LANES):
                h = w[H + l]
                out = h * w[OUTWARD + way + s * LANES + l]
                back = h * w[INWARD + way + s * LANES + l]
                inverse = 1.0 / (w[DIAGONAL + at + s * LANES + l] + out)
                w[DIAGONAL + at + s * LANES + l] = inverse
                w[BEFORE_IT + at + s * LANES + l] = out * inverse
                w[BEYOND_IT + at + s * LANES + l] = back * inverse
                w[DIAGONAL + at + (s + 1) * LANES + l] = (
                    w[DIAGONAL + at + (s + 1) * LANES + l] + back - out * back * inverse
                )
    for f in range(FIELDS):
        last = (f * SHELLS + SHELLS - 1) * LANES
        for l in across(LANES):
            w[DIAGONAL + last + l] = 1.0 / w[DIAGONAL + last + l]


@compiled("void(float64[::1])")
def solve_shells(w):
    """Solves for the tissue's part of F in place."""
    wide()
    for s in range(SHELLS - 1):
        for f in range(FIELDS):
            at = f * SHELLS * LANES
            for l in across(LANES):
                passed = w[BEFORE_IT + at + s * LANES + l] * w[F + FIRST + at + s * LANES + l]
                w[F + FIRST + at + (s + 1) * LANES + l] = w[F + FIRST + at + (s + 1) * LANES + l] + passed
    for f in range(FIELDS):
        for l in across(LANES):
            last = (f * SHELLS + SHELLS - 1) * LANES + l
            w[F + FIRST + last] = w[F + FIRST + last] * w[DIAGONAL + last]
    for k in range(SHELLS - 1):
        s = SHELLS - 2 - k
        for f in range(FIELDS):
            at = f * SHELLS * LANES
            for l in across(LANES):
                x = w[F + FIRST + at + s * LANES + l] * w[DIAGONAL + at + s * LANES + l]
                x = x + w[BEYOND_IT + at + s * LANES + l] * w[F + FIRST + at + (s + 1) * LANES + l]
                w[F + FIRST + at + s * LANES + l] = x
