"""What taking part may involve, as far as the record says so: each thing with the sentence that says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from livingdrug.registry.records.study import Study
from livingdrug.registry.reports.eligibility import criteria

_THINGS = (
    ("Blood cells are collected through a machine", r"leuka?pheresis|leukocytapheresis|\bapheresis"),
    ("Medicines make room for the cells before they are given", r"lympho-?\s?deplet|conditioning|preparative regimen"),
    ("Other treatment may be given while the cells are made", r"\bbridging"),
    ("A stay in hospital", r"hospitali[sz]|in-?patient|admitted to|admission to"),
    ("A sample of tissue is taken", r"\bbiops(?:y|ies)\b"),
    ("A bone marrow test", r"bone marrow (?:aspir|examin|evaluat|assess|biops)"),
    ("A lumbar puncture", r"lumbar puncture|intrathecal|\bspinal tap"),
    ("Scans", r"\b(?:PET|CT|MRI)\b(?:[/-]\w+)? ?(?:scan|imag)|\bimaging (?:exam|assess|stud)"),
    ("Chance decides which treatment is given", r"\brandomi[sz]"),
    ("Some do not know which treatment they get", r"double-?\s?blind|placebo"),
    ("Visits for years afterwards", r"(?:\b\d+|\b(?:two|three|five|ten|fifteen)) ?years? (?:of )?follow"
     r"|follow(?:ed)?[- ]?up[^.]{0,60}\b\d+ years"
     r"|followed[^.]{0,60}\b(?:\d+|fifteen|five) years|long[- ]term follow"),
    ("Contraception is asked for", r"contracepti"),
)  # fmt: skip
"""(in plain words, the words of a record that say it)"""

_PATTERNS = tuple((plain, re.compile(words, re.IGNORECASE)) for plain, words in _THINGS)
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-Z(])|\n+")
_NOT = re.compile(r"\b(?:no|not|without|never|contraindicat\w+|unable)\b", re.IGNORECASE)
_LONGEST = 400


@dataclass(frozen=True)
class Thing:
    """One thing that taking part may involve."""

    plain: str
    quote: str
    """the sentence of the record, exactly as it stands there"""
    place: str


def taking_part(study: Study) -> tuple[Thing, ...]:
    """Each thing once, with the first sentence that says it; a sentence with a negation says nothing."""
    sentences = [s for s in _sentences(study) if not _NOT.search(s[1])]
    found = []
    for plain, words in _PATTERNS:
        if said := next(((place, text) for place, text in sentences if words.search(text)), None):
            found.append(Thing(plain, said[1][:_LONGEST], said[0]))
    return tuple(found)


def _sentences(study: Study) -> Iterator[tuple[str, str]]:
    """(place, sentence) of what is said to be done; reasons against taking part are left out."""
    texts = [
        ("arms", [a.description for a in study.arms]),
        ("what is given", [i.description for i in study.interventions]),
        ("summary", [study.summary]),
        ("description", [study.description]),
    ]
    for place, parts in texts:
        for text in parts:
            for sentence in _SENTENCE.split(text or ""):
                if sentence.strip():
                    yield place, sentence.strip()
    for criterion in criteria(study.eligibility):
        if criterion.section == "inclusion":
            yield "eligibility", criterion.text
