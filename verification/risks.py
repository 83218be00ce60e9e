"""Risks, protection and monitoring: what the examples show, over several seeds, beside what was published.

Run: python verification/risks.py [patients] [example ...] (some minutes). What is shown stands in risks.toml; each
example has a table between marks in docs/validation.md, or in the page of docs/ that it names; where it has many arms,
a row for each of them (`by = "arm"`).
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments import spread
from writing import table, write_section

from livingdrug import Trial

ROOT = Path(__file__).parent.parent
DOCS, PAGE = ROOT / "docs", "validation.md"
SEEDS = (1, 2, 3)
PATIENTS = 1_000


def section(asked: Mapping[str, Any], patients: int) -> str:
    """The table of one example: a row for each measure, lowest to highest over the seeds in each arm."""
    trial = Trial(ROOT / "examples" / f"{asked['example']}.toml")
    results = [trial.run(patients, seed) for seed in SEEDS]
    arms: Sequence[str] = asked["arms"]
    rows = [["measure", *arms, "published"]]
    for name, told in asked["rows"].items():
        found = [[r.arms[arm].measured(r.arms[arm].columns)[name] for r in results] for arm in arms]
        first = found[0][0]
        unit = "" if first.unit in ("", "1") else f", {first.unit}"
        rows.append([first.title + unit, *(spread([m.value for m in arm]) for arm in found), told or "-"])
    if asked.get("by") == "arm":
        rows = [list(row) for row in zip(*rows, strict=True)]
        rows[0][0] = "arm"
        if not any(asked["rows"].values()):  # nothing was published
            rows.pop()
    below = f"{patients:,} enrolled patients in each arm, seeds {', '.join(map(str, SEEDS))}; lowest to highest."
    return f"{table(rows[0], rows[1:])}\n\n`examples/{asked['example']}.toml`, {below}"


def main(patients: int, wanted: Sequence[str]) -> None:
    for asked in tomllib.loads((Path(__file__).parent / "risks.toml").read_text(encoding="utf-8"))["table"]:
        if not wanted or asked["example"] in wanted:
            write_section(f"risk {asked['example']}", section(asked, patients), DOCS / asked.get("page", PAGE))


if __name__ == "__main__":
    given = sys.argv[1:]
    number = int(given.pop(0)) if given and given[0].isdigit() else PATIENTS
    main(number, given)
