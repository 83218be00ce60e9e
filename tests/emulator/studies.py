"""Generated v2 records with the habits of real ones: partial dates, missing parts, escapes, contacts."""

from __future__ import annotations

import copy
import random
from datetime import date, timedelta
from typing import Any

STATUSES = (
    "RECRUITING",
    "NOT_YET_RECRUITING",
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "TERMINATED",
    "WITHDRAWN",
    "UNKNOWN",
)
SITES = (
    ("Hospital of the Sea", "Oslo", "Norway", 59.9, 10.7),
    ("Saint Agnes", "Lyon", "France", 45.8, 4.8),
    ("First People's Hospital", "Wuhan", "China", 30.6, 114.3),
    ("Institute of Haematology", "Tianjin", "China", 39.1, 117.2),
    ("Children's Hospital", "Philadelphia", "United States", 39.9, -75.2),
)
TARGETS = ("CD19", "BCMA", "CD22", "GPC3", "B7-H3")


def study(number: int, **fields: Any) -> dict[str, Any]:
    """The study with this number; fields overwrite `status`, `updated`, `title`, `start`, `sponsor`, `version`."""
    draw = random.Random(number)
    posted = date(2019, 1, 1) + timedelta(days=draw.randrange(2400))
    updated = fields.get("updated", (posted + timedelta(days=draw.randrange(300))).isoformat())
    target = draw.choice(TARGETS)
    status = fields.get("status", draw.choice(STATUSES))
    start = fields.get("start", draw.choice((f"{posted:%Y-%m}", posted.isoformat())))
    record: dict[str, Any] = {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT{number:08d}",
                "orgStudyIdInfo": {"id": f"ORG-{number}"},
                "organization": {"fullName": "University of the North", "class": "OTHER"},
                "briefTitle": fields.get("title", f"{target} CAR-T Cells in Lymphoma, Study {number}"),
            },
            "statusModule": {
                "statusVerifiedDate": f"{posted:%Y-%m}",
                "overallStatus": status,
                "startDateStruct": {"date": start},
                "primaryCompletionDateStruct": {"date": "2028-05", "type": "ESTIMATED"},
                "studyFirstPostDateStruct": {"date": posted.isoformat(), "type": "ACTUAL"},
                "lastUpdateSubmitDate": updated,
                "lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {
                "responsibleParty": {"type": "PRINCIPAL_INVESTIGATOR", "investigatorFullName": "Greta Secretname"},
                "leadSponsor": {"name": fields.get("sponsor", "University of the North"), "class": "OTHER"},
            },
            "descriptionModule": {
                "briefSummary": f"Patients get {target} CAR-T cells. "
                "Write to hidden.person@example.org or call +47 22 33 44 55."
            },
            "conditionsModule": {"conditions": ["Lymphoma", "Leukemia"][: draw.randint(1, 2)]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": draw.choice((["PHASE1"], ["PHASE1", "PHASE2"], ["NA"])),
                "enrollmentInfo": {"count": draw.choice((12, 24, 99999999)), "type": "ESTIMATED"},
            },
            "armsInterventionsModule": {
                "interventions": [{"type": "BIOLOGICAL", "name": f"{target} CAR-T"}, {"type": "DRUG"}]
            },
            "outcomesModule": {"primaryOutcomes": [{"measure": "Dose-limiting toxicity", "timeFrame": "28 days"}]},
            "eligibilityModule": {
                "eligibilityCriteria": "Inclusion Criteria:\n\n* age \\>= 18\n* ECOG \\< 2\n* \\[measurable\\] disease",
                "sex": "ALL",
                "minimumAge": "18 Years",
                "healthyVolunteers": False,
            },
            "contactsLocationsModule": {
                "centralContacts": [{"name": "Greta Secretname", "phone": "555-0100", "email": "greta@example.org"}],
                "locations": [
                    {
                        "facility": facility,
                        "city": city,
                        "country": country,
                        "contacts": [{"name": "Ola Hiddenman", "email": "ola@example.org"}],
                        "geoPoint": {"lat": latitude, "lon": longitude},
                    }
                    for facility, city, country, latitude, longitude in draw.sample(SITES, draw.randint(0, 3))
                ],
            },
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": fields.get("version", "2026-01-05")}},
        "hasResults": False,
    }
    if status == "UNKNOWN":
        record["protocolSection"]["statusModule"]["lastKnownStatus"] = "RECRUITING"
    if not record["protocolSection"]["contactsLocationsModule"]["locations"]:
        del record["protocolSection"]["contactsLocationsModule"]["locations"]
    return record


def studies(count: int, first: int = 1001) -> list[dict[str, Any]]:
    """So many generated studies."""
    return [study(first + i) for i in range(count)]


def lapsed(record: dict[str, Any]) -> dict[str, Any]:
    """The record after its status silently lapsed to UNKNOWN."""
    record = copy.deepcopy(record)
    status = record["protocolSection"]["statusModule"]
    status["lastKnownStatus"] = status["overallStatus"]
    status["overallStatus"] = "UNKNOWN"
    return record


def updated(record: dict[str, Any], day: str, **status: Any) -> dict[str, Any]:
    """The record after its sponsor changed status fields on a day."""
    record = copy.deepcopy(record)
    module = record["protocolSection"]["statusModule"]
    module["lastUpdatePostDateStruct"] = {"date": day, "type": "ACTUAL"}
    module["lastUpdateSubmitDate"] = day
    module.update(status)
    return record


def number(record: dict[str, Any]) -> str:
    """The NCT number of a record."""
    return record["protocolSection"]["identificationModule"]["nctId"]
