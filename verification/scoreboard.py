"""The scores of the model: on the page of validation, as the README quotes them, and as the package keeps them.

Run: python verification/scoreboard.py [--patients 500] [--seeds 10]. Simulates what is not remembered, and writes the
section "scores" of docs/validation.md, docs/verification/scores.json, the scoreboard that the pages show
(src/livingdrug/library/scoreboard.json), and the tables that verification/outlook.py reads off it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

import outlook
from writing import PLOTS, table, write_section

import livingdrug
from livingdrug.trial import stored

VALIDATION = PLOTS.parent / "validation.md"
FIGURES = PLOTS / "scores.json"
KEPT = PLOTS.parents[1] / "src" / "livingdrug" / "library" / stored.NAME


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


def main() -> None:
    """Runs the scoreboard, and writes all three."""
    parser = argparse.ArgumentParser(description="Scores of the model, over seeds.")
    parser.add_argument("--patients", type=int, default=500, help="enrolled in each trial")
    parser.add_argument("--seeds", type=int, default=10)
    asked = parser.parse_args()
    board = livingdrug.scoreboard(patients=asked.patients, seeds=asked.seeds)
    told = board.json()
    write_section("scores", section(told), VALIDATION)
    FIGURES.write_text(json.dumps(figures(told), indent=1) + "\n", encoding="utf-8")
    KEPT.write_text(stored.text(board), encoding="utf-8")
    outlook.write()


if __name__ == "__main__":
    main()
