"""Every measure beside its published value: median and 95 % interval, published value and interval, verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.plot.style import NARROW, WIDE, Ink, Theme, house
from livingdrug.plot.ticks import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]

VERDICTS = {"inside": "o", "outside": "X", "not comparable": "s"}
_RATIO_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10)
_LANE, _TALL_LANE = 0.25, 0.42  # [in] a row on a wide and on a narrow page
_AXIS = 0.6  # [in] under each block of rows


def beside(measures: Sequence[Row], *, theme: Theme = "light", width: float = WIDE) -> Figure:
    """Rates on an axis in percent; all else as a ratio to the published value, on a logarithmic axis.

    measures: rows with `measure` (or `label`), `unit`, `simulated`, `low`, `high`, `published` (a list whose first
    entry has `value`, `low`, `high`), `fitted`, `verdict`. Rows without numbers on both sides are left out.
    """
    from matplotlib.figure import Figure

    narrow = width <= NARROW + 1
    shown = [row for row in measures if _value(row) is not None and row.get("simulated") is not None]
    rates, others = [r for r in shown if r["unit"] == "%"], [r for r in shown if r["unit"] != "%"]
    blocks = [block for block in (rates, others) if block]
    lane = _TALL_LANE if narrow else _LANE
    head = 0.62 if narrow else 0.36
    height = head + sum(len(block) * lane + _AXIS for block in blocks)
    with house(theme) as ink:
        figure = Figure(figsize=(width, max(height, 1.2)))
        left, right = (0.22, width - 0.25) if narrow else (_label_room(shown), width - 1.8)
        top = height - head
        for block in blocks:
            tall = len(block) * lane
            box = (left / width, (top - tall) / height, (right - left) / width, tall / height)
            axes = figure.add_axes(box)
            _block(axes, block, ink, narrow)
            top -= tall + _AXIS
        if blocks:
            _key(figure, {str(row.get("verdict")) for row in shown}, ink, narrow)
    return figure


def _label_room(rows: Sequence[Row]) -> float:
    """Room [in] that the longest label needs at the left."""
    return min(max([2.2, *(0.42 + 0.0605 * len(_label(row)) for row in rows)]), 3.7)


def _label(row: Row) -> str:
    unit = "" if row["unit"] in ("%", "1", "") else f" ({row['unit']})"
    return str(row.get("label") or row["measure"]) + unit + (" †" if row.get("fitted") else "")


def _value(row: Row) -> float | None:
    published = row.get("published") or []
    return published[0]["value"] if published else None


def _block(axes: Axes, rows: Sequence[Row], ink: Ink, narrow: bool) -> None:
    rates = rows[0]["unit"] == "%"
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", visible=False)
    if rates:
        axes.set_xlim(0, 100)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel("patients (%)")
    else:
        axes.set_xscale("log")
        axes.set_xlim(*_reach(rows))
        low, high = axes.get_xlim()
        seen = [t for t in _RATIO_TICKS if low <= t <= high]
        axes.set_xticks(seen, [f"{t:g}" for t in seen])
        axes.minorticks_off()
        axes.axvline(1, color=ink.published, linewidth=0.8, alpha=0.7)
        axes.set_xlabel("ratio to the published value")
    for place, row in enumerate(rows):
        if place % 2 == 0:
            axes.axhspan(place - 0.5, place + 0.5, color=ink.rule, alpha=0.25, linewidth=0)
        _row(axes, place, row, ink, 1.0 if rates else float(_value(row) or 1.0), narrow)


def _reach(rows: Sequence[Row]) -> tuple[float, float]:
    """A ratio axis wide enough for all rows, between a factor 2 and a factor 12."""
    far = 2.0
    for row in rows:
        by = float(_value(row) or 1.0)
        first = row["published"][0]
        for value in (row["simulated"], row.get("low"), row.get("high"), first.get("low"), first.get("high")):
            if value is not None and value / by > 0:
                far = max(far, value / by, by / value)
    return 1 / min(far * 1.1, 12.0), min(far * 1.1, 12.0)


def _row(axes: Axes, place: int, row: Row, ink: Ink, by: float, narrow: bool) -> None:
    """One measure: the simulated interval above, the published one below it, words on both sides."""
    published = row["published"][0]
    upper, lower = (place + 0.12, place + 0.33) if narrow else (place - 0.17, place + 0.2)
    low, high = axes.get_xlim()
    for height, colour, shape, size, entry, key in (
        (upper, ink.simulated, "o", 5.0, row, "simulated"),
        (lower, ink.published, "D", 4.3, published, "value"),
    ):
        ends = [entry.get("low"), entry.get("high")]
        if ends != [None, None]:  # an end that was not reached lies beyond the axis
            shown = [edge if end is None else end / by for end, edge in zip(ends, (low, high), strict=True)]
            axes.plot(
                np.clip(shown, low, high), [height, height], color=colour, linewidth=1.7, alpha=0.85, clip_on=False
            )
        axes.plot(np.clip(entry[key] / by, low, high), height, marker=shape, markersize=size, color=colour,
                  markeredgecolor=ink.paper, markeredgewidth=0.5, clip_on=False, zorder=4)  # fmt: skip
    _words(axes, place, row, published, ink, narrow)


def _words(axes: Axes, place: int, row: Row, published: Row, ink: Ink, narrow: bool) -> None:
    across = axes.get_yaxis_transform()
    label = _label(row)
    page, box = axes.figure.get_figwidth(), axes.get_position()  # type: ignore[union-attr]
    inch, left = page * box.width, page * box.x0
    _mark(axes, place - 0.22 if narrow else place, (0.12 - left) / inch, row, ink)
    if narrow:
        axes.text(0.05 / inch, place - 0.22, label, transform=across, va="center", fontsize=8)
        ours, theirs = number(row["simulated"]), number(published["value"])
        axes.text(
            1 - 0.5 / inch, place - 0.22, ours, transform=across, va="center", ha="right", **_small(ink.simulated)
        )
        axes.text(1.0, place - 0.22, theirs, transform=across, va="center", ha="right", **_small(ink.published))
    else:
        axes.text((0.24 - left) / inch, place, label, transform=across, va="center", fontsize=8)
        for height, colour, entry, key in (
            (place - 0.2, ink.simulated, row, "simulated"), (place + 0.22, ink.published, published, "value"),
        ):  # fmt: skip
            words = _with_interval(entry[key], entry.get("low"), entry.get("high"))
            axes.text(1 + 0.12 / inch, height, words, transform=across, va="center", **_small(colour))


def _small(colour: str) -> dict[str, Any]:
    return {"fontsize": 7, "color": colour}


def _mark(axes: Axes, height: float, x: float, row: Row, ink: Ink) -> None:
    verdict = row.get("verdict", "not comparable")
    axes.plot(x, height, transform=axes.get_yaxis_transform(), clip_on=False, **_look(verdict, ink))


def _look(verdict: str, ink: Ink) -> dict[str, Any]:
    colour = {"inside": ink.green, "outside": ink.pink}.get(verdict, ink.quiet)
    filled = verdict != "not comparable"
    return dict(marker=VERDICTS.get(verdict, "s"), markersize=6, linestyle="none", color=colour,
                markerfacecolor=colour if filled else "none", markeredgewidth=0.0 if filled else 1.0)  # fmt: skip


def _with_interval(value: float, low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return number(value)
    ends = ["not reached" if end is None else number(end) for end in (low, high)]
    return f"{number(value)}  ({ends[0]} to {ends[1]})"


def _key(figure: Figure, given: set[str], ink: Ink, narrow: bool) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=ink.simulated, marker="o", markersize=5, label="simulated, 95 % of trials"),
        Line2D([], [], color=ink.published, marker="D", markersize=4.5, label="published, 95 % interval"),
        *(Line2D([], [], label=verdict, **_look(verdict, ink)) for verdict in VERDICTS if verdict in given),
        Line2D([], [], linestyle="none", label="† used in fitting"),
    ]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.0, 1.0), ncols=2 if narrow else 6,
                  columnspacing=1.0, handletextpad=0.5, fontsize=7.5)  # fmt: skip
