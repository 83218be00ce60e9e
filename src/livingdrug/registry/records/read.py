"""Which registry a record came from, and reading it by that registry's rules."""

from __future__ import annotations

from collections.abc import Callable

from livingdrug.registry.errors import RecordError
from livingdrug.registry.records import ctgov, ctis, euctr, isrctn
from livingdrug.registry.records.study import Record, Study
from livingdrug.registry.records.text import at

READERS: dict[str, Callable[[Record], Study]] = {
    "ctgov": ctgov.read,
    "ctis": ctis.read,
    "isrctn": isrctn.read,
    "euctr": euctr.read,
}
"""Registry -> the function that reads its records."""


def read(record: Record) -> Study:
    """Reads a record of any covered registry; raises RecordError when it has no usable id or an unknown shape."""
    registry = registry_of(record)
    if registry is None:
        if isinstance(record, dict) and "id_info" in record:
            raise RecordError("a classic ClinicalTrials.gov record: the registry retired that form in June 2024")
        keys = ", ".join(sorted(map(str, record))[:5]) if isinstance(record, dict) else type(record).__name__
        raise RecordError(
            f"a record of no known registry (it holds: {keys or 'nothing'})",
            allowed="ClinicalTrials.gov v2, CTIS, ISRCTN or EU CTR records",
        )
    return READERS[registry](record)


def registry_of(record: object) -> str | None:
    """Which registry a record came from, by its shape; None when no registry is recognised."""
    if not isinstance(record, dict):
        return None
    if isinstance(record.get("protocolSection"), dict):
        return "ctgov"
    if "ctNumber" in record:
        return "ctis"
    if "isrctn" in record and ("trialDescription" in record or "trialDesign" in record):
        return "isrctn"
    if "a2_eudract_number" in record:
        return "euctr"
    return None


def is_whole(record: Record) -> bool:
    """Whether this is a whole record, not a field-limited answer or a line of a search result."""
    registry = registry_of(record)
    if registry == "ctgov" and at(record, "protocolSection.statusModule.overallStatus", str) != "WITHHELD":
        parts = ("derivedSection", "protocolSection.designModule", "protocolSection.sponsorCollaboratorsModule")
        return all(at(record, part, dict) is not None for part in parts)
    if registry == "ctis":
        return "authorizedApplication" in record or "authorizedPartI" in record
    return True
