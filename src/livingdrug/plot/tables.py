"""A chart as tables: the same numbers in words, for those who do not see it and for those who want to copy them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from livingdrug.plot.marks import Axis, Band, Boxes, Content, Floats, Flow, Group, Line, Panel, Points, Spans
from livingdrug.plot.ticks import number

MOST = 24  # rows of a curve
FEWEST = 5  # ticks that are enough rows of a curve; dots of which shares are told
PERCENTS = (5, 25, 50, 75, 95)
NONE = "\N{EN DASH}"


@dataclass(frozen=True)
class Table:
    """A caption, the heads of the columns, and rows of as many cells; the first cell names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(chart: Content) -> list[Table]:
    """One table for each panel and one for each group of lanes that has numbers to tell, and one of all flows."""
    found = [_panel(panel) for panel in chart.panels]
    lanes = [_lanes(group, [str(getattr(mark, "name", "")) for mark in chart.named()]) for group in chart.groups]
    flows = [_flows(chart.flows)] if chart.flows else []
    return [table for table in (*found, *lanes, *flows) if table is not None and table.rows]


def _flows(flows: tuple[Flow, ...]) -> Table:
    """A row for each stage, each kind of people at it and each reason to leave after it, a column for each flow."""
    found: dict[str, dict[str, dict[int, str]]] = {words: {} for words in _in_turn(flows)}
    for place, flow in enumerate(flows):
        for stage in flow.stages:
            rows = found[stage.words]
            told_ = [(stage.words, stage.many), *((f"of them: {words}", n) for words, n in stage.of)]
            for words, many in [*told_, *((f"then left: {words}", n) for words, n in stage.lost)]:
                rows.setdefault(words, {})[place] = f"{many:,} ({100 * flow.share(many):.1f} %)"
    table = [
        (words, *(cells.get(i, NONE if words == stage else "0") for i in range(len(flows))))
        for stage, rows in found.items()
        for words, cells in rows.items()
    ]
    return Table("People, and their share of those at the start", ("", *(flow.title for flow in flows)), tuple(table))


def _in_turn(flows: tuple[Flow, ...]) -> list[str]:
    """The stages of all flows: one that the first flow has not stands after that which comes before it in its own."""
    order: list[str] = []
    for flow in flows:
        place = 0
        for words in (stage.words for stage in flow.stages):
            if words not in order:
                order.insert(place, words)
            place = order.index(words) + 1
    return order


def _lanes(group: Group, names: list[str]) -> Table:
    """A row for each lane, with its estimates in words."""
    most = max((len(lane.estimates) for lane in group.lanes), default=0)
    heads = names[:most] if len(names) >= most else ["value", *[NONE] * (most - 1)]
    rows = [
        (lane.label, *(e.words for e in lane.estimates), *[NONE] * (most - len(lane.estimates))) for lane in group.lanes
    ]
    return Table(group.axis.label, ("", *heads), tuple(rows))


def _panel(panel: Panel) -> Table | None:
    caption = " ".join(x for x in (panel.title, panel.y.label) if x)
    if boxes := [m for m in panel.marks if isinstance(m, Boxes) and not np.any(np.asarray(m.y0, float))]:
        return _bars(panel, boxes, caption)
    if dots := [m for m in panel.marks if isinstance(m, Points) and np.size(m.x) > FEWEST and m.shape == "o"]:
        return _cloud(panel, dots[0])
    lines = [m for m in panel.marks if isinstance(m, Line) and m.opacity == 1 and np.size(m.x)]
    return _curves(panel, lines, caption) if lines else None


def _cloud(panel: Panel, dots: Points) -> Table:
    """Many dots: what share of them lies below what, along either axis."""
    x, y = (np.percentile(np.asarray(v, float), PERCENTS) for v in (dots.x, dots.y))
    rows = [(f"{p} % below", told(a), told(b)) for p, a, b in zip(PERCENTS, x, y, strict=True)]
    return Table(panel.title, ("", panel.x.label or "across", panel.y.label or "upward"), tuple(rows))


def _bars(panel: Panel, boxes: list[Boxes], caption: str) -> Table:
    """Bars: a row for each tick, a column for each kind of bar."""
    columns = []
    for mark in boxes:
        middle = (np.atleast_1d(np.asarray(mark.x0, float)) + np.atleast_1d(np.asarray(mark.x1, float))) / 2
        heights = np.broadcast_to(np.asarray(mark.y1, float), middle.shape)
        columns.append([_nearest(place, middle, heights) for place, _ in panel.x.ticks])
    rows = tuple((words, *(column[i] for column in columns)) for i, (_, words) in enumerate(panel.x.ticks))
    heads = (panel.x.label, *(mark.name or panel.y.label for mark in boxes))
    return Table(caption, heads, rows)


def _nearest(place: float, middle: Floats, heights: Floats) -> str:
    at = int(np.argmin(np.abs(middle - place)))
    return told(heights[at]) if abs(middle[at] - place) <= 0.5 else NONE


def _curves(panel: Panel, lines: list[Line], caption: str) -> Table:
    """Curves at the ticks of the time axis, each with its band; numbers at risk and published points beside."""
    points = _published(panel)
    places = sorted({*_places(panel.x, lines), *points})
    columns: list[tuple[str, list[str]]] = []
    for i, line in enumerate(lines):
        bands = [m for m in panel.marks if isinstance(m, Band) and m.ink == line.ink]
        name = line.name or (panel.y.label if len(lines) == 1 else f"{panel.y.label} ({i + 1})")
        columns.append((name, [_with_band(line, bands, place) for place in places]))
    at_risk = [written for _, written in panel.below if len(written) > 1]
    for i, written in enumerate(at_risk):
        counts = {round(place, 9): words for place, words in written}
        name = f"at risk, {lines[i].name}" if len(at_risk) > 1 else "at risk"
        columns.append((name, [counts.get(round(place, 9), NONE) for place in places]))
    if points:
        columns.append(("published", [points.get(place, NONE) for place in places]))
    rows = tuple((told(place), *(cells[i] for _, cells in columns)) for i, place in enumerate(places))
    return Table(caption, (panel.x.label or "x", *(name for name, _ in columns)), rows)


def _places(x: Axis, lines: list[Line]) -> list[float]:
    """Where a curve is read: the ticks of its axis; where they are few, as many places between its ends."""
    ends = np.concatenate([np.asarray(line.x, float) for line in lines])
    ticks = [place for place, _ in x.ticks if ends.min() - 1e-9 <= place <= ends.max() + 1e-9]
    if len(ticks) >= FEWEST:
        return ticks[:MOST]
    return sorted({*ticks, *(float(f"{p:.3g}") for p in np.linspace(ends.min(), ends.max(), 9))})


def _with_band(line: Line, bands: list[Band], place: float) -> str:
    """The value at a place, and the band around it; of several bands the widest."""
    value = _at(line, line.y, place)
    if not math.isfinite(value):
        return NONE
    ends = [(_at(band, band.low, place), _at(band, band.high, place)) for band in bands]
    known = [(low, high) for low, high in ends if math.isfinite(low) and math.isfinite(high)]
    if not known:
        return told(value)
    low, high = min(low for low, _ in known), max(high for _, high in known)
    return f"{told(value)} ({told(low)} to {told(high)})"


def _at(mark: Line | Band, y: object, place: float) -> float:
    """The value of a curve at a place; the one before it, where the curve goes in steps."""
    x, values = np.asarray(mark.x, float), np.asarray(y, float)
    if not len(x) or not x[0] - 1e-9 <= place <= x[-1] + 1e-9:
        return math.nan
    if mark.step:
        return float(values[max(int(np.searchsorted(x, place + 1e-9, side="right")) - 1, 0)])
    return float(np.interp(place, x, values))


def _published(panel: Panel) -> dict[float, str]:
    """Place -> published value with its interval, in words."""
    spans = [m for m in panel.marks if isinstance(m, Spans) and m.ink == "published"]
    ends = {at: (a, b) for m in spans for at, a, b in _triples(m.x0, m.y0, m.y1)}
    found = {}
    for mark in panel.marks:
        if isinstance(mark, Points) and mark.ink == "published":
            for at, value, _ in _triples(mark.x, mark.y, mark.y):
                low, high = ends.get(at, (math.nan, math.nan))
                interval = f" ({told(low)} to {told(high)})" if math.isfinite(low) else ""
                found[at] = told(value) + interval + (", not comparable" if mark.hollow else "")
    return found


def _triples(*arrays: object) -> Iterator[tuple[float, float, float]]:
    yield from zip(*(np.atleast_1d(np.asarray(a, float)).tolist() for a in arrays), strict=True)


def told(value: float) -> str:
    """A number in words; a dash where there is none."""
    return number(float(value)) if math.isfinite(value) else NONE


def told_above(value: float, floor: float) -> str:
    """The same of what is shown down to a floor: what is less, and more than none, is only that."""
    return f"<{number(floor)}" if 0 < value < floor else told(value)
