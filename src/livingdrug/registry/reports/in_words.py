"""What registries say in codes, in words for people."""

from __future__ import annotations

import re

from livingdrug.registry.records.study import Study

STATUS = {
    "RECRUITING": "Open to new people",
    "NOT_YET_RECRUITING": "Not yet open",
    "ENROLLING_BY_INVITATION": "By invitation only",
    "ACTIVE_NOT_RECRUITING": "Under way, closed to new people",
    "COMPLETED": "Finished",
    "TERMINATED": "Stopped early",
    "SUSPENDED": "Paused",
    "WITHDRAWN": "Given up before it began",
    "UNKNOWN": "Not known: its record is out of date",
    "AVAILABLE": "Treatment offered outside a trial",
    "TEMPORARILY_NOT_AVAILABLE": "Treatment outside a trial, paused",
    "NO_LONGER_AVAILABLE": "Treatment outside a trial, ended",
    "APPROVED_FOR_MARKETING": "Approved for sale",
    "WITHHELD": "Details withheld",
    "NO_LONGER_LISTED": "No longer listed",
}
"""Status -> what it means for a person"""

PHASE = {
    "EARLY_PHASE1": "Early phase 1",
    "PHASE1": "Phase 1",
    "PHASE2": "Phase 2",
    "PHASE3": "Phase 3",
    "PHASE4": "Phase 4",
    "NA": "No phase",
    "not stated": "Phase not stated",
}
ASKS = {
    "EARLY_PHASE1": "a first look",
    "PHASE1": "is it safe?",
    "PHASE2": "does it work?",
    "PHASE3": "is it better?",
    "PHASE4": "after approval",
}
"""Phase -> the question it asks"""

REGISTRIES = {"ctgov": "ClinicalTrials.gov", "ctis": "EU CTIS", "isrctn": "ISRCTN", "euctr": "EU CTR"}
"""Registry -> how it calls itself"""

CELLS = {
    "autologous": "the person's own cells",
    "allogeneic": "a donor's cells",
    "in vivo": "cells changed inside the body",
}
"""Where the cells come from, in words"""

ILLNESSES = {
    "Acute lymphoblastic": "acute lymphoblastic leukemia",
    "B-NHL": "B-cell lymphoma",
    "CLL": "chronic lymphocytic leukemia",
    "Plasma cell disease": "plasma cell disease",
    "AML": "acute myeloid leukemia",
    "MDS and MPN": "diseases of blood formation (MDS, MPN)",
    "T-cell cancer": "T-cell cancer",
    "Blood cancer": "blood cancer",
    "Blood cancer, several": "blood cancer of several kinds",
    "Solid tumour": "solid tumour",
    "Solid tumour, any": "solid tumour of any kind",
    "Childhood solid tumour": "childhood solid tumour",
    "Brain and nerves": "tumour of the brain or nerves",
    "Chest": "cancer of the chest",
    "Digestive": "cancer of the digestive organs",
    "Kidney, bladder, prostate": "cancer of kidney, bladder or prostate",
    "Gynaecological": "gynaecological cancer",
    "Breast": "breast cancer",
    "Head and neck": "cancer of head and neck",
    "Sarcoma": "sarcoma",
    "Skin": "skin cancer",
}
"""Branches and groups of illnesses whose name alone says too little, in words that stand within a sentence"""


def illness(name: str) -> str:
    """A group of illnesses as it stands by itself: Chest -> Cancer of the chest."""
    said = ILLNESSES.get(name, name)
    return said[:1].upper() + said[1:]


_COMMON = re.compile(
    r"(?:Acute|Adult|Advanced|Aggressive|Autoimmune|B|Bladder|Blood|Brain|Breast|Cancers?|Central|Cervical|Childhood|Chronic|"
    r"Colorectal|Cutaneous|Diffuse|Esophageal|Extranodal|Extramedullary|Follicular|Gastric|Gastrointestinal|Gynaecological|"
    r"Hairy|Head|Hematolog\w+|Haematolog\w+|Hepatocellular|High|Hepatic|Immune|Indolent|Infections?|Kidney|Large|Liver|"
    r"Locally|Low|Lung|Lupus|Malignan\w+|Mantle|Marginal|Metastatic|Mixed|Multiple|Myasthenia|Nasopharyngeal|Neoplasms?|"
    r"Nephrotic|Neurological|Non|Other|Ovarian|Pancreatic|Peripheral|Plasma|Primary|Prostate|Pa?ediatric|Recurrent|"
    r"Refractory|Relapsed|Renal|Rheumatoid|Secondary|Skin|Small|Soft|Solid|Stomach|Systemic|Thyroid|Triple|Tumou?rs?|"
    r"\w+(?:oma|omas|[ae]mias?|itis|osis|oses|opathy|pathies|philia|penia))(?=[\s,;/()]|$)"
)


def within(name: str) -> str:
    """The name of an illness as it stands within a sentence: Multiple myeloma -> multiple myeloma, but Hodgkin lymphoma
    and HIV as they are."""
    found = _COMMON.match(name)
    return name[:1].lower() + name[1:] if found and len(found[0]) > 1 and found[0][1:].islower() else name


SPONSORS = {"industry": "A company", "academic": "A hospital or university", "government": "A government body"}


def status_in_words(status: str | None) -> str:
    """A status for people; a word that is not known as the registry writes it."""
    if not status:
        return "State not given"
    return STATUS.get(status, status.replace("_", " ").capitalize())


def phases_in_words(phases: tuple[str, ...]) -> str:
    """`Phase 1 and 2`; empty where none is stated."""
    known = [PHASE.get(p, p) for p in phases if p != "NA"]
    if len(known) > 1 and all(p.startswith("Phase ") for p in known):
        return "Phase " + " and ".join(p.removeprefix("Phase ") for p in known)
    return " and ".join(known)


def ages_in_words(low: str | None, high: str | None) -> str:
    """`Ages 18 to 75 years`, `18 years and over`, `Up to 25 years`; empty where no limit is stated."""
    a, b = ((text or "").strip().lower().replace("n/a", "") for text in (low, high))
    if a and b:
        same = a.split()[-1].rstrip("s") == b.split()[-1].rstrip("s")
        return f"Ages {a.rsplit(' ', 1)[0] if same else a} to {b}"
    return f"{a.capitalize()} and over" if a else f"Up to {b}" if b else ""


def sex_in_words(sex: str | None) -> str:
    """Who it is for, where it is not for all."""
    return {"FEMALE": "female people only", "MALE": "male people only"}.get((sex or "").upper(), "")


def who(study: Study) -> str:
    """Ages, sex and number of people in one line."""
    said = [ages_in_words(study.minimum_age, study.maximum_age), sex_in_words(study.sex)]
    if study.enrollment:
        said.append(f"{study.enrollment:,} people")
    return ", ".join(s for s in said if s)


def given(kind: str, source: str, targets: tuple[str, ...]) -> str:
    """What is tested, by its labels: `CAR-T cells, made from the person's own cells, that look for CD19`."""
    if not kind.startswith("CAR"):
        return ""
    origin = CELLS.get(source.partition(" (")[0], "")
    how = "" if origin.startswith("cells") else "made from "
    likely = "most likely " if source.endswith("(inferred)") else ""
    made = f", {likely}{how}{origin}," if origin else ""
    aim = f" that look for {' and '.join(targets)}" if targets else ""
    return f"{kind} cells{made}{aim}".rstrip(",")
