"""The still figure of the first page: what the model says of one library trial, kept as the package shows it.

Run: python verification/first_page.py [TRIAL] [--patients 500] [--seed 1]. Writes
src/livingdrug/web/data/first_page.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import livingdrug
from livingdrug.report.words import words
from livingdrug.trial.remembered import values

FILE = Path(__file__).parents[1] / "src" / "livingdrug" / "web" / "data" / "first_page.json"
SHOWN = ("assay.qpcr.copies", "cytokines.il6", "tumour.positive")
UNTIL = 60.0  # [day]


def main() -> None:
    """Runs the trial, and keeps the bands of what is shown."""
    parser = argparse.ArgumentParser(description="The still figure of the first page.")
    parser.add_argument("trial", nargs="?", default="eliana")
    parser.add_argument("--patients", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    result = livingdrug.Trial(asked.trial).run(patients=asked.patients, seed=asked.seed)
    courses, told = result.arm().courses, words(result.resolved).shown
    seen = (courses.times >= 0) & (courses.times <= UNTIL)
    kept = {
        "trial": asked.trial,
        "values": values(result.resolved),
        "version": livingdrug.__version__,
        "patients": asked.patients,
        "seed": asked.seed,
        "days": [round(float(t), 3) for t in courses.times[seen]],
        "courses": [
            {
                "path": path,
                "title": told[path].title,
                "unit": told[path].unit,
                "logarithmic": told[path].logarithmic,
                "floor": told[path].floor,
                "bands": [_three(row) for row in told[path].times * courses.bands(path)[:, seen]],
            }
            for path in SHOWN
        ],
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def _three(row: np.ndarray) -> list[float | None]:
    """Three digits of each number; None where there is none."""
    return [float(f"{x:.3g}") if np.isfinite(x) else None for x in row]


if __name__ == "__main__":
    main()
