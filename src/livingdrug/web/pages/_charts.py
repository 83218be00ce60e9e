"""One still chart of every kind, of invented numbers: nothing here is a result, and nothing comes from the model."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

if TYPE_CHECKING:
    from livingdrug.plot import Chart

SEED = 7


@cache
def charts() -> list[tuple[str, Markup]]:
    """(what it is, the drawing as a piece of a page) of every kind that `livingdrug.plot` draws."""
    from livingdrug.plot import svg

    return [(name, Markup(svg.inline(chart, f"{name}, of invented numbers"))) for name, chart in _made().items()]


def _made() -> dict[str, Chart]:
    """Name of the drawing function -> a chart made by it."""
    from livingdrug import plot

    rng = np.random.default_rng(SEED)
    days = np.concatenate([np.arange(0, 28, 0.5), np.arange(28, 366, 7.0)])
    cells = 1e4 * np.exp(0.9 * rng.standard_normal((200, 1))) * np.exp(-(((days - 9) / 20) ** 2))
    rise = _course("CAR-T in blood", "copies/µg", days, np.maximum(cells, 1.0))
    warm = _course(
        "Temperature", "°C", days, 37 + 2 * np.exp(-((days - 6 - rng.standard_normal((200, 1))) ** 2) / 9), False
    )
    shown = {"courses": plot.courses([rise, warm], columns=2), "expansion": plot.expansion(rise)}
    shown["survival"] = plot.survival([_curve("arm A", 300, rng), _curve("arm B", 500, rng)])
    shown["grades"] = plot.grades({n: np.searchsorted(cuts, rng.random(300)) for n, cuts in GRADES.items()})
    shown["beside"] = plot.beside(
        [_row("remission", 83, 74, 91, 82, "inside"), _row("alive at 1 year", 88, 80, 95, 76, "outside")]
    )
    shown["presence"] = plot.presence(days, {"CAR-T found": np.exp(-days / 400), "no B cells": np.exp(-days / 250)})
    shown["swimmer"] = _lanes(rng)
    shown["arms"], shown["paired"] = _arms(rng)
    shown["flow"] = _flows()
    shown["sweep"] = _swept()
    shown["sensitivity"] = _moved()
    shown["vpc"] = _checked(days, np.maximum(cells, 1.0))
    shown["patient"] = _patient()
    shown["journey"] = _journey()
    return shown


GRADES = {"ASTCT": [0.22, 0.55, 0.8, 0.9], "Penn": [0.22, 0.3, 0.53, 0.75]}


def _course(name: Any, unit: Any, days: Any, values: Any, logarithmic: Any = True) -> Any:
    from livingdrug.plot import Course
    from livingdrug.plot.course import PERCENTS

    return Course(name, unit, days, np.percentile(values, PERCENTS, axis=0), values[:4], logarithmic=logarithmic)


def _curve(name: Any, scale: Any, rng: Any, n: Any = 60) -> Any:
    from livingdrug.plot import Curve

    event, last = rng.exponential(scale, n), rng.uniform(200, 700, n)
    time, censored = np.minimum(event, last), event > last
    order = np.argsort(time)
    share = np.concatenate([[1.0], np.cumprod(np.where(censored[order], 1.0, 1 - 1 / (n - np.arange(n))))])
    wide = 0.12 * np.sqrt(share * (1 - share)) * 2
    times = np.concatenate([[0.0], time[order]])
    return Curve(name, times, share, np.clip(share - wide, 0, 1), np.clip(share + wide, 0, 1), time, censored)


def _row(measure: Any, value: Any, low: Any, high: Any, seen: Any, verdict: Any) -> Any:
    published = [{"value": seen, "low": seen - 9, "high": seen + 8, "n": 79, "source": "invented", "year": 2000}]
    return {"measure": measure, "unit": "%", "simulated": value, "low": low, "high": high, "published": published,
            "fitted": False, "verdict": verdict, "reason": ""}  # fmt: skip


def _lanes(rng: Any) -> Any:
    import pandas as pd

    from livingdrug import plot

    followed = rng.uniform(60, 700, 16)
    nothing = np.full(16, np.nan)
    back = np.where(rng.random(16) < 0.4, followed * 0.7, nothing)
    ended = np.where(rng.random(16) < 0.2, followed, nothing)
    table = pd.DataFrame({"followed": followed, "response": 28.0, "relapse": back, "death": ended})
    return plot.swimmer(table, {"relapse": "relapse", "death": "death"}, ends=("relapse",))


def _arms(rng: Any) -> Any:
    import pandas as pd

    from livingdrug import plot

    rows = [
        {"measure": m, "unit": "%", "arm": arm, "value": x + by, "low": x + by - 8, "high": x + by + 8}
        for m, x in (("remission", 80), ("alive at 1 year", 70))
        for arm, by in (("as published", 0), ("half dose", -6))
    ]
    one = np.exp(rng.standard_normal(80))
    pair = plot.Paired("peak of CAR-T", "copies/µg", one, one * np.exp(0.2 * rng.standard_normal(80)))
    return plot.arms(pd.DataFrame(rows)), plot.paired([pair], ("as published", "half dose"))


def _flows() -> Any:
    from livingdrug import plot

    def arm(title: Any, failed: Any, worse: Any) -> Any:
        ready = 100 - failed
        kinds = (("in specification", ready - 4), ("out of specification, and accepted", 4))
        return plot.Flow(
            title,
            (
                plot.Stage("Enrolled", 100, lost=(("manufacturing failure", failed),)),
                plot.Stage("Product ready", ready, kinds, (("progression while waiting", worse),)),
                plot.Stage("Infused", ready - worse),
            ),
        )

    return plot.flow([arm("As usual", 8, 14), arm("Made in 10 days", 8, 5)])


def _swept() -> Any:
    from livingdrug import plot
    from livingdrug.plot.sweep import Swept

    at = np.array([0.25, 0.5, 1.0, 2.0, 4.0])
    value = 60 + 10 * np.log2(at * 2)
    wide = np.stack([value - 9, value + 9], axis=1)
    return plot.sweep(
        [Swept("remission", "%", value, value - 3, value + 3, wide)], at, label="dose, times the usual", own=1.0
    )


def _moved() -> Any:
    from livingdrug import plot
    from livingdrug.plot.sensitivity import Moves

    moves = [Moves("dose", (0.6, 0.5, 0.7), (0.4, 0.3, 0.5)), Moves("age", (0.2, 0.1, 0.3), (0.1, 0.05, 0.2))]
    return plot.sensitivity([("remission", moves)], ("total", "alone"))


def _checked(days: Any, cells: Any) -> Any:
    from livingdrug import plot

    at = days[8::8]
    values = np.percentile(cells[:, 8::8], (10, 50, 90), axis=0)
    share = np.stack([np.full(at.size, x) for x in (0.02, 0.05, 0.1)])
    return plot.vpc(plot.Checked("CAR-T in blood", "copies/µg", at, values * 0.8, values, values * 1.25, share))


def _patient() -> Any:
    from livingdrug import plot

    days = np.arange(-7, 61, 0.5)
    fever = 37 + 2.5 * np.exp(-(((days - 6) / 2.5) ** 2))
    drawn = [plot.Drawn("Temperature", "°C", {"temperature": fever}, logarithmic=False)]
    grade = {"ASTCT": np.where(fever > 38, 1.0, 0.0) + np.where(fever > 39, 1.0, 0.0)}
    doses = {"infusion": np.array([0.0]), "tocilizumab": np.array([6.0])}
    return plot.patient(days, drawn, doses=doses, events={"in remission": 28.0}, grades=grade, by_rule=("tocilizumab",))


def _journey() -> Any:
    from livingdrug import plot

    days = np.arange(-7, 300, 0.5)
    strips = [
        plot.Strip(
            "Cells taken, grown, sent back", "40 days", (plot.Bar(-40, 0, "quiet", 0.5),), ((-40, "v", "text"),)
        ),
        plot.Strip("CAR-T cells given back", "on day 0", signs=((0.0, "D", "simulated"),)),
        plot.Strip(
            "A grade", "worst grade 2 of 4", (plot.Bar(3, 9, "published", 0.25), plot.Bar(9, 12, "published", 0.5))
        ),
        plot.Strip("CAR-T cells in blood", "most on day 9", course=1e4 * np.exp(-(((days - 9) / 30) ** 2))),
        plot.Strip("How it went on", "died, day 300", (plot.Bar(0, 300, "rule", 0.35),), ((300, "X", "text"),)),
    ]
    return plot.journey(days, strips, -40.0)
