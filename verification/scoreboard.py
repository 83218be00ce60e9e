"""The scores of the model on the page of validation, from the files that `livingdrug scoreboard --out FOLDER` writes.

Run: python verification/scoreboard.py FOLDER. Writes the section "scores" of docs/validation.md and the figures that
the README quotes (docs/verification/scores.json).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from writing import PLOTS, table, write_section

VALIDATION = PLOTS.parent / "validation.md"
FIGURES = PLOTS / "scores.json"


def score(found: Mapping[str, Any]) -> str:
    """Median over the seeds, the worst in brackets, of the rows that can be compared."""
    return f"{found['inside_median']:g} ({found['inside_min']:g}) of {found['comparable']}"


def figures(board: Mapping[str, Any]) -> dict[str, Any]:
    """What the README quotes."""
    told = {
        role: {key: board[role][key] for key in ("inside_median", "inside_min", "comparable")}
        for role in ("calibration", "validation")
    }
    patients = {t["patients"] for t in board["trials"]}
    return {
        **told,
        "naive": {key: board["naive"][key] for key in ("inside", "answered")},
        "wrong_truths": {
            "tried": len(board["wrong_truths"]),
            "below": sum(bool(t["below_worst_truth"]) for t in board["wrong_truths"]),
        },
        "seeds": board["seeds"],
        "patients": patients.pop() if len(patients) == 1 else sorted(patients),
        "trials": {
            t["trial"]: {k: t[k] for k in ("inside_median", "inside_min", "comparable")} for t in board["trials"]
        },
    }


def section(board: Mapping[str, Any]) -> str:
    """The tables."""
    families = sorted({*board["calibration"]["families"], *board["validation"]["families"]})
    by_family = [
        [
            f,
            *(
                score(board[r]["families"][f]) if f in board[r]["families"] else "-"
                for r in ("calibration", "validation")
            ),
        ]
        for f in families
    ]
    trials = [[f"`{t['trial']}`", t["role"], score(t)] for t in board["trials"]]
    wrong = [
        [
            t["name"],
            t["title"],
            f"{t['score_median']:g} of {t['comparable']}",
            f"{t['worst_truth']:g}",
            "yes" if t["below_worst_truth"] else "**no**",
        ]
        for t in board["wrong_truths"]
    ]
    criteria = [
        [c["name"], c["wanted"], c["got"], {True: "met", False: "**missed**", None: "-"}[c["met"]]]
        for c in board["criteria"]
    ]
    told, naive = figures(board), board["naive"]
    return (
        f"## Scores\n\n{told['patients']} enrolled virtual patients a trial, {board['seeds']} seeds "
        "(`livingdrug scoreboard`, `verification/scoreboard.py`). Rows inside, of those that can be compared: median "
        "over the seeds, in brackets the worst.\n\n"
        + table(["criterion of the plan", "wanted", "got", ""], criteria)
        + "\n\n"
        + table(
            ["family", "calibration", "validation"],
            [*by_family, ["all", score(board["calibration"]), score(board["validation"])]],
        )
        + "\n\n"
        + table(["trial", "role", "inside"], trials)
        + f"\n\nNaive transfer: {naive['inside']} of {naive['comparable']} validation rows, of which it can answer "
        f"{naive['answered']}; the model in those: {score(naive['model_where_answered'])}.\n\n"
        "Models made wrong on purpose, over the calibration rows; below: the median lies under the worst seed of the "
        "model as it is.\n\n" + table(["wrong truth", "what", "inside", "worst seed of the model", "below"], wrong)
    )


if __name__ == "__main__":
    found = json.loads((Path(sys.argv[1]) / "scoreboard.json").read_text(encoding="utf-8"))
    write_section("scores", section(found), VALIDATION)
    FIGURES.write_text(json.dumps(figures(found), indent=1) + "\n", encoding="utf-8")
