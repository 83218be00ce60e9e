"""The page of one question: a plot, for any width and both themes, its table, and what the figures are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.plot import svg
from livingdrug.plot.chart import Chart
from livingdrug.version import __version__

PATIENTS = (
    "These patients do not exist. A simulation is a statement about a model; it cannot say what will happen to any "
    "person."
)


@dataclass(frozen=True)
class Beside:
    """What a page says beside its plot and its table.

    who: what is simulated, in a sentence; picture: a PNG below the plot, with its words; more: another table, folded,
    with what it is, head and rows.
    """

    who: str = PATIENTS
    picture: tuple[bytes, str] | None = None
    more: tuple[str, Sequence[Sequence[str]]] | None = None


def answer(
    kind: str,
    title: str,
    chart: Chart | None,
    cells: Sequence[Sequence[str]],
    *,
    caption: str,
    under: Sequence[str],
    notes: Sequence[str],
    empty: str,
    beside: Beside = Beside(),
) -> str:
    """The page. kind: of question; cells: head and rows of the table; under: lines below it; empty: where no chart."""
    from base64 import b64encode

    from jinja2 import Environment, PackageLoader, StrictUndefined

    shelf = Environment(
        loader=PackageLoader("livingdrug.report", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return shelf.get_template("answer.html.j2").render(
        kind=kind,
        title=title,
        head=cells[0],
        rows=cells[1:],
        caption=caption,
        chart=svg.inline(chart) if chart else "",
        style=svg.style(),
        under=[line for line in under if line],
        notes=notes,
        empty=empty,
        who=beside.who,
        picture=(b64encode(beside.picture[0]).decode(), beside.picture[1]) if beside.picture else None,
        more=beside.more,
        version=__version__,
    )
