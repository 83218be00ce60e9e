"""CAR-T copies in blood as a clock: growth until a patient's own peak day, then a fast and a slow decline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Break, Derived, Flow, Module, Param, Publishes, State, Switch
from livingdrug.model.math import exp, log, maximum, where


class Stein2019(Module):
    """Piecewise cellular kinetics of CD19 CAR-T by qPCR [stein2019].

    A given tocilizumab (steroid) changes the growth rate from then on, while growth lasts; the level at infusion is
    kept, so that the peak moves. Leaves out: distribution after infusion, tumour, B cells, relapse, a second dose,
    how lymphodepletion acts.
    """

    role = "therapy"

    growing = State("copy/ug", "transgene of cells that grow, then contract", start=lambda v: v.first)
    lasting = State("copy/ug", "transgene of cells that persist")

    fold = Param("1", "fold expansion from infusion to peak (F)")
    peak_day = Param("day", "day of the peak (Tmax)")
    peak = Param("copy/ug", "transgene at the peak (Cmax)")
    contraction = Param("1/day", "decline just after the peak (alpha)")
    lasting_share = Param("1", "share of the peak that persists (FB)")
    fading = Param("1/day", "decline of the persisting share (beta)")
    with_tocilizumab = Param("1", "growth rate after tocilizumab, as a multiple (Ftoci)")
    with_steroids = Param("1", "growth rate after steroids, as a multiple (Fster)")
    dose = Param("cell/kg", "CAR-T cells infused")
    usual_dose = Param("cell/kg", "dose at which the peak is as given")
    dose_power = Param("1", "power of the dose in the peak")
    no_fludarabine = Param("1", "1 when conditioned without fludarabine, else 0")
    fludarabine_effect = Param("1", "change of ln(peak) without fludarabine")

    tocilizumab = Switch("tocilizumab has been given")
    steroids = Switch("steroids have been given")

    first = Derived(
        "copy/ug",
        "transgene at infusion (R0)",
        lambda v: (
            v.peak / v.fold * (v.dose / v.usual_dose) ** v.dose_power * exp(v.fludarabine_effect * v.no_fludarabine)
        ),
    )
    growth = Derived("1/day", "growth rate before the peak (rho)", lambda v: log(v.fold) / v.peak_day)
    settling = Derived(
        "1/day",
        "passage to the persisting cells (k)",
        lambda v: maximum(v.lasting_share * (v.contraction - v.fading), 0.0 * v.contraction),
    )
    restart = Break("peak_day")

    transgene = Publishes("copy/ug", "transgene in blood")

    def flows(self, v: Any) -> Iterator[Flow]:
        before = where(v.time <= v.peak_day, 1.0, 0.0)
        drugs = (1.0 + (v.with_tocilizumab - 1.0) * v.tocilizumab) * (1.0 + (v.with_steroids - 1.0) * v.steroids)
        yield Flow("growth", into="growing", rate=v.growth * drugs * v.growing * before)
        yield Flow("contraction", out_of="growing", rate=(v.contraction - v.settling) * v.growing * (1.0 - before))
        yield Flow("settling", out_of="growing", into="lasting", rate=v.settling * v.growing * (1.0 - before))
        yield Flow("fading", out_of="lasting", rate=v.fading * v.lasting)

    def published(self, v: Any) -> dict[str, object]:
        return {"transgene": v.growing + v.lasting}
