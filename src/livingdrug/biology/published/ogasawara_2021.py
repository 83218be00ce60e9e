"""CAR-T copies in blood as a clock with a lag: a flat start, growth to the peak day, then two declines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Break, Derived, Flow, Module, Param, Publishes, State
from livingdrug.model.math import exp, log, where


class Ogasawara2021(Module):
    """Piecewise cellular kinetics with a lag, lymphoma [ogasawara2021].

    Leaves out: the dip after infusion (the lag is flat), tumour, B cells, covariates, what dose and conditioning do.
    """

    role = "therapy"

    growing = State("copy/ug", "transgene of cells that wait, grow, then contract", start=lambda v: v.first)
    lasting = State("copy/ug", "transgene of cells that persist")

    lag = Param("day", "days before growth begins (Tlag)")
    doubling = Param("day", "doubling time while growing (DT)")
    peak_day = Param("day", "day of the peak (Tmax)")
    peak = Param("copy/ug", "transgene at the peak (Cmax)")
    first_half_life = Param("day", "half-life just after the peak")
    last_half_life = Param("day", "half-life of the persisting share")
    lasting_share = Param("1", "share of the peak that persists (FB)")

    growth = Derived("1/day", "growth rate (rho)", lambda v: log(2.0) / v.doubling)
    contraction = Derived("1/day", "decline just after the peak (alpha)", lambda v: log(2.0) / v.first_half_life)
    fading = Derived("1/day", "decline of the persisting share (beta)", lambda v: log(2.0) / v.last_half_life)
    settling = Derived(
        "1/day", "passage to the persisting cells", lambda v: v.lasting_share * (v.contraction - v.fading)
    )
    first = Derived("copy/ug", "transgene at infusion (R0)", lambda v: v.peak * exp(-v.growth * (v.peak_day - v.lag)))
    begin = Break("lag")
    turn = Break("peak_day")

    transgene = Publishes("copy/ug", "transgene in blood")

    def flows(self, v: Any) -> Iterator[Flow]:
        before = where(v.time <= v.peak_day, 1.0, 0.0)
        awake = where(v.time <= v.lag, 0.0, 1.0)
        yield Flow("growth", into="growing", rate=v.growth * v.growing * before * awake)
        yield Flow("contraction", out_of="growing", rate=(v.contraction - v.settling) * v.growing * (1.0 - before))
        yield Flow("settling", out_of="growing", into="lasting", rate=v.settling * v.growing * (1.0 - before))
        yield Flow("fading", out_of="lasting", rate=v.fading * v.lasting)

    def published(self, v: Any) -> dict[str, object]:
        return {"transgene": v.growing + v.lasting}
