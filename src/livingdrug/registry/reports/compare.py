"""Two trials side by side, or two versions of one: what each says, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.changes import Change, compare
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.dates import PartialDate, partial_date
from livingdrug.registry.records.read import read
from livingdrug.registry.records.study import Record, Study
from livingdrug.registry.search.own_labels import labelled, own_labels


@dataclass(frozen=True)
class Side:
    """One of the two: a study, or one version of it."""

    name: str
    seen: str
    """when the mirror saw this version"""
    record: Record
    study: Study


@dataclass(frozen=True)
class Row:
    """One fact of both."""

    name: str
    left: str
    right: str

    @property
    def same(self) -> bool:
        """Whether both say the same."""
        return self.left == self.right


@dataclass(frozen=True)
class Comparison:
    """Two trials, or two versions of one, fact by fact."""

    left: str
    right: str
    rows: tuple[Row, ...]
    changes: tuple[Change, ...] = ()
    """between two versions of one study: what the mirror counts as changed"""

    def as_json(self) -> dict[str, Any]:
        """The comparison for machines."""
        return {
            "left": self.left,
            "right": self.right,
            "rows": [{**asdict(row), "same": row.same} for row in self.rows],
            "changes": [asdict(change) for change in self.changes],
        }


@dataclass(frozen=True)
class Table:
    """Several trials or versions, fact by fact."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    """(fact, what each says), facts that nobody states left out"""

    def as_json(self) -> dict[str, Any]:
        """The table for machines."""
        rows = [{"name": n, "values": list(v), "same": len(set(v)) == 1} for n, v in self.rows]
        return {"trials": list(self.names), "rows": rows}


def side_by_side(store: Store, given: Sequence[str]) -> Table:
    """Several studies by any of their numbers, or versions as in `compared`; RegistryError for what is not held."""
    sides = [_side(store, one) for one in given]
    own = own_labels(store)
    facts = [_facts(side.study, own.get(side.study.id, {})) for side in sides]
    rows = ((name, tuple(f.get(name, "") for f in facts)) for name in (facts[0] if facts else ()))
    return Table(tuple(s.name for s in sides), tuple(row for row in rows if any(row[1])))


def compared(store: Store, left: str, right: str) -> Comparison:
    """Two studies by any of their numbers; `NCT...@2` is its second version, `NCT...@2026-05-01` that of a day.

    RegistryError for a study or version that the mirror does not hold.
    """
    a, b = _side(store, left), _side(store, right)
    own = own_labels(store)
    facts = [_facts(side.study, own.get(side.study.id, {})) for side in (a, b)]
    rows = tuple(Row(name, facts[0].get(name, ""), facts[1].get(name, "")) for name in facts[0])
    changes = tuple(compare(a.record, b.record)) if a.study.id == b.study.id and a.record != b.record else ()
    return Comparison(f"{a.name}", f"{b.name}", tuple(r for r in rows if r.left or r.right), changes)


def _side(store: Store, given: str) -> Side:
    number, at, version = given.partition("@")
    found = store.resolve(number)
    versions = list(store.versions(found))
    if not at:
        n, seen, record = versions[-1]
        return Side(found, seen, record, read(record))
    for n, seen, record in reversed(versions):
        if version.isdecimal() and len(version) < 5 and n == int(version):
            return Side(f"{found} version {n} ({seen[:10]})", seen, record, read(record))
        day = partial_date(version) if len(version) > 4 else None
        if day and seen[:10] <= day.last:
            return Side(f"{found} version {n} ({seen[:10]})", seen, record, read(record))
    raise RegistryError(
        f"{found} has no version '{version}' in the mirror",
        allowed=[f"@{n} ({seen[:10]})" for n, seen, _ in versions],
        mend="a number, or a day on or after the first",
    )


def _facts(study: Study, own: Any) -> dict[str, str]:
    """What is compared of a study, in words."""
    said = labelled(study, own)
    main = said.diseases.main if said.diseases else None

    def dated(value: PartialDate | None) -> str:
        return f"{value}{f' ({value.type.lower()})' if value.type else ''}" if value else ""

    def ranked(rank: str) -> str:
        return "; ".join(o.measure for o in study.outcomes if o.rank == rank)

    return {
        "title": study.title or "",
        "status": study.status or "",
        "phase": " and ".join(study.phases),
        "sponsor": study.sponsor or "",
        "sponsor type": said.sponsor_type.value,
        "kind": said.platform.value if said.is_car else said.kind.value,
        "target": said.target,
        "disease": " > ".join(p for p in (main.branch, main.group, main.disease) if p) if main else "",
        "products": "; ".join(said.products),
        "cells from": said.source.told,
        "costimulation": said.costimulation.value,
        "generation": said.generation.value,
        "conditions": "; ".join(study.conditions),
        "interventions": "; ".join(i.name or i.type or "" for i in study.interventions),
        "arms": "; ".join(a.label or "" for a in study.arms),
        "enrollment": f"{study.enrollment if study.enrollment is not None else study.enrollment_stated or ''}",
        "age": study.ages,
        "sex": study.sex or "",
        "start": dated(study.start),
        "primary completion": dated(study.primary_completion),
        "completion": dated(study.completion),
        "updated": dated(study.updated),
        "countries": "; ".join(study.countries),
        "sites": str(len(study.sites)),
        "results": study.results,
        "primary outcomes": ranked("primary"),
        "secondary outcomes": ranked("secondary"),
    }
