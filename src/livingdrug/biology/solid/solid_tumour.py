"""A solid tumour as a ball of tissue: CAR-T come in from its surface and vessels, and meet antigen, crowding and
suppression shell by shell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.solid import CLASSES, Ball, engaged, grip, holds, living, named, vessels
from livingdrug.model import Change, Entry, Field, Flow, Param, Port, Reads, State, Substance, Total
from livingdrug.model.math import maximum


def room_left(v: Any) -> Any:
    """What is left of the space that CAR-T can fill [1]."""
    most = v.car_t_most * v.tissue.volume / v.cell_room
    return maximum(1 - (v.functional + v.exhausted) / most, 0.0)


def inwards(v: Any) -> Any:
    """Speed of CAR-T [um/day], outwards: free ones drift inwards."""
    return -v.drift * (1 - engaged(v))


def loose(v: Any) -> Any:
    """Diffusion of CAR-T [um^2/day]."""
    return v.spread * (1 - engaged(v))


def surroundings(v: Any, spread: Any, loss: Any) -> Any:
    """Resistance [um] of tissue outside in which a substance diffuses and is lost as inside: it fades out there."""
    return v.tissue.radius / (1 + v.tissue.radius * (loss / spread) ** 0.5)


def pd_l1(v: Any) -> Any:
    """PD-L1 on tumour cells [1/um^2], as interferon induces it."""
    return v.pd_l1_least + v.pd_l1_most * v.ifn / (v.ifn + v.ifn_half)


def checked(v: Any) -> Any:
    """What PD-L1 and TGF-beta leave of killing and division [1]."""
    stopped = (pd_l1(v) * (1 - v.deaf_pd_l1) / v.pd_l1_half) ** 2
    return 1 / (1 + stopped) / (1 + v.tgf * (1 - v.deaf_tgf) / v.tgf_half)


def bearing(v: Any) -> Any:
    """Living tumour cells by what CAR-T can hold of them [cell]."""
    return sum(grip(v, k) * named(v, "cells", k) for k in CLASSES)


class SolidTumour(Ball):
    """Tumour cells in six classes of antigen divide where there is oxygen and push outwards; CAR-T drift and diffuse
    inwards, bind, kill and are exhausted; TGF-beta and, through interferon and PD-L1, the killing itself dampen them.

    A radial continuum of the agent-based model of [luque2024]: incompressible tissue with a moving boundary; binding
    takes minutes, hence is in balance; the division cycle has six stages of one mean pace; CAR-T can fill only a
    share of the tissue.
    Leaves out: lesions apart, shapes other than a ball, single cells and chance, pressure on vessels, resident T cells,
    antigen lost anew, angiogenesis.
    """

    role = "tumour"

    antigen_none = Param("1", "antigen up to which CAR-T do not bind, relative to the mean")
    antigen_full = Param("1", "antigen from which CAR-T bind and kill fastest, as the other", above="antigen_none")
    attach = Param("1/day", "binding by a CAR-T among cells of full antigen")
    kill = Param("1/day", "killing by a bound CAR-T at full antigen")
    release = Param("1/day", "release of a bound cell alive")
    car_t_most = Param("1", "most CAR-T for each place of a tumour cell", above=0)
    drift = Param("um/day", "speed of free CAR-T inwards")
    spread = Param("um^2/day", "diffusion of free CAR-T in the tumour")
    entering = Param("1/day", "entry of CAR-T at the surface into the tumour")
    extravasation = Param("uL/um^3/day", "blood from which all CAR-T go into a volume of tumour at its surface")
    car_t_death = Param("1/day", "death of functional CAR-T in the tumour")
    exhaustion = Param("1/day", "exhaustion of bound CAR-T")
    exhausted_death = Param("1/day", "death of exhausted CAR-T")
    exhausted_kill = Param("1", "killing by an exhausted CAR-T relative to a functional one")
    expansion = Param("1/day", "division of bound CAR-T")
    tgf_spread = Param("um^2/day", "diffusion of TGF-beta")
    tgf_loss = Param("1/day", "loss of TGF-beta")
    tgf_dense = Param("nM", "TGF-beta in the midst of dense tumour")
    tgf_half = Param("nM", "TGF-beta that halves killing and division of CAR-T")
    ifn_spread = Param("um^2/day", "diffusion of interferon gamma")
    ifn_loss = Param("1/day", "loss of interferon gamma")
    ifn_dense = Param("nM", "interferon gamma where a bound CAR-T is at every tumour cell's place")
    ifn_half = Param("nM", "interferon gamma that gives half of the PD-L1 it can induce")
    pd_l1_least = Param("1/um^2", "PD-L1 on tumour cells without interferon")
    pd_l1_most = Param("1/um^2", "PD-L1 on tumour cells that interferon can add")
    pd_l1_half = Param("1/um^2", "PD-L1 that halves killing and division of CAR-T")
    blood = Reads("kinetics.blood", "cell/uL", absent=0.0)
    arriving = Reads("kinetics.arriving", "cell/day", absent=0.0)
    hazard = Reads("kinetics.hazard", "1/day", absent=0.0)

    deaf_tgf = Port("1", "share of TGF-beta that CAR-T do not hear", combine="add", exact=True)
    deaf_pd_l1 = Port("1", "share of PD-L1 that CAR-T do not hear", combine="add", exact=True)
    turned = Port("1", "division that PD-L1 adds, relative to that of bound CAR-T", combine="add", exact=True)
    idle = Port("1/day", "division of CAR-T that hold no cell", combine="add", exact=True)
    bystander = Port("1/day", "death of cells beside CAR-T that hold one, at each place", combine="add", exact=True)

    functional = Field("cell", "functional CAR-T", drift=inwards, spread=loose, room=room_left)
    exhausted = Field("cell", "exhausted CAR-T", drift=inwards, spread=loose, room=room_left)
    at_surface = State("cell", "CAR-T at the surface, not yet in the tumour")
    local = Entry("cell", "CAR-T given at the tumour", into={"at_surface": 1.0})

    tgf = Substance(
        "nM",
        "TGF-beta",
        spread=lambda v: v.tgf_spread,
        gain=lambda v: v.tgf_loss * v.tgf_dense * v.cell_room * living(v) / v.tissue.volume,
        loss=lambda v: v.tgf_loss,
        resistance=lambda v: surroundings(v, v.tgf_spread, v.tgf_loss),
    )
    ifn = Substance(
        "nM",
        "interferon gamma",
        spread=lambda v: v.ifn_spread,
        gain=lambda v: v.ifn_loss * v.ifn_dense * v.cell_room * engaged(v) * v.functional / v.tissue.volume,
        loss=lambda v: v.ifn_loss,
        resistance=lambda v: surroundings(v, v.ifn_spread, v.ifn_loss),
    )

    car_t = Total("cell", "CAR-T in the tumour", of=lambda v: v.functional + v.exhausted)
    spent = Total("cell", "exhausted CAR-T in the tumour", of=lambda v: v.exhausted)
    antigen = Total("cell", "tumour cells near vessels, by antigen", of=lambda v: vessels(v) * bearing(v))
    mean_tgf = Total("nM", "mean TGF-beta", of=lambda v: v.tgf * v.tissue.share)
    mean_pd_l1 = Total("1/um^2", "mean PD-L1", of=lambda v: pd_l1(v) * v.tissue.share)

    def flows(self, v: Any) -> Iterator[Flow | Change]:
        yield from super().flows(v)
        shut, room, held = checked(v), room_left(v), holds(v)
        killers, bound = v.functional + v.exhausted_kill * v.exhausted, engaged(v)
        beside = v.bystander * bound * v.functional * v.cell_room / v.tissue.volume
        for k in CLASSES:
            rate = (v.kill * grip(v, k) * held[k] * killers + beside * named(v, "cells", k)) * shut
            yield Flow(f"killing of class {k}", f"cells_{k}", "killed", rate)
        supply = v.extravasation * vessels(v) * v.tissue.volume * v.blood
        yield Flow("arrival", into="at_surface", rate=v.arriving)
        yield Flow("death at the surface", out_of="at_surface", rate=(v.car_t_death + v.hazard) * v.at_surface)
        yield Flow("entry", "at_surface", "functional", v.entering * v.at_surface * v.tissue.surface)
        yield Flow("extravasation", into="functional", rate=supply * room)
        yield Flow("expansion", into="functional", rate=self.dividing(v, shut, bound) * room * v.functional)
        yield Flow("exhaustion", "functional", "exhausted", v.exhaustion * bound * v.functional)
        yield Flow("death of functional CAR-T", out_of="functional", rate=(v.car_t_death + v.hazard) * v.functional)
        yield Flow("death of exhausted CAR-T", out_of="exhausted", rate=(v.exhausted_death + v.hazard) * v.exhausted)

    def dividing(self, v: Any, shut: Any, bound: Any) -> Any:
        """Division of functional CAR-T in a place [1/day]; shut, bound: what suppression leaves, who hold a cell."""
        met = (pd_l1(v) / v.pd_l1_half) ** 2
        return (v.expansion * bound * (1 + v.turned * met / (1 + met)) + v.idle) * shut
