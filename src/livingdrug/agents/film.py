"""A slice through the tumour over time: an animated GIF, or a sheet of moments as PNG."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.agents.course import Course, Picture
from livingdrug.errors import ScenarioError
from livingdrug.files import whole_file
from livingdrug.plot.style import INKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = (".gif", ".png")
FRAMES = {".gif": 61, ".png": 6}  # pictures that a film takes
RATE = 10  # pictures a second
SIZE = 4.6  # in
DOTS = 100  # to an inch
# Kind of a cell in a picture -> colour: dead, four classes of antigen, CAR-T, CAR-T that holds a cell
COLOURS = {-1: "#b9c1bd", 0: "#cfe3f1", 1: "#8fc0e0", 2: "#3f93c8", 3: "#0b5c92", 4: "#e08a1e", 5: "#c0392b"}
NAMES = {
    0: "antigen below 0.5",
    1: "0.5 to 1",
    2: "1 to 1.5",
    3: "above 1.5",
    -1: "dead",
    4: "CAR-T",
    5: "CAR-T holding a cell",
}


def possible(path: Path | None, where: str = "--film") -> None:
    """ScenarioError when a film cannot be written there, before anything is computed."""
    if path is None:
        return
    if path.suffix.lower() not in KINDS:
        raise ScenarioError(f"a film cannot be written to '{path}'", where=where, allowed=".gif, or .png for a sheet")
    if not path.absolute().parent.is_dir():
        raise ScenarioError(f"there is no folder '{path.absolute().parent}'", where=where, mend="make it first")


def write(course: Course, path: Path) -> None:
    """The pictures of a course as a film, or as a sheet; whole or not at all."""
    half = _half(course)
    with whole_file(path, where="--film") as part:
        (_animate if path.suffix.lower() == ".gif" else _sheet)(course, half, part)


def sheet(course: Course) -> bytes:
    """A sheet of six of the course's pictures, evenly spread over them, as PNG."""
    chosen = np.linspace(0, len(course.pictures) - 1, min(FRAMES[".png"], len(course.pictures))).round().astype(int)
    few = replace(course, pictures=[course.pictures[k] for k in sorted(set(chosen.tolist()))])
    made = io.BytesIO()
    _sheet(few, _half(few), made)
    return made.getvalue()


def _half(course: Course) -> float:
    """Half of the width that is shown [um]: the cube where there are CAR-T, else a little more than the tumour."""
    if any((p.kind >= 4).any() for p in course.pictures):
        return course.given.numbers.side / 2
    return min(course.given.numbers.side / 2, 1.15 * float(course.table["radius"].max()))


def _animate(course: Course, half: float, part: Path) -> None:
    from matplotlib.animation import PillowWriter
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE, SIZE + 0.55), dpi=DOTS)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, SIZE / (SIZE + 0.55)))
    film = PillowWriter(fps=RATE)
    with film.saving(figure, str(part), DOTS):
        for picture in course.pictures:
            figure.texts.clear()
            figure.text(0.02, 0.975, _words(picture), va="top", size=10, color=INKS["light"].text)
            _key(figure, 0.935, 5.4)
            _slice(axes, picture, half)
            film.grab_frame()


def _sheet(course: Course, half: float, part: Path | io.BytesIO) -> None:
    from matplotlib.figure import Figure

    across = min(3, len(course.pictures))
    down = math.ceil(len(course.pictures) / across)
    figure = Figure(figsize=(3.2 * across, 3.5 * down + 0.4), dpi=DOTS)
    for k, picture in enumerate(course.pictures):
        axes = figure.add_subplot(down, across, k + 1)
        _slice(axes, picture, half)
        axes.set_title(_words(picture), fontsize=9, loc="left", color=INKS["light"].text)
    figure.subplots_adjust(0.01, 0.01, 0.99, 1 - 0.62 / (3.5 * down + 0.4), 0.03, 0.12)
    _key(figure, 1 - 0.05 / (3.5 * down), min(7.5, 2.6 * across))
    figure.savefig(part, format="png")


def _words(picture: Picture) -> str:
    tumour, car_t = int((picture.kind < 4).sum()), int((picture.kind >= 4).sum())
    return f"day {picture.day:.1f}: {tumour:,} tumour cells" + (f", {car_t:,} CAR-T" if car_t else "")


def _key(figure: Any, high: float, size: float) -> None:
    """What each colour is, in one line."""
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], marker="o", ls="", ms=5, color=COLOURS[k], label=NAMES[k]) for k in NAMES]
    figure.legends.clear()
    figure.legend(
        handles=marks, ncol=7, loc="upper center", bbox_to_anchor=(0.5, high), frameon=False, fontsize=size,
        handletextpad=0.1, columnspacing=0.7,
    )  # fmt: skip


def _slice(axes: Axes, picture: Picture, half: float) -> None:
    """The cells that the plane through the middle cuts, each as wide as it is there."""
    from matplotlib.collections import EllipseCollection

    ink = INKS["light"]
    axes.clear()
    x, y, z, r = picture.cells.T.astype(float)
    cut = np.abs(z) < r
    wide = 2.0 * np.sqrt(np.maximum(r[cut] ** 2 - z[cut] ** 2, 1.0))
    colours = [COLOURS[k] for k in picture.kind[cut].tolist()]
    axes.set(xlim=(-half, half), ylim=(-half, half), xticks=[], yticks=[], aspect="equal", facecolor=ink.paper)
    for side in axes.spines.values():
        side.set_color(ink.rule)
    axes.add_collection(
        EllipseCollection(
            wide,
            wide,
            np.zeros(len(wide)),
            units="x",
            offsets=np.stack([x[cut], y[cut]], axis=1),
            transOffset=axes.transData,
            facecolors=colours,
            edgecolors=ink.text,
            linewidths=0.25,
        )  # fmt: skip
    )
    axes.plot([-0.95 * half, -0.95 * half + 100.0], [-0.94 * half] * 2, color=ink.text, lw=2)
    axes.text(-0.95 * half, -0.92 * half, "0.1 mm", size=8, color=ink.text, va="bottom")
