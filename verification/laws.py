"""Directions of effect that the field has shown, as paired virtual experiments: the same patients, one thing changed.

Run: python verification/laws.py [patients]. Writes the section "laws" of docs/verification.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache

import numpy as np
from writing import table, write_section

from livingdrug import Trial
from livingdrug.trial.design import design
from livingdrug.trial.run import blocks

SEED = 11
N = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
DOSE = "protocol.dose.factor"
NO_TOCILIZUMAB = (("protocol.rule.tocilizumab.limits.doses", 0),)
NO_FLUDARABINE = (("protocol.schedule.fludarabine.amount", "0 mg/m2"),)


@cache
def run(*sets: tuple[str, object]) -> tuple[Mapping[str, np.ndarray], Mapping[str, float]]:
    """Columns of the infused patients, and every measure, with these changes."""
    arm = Trial("eliana", dict(sets)).run(N, SEED).arm()
    infused = arm.columns["infused"] > 0
    found = {m["measure"]: m["simulated"] for m in arm.comparison.to_dicts()}
    return {k: x[infused] for k, x in arm.columns.items()}, found


def times(path: str, factor: float) -> tuple[str, object]:
    """One number multiplied."""
    return (path, f"* {factor}")


def geometric(x: np.ndarray, where: np.ndarray | None = None) -> float:
    x = x[where] if where is not None else x
    return float(np.exp(np.mean(np.log(x[x > 0]))))


def share(x: np.ndarray) -> str:
    return f"{100 * np.mean(x):.0f} %"


def thirds(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.nanquantile(x, [1 / 3, 2 / 3])
    return x <= low, x >= high


def doubling() -> tuple[float, float, float]:
    """Doubling [day] in blood between a tenth and nine tenths of its peak, in the body in the same days, and the share
    of patients in whom blood is faster."""
    arm = Trial("eliana").resolved.arms[0]
    plan = design(arm)
    course = np.concatenate([x for _, _, x in blocks(arm, plan, min(N, 500), SEED) if x is not None])
    seen = (plan.times >= 1.5) & (plan.times <= 40)
    days = plan.times[seen]
    blood, body = (course[:, seen, plan.shown.index(p)] for p in ("assay.flow.car_t", "kinetics.total"))
    rates = []
    for x, y in zip(blood, body, strict=True):
        if np.isnan(x).any() or x.max() < 1:
            continue
        rise = np.arange(len(x)) <= x.argmax()
        low, high = (np.flatnonzero(rise & (x <= part * x.max())) for part in (0.1, 0.9))
        if len(low) and high[-1] > low[-1]:
            a, z = low[-1], high[-1]
            rates.append([np.log(c[z] / c[a]) / (days[z] - days[a]) for c in (x, y)])
    fast, slow = np.array(rates).T
    return float(np.log(2) / np.median(fast)), float(np.log(2) / np.median(slow)), float(np.mean(fast > slow))


def laws() -> list[list[str]]:
    """Law, what was done, what came of it, and whether it holds."""
    rows: list[list[str]] = []

    def law(name: str, done: str, seen: str, holds: bool) -> None:
        rows.append([name, done, seen, "yes" if holds else "**no**"])

    plain, measured = run()
    low, low_m = run((DOSE, 0.2))
    high, high_m = run((DOSE, 5.0))
    both = (low["cmax_true"] > 0) & (high["cmax_true"] > 0)
    exponent = float(np.median(np.log(high["cmax_true"][both] / low["cmax_true"][both]))) / np.log(25)
    moved = float(np.median((low["tmax_true"] - high["tmax_true"])[both]))
    response, crs = high_m["response"] - low_m["response"], high_m["crs_any"] - low_m["crs_any"]
    law(
        "Dose matters little",
        "all doses x 0.2 and x 5 (25-fold)",
        f"Cmax as dose to the {exponent:.2f}; Tmax {moved:.1f} d earlier; CR {response:+.1f}, CRS {crs:+.1f} points",
        exponent <= 0.3 and moved <= 4 and abs(response) < 5 and abs(crs) < 5,
    )

    small, small_m = run(times("tumour.burden", 0.1))
    large, large_m = run(times("tumour.burden", 10))
    law(
        "Burden drives cytokine release",
        "burden x 0.1, x 1, x 10",
        " / ".join(f"{m['crs_severe']:.0f} %" for m in (small_m, measured, large_m))
        + " with Penn grade 3 or more; "
        + " / ".join(f"{m['efs_12m']:.0f} %" for m in (small_m, measured, large_m))
        + " event-free at 12 months",
        small_m["crs_severe"] < measured["crs_severe"] < large_m["crs_severe"],
    )

    little, _ = run(times("tumour.burden", 0.02))
    expanded = geometric(little["cmax_true"]) / geometric(plain["cmax_true"])
    law(
        "Patients with little disease still expand and respond",
        "burden x 0.02",
        f"Cmax x {expanded:.2f}; CR {share(little['response'])} against {share(plain['response'])}",
        expanded > 0.2 and np.mean(little["response"]) > np.mean(plain["response"]) - 0.05,
    )

    fit = plain["evaluable"] > 0
    responders = plain["response"] > 0
    ratio = geometric(plain["cmax_true"], responders & fit) / geometric(plain["cmax_true"], ~responders & fit)
    law(
        "Expansion goes with response in leukaemia",
        "none: responders against the others",
        f"Cmax ratio {ratio:.2f}",
        ratio > 1,
    )

    more, more_m = run(times("kinetics.growth", 1.1))
    few, many = thirds(plain["cmax_true"])
    grades = plain["crs_grade"]
    law(
        "More expansion brings more severe cytokine release",
        "growth of CAR-T x 1.1",
        f"Cmax x {geometric(more['cmax_true']) / geometric(plain['cmax_true']):.2f}; Penn grade 3 or more "
        f"{more_m['crs_severe']:.0f} % against {measured['crs_severe']:.0f} % (between patients the link is weak: "
        f"{share(grades[few] >= 3)} in the lowest third of Cmax, {share(grades[many] >= 3)} in the highest)",
        more_m["crs_severe"] > measured["crs_severe"],
    )

    bare, bare_m = run(*NO_FLUDARABINE)
    law(
        "Conditioning without fludarabine is worse",
        "no fludarabine",
        f"Cmax x {geometric(bare['cmax_true']) / geometric(plain['cmax_true']):.2f} (x 0.53 in a covariate model); "
        f"EFS at 12 months {bare_m['efs_12m']:.0f} % against {measured['efs_12m']:.0f} %; aplasia at 6 months "
        f"{bare_m['aplasia_6m']:.0f} % against {measured['aplasia_6m']:.0f} %",
        bare_m["efs_12m"] < measured["efs_12m"] and bare_m["aplasia_6m"] < measured["aplasia_6m"],
    )

    free, free_m = run(*NO_TOCILIZUMAB)
    given = plain["tocilizumab_doses"] > 0
    same = geometric(plain["cmax_true"], given & (free["cmax_true"] > 0)) / geometric(
        free["cmax_true"], given & (plain["cmax_true"] > 0)
    )
    law(
        "Tocilizumab does not slow expansion, and shortens cytokine release",
        "no tocilizumab (nor steroid, which follows it)",
        f"Cmax of those who got it x {same:.2f}; theirs lasts {np.median(plain['crs_length'][given]):.1f} d with "
        f"and {np.median(free['crs_length'][given]):.1f} d without",
        abs(same - 1) < 0.05 and np.median(plain["crs_length"][given]) < np.median(free["crs_length"][given]),
    )

    law(
        "Loss of B-cell aplasia raises relapse",
        "none",
        f"hazard ratio {measured['hr_b_cells_12m']:.1f} (4.5, 2.0-10.0 published)",
        measured["hr_b_cells_12m"] > 1,
    )

    law(
        "The Penn scale finds more grade 3 than ASTCT",
        "none: one physiology, two scales",
        f"{measured['crs_severe']:.0f} % against {measured['crs_severe_astct']:.0f} %",
        measured["crs_severe"] > measured["crs_severe_astct"],
    )

    blood, body, faster = doubling()
    law(
        "Engaged cells stay in tissue and are released as antigen falls",
        "none: rise of CAR-T from a tenth to nine tenths of their peak in blood",
        f"doubling {blood:.1f} d in blood, {body:.1f} d in the body in the same days; blood faster in {share(faster)}",
        blood < body,
    )

    hurried = np.mean(plain["crs_onset"][plain["crs"] > 0] > 14)
    law("Cytokine release hardly begins after day 14", "none", f"{share(hurried)} of cytokine release", hurried < 0.02)
    return rows


if __name__ == "__main__":
    found = laws()
    held = sum(r[3] == "yes" for r in found)
    write_section(
        "laws",
        f"## Laws of the field, as paired experiments\n\n{N:,} virtual patients of ELIANA enrolled in each arm, the "
        f"same ones in all, seed {SEED} (`verification/laws.py`). {held} of {len(found)} hold.\n\n"
        + table(["law", "what was changed", "what came of it", "holds"], found),
    )
