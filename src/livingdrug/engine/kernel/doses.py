"""Doses: boluses, infusions and switches; each is a discontinuity that the integrator stops at and restarts from."""
# ruff: noqa: F821, E741


# ---- copied into every generated file from here on ----
@compiled("void(float64[::1], int64, int64, float64)")
def give_bolus(w, l, i, amount):
    """An amount given at once into the states where input i enters."""
    for e in range(ENTRIES):
        if ENTRY[3 * e] == i:
            at = Y + ENTRY[3 * e + 1] * LANES + l
            w[at] = w[at] + w[P + ENTRY[3 * e + 2] * LANES + l] * amount


@compiled("float64(float64[::1], int64, float64, float64, float64[:, ::1], int64)")
def inputs_from(w, l, t, stop, rows, count):
    """What doses (time, input, amount, duration) do from time t on; returns when the next of them changes something."""
    for k in range(count):
        begin = rows[k, 0]
        if begin > t:
            stop = min(stop, begin)
            continue
        i = int(rows[k, 1])
        finish = begin + rows[k, 3]
        if SWITCH[i] == 1:
            if begin == t:
                w[U + i * LANES + l] = rows[k, 2]
        elif finish > begin:
            if finish > t:
                w[U + i * LANES + l] = w[U + i * LANES + l] + rows[k, 2] / (finish - begin)
                stop = min(stop, finish)
        elif begin == t:
            give_bolus(w, l, i, rows[k, 2])
    return stop


@compiled("float64(float64[::1], int64, float64, float64, float64[:, ::1], float64[:, ::1], int64)")
def restart(w, l, t, end, scheduled, given, count):
    """Sets every input of the lane as of time t and gives what is due at t; returns the next boundary."""
    for i in range(INPUTS):
        if SWITCH[i] == 0:
            w[U + i * LANES + l] = 0.0
    stop = inputs_from(w, l, t, end, scheduled, scheduled.shape[0])
    stop = inputs_from(w, l, t, stop, given, count)
    for b in range(BREAKS):
        when = w[P + BREAK[b] * LANES + l]
        if t < when < stop:
            stop = when
    for c in range(CLONES):
        if w[MASK + c * LANES + l] == 0.0:
            at = Y + CLONE[c] * LANES + l
            w[at] = float(int(w[at] + 0.5))
    return stop
