"""Approvals: nothing is called approved that was not read at a regulator, a label store, a registry or a journal."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from typer.testing import CliRunner

from livingdrug.cli.approvals import app
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.reports.approvals import NOT_READ, REPORTED, _table, approvals, kind_of, read_table
from livingdrug.registry.terms.products import products

ROWS = approvals()


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.parametrize("row", ROWS, ids=[f"{r.product} {r.agency} {n}" for n, r in enumerate(ROWS)])
def test_a_row_is_whole_and_sourced(row: Any) -> None:
    assert row.product in products()
    for entry in (row.brand, row.agency, row.country, row.stage, row.indication, row.line, row.date, row.basis):
        assert entry.strip()
    assert row.date == NOT_READ or re.fullmatch(r"20\d\d(-\d\d(-\d\d)?)?", row.date)
    assert row.sources and all(re.fullmatch(r"20\d\d-\d\d-\d\d", s.read) for s in row.sources)
    counting = [s for s in row.sources if s.kind != "press"]
    assert counting or row.stage == REPORTED
    if row.stage == "approved":
        assert any(s.kind in ("regulator", "label store") for s in row.sources)


def test_the_first_solid_tumour_approval_is_not_called_confirmed() -> None:
    (row,) = approvals("satricabtagene autoleucel")
    assert row.stage == REPORTED and "claudin 18.2" in row.indication


FARMS = (
    "https://abecma-2-approved.example.com/fda",
    "https://fda.gov.cart-news.com/approval",
    "https://notfda.gov/approval",
    "https://clinileucel-s.health/ema.europa.eu",
    "https://fda.gov@cart-news.com/",
    "http://www.fda.gov/insecure",
    "https://einnews.com/pr_news/1",
    "ftp://fda.gov/x",
    "",
)


@pytest.mark.parametrize("url", FARMS)
def test_a_content_farm_is_refused(url: str) -> None:
    assert kind_of(url) is None
    table = copy.deepcopy(_table())
    table["source"]["farm"] = {"title": "Abecma-2 approved", "url": url, "read": "2026-11-30"}
    with pytest.raises(RegistryError, match="is no source for an approval"):
        read_table(table)


def test_nothing_is_approved_on_the_press_alone() -> None:
    table = copy.deepcopy(_table())
    table["source"]["farm"] = {"title": "Abecma-2 approved", "press": True, "read": "2026-11-30"}
    table["approval"].append({**table["approval"][0], "source": ["farm"]})
    with pytest.raises(RegistryError, match="rests on the press alone"):
        read_table(table)
    table["approval"][-1]["stage"] = REPORTED
    assert read_table(table)[-1].stage == REPORTED


@pytest.mark.parametrize(
    "url, kind",
    [
        ("https://www.fda.gov/news", "regulator"),
        ("https://api.fda.gov/drug/label.json", "label store"),
        ("https://dailymed.nlm.nih.gov/x", "label store"),
        ("https://www.ema.europa.eu/en/x", "regulator"),
        ("https://clinicaltrials.gov/study/NCT02435849", "registry"),
        ("https://doi.org/10.1056/x", "journal"),
    ],
)
def test_what_counts_as_a_source(url: str, kind: str) -> None:
    assert kind_of(url) == kind


def test_by_product_and_country() -> None:
    assert {a.product for a in approvals("Kymriah")} == {a.product for a in approvals("CTL019")} == {"tisagenlecleucel"}
    assert {a.country for a in approvals(country="usa")} == {"United States"}
    page = run("--product", "Carvykti")
    assert (
        "secondary hematological malignancies (in the label)" in page
        and f"enterocolitis, from October 2025 ({REPORTED})" in page
    )
    assert "until 2025-06-25: given in certified centres" in page and "since 2025-06-26: no REMS" in page
    assert "did you mean" in run("--product", "Carvykty", code=2)
    union = approvals(country="European Union")
    assert union and all(approvals(country=c) == union for c in ("EU", "Germany", "FR", "Norway", "europe"))
    assert "has no entry for United Kingdom and Kymriah" in run("--country", "UK", "--product", "Kymriah", code=2)
    for said in ("has no entry for Japan", "does not mean that it is not approved"):
        assert said in run("--country", "Japan", code=2)
    assert "The table is not complete" in run("--country", "UK")
    assert "unknown country 'Atlantis'" in run("--country", "Atlantis", code=2)


def test_json_says_what_was_not_read() -> None:
    said = json.loads(run("--json"))
    assert said["total"] == len(ROWS)
    kymriah = next(a for a in said["approvals"] if a["brand"] == "Kymriah")
    assert kymriah["not_read"] == [] and kymriah["sources"][0]["url"].startswith("https://aacrjournals.org/")
    unread = [a for a in said["approvals"] if a["indication"].startswith(NOT_READ)]
    assert unread and all("indication" in a["not_read"] for a in unread)
