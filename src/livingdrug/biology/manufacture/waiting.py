"""What happens while the patient waits: the tumour grows, bridged or not, and some do not reach infusion."""

from __future__ import annotations

from typing import Any

from livingdrug.biology.manufacture import Step
from livingdrug.model import Derived, Param, Reads
from livingdrug.model.math import exp, log, maximum, minimum, where


def for_disease(v: Any) -> Any:
    """Day of waiting on which the disease takes a patient out: the cumulative hazard disease_rate x start x
    (exp(rise t) - 1) / rise passes -log(draw)."""
    rise = maximum(v.hazard_power * v.net_growth, 1e-6 * v.disease_rate)
    return log(1 - log(v.disease_draw) * rise / (v.disease_rate * v.start)) / rise


class Waiting(Step):
    """The burden of the population is the one after its usual wait: a longer wait adds to it, a shorter one spares it.
    The hazard of dropping out for the disease rises with a power of the burden of that moment; other causes have a
    hazard of their own. Who drops out for the disease has progressed, or has died.

    Leaves out: bridging chosen by burden, its toxicity and complications, a patient's own wish, growth that slows.
    """

    role = "waiting"
    means = {x: x for x in ("bridged", "disease_day", "other_day", "dying", "survival")}
    takes = {"burden": "tumour.burden", "bridged": "bridged"}
    carries = {"tumour.burden": "swelling"}

    growth = Param("1/day", "net growth of the tumour while waiting, without bridging")
    bridged = Param("1", "1: treated while waiting (bridging)", most=1)
    bridging_effect = Param("1", "share of the growth that bridging takes away", most=1)
    usual_days = Param("day", "wait after which the population's burden was described")
    most_swelling = Param("1", "largest change of the burden by a longer wait")
    burden = Param("cell", "tumour cells at conditioning after the usual wait")
    disease_rate = Param("1/day", "hazard of dropping out for the disease at the reference burden")
    reference_burden = Param("cell", "burden at which that hazard holds")
    hazard_power = Param("1", "power of the burden on that hazard")
    other_rate = Param("1/day", "hazard of dropping out for another reason")
    disease_draw = Param("1", "uniform draw of the day on which the disease takes a patient out")
    other_draw = Param("1", "uniform draw of the day on which something else does")
    dying_share = Param("1", "share of those taken out by the disease who die of it then", most=1)
    dying_draw = Param("1", "uniform draw of that share")
    death_rate = Param("1/day", "hazard of death of those who get no cells")
    death_draw = Param("1", "uniform draw of the day of that death")
    days = Reads("journey.days", "day", absent=30.0)

    net_growth = Derived("1/day", "net growth while waiting", lambda v: v.growth * (1 - v.bridging_effect * v.bridged))
    swelling = Derived(
        "1",
        "burden at conditioning relative to that after the usual wait",
        lambda v: minimum(exp(v.net_growth * (v.days - v.usual_days)), v.most_swelling),
    )
    start = Derived(
        "1",
        "hazard at collection relative to that at the reference burden",
        lambda v: exp(v.hazard_power * (log(v.burden / v.reference_burden) - v.net_growth * v.usual_days)),
    )
    disease_day = Derived(
        "day",
        "day of waiting on which the disease takes the patient out; at most ten waits",
        lambda v: minimum(for_disease(v), 10 * v.days),
    )
    other_day = Derived(
        "day",
        "day of waiting on which something else does; at most ten waits",
        lambda v: minimum(-log(v.other_draw) / v.other_rate, 10 * v.days),
    )
    dying = Derived(
        "1", "1: dies where the disease takes the patient out", lambda v: where(v.dying_draw < v.dying_share, 1.0, 0.0)
    )
    survival = Derived(
        "day",
        "days from leaving without cells to death",
        lambda v: -log(v.death_draw) / v.death_rate,
    )
