"""What the search index holds of a study: its words by field, its facets, its numbers. Contacts are not among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from livingdrug.registry.classify.classify import Classification, classify
from livingdrug.registry.classify.passages import Passages, passages_of, spelled
from livingdrug.registry.records.countries import country
from livingdrug.registry.records.dates import PartialDate
from livingdrug.registry.records.study import Study, age_until
from livingdrug.registry.search.identifiers import pieces
from livingdrug.registry.search.meanings import meanings_in
from livingdrug.registry.search.query import label_mark, searchable
from livingdrug.registry.terms.patterns import may_mean_cells, may_name_car
from livingdrug.registry.terms.products import named_in
from livingdrug.registry.terms.spelling import folded

TEXTS = ("title", "condition", "intervention", "sponsor", "everything", "keys")
"""Searchable fields; `everything` holds all words, eligibility included; `keys` what no record says in these words:
marks of its labels and pieces of its numbers."""

FACETS = (
    "status",
    "phase",
    "country",
    "kind",
    "target",
    "disease",
    "source",
    "sponsor_type",
    "sex",
    "study_type",
    "registry",
    "cells",
    "costimulation",
    "generation",
    "results",
)
"""Fields that are counted and filtered exactly."""

COUNTED = ("status", "phase", "country", "kind", "target", "disease", "sponsor_type")
"""The facets counted with every search."""

NUMBERS = (
    "minimum_age", "maximum_age", "updated", "start", "start_last", "completion", "completion_last", "posted",
    "enrollment",
)  # fmt: skip
"""Ages in years, dates as yyyymmdd (the first day that is meant, and the last), enrollment in people; below nought
where a number is not stated."""

NOT_STATED = -1.0
"""The number of a study that does not state one"""

_BREAK = " 0break0 "
"""A word between pieces of text, so that no phrase runs from one into the next"""

_LONGEST = 200
"""Characters of a facet value kept; no registry has a longer one"""

_SILENT = "not stated"

NOT_CLASSIFIED = "not classified"
"""The kind of a study that the classifier failed on"""

OLDEST = 200.0
"""Upper age where none is stated [year]"""


class Labels(NamedTuple):
    """What the classifier says about a study, as the index and the result list show it."""

    kind: str = "no CAR"
    platform: str = ""
    source: str = ""
    targets: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    diseases: tuple[str, ...] = ()
    main_disease: str = ""
    costimulation: str = ""
    generation: str = ""
    sponsor_type: str = ""


@dataclass(frozen=True)
class Document:
    """One study as the index takes it."""

    id: str
    texts: dict[str, str]
    facets: dict[str, tuple[str, ...]]
    numbers: dict[str, float]
    labels: Labels = field(default_factory=Labels)
    fault: str = ""
    """why the study could not be read whole, or not be classified; it is then found by the rest"""


_NAMED_CELLS = re.compile(
    r"\bcells\b|cell (?:injection|therapy|infusion|product)|lymphocyte|\bTILs?\b|umab\b|amab\b", re.IGNORECASE
)
_CODED_CELLS = re.compile(r"\b[A-Z]+-?\d\w* cells\b")


def may_be_car(words: Passages) -> bool:
    """A quick look that lets no CAR therapy pass unseen, so that most studies need no closer look."""
    text = " ".join(p.text for p in words.passages) + " "
    if may_name_car(text) or may_mean_cells(text):
        return True
    named = words.joined("title", "official title", "intervention", "other name")
    return bool(
        _NAMED_CELLS.search(named) or named_in(named) or _CODED_CELLS.search(words.joined("outcome", "summary"))
    )


def labels_of(said: Classification) -> Labels:
    """The classification without its evidence."""
    places = said.diseases.places if said.diseases else ()
    names = dict.fromkeys(n for p in places for n in (p.branch, p.group, p.disease) if n)
    main = said.diseases.main if said.diseases else None
    car = said.is_car
    return Labels(
        kind=said.platform.value if car else said.kind.value,
        platform=said.platform.value if car else "",
        source=said.source.told if car else "",
        targets=tuple(sorted(t.value for t in said.targets)),
        products=said.products,
        diseases=tuple(names),
        main_disease=main.name if main else "",
        costimulation=said.costimulation.value if car else "",
        generation=said.generation.value if car else "",
        sponsor_type=said.sponsor_type.value,
    )


def document(study: Study, correct: Callable[[Classification], Classification] | None = None) -> Document:
    """Reads a study into what the index holds; correct: puts labels of a person in place of what the rules say."""
    passages = passages_of(study)
    labels, fault = _labels(passages, correct)
    named: dict[str, list[str | None]] = {
        "title": [study.title, study.acronym, study.official_title],
        "condition": [*study.conditions, *study.keywords, *study.mesh],
        "intervention": [n for i in study.interventions for n in (i.name, *i.other_names)],
        "sponsor": [s.name for s in study.sponsors],
    }
    texts = {name: _searchable(parts) for name, parts in named.items()}
    rest = [
        study.summary,
        study.description,
        study.eligibility,
        *(o.measure for o in study.outcomes),
        *(t for a in study.arms for t in (a.label, a.description)),
        *(i.description for i in study.interventions),
    ]
    kinds = {"ISRCTN": "ISRCTN"}  # its number is kept without the letters that people write before it
    numbers_of_study = [study.id, *(kinds.get(i.kind, "") + i.value for i in study.identifiers), *study.aliases]
    texts["everything"] = _BREAK.join([*texts.values(), _searchable([*rest, *numbers_of_study])])
    said = dict.fromkeys((*marks(labels), *meanings_in(texts["everything"]), *pieces(numbers_of_study)))
    texts["keys"] = " ".join(said)
    facets = {
        "status": _some(study.status),
        "phase": study.phases or ("not stated",),
        "country": tuple(dict.fromkeys(map(country, study.countries))),
        "kind": (labels.kind,),
        "target": labels.targets,
        "disease": labels.diseases,
        "source": _some(labels.source),
        "sponsor_type": _some(labels.sponsor_type),
        "sex": (study.sex or _SILENT,),
        "study_type": _some(study.study_type),
        "registry": (study.registry,),
        "cells": cells_of(labels),
        "costimulation": tuple(labels.costimulation.split("+")) if labels.costimulation else (),
        "generation": _some(labels.generation),
        "results": (study.results,),
    }
    ended = study.completion or study.primary_completion
    oldest = age_until(study.maximum_age)
    numbers = {
        "minimum_age": study.minimum_age_years or (0.0 if study.says_who else NOT_STATED),
        "maximum_age": OLDEST if oldest is None else oldest,
        "updated": _day(study.updated),
        "start": _day(study.start),
        "start_last": _day(study.start, "last"),
        "completion": _day(ended),
        "completion_last": _day(ended, "last"),
        "posted": _day(study.first_posted),
        "enrollment": NOT_STATED if study.enrollment is None else float(study.enrollment),
    }
    return Document(
        study.id, texts, {n: tuple(v[:_LONGEST] for v in vs) for n, vs in facets.items()}, numbers, labels, fault
    )


def _searchable(texts: Iterable[str | None]) -> str:
    """Pieces of text as the index holds them."""
    return folded(_BREAK.join(spelled(t) for t in texts if t))


def marks(labels: Labels) -> list[str]:
    """The marks of everything a study is labelled with: `CD19` is found in a record that names a CD19 product only."""
    names = [*labels.targets, *labels.products, *labels.diseases]
    if labels.platform:
        names += [
            labels.platform,
            "CAR T" if labels.platform == "CAR-T" else "CAR NK" if "NK" in labels.platform else "",
        ]
        names += [said.partition(" (")[0] for said in (labels.source,)]
    return list(dict.fromkeys(label_mark(n) for n in names if n))


def cells_of(labels: Labels) -> tuple[str, ...]:
    """Whose cells, and which: autologous, allogeneic, in vivo; T, NK, gamma-delta-T, Treg, macrophage."""
    if not labels.platform:
        return ()
    whose = labels.source.partition(" (")[0]
    return (*(w for w in whose.split(" or ")), labels.platform.removeprefix("CAR-"))


def _labels(passages: Passages, correct: Callable[[Classification], Classification] | None) -> tuple[Labels, str]:
    """What the classifier says of a study, or why it can say nothing."""
    try:
        said = classify(passages, closely=correct is not None or may_be_car(passages))
        return labels_of(correct(said) if correct else said), ""
    except Exception as error:  # one study's fault: the others go on, and it is told
        return Labels(kind=NOT_CLASSIFIED), f"not classified: {type(error).__name__}: {error}"


def bare(study: str, fault: str) -> Document:
    """A study whose record cannot be read: found by its number only."""
    facets: dict[str, tuple[str, ...]] = dict.fromkeys(FACETS, ())
    texts = {**dict.fromkeys(TEXTS, ""), "everything": searchable(study), "keys": " ".join(pieces([study]))}
    labels = Labels(kind=NOT_CLASSIFIED)
    return Document(study, texts, facets | {"kind": (labels.kind,)}, dict.fromkeys(NUMBERS, NOT_STATED), labels, fault)


def _some(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _day(date: PartialDate | None, which: str = "first") -> float:
    """The first or last day a date can mean, 2024-05-01 as 20240501."""
    return float(getattr(date, which).replace("-", "")) if date else NOT_STATED
