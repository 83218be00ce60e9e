"""Which CAR-T products are approved where, from library/approvals.toml: each answer with its source and day.

A source counts when it is a regulator, an official label store, a registry or a journal. What rests on anything else
stands as "reported, not confirmed", and nothing may be called approved on it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from livingdrug.errors import unknown
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.records.countries import country as one_country
from livingdrug.registry.records.countries import known_country, plain_letters
from livingdrug.registry.records.labels import SET_ID, Wanted, day
from livingdrug.registry.terms.synonyms import meaning

NOT_READ = "not read"
"""Stands where no source at hand says it."""

REPORTED = "reported, not confirmed"
"""The stage of what the press says and the regulator's page was not found for."""

STAGES = ("approved", "recommended for use", "in the label", REPORTED)

AUTHORITIES = {
    "regulator": ("fda.gov", "ema.europa.eu", "ec.europa.eu", "gov.uk", "nice.org.uk", "nmpa.gov.cn", "pmda.go.jp",
                  "mhlw.go.jp", "swissmedic.ch", "canada.ca", "tga.gov.au", "cdsco.gov.in", "pei.de", "anvisa.gov.br"),
    "label store": ("api.fda.gov", "accessdata.fda.gov", "dailymed.nlm.nih.gov"),
    "registry": ("clinicaltrials.gov", "euclinicaltrials.eu", "clinicaltrialsregister.eu", "isrctn.com"),
    "journal": ("doi.org", "pubmed.ncbi.nlm.nih.gov", "nejm.org", "thelancet.com", "nature.com", "ashpublications.org",
                "ascopubs.org", "jamanetwork.com", "bmj.com", "aacrjournals.org", "journals.lww.com"),
}  # fmt: skip
"""Kind of source -> the hosts that are one; a host under one of them counts too."""

_JOURNAL = re.compile(r"[A-Z][\w .&]+ \d{4};\d+(?:\(\d+\))?:[\w-]+$")


@dataclass(frozen=True)
class Source:
    """Where something was read."""

    title: str
    read: str
    """day on which it was read"""
    kind: str
    """regulator, label store, registry, journal or press"""
    url: str = ""


@dataclass(frozen=True)
class LabelRead:
    """Which version of a label the entries of a product were read from; None where that was not noted."""

    set_id: str | None
    version: int | None
    date: str | None
    """the day that the label states, ISO"""
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Approval:
    """One product at one agency for one indication."""

    product: str
    brand: str
    agency: str
    country: str
    stage: str
    indication: str
    line: str
    date: str
    date_is: str
    """what the date is of: approval, marketing start or guidance"""
    basis: str
    """the trial it rests on"""
    sources: tuple[Source, ...]
    note: str = ""
    boxed_warnings: tuple[dict[str, Any], ...] = ()
    monitoring: tuple[dict[str, Any], ...] = ()
    not_read: tuple[str, ...] = field(default=())
    """entries that no source at hand states"""
    read_from_label: LabelRead | None = None
    """None where no label of the product was read"""


def kind_of(url: str) -> str | None:
    """What kind of source a page is by its host; None for one that does not count."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or parts.username:
        return None
    kinds = [(len(name), kind) for kind, names in AUTHORITIES.items() for name in names if _under(host, name)]
    return max(kinds)[1] if kinds else None


def _under(host: str, name: str) -> bool:
    return host == name or host.endswith(f".{name}")


def source(name: str, row: dict[str, Any]) -> Source:
    """One row of the table of sources; RegistryError for a page that is none."""
    read = str(row["read"])
    if row.get("press"):
        return Source(row["title"], read, "press", row.get("url", ""))
    if "journal" in row and _JOURNAL.match(row["journal"]):
        return Source(f"{row['title']} ({row['journal']})", read, "journal")
    kind = kind_of(row.get("url", ""))
    if kind is None:
        raise RegistryError(
            f"'{row.get('url') or row.get('journal')}' is no source for an approval",
            where=f"approvals.toml, source '{name}'",
            allowed="a page of a regulator, an official label store, a registry or a journal",
            mend="read it there; or mark the source press = true, and what rests on it stands as reported",
        )
    return Source(row["title"], read, kind, row["url"])


_OF_A_LABEL = {
    "set_id": (lambda said: bool(SET_ID.fullmatch(str(said))), "the number that all versions of a label share"),
    "version": (lambda said: type(said) is int and said > 0, "1, 2, 3, ..."),
    "date": (lambda said: day(str(said)) == str(said), "a day such as 2026-07-21"),
}
"""Entry of a row of the table of labels -> whether it can be that, and what it may be"""


def label_read(row: dict[str, Any], sources: tuple[Source, ...]) -> LabelRead:
    """One row of the table of labels; RegistryError for a number, version or day that is none."""
    said = {name: None if row[name] == NOT_READ else row[name] for name in _OF_A_LABEL}
    for name, (fits, allowed) in _OF_A_LABEL.items():
        if said[name] is not None and not fits(said[name]):
            raise RegistryError(
                f"'{row[name]}' is no {name} of a label",
                where=f"approvals.toml, label of {row['product']}",
                allowed=f"{allowed}, or {NOT_READ}",
            )
    return LabelRead(said["set_id"], said["version"], said["date"] and str(said["date"]), sources)


@lru_cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("livingdrug.library").joinpath("approvals.toml").read_text("utf-8"))


def read_table(table: dict[str, Any]) -> tuple[Approval, ...]:
    """The approvals of a table; RegistryError where one is called confirmed without a source that counts."""
    sources = {name: source(name, row) for name, row in table["source"].items()}

    def sourced(row: dict[str, Any], what: str) -> tuple[Source, ...]:
        found = tuple(sources[name] for name in row["source"])
        if row.get("stage") not in (None, *STAGES):
            raise unknown("stage", str(row["stage"]), STAGES, where=f"approvals.toml, {what}", error=RegistryError)
        if row.get("stage") != REPORTED and all(s.kind == "press" for s in found):
            raise RegistryError(
                f"{what} rests on the press alone",
                where="approvals.toml",
                mend=f'find it at the regulator, or say stage = "{REPORTED}"',
            )
        return found

    beside: dict[str, list[tuple[dict[str, Any], tuple[Source, ...]]]] = {
        kind: [(row, sourced(row, f"{kind} of {', '.join(row['products'])}")) for row in table[kind]]
        for kind in ("warning", "monitoring")
    }

    labels = {
        (row["product"], row["agency"]): label_read(row, sourced(row, f"label of {row['product']}"))
        for row in table.get("label", ())
    }

    def about(kind: str, product: str, agency: str) -> tuple[dict[str, Any], ...]:
        return tuple(
            {k: v for k, v in row.items() if k not in ("products", "source")} | {"sources": [s.title for s in found]}
            for row, found in beside[kind]
            if product in row["products"] and agency == row["agency"]
        )

    made = []
    for row in table["approval"]:
        found = sourced(row, f"{row['product']} at {row['agency']}")
        said = {k: v for k, v in row.items() if k != "source"}
        unread = tuple(k for k, v in said.items() if isinstance(v, str) and v.startswith(NOT_READ))
        warnings, rules = (about(kind, row["product"], row["agency"]) for kind in ("warning", "monitoring"))
        made.append(
            Approval(
                **said, sources=found, boxed_warnings=warnings, monitoring=rules, not_read=unread,
                read_from_label=labels.get((row["product"], row["agency"])),
            )
        )  # fmt: skip
    return tuple(made)


def approvals(product: str | None = None, country: str | None = None) -> tuple[Approval, ...]:
    """The approvals, all of them or those of a product (by any name) or a country; RegistryError for an unknown one."""
    found = read_table(_table())
    if product is not None:
        found = _chosen(found, product, "product", "--product", lambda a: (a.product, a.brand), _one_product)
    if country is not None:
        known = known_country(country)
        if known and _where_approved(country) not in {a.country for a in found}:
            raise RegistryError(
                f"the table of approvals has no entry for {known}{f' and {product}' if product else ''}",
                where="--country",
                allowed=sorted({a.country for a in found}),
                mend="ask there: what the table lacks was not read, which does not mean that it is not approved",
            )
        found = _chosen(found, country, "country", "--country", lambda a: (a.country,), _where_approved)
    return found


_UNION = ("EU", "E.U.", "Europe", "EEA", "EMA", "European Economic Area")
_MEMBERS = (
    "Austria", "Belgium", "Bulgaria", "Croatia", "Cyprus", "Czechia", "Denmark", "Estonia", "Finland", "France",
    "Germany", "Greece", "Hungary", "Iceland", "Ireland", "Italy", "Latvia", "Liechtenstein", "Lithuania", "Luxembourg",
    "Malta", "Netherlands", "Norway", "Poland", "Portugal", "Romania", "Slovakia", "Slovenia", "Spain", "Sweden",
)  # fmt: skip
"""States in which what the European Union approves is approved: its 27 and three more (recalled, not read)"""


def _where_approved(given: str) -> str:
    """The name of a country in the table; a member state's approvals are those of the European Union."""
    name = one_country(given)
    union = name in _MEMBERS or plain_letters(given) in map(plain_letters, _UNION)
    return "European Union" if union else name


def wanted_labels() -> list[Wanted]:
    """Every product of the table, as the stores of labels are asked for it."""
    found: dict[str, Wanted] = {}
    for row in approvals():
        kept = found.get(row.product, Wanted(row.product))
        brand = kept.brand or (row.brand if row.brand != NOT_READ else None)
        set_id = kept.set_id or (row.read_from_label.set_id if row.read_from_label else None)
        found[row.product] = Wanted(row.product, brand, set_id)
    return list(found.values())


def _one_product(given: str) -> str:
    known = meaning(given)
    return known.name if known and known.kind == "product" else given


def _chosen(
    rows: Iterable[Approval], given: str, what: str, where: str, names: Any, canonical: Any
) -> tuple[Approval, ...]:
    """The rows that one of the names of is meant."""
    rows = tuple(rows)
    wanted = {plain_letters(given), plain_letters(canonical(given))}
    found = tuple(a for a in rows if wanted & {plain_letters(n) for n in names(a)})
    if not found:
        allowed = sorted({n for a in rows for n in names(a) if n != NOT_READ})
        raise unknown(what, given, allowed, where=where, error=RegistryError)
    return found
