"""What a figure is made of, as plain data: panels with two axes and marks on them, or lanes that compare numbers.

Colours are named (`simulated`, `published`, ...; see style.py), so that each reader puts in those of its theme: `svg`
makes a piece of a web page that follows the page's width and theme, `paper` a matplotlib figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Dash = Literal["", "dashed", "dotted", "mixed"]
DASHES: tuple[Dash, ...] = ("", "dashed", "mixed", "dotted")


@dataclass(frozen=True)
class Axis:
    """From low to high, with ticks (place, words); log: equal ratios take equal room; spare: words of ticks that are
    left out where there is little room."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()
    label: str = ""
    log: bool = False
    spare: tuple[str, ...] = ()

    def share(self, values: ArrayLike) -> Floats:
        """How far along the axis (0 to 1) values lie; what lies beyond an end is put at it, nan stays nan."""
        x, low, high = np.asarray(values, float), self.low, self.high
        if self.log:
            x, low, high = np.log(np.maximum(x, low)), np.log(low), np.log(high)
        return np.clip((x - low) / (high - low), 0.0, 1.0)


@dataclass(frozen=True)
class Line:
    """A curve x, y (n,), nan where there is none; step: each value holds until the next place. name: in the key."""

    x: ArrayLike
    y: ArrayLike
    ink: str = "simulated"
    dash: Dash = ""
    width: float = 1.8
    opacity: float = 1.0
    step: bool = False
    name: str = ""


@dataclass(frozen=True)
class Band:
    """What lies between low and high (n,) at x (n,)."""

    x: ArrayLike
    low: ArrayLike
    high: ArrayLike
    ink: str = "simulated"
    opacity: float = 0.2
    step: bool = False
    name: str = ""


@dataclass(frozen=True)
class Points:
    """A sign at each x, y (n,). shape: o circle, s square, ^ v < > triangles, D diamond, P plus, X cross, | tick."""

    x: ArrayLike
    y: ArrayLike
    ink: str = "simulated"
    shape: str = "o"
    radius: float = 4.0  # [px]
    hollow: bool = False
    opacity: float = 1.0
    name: str = ""


@dataclass(frozen=True)
class Spans:
    """Straight pieces from (x0, y0) to (x1, y1), each (n,): intervals."""

    x0: ArrayLike
    y0: ArrayLike
    x1: ArrayLike
    y1: ArrayLike
    ink: str = "simulated"
    width: float = 1.8
    name: str = ""


@dataclass(frozen=True)
class Boxes:
    """Filled rectangles between x0, x1 and y0, y1, each (n,): bars, lanes."""

    x0: ArrayLike
    x1: ArrayLike
    y0: ArrayLike
    y1: ArrayLike
    ink: str = "simulated"
    opacity: float = 1.0
    name: str = ""


@dataclass(frozen=True)
class Words:
    """A few words at (x, y), `up` pixels above it."""

    x: float
    y: float
    text: str
    ink: str = "quiet"
    side: Literal["start", "middle", "end"] = "middle"
    up: float = 4.0


@dataclass(frozen=True)
class Rule:
    """A dashed line at a value, all along the other axis, with a few words at its end."""

    at: float
    text: str = ""
    ink: str = "text"
    upright: bool = False


Mark = Line | Band | Points | Spans | Boxes | Words | Rule


@dataclass(frozen=True)
class Panel:
    """Two axes and what is drawn on them, in this order. below: rows of words under the ticks (colour, words by
    place), the first of them a heading; keyed: it has a key of its own, apart from that of the figure."""

    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    title: str = ""
    height: float = 190.0  # [px] between the axes' ends
    below: tuple[tuple[str, tuple[tuple[float, str], ...]], ...] = ()
    keyed: bool = False

    def named(self) -> list[Mark]:
        """Every mark with a name, each name once."""
        return _named(self.marks)


@dataclass(frozen=True)
class Estimate:
    """A value and its interval on a lane, None where there is none; drawn and said in words."""

    value: float
    low: float | None
    high: float | None
    ink: str
    shape: str
    words: str


@dataclass(frozen=True)
class Lane:
    """What is compared, the estimates side by side, and a sign for how they agree (shape, ink, hollow, words)."""

    label: str
    estimates: tuple[Estimate, ...]
    sign: tuple[str, str, bool, str] | None = None


@dataclass(frozen=True)
class Group:
    """Lanes on one axis; reference: a value with a line through all of them."""

    axis: Axis
    lanes: tuple[Lane, ...]
    reference: float | None = None


@dataclass(frozen=True)
class Stage:
    """How many people stood at a point of their way. of: kinds of them; lost: how many left after it, by reason."""

    words: str
    many: int
    of: tuple[tuple[str, int], ...] = ()
    lost: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Flow:
    """The way of a group of people, from everybody at the first stage to those left at the last."""

    title: str
    stages: tuple[Stage, ...]

    def share(self, many: int) -> float:
        """Those of the people at the first stage, 0 to 1."""
        return many / self.stages[0].many if self.stages[0].many else 0.0


@dataclass(frozen=True)
class Content:
    """What a figure shows: panels in rows of at most `columns`, groups of lanes, or flows side by side; key: signs (a
    mark with a name) that none of the panels explains; note: words below; alt: what it shows, for those who do not see
    it; aligned: the panels' upright axes stand under each other."""

    panels: tuple[Panel, ...] = ()
    groups: tuple[Group, ...] = ()
    columns: int = 3
    key: tuple[Mark, ...] = ()
    note: str = ""
    alt: str = field(default="A figure", repr=False)
    aligned: bool = False
    flows: tuple[Flow, ...] = ()

    def named(self) -> list[Mark]:
        """The key of the figure: every mark with a name that no panel explains itself, each name once."""
        return _named([*(m for panel in self.panels if not panel.keyed for m in panel.marks), *self.key])


def _named(marks: Sequence[Mark]) -> list[Mark]:
    found: dict[str, Mark] = {}
    for mark in marks:
        name = getattr(mark, "name", "")
        if name:
            found.setdefault(name, mark)
    return list(found.values())


def spread(parts: Sequence[Any]) -> Floats:
    """All finite numbers of several arrays."""
    values = np.concatenate([np.ravel(np.asarray(p, float)) for p in parts]) if parts else np.zeros(0)
    return np.asarray(values[np.isfinite(values)], float)
