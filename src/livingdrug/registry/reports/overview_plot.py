"""The overview as one picture: target by disease, starts by year, phase, status, countries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.plot.style import Ink, Theme, house, sheet
from livingdrug.registry.reports.overview import Overview, top

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TARGETS, _DISEASES, _COUNTRIES = 16, 14, 10
_PHASES = {
    "EARLY_PHASE1": "early 1",
    "PHASE1": "1",
    "PHASE2": "2",
    "PHASE3": "3",
    "PHASE4": "4",
    "NA": "not applicable",
    "not stated": "not stated",
}


def picture(field: Overview, theme: Theme = "light") -> Figure:
    """The field on one page."""
    with house(theme) as ink:
        figure = sheet(9.0, 10.4)
        axes = figure.subplot_mosaic(
            [["heat", "heat"], ["years", "phase"], ["status", "country"]], height_ratios=[1.75, 1, 1]
        )
        _heat(axes["heat"], field, ink)
        _years(axes["years"], field, ink)
        _bars(
            axes["phase"],
            {_PHASES.get(p, p): field.by["phase"][p] for p in _PHASES if p in field.by["phase"]},
            "Phase",
            ink,
        )
        statuses = {s.replace("_", " ").lower(): n for s, n in field.by["status"].items()}
        _bars(axes["status"], top(statuses, 9), "Status", ink)
        _bars(axes["country"], top(field.by["country"], _COUNTRIES, "other countries"), "Country", ink)
        figure.suptitle(
            f"{field.trials:,} trials of CAR cell therapy, newest update {field.updated or 'not stated'}",
            x=0.02,
            ha="left",
            fontsize=12,
            fontweight="bold",
            color=ink.text,
        )
        missing = "; ".join(field.not_covered)
        figure.supxlabel(
            f"Not covered: {missing}.\n"
            "A trial that names several targets, diseases, phases or countries counts in each."
            " Not medical advice.",
            x=0.02,
            ha="left",
            fontsize=8.5,
            color=ink.quiet,
        )
    return figure


def _heat(axes: Axes, field: Overview, ink: Ink) -> None:
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap, LogNorm

    targets = [t for t in field.target_by_disease if t != "not stated"][:_TARGETS]
    shown = {d: sum(field.target_by_disease[t].get(d, 0) for t in targets) for d in field.by["disease"]}
    diseases = sorted((d for d in shown if shown[d]), key=lambda d: (-shown[d], d))[:_DISEASES]
    axes.set_title("Trials by target and disease")
    axes.grid(visible=False)
    if not targets or not diseases:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no trial with a stated target", ha="center", transform=axes.transAxes, color=ink.quiet)
        return
    counts = np.array([[field.target_by_disease[t].get(d, 0) for d in diseases] for t in targets], float)
    shades = LinearSegmentedColormap.from_list("house", [ink.paper, ink.simulated])
    most = max(counts.max(), 2)
    axes.imshow(np.where(counts > 0, counts, np.nan), cmap=shades, norm=LogNorm(0.6, most), aspect="auto")
    for (row, column), n in np.ndenumerate(counts):
        if n:
            dark = np.log(n / 0.6) / np.log(most / 0.6) > 0.62
            axes.text(
                column, row, f"{n:.0f}", ha="center", va="center", fontsize=8.5, color=ink.paper if dark else ink.text
            )
    axes.set_xticks(
        range(len(diseases)),
        diseases,
        rotation=35,
        ha="right",
        rotation_mode="anchor",
    )
    axes.set_yticks(range(len(targets)), targets)
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(0.5, len(diseases) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(targets) - 1), minor=True)
    axes.grid(which="minor", color=ink.paper, linewidth=1.5)
    axes.tick_params(which="minor", length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _years(axes: Axes, field: Overview, ink: Ink) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title("Starts by year")
    if not field.starts:
        axes.set_axis_off()
        return
    first, last = int(min(field.starts)), int(max(field.starts))
    years = list(range(max(first, last - 19), last + 1))
    branches = [b for b in field.by["branch"] if any(field.starts.get(str(y), {}).get(b) for y in years)]
    main = [b for b in branches if b != "not stated"][:3]
    stacks = [(colour, b, [b]) for colour, b in zip(ink.series, main, strict=False)]
    if rest := [b for b in branches if b not in main]:
        stacks.append((ink.quiet, "other or not stated" if "not stated" in rest else "other", rest))
    floor = [0] * len(years)
    for colour, name, parts in stacks:
        heights = [sum(field.starts.get(str(y), {}).get(b, 0) for b in parts) for y in years]
        axes.bar(years, heights, 0.8, bottom=floor, color=colour, label=name, linewidth=0)
        floor = [a + b for a, b in zip(floor, heights, strict=True)]
    axes.set_ylabel("trials")
    axes.set_xlim(years[0] - 0.6, years[-1] + 0.6)
    axes.set_ylim(0, 1.1 * max(floor))  # the tallest year stands free of the edge
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="x", visible=False)
    axes.legend(loc="upper left", fontsize=8.5, frameon=False)
    if earlier := sum(sum(c.values()) for y, c in field.starts.items() if int(y) < years[0]):
        axes.set_xlabel(f"{earlier} earlier starts not drawn")


def _bars(axes: Axes, counts: dict[str, int], title: str, ink: Ink) -> None:
    axes.set_title(title)
    names = list(counts)[::-1]
    values = [counts[n] for n in names]
    axes.barh(range(len(names)), values, 0.72, color=ink.simulated, linewidth=0)
    for place, value in enumerate(values):
        axes.annotate(
            f"{value:,}",
            (value, place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=ink.quiet,
        )
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("trials")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlim(0, max(values, default=1) * 1.14)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
