"""The 29-state model that the engine's speed is measured on: as large and as stiff as a therapy model, its values
illustrative only.

CAR-T effector, memory and exhausted cells in blood and tissue, two tumour clones, B cells, lymphocytes, homeostatic
cytokines, the cytokine cascade, tocilizumab with full receptor binding, fludarabine, cyclophosphamide, neutrophil
maturation, temperature.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.plan import Patients, Plan
from livingdrug.model import Change, Entry, Model, Module, Param, State, assemble
from livingdrug.model.math import hill
from livingdrug.rng import normal

# fmt: off
SPREAD: dict[str, tuple[float, float]] = {  # median, coefficient of variation
    "kbt": (3.0, .3), "ktb": (0.8, .3), "kbtM": (2.0, .3), "ktbM": (0.9, .3), "kbtX": (1.5, .3), "dE": (0.25, .4),
    "dM": (0.012, .4), "dX": (0.12, .4), "rE": (1.7, .25), "rM": (0.05, .4), "kME": (0.35, .3), "kEX": (0.09, .5),
    "kEM": (0.05, .5), "Cmax": (3000., .5), "wB": (2.0, .3), "KA": (3.0, .5), "nA": (1.3, .1), "K7": (30., .3),
    "K15": (25., .3), "n15": (1.6, .1), "kkill": (1.6, .4), "KT": (120., .6), "nT": (1.4, .1), "gT": (0.035, .4),
    "gN": (0.03, .4), "Tmax": (2000., .3), "muN": (2e-5, .8), "kby": (0.05, .5), "Kby": (60., .4), "kB": (0.02, .4),
    "B0": (2.0, .4), "kL": (0.03, .3), "L0": (1.5, .3), "a7": (1.0, .3), "EF": (1.2, .3), "KF": (0.35, .4),
    "nF": (1.5, .1), "EC": (2.0, .3), "KC": (4.0, .4), "nC": (2.0, .1), "k7": (3.0, .3), "I70": (8.0, .3),
    "k15": (12.0, .3), "I150": (6.0, .3), "m15": (1.5, .3), "sIF": (3.0, .5), "bIF": (1.0, .3), "kIF": (6.0, .3),
    "kMa": (1.8, .3), "KIF": (40., .5), "nIF": (2.0, .1), "Mmax": (10., .3), "kMd": (0.5, .3), "b6": (50., .3),
    "s6": (800., .5), "s6k": (20., .5), "k6": (16.0, .3), "bCRP": (3.0, .3), "sCRP": (180., .3), "KCRP": (60., .4),
    "nCRP": (1.5, .1), "kCRP": (0.9, .2), "kel": (0.08, .3), "k12": (0.25, .3), "k21": (0.3, .3), "kon": (0.05, .3),
    "koff": (0.5, .3), "kdeg": (2.0, .3), "kint": (1.0, .3), "R0": (5.0, .3), "VT": (3.5, .2), "kF": (5.0, .3),
    "kF12": (8.0, .3), "kF21": (2.5, .3), "VF": (40., .2), "kC": (4.0, .3), "fC": (6.0, .2), "kCm": (12.0, .3),
    "VC": (35., .2), "ktr": (0.9, .2), "gam": (0.17, .2), "A0": (4.0, .3), "slF": (0.8, .3), "slC": (0.08, .3),
    "kt1": (0.8, .3), "kt2": (0.4, .3), "ktemp": (8., .3), "KTm": (100., .3), "nTm": (1.2, .1),
    "burden": (60., 1.3),
}
# fmt: on
FLUDARABINE, CYCLOPHOSPHAMIDE, TOCILIZUMAB, CELLS = 54.0, 900.0, 560 / 0.148, 2.0  # amounts


class _Values(type):
    """Declares one parameter for each name in SPREAD."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
        for p in SPREAD:
            body[p] = Param("1", p)
        return super().__new__(mcs, name, bases, body)


class Study(Module, metaclass=_Values):
    """All 29 states in one module."""

    role = "study"
    E_b, M_b, X_b, E_t, M_t, X_t = (State("1", f"CAR-T {x}") for x in ("E_b", "M_b", "X_b", "E_t", "M_t", "X_t"))
    TP = State("1", "antigen-positive tumour", start=lambda v: v.burden)
    TN = State("1", "antigen-negative tumour", start=lambda v: 1e-4 * v.burden)
    B = State("1", "B cells", start=lambda v: v.B0)
    L = State("1", "lymphocytes", start=lambda v: v.L0)
    IL7 = State("1", "interleukin 7", start=lambda v: v.I70)
    IL15 = State("1", "interleukin 15", start=lambda v: v.I150)
    IFNG = State("1", "interferon gamma", start=lambda v: v.bIF)
    MAC = State("1", "activated macrophages")
    IL6 = State("1", "interleukin 6", start=lambda v: v.b6 / v.k6)
    CRP = State("1", "C-reactive protein", start=lambda v: v.bCRP)
    Tc, Tpp = State("1", "tocilizumab"), State("1", "tocilizumab, tissue")
    R, RC = State("1", "receptor", start=lambda v: v.R0), State("1", "receptor complex")
    Fc, Fp, CY, CYm = (
        State("1", x) for x in ("fludarabine", "fludarabine, tissue", "cyclophosphamide", "its metabolite")
    )
    PROL, TR, ANC = (State("1", x, start=lambda v: v.A0) for x in ("proliferating", "in transit", "neutrophils"))
    TOX, TEMP = State("1", "endothelial score"), State("1", "temperature score")
    cells = Entry("1", "CAR-T cells", into={"E_b": 0.8, "M_b": 0.2})
    fludarabine = Entry("1", "fludarabine", into={"Fc": lambda v: 1 / v.VF})
    cyclophosphamide = Entry("1", "cyclophosphamide", into={"CY": lambda v: 1 / v.VC})
    tocilizumab = Entry("1", "tocilizumab", into={"Tc": lambda v: 1 / v.VT})

    def flows(self, v):  # type: ignore[no-untyped-def]
        stimulus = hill(v.TP + v.wB * v.B, v.KA, v.nA)
        h15 = hill(v.IL15, v.K15, v.n15)
        kill = v.kkill * hill(v.E_t + 0.4 * v.M_t + 0.15 * v.X_t, v.KT, v.nT)
        free = v.IL6 * v.R / v.R0
        crp = hill(free, v.KCRP, v.nCRP)
        sig7 = v.IL7 / (v.IL7 + v.K7)
        cap = 1 / (1 + (v.E_t + v.M_t + v.X_t) / v.Cmax)
        toxic = v.EF * hill(v.Fc, v.KF, v.nF) + v.EC * hill(v.CYm, v.KC, v.nC)
        room = 1 - (v.TP + v.TN) / v.Tmax
        killed = kill * (v.TP + v.B)
        bind = v.kon * v.Tc * v.R
        rates = {
            "E_b": -v.kbt * v.E_b + v.ktb * v.E_t - v.dE * v.E_b - toxic * v.E_b,
            "M_b": -v.kbtM * v.M_b + v.ktbM * v.M_t - v.dM * v.M_b + v.rM * sig7 * v.M_b * cap - toxic * v.M_b,
            "X_b": -v.kbtX * v.X_b + v.ktb * v.X_t - v.dX * v.X_b - toxic * v.X_b,
            "E_t": v.kbt * v.E_b
            - v.ktb * v.E_t
            + v.rE * stimulus * (0.3 + 0.7 * h15) * cap * v.E_t
            + 2 * v.kME * stimulus * v.M_t
            - v.kEX * stimulus * v.E_t
            - v.kEM * (1 - stimulus) * v.E_t
            - v.dE * v.E_t,
            "M_t": v.kbtM * v.M_b
            - v.ktbM * v.M_t
            - v.kME * stimulus * v.M_t
            + v.kEM * (1 - stimulus) * v.E_t
            + v.rM * h15 * cap * v.M_t
            - v.dM * v.M_t,
            "X_t": v.kbtX * v.X_b - v.ktb * v.X_t + v.kEX * stimulus * v.E_t - v.dX * v.X_t,
            "TP": v.gT * v.TP * room - kill * v.TP - v.muN * v.TP - 0.3 * toxic * v.TP,
            "TN": v.gN * v.TN * room + v.muN * v.TP - v.kby * v.IFNG / (v.IFNG + v.Kby) * v.TN - 0.3 * toxic * v.TN,
            "B": v.kB * (v.B0 - v.B) - kill * v.B - toxic * v.B,
            "L": v.kL * (v.L0 - v.L) * (1 + v.a7 * sig7) - toxic * v.L,
            "IL7": v.k7 * v.I70 - v.k7 * v.IL7 * (0.2 + 0.8 * v.L / v.L0),
            "IL15": v.k15 * v.I150
            + v.m15 * v.k15 * v.MAC
            - v.k15 * v.IL15 * (0.15 + 0.85 * (v.L + 0.002 * v.E_b) / v.L0),
            "IFNG": v.sIF * killed + v.bIF * v.kIF - v.kIF * v.IFNG,
            "MAC": v.kMa * hill(v.IFNG, v.KIF, v.nIF) * (v.Mmax - v.MAC) - v.kMd * v.MAC,
            "IL6": v.b6 + v.s6 * v.MAC + v.s6k * killed - v.k6 * v.IL6 * (0.3 + 0.7 * v.R / v.R0),
            "CRP": v.bCRP * v.kCRP + v.sCRP * crp - v.kCRP * v.CRP,
            "Tc": -v.kel * v.Tc - v.k12 * v.Tc + v.k21 * v.Tpp - bind + v.koff * v.RC,
            "Tpp": v.k12 * v.Tc - v.k21 * v.Tpp,
            "R": v.kdeg * (v.R0 - v.R) - bind + v.koff * v.RC,
            "RC": bind - (v.koff + v.kint) * v.RC,
            "Fc": -v.kF * v.Fc - v.kF12 * v.Fc + v.kF21 * v.Fp,
            "Fp": v.kF12 * v.Fc - v.kF21 * v.Fp,
            "CY": -v.kC * v.CY,
            "CYm": v.fC * v.kC * v.CY - v.kCm * v.CYm,
            "PROL": v.ktr * v.PROL * ((1 - v.slF * v.Fc - v.slC * v.CYm) * (v.ANC / v.A0) ** (-v.gam) - 1),
            "TR": v.ktr * (v.PROL - v.TR),
            "ANC": v.ktr * (v.TR - v.ANC),
            "TOX": v.kt1 * crp - v.kt2 * v.TOX,
            "TEMP": v.ktemp * (2.5 * hill(free, v.KTm, v.nTm) - v.TEMP),
        }
        for state, rate in rates.items():
            yield Change(state, rate, "benchmark")


def study_model() -> Model:
    """The assembled 29-state model."""
    return assemble(Study)


def study_patients(n: int, seed: int = 2) -> Patients:
    """Log-normal patients, lymphodepleted on days -5, -4 and -3, infused on day 0, tocilizumab on day 5."""
    values: dict[str, float | NDArray[np.float64]] = {
        f"study.{p}": m * np.exp(np.sqrt(np.log1p(cv**2)) * normal(seed, np.arange(n), p))
        for p, (m, cv) in SPREAD.items()
    }
    doses = [
        (d, i, a, h / 24) for d in (-5.0, -4.0, -3.0) for i, a, h in ((1, FLUDARABINE, 0.5), (2, CYCLOPHOSPHAMIDE, 1.0))
    ]
    doses += [(0.0, 0, CELLS, 0.0), (5.0, 3, TOCILIZUMAB, 1 / 24)]
    return Patients(np.arange(n), values, np.zeros((n, 0)), np.tile(np.array(doses), (n, 1, 1)), np.zeros((n, 0)))


def study_plan(rtol: float = 1e-6) -> Plan:
    """Day -5 to day 365; every state written daily from day 0."""
    ticks = np.arange(0.0, 366.0)
    states = study_model().states
    return Plan(
        -5.0,
        365.0,
        ticks,
        np.zeros(366, np.int64),
        np.ones(366, bool),
        np.zeros(366, bool),
        states,
        len(states),
        rtol=rtol,
    )
