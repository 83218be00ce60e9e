"""What the search index holds of a study: its words by field, its facets, its numbers. Contacts are not among them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from livingdrug.registry.classify.classify import Classification, classify
from livingdrug.registry.classify.passages import Passages, passages_of
from livingdrug.registry.records.countries import country
from livingdrug.registry.records.dates import PartialDate
from livingdrug.registry.records.study import Study
from livingdrug.registry.search.query import searchable
from livingdrug.registry.terms.patterns import may_mean_cells, may_name_car
from livingdrug.registry.terms.products import named_in, products
from livingdrug.registry.terms.synonyms import meaning

TEXTS = ("title", "condition", "intervention", "sponsor", "everything")
"""Searchable fields; `everything` holds all words, eligibility included."""

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
)
"""Fields that are counted and filtered exactly."""

COUNTED = ("status", "phase", "country", "kind", "target", "disease", "sponsor_type")
"""The facets counted with every search."""

NUMBERS = ("minimum_age", "maximum_age", "updated", "start", "posted", "enrollment")
"""Ages in years, dates as yyyymmdd, enrollment in people."""

_BREAK = " 0break0 "
"""A word between pieces of text, so that no phrase runs from one into the next"""

_LONGEST = 200
"""Characters of a facet value kept; no registry has a longer one"""

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
    source = said.source.value if said.source.confidence != "inferred" else f"{said.source.value} (inferred)"
    return Labels(
        kind=said.platform.value if car else said.kind.value,
        platform=said.platform.value if car else "",
        source=source if car else "",
        targets=tuple(sorted(t.value for t in said.targets)),
        products=said.products,
        diseases=tuple(names),
        main_disease=main.name if main else "",
        costimulation=said.costimulation.value if car else "",
        generation=said.generation.value if car else "",
        sponsor_type=said.sponsor_type.value,
    )


def document(study: Study) -> Document:
    """Reads a study into what the index holds."""
    passages = passages_of(study)
    labels, fault = _labels(passages)
    known = [p for name in labels.products for p in (name, *products()[name].also)]
    known += [f for t in labels.targets if (s := meaning(t)) for f in s.forms]
    if labels.platform:
        known += ["CAR T", "chimeric antigen receptor T cells"] if labels.platform == "CAR-T" else [labels.platform]
    named: dict[str, list[str | None]] = {
        "title": [study.title, study.acronym, study.official_title],
        "condition": [*study.conditions, *study.keywords, *study.mesh],
        "intervention": [n for i in study.interventions for n in (i.name, *i.other_names)],
        "sponsor": [s.name for s in study.sponsors],
    }
    texts = {name: searchable(_BREAK.join(t for t in parts if t)) for name, parts in named.items()}
    rest = [
        study.summary,
        study.description,
        study.eligibility,
        *(o.measure for o in study.outcomes),
        *(t for a in study.arms for t in (a.label, a.description)),
        *(i.description for i in study.interventions),
        *known,
        study.id,
        *(i.value for i in study.identifiers),
        *study.aliases,
    ]
    texts["everything"] = _BREAK.join([*texts.values(), searchable(_BREAK.join(t for t in rest if t))])
    facets = {
        "status": _some(study.status),
        "phase": study.phases or ("not stated",),
        "country": tuple(dict.fromkeys(map(country, study.countries))),
        "kind": (labels.kind,),
        "target": labels.targets,
        "disease": labels.diseases,
        "source": _some(labels.source),
        "sponsor_type": _some(labels.sponsor_type),
        "sex": _some(study.sex),
        "study_type": _some(study.study_type),
        "registry": (study.registry,),
    }
    numbers = {
        "minimum_age": study.minimum_age_years or 0.0,
        "maximum_age": OLDEST if study.maximum_age_years is None else study.maximum_age_years,
        "updated": _day(study.updated),
        "start": _day(study.start),
        "posted": _day(study.first_posted),
        "enrollment": float(study.enrollment or 0),
    }
    return Document(
        study.id, texts, {n: tuple(v[:_LONGEST] for v in vs) for n, vs in facets.items()}, numbers, labels, fault
    )


def _labels(passages: Passages) -> tuple[Labels, str]:
    """What the classifier says of a study, or why it can say nothing."""
    try:
        return labels_of(classify(passages, closely=may_be_car(passages))), ""
    except Exception as error:  # one study's fault: the others go on, and it is told
        return Labels(kind=NOT_CLASSIFIED), f"not classified: {type(error).__name__}: {error}"


def bare(study: str, fault: str) -> Document:
    """A study whose record cannot be read: found by its number only."""
    facets: dict[str, tuple[str, ...]] = dict.fromkeys(FACETS, ())
    texts = {**dict.fromkeys(TEXTS, ""), "everything": searchable(study)}
    labels = Labels(kind=NOT_CLASSIFIED)
    return Document(study, texts, facets | {"kind": (labels.kind,)}, dict.fromkeys(NUMBERS, 0.0), labels, fault)


def _some(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _day(date: PartialDate | None) -> float:
    """The first day a date can mean, 2024-05-01 as 20240501; 0 where there is no date."""
    return float(date.first.replace("-", "")) if date else 0.0
