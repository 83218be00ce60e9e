"""What a claim is bound to, as it stands today: a number of the library, a published result, an approval, a registry
record.

    library:KIND/NAME.toml#path             a value of a library file
    trial:NAME/published/MEASURE[/SOURCE]   a published result (`SOURCE` or `SOURCE-YEAR` where there are several);
                                            `#n`, `#low`, `#high`, `#range`: another field of its row
    approvals:PRODUCT/COUNTRY[/FIELD]       an approval; `*` for PRODUCT: how many products are approved there
    registry:NUMBER/FIELD                   a field of a record in the mirror
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from livingdrug import library
from livingdrug.errors import LivingDrugError, ScenarioError, unknown
from livingdrug.parameters import Source
from livingdrug.registry.reports.approvals import REPORTED, Approval, approvals
from livingdrug.scenario import outline
from livingdrug.spec.entry import found
from livingdrug.spec.trial import Published

if TYPE_CHECKING:
    from livingdrug.registry.mirror.store import Store
    from livingdrug.registry.records.study import Study


@dataclass(frozen=True)
class Thing:
    """What something bound says today.

    values: any of them is what it says; told: what is reported only; source, place: what it rests on, and where in
    that; url: its own page. recalled: kept from memory, which carries nothing. changed: the day of its last change.
    """

    values: tuple[Any, ...]
    source: str
    place: str = ""
    url: str = ""
    unit: str = ""
    n: int | None = None
    told: tuple[Any, ...] = ()
    recalled: bool = False
    changed: date | None = None


class NoMirror(LivingDrugError):
    """There is no copy of the registries to look into."""


def look_up(bound: str, store: Store | None = None) -> Thing:
    """What a binding says today; NoMirror for a registry's record without a mirror, LivingDrugError for what is not
    there."""
    kind, _, rest = bound.partition(":")
    if kind not in _KINDS:
        raise unknown("kind of binding", kind, _KINDS, where=f"bound = '{bound}'")
    return _KINDS[kind](rest, store)


def agrees(value: Any, thing: Thing) -> bool:
    """Whether what the text relies on is what it says, or what is reported of it."""
    return any(_same(value, said) for said in (*thing.values, *thing.told))


def only_told(value: Any, thing: Thing) -> bool:
    """Whether what the text relies on is no more than reported."""
    return not any(_same(value, said) for said in thing.values)


def _same(value: Any, said: Any) -> bool:
    if isinstance(value, bool) or isinstance(said, bool):
        return value is said
    if isinstance(value, (int, float)) and isinstance(said, (int, float)):
        return abs(value - said) <= 1e-9 * max(abs(value), abs(said))
    if isinstance(said, (list, tuple)) and isinstance(value, (list, tuple)):
        return len(said) == len(value) and all(map(_same, value, said))
    return str(value) == str(said)


def _of_library(rest: str, store: Store | None) -> Thing:
    file, _, path = rest.partition("#")
    kind, _, name = file.removesuffix(".toml").partition("/")
    if not path or not name:
        said = f"'library:{rest}' does not say which number"
        raise ScenarioError(said, mend="write library:products/NAME.toml#table.key")
    entry = library.find(kind, name)
    number = found(entry, path)
    source = entry.sources.get(number.source)
    here = f"library/{kind}/{name}.toml, {path}"
    place = ", ".join(filter(None, [number.where, here if source else ""]))
    return Thing((number.value,), _cited(source) or here, place, _page(source), number.unit)


def _of_trial(rest: str, store: Store | None) -> Thing:
    path, _, field = rest.partition("#")
    parts = path.split("/")
    if len(parts) not in (3, 4) or parts[1] != "published":
        raise ScenarioError(f"'trial:{rest}' names no published result", mend="write trial:NAME/published/MEASURE")
    entry = library.find("trials", parts[0])
    published = _published(entry.name, library.state(), library.standpoint())
    rows = [r for r in published if r.measure == parts[2]]
    if not rows:
        raise unknown("published result", parts[2], {r.measure for r in published}, where=entry.file)
    if len(parts) == 4:
        names = {f"{r.source}-{r.year}": r for r in rows} | {str(r.source): r for r in rows}
        if parts[3] not in names:
            raise unknown("source of that result", parts[3], names, where=entry.file)
        rows = [names[parts[3]]]
    if len(rows) > 1:
        allowed = ", ".join(f"{r.source}-{r.year}" for r in rows)
        said = f"'{parts[2]}' of {entry.name} is published {len(rows)} times"
        raise ScenarioError(said, where=entry.file, allowed=allowed, mend=f"write trial:{path}/SOURCE-YEAR")
    row = rows[0]
    said_of = row.said()
    if field and field not in said_of:
        raise unknown("field of a published result", field, said_of, where=f"{entry.file}, {parts[2]}")
    source = entry.sources.get(row.source or "")
    return Thing(
        (said_of[field or "value"],),
        _cited(source) or entry.title,
        ", ".join(filter(None, [row.where, row.cohort])),
        _page(source),
        "" if field else row.unit or "",
        row.n or row.size,
        recalled=row.read == "memory",
    )


@lru_cache(maxsize=64)
def _published(trial: str, state: tuple[library.Stamp, ...], standpoint: str) -> tuple[Published, ...]:
    """The published results of a trial, as the library's files are."""
    return outline(trial)[0].published


def _cited(source: Source | None) -> str:
    return str(source) if source else ""


def _page(source: Source | None) -> str:
    return f"https://doi.org/{source.doi}" if source and source.doi else ""


_APPROVALS = "Approvals by country, kept here with their sources"


def _of_approvals(rest: str, store: Store | None) -> Thing:
    product, _, more = rest.partition("/")
    country, _, field = more.partition("/")
    if not country:
        raise ScenarioError(f"'approvals:{rest}' names no country", mend="write approvals:PRODUCT/COUNTRY")
    rows = approvals(None if product == "*" else product, country)
    changed = max((date.fromisoformat(s.read[:10]) for a in rows for s in a.sources), default=None)
    confirmed = [a for a in rows if a.stage != REPORTED]
    if product == "*":
        approved = {a.product for a in rows if a.stage == "approved"}
        return Thing((len(approved),), _APPROVALS, f"{country}: {', '.join(sorted(approved))}", changed=changed)
    parts = [part for a in confirmed or rows for part in _parts(a, field or "stage")]
    values, told = (tuple(p.value for p in parts if p.reported == reported) for reported in (False, True))
    titles = dict.fromkeys(t for p in parts for t in p.titles)
    place = f"{rows[0].product}, {country}: {'; '.join(titles)}"
    return Thing(values, _APPROVALS, place, told=told, changed=changed)


class _Part(NamedTuple):
    """One thing that an approval says: what, where that was read, and whether it is only reported."""

    value: Any
    titles: tuple[str, ...]
    reported: bool


def _parts(row: Approval, field: str) -> list[_Part]:
    """What an approval says under a name; of warnings and of rules of watching those that hold now."""
    if field == "monitoring":
        eras = [era for era in row.monitoring if "until" not in era]
        return [_Part(rule, tuple(era["sources"]), False) for era in eras for rule in era["rules"]]
    if field == "boxed_warnings":
        return [_Part(w["says"], tuple(w["sources"]), w["stage"] == REPORTED) for w in row.boxed_warnings]
    known = ("stage", "indication", "line", "date", "date_is", "basis", "agency", "brand")
    if field not in known:
        raise unknown("field of an approval", field, [*known, "monitoring", "boxed_warnings"])
    return [_Part(getattr(row, field), tuple(s.title for s in row.sources), row.stage == REPORTED)]


def _of_registry(rest: str, store: Store | None) -> Thing:
    number, _, field = rest.partition("/")
    if not field:
        raise ScenarioError(f"'registry:{rest}' names no field", mend="write registry:NUMBER/FIELD")
    if store is None:
        raise NoMirror("there is no copy of the registries here")
    study = store.reading(number)
    if field not in type(study).__dataclass_fields__:
        raise unknown("field of a record", field, type(study).__dataclass_fields__)
    said = getattr(study, field)
    values = tuple(getattr(x, "text", x) for x in (said if isinstance(said, tuple) else (said,)))
    return Thing((*values, len(values)) if isinstance(said, tuple) else values, study.id, field, study.url,
                 changed=_updated(study))  # fmt: skip


def _updated(study: Study) -> date | None:
    if study.updated is None:
        return None
    try:
        return date.fromisoformat(str(study.updated.first)[:10])
    except ValueError:
        return None


_KINDS: dict[str, Callable[[str, Store | None], Thing]] = {
    "library": _of_library,
    "trial": _of_trial,
    "approvals": _of_approvals,
    "registry": _of_registry,
}
