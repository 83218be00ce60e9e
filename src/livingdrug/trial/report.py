"""The report of a run: one page that needs nothing else, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug import __version__
from livingdrug.errors import ScenarioError
from livingdrug.plot.ticks import number
from livingdrug.trial import bibliography, figures
from livingdrug.trial.figures import Drawing

if TYPE_CHECKING:
    from livingdrug.scenario import Resolved

LOOKS = {"inside": ("inside", "●"), "outside": ("outside", "✕"), "not comparable": ("aside", "□")}
RULE = (
    "Inside means both: the published value lies in the 95 % interval of simulated trials of the published size, and, "
    "where the paper gives an interval, the value simulated in the whole cohort lies in it. Rows used in fitting say how "
    "well the fit holds; only rows kept apart test it."
)


@dataclass(frozen=True)
class Table:
    """A table of words: caption, heads of the columns, rows."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """One part of the page. points: (what, words)."""

    name: str
    title: str
    text: Sequence[str] = ()
    figures: Sequence[Drawing] = ()
    tables: Sequence[Table] = ()
    points: Sequence[tuple[str, str]] = ()


def write(result: Any, path: str | Path) -> Path:
    """Writes the report of a Result to `path` (a file, or a folder that gets a report.html); gives the file's path."""
    target = Path(path)
    if target.suffix != ".html":
        target = target / "report.html"
    page = render(result)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_suffix(".html.part")
        half.write_text(page, encoding="utf-8")
        half.replace(target)
    except OSError as error:
        raise ScenarioError(f"the report cannot be written: {error.strerror}", where=str(target), mend="choose another folder") from None
    return target


def render(result: Any) -> str:
    """The report as HTML text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from livingdrug.plot import svg

    told = Environment(
        loader=PackageLoader("livingdrug.trial", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    measures = result.json()["measures"]
    page = {
        "title": result.resolved.title,
        "version": __version__,
        "tally": tally(measures),
        "rule": RULE,
        "measures": [row(m) for m in measures if m["verdict"] != "not comparable"],
        "apart": [row(m) for m in measures if m["verdict"] == "not comparable"],
        "facts": facts(result),
        "numbers": bibliography.numbers(result.resolved),
        "sources": list(bibliography.sources(result.resolved).values()),
    }
    return told.get_template("report.html.j2").render(page=page, sections=sections(result, measures), colours=svg.colours())


def sections(result: Any, measures: Sequence[Mapping[str, Any]]) -> list[Section]:
    """The parts of the page, in the order in which one reads them."""
    parts = [
        Section("what", "What was simulated", what(result)),
        Section("beside", "Beside the published results", figures=figures.beside(measures)),
        Section("cells", "CAR-T cells and leukaemia", figures=figures.cells(result)),
        Section("release", "Cytokine release", figures=figures.release(result)),
        Section("survival", "How patients fared", figures=figures.fates(result)),
        Section("arms", "The arms side by side", figures=figures.arms(result)),
        Section("patients", "The patients", tables=baseline(result)),
        Section("care", "Care given", tables=given(result), points=rules(result.resolved)),
        Section(
            "left-out",
            "What is left out",
            ["No model is whole. Each mechanism names what it leaves aside, so that nobody reads more into it than it holds."],
            points=bibliography.left_out(result.resolved),
        ),
    ]
    filled = [p for p in parts if p.text or p.figures or p.tables or p.points]
    return [*filled, Section("provenance", "Where the numbers come from")]


def tally(measures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many rows lie inside: all comparable ones, those kept apart, those used in fitting."""
    comparable = [m for m in measures if m["verdict"] != "not comparable"]
    counted = (
        ("comparable measures inside", comparable),
        ("kept apart from fitting, inside", [m for m in comparable if not m["fitted"]]),
        ("used in fitting, inside", [m for m in comparable if m["fitted"]]),
    )
    return [
        {"words": words, "inside": sum(m["verdict"] == "inside" for m in rows), "of": len(rows)} for words, rows in counted
    ]


def row(measure: Mapping[str, Any]) -> dict[str, Any]:
    """One measure, in words."""
    published = (measure.get("published") or [None])[0]
    look, sign = LOOKS.get(measure["verdict"], LOOKS["not comparable"])
    return {
        "label": measure.get("title") or measure["measure"],
        "simulated": spoken(measure.get("simulated"), measure.get("low"), measure.get("high"), measure["unit"]),
        "published": spoken(published["value"], published.get("low"), published.get("high"), measure["unit"]) if published else "",
        "source": _cited(published) if published else "",
        "verdict": measure["verdict"],
        "reason": measure.get("reason") or "",
        "fitted": measure.get("fitted", False),
        "look": look,
        "sign": sign,
    }


def spoken(value: float | None, low: float | None, high: float | None, unit: str) -> str:
    """A value with its interval and unit."""
    if value is None:
        return ""
    after = " %" if unit == "%" else f" {unit}" if unit not in ("", "1") else ""
    if low is None or high is None:
        return number(value) + after
    return f"{number(value)}{after} ({number(low)} to {number(high)})"


def _cited(published: Mapping[str, Any]) -> str:
    words = [str(published.get("source") or ""), str(published.get("year") or "")]
    n = published.get("n")
    cited = ", ".join(w for i, w in enumerate(words) if w and not (i == 1 and w in words[0]))
    return cited + (f", n = {n}" if n else "")
