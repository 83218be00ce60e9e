"""A list of trials as cards for people: state and phase in words, who and where, and why each was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports import in_words
from livingdrug.registry.search.query import searchable, understood
from livingdrug.registry.search.search import FoundStudy

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Card:
    """One trial of a list."""

    study: FoundStudy
    status: str
    phase: str
    registry: str
    tested: str
    """what is tested, in words; empty where no label says it"""
    who: str
    where: str
    nearest: str
    """the nearest place, where one was asked for"""
    runs_it: str
    """the sponsor, or what kind of body it is where no name is given"""
    why: tuple[str, ...]
    """why it was found"""


def cards(store: Store, studies: Sequence[FoundStudy], text: str = "") -> list[Card]:
    """The studies of a list, with what a list of facts does not say; text: the words that were searched for."""
    ids = [s.id for s in studies]
    marks = ", ".join("?" * len(ids))
    db = store.connect()
    people = {
        i: said
        for i, *said in db.execute(
            f"SELECT id, registry, minimum_age, maximum_age, sex FROM study WHERE id IN ({marks})", ids
        )
    }
    sites = dict(db.execute(f"SELECT study, count(*) FROM site WHERE study IN ({marks}) GROUP BY study", ids))
    return [_card(s, people[s.id], sites.get(s.id, 0), text) for s in studies]


def _card(study: FoundStudy, people: list[str | None], sites: int, text: str) -> Card:
    registry, low, high, sex = people
    count = f"{study.enrollment:,} people" if study.enrollment else ""
    who = [in_words.ages_in_words(low, high), in_words.sex_in_words(sex), count]
    lands = len(study.countries)
    many = f"{sites:,} {'place' if sites == 1 else 'places'}" if sites else ""
    if lands and many:
        where = f"{many} in {study.countries[0] if lands == 1 else f'{lands} countries'}"
    else:
        where = many or "; ".join(study.countries[:3])
    return Card(
        study,
        in_words.status_in_words(study.status),
        in_words.phases_in_words(study.phases),
        in_words.REGISTRIES.get(registry or "", registry or ""),
        in_words.given(study.kind, study.source, study.targets),
        ", ".join(w for w in who if w),
        where,
        _nearest(study),
        study.sponsor or in_words.SPONSORS.get(study.sponsor_type, ""),
        why_found(study, text),
    )


def _nearest(study: FoundStudy) -> str:
    site = study.site
    if site is None:
        return ""
    where = ", ".join(part for part in (site.facility, site.city, site.country) if part)
    state = f" ({in_words.status_in_words(site.status).lower()})" if site.status else ""
    return f"{site.km:,g} km: {where}{state}"


def why_found(study: FoundStudy, text: str) -> tuple[str, ...]:
    """For each thing that was searched for, where the study says it: title, conditions, ..., labels, or its text."""
    places = (
        ("its title", (study.title,)),
        ("its conditions", study.conditions),
        ("what it gives", study.interventions),
        ("its sponsor", (study.sponsor,)),
        ("its number", (study.id, *study.also)),
        ("its labels", (*study.targets, *study.diseases, *study.products, study.kind, study.source)),
    )
    written = [(name, f" {' '.join(_WORD.findall(searchable(' 0 '.join(texts))))} ") for name, texts in places]
    found = []
    for clause in understood(text).wanted:
        shown = clause.known_as or " ".join(clause.typed or (clause.ways[0] if clause.ways else ()))
        ways = [f" {' '.join(way)}" + ("" if " ".join(way).endswith("*") else " ") for way in clause.ways]
        where = next((name for name, said in written if any(way.rstrip("*") in said for way in ways)), "")
        if shown:
            found.append(f"“{shown}” stands in {where or 'the text of its record'}")
    return tuple(dict.fromkeys(found))
