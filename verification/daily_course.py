"""The daily course of temperature, CRP, IL-6 and leucocytes, beside summaries of 205 adults: shape only.

Those were adults, mostly with lymphoma, of several products, and IL-6 was cut off at 5 and 400 pg/mL; so only days
of peak and nadir, order of size and the step between grades are compared.

Run: python verification/daily_course.py [patients].
"""

from __future__ import annotations

import sys

import numpy as np
from writing import PLOTS, table, write_section

from livingdrug import Trial
from livingdrug.trial.design import design
from livingdrug.trial.simulate import blocks

SEED = 12
N = int(sys.argv[1]) if len(sys.argv) > 1 else 500
# Medians read in the summaries [amidi2022]: day -> value.
READ = {
    "cytokines.crp": {0: 17.5, 3: 51, 5: 47, 7: 32, 10: 9.5, 14: 2.9},
    "cytokines.il6": {0: 1.9, 1: 10, 3: 12, 5: 24, 7: 30, 10: 30, 14: 24},
    "cytokines.ferritin": {0: 661, 5: 1120, 10: 1430},
    "leucocytes.wbc": {0: 1980, 3: 570, 7: 4300},
}
BY_GRADE = {
    "cytokines.crp": (76, 107, 138, 172),
    "cytokines.il6": (14, 15, 332, 400),
    "physiology.temperature": (0.8, 2.1, 2.4, 2.6),
}
NAMES = {
    "cytokines.crp": "CRP [mg/L]",
    "cytokines.il6": "IL-6 [pg/mL]",
    "cytokines.ferritin": "ferritin [ug/L]",
    "leucocytes.wbc": "leucocytes [per uL]",
    "physiology.temperature": "temperature above 37 [C]",
}


def courses() -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Days, courses (patients, days) by name, and the ASTCT grade of each patient."""
    arm = Trial("eliana").resolved.arms[0]
    plan = design(arm)
    shown = plan.shown
    parts = list(blocks(arm, plan, N, SEED))
    treated = [np.asarray(table["infused"])[who.infused] > 0 for who, table, _ in parts]
    values = np.concatenate([x[kept] for (_, _, x), kept in zip(parts, treated, strict=True)])
    grade = np.concatenate(
        [
            np.asarray(table["astct_grade"])[who.infused][kept]
            for (who, table, _), kept in zip(parts, treated, strict=True)
        ]
    )
    return plan.times, {p: values[:, :, shown.index(p)] for p in NAMES}, grade


def main() -> None:
    days, seen, grade = courses()
    at = {d: int(np.argmin(np.abs(days - d))) for d in range(-6, 29)}
    early = (days >= 0) & (days <= 20)
    rows = []
    for path, points in READ.items():
        medians = {d: float(np.nanmedian(seen[path][:, at[d]])) for d in points}
        rows.append(
            [
                NAMES[path],
                " ".join(f"d{d} {x:g}" for d, x in points.items()),
                " ".join(f"d{d} {x:.3g}" for d, x in medians.items()),
            ]
        )
    steps = []
    for path, adults in BY_GRADE.items():
        ours = []
        for g in range(4):
            who = grade == g
            top = np.nanmax(seen[path][who][:, early], axis=1) if who.any() else np.array([np.nan])
            ours.append(float(np.nanmedian(np.clip(top, None, 400) if path == "cytokines.il6" else top)))
        steps.append([NAMES[path], " / ".join(f"{x:g}" for x in adults), " / ".join(f"{x:.3g}" for x in ours)])
    plot(days, seen, early)
    write_section(
        "daily course",
        "## Daily course of cytokine release\n\n"
        f"{len(grade)} infused patients, seed {SEED} (`verification/daily_course.py`), beside medians of 205 adults, "
        "mostly with lymphoma, after several products (IL-6 cut off at 5 and 400 pg/mL). Shape only: other patients, "
        "other drugs and other care. Medians over all patients:\n\n"
        + table(["quantity", "adults", "simulated"], rows)
        + "\n\nMedian of each patient's peak by ASTCT grade 0 / 1 / 2 / 3 (IL-6 cut at 400):\n\n"
        + table(["quantity", "adults", "simulated"], steps)
        + "\n\n![Daily course](verification/daily_course.png)\n\n"
        + READING,
    )


READING = """What agrees: CRP and IL-6 rise within three days, IL-6 peaks around day 7, ferritin follows days later,
leucocytes are lowest around day 3, and peaks of CRP and IL-6 step up with the grade. What does not: these children have
more disease, so medians of CRP and IL-6 are higher and their release comes later, and CRP has not settled on day 10;
leucocytes come back later here (deeper conditioning and a diseased marrow against adults with lymphoma);
release comes in two waves, of infused cells on day 2 and of those that expanded on day 8, with a dip between that
nothing published shows."""


def plot(days: np.ndarray, seen: dict[str, np.ndarray], early: np.ndarray) -> None:
    """Median and quartiles of each quantity, with the adults' medians as points."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(NAMES), figsize=(16, 3.4), constrained_layout=True)
    for axis, (path, name) in zip(axes, NAMES.items(), strict=True):
        low, middle, high = np.nanquantile(seen[path][:, early], [0.25, 0.5, 0.75], axis=0)
        axis.fill_between(days[early], low, high, color="#9ecae1", label="quartiles")
        axis.plot(days[early], middle, color="#08519c", label="median")
        if path in READ:
            axis.plot(list(READ[path]), list(READ[path].values()), "o", color="#d95f02", label="adults, median")
        if path != "physiology.temperature":
            axis.set_yscale("log")
        axis.set_xlabel("day from infusion")
        axis.set_title(name)
    axes[0].legend(frameon=False)
    PLOTS.mkdir(exist_ok=True)
    figure.savefig(PLOTS / "daily_course.png", dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
