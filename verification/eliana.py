"""The virtual ELIANA beside its published results, and its kinetic curve beside the typical patient's.

Run: python verification/eliana.py [patients].
"""

from __future__ import annotations

import sys

from writing import table, write_section

from livingdrug import Trial

SEED = 1
N = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
# Noise-free curve: measure, aim, and how far it may be off.
CURVE = (
    ("tmax", 9.3, "within 10 %", lambda x: abs(x / 9.3 - 1) <= 0.10),
    ("doubling", 0.78, "within 15 %", lambda x: abs(x / 0.78 - 1) <= 0.15),
    ("decline", 4.3, "within 20 %", lambda x: abs(x / 4.3 - 1) <= 0.20),
    ("copies_28", 1374, "factor 1.5", lambda x: 1 / 1.5 <= x / 1374 <= 1.5),
    ("copies_90", 147, "factor 1.5", lambda x: 1 / 1.5 <= x / 147 <= 1.5),
    ("copies_180", 110, "factor 1.5", lambda x: 1 / 1.5 <= x / 110 <= 1.5),
    ("copies_365", 61, "factor 1.5", lambda x: 1 / 1.5 <= x / 61 <= 1.5),
    ("cmax_spread", 0.65, "0.65 to 1.1", lambda x: 0.65 <= x <= 1.1),
    ("tmax_spread", 0.38, "0.25 to 0.40", lambda x: 0.25 <= x <= 0.40),
)


def number(x: float | None) -> str:
    """Three digits, or a dash."""
    return "-" if x is None else f"{x:.3g}"


def main() -> None:
    rows = Trial("eliana").run(N, SEED).beside_published().to_dicts()
    by = {m["measure"]: m for m in rows}
    judged = [m for m in rows if m["verdict"] in ("inside", "outside")]

    def count(fitted: bool | None) -> str:
        these = [m for m in judged if fitted is None or m["fitted"] == fitted]
        return f"{sum(m['verdict'] == 'inside' for m in these)} of {len(these)}"

    shown = []
    for m in judged:
        p = m["published"][0]
        interval = f" ({number(p['low'])} to {number(p['high'])})" if p["low"] is not None else ""
        shown.append(
            [
                m["title"],
                f"{number(p['value'])}{interval} {m['unit']}",
                f"{number(m['simulated'])} ({number(m['low'])} to {number(m['high'])})",
                "fitted" if m["fitted"] else "apart",
                m["verdict"] if m["verdict"] == "inside" else "**outside**",
            ]
        )
    curve = [
        [by[m]["title"], number(aim), word, number(by[m]["whole"]), "yes" if ok(by[m]["whole"]) else "**no**"]
        for m, aim, word, ok in CURVE
    ]
    write_section(
        "eliana",
        f"## The virtual ELIANA\n\n{N:,} enrolled patients, seed {SEED} (`verification/eliana.py`): median and 95 % "
        f"interval of trials of the published size. Inside: {count(None)}; of rows fitted to {count(True)}, "
        f"of rows kept apart {count(False)}.\n\n"
        + table(["measure", "published", "simulated", "row", "verdict"], shown)
        + "\n\nThe curve of copies without assay noise, all patients:\n\n"
        + table(["measure", "aim", "may be off", "simulated", "met"], curve),
    )


if __name__ == "__main__":
    main()
