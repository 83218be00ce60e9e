"""Every figure of the house, drawn from invented numbers."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from livingdrug import plot
from livingdrug.plot import scoreboard
from livingdrug.plot.scoreboard import FALSE, NAIVE, Standing

_spec = importlib.util.spec_from_file_location("invented", Path(__file__).with_name("invented.py"))
assert _spec and _spec.loader
_invented = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_invented)


@pytest.fixture
def invented() -> ModuleType:
    _invented.LUCK = np.random.default_rng(7)
    return _invented


FIGURES: dict[str, Callable] = {
    "expansion": lambda z: plot.expansion(z.expansion()),
    "cytokines": lambda z: plot.courses(z.cytokines()),
    "leukaemia": lambda z: plot.courses(z.leukaemia(), columns=2),
    "survival": lambda z: plot.survival([z.curve("EFS", 500)], published=[plot.Published(182.6, 73, 60, 82)]),
    "survival by arm": lambda z: plot.survival([z.curve("standard", 500), z.curve("half dose", 200)]),
    "swimmer": lambda z: plot.swimmer(z.lanes(), z.EVENTS, ends=z.ENDS, well="in remission"),
    "presence": lambda z: plot.presence(
        np.arange(0, 1000, 30),
        {"CD19-positive": np.linspace(1, 0.3, 34), "CD19-negative": np.linspace(0.4, 0.1, 34)},
    ),
    "grades": lambda z: plot.grades(z.worst_grades(), published={"Penn": [plot.Published(0, 77, 66, 86), None]}),
    "beside": lambda z: plot.beside(z.measures()),
    "beside naive transfer": lambda z: plot.beside(
        [{**row, "naive": {"verdict": "inside", "value": 50.0, "low": 40.0, "high": 60.0}} for row in z.measures()]
    ),
    "scores": lambda z: scoreboard.scores(
        [("durability", [Standing(16, 15, 17, 18), Standing(5, 5, 5, 18, NAIVE)]), ("CRS", [Standing(0, 0, 2, 3)])]
    ),
    "wrong truths": lambda z: scoreboard.scores(
        [
            (name, [Standing(38, 36, 41, 44), Standing(x, x - 2, x + 1, 44, FALSE)])
            for name, x in (("a", 31), ("b", 40))
        ],
        [True, False],
    ),
    "flow": lambda z: plot.flow([z.flow("standard", 9), z.flow("half dose", 3)]),
    "journey": lambda z: z.journey(),
    "arms": lambda z: plot.arms(z.rates()),
    "paired": lambda z: plot.paired(
        [
            plot.Paired("Peak", "copies/µg DNA", z.LUCK.lognormal(10, 1, 99), z.LUCK.lognormal(9, 1, 99)),
            plot.Paired("Onset", "d", z.LUCK.integers(1, 9, 99), z.LUCK.integers(1, 9, 99), logarithmic=False),
        ],
        ("standard", "half dose"),
    ),
}


@pytest.fixture(params=FIGURES)
def chart(request: pytest.FixtureRequest, invented: ModuleType) -> plot.Chart:
    """Each figure of the house."""
    return FIGURES[request.param](invented)
