"""Tumours and the healthy cells that bear their antigen; what several of them share stands here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Derived, Flow, Module, Param, Reads
from livingdrug.model.math import hill, log, smooth_step


def resistance_below(v: Any) -> Any:
    """Fitness [1] below which the tumour of a patient resists, from the share of patients in whom it does.

    The logistic curve with slope 1.702 stands for the normal distribution (error below 0.01).
    """
    return (log(v.resistant_share) - log(1 - v.resistant_share)) / 1.702


def vulnerable(v: Any) -> Any:
    """Kill in a patient relative to a fully vulnerable tumour [1]: low where the patient's T cells are unfit."""
    return v.resistant_kill + (1 - v.resistant_kill) * smooth_step(v.fitness, v.resistance_below, 0.12)


def kill_at(v: Any, density: Any) -> Any:
    """Largest kill [1/day] of cells with so many antigens [molecule/cell]."""
    return v.kill * v.vulnerable * hill(density, v.half_density, v.density_power)


def second_kill(v: Any, density: Any) -> Any:
    """Kill through a second receptor, as a share of the largest [1]: none (below 1e-40) where the product has none."""
    return hill(density, v.second_half, v.second_power)


def kill_either(v: Any, first: Any, second: Any) -> Any:
    """Largest kill [1/day] of cells with so much of the first and of the second antigen [molecule/cell].

    An OR gate: either receptor is enough, and what one leaves the other may take.
    """
    spared = (1 - hill(first, v.half_density, v.density_power)) * (1 - second_kill(v, second))
    return v.kill * v.vulnerable * (1 - spared)


def mutation(v: Any, share: Any) -> Any:
    """Chance of a loss [1] at each division at which growth from one cell to the burden makes this share of losses."""
    return share * v.growth / ((v.growth + v.turnover) * log(2.0 + v.burden / v.founder))


class TwoAntigens(Module):
    """A tumour whose cells are told apart by two antigens: what each disease adds to its clones of one antigen."""

    density_second = Param("molecule/cell", "second antigen on a cell that has it")
    density_second_lost = Param("molecule/cell", "second antigen on a cell that has lost it")
    second_lost_share = Param("1", "cells that have lost the second antigen at the start, as a share of the burden")
    founder = Param("cell", "cells from which the disease grew")
    second_signal = Param("1", "antigen signal of a cell that the second receptor alone sees, relative to both")
    second_half = Reads("second_receptor.half_density", "molecule/cell", absent=1e30)
    second_power = Reads("second_receptor.density_power", "1", absent=2.0)

    seen_second = Derived(
        "1",
        "kill through the second receptor where its antigen is there, as a share of the largest",
        lambda v: second_kill(v, v.density_second),
    )
    losing = Derived("1", "loss of the first antigen at a division", lambda v: mutation(v, v.negative_share))
    losing_second = Derived("1", "loss of the second at a division", lambda v: mutation(v, v.second_lost_share))

    @staticmethod
    def losses(v: Any) -> Iterator[Flow]:
        """Cells that lose an antigen as they divide."""
        for kept, lost, chance in (
            ("positive", "negative", v.losing),
            ("second_lost", "neither", v.losing),
            ("positive", "second_lost", v.losing_second),
            ("negative", "neither", v.losing_second),
        ):
            rate = (v.growth + v.turnover) * chance
            yield Flow(f"{kept} to {lost}", out_of=kept, into=lost, per=kept, rate=rate)
