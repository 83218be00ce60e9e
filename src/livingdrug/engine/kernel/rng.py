"""Keyed uniform numbers (Philox4x32-10, as in livingdrug.rng) and exact variates by inversion: from 0 upwards
when few are expected, else outwards from the mode. Counts that are spread too widely to be walked over are drawn as
continuous numbers, so that no rate can make a draw endless.
"""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
LOW, HALF, UP, DOWN = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(20), np.uint64(12)
FEW = 20.0
WIDE = 1e5  # standard deviation from which a count is drawn as a continuous number


@compiled("UniTuple(float64, 2)(uint64, uint64, uint64)")
def uniforms(key, patient, occurrence):
    """Two numbers in (0, 1) that depend on these three alone; the first is that of livingdrug.rng."""
    c0, c1, c2, c3 = patient & LOW, patient >> HALF, occurrence & LOW, occurrence >> HALF
    k0, k1 = key & LOW, key >> HALF
    for _ in range(10):
        p0, p1 = M0 * c0, M1 * c2
        c0, c1, c2, c3 = (p1 >> HALF) ^ c1 ^ k0, p1 & LOW, (p0 >> HALF) ^ c3 ^ k1, p0 & LOW
        k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
    return (float((c0 << UP) | (c1 >> DOWN)) + 0.5) * 2.0**-52, (float((c2 << UP) | (c3 >> DOWN)) + 0.5) * 2.0**-52


@compiled("float64(float64)")
def log_gamma(x):
    """ln Gamma(x) for x > 0: Stirling's series, after moving up to x >= 10."""
    shift = 0.0
    while x < 10.0:
        shift += log(x)
        x += 1.0
    z = 1.0 / (x * x)
    series = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188))))) / x
    return (x - 0.5) * log(x) - x + 0.91893853320467274178 + series - shift


@compiled("float64(float64, float64, float64)")
def continuous(mean, spread, u):
    """A count of this mean and standard deviation, cube-root normal (Wilson and Hilferty: of a gamma distribution, and
    normal where the spread is small beside the mean); the normal quantile is good to 5e-4 (Hastings)."""
    p = min(u, 1.0 - u)
    t = sqrt(-2.0 * log(p))
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    z = z if u > 0.5 else -z
    s = spread / mean
    root = max(1.0 - s * s / 9.0 + z * s / 3.0, 0.0)
    x = mean * root * root * root
    return float(int(x)) if x < 1e15 else x


@compiled("float64(float64, float64, float64)")
def binomial(n, p, u):
    """How many of n succeed, each with probability p, as the u-th outcome counted outwards from the likeliest."""
    if n <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return n
    if n * (1.0 - p) < FEW:  # count the failures from 0
        odds = (1.0 - p) / p
        mass = exp(n * log(p))
        failed = 0.0
        u -= mass
        while u > 0.0 and failed < n and mass > 1e-18:
            mass *= (n - failed) / (failed + 1.0) * odds
            failed += 1.0
            u -= mass
        return n - failed
    spread = n * p * (1.0 - p)
    if not spread <= WIDE * WIDE:
        return continuous(n * p, sqrt(spread), u)
    mode = min(float(int((n + 1.0) * p)), n)
    low = high = mode
    below = above = exp(
        log_gamma(n + 1.0)
        - log_gamma(mode + 1.0)
        - log_gamma(n - mode + 1.0)
        + mode * log(p)
        + (n - mode) * log(1.0 - p)
    )
    odds = p / (1.0 - p)
    u -= above
    while u > 0.0 and (above > 1e-17 or below > 1e-17):
        above *= (n - high) / (high + 1.0) * odds
        high += 1.0
        u -= above
        if u <= 0.0:
            return high
        below *= low / ((n - low + 1.0) * odds)
        low -= 1.0
        u -= below
        if u <= 0.0:
            return low
    return mode


@compiled("float64(float64, float64, float64)")
def negative_binomial(size, q, u):
    """Gamma(size)-mixed Poisson: P(k) = C(size+k-1, k) (1-q)**size q**k; size > 0 need not be whole."""
    if size <= 0.0 or q <= 0.0:
        return 0.0
    if size * q < FEW * (1.0 - q):
        mass = exp(size * log(1.0 - q))
        k = 0.0
        u -= mass
        while u > 0.0 and (mass > 1e-18 or k < FEW):
            mass *= (size + k) / (k + 1.0) * q
            k += 1.0
            u -= mass
        return k
    spread = size * q / ((1.0 - q) * (1.0 - q))
    if not spread <= WIDE * WIDE:
        return continuous(size * q / (1.0 - q), sqrt(spread), u)
    mode = float(int((size - 1.0) * q / (1.0 - q))) if size > 1.0 else 0.0
    low = high = mode
    below = above = exp(
        log_gamma(size + mode) - log_gamma(size) - log_gamma(mode + 1.0) + size * log(1.0 - q) + mode * log(q)
    )
    u -= above
    while u > 0.0 and (above > 1e-17 or below > 1e-17):
        above *= (size + high) / (high + 1.0) * q
        high += 1.0
        u -= above
        if u <= 0.0:
            return high
        below *= low / ((size + low - 1.0) * q) if low > 0.0 else 0.0
        low -= 1.0
        u -= below
        if u <= 0.0:
            return low
    return mode


@compiled("float64(float64, float64)")
def poisson(mean, u):
    """A Poisson count."""
    if mean <= 0.0:
        return 0.0
    if mean < FEW:
        mass = exp(-mean)
        k = 0.0
        u -= mass
        while u > 0.0 and (mass > 1e-18 or k < FEW):
            mass *= mean / (k + 1.0)
            k += 1.0
            u -= mass
        return k
    if not mean <= WIDE * WIDE:
        return continuous(mean, sqrt(mean), u)
    mode = float(int(mean))
    low = high = mode
    below = above = exp(mode * log(mean) - mean - log_gamma(mode + 1.0))
    u -= above
    while u > 0.0 and (above > 1e-17 or below > 1e-17):
        above *= mean / (high + 1.0)
        high += 1.0
        u -= above
        if u <= 0.0:
            return high
        below *= low / mean
        low -= 1.0
        u -= below
        if u <= 0.0:
            return low
    return mode
