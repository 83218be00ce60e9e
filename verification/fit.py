"""The steps of the fit as a section of the verification page: what was freed, what it answers to, what is held.

Run: python verification/fit.py FILE... (each written by `livingdrug calibrate NAME --json`, in the order of the steps).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from writing import table, write_section


def step(found: Mapping[str, Any]) -> str:
    """The part of the page for one fit."""
    values = [[f"`{v['name']}`", f"{v['start']:.3g}", f"{v['value']:.3g}"] for v in found["values"]]
    measures = [
        [m["measure"], f"{m['published']:.4g}", f"{m['simulated']:.3g}", f"{m['tolerances_away']:+.1f}"]
        for m in found["measures"]
    ]
    held = [[f"`{path}`", why] for path, why in found["held"].items()]
    return (
        f"### {found['name']}\n\n{found['free']} free values, {found['targets']} targets, {found['patients']} enrolled "
        f"patients of three seeds with the same draws in every evaluation; {found['evaluations']} evaluations. Loss "
        f"{found['losses'][0]:.0f} at the end; sum of squared distances on 2,000 new patients "
        f"{found['loss_on_new_patients']:.0f}.\n\n"
        "Eigenvalues of the targets' curvature, in squared tolerances per squared e-fold: "
        + ", ".join(f"{x:.3g}" for x in found["eigenvalues"])
        + f". {found['informed']} of {found['free']} directions move the targets by more than two tolerances an "
        "e-fold; the others stay where the prior holds them.\n\n"
        + table(["value", "start", "fitted"], values)
        + "\n\nTargets on the new patients:\n\n"
        + table(["measure", "published", "simulated", "tolerances away"], measures)
        + "\n\nHeld fixed, and why:\n\n"
        + table(["value", "why"], held)
    )


def section(steps: list[Mapping[str, Any]]) -> str:
    """All steps, in their order."""
    return (
        "## The fit, in steps\n\nEach step is frozen before the next ([analysis plan](analysis_plan.md)): damped "
        "Gauss-Newton steps on the logarithms of the free values, with a weak prior around their start.\n\n"
        + "\n\n".join(step(found) for found in steps)
    )


if __name__ == "__main__":
    write_section("fit", section([json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]))
