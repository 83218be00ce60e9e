"""EU CTIS: reading a record as `retrieve` gives it, in the present form and in the form used before June 2024."""

from __future__ import annotations

import re
from typing import Any

from livingdrug.registry.errors import RecordError
from livingdrug.registry.records.dates import PartialDate, partial_date
from livingdrug.registry.records.identifiers import linking_number
from livingdrug.registry.records.study import (
    Identifier,
    Intervention,
    Outcome,
    Record,
    Site,
    Sponsor,
    Study,
    age_in_years,
)
from livingdrug.registry.records.text import at, items, plain, words

_NUMBER = re.compile(r"(\d{4}-\d{6}-\d{2})(?:-(\d{2}))?$")

STATUS = {
    1: ("Under evaluation", "NOT_YET_RECRUITING"),
    2: ("Authorised, recruitment pending", "NOT_YET_RECRUITING"),
    3: ("Authorised, recruiting", "RECRUITING"),
    4: ("Ongoing, recruiting", "RECRUITING"),
    5: ("Ongoing, recruitment ended", "ACTIVE_NOT_RECRUITING"),
    6: ("Temporarily halted", "SUSPENDED"),
    7: ("Suspended", "SUSPENDED"),
    8: ("Ended", "COMPLETED"),
    9: ("Expired", "WITHDRAWN"),
    10: ("Revoked", "TERMINATED"),
    11: ("Not authorised", "WITHDRAWN"),
    12: ("Cancelled", "WITHDRAWN"),
}
"""The register's public status codes: its words, and the nearest status of ClinicalTrials.gov."""

_STATUS_WORDS = {
    "authorised, not started": "NOT_YET_RECRUITING",
    "authorised": "NOT_YET_RECRUITING",
    "ongoing": "RECRUITING",
    "halted": "SUSPENDED",
    **{said.lower(): status for said, status in STATUS.values()},
}

PHASE = {
    **dict.fromkeys(("1", "2", "3"), ("PHASE1",)),
    "4": ("PHASE2",),
    "5": ("PHASE3",),
    "6": ("PHASE4",),
    **dict.fromkeys(("7", "8", "9"), ("PHASE1", "PHASE2")),
    "10": ("PHASE2", "PHASE3"),
    "11": ("PHASE3", "PHASE4"),
}

AGES = {
    "1": ("0 Days", "0 Days"),
    "2": ("0 Days", "27 Days"),
    "3": ("28 Days", "23 Months"),
    "4": ("2 Years", "11 Years"),
    "5": ("12 Years", "17 Years"),
    "6": ("18 Years", "64 Years"),
    "7": ("65 Years", "84 Years"),
    "8": ("85 Years", None),
}
"""Age range codes -> youngest and oldest; code 1 is preterm."""

_SPONSOR = {"pharmaceutical company": "INDUSTRY"}
_PART = "authorizedApplication.authorizedPartI"


def split_number(text: object) -> tuple[str, str] | None:
    """`2023-505613-24-01` -> number and resubmission (`2023-505613-24`, `01`)."""
    match = _NUMBER.match(text.strip()) if isinstance(text, str) else None
    return (match[1], match[2] or "00") if match else None


def read(record: Record) -> Study:
    """Reads one CTIS trial; of several resubmissions (last two digits) the highest is kept."""
    number = split_number(record.get("ctNumber"))
    if number is None:
        raise RecordError("a CTIS record without an EU trial number", where=f"ctNumber = {record.get('ctNumber')!r}")
    part = at(record, _PART, dict) or at(record, "authorizedPartI", dict) or {}
    parts_two = items(record, "authorizedApplication.authorizedPartsII") or items(record, "authorizedPartsII")
    details = at(part, "trialDetails", dict) or {}
    information = at(details, "trialInformation", dict) or {}
    names = at(details, "clinicalTrialIdentifiers", dict) or {}
    population = at(information, "populationOfTrialSubjects", dict) or {}
    said, status = _status(record)
    youngest, oldest = _ages(population)
    updated = partial_date(record.get("lastUpdated")) or partial_date(record.get("publishDate"))
    enrolled = _whole(record.get("totalNumberEnrolled"))
    women, men = at(population, "isFemaleSubjects", bool), at(population, "isMaleSubjects", bool)
    sites = tuple(_sites(parts_two))
    countries = [words(p, "mscInfo.countryName") or words(p, "mscInfo.mscName") for p in parts_two]
    countries += [words(m, "mscName") for m in items(record, "authorizedApplication.memberStatesConcerned")]
    countries += [words(c, "name") for c in items(part, "rowCountriesInfo")]
    return Study(
        id=f"CTIS{number[0]}",
        registry="ctis",
        url=f"https://euclinicaltrials.eu/ctis-public/view/{number[0]}-{number[1]}",
        title=words(names, "publicTitle") or words(names, "fullTitle") or words(record, "title"),
        official_title=words(names, "fullTitle") or words(record, "title"),
        acronym=words(names, "shortTitle") or words(record, "shortTitle"),
        status=status,
        status_stated=said,
        study_type="INTERVENTIONAL",
        phases=PHASE.get(str(at(information, "trialCategory.trialPhase", (str, int))), ()),
        enrollment=enrolled,
        enrollment_type="ESTIMATED" if enrolled is not None else None,
        enrollment_stated=None if enrolled is None else str(enrolled),
        sex="ALL" if women and men else "FEMALE" if women else "MALE" if men else None,
        minimum_age=youngest,
        maximum_age=oldest,
        minimum_age_years=age_in_years(youngest),
        maximum_age_years=age_in_years(oldest),
        has_results=None
        if (received := record.get("resultsFirstReceived")) in (None, "")
        else received not in ("No", False),
        start=_start(record, parts_two, information),
        completion=partial_date(at(information, "trialDuration.estimatedGlobalEndDate", str), "ESTIMATED")
        or partial_date(at(information, "trialDuration.estimatedEndDate", str), "ESTIMATED"),
        first_posted=_first_date(record.get("decisionDateOverall") or record.get("decisionDate")),
        updated=updated,
        summary=words(information, "trialObjective.mainObjective"),
        description=plain(
            "\n".join(
                t
                for o in items(information, "trialObjective.secondaryObjectives")
                if (t := words(o, "secondaryObjective"))
            )
        ),
        eligibility=_criteria(information),
        conditions=tuple(
            dict.fromkeys(t for c in items(part, "medicalConditions") if (t := words(c, "medicalCondition")))
        ),
        keywords=tuple(t for a in items(part, "therapeuticAreas") if (t := words(a, "name"))),
        mesh=tuple(
            t for c in items(information, "medicalCondition.meddraConditionTerms") if (t := words(c, "termName"))
        ),
        interventions=tuple(_products(part)),
        outcomes=tuple(_outcomes(information)),
        sponsors=tuple(_sponsors(record, part)),
        sites=sites,
        countries=tuple(dict.fromkeys(c for c in (*(s.country for s in sites), *countries) if c)),
        identifiers=tuple(dict.fromkeys(_identifiers(record, names))),
        as_of=f"{number[1]} {updated.first if updated else ''}".strip(),
    )


def _status(record: Record) -> tuple[str | None, str | None]:
    code = record.get("ctPublicStatusCode", record.get("ctStatus"))
    if isinstance(code, int) and code in STATUS:
        return STATUS[code]
    said = words(record, "ctStatus")
    return said, _STATUS_WORDS.get((said or "").lower())


def _ages(population: Record) -> tuple[str | None, str | None]:
    codes = {str(r.get("ctAgeRangeCode") or "") for r in items(population, "ageRangeSecondaryIds")} & AGES.keys()
    return (AGES[min(codes)][0], AGES[max(codes)][1]) if codes else (None, None)


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, (int, str)) and re.fullmatch(r"\d{1,8}", str(value)) else None


def _first_date(value: object) -> PartialDate | None:
    """The earliest of the dates in `12/04/2024` or `BE: 15/04/2024, PL: 12/04/2024`."""
    if not isinstance(value, str):
        return None
    dates = [d for p in re.split(r",\s*", value) if (d := partial_date(re.sub(r"^[A-Z]{2}:\s*", "", p)))]
    return min(dates, key=lambda d: d.first, default=None)


def _start(record: Record, parts_two: list[Record], information: Record) -> PartialDate | None:
    """The trial's start in the EU: stated, or the first country's, or as planned."""
    if stated := partial_date(record.get("startDateEU"), "ACTUAL"):
        return stated
    begun = [
        d
        for p in parts_two
        for period in items(p, "mscInfo.trialPeriod")
        if (d := partial_date(period.get("trialStartDate"), "ACTUAL"))
    ]
    planned = partial_date(at(information, "trialDuration.estimatedRecruitmentStartDate", str), "ESTIMATED")
    return min(begun, key=lambda d: d.first, default=planned)


def _criteria(information: Record) -> str | None:
    blocks = []
    for heading, key in (("Inclusion", "principalInclusionCriteria"), ("Exclusion", "principalExclusionCriteria")):
        lines = [t for c in items(information, f"eligibilityCriteria.{key}") if (t := words(c, key))]
        if lines:
            blocks.append(f"{heading} Criteria:\n\n" + "\n".join(f"* {t}" for t in lines))
    return "\n\n".join(blocks) or None


def _products(part: Record) -> Any:
    for product in items(part, "products"):
        entry = at(product, "productDictionaryInfo", dict) or {}
        name = words(product, "productName") or words(entry, "prodName")
        others = (words(product, "jsonActiveSubstanceNames"), words(entry, "activeSubstanceName"))
        yield Intervention(
            name, "DRUG", words(product, "pharmaceuticalFormDisplay"),
            tuple(dict.fromkeys(o for o in others if o and o != name)),
        )  # fmt: skip


def _outcomes(information: Record) -> Any:
    for rank in ("primary", "secondary"):
        for entry in items(information, f"endPoint.{rank}EndPoints"):
            if measure := words(entry, "endPoint"):
                yield Outcome(measure, rank)


def _sponsors(record: Record, part: Record) -> Any:
    sponsors = items(part, "sponsors") or items(record, "primarySponsor")
    for sponsor in sorted(sponsors, key=lambda s: s.get("primary") is not True):
        if name := words(sponsor, "organisation.name"):
            kind = (words(sponsor, "organisation.type") or "").lower()
            role = "lead" if sponsor.get("primary") is True else "collaborator"
            yield Sponsor(
                name, role, _SPONSOR.get(kind, "INDUSTRY" if sponsor.get("isCommercial") is True else "OTHER")
            )


def _sites(parts_two: list[Record]) -> Any:
    for part in parts_two:
        for site in items(part, "trialSites"):
            place = at(site, "organisationAddressInfo", dict) or {}
            yield Site(
                words(place, "organisation.name"),
                words(place, "address.city"),
                None,
                words(place, "address.countryName"),
            )


def _identifiers(record: Record, names: Record) -> Any:
    for path in ("authorizedApplication.eudraCt.eudraCtCode", "eudraCtInfo.eudraCtCode"):
        if code := words(record, path):
            yield linking_number(code) or Identifier("EUDRACT", code)
    others = at(names, "secondaryIdentifyingNumbers", dict) or {}
    for key in ("nctNumber", "isrctnNumber", "whoUniversalTrialReferenceNumber", "additionalRegistries"):
        for entry in items(others, key):
            if number := words(entry, "number"):
                yield linking_number(number) or Identifier(
                    (words(entry, "otherRegistryName") or "OTHER").upper(), number
                )
