"""The days from vein to vein: shipping, a free slot, culture, tests, return, and conditioning."""

from __future__ import annotations

from livingdrug.biology.manufacture import Step
from livingdrug.model import Derived, Param, Reads


class Journey(Step):
    """Vein to vein = shipping + days in line for a slot + culture + tests + return + a bed and conditioning. A lot that
    fails costs the days up to its tests; the next waits for a slot again.

    Leaves out: holidays, cells frozen on purpose, a slot kept for those who are worst.
    """

    role = "journey"
    columns = {"vein_to_vein": "days"}
    means = {"days": "days", "lost": "earlier", "making": "making", "tested": "tested", "in_line": "slot"}
    each_lot = ("slot", "testing")

    earlier = Param("day", "days lost with lots that failed")
    shipping = Param("day", "from collection to the manufacturer")
    slot = Param("day", "waiting for a manufacturing slot")
    testing = Param("day", "release tests")
    returning = Param("day", "from release to the hospital")
    readying = Param("day", "from delivery to infusion: a bed, conditioning")
    culture = Reads("culture.days", "day", absent=9.0)

    making = Derived("day", "from the start of a lot to its tests", lambda v: v.slot + v.culture + v.testing)
    tested = Derived("day", "from collection to the tests of the last lot", lambda v: v.shipping + v.earlier + v.making)
    to_delivery = Derived("day", "from collection to delivery", lambda v: v.tested + v.returning)
    days = Derived("day", "from collection to infusion (vein to vein)", lambda v: v.to_delivery + v.readying)
