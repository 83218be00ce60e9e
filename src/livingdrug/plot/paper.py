"""A chart as a matplotlib figure: for a PNG, SVG or PDF file, and for whoever wants to go on drawing."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from livingdrug.plot.marks import (
    Axis,
    Band,
    Boxes,
    Content,
    Floats,
    Flow,
    Group,
    Line,
    Mark,
    Panel,
    Points,
    Rule,
    Spans,
    Stage,
    Words,
)
from livingdrug.plot.style import Ink, Theme, house, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PX = 1 / 96  # [in]
POINT = 0.75  # [pt per px]
SMALL = 8.5  # [pt]: 11 px and a little more
KEY_ROW = 13.0  # [pt] of a panel's own key
ASIDE = 0.8  # [in] beside a panel: the names of its upright axis
LETTER, SAMPLE = 0.068, 0.45  # [in] of a key: a letter, and the sample with the gap behind it
HEAD = 0.094  # [in] a letter of a title
FLOW, LINE, INDENT = 2.4, 15.0, 3  # [in] a flow needs; [px] of a line of its words; letters before who left
AROUND, ROW, LANE = 75.0, 14.0, 32.0  # [px] round a panel; a row below it; a lane with two estimates
DASHES: dict[str, Any] = {"": "-", "dashed": (0, (5, 3)), "dotted": (0, (1, 2.5)), "mixed": (0, (8, 2, 2, 2))}
SIDES: dict[str, Any] = {"start": "left", "middle": "center", "end": "right"}


def figure(chart: Content, theme: Theme, width: float) -> Figure:
    """The chart, `width` [in] wide."""
    columns = max(1, min(chart.columns, len(chart.panels), int(width // 2.4)))
    grid = [chart.panels[i : i + columns] for i in range(0, len(chart.panels), columns)]
    heights = [max(p.height + ROW * len(p.below) + 1.4 * KEY_ROW * p.keyed for p in row) + AROUND for row in grid]
    heights += [_tall(group) for group in chart.groups]
    side = max(1, min(len(chart.flows), int(width // FLOW)))
    flows = [chart.flows[i : i + side] for i in range(0, len(chart.flows), side)]
    heights += [_long(row, width / side) for row in flows]
    with house(theme) as ink:
        drawn = sheet(width, PX * (sum(heights) + 26 * (1 + len(chart.named()) // 4)))
        if chart.aligned:
            placed = drawn.subplots(len(heights), columns, squeeze=False, height_ratios=heights).ravel()
            for axes, panel in zip(placed, chart.panels, strict=False):
                _panel(axes, panel, ink, width / columns - ASIDE)
        elif heights:
            parts = drawn.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
            for part, row in zip(parts, grid, strict=False):
                for axes, panel in zip(part.subplots(1, columns, squeeze=False)[0], row, strict=False):
                    _panel(axes, panel, ink, width / columns - ASIDE)
                for spare in part.axes[len(row) :]:
                    spare.set_axis_off()
            for part, group in zip(parts[len(grid) :], chart.groups, strict=False):
                _group(part.subplots(), group, ink)
            for part, beside in zip(parts[len(grid) + len(chart.groups) :], flows, strict=True):
                for axes, flow in zip(part.subplots(1, side, squeeze=False)[0], beside, strict=False):
                    _flow(axes, flow, beside, ink, width / side)
                for spare in part.axes[len(beside) :]:
                    spare.set_axis_off()
        _key(drawn, chart.named(), ink, width)
        if chart.note:
            drawn.supxlabel(chart.note, fontsize=SMALL, color=ink.quiet, x=0.02, ha="left")
    return drawn


def _panel(axes: Axes, panel: Panel, ink: Ink, width: float) -> None:
    """A panel; width [in]: room for its own key."""
    _scaled(axes, panel.x, panel.y)
    for mark in panel.marks:
        _draw(axes, mark, ink)
    handles = _handles(panel.named(), ink) if panel.keyed else []
    columns = _fitting(handles, width)
    axes.set_title(_headed(panel.title, width), pad=6 + KEY_ROW * -(-len(handles) // columns))
    axes.set_xlabel(panel.x.label)
    axes.set_ylabel(panel.y.label)
    axes.grid(axis="x", visible=False)
    if handles:  # between title and panel, where it hides no line
        axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2,
                    borderpad=0, columnspacing=1.3, labelspacing=0.2)  # fmt: skip
    for row, (colour, written) in enumerate(panel.below):
        for place, words in written:
            axes.annotate(words, (place, 0), (0, -34 - 11 * row), axes.get_xaxis_transform(), "offset points",
                          ha="left" if row == 0 else "center", fontsize=SMALL, color=getattr(ink, colour))  # fmt: skip


def _headed(title: str, width: float) -> str:
    """A title in lines that fit into `width` [in]."""
    return "\n".join(textwrap.wrap(title, max(int(width / HEAD), 12)))


def _scaled(axes: Axes, x: Axis, y: Axis) -> None:
    for name, axis in (("x", x), ("y", y)):
        axes.set(**{f"{name}scale": "log" if axis.log else "linear", f"{name}lim": (axis.low, axis.high)})
        places, words = [place for place, _ in axis.ticks], [words for _, words in axis.ticks]
        axes.set(**{f"{name}ticks": places, f"{name}ticklabels": words})
    axes.minorticks_off()


def _draw(axes: Axes, mark: Mark, ink: Ink) -> None:
    colour = getattr(ink, mark.ink)
    match mark:
        case Line():
            axes.plot(mark.x, _clipped(axes, mark.y), color=colour, linestyle=DASHES[mark.dash],
                      linewidth=POINT * mark.width, alpha=mark.opacity,
                      drawstyle="steps-post" if mark.step else "default")  # fmt: skip
        case Band():
            low, high = _clipped(axes, mark.low), _clipped(axes, mark.high)
            axes.fill_between(mark.x, low, high, step="post" if mark.step else None, color=colour,
                              alpha=mark.opacity, linewidth=0)  # fmt: skip
        case Points():
            axes.plot(mark.x, _clipped(axes, mark.y), alpha=mark.opacity, clip_on=False, zorder=4, **_sign(mark, ink))
        case Spans():
            for a, b, c, d in zip(*map(np.atleast_1d, (mark.x0, mark.y0, mark.x1, mark.y1)), strict=True):
                axes.plot([a, c], [b, d], color=colour, linewidth=POINT * mark.width, clip_on=False, zorder=3)
        case Boxes():
            x0, x1, y0, y1 = map(np.asarray, (mark.x0, mark.x1, mark.y0, mark.y1))
            known = np.isfinite(x1 - x0) & np.isfinite(y1 - y0)
            axes.bar(((x0 + x1) / 2)[known], (y1 - y0)[known], (x1 - x0)[known], y0[known], color=colour,
                     alpha=mark.opacity, linewidth=0)  # fmt: skip
        case Words():
            axes.annotate(mark.text, (mark.x, mark.y), (0, POINT * mark.up), textcoords="offset points", fontsize=SMALL,
                          ha=SIDES[mark.side], color=colour, path_effects=_halo(ink))  # fmt: skip
        case Rule():
            _rule(axes, mark, ink)


def _halo(ink: Ink) -> list[Any]:
    """A rim of paper round words, so that lines behind them do not cross them."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.2, foreground=ink.paper)]


def _clipped(axes: Axes, values: ArrayLike) -> Floats:
    """What lies beyond the ends of the upright axis is drawn at them."""
    low, high = sorted(axes.get_ylim())
    return np.clip(np.asarray(values, float), low, high)


def _rule(axes: Axes, mark: Rule, ink: Ink) -> None:
    look: dict[str, Any] = {"color": getattr(ink, mark.ink), "linewidth": 0.8, "linestyle": DASHES["dashed"]}
    words: dict[str, Any] = {"fontsize": SMALL, "color": getattr(ink, mark.ink), "textcoords": "offset points"}
    if mark.upright:
        axes.axvline(mark.at, **look)
        axes.annotate(mark.text, (mark.at, 1), (2, -2), xycoords=axes.get_xaxis_transform(), va="top", **words)
    else:
        axes.axhline(mark.at, **look)
        box = {"facecolor": ink.paper, "alpha": 0.75, "linewidth": 0, "pad": 0.6}
        axes.annotate(
            mark.text, (1, mark.at), (0, 2), xycoords=axes.get_yaxis_transform(), ha="right", bbox=box, **words
        )


def _sign(mark: Points, ink: Ink) -> dict[str, Any]:
    colour = getattr(ink, mark.ink)
    return dict(linestyle="none", marker=mark.shape, markersize=2 * POINT * mark.radius, color=colour,
                markerfacecolor=ink.paper if mark.hollow else colour,
                markeredgecolor=colour if mark.hollow or mark.shape == "|" else ink.paper,
                markeredgewidth=1.0 if mark.hollow else 0.6)  # fmt: skip


def _tall(group: Group) -> float:
    return AROUND / 2 + sum(LANE * max(1.0, len(lane.estimates) / 2) for lane in group.lanes)


def _group(axes: Axes, group: Group, ink: Ink) -> None:
    """Lanes from top to bottom: names at the left, numbers at the right."""
    _scaled(axes, group.axis, Axis(len(group.lanes) - 0.5, -0.5))
    axes.set_xlabel(group.axis.label)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    if group.reference is not None:
        axes.axvline(group.reference, color=ink.published, linewidth=0.8, alpha=0.7)
    for place, lane in enumerate(group.lanes):
        if place % 2 == 0:
            axes.axhspan(place - 0.5, place + 0.5, color=ink.tint, linewidth=0, zorder=0)
        count = len(lane.estimates)
        for i, e in enumerate(lane.estimates):
            y, colour = place + (i - (count - 1) / 2) * 0.8 / max(count, 2), getattr(ink, e.ink)
            if (e.low, e.high) != (None, None):
                low, high = group.axis.low if e.low is None else e.low, group.axis.high if e.high is None else e.high
                ends = np.clip([low, high], group.axis.low, group.axis.high)
                axes.plot(ends, [y, y], color=colour, linewidth=1.5, clip_on=False)
            at = float(np.clip(e.value, group.axis.low, group.axis.high))
            axes.plot(at, y, clip_on=False, zorder=4, **_sign(Points([at], [y], e.ink, e.shape), ink))
            axes.annotate(e.words, (1, y), (8, 0), axes.get_yaxis_transform(), "offset points", va="center",
                          fontsize=SMALL, color=colour)  # fmt: skip
    axes.set_yticks(range(len(group.lanes)), [lane.label for lane in group.lanes], color=ink.text)
    for lane, label in zip(group.lanes, axes.get_yticklabels(), strict=True):
        if lane.sign:
            label.set_color(getattr(ink, lane.sign[1] if lane.sign[1] != "quiet" else "text"))


def _lines(stage: Stage, flow: Flow, width: float) -> tuple[list[str], list[str], list[str]]:
    """The lines of a stage, of the kinds of people in it, and of who left after it, broken to a width [in]."""
    most = int(width / LETTER) - 6
    share = f"  ({100 * flow.share(stage.many):.1f} %)" if stage is not flow.stages[0] else ""
    first = [f"{stage.many:,}{share}", *textwrap.wrap(stage.words, most)]
    kinds, lost = (
        [line for words, n in rows for line in textwrap.wrap(f"{n:,} {words}", most - indent, subsequent_indent="   ")]
        for rows, indent in ((stage.of, 0), (stage.lost, INDENT))
    )
    return first, kinds, lost


def _rooms(row: Sequence[Flow], width: float) -> list[tuple[float, float]]:
    """How high each stage, and who left after it, must be for all flows side by side [px]."""
    lines = [[_lines(stage, flow, width) for stage in flow.stages] for flow in row]
    most = [[x[i] for x in lines if i < len(x)] for i in range(max(map(len, lines)))]
    return [
        (LINE * max(len(a) + len(b) for a, b, _ in stages) + 14, LINE * max(max(len(c) for *_, c in stages), 1) + 16)
        for stages in most
    ]


def _long(row: Sequence[Flow], width: float) -> float:
    return sum(a + b for a, b in _rooms(row, width)) + 2 * LINE


def _flow(axes: Axes, flow: Flow, row: Sequence[Flow], ink: Ink, width: float) -> None:
    """Boxes under each other, and between them who left; places in pixels from the top."""
    from matplotlib.patches import Rectangle

    wide = (width - 0.25) / PX
    axes.set(xlim=(0, wide), ylim=(_long(row, width), 0))
    axes.set_axis_off()
    axes.set_title(_headed(flow.title, width - ASIDE / 2))
    top = 4.0
    for stage, (high, gap) in zip(flow.stages, _rooms(row, width), strict=False):
        first, kinds, lost = _lines(stage, flow, width)
        axes.add_patch(
            Rectangle((0, top), wide, high, facecolor=ink.tint, edgecolor=ink.quiet, linewidth=0.8, clip_on=False)
        )
        axes.add_patch(
            Rectangle((0, top + high - 4), wide * flow.share(stage.many), 4, color=ink.simulated, linewidth=0)
        )
        for i, words in enumerate([*first, *kinds]):
            look: dict[str, Any] = {"fontweight": "bold"} if i == 0 else {}
            colour = ink.quiet if i >= len(first) else ink.text
            axes.text(8, top + 4 + LINE * i, words, va="top", fontsize=SMALL, color=colour, **look)
        top += high
        for i, words in enumerate(lost):
            axes.text(26, top + 7 + LINE * i, words, va="top", fontsize=SMALL, color=ink.text)
            if words.startswith(tuple("0123456789")):
                axes.plot([12, 23], [top + 14 + LINE * i] * 2, color=ink.quiet, linewidth=0.8)
        if stage is not flow.stages[-1]:
            axes.annotate(
                "", (12, top + gap), (12, top), arrowprops={"arrowstyle": "-|>", "color": ink.quiet, "lw": 0.8}
            )
        elif lost:
            axes.plot([12, 12], [top, top + 14 + LINE * (len(lost) - 1)], color=ink.quiet, linewidth=0.8)
        top += gap


def _key(drawn: Figure, marks: Sequence[Mark], ink: Ink, width: float) -> None:
    handles = _handles(marks, ink)
    if handles:
        drawn.legend(handles=handles, loc="outside upper left", ncols=_fitting(handles, width), columnspacing=1.3)


def _fitting(handles: Sequence[Any], width: float) -> int:
    """How many columns of a key find room in a width [in]."""
    longest = max((len(h.get_label()) for h in handles), default=0)
    return max(1, min(int(width / (LETTER * longest + SAMPLE)), len(handles)))


def _handles(marks: Sequence[Mark], ink: Ink) -> list[Any]:
    """Samples of marks for a key."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for mark in marks:
        colour, name = getattr(ink, mark.ink), getattr(mark, "name", "")
        if isinstance(mark, Points):
            handles.append(Line2D([], [], label=name, **_sign(mark, ink)))
        elif isinstance(mark, Band | Boxes):
            handles.append(Patch(facecolor=colour, alpha=mark.opacity, linewidth=0, label=name))
        elif isinstance(mark, Line | Spans):
            dash = DASHES[mark.dash if isinstance(mark, Line) else ""]
            handles.append(Line2D([], [], color=colour, linestyle=dash, linewidth=POINT * mark.width, label=name))
    return handles
