"""Tumours and the healthy cells that bear their antigen; what several of them share stands here."""

from __future__ import annotations

from typing import Any

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
