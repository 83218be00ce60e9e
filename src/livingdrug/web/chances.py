"""The figures that need chance and no model: the exact interval of a rate, a survival curve, the last cells of a clone.

The same numbers as `static/figures/chance.js` and its users: the draws are the library's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug import rng
from livingdrug.web import drawn

Floats = NDArray[np.float64]
TRIALS, SIZES = 20, (5, 300)
END, JOINING = 36.0, 12.0  # [month]
RISK = (0, 6, 12, 18, 24, 30, 36)  # [month] at which those at risk are counted


# ---- the last cells ----------------------------------------------------------------------------------------------


def survivors(made: list[Floats], found: Mapping[str, Floats], state: Mapping[str, Any], times: Floats) -> list[Floats]:
    """Adds the survivors' mean and the chance [%] that the clone has died out, from its mean and its births: the linear
    birth-death process with rates that change in time."""
    mean = found["tumour.negative"]
    loss = mean[0] / np.maximum(mean, 1e-300)
    births = (state["growth"] + state["turnover"]) * 0.5 * (loss[1:] + loss[:-1]) * np.diff(times)
    gone = (1 - 1 / (loss + np.concatenate([[0.0], np.cumsum(births)]))) ** state["cells"]
    with np.errstate(divide="ignore", invalid="ignore"):
        alive = np.where(gone < 1 - 1e-12, mean / (1 - gone), np.nan)
    return [made[0], alive, 100 * gone]


# ---- the interval of a rate --------------------------------------------------------------------------------------


def interval(k: int, n: int, tail: float = 0.025) -> tuple[float, float]:
    """The exact 95 % interval of k in n, as shares (Clopper and Pearson)."""
    from scipy.stats import beta

    low = 0.0 if k == 0 else float(beta.ppf(tail, k, n - k + 1))
    return low, 1.0 if k == n else float(beta.ppf(1 - tail, k + 1, n - k))


def _round(x: float) -> int:
    return int(np.floor(x + 0.5))


def rate(figure: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """The first frame of the figure on the size of a trial."""
    n, true = int(state["n"]), float(state["rate"])
    sizes = [_round(SIZES[0] + i * (SIZES[1] - SIZES[0]) / 59) for i in range(60)]
    band = [interval(_round(m * true / 100), m) for m in sizes]
    seen = _round(n * true / 100)
    low, high = (100 * x for x in interval(seen, n))
    trials = []
    for t in range(1, TRIALS + 1):
        k = int((rng.uniform(int(state["draw"]), np.arange(n), f"trial {t}") < true / 100).sum())
        a, b = interval(k, n)
        trials.append({"k": k, "share": 100 * k / n, "low": 100 * a, "high": 100 * b})
    hit = sum(t["low"] <= true <= t["high"] for t in trials)
    numbers = {**state, "seen": seen, "low": low, "high": high, "width": high - low, "hit": hit}
    up = (0, 100)
    upper = drawn.curve(sizes, [100 * b for _, b in band], SIZES, up)
    lower = drawn.curve(sizes[::-1], [100 * a for a, _ in band][::-1], SIZES, up)
    return {
        "finding": drawn.sentence(figure["says"], numbers, figure["digits"]),
        "band": f"{upper}{lower.replace('M', 'L', 1)}Z",
        "x": drawn.percent(n, *SIZES),
        "bar": [_height(low), _height(high)],
        "ends": [f"{low:.0f} %", f"{high:.0f} %"],
        "truth": _height(true),
        "trials": [
            {
                "y": [_height(t["low"]), _height(t["high"])],
                "dot": _height(t["share"]),
                "hit": t["low"] <= true <= t["high"],
            }
            for t in trials
        ],
        "rows": [
            [str(i + 1), str(t["k"]), *(f"{t[x]:.1f}" for x in ("share", "low", "high"))] for i, t in enumerate(trials)
        ],
    }


def _height(y: float) -> str:
    return drawn.percent(-y, -100, 0)


# ---- a survival curve --------------------------------------------------------------------------------------------


def survival(figure: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """The first frame of the survival curve, with all people counted."""
    n, seed, who = int(state["n"]), int(state["draw"]), np.arange(int(state["n"]))
    event = -np.log(rng.uniform(seed, who, "event")) * state["middle"] / np.log(2)
    leave = state["leave"]
    left = np.log(rng.uniform(seed, who, "leaving")) / np.log(1 - leave / 100) * 12 if leave > 0 else np.full(n, np.inf)
    last = np.minimum(left, END - JOINING * rng.uniform(seed, who, "joining") * 0.999)
    people = sorted(zip(np.minimum(event, last).tolist(), (event <= last).tolist()))
    share, rows, xs, ys, ticks = 1.0, [], [0.0], [100.0], []
    for i, (time, happened) in enumerate(people):
        risk = n - i
        xs, ys = [*xs, time, time], [*ys, 100 * share, 100 * share * ((risk - 1) / risk if happened else 1)]
        share *= (risk - 1) / risk if happened else 1
        rows.append(
            [str(i + 1), f"{time:.1f}", "event" if happened else "no longer followed", str(risk), f"{100 * share:.1f}"]
        )
        if not happened:
            x, y = (math.floor(drawn.BOX * part + 0.5) for part in (time / END, 1 - share))
            ticks.append(f"M{x} {y - 250}v500")
    events = sum(e for _, e in people)
    numbers = {**state, "share": 100 * share, "risk": 0, "events": events, "censored": n - events}
    return {
        "finding": drawn.sentence(figure["says"], numbers, figure["digits"]),
        "d": drawn.curve([*xs, END], [*ys, 100 * share], (0, END), (0, 100)),
        "ticks": "".join(ticks),
        "x": drawn.percent(people[-1][0], 0, END),
        "risk": [sum(t >= month for t, _ in people) for month in RISK],
        "people": [
            {"x": drawn.percent(t, 0, END), "y": f"{100 * (i + 0.5) / n:.2f}%", "event": e}
            for i, (t, e) in enumerate(people)
        ],
        "rows": rows,
    }
