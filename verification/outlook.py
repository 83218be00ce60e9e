"""What the models that are an outlook say of their trials, beside what was published: a table on each of their pages.

Run: python verification/outlook.py (seconds: nothing is simulated, it reads the scoreboard that the package keeps).
Writes the section "outlook" of docs/autoimmune.md and docs/solid.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from writing import table, write_section

from livingdrug.trial import stored

TOP = Path(__file__).parents[1]
KEPT = TOP / "src" / "livingdrug" / "library" / stored.NAME
PAGES = {
    TOP / "docs" / "autoimmune.md": (
        "erlangen-lupus",
        "castle-lupus",
        "azd0120-lupus",
        "kysa-6-myasthenia",
        "hn2301-lupus",
        "eso-t01-myeloma",
    ),
    TOP / "docs" / "solid.md": ("ct041-st-01",),
}


def each(row: Mapping[str, Any], key: str, seeds: int) -> Sequence[Any]:
    """What a row says in every seed; the same in all is kept once."""
    found: Sequence[Any] = row["each"].get(key) or [row["once"].get(key)] * seeds
    return found


def span(values: Sequence[float]) -> str:
    """Lowest to highest."""
    low, high = f"{min(values):.3g}", f"{max(values):.3g}"
    return low if low == high else f"{low} to {high}"


def rows(board: Mapping[str, Any], trials: Sequence[str]) -> Iterator[list[str]]:
    """A row of the table for every published row that can be compared."""
    seeds = len(board["seeds"]) if isinstance(board["seeds"], list) else board["seeds"]
    known = {t["trial"]: t for t in board["trials"]}
    for trial in trials:
        for row in known[trial]["rows"]:
            verdicts = [v for v in each(row, "verdict", seeds) if v]
            if not verdicts:
                continue
            once, inside = row["once"], sum(v == "inside" for v in verdicts)
            unit = "" if once["unit"] == "1" else f" {once['unit']}"
            yield [
                f"`{trial}`",
                once["title"] + (" (fitted)" if once.get("fitted") else ""),
                span(each(row, "simulated", seeds)) + unit,
                f"{once['value']:g}{unit} (n = {once.get('n') or once['size']})",
                f"inside in {inside} of {len(verdicts)}",
            ]


def section(board: Mapping[str, Any], trials: Sequence[str]) -> str:
    """The table, and what stands in it."""
    known = {t["trial"]: t for t in board["trials"]}
    patients = sorted({known[trial]["patients"] for trial in trials})
    return (
        f"Simulated: lowest and highest over the seeds of the middle of trials of the published size, drawn from "
        f"{' or '.join(map(str, patients))} patients; inside: in how many seeds what was published lies within the "
        "95 % prediction interval of such trials. Written by `verification/outlook.py` from the scoreboard.\n\n"
        + table(["trial", "measure", "simulated", "published", "seeds"], list(rows(board, trials)))
    )


def write() -> None:
    """Writes the table of every page."""
    board = json.loads(KEPT.read_text(encoding="utf-8"))
    for page, trials in PAGES.items():
        write_section("outlook", section(board, trials), page)


if __name__ == "__main__":
    write()
