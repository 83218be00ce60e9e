"""The virtual ELIANA beside its published results, and its curve beside the typical patient's, at several seeds.

Run: python verification/eliana.py [patients].
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from writing import table, write_section

from livingdrug import Trial

SEEDS = (1, 2, 3)
N = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000


def near(factor: float) -> Callable[[float, float], bool]:
    """Whether a value lies within this factor of its aim."""
    return lambda x, aim: 1 / factor <= x / aim <= factor


TYPICAL = {3: 89, 4: 216, 5: 525, 6: 1276, 7: 3105, 8: 7555, 9: 18381}
# Noise-free curve: measure, aim, how far it may be off, and whether a value is near enough.
CURVE: tuple[tuple[str, float, str, Callable[[float, float], bool]], ...] = (
    *((f"copies_{day}", x, "factor 2", near(2.0)) for day, x in TYPICAL.items()),
    ("tmax", 9.3, "10 %", near(1.10)),
    ("doubling", 0.78, "15 %", near(1.15)),
    ("decline", 4.3, "20 %", near(1.20)),
    ("copies_28", 1374, "factor 1.5", near(1.5)),
    ("copies_90", 147, "factor 1.5", near(1.5)),
    ("copies_180", 110, "factor 1.5", near(1.5)),
    ("copies_365", 61, "factor 1.5", near(1.5)),
    ("cmax_spread", 0.65, "0.65 to 1.1", lambda x, _: 0.65 <= x <= 1.1),
    ("tmax_spread", 0.38, "0.25 to 0.40", lambda x, _: 0.25 <= x <= 0.40),
)


def number(x: float | None) -> str:
    """Three digits, or a dash."""
    return "-" if x is None else f"{x:.3g}"


def between(found: list[float | None]) -> str:
    """The range over the seeds."""
    known = sorted(x for x in found if x is not None)
    ends = list(dict.fromkeys(number(x) for x in (known[0], known[-1]))) if known else ["-"]
    return " to ".join(ends)


def main() -> None:
    runs = [{m["measure"]: m for m in Trial("eliana").run(N, seed).beside_published().to_dicts()} for seed in SEEDS]
    judged = [m for m, row in runs[0].items() if row["verdict"] in ("inside", "outside")]
    shown: list[list[str]] = []
    for name in judged:
        rows: list[dict[str, Any]] = [run[name] for run in runs]
        p = rows[0]["published"][0]
        interval = f" ({number(p['low'])} to {number(p['high'])})" if p["low"] is not None else ""
        inside = sum(row["verdict"] == "inside" for row in rows)
        shown.append(
            [
                rows[0]["title"],
                f"{number(p['value'])}{interval} {rows[0]['unit']}",
                between([row["simulated"] for row in rows]),
                "fitted" if rows[0]["fitted"] else "apart",
                f"{inside} of {len(rows)}" if inside == len(rows) else f"**{inside} of {len(rows)}**",
            ]
        )
    counts = sorted(sum(run[m]["verdict"] == "inside" for m in judged) for run in runs)
    curve = []
    for measure, aim, word, ok in CURVE:
        seen = [run[measure]["whole"] for run in runs]
        met = all(x is not None and ok(x, aim) for x in seen)
        curve.append([runs[0][measure]["title"], number(aim), word, between(seen), "yes" if met else "**no**"])
    write_section(
        "eliana",
        f"## The virtual ELIANA\n\n{N:,} enrolled patients at each of {len(SEEDS)} seeds (`verification/eliana.py`): "
        f"medians of trials of the published size, lowest to highest over the seeds. Rows inside: {counts[0]} to "
        f"{counts[-1]} of {len(judged)}.\n\n"
        + table(["measure", "published", "simulated", "row", "seeds inside"], shown)
        + "\n\nThe curve of copies without assay noise, all patients:\n\n"
        + table(["measure", "aim", "may be off", "simulated", "met"], curve),
    )


if __name__ == "__main__":
    main()
