"""A figure that a user holds: it shows itself in a notebook, becomes a matplotlib figure, and is written to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug import whole
from livingdrug.errors import ScenarioError
from livingdrug.files import disk
from livingdrug.plot import paper, svg
from livingdrug.plot.marks import Content
from livingdrug.plot.style import WIDE, Theme

FORMATS = (".png", ".svg", ".pdf")

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Chart(Content):
    """Panels or lanes, ready to be drawn.

    >>> chart = result.vpc("cytokines.il6", patients=20).chart
    >>> len(chart.figure(width=7).axes) == len(chart.panels)
    True
    """

    def figure(self, theme: Theme = "light", width: float = WIDE) -> Figure:
        """The chart as a matplotlib figure, `width` [in] wide."""
        return paper.figure(self, theme, width)

    def save(self, path: str | Path, theme: Theme = "light", width: float = WIDE) -> None:
        """Write the chart to a PNG, SVG or PDF file, `width` [in] wide."""
        file = whole.path(path, "path")
        if file.suffix.lower() not in FORMATS:
            said = f"'{file.name}' ends in none of the formats of a figure"
            raise ScenarioError(said, allowed=", ".join(FORMATS), mend=f"write {file.with_suffix('.png').name}")
        with disk(file):
            self.figure(theme, width).savefig(file)

    def _repr_html_(self) -> str:
        return f"<style>{svg.style()}</style>{svg.inline(self)}"
