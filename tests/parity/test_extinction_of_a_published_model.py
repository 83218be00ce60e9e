"""Kimmel 2021: the tumour of the virtual patient dies out by chance as the analytic formula says."""

import numpy as np
import pytest

from livingdrug import library
from livingdrug.biology.published.kimmel_2021 import Kimmel2021
from livingdrug.engine import cache
from livingdrug.engine.plan import Patients, Plan
from livingdrug.engine.run import simulate
from livingdrug.model import Module, Param, Reads, State, assemble
from livingdrug.model.declare import Flow

N, DAYS = 4_000, 90.0


class Integral(Module):
    """Q' = death / cells, without extinction."""

    role = "integral"
    q = State("1", "integral of death over cells")
    tumour = Reads("therapy.tumour", "cell")
    car_t = Reads("therapy.car_t", "cell/uL")
    turnover, kill, half = Param("1/day", "as there"), Param("1/day", "as there"), Param("cell/uL", "as there")

    def flows(self, v):
        yield Flow("up", into="q", rate=(v.turnover + v.kill * v.car_t / (v.half + v.car_t)) / v.tumour)


def values():
    data = library.find("models", "kimmel_2021").data["therapy"]
    return {f"therapy.{name}": float(p["value"]) for name, p in data.items()}


def course(model, numbers, n, extinction, program=None):
    ticks = np.arange(0.0, DAYS + 0.01, 0.25)
    t = len(ticks)
    plan = Plan(
        0.0,
        DAYS,
        ticks,
        np.zeros(t, np.int64),
        np.isin(ticks, [DAYS]),
        np.ones(t, bool),
        ("therapy.tumour",),
        1,
        extinction=extinction,
    )
    dose = np.tile([[0.0, model.inputs.index("therapy.infusion"), 1.8e8, 0.0]], (n, 1, 1))
    return simulate(
        model, plan, Patients(np.arange(n), numbers, np.zeros((n, 0)), dose, np.zeros((n, 0)), 1), program=program
    )


@pytest.mark.parametrize("growth", [0.105, 0.12, 0.14])
def test_cure_by_chance(growth):
    numbers = {**values(), "therapy.tumour_growth": growth}
    both = assemble(Kimmel2021, Integral)
    smooth = course(
        both,
        {
            **numbers,
            "integral.turnover": numbers["therapy.tumour_turnover"],
            "integral.kill": numbers["therapy.kill"],
            "integral.half": numbers["therapy.half_kill"],
        },
        1,
        False,
        cache.plain(both),
    )
    at = both.states.index
    founders = numbers["therapy.tumour_at_infusion"] * numbers["therapy.density"]
    cells, q = smooth.final[0, at("therapy.tumour")], smooth.final[0, at("integral.q")]
    lam = 1 / (1 / founders + q)
    p = np.exp(-lam)  # (1 - lam/n0)**n0 for so many founders
    out = course(assemble(Kimmel2021), numbers, N, True)
    alive = out.final[:, 2]
    assert abs((alive == 0).mean() - p) < 3 * np.sqrt(p * (1 - p) / N) + 1e-9, ((alive == 0).mean(), p)
    survivors = alive[alive > 0]
    assert abs(survivors.mean() - cells / (1 - p)) < 3 * survivors.std() / np.sqrt(len(survivors))
