"""Solid tumours in space: what holds in a place `v` of a tumour, and the tumour without CAR-T, made of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from livingdrug.model import Change, Field, Flow, Module, Param, Port, Publishes, State, Substance, Tissue, Total
from livingdrug.model.math import exp, maximum, minimum

CLASSES = range(6)  # of antigen, from none to most
STAGES = range(6)  # of the division cycle


def named(v: Any, name: str, k: int) -> Any:
    """What belongs to a class or stage: v.name_k."""
    return getattr(v, f"{name}_{k}")


def at_start(v: Any, k: int) -> Any:
    """Cells of a class at the start [cell]."""
    return named(v, "share", k) * v.burden


def stage_at_start(v: Any, k: int) -> Any:
    """Share of the cells in a stage of their cycle [1]: all in the first, or as in steady growth, or between."""
    weights = [2.0 ** (-i / len(STAGES)) for i in STAGES]
    return v.synchrony * (1.0 if k == 0 else 0.0) + (1 - v.synchrony) * weights[k] / sum(weights)


def grip(v: Any, k: int) -> Any:
    """Binding and killing of a class relative to full antigen [1]: linear between none and full, then by a gate."""
    seen = minimum(maximum((named(v, "antigen", k) - v.antigen_none) / (v.antigen_full - v.antigen_none), 0.0), 1.0)
    return (seen + named(v, "also", k) * (1 - seen)) * named(v, "only", k)


def living(v: Any) -> Any:
    """Living tumour cells [cell]."""
    return sum(named(v, "cells", k) for k in CLASSES)


def divisions(v: Any, k: int) -> Any:
    """Cells of a class that pass through a whole cycle [cell/day]: by oxygen, and as its antigen drives it."""
    breath = minimum(maximum((v.oxygen - v.oxygen_low) / (v.oxygen_full - v.oxygen_low), 0.0), 1.0)
    pace = maximum(1 + v.advantage * (named(v, "antigen", k) - 1), 0.0) / v.cycle
    return breath * pace * named(v, "cells", k)


def holds(v: Any) -> list[Any]:
    """Share of the CAR-T that hold a cell of each class [1], while binding and release are in balance.

    Total quasi-steady state: never more pairs than there are CAR-T, or cells of the class.
    """
    places = v.tissue.volume / v.cell_room  # of tumour cells, were there nothing else
    crowd = v.functional + v.exhausted
    met = [v.attach * grip(v, k) / (v.kill * grip(v, k) + v.release) for k in CLASSES]
    offered = [b * named(v, "cells", k) / places for k, b in enumerate(met)]
    busy = 1 + sum(offered)
    return [x / (busy + b * crowd / places) for x, b in zip(offered, met, strict=True)]


def engaged(v: Any) -> Any:
    """Share of the CAR-T that hold a cell [1]."""
    return sum(holds(v))


def vessels(v: Any) -> Any:
    """Vessels relative to those at the surface [1]."""
    return exp(-v.tissue.depth / v.vessel_depth)


class Ball(Module):
    """Tumour cells in classes of antigen, which divide where there is oxygen, push outwards and die of want of it."""

    role = "tumour"
    tissue = Tissue("the tumour")
    burden = Param("cell", "tumour cells at the start", least=1000)
    cell_room = Param("um^3/cell", "tissue for each tumour cell, fluid included")
    cycle = Param("day", "mean time between divisions at full oxygen and mean antigen")
    advantage = Param("1", "how far division follows antigen: 1 where the antigen drives it")
    synchrony = Param("1", "share of the cells that begin a division cycle on day 0", most=1)
    turnover = Param("1/day", "death of tumour cells without treatment")
    oxygen_low = Param("mmHg", "oxygen at which division stops")
    oxygen_full = Param("mmHg", "oxygen from which division is fastest", above="oxygen_low")
    anoxia_from = Param("mmHg", "oxygen below which cells die; fastest below half of it")
    anoxia = Param("1/day", "death of want of oxygen at its fastest")
    lysis = Param("1/day", "clearance of cells dead of want of oxygen")
    clearance = Param("1/day", "clearance of killed cells")
    oxygen_spread = Param("um^2/day", "diffusion of oxygen")
    oxygen_use = Param("um^3/cell/day", "uptake of oxygen by a tumour cell, over its concentration")
    oxygen_decay = Param("1/day", "loss of oxygen elsewhere in the tissue")
    oxygen_around = Param("mmHg", "oxygen far outside")
    oxygen_reach = Param("um", "distance from the middle at which oxygen is as far outside")
    perfusion = Param("1/day", "exchange of oxygen with vessels at the tumour's surface")
    vessel_depth = Param("um", "depth at which vessels have thinned out to 37 %")
    blood_oxygen = Param("mmHg", "oxygen in the tumour's vessels")
    one_cell = Param("cell", "below this number a mean over cells means nothing")
    for k in CLASSES:
        vars()[f"antigen_{k}"] = Param("1", f"antigen of class {k}, relative to the mean of all cells at the start")
        vars()[f"share_{k}"] = Param("1", f"share of class {k} among the cells at the start", most=1, part="share")
        vars()[f"also_{k}"] = Port("1", f"what a second receptor sees of class {k}", combine="add", exact=True)
        vars()[f"only_{k}"] = Port("1", f"share of class {k} that a second antigen gives free", exact=True)
    for k in CLASSES:
        vars()[f"cells_{k}"] = Field(
            "cell", f"tumour cells of antigen class {k}", partial(at_start, k=k), takes=lambda v: v.cell_room
        )
    necrotic = Field("cell", "cells dead of want of oxygen", takes=lambda v: v.cell_room)
    killed = Field("cell", "killed cells not yet cleared")
    for k in STAGES:
        vars()[f"stage_{k}"] = State("1", f"tumour cells in stage {k} of the cycle", start=partial(stage_at_start, k=k))
    del k
    oxygen = Substance(
        "mmHg",
        "oxygen",
        spread=lambda v: v.oxygen_spread,
        gain=lambda v: v.perfusion * vessels(v) * v.blood_oxygen,
        loss=lambda v: v.oxygen_use * living(v) / v.tissue.volume + v.oxygen_decay + v.perfusion * vessels(v),
        outside=lambda v: v.oxygen_around,
        resistance=lambda v: v.tissue.radius * maximum(1 - v.tissue.radius / v.oxygen_reach, 0.0),
    )
    alive = Total("cell", "living tumour cells", of=living)
    cells = Total("cell", "tumour cells, dead ones too", of=lambda v: living(v) + v.necrotic + v.killed)
    passing = Total("cell/day", "cells passing their cycle", of=lambda v: sum(divisions(v, k) for k in CLASSES))
    mean_oxygen = Total("mmHg", "mean oxygen", of=lambda v: v.oxygen * v.tissue.share)
    borne = Total("cell", "antigen", of=lambda v: sum(named(v, "antigen", k) * named(v, "cells", k) for k in CLASSES))
    radius = Publishes("um", "radius of the tumour")
    mean_antigen = Publishes("1", "mean antigen of living tumour cells")

    def flows(self, v: Any) -> Iterator[Flow | Change]:
        """What happens in one place without CAR-T."""
        last = len(STAGES) * named(v, "stage", STAGES[-1])
        low = minimum(maximum(2 - 2 * v.oxygen / v.anoxia_from, 0.0), 1.0)
        want = low * low * (3 - 2 * low)
        for k in CLASSES:
            name, n = f"cells_{k}", named(v, "cells", k)
            yield Flow(f"division of class {k}", into=name, rate=last * divisions(v, k))
            yield Flow(f"want of oxygen in class {k}", name, "necrotic", v.anoxia * want * n)
            yield Flow(f"death in class {k}", name, "killed", v.turnover * n)
        yield Flow("clearance", out_of="killed", rate=v.clearance * v.killed)
        yield Flow("lysis", out_of="necrotic", rate=v.lysis * v.necrotic)
        pace = len(STAGES) * v.passing / (v.alive + v.one_cell)
        before, end = 2 * named(v, "stage", STAGES[-1]), named(v, "stage", STAGES[-1])
        for share, k in ((named(v, "stage", k), k) for k in STAGES):
            yield Change(f"stage_{k}", pace * (before - (share + end * share)), "passage through the division cycle")
            before = share

    def published(self, v: Any) -> dict[str, Any]:
        return {"radius": v.tissue.radius, "mean_antigen": v.borne / (v.alive + v.one_cell)}
