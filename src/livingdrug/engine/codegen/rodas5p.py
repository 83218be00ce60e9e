"""Rodas5P, a linearly implicit method for stiff equations: 8 stages, order 5, L-stable (Steinebach 2023).

Every stage solves (I/GAMMA - h J) k_i = h f(y + sum A_ij k_j) + sum C_ij k_j with one factorisation a step. The
last stage is the error estimate, H gives the solution inside the step (order 4).
"""

from __future__ import annotations

# fmt: off
GAMMA = 0.21193756319429014
A: tuple[tuple[float, ...], ...] = (
    (),
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946),
)  # stages 7 and 8, and the result, add the stage before to the point before
C: tuple[tuple[float, ...], ...] = (
    (),
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
    (30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623,
     -28.087943162872662),
    (37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002,
     -54.66780262877968, -9.48861652309627),
)
H: tuple[tuple[float, ...], ...] = (
    (25.948786856663858, -2.5579724845846235, 10.433815404888879, -2.3679251022685204, 0.524948541321073,
     1.1241088310450404, 0.4272876194431874, -0.17202221070155493),
    (-9.91568850695171, -0.9689944594115154, 3.0438037242978453, -24.495224566215796, 20.176138334709044,
     15.98066361424651, -6.789040303419874, -6.710236069923372),
    (11.419903575922262, 2.8879646145136994, 72.92137995996029, 80.12511834622643, -52.072871366152654,
     -59.78993625266729, -0.15582684282751913, 4.883087185713722),
)
# fmt: on
STAGES = len(C)
ORDER = 5


def _sum(row: tuple[float, ...], last: int = -1) -> str:
    """A combination of stages; stage number `last` is at hand as k."""
    return " + ".join(f"{x!r}*" + ("k" if j == last else f"w[K{j} + i]") for j, x in enumerate(row))


def step_source() -> str:
    """The functions `step` and `dense` as text, over the flat workspace of the kernel."""
    lines = ["begin(w)"]
    for i in range(STAGES):
        if i:
            lines.append("slope(w)")
        lines += ["solve(w)", "for i in range(WIDTH):", "    k = w[F + i]", f"    w[K{i} + i] = k"]
        if i + 1 < len(A):
            lines.append(f"    w[YS + i] = w[Y + i] + ({_sum(A[i + 1], i)})")
        else:
            lines.append("    w[YS + i] = w[YS + i] + k")
        if i + 1 < STAGES:
            lines.append(f"    w[F + i] = {_sum(C[i + 1], i)}")
    body = "\n".join(f"    {x}" for x in lines)
    dense = "\n".join(f"        w[D{r} + i] = {_sum(row)}" for r, row in enumerate(H))
    return f'''
@compiled("void(float64[::1])")
def step(w):
    """One trial step of every lane from Y over H: result in YS, stages in K0..K7."""
    wide()
{body}


@compiled("void(float64[::1])")
def dense(w):
    """The three rows that give the solution inside the step."""
    wide()
    for i in range(WIDTH):
{dense}
'''
