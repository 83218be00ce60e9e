"""Every figure of the house, drawn from invented numbers."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from livingdrug import plot
from livingdrug.plot.style import NARROW, WIDE

_spec = importlib.util.spec_from_file_location("invented", Path(__file__).with_name("invented.py"))
assert _spec and _spec.loader
_invented = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_invented)


@pytest.fixture
def invented() -> ModuleType:
    _invented.LUCK = np.random.default_rng(7)
    return _invented


FIGURES: dict[str, Callable] = {
    "expansion": lambda z, **look: plot.expansion(z.expansion(), **look),
    "cytokines": lambda z, **look: plot.courses(z.cytokines(), **look),
    "leukaemia": lambda z, **look: plot.courses(z.leukaemia(), columns=2, **look),
    "survival": lambda z, **look: plot.survival(
        [z.curve("EFS", 500)], title="Event-free survival", published=[plot.Published(182.6, 73, 60, 82)], **look
    ),
    "survival by arm": lambda z, **look: plot.survival([z.curve("standard", 500), z.curve("half dose", 200)], **look),
    "swimmer": lambda z, **look: plot.swimmer(z.lanes(), z.EVENTS, ends=z.ENDS, well="in remission", **look),
    "presence": lambda z, **look: plot.presence(
        np.arange(0, 1000, 30),
        {"CD19-positive": np.linspace(1, 0.3, 34), "CD19-negative": np.linspace(0.4, 0.1, 34)},
        **look,
    ),
    "grades": lambda z, **look: plot.grades(
        z.worst_grades(), published={"Penn": [plot.Published(0, 77, 66, 86), None]}, **look
    ),
    "beside": lambda z, **look: plot.beside(z.measures(), **look),
    "arms": lambda z, **look: plot.arms(z.rates(), **look),
    "paired": lambda z, **look: plot.paired(
        z.LUCK.lognormal(10, 1, 99),
        z.LUCK.lognormal(9, 1, 99),
        name="Peak",
        unit="copies/µg DNA",
        arms=("a", "b"),
        **look,
    ),
}


@pytest.fixture(params=[(name, width) for name in FIGURES for width in (WIDE, NARROW)], ids=lambda p: f"{p[0]}-{p[1]}")
def figure(request: pytest.FixtureRequest, invented: ModuleType):
    name, width = request.param
    return FIGURES[name](invented, width=width)
