"""The overview as charts for a page, each with the table of the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from livingdrug.plot.marks import Axis, Boxes, Content, Mark, Panel, Words
from livingdrug.registry.records.study import PHASES
from livingdrug.registry.reports.in_words import CELLS, PHASE, SPONSORS, illness, status_in_words
from livingdrug.registry.reports.overview import Overview, top

_ROW = 36.0
"""Height of a bar with its words above it [px]"""

_MOST = 12
_YEARS = 20
_INKS = ("published", "green", "pink")
"""Orange is what was seen in people, on every page"""


@dataclass(frozen=True)
class Figure:
    """A chart and its table."""

    name: str
    """short, for an address on the page"""
    heading: str
    finding: str
    """what is to be seen, as a sentence"""
    chart: Content
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    facet: str = ""
    """the filter of the search that a row stands for"""
    values: tuple[str, ...] = ()
    """its value for each row; empty where a row is no filter"""


def figures(seen: Overview) -> tuple[Figure, ...]:
    """The charts of the field, in the order of the page."""
    by = seen.by
    phases = {p: by["phase"][p] for p in (*PHASES, "not stated") if p in by["phase"]}
    found = [
        _bars("targets", "What the cells look for", by["target"], "target"),
        _bars("diseases", "Which illnesses they treat", by["disease"], "disease", illness),
        _years(seen),
        _bars("phases", "How far along they are", phases, "phase", lambda p: PHASE.get(p, p), ordered=False),
        _bars("statuses", "Whether they take people", by["status"], "status", status_in_words),
        _bars("countries", "Where they are", by["country"], "country"),
        _bars("cells", "Where the cells come from", by["source"], "", _source),
        _bars("kinds", "Which cells carry the receptor", by["kind"], "kind"),
        _bars("sponsors", "Who runs them", by["sponsor_type"], "sponsor_type", lambda s: SPONSORS.get(s, s)),
    ]
    return tuple(f for f in found if f.rows)


def _source(said: str) -> str:
    name, _, rest = said.partition(" (")
    return CELLS.get(name, name).capitalize() + (", not said but likely" if rest else "")


def _same(name: str) -> str:
    return name


def _bars(
    name: str,
    heading: str,
    counts: Mapping[str, int],
    facet: str,
    words: Callable[[str], str] = _same,
    *,
    ordered: bool = True,
) -> Figure:
    """Counted answers, the most frequent first; the rest under one bar."""
    shown = top(dict(counts), _MOST)
    said = {k: (words(k) if k != "other" or k in counts else f"{len(counts) - _MOST} others") for k in shown}
    most = max(shown, key=lambda k: (k not in ("not stated", "other"), shown[k]), default="")
    finding = f"Most often: {said[most]}, {shown[most]:,} trials." if most else ""
    values = tuple(k if k in counts and k != "not stated" else "" for k in counts)
    rows = tuple((words(k), f"{n:,}") for k, n in counts.items())
    return Figure(
        name,
        heading,
        finding,
        _bar_chart(heading, {said[k]: n for k, n in shown.items()}),
        (heading, "trials"),
        rows,
        facet,
        values if facet else (),
    )


def _bar_chart(heading: str, counts: Mapping[str, int]) -> Content:
    n = len(counts)
    sizes = np.array(list(counts.values()), float)
    foot = n - 1.0 - np.arange(n)
    marks: list[Mark] = [Boxes(np.zeros(n), sizes, foot + 0.1, foot + 0.42, "published")]
    marks += [
        Words(0.0, at + 0.42, f"{name}: {size:,.0f}", "text", "start")
        for at, (name, size) in zip(foot, counts.items(), strict=True)
    ]
    x = Axis(0.0, max(1.0, float(sizes.max(initial=1.0))))
    panel = Panel(x, Axis(0.0, max(1.0, float(n))), tuple(marks), height=_ROW * max(1, n))
    told = "; ".join(f"{name} {size:,}" for name, size in counts.items())
    return Content((panel,), columns=1, alt=f"{heading}, in trials: {told}")


def _years(seen: Overview) -> Figure:
    """Starts by year, the branches of disease on one another."""
    years = sorted(int(y) for y in seen.starts)[-_YEARS:]
    heading = "When they started"
    if not years:
        return Figure("years", heading, "", Content(), (), ())
    branches = [b for b in seen.by["branch"] if b != "not stated"][:3]
    parts = {b: [seen.starts.get(str(y), {}).get(b, 0) for y in years] for b in branches}
    total = [sum(seen.starts.get(str(y), {}).values()) for y in years]
    parts["other or not stated"] = [t - sum(p[i] for p in parts.values()) for i, t in enumerate(total)]
    floor = np.zeros(len(years))
    at = np.array(years, float)
    marks: list[Mark] = []
    for ink, (name, heights) in zip(_INKS[: len(branches)] + ("quiet",), parts.items(), strict=True):
        marks.append(Boxes(at - 0.4, at + 0.4, floor, floor + heights, ink, name=name))
        floor = floor + heights
    high = 1.1 * max(1.0, float(floor.max()))
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**6) if high / s <= 6)
    ticks = tuple((float(v), f"{v:,}") for v in range(0, int(high) + 1, step))
    marked = tuple((float(y), str(y)) for y in years if y % 5 == 0) or ((at[0], str(years[0])),)
    panel = Panel(
        Axis(at[0] - 0.6, at[-1] + 0.6, marked, "year of start"),
        Axis(0.0, high, ticks, "trials"),
        tuple(marks),
        "Trials",
    )
    peak = years[int(np.argmax(total))]
    alt = f"Trials that started, or plan to, by year from {years[0]} to {years[-1]}; most in {peak}: {max(total):,}"
    rows = tuple(
        (str(y), f"{t:,}", *(f"{p[i]:,}" for p in parts.values()))
        for i, (y, t) in enumerate(zip(years, total, strict=True))
    )
    finding = f"Most started in {peak}: {max(total):,} trials. The last years may still grow."
    return Figure("years", heading, finding, Content((panel,), columns=1, alt=alt), ("year", "trials", *parts), rows)
