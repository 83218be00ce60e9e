"""Manufacturing slots of limited number, for which orders queue."""

from __future__ import annotations

from livingdrug.biology.manufacture import Step
from livingdrug.model import Derived, Param, Reads


class Slots(Step):
    """Orders arrive by chance and each holds a slot for the days of culture and turnover; who finds none free waits in
    line. Where this role is filled, the days in line take the place of `journey.slot`.

    The line is simulated order by order in its steady state, and judged against Erlang's formula.
    Leaves out: slots booked ahead, several sites, orders called off while waiting.
    """

    role = "slots"
    means = {"slots": "number", "orders": "orders", "held": "held", "irregularity": "irregularity"}

    number = Param("1", "slots that run side by side")
    orders = Param("1/day", "orders that arrive")
    turnover = Param("day", "days that a slot is held beyond the days of culture")
    irregularity = Param("1", "standard deviation of the days a slot is held, relative to their mean")
    culture = Reads("culture.days", "day", absent=9.0)

    held = Derived("day", "days that an order holds a slot, on average", lambda v: v.culture + v.turnover)
    load = Derived("1", "share of the slots that is held", lambda v: v.orders * v.held / v.number)
