"""What a measure means in an arm: all words of the files that say how it is read off the patients, not how they fare.

Two arms may define a measure of one name otherwise (another column, endpoint, grading scale, list of visits): their
values do not differ by what was done to the patients alone, and are not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from livingdrug import library
from livingdrug.scenario import Arm, Resolved, resolve
from livingdrug.spec.trial import OWN_SCALE, Measure
from livingdrug.trial.graded import scale_of

SAMPLED = ("cmax", "tmax", "auc", "last_measurable", "doubling", "decline", "auc_true")  # columns of [samples]
Definition = frozenset[tuple[Any, ...]]


def definitions(resolved: Resolved) -> Mapping[str, Definition]:
    """The definition of every measure of an arm, by name; equal where two arms mean the same."""
    words = _words(resolved)
    return {m.name: _definition(m, words) for m in resolved.trial.measure}


def otherwise(arm: Arm) -> dict[str, str]:
    """Why the library's published row of a measure says nothing of it here: measures that an arm defines otherwise than
    the library trial that it builds on, each with the reason."""
    base = arm.resolved.chain[-1]
    if base.kind != "trials":
        return {}
    own, (whole, arms) = definitions(arm.resolved), _of_library(base.name, library.state())
    library_s = arms.get(arm.name, whole)
    reason = f"this run defines it otherwise than '{base.name}', of which it was published"
    return {name: reason for name, said in library_s.items() if name in own and _apart(own[name], said)}


def _apart(one: Definition, other: Definition) -> bool:
    """Whether two definitions differ in more than the trial's own grading scale: a published row says its scale."""
    return any(not str(name).startswith(f"{OWN_SCALE}.grade") for name, *_ in one ^ other)


@lru_cache(maxsize=32)
def _of_library(
    trial: str, state: tuple[library.Stamp, ...]
) -> tuple[Mapping[str, Definition], Mapping[str, Mapping[str, Definition]]]:
    """The definitions of a library trial as it stands, and those of its arms; state: of the library, whose files are as
    they were."""
    whole = resolve(trial)
    return definitions(whole), {a.name: definitions(a.resolved) for a in whole.overridden}


def _definition(measure: Measure, words: Mapping[str, tuple[Any, tuple[str, ...]]]) -> Definition:
    asked = [n.path for x in (measure.among, measure.by) if x is not None for n in x.names]
    asked += [f"endpoint {measure.of}"] if measure.timed else [n.path for n in measure.asked.names]
    own = (measure.kind, str(measure.of), measure.among.text, str(measure.by), measure.at, measure.shown_unit)
    found: set[tuple[Any, ...]] = {("measure", *own)}
    todo = list(asked)
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen and name in words:
            said, further = words[name]
            found.add((name, said))
            todo.extend(further)
        seen.add(name)
    return frozenset(found)


def _words(resolved: Resolved) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Everything that a measure may hang on, by name: what the files say of it, and the further names in that.

    A rule that acts is treatment, and no part of a definition; a watch is how one looks. A column may bear a watch's
    name: both are told.
    """
    trial, protocol = resolved.trial, resolved.protocol
    days = {name: tuple(clock.pieces) for name, clock in trial.visits.items()}
    found: dict[str, tuple[Any, tuple[str, ...]]] = {}

    def tell(name: str, said: Any, further: tuple[str, ...] = ()) -> None:
        before, known = found.get(name, ((), ()))
        found[name] = ((*before, said), (*known, *further))

    for look in (*protocol.watch, *(r for r in protocol.rule if r.do is None)):
        visits = tuple((name, days.get(name)) for name in look.check.visits)
        tell(look.key, (look.asked.text, look.check.pieces, visits), _paths(look.asked.names))
    for column in trial.column:
        tell(column.name, (column.value.text, column.unit), _paths(column.value.names))
    for end in trial.endpoint:
        said = (end.start, end.events, end.censors, end.among.text)
        tell(f"endpoint {end.name}", said, (*end.days, *_paths(end.among.names)))
    if trial.samples:
        s = trial.samples
        said_of_samples = (s.observable, s.noise, s.limit, days.get(s.visits), s.days)
        for name in (*SAMPLED, *(f"copies_{d:g}" for d in s.days)):
            if name not in found:
                tell(name, said_of_samples)
    scale = scale_of(resolved.trial)
    for i in ("", *range(6)):
        tell(f"{OWN_SCALE}.grade{i}", scale)
        for name in library.names("scales"):
            tell(f"{name}.grade{i}", name)
    return found


def _paths(names: Iterable[Any]) -> tuple[str, ...]:
    return tuple(n.path for n in names)
