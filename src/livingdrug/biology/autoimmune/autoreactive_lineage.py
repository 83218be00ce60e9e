"""Autoreactive B-cell lineage: memory cells, plasmablasts and long-lived plasma cells; their antibody; the disease."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Derived, Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import hill, maximum, where


class AutoreactiveLineage(Module):
    """Memory B cells of the autoreactive clones feed plasmablasts, these leave a few long-lived plasma cells, and both
    make the autoantibody. CAR-T kill what bears their target: with CD19 memory cells and plasmablasts, and not the
    long-lived; how much of the antibody is left is the share of the long-lived.

    Our own structure. Memory cells are counted one by one when few: a disease ends when the last is gone, and comes
    back from those that tissue sheltered. Disease activity follows antibody and memory with a delay; too little of it
    shows no sign. All relative to before treatment.
    Leaves out: new autoreactive cells among those that return, T cells, immune complexes, organs apart and damage that
    stays, drugs against the disease (they had failed, and are stopped), germinal centres, antibody in tissue.
    """

    role = "autoimmunity"

    memory_start = Param("cell", "autoreactive memory B cells before conditioning")
    growth = Param("1/day", "net growth of autoreactive memory cells far below their number before conditioning")
    turnover = Param("1/day", "death of autoreactive memory cells without treatment")
    kill = Param("1/day", "largest kill rate by CAR-T")
    half_killers = Param("cell", "EC50: CAR-T giving half the largest kill")
    power = Param("1", "Hill coefficient of the kill in CAR-T")
    access = Param("1", "kill in the tissue where these cells live, relative to that in blood")
    memory_seen = Param(
        "1", "share of the kill that meets memory cells: 1 where they bear the target, 0 where not", most=1
    )
    plasmablasts_seen = Param("1", "the same, of plasmablasts")
    long_lived_seen = Param("1", "the same, of long-lived plasma cells")
    conditioning_kill = Param("1", "kill by conditioning relative to lymphocytes")
    plasmablast_loss = Param("1/day", "loss and replacement of plasmablasts at rest")
    long_lived_loss = Param("1/day", "loss and replacement of long-lived plasma cells at rest")
    long_lived_share = Param("1", "autoantibody made by long-lived plasma cells, as a share of all before treatment")
    antibody_start = Param("1", "autoantibody before treatment, in multiples of the upper limit of normal")
    antibody_loss = Param("1/day", "loss of the autoantibody")
    complement_start = Param("g/L", "complement C3 before treatment")
    complement_normal = Param("g/L", "complement C3 without consumption")
    complement_low = Param("g/L", "lower limit of normal of complement C3")
    complement_loss = Param("1/day", "catabolism of complement C3")
    cellular = Param("1", "share of the drive of disease that is of memory cells, not of antibody", most=1)
    resolution = Param("1/day", "rate at which activity follows its drive")
    subclinical = Param("1", "activity, relative to that before treatment, below which there is no sign")
    signs_start = Param("1", "points of the score for signs and symptoms before treatment")
    antibody_points = Param("1", "points of the score for autoantibody above normal")
    complement_points = Param("1", "points of the score for low complement")
    killers = Reads("kinetics.killers", "cell", absent=0.0)
    chemotherapy = Reads("lymphocytes.kill", "1/day", absent=0.0)

    consumption = Derived(
        "1",
        "complement consumed before treatment, relative to its catabolism",
        lambda v: maximum(0.0, v.complement_normal / v.complement_start - 1),
    )
    memory = State("cell", "autoreactive memory B cells", start=lambda v: v.memory_start, clone=True)
    plasmablasts = State("1", "autoreactive plasmablasts, relative to before treatment", start=1.0)
    long_lived = State("1", "autoreactive long-lived plasma cells, relative to before treatment", start=1.0)
    antibody = State("1", "autoantibody, relative to before treatment", start=1.0)
    complement = State("g/L", "complement C3", start=lambda v: v.complement_normal / (1 + v.consumption))
    activity = State("1", "disease activity, relative to before treatment", start=1.0)

    titre = Publishes("1", "autoantibody, in multiples of the upper limit of normal")
    signs = Publishes("1", "points of the score for signs and symptoms")
    score = Publishes("1", "points of the score, with those for autoantibody and complement")

    def flows(self, v: Any) -> Iterator[Flow]:
        killed = v.kill * v.access * hill(v.killers, v.half_killers, v.power)
        full = v.memory / v.memory_start
        chemotherapy = v.conditioning_kill * v.chemotherapy
        yield Flow("memory division", into="memory", per="memory", rate=v.growth + v.turnover)
        yield Flow("memory death", out_of="memory", per="memory", rate=v.turnover + v.growth * full)
        yield Flow("memory kill", out_of="memory", per="memory", rate=v.memory_seen * killed + chemotherapy)
        yield Flow("plasmablasts made", into="plasmablasts", rate=v.plasmablast_loss * full)
        yield Flow(
            "plasmablasts lost",
            out_of="plasmablasts",
            rate=(v.plasmablast_loss + v.plasmablasts_seen * killed + chemotherapy) * v.plasmablasts,
        )
        yield Flow("long-lived cells settle", into="long_lived", rate=v.long_lived_loss * v.plasmablasts)
        yield Flow(
            "long-lived cells lost",
            out_of="long_lived",
            rate=(v.long_lived_loss + v.long_lived_seen * killed) * v.long_lived,
        )
        made = (1 - v.long_lived_share) * v.plasmablasts + v.long_lived_share * v.long_lived
        yield Flow("antibody secretion", into="antibody", rate=v.antibody_loss * made)
        yield Flow("antibody catabolism", out_of="antibody", rate=v.antibody_loss * v.antibody)
        yield Flow("complement synthesis", into="complement", rate=v.complement_loss * v.complement_normal)
        used = v.complement_loss * (1 + v.consumption * v.antibody)
        yield Flow("complement catabolism", out_of="complement", rate=used * v.complement)
        drive = v.cellular * full + (1 - v.cellular) * v.antibody
        yield Flow("flare", into="activity", rate=v.resolution * drive)
        yield Flow("resolution", out_of="activity", rate=v.resolution * v.activity)

    def published(self, v: Any) -> dict[str, Any]:
        titre = v.antibody_start * v.antibody
        signs = v.signs_start * maximum(0.0, (v.activity - v.subclinical) / (1 - v.subclinical))
        serology = v.antibody_points * where(titre > 1.0, 1.0, 0.0)
        low = where(v.complement < v.complement_low, 1.0, 0.0)
        return {"titre": titre, "signs": signs, "score": signs + serology + v.complement_points * low}
