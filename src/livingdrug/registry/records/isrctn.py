"""ISRCTN: reading a record, as the register's XML gives it or as JSON made from that XML.

The register has no status field: it follows from the overrides and from the dates of recruitment.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from xml.etree import ElementTree

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

_OVERRIDE = {
    "stopped": "TERMINATED",
    "completed": "COMPLETED",
    "ongoing": "RECRUITING",
    "suspended": "SUSPENDED",
    "withdrawn": "WITHDRAWN",
    "not yet recruiting": "NOT_YET_RECRUITING",
    "no longer recruiting": "ACTIVE_NOT_RECRUITING",
    "recruiting": "RECRUITING",
}
_PHASE = {
    "i": "PHASE1",
    "ii": "PHASE2",
    "iii": "PHASE3",
    "iv": "PHASE4",
    "1": "PHASE1",
    "2": "PHASE2",
    "3": "PHASE3",
    "4": "PHASE4",
}
_AGES = {
    "neonate": (None, "28 Days"),
    "child": (None, "17 Years"),
    "adult": ("18 Years", None),
    "senior": ("65 Years", None),
}


def read(record: Record) -> Study:
    """Reads one ISRCTN trial."""
    assigned = number(record)
    if assigned is None:
        raise RecordError(
            "an ISRCTN record without its eight-digit number", where=f"isrctn = {record.get('isrctn')!r}"[:200]
        )
    about = at(record, "trialDescription", dict) or {}
    design = at(record, "trialDesign", dict) or {}
    people = at(record, "participants", dict) or {}
    refs = at(record, "externalRefs", dict) or {}
    updated = partial_date(record.get("@lastUpdated") or record.get("lastUpdated"))
    as_of = updated or partial_date(record.get("record_last_import"))
    start = partial_date(people.get("recruitmentStart"))
    end = partial_date(people.get("recruitmentEnd"))
    final, target = (_whole(people.get(k)) for k in ("totalFinalEnrolment", "targetEnrolment"))
    ages = _AGES.get((words(people, "ageRange") or "").lower(), (None, None))
    youngest, oldest = words(people, "lowerAgeLimit") or ages[0], words(people, "upperAgeLimit") or ages[1]
    sites = tuple(
        Site(words(c, "name"), words(c, "city"), words(c, "state"), words(c, "country"))
        for c in items(people, "trialCentres.trialCentre")
    )
    countries = (*_listed(people, "recruitmentCountries.country"), *(s.country for s in sites if s.country))
    summary = words(about, "plainEnglishSummary")
    return Study(
        id=f"ISRCTN{assigned}",
        registry="isrctn",
        url=f"https://www.isrctn.com/ISRCTN{assigned}",
        title=words(about, "title"),
        official_title=words(about, "scientificTitle"),
        acronym=words(about, "acronym"),
        status=_status(record, design, people, start, end, as_of),
        status_stated=words(people, "recruitmentStatusOverride") or words(design, "overallStatusOverride"),
        why_stopped=words(design, "reasonAbandoned"),
        study_type=(words(design, "primaryStudyDesign") or "").upper() or None,
        phases=_phases(record),
        enrollment=target if final is None else final,
        enrollment_type="ESTIMATED"
        if final is None and target is not None
        else "ACTUAL"
        if final is not None
        else None,
        enrollment_stated=next((str(n) for n in (final, target) if n is not None), None),
        sex={"all": "ALL", "both": "ALL", "female": "FEMALE", "male": "MALE"}.get(
            (words(people, "gender") or "").lower()
        ),
        minimum_age=youngest,
        maximum_age=oldest,
        minimum_age_years=age_in_years(youngest),
        maximum_age_years=age_in_years(oldest),
        has_results=None
        if (stage := words(record, "results.publicationStage")) is None
        else stage.lower() == "results",
        start=start,
        primary_completion=end,
        completion=partial_date(design.get("overallEndDate")),
        first_posted=partial_date(at(record, "isrctn.@dateAssigned", str)),
        updated=updated,
        summary=summary or words(about, "studyHypothesis"),
        description=words(about, "studyHypothesis") if summary else None,
        eligibility=_criteria(people),
        conditions=tuple(t for c in items(record, "conditions.condition") if (t := words(c, "description"))),
        mesh=tuple(
            t
            for c in items(record, "conditions.condition")
            for k in ("diseaseClass1", "diseaseClass2")
            if (t := words(c, k))
        ),
        interventions=tuple(_interventions(record)),
        outcomes=tuple(_outcomes(about)),
        sponsors=tuple(_sponsors(record)),
        sites=sites,
        countries=tuple(dict.fromkeys(countries)),
        identifiers=tuple(dict.fromkeys(_identifiers(refs))),
        as_of=as_of.first if as_of else "",
    )


def number(record: Record) -> str | None:
    """The eight digits of the record's number."""
    digits = re.sub(r"^ISRCTN", "", (_text(record.get("isrctn")) or "").strip(), flags=re.IGNORECASE)
    return digits if re.fullmatch(r"\d{8}", digits) else None


def records(xml: str) -> list[Record]:
    """The trials of an XML answer of the register's interface; ValueError when it is not one.

    Sponsors and contacts stand beside the trial in the answer; in a record they stand inside it.
    """
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise ValueError(f"not XML: {error}") from None
    found = []
    for whole in [e for e in root.iter() if _name(e) == "fullTrial"] or [root]:
        trial = next((e for e in whole.iter() if _name(e) == "trial"), None)
        if trial is None:
            raise ValueError("XML without a trial of ISRCTN")
        beside = {}
        for name in ("sponsor", "contact", "funder"):
            if parts := [_record(e) for e in whole if _name(e) == name]:
                beside[name] = parts
        found.append(_record(trial) | beside)
    return found


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _record(element: ElementTree.Element) -> Any:
    """XML to the shape of JSON: repeated elements become lists, attributes keys with @."""
    if not len(element) and not element.attrib:
        return (element.text or "").strip()
    made: Record = {f"@{k.rpartition('}')[2]}": v for k, v in element.attrib.items()}
    if not len(element):
        made["#text"] = (element.text or "").strip()
    for child in element:
        value, name = _record(child), _name(child)
        if name not in made:
            made[name] = value
        elif isinstance(made[name], list):
            made[name].append(value)
        else:
            made[name] = [made[name], value]
    return made


def _text(value: Any) -> str | None:
    """The text of an element with or without attributes."""
    return value if isinstance(value, str) else at(value, "#text", str)


def _listed(record: Record, path: str) -> list[str]:
    return [t for s in items(record, path, str) if (t := plain(s))]


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,7}", value.strip()) else None


def _status(
    record: Record,
    design: Record,
    people: Record,
    start: PartialDate | None,
    end: PartialDate | None,
    as_of: PartialDate | None,
) -> str | None:
    """The status on the day the record was taken."""
    for stated in (words(design, "overallStatusOverride"), words(people, "recruitmentStatusOverride")):
        if stated and (known := _OVERRIDE.get(stated.lower())):
            return known
    day = as_of.first if as_of else date.today().isoformat()
    finished = partial_date(design.get("overallEndDate"))
    if finished and finished.last < day:
        return "COMPLETED"
    if start and start.first > day:
        return "NOT_YET_RECRUITING"
    if end and end.last < day:
        return "ACTIVE_NOT_RECRUITING"
    return "RECRUITING" if start else None


def _phases(record: Record) -> tuple[str, ...]:
    stated = " ".join(words(i, "phase") or "" for i in items(record, "interventions.intervention"))
    found = (_PHASE[p.lower()] for p in re.findall(r"\b(I{1,3}|IV|[1-4])\b", stated, re.IGNORECASE))
    return tuple(sorted(set(found))) or (("NA",) if "not applicable" in stated.lower() else ())


def _criteria(people: Record) -> str | None:
    blocks = [
        f"{heading} Criteria:\n\n{text}"
        for heading, key in (("Inclusion", "inclusion"), ("Exclusion", "exclusion"))
        if (text := words(people, key))
    ]
    return "\n\n".join(blocks) or None


def _interventions(record: Record) -> Any:
    for entry in items(record, "interventions.intervention"):
        names = words(entry, "drugNames")
        kind = (words(entry, "interventionType") or "").upper() or None
        yield Intervention(names, kind, words(entry, "description"))


def _outcomes(about: Record) -> Any:
    for rank in ("primary", "secondary"):
        for path in (f"{rank}Outcome", f"{rank}Outcomes.outcomeMeasure"):
            for text in _listed(about, path):
                yield Outcome(text, rank)


def _sponsors(record: Record) -> Any:
    for place in (record.get("sponsor"), at(record, "parties.sponsor", (dict, list))):
        for sponsor in items({"s": place}, "s"):
            if name := words(sponsor, "organisation"):
                kind = (words(sponsor, "sponsorType") or "").lower()
                yield Sponsor(name, "lead", "INDUSTRY" if kind == "industry" else "OTHER")


def _identifiers(refs: Record) -> Any:
    stated = [("EUDRACT", words(refs, "eudraCTNumber")), ("NCT", words(refs, "clinicalTrialsGovNumber"))]
    stated += [("OTHER", t) for t in _listed(refs, "secondaryNumbers.secondaryNumber")]
    for kind, value in stated:
        if value and value.lower() not in ("nil known", "not applicable", "not provided"):
            yield linking_number(value) or Identifier("OTHER" if kind in ("NCT", "EUDRACT") else kind, value)
