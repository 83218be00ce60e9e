"""Which sources carry a claim: regulators, label stores, registries and journals; the press only reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from livingdrug.registry.reports.approvals import kind_of

if TYPE_CHECKING:
    from livingdrug.explainers.page import Source

ALLOWED = "a regulator, a label store, a registry, or a journal by its DOI or PubMed number"
_DOI = re.compile(r"^10\.\d{4,9}/\S+$")
_PMID = re.compile(r"^\d{5,9}$")
_NCT = re.compile(r"^NCT\d{8}$")
_PMC = "https://pmc.ncbi.nlm.nih.gov/articles/PMC"
"""PubMed Central, which keeps the text of journals."""
_KINDS = {"regulator": "regulator", "label": "label store", "registry": "registry", "journal": "journal"}


def address(source: Source) -> str:
    """Where a source can be opened: its page, DOI, PubMed number or registry number; empty where it names none."""
    if source.url:
        return source.url
    if source.doi:
        return f"https://doi.org/{source.doi}"
    if source.pmid:
        return f"https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/"
    return f"https://clinicaltrials.gov/study/{source.nct}" if source.nct else ""


def cited(source: Source) -> str:
    """A source as a reader sees it: authors, title, journal, year."""
    parts = [source.authors, source.title, source.journal, str(source.year) if source.year else None]
    return ", ".join(p for p in parts if p)


def fault(source: Source) -> str | None:
    """Why a source carries no claim; None where it does."""
    wrong = _misshapen(source)
    if wrong:
        return wrong
    if source.kind == "press":
        return f"the press alone: a claim needs {ALLOWED}"
    if source.kind == "journal" and (source.doi or source.pmid):
        return None
    if source.kind == "registry" and source.nct:
        return None
    if source.kind == "journal" and (source.url or "").startswith(_PMC):
        return None
    found = kind_of(source.url) if source.url else None
    if found == _KINDS[source.kind] or (source.kind == "regulator" and found == "label store"):
        return None
    if source.kind == "journal":
        return "a journal needs its DOI or PubMed number"
    return f"'{source.url or source.title}' is no page of a {_KINDS[source.kind]}: a claim needs {ALLOWED}"


def _misshapen(source: Source) -> str | None:
    """A number or page that cannot be one."""
    if source.doi and not _DOI.match(source.doi):
        return f"'{source.doi}' is no DOI: it begins with 10."
    if source.pmid and not _PMID.match(str(source.pmid)):
        return f"'{source.pmid}' is no PubMed number"
    if source.nct and not _NCT.match(source.nct):
        return f"'{source.nct}' is no number of ClinicalTrials.gov"
    if source.url and not source.url.startswith("https://"):
        return f"'{source.url}' is no https:// page"
    return None
