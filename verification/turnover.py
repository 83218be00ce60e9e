"""How much the results depend on how net growth of leukaemia is split into birth and death, which nobody has measured.

Run: python verification/turnover.py [patients].
"""

from __future__ import annotations

import sys
from textwrap import wrap

from writing import PLOTS, table, write_section

from livingdrug import Trial

SEED = 13
N = int(sys.argv[1]) if len(sys.argv) > 1 else 800
DEATH = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)  # 1/day; 0.05 is assumed
SHOWN = ("response", "mrd_negative", "efs_12m", "rfs_12m", "relapse_negative", "hr_b_cells_12m")


def main() -> None:
    import matplotlib.pyplot as plt

    found = []
    for death in DEATH:
        beside = Trial("eliana", {"tumour.turnover": death}).run(N, SEED).beside_published()
        found.append({m["measure"]: m for m in beside.to_dicts()})
    titles = {m: str(found[0][m].get("title", m)) for m in SHOWN}
    rows = [[f"{death:g}", *(f"{f[m]['simulated']:.3g}" for m in SHOWN)] for death, f in zip(DEATH, found, strict=True)]
    figure, axes = plt.subplots(1, len(SHOWN), figsize=(16, 3.2), constrained_layout=True)
    for axis, m in zip(axes, SHOWN, strict=True):
        axis.plot(DEATH, [f[m]["simulated"] for f in found], "o-", color="#08519c")
        axis.axvline(0.05, color="#999999", linestyle=":")
        published = found[0][m]["published"]
        if published:
            axis.axhline(published[0]["value"], color="#d95f02", linestyle="--")
        unit = found[0][m]["unit"]
        axis.set_ylim(0, 105 if unit == "%" else None)
        axis.set_ylabel("hazard ratio" if unit == "1" else unit)
        axis.set_title("\n".join(wrap(titles[m], 26)), fontsize=9)
        axis.set_xlabel("death [1/day]")
    PLOTS.mkdir(exist_ok=True)
    figure.savefig(PLOTS / "turnover.png", dpi=110)
    write_section(
        "turnover",
        "## Birth and death of leukaemic cells\n\nOnly net growth is known; the split decides how easily the last "
        f"cells die out by chance. {N:,} enrolled patients, seed {SEED} (`verification/turnover.py`); net growth "
        f"kept, "
        "death without treatment is changed (0.05 per day is assumed, dotted; dashed: published).\n\n"
        + table(["death [1/day]", *(titles[m] for m in SHOWN)], rows)
        + "\n\n![Turnover](verification/turnover.png)",
    )


if __name__ == "__main__":
    main()
