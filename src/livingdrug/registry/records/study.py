"""A study as every registry's record is read: the same words whichever registry it came from.

Contact persons, their telephones and e-mails are not read: they stay in the raw record only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from livingdrug.registry.records.dates import PartialDate

Record = dict[str, Any]
"""A record as received, parsed from JSON."""

DATES = ("start", "primary_completion", "completion", "first_posted", "updated", "results_posted", "verified")
"""The dates a study may carry; each fills five columns of table `study`."""

PHASES = ("EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4", "NA")
"""Phases in the words of ClinicalTrials.gov; `NA` is stated by the registry, no phase at all is an empty tuple. A word
beside these is kept as the registry says it."""

STATUSES = (
    "NOT_YET_RECRUITING",
    "RECRUITING",
    "ENROLLING_BY_INVITATION",
    "ACTIVE_NOT_RECRUITING",
    "SUSPENDED",
    "TERMINATED",
    "COMPLETED",
    "WITHDRAWN",
    "UNKNOWN",
    "AVAILABLE",
    "NO_LONGER_AVAILABLE",
    "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING",
    "WITHHELD",
    "NO_LONGER_LISTED",
)
"""Statuses in the words of ClinicalTrials.gov. A word beside these is kept as the registry says it."""

RESULTS: dict[bool | None, str] = {True: "posted", False: "none", None: "not stated"}
"""Whether a registry holds results of a study -> the word for it"""


@dataclass(frozen=True)
class Sponsor:
    name: str
    """empty where only its kind is stated"""
    role: str
    """lead or collaborator"""
    category: str | None = None
    """INDUSTRY, NIH, OTHER, ... as the registry says"""


@dataclass(frozen=True)
class Intervention:
    name: str | None
    type: str | None = None
    description: str | None = None
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arm:
    label: str | None
    type: str | None = None
    description: str | None = None
    interventions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    measure: str
    rank: str
    """primary, secondary or other"""
    time_frame: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Site:
    facility: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    status: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Identifier:
    kind: str
    """NCT, EUDRACT, CTIS, ISRCTN (these link trials across registries) or another registry's or sponsor's word"""
    value: str


@dataclass(frozen=True)
class Study:
    """What a registry says about one study."""

    id: str
    """NCT02435849, CTIS2023-505613-24, ISRCTN12949496, EUCTR2013-000615-24-BE"""
    registry: str
    """ctgov, ctis, isrctn or euctr"""
    url: str
    title: str | None = None
    official_title: str | None = None
    acronym: str | None = None
    status: str | None = None
    """in the words of ClinicalTrials.gov (RECRUITING, COMPLETED, UNKNOWN, ...)"""
    status_stated: str | None = None
    """the registry's own word where it differs"""
    last_known_status: str | None = None
    why_stopped: str | None = None
    study_type: str | None = None
    phases: tuple[str, ...] = ()
    enrollment: int | None = None
    """people; None where absent or a placeholder such as 99999999"""
    enrollment_type: str | None = None
    enrollment_stated: str | None = None
    """the number as the registry gives it, placeholder or not"""
    sex: str | None = None
    """ALL, FEMALE or MALE"""
    minimum_age: str | None = None
    maximum_age: str | None = None
    minimum_age_years: float | None = None
    maximum_age_years: float | None = None
    healthy_volunteers: bool | None = None
    has_results: bool | None = None
    """whether the registry holds results; None where the record does not say"""
    start: PartialDate | None = None
    primary_completion: PartialDate | None = None
    completion: PartialDate | None = None
    first_posted: PartialDate | None = None
    updated: PartialDate | None = None
    results_posted: PartialDate | None = None
    verified: PartialDate | None = None
    summary: str | None = None
    description: str | None = None
    eligibility: str | None = None
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    """the registry's own subject headings for the conditions"""
    interventions: tuple[Intervention, ...] = ()
    arms: tuple[Arm, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    sponsors: tuple[Sponsor, ...] = ()
    sites: tuple[Site, ...] = ()
    countries: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    aliases: tuple[str, ...] = ()
    """former ids of the same record"""
    as_of: str = ""
    """sortable mark of the data version the record was taken from; empty when the record tells none"""

    @property
    def sponsor(self) -> str | None:
        """The lead sponsor's name."""
        return next((s.name for s in self.sponsors if s.role == "lead"), None) or None

    @property
    def results(self) -> str:
        """Whether results are posted, in words: `posted`, `none` or `not stated`."""
        return RESULTS[self.has_results]

    @property
    def says_who(self) -> bool:
        """Whether the record says anything of who may take part; what it then leaves open is no limit."""
        return any((self.minimum_age, self.maximum_age, self.sex, self.eligibility))

    @property
    def ages(self) -> str:
        """The ages of those who may take part, in words; a record that says nothing of who may sets no limit either."""
        if not self.says_who:
            return "ages not stated"
        return f"{self.minimum_age or 'no lower limit'} to {self.maximum_age or 'no upper limit'}"


_PHASE_WORDS = {
    "EARLYPHASE1": "EARLY_PHASE1", "PHASE1": "PHASE1", "PHASE2": "PHASE2", "PHASE3": "PHASE3", "PHASE4": "PHASE4",
    "PHASEI": "PHASE1", "PHASEII": "PHASE2", "PHASEIII": "PHASE3", "PHASEIV": "PHASE4",
    "NA": "NA", "NOTAPPLICABLE": "NA",
}  # fmt: skip
"""A phase without what is free in writing -> its word."""


def phases(stated: Iterable[str]) -> tuple[str, ...]:
    """`Phase 1/Phase 2` -> PHASE1, PHASE2; a word that no registry had so far is kept as it stands."""
    found: dict[str, None] = {}
    for text in stated:
        parts = re.split(r"\s*(?:[|,+]|/(?=\s*(?:early|phase|\d|I))|\band\b)\s*", text, flags=re.IGNORECASE)
        words = [re.sub(r"[^A-Z0-9]", "", part.upper()) for part in parts]
        known = [_PHASE_WORDS.get(w) or _PHASE_WORDS.get(f"PHASE{w}") for w in words]
        found.update(dict.fromkeys(k for k in known if k) if all(known) else {" ".join(text.split())[:40]: None})
    return tuple(p for p in found if p)


_AGE = re.compile(r"\s*([\d.]+)\s*(year|month|week|day|hour|minute)", re.IGNORECASE)
_PER_YEAR = {"year": 1.0, "month": 12.0, "week": 52.1775, "day": 365.2425, "hour": 8765.82, "minute": 525949.2}


def age_in_years(text: str | None) -> float | None:
    """`18 Years` -> 18.0, `6 Months` -> 0.5 [year]; anything else None."""
    match = _AGE.match(text or "")
    try:
        return float(match[1]) / _PER_YEAR[match[2].lower()] if match else None
    except ValueError:
        return None


_NOT_YET = 1e-9
"""How far before the birthday that ends it an age limit is put [year]"""


def age_until(text: str | None) -> float | None:
    """The last moment at which somebody is not too old: `17 Years` lasts until the 18th birthday [year]; else None."""
    match = _AGE.match(text or "")
    years = age_in_years(text)
    if match is None or years is None or "." in match[1].rstrip("."):
        return years
    return years + 1 / _PER_YEAR[match[2].lower()] - _NOT_YET
