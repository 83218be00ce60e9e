"""Courses counted into bins as they stand in memory, a few nanoseconds a value."""
# ruff: noqa: F821

# ---- copied into every generated file from here on ----
BEGINS, PLACE = 0x7FFF, 0xFFF  # masks that leave these numbers as they are, and tell the compiler that none is negative
EIGHT = 3  # columns gone through together: 2**3, as many as the processor fetches at once


@compiled("void(float64[:, ::1], int64[::1], float64[::1], int64, int64[:, ::1])")
def count_courses(values, begins, edges, digits, counts):
    """Counts values (n, columns) in counts (columns, bins); see results.courses."""
    many = values.shape[1]
    for block in range((many + 7) >> EIGHT):
        first = block << EIGHT
        for i in range(values.shape[0]):
            for j in range(first, min(first + 8, many)):
                x = values[i, j]
                place = begins[(as_bits(x) >> digits) & BEGINS] & PLACE
                place += np.int64(x >= edges[place])
                counts[j, place if x > 0.0 else 0] += np.int64(x == x)
