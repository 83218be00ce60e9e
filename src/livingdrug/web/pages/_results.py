"""A finished run as its page shows it: findings, measures beside published ones, figures with their tables."""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from livingdrug import plot
from livingdrug.errors import short
from livingdrug.plot.marks import Axis, Estimate
from livingdrug.plot.tables import tables
from livingdrug.report import arms, bibliography, figures, flow, narrative
from livingdrug.report.figures import Drawing
from livingdrug.report.html import RULE, asks
from livingdrug.report.words import Words, scales, words
from livingdrug.scenario.resolved import of_user
from livingdrug.units import of_unit
from livingdrug.version import __version__
from livingdrug.web.paper import plural, render

if TYPE_CHECKING:
    from livingdrug.results.result import Result

LOADED = 4  # results that are kept in memory
DRAWN = 32  # pages that are
Kept = TypeVar("Kept")
TOLD = "virtual_told.html"
ABOUT_RUN = ("title", "name", "about", "patients", "seed", "trial", "arm", "published")
"""Words that say nothing of what is simulated"""


class Shelf:
    """The newest few of something that takes a while to make; two who ask for the same at once wait for one making."""

    def __init__(self, most: int) -> None:
        self.most, self.kept = most, OrderedDict[str, Any]()
        self.alone, self.making = threading.Lock(), dict[str, threading.Lock]()

    def get(self, key: str, make: Callable[[], Kept]) -> Kept:
        """What is kept under the key, made where it is not there."""
        with self.alone:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
            lock = self.making.setdefault(key, threading.Lock())
        with lock:
            with self.alone:
                if key in self.kept:
                    return self.kept[key]
            made = make()
            with self.alone:
                self.kept[key] = made
                self.making.pop(key, None)
                while len(self.kept) > self.most:
                    self.kept.popitem(last=False)
        return made


RESULTS, PAGES, REPORTS = Shelf(LOADED), Shelf(DRAWN), Shelf(LOADED)


def result_of(folder: Path) -> Result:
    """The result in a folder, loaded once."""

    def load() -> Result:
        import livingdrug

        with warnings.catch_warnings(action="ignore", category=UserWarning):
            return livingdrug.load(folder)

    return RESULTS.get(_stamp(folder), load)


def _stamp(folder: Path) -> str:
    return f"{folder}@{(folder / 'provenance.json').stat().st_mtime_ns}"


def page_of(folder: Path, key: str) -> str:
    """What the page says of the result in a folder: drawn by the process that ran it, or once here."""

    def drawn() -> str:
        found = _kept(folder.with_suffix(".html"))
        return drawn_of(result_of(folder), key) if found is None else found

    return PAGES.get(_stamp(folder), drawn)


def drawn_of(result: Result, key: str) -> str:
    """What the page of a run says of its result, as HTML."""
    return render(TOLD, told=told(result), key=key)


def keep(result: Result, file: Path, key: str) -> None:
    """Writes what the page says of a run into a file, so that nobody need wait for it."""
    file.write_text(f"{_mark()}\n{drawn_of(result, key)}", encoding="utf-8")


def _kept(file: Path) -> str | None:
    """What was written by `keep`; None where nothing was, or by another version of the page."""
    try:
        mark, _, text = file.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return text if mark == _mark() else None


@cache
def _mark() -> str:
    """A line that changes with the page's template and code."""
    template = resources.files("livingdrug.web").joinpath("templates", TOLD).read_bytes()
    digest = hashlib.sha256(template + Path(__file__).read_bytes() + __version__.encode()).hexdigest()
    return f"<!-- {digest[:16]} -->"


def report_of(folder: Path) -> str:
    """The report on the result in a folder, as one page: drawn when it is asked for."""
    from livingdrug.report.html import render as written

    return REPORTS.get(_stamp(folder), lambda: written(result_of(folder)))


def told(result: Result) -> dict[str, Any]:
    """Everything that the page of a result shows."""
    said = words(result.resolved)
    measures = result.beside_published().to_dicts()
    judged, rests = narrative.applicable(result)
    compared = result.between_arms() if len(result.arms) > 1 else None
    return {
        "asks": asks(result),
        "finding": finding(measures),
        "numbers": list(numbers(result, measures)),
        "notes": narrative.notes(result),
        "several": [arm.title for arm in result.arms.values()] if len(result.arms) > 1 else [],
        "differences": differences(result, measures),
        "same": compared.same if compared else "",
        "apart": compared.apart(of_unit) if compared else "",
        "happened": arms.tables(result),
        "by_arm": with_tables(arms.figures(result)),
        "judged": judged,
        "rests": rests,
        "beside": [beside(result, name) for name in narrative.with_published(result)],
        "rule": RULE,
        "sections": list(sections(result, said)),
        "patients": list(patients(result, said)),
        "numbers_of": [(name, arm.title) for name, arm in result.arms.items()],
        "people": narrative.baseline(result),
        "care": narrative.given(result, said),
        "rules": narrative.rules(result.resolved, said),
        "assumed": list(assumed(result)),
        "set": list(changes(result)),
        "left_out": bibliography.left_out(result.resolved),
        "facts": narrative.facts(result),
    }


def differences(result: Result, measures: Sequence[Mapping[str, Any]]) -> dict[str, narrative.Table]:
    """The measures that differ between the arms: those that a published value stands beside, then the others."""
    _, found = narrative.between(result)
    if not found:
        return {}
    beside = {m["measure"] for m in measures if m["verdict"] != "not comparable"}
    changed, (table, *_) = result.between_arms().changed, found
    rows = list(zip((row.measure in beside for row in changed), table.rows, strict=True))
    first, more = ([row for own, row in rows if own is wanted] for wanted in (True, False))
    if not first:
        first, more = more, []
    return {
        "first": replace(table, rows=first, notes=[n for n in table.notes if not n.startswith("Measured in ")]),
        "more": replace(table, rows=more, caption="More measures that differ."),
    }


def beside(result: Result, arm: str) -> dict[str, Any]:
    """The measures of an arm beside its published ones: comparable ones drawn, the missed and the others in words."""
    measures = result.beside_published(arm).to_dicts()
    sources = result.resolved.arm(arm).resolved.trial.sources
    return {
        "arm": result.arm(arm).title if len(result.arms) > 1 else "",
        "forest": list(forest(measures, sources)),
        "missed": [narrative.row(m, sources) for m in measures if m["verdict"] == "outside"],
        "apart": [narrative.row(m, sources) for m in measures if m["verdict"] == "not comparable" and m["published"]],
    }


def finding(measures: Sequence[Mapping[str, Any]]) -> str:
    """The first sentence of the page."""
    comparable = [m for m in measures if m["verdict"] != "not comparable"]
    if not comparable:
        return "Nothing that was published can be compared with this run; each row below says why."
    inside = sum(m["verdict"] == "inside" for m in comparable)
    lie = (
        "lies where the trial in people leaves room for it"
        if inside == 1
        else ("lie where the trial in people leaves room for them")
    )
    return f"{inside} of {plural(len(comparable), 'comparable measure')} {lie}."


def numbers(result: Result, measures: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The large numbers at the top: value, what it counts."""
    counts = result.arm().counts
    each = ", in each arm" if len(result.arms) > 1 else ""
    yield f"{counts['enrolled']:,}", f"virtual people enrolled{each}"
    yield f"{counts['infused']:,}", "got their cells" + (f" (arm “{result.arm().title}”)" if each else "")
    all_of, apart, fitted = narrative.tally(measures)
    if fitted["of"]:
        yield f"{apart['inside']} of {apart['of']}", "inside, kept apart from fitting"
        yield f"{fitted['inside']} of {fitted['of']}", "inside, used in fitting"
    elif all_of["of"] and any(row.fitted for row in result.resolved.trial.published):
        yield f"{all_of['inside']} of {all_of['of']}", "inside; what was fitted was changed, so no row tests a fit"
    elif all_of["of"]:
        yield f"{all_of['inside']} of {all_of['of']}", "inside; nothing was fitted to this trial"


def forest(measures: Sequence[Mapping[str, Any]], sources: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Measures beside published ones: groups on one scale, each row with its drawing in percent of the scale."""
    rows = [
        {**m, "label": m["title"], "unit": of_unit(m["unit"])} for m in measures if m["verdict"] != "not comparable"
    ]
    drawn = [m for m in rows if m["published"] and m["simulated"] is not None]
    chart = plot.beside(drawn)
    of_group = [[m for m in drawn if (m["unit"] == "%") is rates] for rates in (True, False)]
    for group, own in zip(chart.groups, [g for g in of_group if g], strict=True):
        share = group.axis.label.startswith("patients")
        yield {
            "name": "Shares of patients, %" if share else "Other measures, as a ratio to the published value",
            "ticks": [(_percent(group.axis, place), label) for place, label in group.axis.ticks],
            "one": None if group.reference is None else _percent(group.axis, group.reference),
            "rows": [
                {
                    **narrative.row(m, sources),
                    "simulated": _span(group.axis, lane.estimates[0]),
                    "published": _span(group.axis, lane.estimates[1]),
                    "unit": "" if m["unit"] == "%" else m["unit"],
                }
                for lane, m in zip(group.lanes, own, strict=True)
            ],
        }


def _percent(axis: Axis, value: float) -> str:
    return f"{100 * float(axis.share(value)):.2f}%"


def _span(axis: Axis, estimate: Estimate) -> dict[str, str]:
    """Where an estimate and its interval lie, in percent; an end that was not reached lies at the end of the axis."""
    low = axis.low if estimate.low is None else estimate.low
    high = axis.high if estimate.high is None else estimate.high
    bare = estimate.low is None and estimate.high is None
    ends = {"low": "" if bare else _percent(axis, low), "high": _percent(axis, high)}
    return {"at": _percent(axis, estimate.value), "words": estimate.words, **ends}


def sections(result: Result, said: Words) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Name, title and figures of each section that has any."""
    parts: list[tuple[str, str, list[Drawing]]] = [
        ("flow", "Who was enrolled, and who was lost", [flow.figure(result)]),
        ("fates", "How patients fared", figures.fates(result, said)),
        *((name, title, figures.of_section(result, name, said)) for name, title in said.sections),
    ]
    for name, title, drawings in parts:
        if drawings:
            yield name, title, with_tables(drawings)


def with_tables(drawings: Sequence[Drawing]) -> list[dict[str, Any]]:
    """Each figure with its numbers as tables."""
    return [{"figure": d, "tables": d.tables or tables(d.chart)} for d in drawings]


def patients(result: Result, said: Words) -> Iterator[tuple[int, str]]:
    """Patients worth a look: the first in whom each thing happened, and the worst grade of each scale."""
    arm = result.arm()
    columns, infused = arm.columns, np.asarray(arm.columns["infused"]) > 0
    numbers_ = np.asarray(columns["patient"])
    for event in said.events:
        if event.day not in columns:
            continue
        seen = infused & np.isfinite(np.asarray(columns[event.day], float))
        seen &= np.asarray(columns[event.day], float) <= np.asarray(columns["end_day"], float)
        if event.only_if and event.only_if in columns:
            seen &= np.asarray(columns[event.only_if], float) > 0
        if event.unless and event.unless in columns:
            seen &= ~(np.asarray(columns[event.unless], float) > 0)
        if seen.any():
            yield int(numbers_[seen][0]), event.words
    died = infused & np.isfinite(np.asarray(columns["death_day"], float))
    if died.any():
        yield int(numbers_[died][0]), "died"
    listed = {s.name: s for s in scales(result.resolved)}
    worst = result.toxicity
    for name in dict.fromkeys(worst["scale"]) if len(worst) else ():
        own = worst[(worst["scale"] == name) & (worst["arm"] == arm.name)]
        if name in listed and len(own):
            first = own.loc[own["grade"].idxmax()]
            yield int(first["patient"]), f"{listed[name].short} grade {first['grade']:.0f}"


def assumed(result: Result) -> Iterator[tuple[str, int]]:
    """How many numbers of the model are of each kind."""
    kinds = [p.kind for p in result.resolved.parameters.values()]
    for kind in ("measured", "fitted", "derived", "assumed"):
        if kind in kinds:
            yield kind, kinds.count(kind)


def changes(result: Result) -> Iterator[tuple[str, str, str]]:
    """What the user changed: arm ("" where it is in all of them), path, value."""
    found: dict[tuple[str, str], list[str]] = {}
    for arm in result.resolved.arms:
        for path, layers in sorted(arm.resolved.stack.items()):
            if of_user(layers[-1].layer) and path not in arm.resolved.origins:
                value = f"{layers[-1].value:.6g} {of_unit(layers[-1].unit)}".strip()
                found.setdefault((path, value), []).append(arm.title)
        for path, said in arm.resolved.origins.items():
            layer, value, place = said[-1]
            if of_user(layer) and not getattr(place, "ours", False) and path not in ABOUT_RUN:
                found.setdefault((path, _in_words(value)), []).append(arm.title)
    every = len(result.resolved.arms)
    for (path, value), named in found.items():
        yield ", ".join(named) if len(named) < every else "", path, value


def _in_words(value: Any) -> str:
    """What a user's file says at a word: of tables, such as rules and doses, what each is called."""
    if isinstance(value, list | tuple) and value and all(isinstance(x, Mapping) for x in value):
        return ", ".join(dict.fromkeys(map(_called, value)))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_in_words(x)}" for key, x in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_in_words, value))
    return str(value).lower() if isinstance(value, bool) else short(value).strip("'")


def _called(row: Mapping[str, Any]) -> str:
    """One table of a list by its name, with whether it is left out."""
    name = next((str(row[key]) for key in ("name", "measure", "drug") if key in row), "one more")
    return f"{name.replace('_', ' ')} (left out)" if row.get("remove") else name.replace("_", " ")
