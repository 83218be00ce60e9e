"""ROS34PW2, a linearly implicit method: 4 stages, order 3, L-stable, stiffly accurate (Rang and Angermann 2005).

It is a W-method: its order does not rest on the matrix being the exact Jacobian. So a tissue's matrix may leave out
what couples cells of one kind with another, and is solved shell by shell. The form is that of `rodas5p`: every stage
solves (I/GAMMA - h W) k_i = h f(y + sum A_ij k_j) + sum C_ij k_j, and the last stage adds k_4 to the point before.
"""

from __future__ import annotations

# fmt: off
GAMMA = 0.435866521508459
A: tuple[tuple[float, ...], ...] = (
    (),
    (2.0,),
    (1.4192173174557652, -0.25923221167296978),
    (4.184760482319163, -0.28519201735549543, 2.2942803602790423),
)
C: tuple[tuple[float, ...], ...] = (
    (),
    (-4.588560720558084,),
    (-4.184760482319162, 0.28519201735549589),
    (-6.36817920012836, -6.795620944466837, 2.870098604331055),
)
E = (0.27774994764797034, -1.4032398951759986, 1.7726301276675511, 0.5)  # the error estimate
# fmt: on
STAGES = len(C)
ORDER = 3


def _sum(row: tuple[float, ...]) -> str:
    return " + ".join(f"{x!r}*w[K{j} + i]" for j, x in enumerate(row))


def step_source() -> str:
    """The functions `step` and `dense` as text, over the flat workspace of the kernel."""
    lines = ["begin(w)", "for i in range(WIDTH):", "    w[D2 + i] = w[F + i]"]
    for i in range(STAGES):
        if i:
            lines += ["for i in range(WIDTH):", f"    w[YS + i] = w[Y + i] + ({_sum(A[i])})"]
            lines += [f"    w[F + i] = {_sum(C[i])}", "slope(w)"]
        lines += ["solve(w)", "for i in range(WIDTH):", f"    w[K{i} + i] = w[F + i]"]
    lines += [
        "for i in range(WIDTH):",
        f"    w[YS + i] = w[YS + i] + w[K{STAGES - 1} + i]",
        f"    w[F + i] = {_sum(E)}",
    ]
    body = "\n".join(f"    {x}" for x in lines)
    return f'''
@compiled("void(float64[::1])")
def step(w):
    """One trial step of every lane from Y over H: result in YS, stages in K0..K3, slopes at its begin in D2."""
    wide()
{body}


@compiled("void(float64[::1])")
def dense(w):
    """The rows that give the solution inside the step: the cubic with the slopes at both ends."""
    wide()
    for i in range(WIDTH):
        w[F + i] = 0.0
    slope(w)
    for i in range(WIDTH):
        rise = w[YS + i] - w[Y + i]
        first = w[D2 + i] - rise
        w[D0 + i] = first
        w[D1 + i] = -first - (w[F + i] - rise)
        w[D2 + i] = 0.0
'''
