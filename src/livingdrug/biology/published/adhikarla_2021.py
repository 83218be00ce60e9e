"""CAR-T and a targeted radionuclide against myeloma in mice: radiation kills tumour and CAR-T alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Param, Publishes, State


class Adhikarla2021(Module):
    """Myeloma cells, those irradiated and not yet cleared, CAR-T, and the dose rate of Ac-225 [adhikarla2021].

    The quadratic term of radiation is nil, as in the paper (alpha particles). The dose rate decays from the injection
    on. Leaves out: people, where in the body cells and radionuclide are, what Ac-225 decays to, a largest tumour.
    """

    role = "therapy"

    spared = State("cell", "tumour cells not irradiated (NT)", start=lambda v: v.tumour_at_start)
    irradiated = State("cell", "tumour cells irradiated, not yet cleared (NR)")
    cart = State("cell", "CAR-T (NC)")
    dose_rate = State("Gy/day", "dose rate at the tumour (R)")

    tumour_at_start = Param("cell", "tumour cells injected on day 0")
    growth = Param("1/day", "growth of the tumour (rho)")
    clearance = Param("1/day", "clearance of irradiated tumour cells (kcl)")
    kill = Param("1/cell/day", "killing by a CAR-T cell (k1)")
    expansion = Param("1/cell/day", "expansion of CAR-T by a tumour cell (k2)")
    death = Param("1/day", "death of CAR-T (theta)")
    decay = Param("1/day", "decay and clearance of the radionuclide (lambda)")
    tumour_sensitivity = Param("1/Gy", "radiosensitivity of tumour cells (alphaT)")
    cart_sensitivity = Param("1/Gy", "radiosensitivity of CAR-T (alphaC)")

    infusion = Entry("cell", "CAR-T infusion", into={"cart": 1.0}, product=True)
    radionuclide = Entry("Gy/day", "radionuclide, as the dose rate that it begins with", into={"dose_rate": 1.0})

    tumour = Publishes("cell", "tumour cells (NT + NR)")
    tumour_left = Publishes("1", "tumour relative to that injected")
    cart_share = Publishes("1", "CAR-T for each tumour cell")

    def flows(self, v: Any) -> Iterator[Flow]:
        hit = v.tumour_sensitivity * v.dose_rate
        tumour = v.spared + v.irradiated
        yield Flow("growth", into="spared", rate=v.growth * v.spared)
        yield Flow("irradiation", "spared", "irradiated", hit * v.spared)
        yield Flow("killing", out_of="spared", rate=v.kill * v.spared * v.cart)
        yield Flow("killing of irradiated", out_of="irradiated", rate=v.kill * v.irradiated * v.cart)
        yield Flow("clearance", out_of="irradiated", rate=v.clearance * v.irradiated)
        yield Flow("expansion", into="cart", rate=v.expansion * tumour * v.cart)
        yield Flow("irradiation of CAR-T", out_of="cart", rate=v.cart_sensitivity * v.dose_rate * v.cart)
        yield Flow("death", out_of="cart", rate=v.death * v.cart)
        yield Flow("decay", out_of="dose_rate", rate=v.decay * v.dose_rate)

    def published(self, v: Any) -> dict[str, Any]:
        tumour = v.spared + v.irradiated
        return {"tumour": tumour, "tumour_left": tumour / v.tumour_at_start, "cart_share": v.cart / tumour}
