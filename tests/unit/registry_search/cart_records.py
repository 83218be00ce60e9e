"""Small v2 records written for these tests, in the ways real ones are written."""

from __future__ import annotations

from typing import Any

from livingdrug.registry.records.read import read
from livingdrug.registry.records.study import Study


def record(nct: str = "NCT09000001", title: str = "", **said: Any) -> dict[str, Any]:
    """A v2 record that says this: interventions, arms, conditions, summary, eligibility, ages, sites and more."""
    low, high = said.get("ages", (None, None))
    interventions: list[dict[str, Any]] = [
        {"type": "BIOLOGICAL", "name": n} for n in said.get("interventions", ["cells"] if "details" in said else ())
    ]
    if interventions:
        interventions[0] |= {"otherNames": said.get("other_names", []), "description": said.get("details", "")}
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": nct, "briefTitle": title, "officialTitle": said.get("official", "")},
        "statusModule": {
            "overallStatus": said.get("status", "RECRUITING"),
            "startDateStruct": {"date": said.get("start", "2024-03")},
            "studyFirstPostDateStruct": {"date": said.get("posted", "2024-01-15")},
            "lastUpdatePostDateStruct": {"date": said.get("updated", "2026-01-15")},
        },
        "sponsorCollaboratorsModule": {
            "leadSponsor": {
                "name": said.get("sponsor", "University of the North"),
                "class": said.get("sponsor_class", "OTHER"),
            }
        },
        "descriptionModule": {
            "briefSummary": said.get("summary", ""),
            "detailedDescription": said.get("description", ""),
        },
        "conditionsModule": {"conditions": said.get("conditions", []), "keywords": said.get("keywords", [])},
        "designModule": {
            "studyType": said.get("study_type", "INTERVENTIONAL"),
            "phases": said.get("phases", ["PHASE1"]),
            "enrollmentInfo": {"count": said.get("enrollment", 20), "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "interventions": interventions,
            "armGroups": [{"label": "Arm", "description": text} for text in said.get("arms", ())],
        },
        "outcomesModule": {"primaryOutcomes": [{"measure": m} for m in said.get("outcomes", ())]},
        "eligibilityModule": {
            "eligibilityCriteria": said.get("eligibility", ""),
            "sex": said.get("sex", "ALL"),
            **({"minimumAge": low} if low else {}),
            **({"maximumAge": high} if high else {}),
        },
        "contactsLocationsModule": {
            "centralContacts": [{"name": "Greta Secretname", "phone": "+47 22 33 44 55", "email": "greta@example.org"}],
            "locations": [
                {
                    "facility": "Ward",
                    "city": city,
                    "country": country,
                    "status": status,
                    "geoPoint": {"lat": lat, "lon": lon},
                }
                for city, country, lat, lon, status in said.get("sites", ())
            ],
        },
    }
    if "primary_completion" in said:
        protocol["statusModule"]["primaryCompletionDateStruct"] = {"date": said["primary_completion"]}
    return {"protocolSection": protocol, "derivedSection": {}, "hasResults": said.get("results", False)}


def study(title: str = "", **said: Any) -> Study:
    """The same record, read."""
    return read(record(title=title, **said))
