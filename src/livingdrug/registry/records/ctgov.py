"""ClinicalTrials.gov: reading a record of the API v2."""

from __future__ import annotations

from typing import Any

from livingdrug.registry.errors import RecordError
from livingdrug.registry.records.dates import partial_date
from livingdrug.registry.records.identifiers import linking_number, nct_id
from livingdrug.registry.records.study import (
    Arm,
    Identifier,
    Intervention,
    Outcome,
    Record,
    Site,
    Sponsor,
    Study,
    age_in_years,
    phases,
)
from livingdrug.registry.records.text import at, items, plain, whole_number, words

PLACEHOLDER = 99_999_999
"""Enrollment numbers from here on stand for `unknown` [people]"""

LINKING = {"EUDRACT_NUMBER": "EUDRACT", "CTIS": "CTIS"}


def read(record: Record) -> Study:
    """Reads one v2 study; anything may be absent or of an unexpected kind except the NCT number."""
    protocol = record["protocolSection"]
    name = at(protocol, "identificationModule.nctId", str)
    nct = nct_id(name)
    if nct is None:
        raise RecordError(
            "a record without an NCT number", where=f"protocolSection.identificationModule.nctId = {name!r}"
        )
    status = at(protocol, "statusModule", dict) or {}
    design = at(protocol, "designModule", dict) or {}
    criteria = at(protocol, "eligibilityModule", dict) or {}
    sites = tuple(_site(s) for s in items(protocol, "contactsLocationsModule.locations"))
    stated = at(design, "enrollmentInfo.count", (int, float, str))
    people = whole_number(stated)
    updated = _date(status, "lastUpdatePostDateStruct")
    version = at(record, "derivedSection.miscInfoModule.versionHolder", str)
    return Study(
        id=nct,
        registry="ctgov",
        url=f"https://clinicaltrials.gov/study/{nct}",
        title=words(protocol, "identificationModule.briefTitle"),
        official_title=words(protocol, "identificationModule.officialTitle"),
        acronym=words(protocol, "identificationModule.acronym"),
        status=words(status, "overallStatus"),
        last_known_status=words(status, "lastKnownStatus"),
        why_stopped=words(status, "whyStopped"),
        study_type=words(design, "studyType"),
        phases=phases(t for s in items(design, "phases", str) if (t := plain(s))),
        enrollment=people if people is not None and people < PLACEHOLDER else None,
        enrollment_type=words(design, "enrollmentInfo.type"),
        enrollment_stated=None if stated is None else plain(str(stated)),
        sex=words(criteria, "sex"),
        minimum_age=words(criteria, "minimumAge"),
        maximum_age=words(criteria, "maximumAge"),
        minimum_age_years=age_in_years(at(criteria, "minimumAge", str)),
        maximum_age_years=age_in_years(at(criteria, "maximumAge", str)),
        healthy_volunteers=at(criteria, "healthyVolunteers", bool),
        has_results=at(record, "hasResults", bool),
        start=_date(status, "startDateStruct"),
        primary_completion=_date(status, "primaryCompletionDateStruct"),
        completion=_date(status, "completionDateStruct"),
        first_posted=_date(status, "studyFirstPostDateStruct"),
        updated=updated,
        results_posted=_date(status, "resultsFirstPostDateStruct"),
        verified=partial_date(status.get("statusVerifiedDate")),
        summary=words(protocol, "descriptionModule.briefSummary"),
        description=words(protocol, "descriptionModule.detailedDescription"),
        eligibility=words(criteria, "eligibilityCriteria"),
        conditions=_texts(protocol, "conditionsModule.conditions"),
        keywords=_texts(protocol, "conditionsModule.keywords"),
        mesh=tuple(t for m in items(record, "derivedSection.conditionBrowseModule.meshes") if (t := words(m, "term"))),
        interventions=tuple(_intervention(i) for i in items(protocol, "armsInterventionsModule.interventions")),
        arms=tuple(_arm(a) for a in items(protocol, "armsInterventionsModule.armGroups")),
        outcomes=tuple(_outcomes(protocol)),
        sponsors=tuple(_sponsors(protocol)),
        sites=sites,
        countries=tuple(dict.fromkeys(s.country for s in sites if s.country)),
        identifiers=tuple(_identifiers(protocol)),
        aliases=tuple(
            a for t in items(protocol, "identificationModule.nctIdAliases", str) if (a := nct_id(t)) and a != nct
        ),
        as_of=(version or (updated.first if updated else ""))[:10],
    )


def _date(status: Record, name: str) -> Any:
    return partial_date(at(status, f"{name}.date", str), at(status, f"{name}.type", str))


def _texts(record: Record, path: str) -> tuple[str, ...]:
    return tuple(t for s in items(record, path, str) if (t := plain(s)))


def _site(site: Record) -> Site:
    point = at(site, "geoPoint", dict) or {}
    latitude, longitude = at(point, "lat", (int, float)), at(point, "lon", (int, float))
    on_earth = latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180
    return Site(
        facility=words(site, "facility"),
        city=words(site, "city"),
        state=words(site, "state"),
        country=words(site, "country"),
        status=words(site, "status"),
        latitude=latitude if on_earth else None,
        longitude=longitude if on_earth else None,
    )


def _intervention(entry: Record) -> Intervention:
    return Intervention(
        words(entry, "name"), words(entry, "type"), words(entry, "description"), _texts(entry, "otherNames")
    )


def _arm(arm: Record) -> Arm:
    return Arm(words(arm, "label"), words(arm, "type"), words(arm, "description"), _texts(arm, "interventionNames"))


def _outcomes(protocol: Record) -> Any:
    for rank in ("primary", "secondary", "other"):
        for entry in items(protocol, f"outcomesModule.{rank}Outcomes"):
            if measure := words(entry, "measure"):
                yield Outcome(measure, rank, words(entry, "timeFrame"), words(entry, "description"))


def _sponsors(protocol: Record) -> Any:
    module = at(protocol, "sponsorCollaboratorsModule", dict) or {}
    name, category = words(module, "leadSponsor.name"), words(module, "leadSponsor.class")
    if name or category:
        yield Sponsor(name or "", "lead", category)
    for entry in items(module, "collaborators"):
        if name := words(entry, "name"):
            yield Sponsor(name, "collaborator", words(entry, "class"))


def _identifiers(protocol: Record) -> Any:
    """The sponsor's own number and the other registries' numbers, each once."""
    seen = set()
    module = at(protocol, "identificationModule", dict) or {}
    stated = [("ORG_STUDY_ID", words(module, "orgStudyIdInfo.id"))]
    stated += [(words(i, "type") or "OTHER", words(i, "id")) for i in items(module, "secondaryIdInfos")]
    for kind, value in stated:
        if not value:
            continue
        identifier = linking_number(value) or Identifier(LINKING.get(kind, kind), value)
        if identifier not in seen:
            seen.add(identifier)
            yield identifier
