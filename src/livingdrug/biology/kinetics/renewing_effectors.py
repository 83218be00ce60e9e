"""CAR-T in the body: effectors that renew themselves while they see antigen, and the memory they leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Param, Port, Publishes, Reads, State
from livingdrug.model.math import minimum

SUBSETS = ("product", "fresh", "settling", "waking", "proliferating", "mature", "memory", "exhausted")


class RenewingEffectors(Module):
    """A few of the infused cells engraft and, after a lag, proliferate while they are engaged with antigen and the host
    is depleted, mature as antigen falls, contract, and leave memory; under antigen effectors become exhausted,
    dividing or not.
    Others of the infused cells work for some days as short-lived effectors that do not expand; the rest is lost.

    Memory, contraction and exhaustion are switched by antigen as in [kirouac2023]; renewal at high antigen replaces
    its division counter, which cannot give an early peak that does not follow dose. Engaged cells stay in tissue:
    their circulating share rises as antigen falls, so that blood rises faster than the body in the same days.
    Blood volume grows with weight; the numbers of cells that the body has room for do not.
    Leaves out: subsets beyond five, CD4 and CD8, organs apart, rejection by antibodies, suppression by the tumour.
    """

    role = "kinetics"

    engraftment = Param("1", "share of infused cells that engraft", most=1)
    memory_share = Param("1", "memory cells among those that engraft")
    distribution = Param("1/day", "rate at which infused cells leave the blood")
    awakening = Param("1/day", "transit rate through each of two stages between engraftment and the first division")
    growth = Param("1/day", "proliferation at full antigen, full cytokine support and far below carrying capacity")
    idle_growth = Param("1", "proliferation without antigen, as a share of that with it (homeostatic expansion)")
    short_lived = Param("1", "share of the cells that do not engraft which work as short-lived effectors", most=1)
    short_loss = Param("1/day", "loss of infused short-lived effectors")
    room = Param("cell", "carrying capacity: CAR-T at which proliferation stops")
    death = Param("1/day", "death of proliferating effectors")
    maturation = Param("1/day", "proliferating to mature effector when antigen is gone")
    contraction = Param("1/day", "death of mature effectors when antigen is gone")
    turnover = Param("1/day", "death of mature effectors at any time")
    to_memory = Param("1", "mature effectors turning memory, relative to those that die, when antigen is gone")
    exhaustion = Param("1/day", "mature effectors becoming exhausted at full antigen")
    exhausted_death = Param("1/day", "death of exhausted cells")
    memory_death = Param("1/day", "death of memory cells in a depleted host")
    host_loss = Param("1/day", "further loss of memory cells at the strongest rejection by the host")
    reactivation = Param("1/day", "memory cells becoming effectors again at full antigen")
    memory_kill = Param("1", "kill by a memory cell relative to an effector")
    exhausted_kill = Param("1", "kill by an exhausted cell relative to an effector")
    circulating = Param("1", "circulating share of cells that see no antigen")
    retention = Param("1", "how strongly engagement holds cells in tissue")
    exchange = Param("1/day", "rate at which the circulating share follows engagement")
    blood_per_kg = Param("uL/kg", "blood volume for each kilogram of body weight")
    one_cell = Param("cell", "about this number a subset can no longer regrow")

    engaged = Reads("encounters.engaged", "1", absent=1.0)
    help = Reads("homeostasis.help", "1", absent=1.0)
    rejection = Reads("rejection.strength", "1", absent=0.0)
    pace = Port("1", "proliferation relative to that without drugs")
    signalling = Port("1", "signalling through the receptor relative to that without drugs", exact=True)
    loss = Port("1/day", "loss of effectors to drugs", combine="add")
    removal = Port("1/day", "loss of CAR-T of every subset to drugs", combine="add", exact=True)
    weight = Covariate("kg", "body weight")
    blood_volume = Derived("uL", "blood volume", lambda v: v.blood_per_kg * v.weight)

    product = State("cell", "infused cells still in blood")
    fresh = State("cell", "infused short-lived effectors in tissue")
    settling = State("cell", "engrafted cells in tissue, first lag stage")
    waking = State("cell", "engrafted cells in tissue, second lag stage")
    proliferating = State("cell", "proliferating effectors")
    mature = State("cell", "mature effectors")
    memory = State("cell", "memory cells")
    exhausted = State("cell", "exhausted cells")
    share = State("1", "circulating share of the cells in the body", start=lambda v: v.circulating)
    infusion = Entry("cell", "CAR-T cells", into={"product": 1.0}, product=True)

    total = Publishes("cell", "CAR-T in the body")
    effector = Publishes("cell", "effector CAR-T")
    tissue = Publishes("cell", "CAR-T in tissue")
    blood = Publishes("cell/uL", "CAR-T in blood")
    killers = Publishes("cell", "CAR-T that kill, in effectors")

    def flows(self, v: Any) -> Iterator[Flow]:
        engaged = minimum(v.engaged, 1.0)
        unengaged = 1 - engaged
        leaving = v.distribution * v.product
        yield Flow("engraftment", out_of="product", into="settling", rate=leaving * v.engraftment)
        missing = leaving * (1 - v.engraftment)
        yield Flow("first work", out_of="product", into="fresh", rate=missing * v.short_lived)
        yield Flow("loss after infusion", out_of="product", rate=missing * (1 - v.short_lived))
        yield Flow("death of short-lived effectors", out_of="fresh", rate=(v.short_loss + v.loss) * v.fresh)
        yield Flow("lag before division", out_of="settling", into="waking", rate=v.awakening * v.settling)
        yield Flow(
            "first differentiation to effectors",
            out_of="waking",
            into="proliferating",
            rate=v.awakening * v.waking * (1 - v.memory_share),
        )
        yield Flow(
            "first differentiation to memory",
            out_of="waking",
            into="memory",
            rate=v.awakening * v.waking * v.memory_share,
        )
        alive = v.proliferating * v.proliferating / (v.proliferating + v.one_cell)
        growth = v.growth * v.pace * v.help * (engaged + v.idle_growth * unengaged) * alive
        yield Flow("proliferation", into="proliferating", rate=growth)
        yield Flow("logistic loss at carrying capacity", out_of="proliferating", rate=growth * self._total(v) / v.room)
        yield Flow("death", out_of="proliferating", rate=(v.death + v.loss) * v.proliferating)
        yield Flow("maturation", out_of="proliferating", into="mature", rate=v.maturation * unengaged * v.proliferating)
        yield Flow("contraction", out_of="mature", rate=(v.contraction * unengaged + v.turnover + v.loss) * v.mature)
        yield Flow(
            "memory formation", out_of="mature", into="memory", rate=v.to_memory * v.contraction * unengaged * v.mature
        )
        yield Flow(
            "exhaustion", out_of="mature", into="exhausted", rate=v.signalling * v.exhaustion * engaged * v.mature
        )
        yield Flow(
            "exhaustion in division",
            out_of="proliferating",
            into="exhausted",
            rate=v.signalling * v.exhaustion * engaged * v.proliferating,
        )
        yield Flow("death of exhausted cells", out_of="exhausted", rate=v.exhausted_death * v.exhausted)
        yield Flow(
            "death of memory cells", out_of="memory", rate=(v.memory_death + v.host_loss * v.rejection) * v.memory
        )
        recalled = v.signalling * v.reactivation * engaged * v.memory * v.memory / (v.memory + v.one_cell)
        yield Flow("reactivation", out_of="memory", into="proliferating", rate=recalled)
        yield Flow("release to blood", into="share", rate=v.exchange * v.circulating / (1 + v.retention * engaged))
        yield Flow("return to tissue", out_of="share", rate=v.exchange * v.share)
        for subset in SUBSETS:
            yield Flow(f"removal of {subset}", out_of=subset, rate=v.removal * getattr(v, subset))

    def published(self, v: Any) -> dict[str, Any]:
        total = self._total(v)
        in_blood = v.product + v.share * total
        effector = v.proliferating + v.mature
        return {
            "total": total + v.product,
            "effector": effector,
            "tissue": (1 - v.share) * total,
            "blood": in_blood / v.blood_volume,
            "killers": v.signalling * (effector + v.fresh + v.memory_kill * v.memory + v.exhausted_kill * v.exhausted),
        }

    @staticmethod
    def _total(v: Any) -> Any:
        return v.settling + v.waking + v.proliferating + v.mature + v.memory + v.exhausted
