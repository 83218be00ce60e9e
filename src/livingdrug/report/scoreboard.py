"""The page of a scoreboard: scores by family, who fails whom, and each trial row by row as a forest plot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livingdrug import plot
from livingdrug.files import write_text
from livingdrug.plot import scoreboard as drawing
from livingdrug.plot import svg
from livingdrug.plot.chart import Chart
from livingdrug.plot.scoreboard import FALSE, MODEL, NAIVE, Standing
from livingdrug.results import scoreboard_tables as tables
from livingdrug.results.score import CALIBRATION, OUTLOOK, VALIDATION, Score, TrialScore, WrongTruthScore
from livingdrug.results.scoreboard import Scoreboard
from livingdrug.version import __version__

CAPTIONS = {
    CALIBRATION: "Trials whose rows the model's values were fitted to, or may have been.",
    VALIDATION: "Trials that were never fitted: entered by baseline and protocol alone. Naive transfer copies the "
    "value that another trial published, with the interval of a trial of this size; a row to which it has no answer is "
    "its miss.",
    OUTLOOK: "Trials in diseases, and of ways to make the cells, that no calibration covers: numbers are assumed. They "
    "count neither with calibration nor with validation.",
}
ROWS = (
    "Blue: median and 95 % interval of simulated trials of the published size, the middle of the seeds. Orange: what "
    "was published. The mark at the left is round where the row is inside at more than half of the seeds."
)


@dataclass(frozen=True)
class Part:
    """One trial on the page: its forest plot, its rows that are not compared, and those for which nothing is copied."""

    trial: TrialScore
    chart: str
    score: str
    apart: list[tuple[str, str]]
    not_copied: list[tuple[str, str]]


def write(board: Scoreboard, folder: Path) -> Path:
    """Writes scoreboard.html into a folder; gives the page's path."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    shelf = Environment(
        loader=PackageLoader("livingdrug.report", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    sets = [(role, CAPTIONS[role], svg.inline(families(board, role))) for role in CAPTIONS if board.by_family(role)]
    page = shelf.get_template("scoreboard.html.j2").render(
        board=board,
        about=tables.about(board),
        criteria=board.criteria,
        scores=tables.scores(board),
        sets=sets,
        wrong=svg.inline(wrong_truths(board)) if any(t.tried for t in board.wrong_truths) else "",
        matrix=matrix(board),
        below=tables.BELOW,
        trials=[_part(t) for t in board.trials],
        rows=ROWS,
        style=svg.style(),
        version=__version__,
    )
    write_text(folder / "scoreboard.html", page)
    return folder / "scoreboard.html"


def families(board: Scoreboard, role: str) -> Chart:
    """The score of each family, of validation trials beside naive transfer in the same rows."""
    found = board.by_family(role)
    lanes = [(name, _standings(board, name, s, role)) for name, s in found.items()]
    if len(lanes) > 1:
        lanes.append((tables.ALL, _standings(board, None, board.score(role), role)))
    return drawing.scores(lanes, alt=f"Scores of the {role} trials by family. The table above has the same numbers.")


def _standings(board: Scoreboard, family: str | None, own: Score, role: str) -> list[Standing]:
    naive = board.naive(family) if role == VALIDATION else None
    return [_standing(own, MODEL), *([_standing(naive, NAIVE)] if naive and naive.comparable else [])]


def wrong_truths(board: Scoreboard) -> Chart:
    """Each wrong truth beside the truth, over the same rows and seeds."""
    tried = [t for t in board.wrong_truths if t.tried]
    lanes = [(t.title, (_standing(t.truth, MODEL), _standing(t.score, FALSE))) for t in tried]
    return drawing.scores(lanes, [t.below for t in tried], alt="Scores of the model made wrong, beside the truth's.")


def _standing(score: Score, whose: tuple[str, str]) -> Standing:
    return Standing(score.median, score.least, score.most, score.comparable, whose)


def matrix(board: Scoreboard) -> list[list[Mapping[str, Any]]]:
    """Who fails whom: a row for each wrong truth, a cell for each family and for all rows; the head comes first."""
    seen = [f for f in (*board.families, "other") if any(f in t.families for t in board.wrong_truths)]
    head: list[Mapping[str, Any]] = [{"said": word} for word in ("wrong truth", *seen, tables.ALL)]
    return [head, *([{"said": t.title}, *_cells(t, seen)] for t in board.wrong_truths if t.tried)]


def _cells(truth: WrongTruthScore, families: list[str]) -> list[Mapping[str, Any]]:
    pairs = [truth.families.get(f) for f in families]
    return [
        _cell(*pair) if pair else {"said": "-", "beside": "", "below": False}
        for pair in (*pairs, (truth.score, truth.truth))
    ]


def _cell(false: Score, true: Score) -> Mapping[str, Any]:
    """The false model's median, beside the truth's worst seed."""
    below = false.median < true.least
    return {"said": f"{false.median:g}", "beside": f"{true.least} of {true.comparable}", "below": below}


def _part(trial: TrialScore) -> Part:
    rows = [
        {
            **r.as_dict(),
            "label": r.middle.title,
            "unit": r.middle.unit.replace("copy/ug", "copies/µg"),
            "told": f"inside at {sum(r.inside)} of {len(r.rows)} seeds",
        }
        for r in trial.rows
        if r.comparable
    ]
    apart = [(r.middle.title, r.middle.reason) for r in trial.rows if not r.comparable]
    naive = [(r.middle.title, r.naive) for r in trial.rows if r.comparable and r.naive]
    not_copied = [(title, n.reason) for title, n in naive if not n.comparable]
    score = trial.score
    said = f"{score.median:g} of {score.comparable} comparable rows inside" if score.comparable else "nothing compared"
    return Part(trial, svg.inline(plot.beside(rows)) if rows else "", said, apart, not_copied)
