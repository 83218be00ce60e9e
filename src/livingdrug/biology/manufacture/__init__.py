"""Making the product, and waiting for it: patient constants before infusion. Nothing here is a differential equation.

Each step is a mechanism of parameters and derived constants. What follows from them for each patient (lots that fail,
who drops out, when cells are infused) is worked out where patients are enrolled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from livingdrug.model import Module

# What enrolment asks of the steps before infusion, whichever answers. Of a lot: usable, in_specification, ready (cells
# in the bags), as_made (all of them are the dose), lots (begun at most). Of the days: days (to infusion), lost (with
# lots that failed), making (of a lot), tested (until the last lot failed), in_line (for a slot). Of a line for slots:
# slots, orders, held, irregularity. Of waiting: bridged (1 or 0). Of those who leave: disease_day, other_day, dying,
# survival.
MEANINGS = (
    "usable", "in_specification", "lots", "ready", "as_made", "days", "lost", "making", "tested", "in_line", "slots",
    "orders", "held", "irregularity", "bridged", "disease_day", "other_day", "dying", "survival",
)  # fmt: skip


class Step(Module):
    """A step before infusion.

    each_lot: own parameters that are drawn anew for each lot; takes: own parameter -> path of the number that stands
    for it in each patient, where there is one; carries: path of a number of the therapy -> own constant by which it is
    multiplied; columns: column of the patients' table -> own number; means: what enrolment asks for (MEANINGS) -> own
    number.
    """

    each_lot: ClassVar[tuple[str, ...]] = ()
    takes: ClassVar[Mapping[str, str]] = {}
    carries: ClassVar[Mapping[str, str]] = {}
    columns: ClassVar[Mapping[str, str]] = {}
    means: ClassVar[Mapping[str, str]] = {}
