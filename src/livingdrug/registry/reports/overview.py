"""Which CAR cell therapies are tested in people right now: counted by target, disease, phase, status, country and year.

A trial counts once. "Not stated" is counted like any other answer, and what is not covered is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from livingdrug.registry.classify.cell_therapy import CAR_THERAPY
from livingdrug.registry.classify.classify import Classification
from livingdrug.registry.classify.disease import SEVERAL, tree
from livingdrug.registry.classify.targets import NOT_STATED, Label
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.countries import country
from livingdrug.registry.search.document import Labels
from livingdrug.registry.search.index import Index, Progress, fresh
from livingdrug.registry.search.own_labels import labelled, own_labels

NOT_COVERED = (
    "Chinese Clinical Trial Registry (ChiCTR)",
    "Japan Registry of Clinical Trials (jRCT)",
    "other national registries that are not open to programs",
)
"""Registries without an open interface: trials registered only there are missing here."""

_GROUP = {p.name: p.group for p in tree() if p.group}
_BRANCH = {p.name: p.branch for p in tree()}


@dataclass(frozen=True)
class Overview:
    """The field, counted."""

    trials: int
    """trials that give CAR cells (or make them in the body)"""
    updated: str
    """newest update among them, as the registries date it"""
    left_out: dict[str, int]
    """studies with a word about CAR cells that are not counted, by reason"""
    by: dict[str, dict[str, int]]
    """answers counted by question: kind, target, disease, branch, source, costimulation, generation, phase, ..."""
    target_by_disease: dict[str, dict[str, int]]
    """target -> disease group -> trials"""
    starts: dict[str, dict[str, int]]
    """year -> branch -> trials that started (or plan to)"""
    starts_unknown: int
    registries: dict[str, int]
    not_covered: tuple[str, ...] = NOT_COVERED
    faults: dict[str, str] = field(default_factory=dict)
    """studies of the mirror that could not be read whole -> why"""

    def as_json(self) -> dict[str, Any]:
        """The overview for machines."""
        return asdict(self)


def overview(store: Store, index: Index | None = None, progress: Progress | None = None) -> Overview:
    """Counts the CAR cell therapies of the mirror."""
    index = index or fresh(store, progress=progress)
    db = store.connect()
    left_out: Counter[str] = Counter()
    by: dict[str, Counter[str]] = {
        n: Counter()
        for n in (
            "kind",
            "target",
            "disease",
            "branch",
            "source",
            "costimulation",
            "generation",
            "phase",
            "status",
            "country",
            "sponsor_type",
        )
    }
    cross: dict[str, Counter[str]] = {}
    starts: dict[str, Counter[str]] = {}
    registries: Counter[str] = Counter()
    trials = unknown = 0
    newest = ""
    for study, said in index.labels():
        if not said.platform:
            left_out[said.kind] += 1
            continue
        trials += 1
        status, start, updated = db.execute(
            "SELECT status, start, updated FROM study WHERE id = ?", (study,)
        ).fetchone()
        newest = max(newest, updated or "")
        groups, branch = _groups(said), _branch(said)
        for name, values in {
            "kind": [said.platform],
            "target": said.targets or (NOT_STATED.value,),
            "disease": groups,
            "branch": [branch],
            "source": [said.source],
            "costimulation": [said.costimulation],
            "generation": [said.generation],
            "status": [status or NOT_STATED.value],
            "sponsor_type": [said.sponsor_type],
            "phase": _names(db, "phase", study),
            "country": _names(db, "country", study),
        }.items():
            by[name].update(values)
        for target in said.targets or (NOT_STATED.value,):
            cross.setdefault(target, Counter()).update(groups)
        if start:
            starts.setdefault(start[:4], Counter())[branch] += 1
        else:
            unknown += 1
        registries.update(r for (r,) in db.execute("SELECT DISTINCT registry FROM study WHERE trial = ?", (study,)))
    return Overview(
        trials,
        newest,
        _ordered(left_out),
        {n: _ordered(c) for n, c in by.items()},
        {t: _ordered(cross[t]) for t in sorted(cross, key=lambda t: -sum(cross[t].values()))},
        {year: _ordered(starts[year]) for year in sorted(starts)},
        unknown,
        _ordered(registries),
        faults=index.faults(),
    )


def evidence(store: Store, study: str) -> Classification:
    """The labels of one study with the sentence or table row that each rests on."""
    found = store.reading(store.present(study)[0])
    return labelled(found, own_labels(store).get(found.id, {}))


def answers(said: Classification) -> list[tuple[str, Label]]:
    """Every answer of a classification by the name of its question."""
    return [
        (CAR_THERAPY, said.kind),
        ("carried by", said.platform),
        ("cells from", said.source),
        *(("target", t) for t in said.targets or (NOT_STATED,)),
        ("costimulation", said.costimulation),
        ("generation", said.generation),
        ("sponsor", said.sponsor_type),
    ]


def _groups(said: Labels) -> list[str]:
    """The disease groups a trial is about; `Several` where it names more than three."""
    groups = list(dict.fromkeys(_GROUP[d] for d in said.diseases if d in _GROUP and _GROUP[d] in said.diseases))
    if not groups:
        return [said.diseases[0]] if said.diseases else [NOT_STATED.value]
    return groups if len(groups) <= 3 else [SEVERAL]


def _branch(said: Labels) -> str:
    branches = {_BRANCH[d] for d in said.diseases if d in _BRANCH}
    return branches.pop() if len(branches) == 1 else SEVERAL if branches else NOT_STATED.value


def _names(db: Any, table: str, study: str) -> list[str]:
    if table == "phase":
        return [n for (n,) in db.execute("SELECT name FROM phase WHERE study = ?", (study,))] or [NOT_STATED.value]
    rows = db.execute(
        "SELECT DISTINCT c.name FROM country c JOIN study s ON s.id = c.study WHERE s.trial = ?", (study,)
    )
    return list(dict.fromkeys(country(n) for (n,) in rows)) or [NOT_STATED.value]


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])))


def top(counts: dict[str, int], most: int, rest: str = "other") -> dict[str, int]:
    """The largest counts, the others summed under one name."""
    kept: Iterable[tuple[str, int]] = list(counts.items())[:most]
    shown = dict(kept)
    if left := sum(list(counts.values())[most:]):
        shown[rest] = left
    return shown
