"""A chart as a piece of a web page: it follows the page's theme and width, and its text keeps its size.

Lines, signs and words stand in percent of the panel, so nothing shrinks on a phone; curves lie in an inner drawing that
is stretched, their strokes are not.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from importlib import resources

import numpy as np

from livingdrug.plot.marks import (
    Axis,
    Band,
    Boxes,
    Content,
    Floats,
    Flow,
    Group,
    Lane,
    Line,
    Mark,
    Panel,
    Points,
    Rule,
    Spans,
    Stage,
    Words,
)
from livingdrug.plot.style import INKS

ALONG = 1000  # units of the inner drawing, both ways
WIDEST = 9  # characters of words at the upright axis for which there is room
SIGNS = {
    "o": "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0z",
    "s": "M-.9-.9H.9V.9H-.9z",
    "D": "M0-1.2 1.2 0 0 1.2-1.2 0z",
    "^": "M0-1.15 1.1.85H-1.1z",
    "v": "M0 1.15-1.1-.85H1.1z",
    ">": "M1.15 0-.85 1.1V-1.1z",
    "<": "M-1.15 0 .85-1.1V1.1z",
    "P": "M-.4-1.15H.4V-.4H1.15V.4H.4V1.15H-.4V.4H-1.15V-.4H-.4z",
    "X": "M-1.1-.6-.6-1.1 0-.5.6-1.1 1.1-.6.5 0 1.1.6.6 1.1 0 .5-.6 1.1-1.1.6-.5 0z",
    "|": "M-.2-1.2H.2V1.2H-.2z",
}


def style() -> str:
    """The style sheet that charts need: the colours of both themes, and how the parts of a chart are laid out."""
    return f"{colours()}\n{layout()}"


@cache
def layout() -> str:
    """How the parts of a chart are laid out, for a page that has colours of its own: the custom properties of
    `colours`."""
    return resources.files("livingdrug.plot").joinpath("chart.css").read_text("utf-8")


@cache
def colours() -> str:
    """The CSS custom properties that charts use, light and dark."""
    light, dark = (
        " ".join(f"--ink-{f.name}: {getattr(INKS[theme], f.name)};" for f in fields(INKS[theme]))
        for theme in ("light", "dark")
    )
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


def inline(chart: Content, alt: str = "") -> str:
    """The chart as one element; alt: what it shows, for those who do not see it (the chart's own words by default)."""
    said = html.escape(alt or chart.alt, quote=True)
    parts = [_key(chart.named())]
    if chart.panels:
        rooms = [max((len(words) for _, words in panel.y.ticks), default=0) for panel in chart.panels]
        shared = [max(rooms)] * len(rooms) if chart.aligned else rooms
        grid = "".join(_panel(panel, room) for panel, room in zip(chart.panels, shared, strict=True))
        parts.append(f'<div class="panels of-{min(chart.columns, len(chart.panels))}">{grid}</div>')
    parts += [_group(group) for group in chart.groups]
    if chart.flows:
        parts.append(f'<div class="flows">{"".join(map(_flow, chart.flows))}</div>')
    if chart.note:
        parts.append(f'<p class="note">{html.escape(chart.note)}</p>')
    return f'<div class="chart" role="img" aria-label="{said}">{"".join(parts)}</div>'


def _set(words: str) -> str:
    """Words for a page, with true minus signs and apostrophes."""
    words = re.sub(r"(?<![\w.,\-–])-(?=\.?\d)", "\N{MINUS SIGN}", words)
    return html.escape(re.sub(r"(?<=\w)'(?=\w)", "\N{RIGHT SINGLE QUOTATION MARK}", words))


def _key(marks: Sequence[Mark]) -> str:
    if not marks:
        return ""
    listed = "".join(f"<li>{_sample(m)}{_set(m.name)}</li>" for m in marks if not isinstance(m, Words | Rule))
    return f'<ul class="key">{listed}</ul>'


def _sample(mark: Mark) -> str:
    """A small picture of a mark."""
    box = '<svg class="sample" width="22" height="12">{}</svg>'
    match mark:
        case Points():
            return box.format(_sign(mark.shape, mark.ink, min(mark.radius, 5.0), "50%", "50%", mark.hollow))
        case Band() | Boxes():
            return box.format(f'<rect class="i-{mark.ink}" width="22" height="12" opacity="{mark.opacity:g}"/>')
        case Line() | Spans():
            dash = f" {mark.dash}" if isinstance(mark, Line) and mark.dash else ""
            line = f'<line class="line i-{mark.ink}{dash}" x1="0" x2="22" y1="6" y2="6" stroke-width="{mark.width:g}"/>'
            return box.format(line)
    return ""


def _panel(panel: Panel, longest: int) -> str:
    """A panel; longest: characters of the longest words at its upright axis."""
    unit = f' <span class="unit">{_set(panel.y.label)}</span>' if panel.y.label else ""
    title = f"<b>{_set(panel.title)}</b>{unit}" if panel.title else unit.strip()
    room = min(longest, WIDEST)
    inner, outer = [], []
    for mark in panel.marks:
        stretched, sized = _drawn(mark, panel)
        inner.append(stretched)
        outer.append(sized)
    plot = (
        f'<svg class="plot y-{room}" height="{panel.height:g}" aria-hidden="true">{_grid(panel.x, panel.y)}'
        f'<svg viewBox="0 0 {ALONG} {ALONG}" preserveAspectRatio="none" width="100%" height="100%">'
        f"{''.join(inner)}</svg>"
        f"{''.join(outer)}{_feet(panel)}</svg>"
    )
    rows = len(panel.below)
    foot = f'<p class="foot y-{room}">{_set(panel.x.label)}</p>'
    key = _key(panel.named()) if panel.keyed else ""
    return f'<div class="panel"><p class="title">{title}</p>{key}{plot}<div class="rows-{rows}"></div>{foot}</div>'


def _grid(x: Axis, y: Axis) -> str:
    """Ticks of the upright axis with a line each, and the foot of the panel."""
    parts = []
    for place, words in y.ticks:
        at = f"{_percent(1 - float(y.share(place)))}"
        parts.append(f'<line class="grid" x2="100%" y1="{at}" y2="{at}"/>')
        parts.append(f'<text class="end" dx="-6" dy=".35em" y="{at}">{_set(words)}</text>')
    return "".join(parts) + '<line class="axis" x2="100%" y1="100%" y2="100%"/>'


def _feet(panel: Panel) -> str:
    """Ticks below the panel, and what stands under them."""
    parts = []
    for place, words in panel.x.ticks:
        at = _percent(float(panel.x.share(place)))
        look = "middle spare" if words in panel.x.spare else "middle"
        parts.append(f'<text class="{look}" x="{at}" y="100%" dy="1.35em">{_set(words)}</text>')
    for row, (ink, written) in enumerate(panel.below):
        for place, words in written:
            side = "start" if row == 0 else "middle"
            at, down = _percent(float(panel.x.share(place))), f"{2.9 + 1.35 * row:g}em"
            parts.append(f'<text class="{side} i-{ink}" x="{at}" y="100%" dy="{down}">{_set(words)}</text>')
    return "".join(parts)


def _drawn(mark: Mark, panel: Panel) -> tuple[str, str]:
    """What a mark puts into the stretched drawing, and what beside it keeps its size."""
    x, y = panel.x, panel.y
    match mark:
        case Line():
            dash = f" {mark.dash}" if mark.dash else ""
            path = _path(x.share(mark.x), y.share(mark.y), mark.step)
            look = f'stroke-width="{mark.width:g}"' + _opacity(mark.opacity)
            return f'<path class="line i-{mark.ink}{dash}" {look} d="{path}"/>', ""
        case Band():
            path = _area(x.share(mark.x), y.share(mark.low), y.share(mark.high), mark.step)
            return f'<path class="i-{mark.ink}"{_opacity(mark.opacity)} d="{path}"/>', ""
        case Points():
            return "", "".join(
                _sign(mark.shape, mark.ink, mark.radius, _percent(a), _percent(1 - b), mark.hollow, mark.opacity)
                for a, b in zip(x.share(np.atleast_1d(mark.x)), y.share(np.atleast_1d(mark.y)), strict=True)
                if np.isfinite(a) and np.isfinite(b)
            )
        case Spans():
            return "", _spans(mark, x, y)
        case Boxes():
            return "", _boxes(mark, x, y)
        case Words():
            place = f'x="{_percent(float(x.share(mark.x)))}" y="{_percent(1 - float(y.share(mark.y)))}"'
            words = _set(mark.text)
            return "", f'<text class="over {mark.side} i-{mark.ink}" {place} dy="{-mark.up:g}">{words}</text>'
        case Rule():
            return "", _rule(mark, x, y)


def _rule(mark: Rule, x: Axis, y: Axis) -> str:
    words = _set(mark.text)
    if mark.upright:
        at = _percent(float(x.share(mark.at)))
        line = f'<line class="line dashed i-{mark.ink}" x1="{at}" x2="{at}" y2="100%"/>'
        return line + (
            f'<text class="over start i-{mark.ink}" x="{at}" dx="4" dy="1em">{words}</text>' if words else ""
        )
    at = _percent(1 - float(y.share(mark.at)))
    line = f'<line class="line dashed i-{mark.ink}" x2="100%" y1="{at}" y2="{at}"/>'
    return line + (f'<text class="over end i-{mark.ink}" x="100%" y="{at}" dy="-4">{words}</text>' if words else "")


def _spans(mark: Spans, x: Axis, y: Axis) -> str:
    """Each piece over a wider one in the colour of the paper, so that it stands out from what lies below."""
    ends = (x.share(mark.x0), y.share(mark.y0), x.share(mark.x1), y.share(mark.y1))
    return "".join(
        f'<line class="line i-{ink}" stroke-width="{width:g}" x1="{_percent(a)}" y1="{_percent(1 - b)}" '
        f'x2="{_percent(c)}" y2="{_percent(1 - d)}"/>'
        for a, b, c, d in zip(*map(np.atleast_1d, ends), strict=True)
        if np.isfinite([a, b, c, d]).all()
        for ink, width in (("paper", mark.width + 2), (mark.ink, mark.width))
    )


def _boxes(mark: Boxes, x: Axis, y: Axis) -> str:
    ends = (x.share(mark.x0), x.share(mark.x1), y.share(mark.y0), y.share(mark.y1))
    return "".join(
        f'<rect class="i-{mark.ink}"{_opacity(mark.opacity)} x="{_percent(a)}" width="{_percent(b - a)}" '
        f'y="{_percent(1 - d)}" height="{_percent(d - c)}"/>'
        for a, b, c, d in zip(*map(np.atleast_1d, ends), strict=True)
        if np.isfinite([a, b, c, d]).all()
    )


def _sign(shape: str, ink: str, radius: float, x: str, y: str, hollow: bool = False, opacity: float = 1.0) -> str:
    if shape == "o" and not hollow:
        return f'<circle class="sign i-{ink}"{_opacity(opacity)} cx="{x}" cy="{y}" r="{radius:g}"/>'
    look = "hollow" if hollow else "sign"
    thin = " thin" if shape == "|" else ""  # its edge, in the paper's colour, would cover it
    path = f'<path class="{look} i-{ink}{thin}"{_opacity(opacity)} transform="scale({radius:g})" d="{SIGNS[shape]}"/>'
    return f'<svg class="at" x="{x}" y="{y}">{path}</svg>'


def _group(group: Group) -> str:
    lanes = "".join(_lane(lane, group) for lane in group.lanes)
    ticks = "".join(
        f'<text class="middle" x="{_percent(float(group.axis.share(place)))}" dy="1em">{_set(words)}</text>'
        for place, words in group.axis.ticks
    )
    scale = f'<div class="lane scale"><svg class="plot" height="18" aria-hidden="true">{ticks}</svg></div>'
    return f'<div class="lanes">{lanes}{scale}<p class="foot">{_set(group.axis.label)}</p></div>'


def _lane(lane: Lane, group: Group) -> str:
    step = 11
    height = step * (len(lane.estimates) + 1)
    marks = [f'<line class="grid" x1="{at}" x2="{at}" y2="100%"/>' for at in _places(group.axis)]
    if group.reference is not None:
        at = _percent(float(group.axis.share(group.reference)))
        marks.append(f'<line class="line i-published" opacity=".6" x1="{at}" x2="{at}" y2="100%"/>')
    for row, e in enumerate(lane.estimates):
        y = step * (row + 1)
        if (e.low, e.high) != (None, None):  # an end that was not reached lies beyond the axis
            low = group.axis.low if e.low is None else e.low
            high = group.axis.high if e.high is None else e.high
            ends = [_percent(float(group.axis.share(v))) for v in (low, high)]
            marks.append(
                f'<line class="line i-{e.ink}" stroke-width="2" x1="{ends[0]}" x2="{ends[1]}" y1="{y}" y2="{y}"/>'
            )
        marks.append(_sign(e.shape, e.ink, 4.0, _percent(float(group.axis.share(e.value))), str(y)))
    sign = ""
    if lane.sign:
        shape, ink, hollow, words = lane.sign
        small = _sign(shape, ink, 4.5, "6", "6", hollow)
        sign = f'<svg class="sample" width="14" height="12"><title>{_set(words)}</title>{small}</svg>'
    numbers = "".join(f'<span class="i-{e.ink}">{_set(e.words)}</span>' for e in lane.estimates)
    return (
        f'<div class="lane"><span class="name">{sign}{_set(lane.label)}</span>'
        f'<svg class="plot" height="{height}" aria-hidden="true">{"".join(marks)}</svg>'
        f'<span class="numbers">{numbers}</span></div>'
    )


def _flow(flow: Flow) -> str:
    """Stages under each other, and between them who left."""
    parts = [_stage(stage, flow) for stage in flow.stages]
    title = f'<p class="title"><b>{_set(flow.title)}</b></p>'
    return f'<div class="flow rows-of-{len(parts)}">{title}{"".join(parts)}</div>'


def _stage(stage: Stage, flow: Flow) -> str:
    """A stage with its number, a bar of who is left, the kinds of people in it, and who left after it."""
    share = flow.share(stage.many)
    whole, left = (f'<rect class="i-{ink}" width="{wide}" height="5"/>' for ink, wide in
                   (("rule", "100%"), ("simulated", _percent(share))))  # fmt: skip
    bar = f'<svg height="5" width="100%" aria-hidden="true">{whole}{left}</svg>'
    beside = f' <span class="i-quiet">{_of(share)}</span>' if stage is not flow.stages[0] else ""
    many = f'<p class="many"><b>{stage.many:,}</b>{beside}</p><p>{_set(stage.words)}</p>'
    lists = [
        f'<ul class="{name}">{"".join(f"<li><b>{n:,}</b> {_set(words)}</li>" for words, n in rows)}</ul>'
        for name, rows in (("kinds", stage.of), ("lost", stage.lost))
        if rows or name == "lost"
    ]
    return f'<div class="stage">{many}{bar}{"".join(lists[:-1])}</div>{lists[-1]}'


def _of(share: float) -> str:
    return f"{100 * share:.1f} %"


def _places(axis: Axis) -> list[str]:
    return [_percent(float(axis.share(place))) for place, _ in axis.ticks]


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def _opacity(opacity: float) -> str:
    return "" if opacity == 1 else f' opacity="{opacity:g}"'


def _path(x: Floats, y: Floats, step: bool) -> str:
    """A line through points (0 to 1 each way), interrupted where one is nan."""
    return "".join("M" + "L".join(_pairs(a, b)) for a, b in _pieces(x, y, step=step) if len(a))


def _area(x: Floats, low: Floats, high: Floats, step: bool) -> str:
    """What lies between two lines."""
    return "".join(
        "M" + "L".join([*_pairs(a, b), *_pairs(a[::-1], c[::-1])]) + "z" for a, b, c in _pieces(x, low, high, step=step)
    )


def _pieces(x: Floats, *lines: Floats, step: bool) -> Iterable[tuple[Floats, ...]]:
    """Runs without nan; with steps, each value is drawn until the next place."""
    known = np.isfinite(x) & np.all([np.isfinite(y) for y in lines], axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        a, others = x[first:last], [y[first:last] for y in lines]
        if step:
            a, others = np.repeat(a, 2)[1:], [np.repeat(y, 2)[:-1] for y in others]
        yield (a, *others)


def _pairs(x: Floats, y: Floats) -> list[str]:
    across, down = np.rint(ALONG * x).astype(int).tolist(), np.rint(ALONG * (1 - y)).astype(int).tolist()
    return [f"{a} {b}" for a, b in zip(across, down, strict=True)]
