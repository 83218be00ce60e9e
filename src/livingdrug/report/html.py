"""The report of a run: one page that needs nothing else, light and dark, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.files import disk, write_text
from livingdrug.plot.tables import NONE
from livingdrug.plot.typeset import typeset
from livingdrug.report import arms, bibliography, enrolled, figures, flow, narrative
from livingdrug.report.figures import Drawing
from livingdrug.report.patient import draw, first_infused
from livingdrug.report.words import words
from livingdrug.version import __version__

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

    from livingdrug.results.result import Result

RULE = (
    "Inside means both: the published value lies in the 95 % interval of simulated trials of the published size, and, "
    "where the paper gives an interval, the value simulated in the whole cohort lies in it. Rows used in fitting say "
    "how well the fit holds; only rows kept apart test it."
)
NOTHING = "In this run nothing could be compared; each row below says why."
UNFINISHED = (
    "No model is whole. Each mechanism names what it leaves aside, so that nobody reads more into it than it holds."
)
FIRST = "The first patient infused, by number, not selected. Another: livingdrug plot RUN --patient N --journey"
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@dataclass(frozen=True)
class Section:
    """One part of the page. first: tables above the figures; tables: those below; points: (what, words)."""

    name: str
    title: str
    text: Sequence[str] = ()
    first: Sequence[narrative.Table] = ()
    figures: Sequence[Drawing] = ()
    tables: Sequence[narrative.Table] = ()
    points: Sequence[tuple[str, str]] = ()


def write(result: Result, path: str | Path) -> Path:
    """Writes the report of a Result to `path` (a file, or a folder that gets a report.html); gives the file's path."""
    target = Path(path)
    if target.suffix != ".html":
        target = target / "report.html"
    page = render(result)
    with disk(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, page)
    return target


def asks(result: Result) -> str:
    """What the user's own file says of its question (`about`); nothing where it is silent."""
    trial = result.resolved.trial
    return "" if trial.place("about").ours else " ".join((trial.about or "").split())


def render(result: Result) -> str:
    """The report as HTML text."""
    from livingdrug.plot import svg

    measures = result.beside_published().to_dicts()
    sources = result.resolved.trial.sources
    page = {
        "title": result.resolved.title,
        "asks": asks(result),
        "version": __version__,
        "tally": [count for count in narrative.tally(measures) if count["of"]],
        "rule": RULE,
        "about": result.beside_published().about,
        "glossary": narrative.glossary(result, words(result.resolved)),
        "measures": [narrative.row(m, sources) for m in measures if m["verdict"] != "not comparable"],
        "apart": [narrative.row(m, sources) for m in measures if m["verdict"] == "not comparable" and m["published"]],
        "facts": narrative.facts(result),
        "numbers": bibliography.numbers(result.resolved),
        "sources": bibliography.cited(result.resolved),
    }
    return typeset(_template().render(page=page, sections=sections(result, measures), charts=svg.style()))


@cache
def _template() -> Template:
    """The page without its words, compiled once."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("livingdrug.report", "")
    shelf = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    shelf.filters["whole"] = _whole
    return shelf.get_template("report.html.j2")


def _whole(text: str) -> Markup:
    """A sentence whose options of the command line, such as --patient, do not break at their hyphens."""
    from markupsafe import Markup, escape

    return Markup(_OPTION.sub(lambda m: f'<span class="whole">{m[0]}</span>', str(escape(text))))


def _journey(result: Result) -> list[Section]:
    """The whole journey of one patient, with what its picture shows in words."""
    number = first_infused(result)
    if number is None:
        return []
    one = draw(result, number).journey
    words = narrative.Table(one.table.caption, one.table.head, one.table.rows)
    numbers = narrative.Table(one.numbers.caption, one.numbers.head, one.numbers.rows)
    return [
        Section("journey", "The whole journey of one patient", [FIRST], figures=[one.figure()], tables=[words, numbers])
    ]


def _joined(*words: str) -> str:
    return "; ".join(filter(None, words))


def _beside_others(result: Result) -> list[Section]:
    """Further arms beside what was published of them, where their file gives that."""
    head = ("Measure", "Simulated", "Published", "Verdict", "Source; why it is outside or not compared")
    found = []
    for number, name in enumerate(narrative.with_published(result)[1:], 2):
        measures = [m for m in result.beside_published(name).to_dicts() if m["published"]]
        sources = result.resolved.arm(name).resolved.trial.sources
        told = [narrative.row(m, sources) for m in measures]
        rows = [
            (r["label"], r["simulated"] or NONE, r["published"], r["verdict"], _joined(r["source"], r["reason"]))
            for r in told
        ]
        table = narrative.Table(f"{len(rows)} published measures of this arm.", head, rows)
        title = f"Beside the published results: {result.arm(name).title}"
        drawn = figures.beside(measures, f"beside-chart-{number}")
        found.append(Section(f"beside-{number}", title, figures=drawn, tables=[table]))
    return found


def sections(result: Result, measures: Sequence[Mapping[str, Any]]) -> list[Section]:
    """The parts of the page, in the order in which one reads them."""
    said = words(result.resolved)
    shown = [
        Section(name, title, figures=drawn)
        for name, title in said.sections
        if (drawn := figures.of_section(result, name, said))
    ]
    comparable = any(m["verdict"] != "not comparable" for m in measures)
    changes, differences = narrative.between(result)
    judged, rests = narrative.applicable(result)
    parts = [
        Section("what", "What was simulated", narrative.what(result, said)),
        Section("applicability", "Whether the model is applicable", judged, points=rests),
        Section("arms", "The arms side by side", changes, differences, arms.figures(result), arms.tables(result)),
        Section(
            "beside",
            "Beside the published results",
            [] if comparable else [NOTHING],
            figures=figures.beside(measures),
        ),
        *_beside_others(result),
        Section(
            "enrolled",
            "From enrolment to the end",
            [enrolled.INTRO],
            figures=[flow.figure(result)],
            tables=enrolled.tables(result),
        ),
        *_journey(result),
        *shown,
        Section("survival", "How patients fared", figures=figures.fates(result, said)),
        Section("patients", "The patients", tables=narrative.baseline(result)),
        Section(
            "care", "Care given", tables=narrative.given(result, said), points=narrative.rules(result.resolved, said)
        ),
        Section(
            "left-out",
            "What is left out",
            [UNFINISHED],
            points=bibliography.left_out(result.resolved),
        ),
    ]
    filled = [p for p in parts if p.text or p.first or p.figures or p.tables or p.points]
    return [*filled, Section("provenance", "Where the numbers come from")]
