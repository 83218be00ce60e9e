"""The fit of ELIANA as a section of the verification page: what was freed, what it answers to, what is held.

Run: python verification/fit.py (ten minutes; `livingdrug calibrate eliana` does the same and writes values back).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from writing import table, write_section


def section(found: Mapping[str, Any]) -> str:
    """The page's section for an outcome of `calibrate`."""
    values = [
        [f"`{v['name']}`", f"{v['start']:.3g}", f"{v['value']:.3g}", ", ".join(f"{x:.3g}" for x in v["other_starts"])]
        for v in found["values"]
    ]
    measures = [
        [m["measure"], f"{m['published']:.4g}", f"{m['simulated']:.3g}", f"{m['tolerances_away']:+.1f}"]
        for m in found["measures"]
    ]
    held = [[f"`{path}`", why] for path, why in found["held"].items()]
    losses = " and ".join(f"{x:.0f}" for x in found["losses"])
    return (
        f"## The fit\n\n{found['free']} free values, {found['targets']} targets, {found['patients']} enrolled "
        f"patients with "
        f"the same draws in every evaluation; CMA-ES from two starts, {found['evaluations']} evaluations in "
        f"{found['seconds'] / 60:.0f} minutes. Loss at the end of the two starts {losses}; sum of squared "
        f"distances on 2,000 "
        f"new patients {found['loss_on_new_patients']:.0f}.\n\nEigenvalues of the targets' curvature, in squared "
        f"tolerances "
        "per squared e-fold: "
        + ", ".join(f"{x:.3g}" for x in found["eigenvalues"])
        + f". {found['informed']} of {found['free']} directions move the targets by more than two tolerances an "
        f"e-fold; "
        "the others stay where the prior holds them. Where the second start ended elsewhere, the value is not to "
        "be trusted "
        "by itself.\n\n"
        + table(["value", "start", "fitted", "second start"], values)
        + "\n\nTargets on the new patients:\n\n"
        + table(["measure", "published", "simulated", "tolerances away"], measures)
        + "\n\nHeld fixed, and why:\n\n"
        + table(["value", "why"], held)
    )


if __name__ == "__main__":
    from livingdrug.fit.calibrate import calibrate

    write_section("fit", section(calibrate("eliana", write=False).json()))
