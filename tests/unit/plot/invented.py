"""Invented numbers for drawing only: nothing here is a result, and nothing comes from the model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livingdrug import plot
from livingdrug.plot import Course, Curve, Published
from livingdrug.plot.course import PERCENTS

LUCK = np.random.default_rng(7)


def _percentiles(values: np.ndarray) -> np.ndarray:
    return np.percentile(values, PERCENTS, axis=0)


def expansion(patients: int = 300) -> Course:
    days = np.concatenate([np.arange(0, 28, 0.25), np.arange(28, 731, 7.0)])
    peak = 24_000 * np.exp(0.9 * LUCK.standard_normal((patients, 1)))
    tmax = 9.3 * np.exp(0.3 * LUCK.standard_normal((patients, 1)))
    late = days > tmax
    rise = peak * 2.0 ** (-(tmax - days) / 0.78)
    fall = peak * (0.99 * np.exp(-0.16 * (days - tmax)) + 0.01 * np.exp(-0.0032 * (days - tmax)))
    values = np.where(late, fall, np.maximum(rise, 1.0))
    typical = [(28, 1374.0), (90, 147.0), (180, 110.0), (365, 61.0)]
    return Course(
        "CAR-T in blood", "copies/µg DNA", days, _percentiles(values), values[:6],
        line=(50.0, "limit of quantification"),
        published=tuple(Published(d, v, v / 2, v * 2) for d, v in typical),
    )  # fmt: skip


def cytokines() -> list[Course]:
    days = np.arange(0, 28.01, 0.25)
    bump = np.exp(-((days - 7 - LUCK.standard_normal((200, 1))) ** 2) / 12) * np.exp(LUCK.standard_normal((200, 1)))
    shown = []
    for name, unit, rest, peak in (
        ("IFN-γ", "pg/mL", 5, 900), ("IL-6", "pg/mL", 4, 2500), ("CRP", "mg/L", 4, 150),
        ("Ferritin", "µg/L", 900, 9000),
    ):  # fmt: skip
        values = rest + peak * bump
        shown.append(Course(name, unit, days, _percentiles(values), values[:4]))
    values = np.minimum(37 + 2.2 * bump, 41)
    fever = Course("Temperature", "°C", days, _percentiles(values), values[:4], logarithmic=False, line=(38.0, "fever"))
    return [*shown, fever]


def leukaemia() -> list[Course]:
    days = np.concatenate([np.arange(0, 60, 1.0), np.arange(60, 731, 14.0)])
    fall = 11 - 0.5 * days * np.exp(0.3 * LUCK.standard_normal((200, 1)))
    back = -10 + 0.06 * (days - 200 * LUCK.random((200, 1)))
    values = 10.0 ** np.minimum(np.maximum(fall, np.where(LUCK.random((200, 1)) < 0.4, back, -9)), 12)
    return [
        Course(name, "cells", days, _percentiles(values * share), floor=0.5, months=True)
        for name, share in (
            ("All leukaemia", 1.0),
            ("CD19-positive", 0.9),
            ("CD19-negative", 1e-5),
            ("Sheltered", 1e-3),
        )
    ]


def curve(name: str, scale: float, patients: int = 79) -> Curve:
    """Kaplan-Meier by hand, without ties or exact intervals: good enough to draw."""
    event, last = LUCK.exponential(scale, patients), LUCK.uniform(300, 760, patients)
    cured = LUCK.random(patients) < 0.4
    event = np.where(cured, np.inf, event)
    durations, censored = np.minimum(event, last), event > last
    order = np.argsort(durations)
    at_risk = patients - np.arange(patients)
    share = np.cumprod(np.where(censored[order], 1.0, 1 - 1 / at_risk))
    spread = 1.96 * np.sqrt(share * (1 - share) / np.maximum(at_risk, 1))
    times = np.concatenate([[0.0], durations[order]])
    share, spread = np.concatenate([[1.0], share]), np.concatenate([[0.0], spread])
    return Curve(name, times, share, np.clip(share - spread, 0, 1), np.clip(share + spread, 0, 1), durations, censored)


EVENTS = {
    "relapse_positive": "relapse, CD19 kept",
    "relapse_negative": "relapse, CD19 lost",
    "transplant": "transplant or new therapy",
    "death": "death",
}
ENDS = ("relapse_positive", "relapse_negative")


def lanes(patients: int = 60) -> pd.DataFrame:
    nothing = np.full(patients, np.nan)
    followed = LUCK.uniform(60, 760, patients)
    response = np.where(LUCK.random(patients) < 0.82, 28.0, np.nan)
    kind = LUCK.random(patients)
    relapse = np.where(np.isfinite(response) & (kind < 0.4), 60 + LUCK.random(patients) * (followed - 60), np.nan)
    death = np.where(LUCK.random(patients) < 0.3, followed, np.nan)
    return pd.DataFrame(
        {
            "followed": followed,
            "response": response,
            "relapse_positive": np.where(kind < 0.25, relapse, nothing),
            "relapse_negative": np.where(kind >= 0.25, relapse, nothing),
            "transplant": np.where(LUCK.random(patients) < 0.1, followed * 0.8, nothing),
            "death": death,
        }
    )


def worst_grades(patients: int = 400) -> dict[str, np.ndarray]:
    severity = LUCK.random(patients)
    return {
        "ASTCT": np.searchsorted([0.22, 0.55, 0.8, 0.9, 0.985], severity),
        "Penn": np.searchsorted([0.22, 0.3, 0.53, 0.75, 0.98], severity),
    }


def measures() -> list[dict]:
    def row(measure, unit, simulated, low, high, value, plow, phigh, verdict, fitted=False, reason=""):
        published = [dict(value=value, low=plow, high=phigh, n=79, source="invented", year=2000)]
        return dict(measure=measure, unit=unit, simulated=simulated, low=low, high=high, published=published,
                    fitted=fitted, verdict=verdict, reason=reason)  # fmt: skip

    return [
        row("CR or CRi within 3 months", "%", 83, 74, 91, 82, 72, 90, "inside", True),
        row("EFS at 6 months", "%", 70, 59, 80, 73, 60, 82, "inside", True),
        row("EFS at 12 months", "%", 57, 45, 68, 50, 35, 64, "inside"),
        row("OS at 12 months", "%", 88, 80, 95, 76, 63, 86, "outside"),
        row("CRS, any grade (Penn)", "%", 76, 66, 85, 77, 66, 86, "inside", True),
        row("CRS grade 3 or more (Penn)", "%", 44, 33, 55, 48, 37, 60, "inside"),
        row("tocilizumab, of those with CRS", "%", 49, 36, 62, 51, 38, 64, "inside"),
        row("time of peak CAR-T", "day", 9.6, 9.0, 10.4, 9.3, None, None, "inside", True),
        row("peak CAR-T", "copies/µg DNA", 26_100, 20_200, 33_400, 24_000, None, None, "inside"),
        row("half-life of fast decline", "day", 5.4, 4.9, 6.1, 4.3, 3.6, 5.1, "outside"),
        row("persistence, median", "day", 190, 120, 420, 168, None, None, "inside"),
        row("fold expansion", "1", 9000, 5000, 20_000, 3900, None, None, "not comparable",
            reason="a parameter of a population model, not an observation"),
    ]  # fmt: skip


def rates() -> pd.DataFrame:
    rows = []
    for measure, base in (
        ("CR or CRi", 82),
        ("CRS grade 3 or more", 45),
        ("EFS at 12 months", 52),
        ("OS at 12 months", 78),
    ):
        for arm, shift in (("as published", 0), ("half dose", -4), ("no fludarabine", -22)):
            rows.append(
                dict(
                    measure=measure, unit="%", arm=arm, value=base + shift, low=base + shift - 8, high=base + shift + 8
                )
            )
    return pd.DataFrame(rows)


def flow(title: str, failed: int) -> plot.Flow:
    ready = 120 - failed
    return plot.Flow(
        title,
        (
            plot.Stage("Enrolled", 120, lost=(("manufacturing failure", failed),)),
            plot.Stage("Product ready", ready, (("in specification", ready - 5), ("out of it", 5)), (("died", 7),)),
            plot.Stage("Infused", ready - 7),
        ),
    )


def journey() -> plot.Chart:
    days = np.arange(-7.0, 300.0, 0.5)
    strips = [
        plot.Strip("Cells taken", "40 days", (plot.Bar(-40, 0, "quiet", 0.5),), ((-40, "v", "text"),)),
        plot.Strip("CAR-T cells", "highest on day 9", course=np.exp(-(((days - 9) / 20) ** 2)) * 1e4),
        plot.Strip("Temperature", "never above 37 °C", course=np.full(len(days), 37.0), log=False, floor=37.0),
        plot.Strip("How it went on", "died, day 300", (plot.Bar(0, 300, "rule"),), ((300, "X", "text"),)),
    ]
    return plot.journey(days, strips, -40.0)
