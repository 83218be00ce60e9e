"""A run of agents followed in time: counts, radius, oxygen, what lies at which depth, and pictures of all cells."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.agents import law
from livingdrug.agents.numbers import Given
from livingdrug.errors import ScenarioError
from livingdrug.whole import real, whole

if TYPE_CHECKING:
    from livingdrug.agents.simulation import Simulation
    from livingdrug.plot.chart import Chart

Floats = NDArray[np.float64]
LONGEST = 120.0  # days
MOST = 200_000  # cells, unless somebody asks for more
MOST_EVER = 2_000_000
SHELL = 25.0  # um, of what is told by depth
CLASSES = (0.5, 1.0, 1.5)  # levels of antigen that part the four classes
SHOWN = 4  # moments by depth in the plot
FEW = 10  # cells in a shell, below which its mean says nothing
PER_MM3 = 1e9  # um^3 in a mm^3

# Column of the table -> unit, words
COLUMNS = {
    "day": ("day", "day"),
    "tumour": ("cell", "tumour cells, dead ones not yet cleared included"),
    "alive": ("cell", "living tumour cells"),
    "car_t": ("cell", "living CAR-T"),
    "bound": ("cell", "CAR-T that hold a tumour cell"),
    "antigen_0": ("cell", "living tumour cells with antigen below 0.5"),
    "antigen_1": ("cell", "living tumour cells with antigen from 0.5 to 1"),
    "antigen_2": ("cell", "living tumour cells with antigen from 1 to 1.5"),
    "antigen_3": ("cell", "living tumour cells with antigen above 1.5"),
    "mean_antigen": ("1", "mean antigen of living tumour cells"),
    "radius": ("um", "distance of the farthest tumour cell from the middle"),
    "half_radius": ("um", "distance within which half of the tumour cells lie"),
    "oxygen": ("mmHg", "mean oxygen at tumour cells"),
    "killed": ("cell", "tumour cells killed so far"),
}


@dataclass(frozen=True)
class Picture:
    """All cells at a moment: place and radius [um] (cells, 4); class of antigen 0 to 3, -1 dead, CAR-T 4, bound 5."""

    day: float
    cells: NDArray[np.float32]
    kind: NDArray[np.int8]


@dataclass(frozen=True)
class Shells:
    """By distance from the middle, in shells of SHELL um: living tumour cells and CAR-T [cell/mm^3], oxygen [mmHg]."""

    day: float
    tumour: Floats
    car_t: Floats
    oxygen: Floats

    @property
    def middles(self) -> Floats:
        """Distance of each shell from the middle [um]."""
        return SHELL * np.arange(0.5, len(self.tumour), dtype=np.float64)


@dataclass
class Course:
    """What a run leaves: a table of COLUMNS, (moments,) each; shells and pictures as they were asked for."""

    given: Given
    seed: int
    table: dict[str, Floats]
    shells: list[Shells] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    def at(self, name: str, day: float) -> float:
        """A column at a day, straight between two moments."""
        return float(np.interp(day, self.table["day"], self.table[name]))

    def plot(self) -> Chart:
        """Numbers of cells, radius and oxygen over time; tumour cells, CAR-T and oxygen by depth at a few moments."""
        return _plot(self)


def follow(
    given: Given,
    days: float | None = None,
    dose: str | float | None = None,
    seed: int = 1,
    threads: int = 1,
    every: float = 0.5,
    pictures: int = 0,
    most: int = MOST,
    told: Callable[[int, int], None] | None = None,
) -> Course:
    """Runs a model of agents: so many days (as the model in shells), looked at every so many days.

    dose: of CAR-T in place of the usual one; pictures: so many of all cells, evenly spread over the days, the first and
    the last included; most: cells at most; told: called with (ticks done, of all). The same seed gives the same bits
    for any number of threads. ScenarioError or EngineError for what cannot be run.
    """
    from livingdrug.agents.simulation import DAY, Simulation

    days = real(given.shells.days if days is None else days, "days")
    every, threads = real(every, "every"), whole(threads, "threads", 1, 256)
    most = whole(most, "cells", 100, MOST_EVER)
    seed = whole(seed, "seed", 0, 2**63 - 1)
    n = given.numbers
    if days > LONGEST:
        raise ScenarioError(f"{days:g} days are too long", where="--days", allowed=f"up to {LONGEST:g}")
    if not n.tick / DAY <= every:
        raise ScenarioError(f"every = {every:g} days", where="--every", allowed=f"{n.tick / DAY:.3g} (a tick) or more")
    doses = given.doses(dose)
    packed = 4 / 3 * math.pi * n.tumour_radius**3 / (6 * 0.75 / math.pi * n.volume)
    if packed + sum(d.cells for d in doses) > most:
        raise ScenarioError(
            f"{packed:,.0f} tumour cells and {sum(d.cells for d in doses):,} CAR-T are too many",
            where="--cells",
            allowed=f"at most {most:,} cells",
            mend="ask for a smaller tumour or dose, or for more cells",
        )
    ticks = math.ceil(days * DAY / n.tick - 1e-9)
    looked = sorted({round(k * every * DAY / n.tick) for k in range(int(days / every + 1e-9) + 1)} | {0, ticks})
    drawn = {round(x) for x in np.linspace(0, ticks, pictures)} if pictures else set()
    sim = Simulation(n, doses, seed, threads, most)
    rows: list[dict[str, float]] = []
    course = Course(given, seed, {})
    shown = {looked[round(x)] for x in np.linspace(0, len(looked) - 1, SHOWN)}
    try:
        for tick in range(ticks + 1):
            if tick in drawn:
                course.pictures.append(_picture(sim))
            if tick in looked:
                rows.append(_row(sim))
            if tick in shown:
                course.shells.append(_shells(sim))
            if told:
                told(tick, ticks)
            if tick < ticks:
                sim.tick()
    finally:
        sim.close()
    course.table = {name: np.array([row[name] for row in rows]) for name in COLUMNS}
    return course


def _row(sim: Simulation) -> dict[str, float]:
    from livingdrug.agents.simulation import DAY

    cells = sim.cells
    tumour, alive = cells.of("kind") == law.TUMOUR, cells.of("state") == law.ALIVE
    living, car_t = tumour & alive, ~tumour & alive
    antigen = cells.of("antigen")[living]
    classes = np.bincount(np.searchsorted(CLASSES, antigen, side="right"), minlength=4)
    away = np.sqrt((cells.of("place")[tumour, :3] ** 2).sum(axis=1))
    oxygen = sim.oxygen_at()[tumour]
    return {
        "day": sim.minutes / DAY,
        "tumour": tumour.sum(),
        "alive": living.sum(),
        "car_t": car_t.sum(),
        "bound": (car_t & (cells.of("partner") >= 0)).sum(),
        **{f"antigen_{k}": x for k, x in enumerate(classes)},
        "mean_antigen": antigen.mean() if len(antigen) else math.nan,
        "radius": away.max() if len(away) else 0.0,
        "half_radius": float(np.median(away)) if len(away) else 0.0,
        "oxygen": oxygen.mean() if len(oxygen) else math.nan,
        "killed": sim.killed,
    }


def _shells(sim: Simulation) -> Shells:
    from livingdrug.agents.simulation import DAY

    cells = sim.cells
    tumour, alive = cells.of("kind") == law.TUMOUR, cells.of("state") == law.ALIVE
    shells = int(sim.n.side / 2 // SHELL)
    which = (np.sqrt((cells.of("place")[:, :3] ** 2).sum(axis=1)) // SHELL).astype(int)
    volume = 4 / 3 * math.pi * SHELL**3 * (3 * np.arange(shells) ** 2 + 3 * np.arange(shells) + 1)

    def density(who: NDArray[np.bool_]) -> Floats:
        counted = np.bincount(which[who & (which < shells)], minlength=shells)
        return np.where(counted > 0, counted, math.nan) / volume * PER_MM3

    within = which < shells
    many = np.bincount(which[within], minlength=shells)
    oxygen = np.bincount(which[within], sim.oxygen_at()[within], shells) / np.maximum(many, 1)
    oxygen[many < FEW] = math.nan
    return Shells(sim.minutes / DAY, density(tumour & alive), density(~tumour & alive), oxygen)


def _picture(sim: Simulation) -> Picture:
    from livingdrug.agents.simulation import DAY

    cells = sim.cells
    dead = cells.of("state") != law.ALIVE
    kind = np.searchsorted(CLASSES, cells.of("antigen"), side="right")
    kind = np.where(cells.of("kind") == law.CAR_T, np.where(cells.of("partner") >= 0, 5, 4), kind)
    kind = np.where(dead, -1, kind).astype(np.int8)
    seen = ~(dead & (cells.of("kind") == law.CAR_T))
    return Picture(sim.minutes / DAY, cells.of("place")[seen].astype(np.float32), kind[seen])


def _plot(course: Course) -> Chart:
    from livingdrug.plot import ticks
    from livingdrug.plot.chart import Chart
    from livingdrug.plot.marks import DASHES, Line, Mark, Panel

    t, days = course.table, course.table["day"]
    x = ticks.linear(0.0, float(days[-1]), label="day")
    most = 1.3 * max(float(t[k].max()) for k in ("tumour", "car_t"))
    low = min(most / 100, max(1.0, 0.5 * float(t["tumour"].min())))
    counts: list[Mark] = [Line(days, np.maximum(t["tumour"], low), name="tumour cells, dead too")]
    if t["car_t"].any():
        counts += [
            Line(days, np.where(t["car_t"] >= low, t["car_t"], math.nan), "green", name="living CAR-T"),
            Line(
                days,
                np.where(t["bound"] >= low, t["bound"], math.nan),
                "green",
                "dashed",
                name="that hold a tumour cell",
            ),
        ]
    panels = [Panel(x, ticks.decades(low, most, label="cells"), tuple(counts), "tumour and CAR-T", keyed=True)]
    radius = (
        Line(days, t["radius"], name="farthest cell"),
        Line(days, t["half_radius"], dash="dashed", name="half of the cells"),
    )
    panels.append(
        Panel(
            x, ticks.linear(0.0, 1.1 * float(t["radius"].max()), label="µm"), radius, "tumour cells within", keyed=True
        )
    )
    oxygen = Line(days, t["oxygen"])
    panels.append(Panel(x, ticks.linear(0.0, 40.0, label="mmHg"), (oxygen,), "oxygen at tumour cells"))
    far = ticks.linear(0.0, float(course.shells[0].middles[-1]), label="µm from the middle")
    for name, words, unit, log in (
        ("tumour", "living tumour cells by depth", "cells/mm³", True),
        ("car_t", "CAR-T by depth", "cells/mm³", True),
        ("oxygen", "oxygen by depth", "mmHg", False),
    ):
        lines = [
            Line(s.middles, getattr(s, name), dash=DASHES[i % len(DASHES)], name=f"day {s.day:.3g}")
            for i, s in enumerate(course.shells)
            if np.isfinite(getattr(s, name)).any()
        ]
        if lines:
            top = 1.3 * max(float(np.nanmax(line.y)) for line in lines)
            y = ticks.decades(top / 1e4, top, label=unit) if log else ticks.linear(0.0, top, label=unit)
            panels.append(Panel(far, y, tuple(lines), words, keyed=True))
    return Chart(
        tuple(panels), alt=f"{course.given.title}: numbers of cells, radius and oxygen over time and by depth."
    )
