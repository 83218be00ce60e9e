"""The scoreboard: every library trial beside what was published of it, over seeds, from the stored run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from livingdrug import library, plot
from livingdrug.errors import nearest
from livingdrug.parameters import Source
from livingdrug.report import scoreboard as report
from livingdrug.report.words import capital
from livingdrug.results import scoreboard_tables as tables
from livingdrug.results.criteria import count
from livingdrug.results.score import CALIBRATION, OUTLOOK, VALIDATION, Score, Scored
from livingdrug.results.scoreboard import Scoreboard
from livingdrug.scenario import outline
from livingdrug.trial.stored import changed_since, stored
from livingdrug.units import of_unit
from livingdrug.web.pages._asked import declared
from livingdrug.web.pages._evidence import drawn, evidence, interval
from livingdrug.web.refused import Refused

router = APIRouter(include_in_schema=False, dependencies=[Depends(declared)])
ROLES = {
    CALIBRATION: "fitted to, or may have been",
    VALIDATION: "never fitted to",
    OUTLOOK: "not calibrated for (an outlook)",
}


@router.get("/evidence/scoreboard")
def scoreboard(request: Request) -> Response:
    """Scores of all trials, by family, beside naive transfer and wrong truths."""
    kept = stored()
    board = kept.board
    return evidence(
        request,
        "scoreboard.html",
        "Scoreboard",
        "Every trial of the library beside what was published of it, over seeds.",
        kept=kept,
        board=board,
        changed=changed_since(kept),
        roles=ROLES,
        said=said(board),
        score=told,
        families=[_family_figure(board, role) for role in ROLES if board.by_family(role)],
        wrong=drawn(report.wrong_truths(board)),
        wrong_rows=tables.wrong_truths(board),
        matrix=report.matrix(board),
        below=tables.BELOW,
    )


@router.get("/evidence/scoreboard/{name}")
def trial(request: Request, name: str) -> Response:
    """One trial, row by row; ScenarioError (404), with the nearest, for one that was not scored."""
    kept = stored()
    known = {t.trial: t for t in kept.board.trials}
    if name not in known:
        raise Refused(404, f"no trial '{name[:80]}' was scored", allowed=list(known), nearest=nearest(name, known))
    scored = known[name]
    sources = outline(name)[0].sources if name in library.names("trials") else {}
    rows = [_row(r, sources) for r in scored.rows]
    shown = [r["lane"] for r in rows if r["comparable"]]
    return evidence(
        request,
        "scoreboard_trial.html",
        scored.title.partition(": ")[0],
        f"{scored.title}: every published result beside what the model simulates.",
        trial=scored,
        subject=capital(scored.title.partition(": ")[2] or scored.title),
        kept=kept,
        changed=name in changed_since(kept),
        role=ROLES.get(scored.role, scored.role),
        score=told(scored.score),
        chart=drawn(plot.beside(shown), f"{len(shown)} published results beside simulated trials of {name}.")
        if shown
        else "",
        rows=rows,
        naive=any(r["naive"] for r in rows),
    )


def told(score: Score) -> str:
    """`57 of 82`; the median over the seeds."""
    return f"{count(score.median)} of {score.comparable}" if score.comparable else "none comparable"


def said(board: Scoreboard) -> dict[str, Any]:
    """The numbers that the pages quote in sentences."""
    tried = [t for t in board.wrong_truths if t.tried]
    return {
        "fitted": board.score(CALIBRATION),
        "kept": board.score(VALIDATION),
        "naive": board.naive(),
        "answered": board.where_answered(),
        "tried": len(tried),
        "below": sum(t.below for t in tried),
        "patients": sorted({t.patients for t in board.trials}),
    }


def _family_figure(board: Scoreboard, role: str) -> dict[str, Any]:
    """The scores of the families of measures in the trials of one role, drawn and as a table."""
    families = board.by_family(role)
    naive = role == VALIDATION
    head = ["family", "inside, median over the seeds", "worst seed", "best seed", "of"]
    rows = [[name, *_cells(s), *([str(board.naive(name).least)] if naive else [])] for name, s in families.items()]
    every = [tables.ALL, *_cells(board.score(role)), *([str(board.naive().least)] if naive else [])]
    return {
        "role": role,
        "words": ROLES[role],
        "caption": report.CAPTIONS[role],
        "score": told(board.score(role)),
        "chart": drawn(report.families(board, role)),
        "head": [*head, *(["naive transfer"] if naive else [])],
        "rows": [*rows, every],
    }


def _cells(s: Score) -> list[str]:
    return [count(s.median), str(s.least), str(s.most), str(s.comparable)]


def _row(r: Scored, sources: Mapping[str, Source]) -> dict[str, Any]:
    """A published row for the table, and for the forest plot."""
    x = r.middle
    inside = sum(r.inside)
    lane = {**r.as_dict(), "label": x.title, "unit": of_unit(x.unit), "told": f"inside at {inside} of {len(r.rows)}"}
    n = r.naive
    return {
        "name": x.measure,
        "title": x.title,
        "unit": of_unit(x.unit),
        "family": r.family,
        "simulated": interval(x.simulated, x.low, x.high),
        "published": interval(x.value, x.published_low, x.published_high),
        "n": x.n,
        "source": str(sources.get(x.source or "", x.source or "")),
        "place": x.place,
        "fitted": x.fitted,
        "seeds": f"{inside} of {len(r.rows)}",
        "verdict": x.verdict,
        "reason": x.reason,
        "comparable": r.comparable,
        "naive": (interval(n.value, n.low, n.high) if n.comparable else f"none: {n.reason}") if n else "",
        "naive_verdict": n.verdict if n and n.comparable else "",
        "lane": lane,
    }
