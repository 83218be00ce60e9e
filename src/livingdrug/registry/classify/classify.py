"""What a CAR-T study tests: each answer with its evidence and how firmly it stands. "Not stated" is an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from livingdrug.registry.classify.cell_therapy import (
    CAR_THERAPY,
    NO_CAR,
    kind,
    platform,
    source,
    without_another_car,
)
from livingdrug.registry.classify.disease import Diseases, diseases
from livingdrug.registry.classify.passages import Passage, Passages, passages_of, spelled
from livingdrug.registry.classify.targets import NOT_STATED, Label, targets
from livingdrug.registry.records.study import Study
from livingdrug.registry.terms.patterns import rule, rules
from livingdrug.registry.terms.products import Product, named_in


@dataclass(frozen=True)
class Classification:
    """The answers about one study."""

    id: str
    kind: Label
    """CAR cell therapy, long-term follow-up, care around CAR-T, observational, TCR-T, TIL, no CAR, ..."""
    platform: Label
    """CAR-T, CAR-NK, CAR-gamma-delta-T, CAR-Treg, CAR-macrophage, ..."""
    source: Label
    """autologous, allogeneic, in vivo, autologous or allogeneic, not stated"""
    targets: tuple[Label, ...]
    diseases: Diseases | None
    products: tuple[str, ...]
    costimulation: Label
    """4-1BB, CD28, ... or not stated"""
    generation: Label
    """1, 2, 3, 4 or not stated"""
    sponsor_type: Label
    """industry, academic or government"""

    @property
    def is_car(self) -> bool:
        """Whether the study gives CAR cells (or makes them in the body)."""
        return self.kind.value == CAR_THERAPY

    @property
    def target(self) -> str:
        """The antigens as one word: CD19/CD22, or `not stated`."""
        return "/".join(sorted(t.value for t in self.targets)) or NOT_STATED.value


_COSTIMULATION = rules("costimulation")
_GENERATION = rule("generation")
_ORDINAL = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5"}
_ARMOURED = rule("armoured")
_STRUCTURE_PLACES = (
    "title",
    "intervention",
    "other name",
    "official title",
    "intervention description",
    "arm",
    "keyword",
    "summary",
    "description",
)


def _costimulation(words: Passages, products: list[tuple[Product, Passage]]) -> Label:
    for product, passage in products:
        if product.costimulation:
            return Label(product.costimulation, "high", "named product", passage.place, product.row("structure"))
    found: dict[str, Passage] = {}
    for passage in words.of(*_STRUCTURE_PLACES):
        for name, pattern in _COSTIMULATION:
            match = pattern.search(passage.text)
            near = passage.text[max(0, match.start() - 150) : match.end() + 150] if match else ""
            if match and (
                re.search(r"(?i)CAR|chimeric|receptor|zeta|costim|co-stim|signal", near) or "z" in match[0].lower()
            ):
                found.setdefault(name, passage)
    if not found:
        return NOT_STATED
    place = next(iter(found.values()))
    pattern = dict(_COSTIMULATION)[next(iter(found))]
    match = pattern.search(place.text)
    begin = max(0, match.start() - 80) if match else 0
    return Label(
        "+".join(sorted(found)), "high", "stated", place.place, " ".join(place.text[begin : begin + 220].split())
    )


def _generation(words: Passages, products: list[tuple[Product, Passage]], costimulation: Label) -> Label:
    for product, passage in products:
        if product.generation:
            return Label(product.generation, "high", "named product", passage.place, product.row("structure"))
    for passage in words.of(*_STRUCTURE_PLACES):
        for match in _GENERATION.finditer(passage.text):
            near = passage.text[max(0, match.start() - 60) : match.end() + 60]
            if not re.search(r"(?i)CAR|chimeric", near) or re.search(
                r"(?i)generation (?:sequenc|TKI|BTK|inhibitor|EGFR)", near
            ):
                continue
            word = next(g for g in match.groups() if g).lower()
            return Label(_ORDINAL.get(word, word[0]), "high", "stated", passage.place, " ".join(near.split()))
        if _ARMOURED.search(passage.text):
            return Label("4", "medium", "armoured", passage.place, passage.text[:200])
    if costimulation.value not in ("not stated", "") and costimulation.rule == "stated":
        domains = costimulation.value.count("+") + 1
        value = "2" if domains == 1 else "3"
        return Label(
            value, "inferred", f"{domains} costimulatory domain(s) stated", costimulation.place, costimulation.evidence
        )
    return NOT_STATED


_COMPANY = rule("company")
_PUBLIC = rule("public")


def sponsor_type(study: Study) -> Label:
    """What kind of body leads a study: industry, government or academic."""
    lead = next((s for s in study.sponsors if s.role == "lead"), None)
    if lead is None:
        return NOT_STATED
    category = (lead.category or "").upper()
    if category == "INDUSTRY":
        return Label("industry", "high", "registry's sponsor class", "sponsor", f"{lead.name} ({category})".strip())
    if category in ("NIH", "FED", "OTHER_GOV"):
        return Label("government", "high", "registry's sponsor class", "sponsor", f"{lead.name} ({category})".strip())
    if _COMPANY.search(lead.name) and not _PUBLIC.search(lead.name):
        return Label("industry", "medium", "the sponsor's name is a company's", "sponsor", lead.name)
    return Label(
        "academic",
        "high" if category else "medium",
        "registry's sponsor class",
        "sponsor",
        f"{lead.name} ({category or 'no class'})".strip(),
    )


_BESIDE = rule("beside")
_BESIDE_AFTER = rule("beside_after")
_FORMER = rule("former")


def _only_beside(passage: Passage, begin: int, end: int) -> bool:
    """Whether a product is named as a comparator, as an example or as earlier therapy, not as what is given."""
    if passage.place in ("intervention", "other name"):
        return False
    before, after = passage.text[max(0, begin - 80) : begin], passage.text[end : end + 80]
    return bool(_BESIDE.search(before) or _BESIDE_AFTER.search(after) or _FORMER.search(before))


def _compared(study: Study) -> set[str]:
    """The products that only arms of comparison give."""
    if not any("COMPARATOR" in (arm.type or "") for arm in study.arms):
        return set()
    given: dict[bool, set[str]] = {True: set(), False: set()}
    for arm in study.arms:
        words = " | ".join(t for t in (arm.label, *arm.interventions) if t)
        given["COMPARATOR" in (arm.type or "")] |= {p.name for p, _, _ in named_in(words)}
    tested = any("COMPARATOR" not in (arm.type or "") for arm in study.arms)
    return given[True] - given[False] if tested else set()


_MOLECULE = rule("molecule")
_EFFECTOR = rule("effector")


def _names_of_drugs(study: Study) -> set[str]:
    """Other names of interventions that are plain drugs: CT-011 is pidilizumab where the record says so."""
    drugs = [i for i in study.interventions if _MOLECULE.search(i.name or "") and not _EFFECTOR.search(i.name or "")]
    return {spelled(name) for i in drugs for name in i.other_names}


def _products(words: Passages) -> list[tuple[Product, Passage]]:
    """The products named, with the passages that name them; descriptions count only where titles are silent."""
    compared, drugs = _compared(words.study), _names_of_drugs(words.study)
    for places in (
        ("title", "intervention", "other name", "official title"),
        ("intervention description", "arm", "keyword", "summary"),
    ):
        found: dict[tuple[str, str], tuple[Product, Passage]] = {}
        for passage in words.of(*places):
            for product, begin, end in named_in(passage.text):
                written = passage.text[begin:end]
                if _only_beside(passage, begin, end) or product.name in compared or written in drugs:
                    continue
                found.setdefault((product.name, passage.place), (product, passage))
        if found:
            return list(found.values())
    return []


def classify(study: Study | Passages, closely: bool = True) -> Classification:
    """Everything the rules can say about a study; not `closely`: it is no CAR therapy, say disease and sponsor only."""
    words = study if isinstance(study, Passages) else passages_of(study)
    if closely:
        words = without_another_car(words)
    products = _products(words) if closely else []
    label = kind(words, products) if closely else NO_CAR
    car = label.value in (CAR_THERAPY, "long-term follow-up", "observational")
    costimulation = _costimulation(words, products) if car else NOT_STATED
    return Classification(
        id=words.study.id,
        kind=label,
        platform=platform(words, products) if car else NOT_STATED,
        source=source(words, products) if car else NOT_STATED,
        targets=targets(words, products) if car else (),
        diseases=diseases(words),
        products=tuple(dict.fromkeys(p.name for p, _ in products)),
        costimulation=costimulation,
        generation=_generation(words, products, costimulation) if car else NOT_STATED,
        sponsor_type=sponsor_type(words.study),
    )
