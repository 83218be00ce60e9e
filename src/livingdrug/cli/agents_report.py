"""The page of a run of agents: its course, a slice at six moments, doses, and every number with its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from livingdrug.agents import film
from livingdrug.plot.typeset import typeset
from livingdrug.report.answer import Beside, answer

if TYPE_CHECKING:
    from livingdrug.agents.course import Course

WHO = (
    "This is a model of a tumour of less than a millimetre in a dish. There is no patient, no blood and no vessel in "
    "it, and no number of it was measured in a patient."
)
HEADS = {
    "day": "day",
    "tumour": "tumour cells, dead ones too",
    "alive": "living tumour cells",
    "car_t": "living CAR-T",
    "bound": "CAR-T that hold a cell",
    "radius": "farthest tumour cell [µm]",
    "oxygen": "oxygen at tumour cells [mmHg]",
    "mean_antigen": "mean antigen of living cells",
}


def page(
    course: Course,
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    doses: str,
    changed: Mapping[str, object],
    as_published: bool,
) -> str:
    """The page as HTML. names, rows: of the table that is printed; changed: numbers that the user set."""
    given = course.given
    numbers = [
        [path, f"{x.value:g}", x.unit, f"{x.kind}: {', '.join(t for t in (x.source, x.where, x.why) if t)}"]
        for path, x in given.parameters.items()
    ]
    set_here = ", ".join(f"{path} = {value}" for path, value in changed.items())
    return typeset(
        answer(
            "a tumour cell by cell",
            given.title,
            course.plot(),
            [[HEADS[n] for n in names], *rows],
            caption=f"One run, with seed {course.seed}; another seed gives another course. The table has a dozen "
            "moments at most.",
            under=(
                f"CAR-T given: {doses}.",
                f"Changed here: {set_here}." if changed else "",
                "With two habits of the published codes: how CAR-T move, and how oxygen is worked out." * as_published,
                " ".join(given.about.replace("`", "").split()),
                *(f"[{key}] {source}" for key, source in given.sources.items()),
            ),
            notes=(),
            empty="",
            beside=Beside(
                WHO,
                (film.sheet(course), "A slice through the middle at six moments; each cell is as wide as it is cut."),
                ("Every number, with its source", [["number", "value", "unit", "source"], *numbers]),
            ),
        )
    )
