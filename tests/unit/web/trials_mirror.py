"""A small mirror of made records with texts, and one whose every text is hostile."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from emulator.studies import study
from livingdrug.registry.mirror.store import Store

ELIGIBILITY = """Inclusion Criteria:

* Age 18-75 years, inclusive
* At least 2 prior lines of therapy
* CD19-positive large B-cell lymphoma

Exclusion Criteria:

* Prior CAR-T cell therapy
* Active infection within 4 weeks"""

SUMMARY = (
    "This study gives CD19 CAR-T cells to adults. Participants undergo leukapheresis. "
    "They receive lymphodepleting chemotherapy with fludarabine and cyclophosphamide, and stay as inpatients for 14 "
    "days. "
    "They are followed for 15 years."
)
SITES = (
    ("Hospital of the Sea", "Oslo", "Norway", 59.9, 10.7, "RECRUITING"),
    ("University Hospital", "Munich", "Germany", 48.14, 11.58, "RECRUITING"),
    ("Saint Agnes", "Lyon", "France", 45.8, 4.8, "COMPLETED"),
)


def record(number: int, title: str, **said: Any) -> dict[str, Any]:
    """A whole record with this title; sites: (facility, town, country, latitude, longitude, state)."""
    made = study(
        number, title=title, status=said.get("status", "RECRUITING"), updated=said.get("updated", "2026-08-01")
    )
    protocol = made["protocolSection"]
    protocol["descriptionModule"]["briefSummary"] = said.get("summary", SUMMARY)
    protocol["conditionsModule"]["conditions"] = said.get("conditions", ["Diffuse Large B-cell Lymphoma"])
    protocol["armsInterventionsModule"]["interventions"] = [{"type": "BIOLOGICAL", "name": f"{title} product"}]
    protocol["eligibilityModule"] |= {
        "eligibilityCriteria": said.get("eligibility", ELIGIBILITY), "minimumAge": "18 Years", "maximumAge": "75 Years",
    }  # fmt: skip
    protocol["statusModule"]["studyFirstPostDateStruct"] = {"date": "2026-07-20", "type": "ACTUAL"}
    protocol["contactsLocationsModule"]["locations"] = [
        {"facility": f, "city": c, "country": land, "status": state, "geoPoint": {"lat": lat, "lon": lon}}
        for f, c, land, lat, lon, state in said.get("sites", SITES)
    ]
    return made


def fill(path: Path) -> Store:
    """25 made trials; of one the number of people changed later."""
    store = Store(path)
    rows = [
        ("CD19 CAR-T cells in lymphoma", {}),
        ("BCMA CAR-T cells in multiple myeloma", {"conditions": ["Multiple Myeloma"]}),
        ("CD22 CAR-T cells in acute lymphoblastic leukemia", {"conditions": ["B-ALL"], "status": "COMPLETED"}),
        ("CD19 CAR-T cells in lupus", {"conditions": ["Systemic Lupus Erythematosus"]}),
        ("CD7 CAR-T cells in T-cell leukemia", {"conditions": ["T-ALL"], "status": "NOT_YET_RECRUITING"}),
        *((f"CD19 CAR-T cells in lymphoma, cohort {n}", {"sites": SITES[:1]}) for n in range(20)),
    ]
    for number, (title, said) in enumerate(rows, 4000001):
        store.take(json.dumps(record(number, title, **said)), "made", "2026-08-02")
    later = record(4000001, "CD19 CAR-T cells in lymphoma", updated="2026-08-20")
    later["protocolSection"]["designModule"]["enrollmentInfo"] = {"count": 77, "type": "ESTIMATED"}
    later["derivedSection"]["miscInfoModule"]["versionHolder"] = "2026-08-21"
    store.take(json.dumps(later), "made", "2026-08-21", newest=True)
    store.connect().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store


HOSTILE = "</title></script><script>alert(1)</script><img src=x onerror=alert(2)>' onmouseover=\"alert(3)"
"""What a record may hold to be taken for a part of a page"""

FORMULA = '=HYPERLINK("http://evil.example","x")'


def hostile(path: Path, text: str = HOSTILE) -> Store:
    """A mirror in which every free text is hostile, before a change and after it."""
    store = Store(path)
    for number in (4100001, 4100002):
        first = record(number, f"CD19 CAR-T {text}")
        first["protocolSection"] = _poisoned(first["protocolSection"], text)
        first["protocolSection"]["identificationModule"]["briefTitle"] = f"{text} CD19 CAR-T cells in lymphoma"
        store.take(json.dumps(first), text, "2026-08-02")
        later = copy.deepcopy(first)
        later["protocolSection"]["sponsorCollaboratorsModule"]["leadSponsor"]["name"] = f"{text} later"
        later["protocolSection"]["designModule"]["enrollmentInfo"] = {"count": 9, "type": "ESTIMATED"}
        later["derivedSection"]["miscInfoModule"]["versionHolder"] = "2026-08-21"
        store.take(json.dumps(later), text, "2026-08-21", newest=True)
    return store


_KEPT = {"nctId", "date", "type", "overallStatus", "status", "sex", "minimumAge", "maximumAge", "class", "studyType"}


def _poisoned(value: Any, text: str) -> Any:
    """The record with the text at the end of every free text."""
    if isinstance(value, dict):
        return {k: v if k in _KEPT else _poisoned(v, text) for k, v in value.items()}
    if isinstance(value, list):
        return [_poisoned(v, text) for v in value]
    return f"{text} {value}" if isinstance(value, str) and not value.startswith("PHASE") else value
