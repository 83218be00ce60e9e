"""Scores over seeds: of the model, and beside it of naive transfer or of the model made wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Estimate, Group, Lane, Points

MODEL = "simulated", "o"
NAIVE = "quiet", "s"
FALSE = "pink", "^"
NAMES = {
    MODEL: "the model, from its worst to its best seed",
    NAIVE: "naive transfer",
    FALSE: "the model made wrong, from its worst to its best seed",
}
BELOW = {True: ("o", "green", False, "below the worst seed"), False: ("X", "pink", False, "not below the worst seed")}


@dataclass(frozen=True)
class Standing:
    """Rows inside over the seeds: the median, the least and the most, of so many; ink and shape: whose."""

    median: float
    least: float
    most: float
    of: int
    whose: tuple[str, str] = MODEL


def scores(lanes: Sequence[tuple[str, Sequence[Standing]]], below: Sequence[bool] = (), alt: str = "") -> Chart:
    """One lane a family, or a wrong truth, on an axis in percent of the rows. below: whether each false model scores
    below the worst seed of the truth."""
    signs = [BELOW[b] for b in below] if below else [None] * len(lanes)
    drawn = [
        Lane(label, tuple(map(_estimate, standings)), sign)
        for (label, standings), sign in zip(lanes, signs, strict=True)
    ]
    whose = dict.fromkeys(s.whose for _, standings in lanes for s in standings)
    key = [Points([0], [0], *who, name=NAMES[who]) for who in whose]
    key += [
        Points([0], [0], ink, shape, hollow=hollow, name=f"at the left: {words}")
        for shape, ink, hollow, words in dict.fromkeys(s for s in signs if s)
    ]
    group = Group(ticks.shares("published rows inside, %"), tuple(drawn))
    return Chart(groups=(group,) if drawn else (), key=tuple(key), alt=alt or "Scores over the seeds.")


def _estimate(s: Standing) -> Estimate:
    by = 100.0 / s.of
    ends = "" if s.least == s.most else f" ({s.least:g} to {s.most:g})"
    low, high = (None, None) if s.least == s.most else (by * s.least, by * s.most)
    return Estimate(by * s.median, low, high, *s.whose, f"{s.median:g}{ends} of {s.of}")
