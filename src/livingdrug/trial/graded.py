"""Which measures hang on a grading scale: what was published on one scale is not compared with grades on another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from livingdrug import library
from livingdrug.errors import SourceError
from livingdrug.spec.scale import Scale
from livingdrug.spec.trial import OWN_SCALE, Measure, Published, Trial
from livingdrug.spec.typed import of_file
from livingdrug.trial.design import DEFAULT_SCALE


def scale_of(trial: Trial) -> str:
    """The name of the trial's own scale."""
    return library.find("scales", trial.scale or DEFAULT_SCALE, where=trial.place("scale")).name


def called(name: str) -> str:
    """A scale's short name."""
    file = of_file(Scale, library.find("scales", name))
    return file.short or file.title or name


def titled(measure: Measure, trial: Trial) -> str:
    """What a measure is called; "{scale}" in its title stands for the trial's own scale."""
    title = measure.title or measure.name
    return title.replace("{scale}", called(scale_of(trial))) if "{scale}" in title else title


def scales(trial: Trial) -> Mapping[str, frozenset[str]]:
    """The grading scales on which each measure hangs, through the columns and endpoints that it asks about."""
    columns = {c.name: {n.path for n in c.value.names} for c in trial.column}
    names = set(library.names("scales"))
    own = scale_of(trial)
    found = {}
    for m in trial.measure:
        heads = {path.partition(".")[0] for path in asked_of(m, trial, columns) if "." in path}
        found[m.name] = frozenset(own if head == OWN_SCALE else head for head in heads & {OWN_SCALE, *names})
    return found


def asked_of(m: Measure, trial: Trial, inside: Mapping[str, set[str]]) -> set[str]:
    """Every name that a measure asks about, also through its endpoint and through names that ask about others."""
    asked = {n.path for x in (m.among, m.by) if x is not None for n in x.names}
    if not m.timed:
        asked |= {n.path for n in m.asked.names}
    for e in trial.endpoint:
        if m.timed and e.name == m.of:
            asked |= {*e.days, *(n.path for n in e.among.names)}
    return _all(asked, inside)


def _all(asked: Iterable[str], columns: Mapping[str, set[str]]) -> set[str]:
    """Everything that is asked about, also through columns."""
    seen: set[str] = set()
    todo = list(asked)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(columns.get(name, ()))
    return seen


def mismatch(row: Published, on: frozenset[str]) -> str:
    """Why a published row cannot be compared with a measure that hangs on these scales; "" when it can.

    SourceError when the row does not say on which scale it was graded.
    """
    if row.scale is not None:
        library.find("scales", row.scale, where=row.place("scale"))
    if not on or row.not_comparable:
        return ""
    if row.scale is None:
        raise SourceError(
            f"the published row of '{row.measure}' does not say on which scale it was graded",
            where=row.place(),
            allowed=library.names("scales"),
            mend=f'add scale = "{min(on)}"',
        )
    published = library.find("scales", row.scale, where=row.place("scale")).name
    if published in on:
        return ""
    return f"published on the {called(published)} scale, simulated on {' and '.join(called(s) for s in sorted(on))}"
