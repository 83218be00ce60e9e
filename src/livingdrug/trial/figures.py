"""The figures of a report: which courses, curves and lanes a reader of a trial wants, drawn from a Result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug import plot
from livingdrug.plot import Course, Published, svg
from livingdrug.plot.style import NARROW, WIDE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLES = 6  # single patients drawn beside the bands
LANES = 40  # patients of the swimmer plot


@dataclass(frozen=True)
class Drawing:
    """A figure for the page: inline SVG for wide and, where it needs another layout, for narrow screens."""

    name: str
    title: str
    caption: str
    wide: str
    narrow: str = ""


@dataclass(frozen=True)
class Shown:
    """How one observable is named and drawn. times, plus: from the model's unit to the shown one."""

    title: str
    unit: str
    floor: float = 0.0
    logarithmic: bool = True
    times: float = 1.0
    plus: float = 0.0
    line: tuple[float, str] | None = None


OBSERVABLES = {
    "assay.qpcr.copies": Shown("CAR-T in blood", "copies/µg DNA", floor=1.0),
    "assay.marrow.blasts": Shown("Blasts in marrow", "%", floor=0.01, times=100.0, line=(5.0, "5 %")),
    "tumour.positive": Shown("{target} kept", "cells", floor=0.5),
    "tumour.negative": Shown("{target} lost or low", "cells", floor=0.5),
    "tumour.sheltered": Shown("Sheltered, cycling slowly", "cells", floor=0.5),
    "b_cells.per_uL": Shown("B cells", "cells/µL", floor=0.01),
    "b_cells.igg": Shown("Immunoglobulin G", "g/L", logarithmic=False),
    "lymphocytes.per_uL": Shown("Lymphocytes of the host", "cells/µL", floor=1.0),
    "leucocytes.neutrophils": Shown("Neutrophils", "cells/µL", floor=1.0),
    "cytokines.ifn_gamma": Shown("IFN-γ", "pg/mL"),
    "cytokines.il6": Shown("IL-6", "pg/mL"),
    "cytokines.crp": Shown("CRP", "mg/L"),
    "cytokines.ferritin": Shown("Ferritin", "µg/L"),
    "physiology.temperature": Shown("Temperature", "°C", logarithmic=False, plus=37.0, line=(38.0, "fever")),
}
LEUKAEMIA = ("assay.marrow.blasts", "tumour.positive", "tumour.negative", "tumour.sheltered")
BLOOD = ("b_cells.per_uL", "b_cells.igg", "lymphocytes.per_uL", "leucocytes.neutrophils")
RELEASE = ("cytokines.ifn_gamma", "cytokines.il6", "cytokines.crp", "cytokines.ferritin", "physiology.temperature")
BANDS = "The line is the median; the darker band holds half of the patients alive and followed, the paler one nine in ten."


def beside(measures: Sequence[Mapping[str, Any]]) -> list[Drawing]:
    """The chart of all measures beside their published values."""
    rows = [{**m, "label": m.get("title") or m["measure"], "unit": words_of(m["unit"])} for m in measures]
    if not any(m.get("published") for m in rows):
        return []
    count = sum(1 for m in rows if m["verdict"] == "inside")
    return [
        _both(
            "beside-chart",
            "Simulated and published, measure by measure",
            "Blue: median and 95 % interval of simulated trials of the published size. Orange: published value and its interval. "
            "A round mark at the left means inside, a cross outside, a hollow square not comparable.",
            f"Chart of {len(rows)} measures, simulated beside published; {count} lie inside. The table below holds the same numbers.",
            lambda width: plot.beside(rows, width=width),
        )
    ]


def _both(name: str, title: str, caption: str, alt: str, draw: Callable[[float], Figure], single: bool = False) -> Drawing:
    """The figure for wide and for narrow screens (one for both, if `single`)."""
    if single:
        return Drawing(name, title, caption, svg.inline(draw(NARROW), name, alt))
    wide, narrow = svg.inline(draw(WIDE), name, alt), svg.inline(draw(NARROW), f"{name}-narrow", alt)
    return Drawing(name, title, caption, wide, narrow)


def words_of(unit: str) -> str:
    """A unit as one reads it."""
    return UNITS.get(unit, unit)


UNITS = {
    "copy/ug": "copies/µg DNA",
    "copy*day/ug": "copies·day/µg DNA",
    "cell": "cells",
    "cell/kg": "cells/kg",
    "cell/uL": "cells/µL",
    "ug/L": "µg/L",
    "day": "d",
    "month": "months",
    "1": "",
}
