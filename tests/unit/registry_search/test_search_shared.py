"""The classifier and the search against real records and other people's labels, when they are at hand."""

from __future__ import annotations

import csv
import gzip
import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from emulator.shared import DATA, V2, needs_shared, rows
from livingdrug.registry.classify.classify import Classification, classify
from livingdrug.registry.classify.passages import passages_of
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.read import read
from livingdrug.registry.records.study import Arm, Intervention, Outcome, Sponsor, Study
from livingdrug.registry.records.text import plain
from livingdrug.registry.search.document import may_be_car
from livingdrug.registry.search.index import engines, fresh
from livingdrug.registry.search.search import Request, search

pytestmark = needs_shared
JUDGED = tomllib.loads((Path(__file__).parent / "judged.toml").read_text("utf-8"))
NAMES = {
    "MSLN": "Mesothelin",
    "NKG2D-L": "NKG2D ligands",
    "IL13Rα2": "IL13Ra2",
    "CLDN6": "Claudin 6",
    "Kappa LC": "Kappa light chain",
}
UNKNOWN = {"Other_or_unknown", "CAR-T_unspecified", "CAR-NK", "CAR-γδ T", "Multi-target platform"}


def flat(row: dict[str, Any]) -> Study:
    """A study of the flat tables, with as much text as they hold."""

    def said(name: str, between: str = "|") -> list[str]:
        return [t for part in str(row.get(name) or "").split(between) if (t := plain(part))]

    def whole(name: str) -> str | None:
        return plain(str(row.get(name) or ""))

    given = [Intervention(name) for name in said("Interventions")]
    if details := whole("InterventionDescription"):
        given.append(Intervention(None, description=details))
    return Study(
        id=row["NCTId"],
        registry="ctgov",
        url="",
        title=whole("BriefTitle"),
        conditions=tuple(said("Conditions")),
        keywords=tuple(said("ConditionKeywords", ";")),
        interventions=tuple(given),
        arms=tuple(Arm(None, description=t) for t in said("ArmGroupDescriptions")),
        summary=whole("BriefSummary"),
        description=whole("DetailedDescription"),
        eligibility=whole("EligibilityCriteria"),
        outcomes=tuple(Outcome(t, "primary") for t in said("PrimaryEndpoints")),
        sponsors=(Sponsor(row["LeadSponsor"], "lead", row["LeadSponsorClass"] or None),),
        study_type=row.get("StudyType"),
    )


@cache
def field() -> dict[str, dict[str, str]]:
    with gzip.open(DATA / "cart_onc_trials_2026-08-22.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return {row["NCTId"]: row for row in csv.DictReader(file)}


@cache
def said(nct: str) -> Classification:
    return classify(flat(field()[nct]))


def labelled(text: str) -> frozenset[str] | None:
    """The antigens of a label; None where it names none."""
    text = text.replace("CAR-NK: ", "").replace(" dual", "")
    return None if text in UNKNOWN else frozenset(NAMES.get(t, t) for t in text.split("/"))


def agrees(found: Classification, label: frozenset[str] | None) -> bool:
    ours = {t.value for t in found.targets}
    return ours == label or {"EGFR" if t == "EGFRvIII" else t for t in ours} == label


@cache
def benchmark() -> list[dict[str, str]]:
    with (DATA / "cart_onc_benchmark_labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def test_the_25_hand_checked_trials_are_car_therapies() -> None:
    assert len(benchmark()) == 25
    assert [row["NCTId"] for row in benchmark() if not said(row["NCTId"]).is_car] == []


def test_their_antigens_and_cells() -> None:
    differ = {row["NCTId"] for row in benchmark() if not agrees(said(row["NCTId"]), labelled(row["TargetCategory"]))}
    assert differ == {"NCT06726564"} <= set(JUDGED["benchmark"])
    wanted = {"Autologous": "autologous", "Allogeneic/Off-the-shelf": "allogeneic", "In vivo": "in vivo"}
    cells = {row["NCTId"] for row in benchmark() if said(row["NCTId"]).source.value != wanted[row["ProductType"]]}
    assert cells == {"NCT06726564", "NCT02892695"} <= set(JUDGED["benchmark"])
    platforms = {
        row["NCTId"]
        for row in benchmark()
        if (said(row["NCTId"]).platform.value == "CAR-NK") != (row["Modality"] == "CAR-NK")
    }
    assert platforms == set()


PLACES = {
    "DLBCL": "DLBCL",
    "MCL": "MCL",
    "R/R MM": "Multiple myeloma",
    "B-ALL": "B-ALL",
    "GBM": "Glioblastoma",
    "HCC": "Hepatocellular carcinoma",
    "Pancreatic": "Pancreatic",
    "Gastric/GEJ": "Gastric and GEJ",
    "Neuroblastoma": "Neuroblastoma",
    "Ovarian": "Ovarian",
    "Mesothelioma": "Mesothelioma",
    "NSCLC": "NSCLC",
    "Soft tissue sarcoma": "Soft tissue sarcoma",
    "Sarcoma": "Sarcoma",
    "Pediatric solid": "Childhood solid tumour",
    "Heme basket": "Blood cancer, several",
}


def test_their_diseases_and_sponsors() -> None:
    for row in benchmark():
        found = said(row["NCTId"])
        main = found.diseases.main if found.diseases else None
        assert main is not None
        if row["DiseaseEntity"] == "Basket/Multidisease":
            assert main.group in ("Several", ""), row["NCTId"]
        else:
            assert main.name == PLACES[row["DiseaseEntity"]], row["NCTId"]
        assert found.sponsor_type.value == row["SponsorType"].lower(), row["NCTId"]


@cache
def kept() -> list[str]:
    with gzip.open(DATA / "cart_onc_llm_labels.json.gz", "rt", encoding="utf-8") as file:
        return [x["nct_id"] for x in json.load(file) if not x["exclude"]]


def test_recall_on_the_846_kept() -> None:
    """One of them is not in the table; what is missed is listed, and most of it is no CAR therapy."""
    there = [nct for nct in kept() if nct in field()]
    missed = {nct for nct in there if not said(nct).is_car}
    assert (len(kept()), len(there)) == (846, 845)
    assert len(missed) <= 0.03 * len(kept())
    assert len(missed & set(JUDGED["not_car"])) >= 12


@pytest.mark.thorough
def test_the_quick_look_misses_none_of_the_field() -> None:
    assert [nct for nct in field() if said(nct).is_car and not may_be_car(passages_of(flat(field()[nct])))] == []


@cache
def sample() -> dict[str, tuple[Classification, frozenset[str] | None]]:
    """The 200 studies with full text: what we say, and the antigens of the label."""
    with gzip.open(DATA / "cart_onc_validation_sample200.json.gz", "rt", encoding="utf-8") as file:
        trials = json.load(file)["trials"]
    return {row["NCTId"]: (classify(flat(row)), labelled(row["_pipeline"]["TargetCategory"])) for row in trials}


def test_antigens_of_the_200_with_full_text() -> None:
    """Exact equality with the label, the label's antigens among ours, and every difference judged by the record."""
    named = {nct: (found, label) for nct, (found, label) in sample().items() if label is not None}
    assert (len(sample()), len(named)) == (200, 158)
    differ = {nct: found.target for nct, (found, label) in named.items() if not agrees(found, label)}
    among = [
        nct for nct, (found, label) in named.items() if nct not in differ or label <= {t.value for t in found.targets}
    ]
    assert (len(named) - len(differ), len(among)) == (142, 153)
    assert differ == {nct: row["ours"] for nct, row in JUDGED["antigen"].items()}, "a new disagreement must be judged"
    wrong = [nct for nct in differ if JUDGED["antigen"][nct]["verdict"] != "ours"]
    assert len(wrong) == 2


def test_antigens_that_only_we_name_among_the_200() -> None:
    ours = {nct: found.target for nct, (found, label) in sample().items() if label is None and found.targets}
    assert ours == {nct: row["ours"] for nct, row in JUDGED["unknown"].items()}, "a new antigen must be judged"
    verdicts = [row["verdict"] for row in JUDGED["unknown"].values()]
    assert {v: verdicts.count(v) for v in set(verdicts)} == {"ours": 26, "table": 2, "partly": 2}


def test_precision_on_real_records_of_which_few_are_car_therapies() -> None:
    """1,454 records, three in four on antibodies to the same antigens. Each one found was read, one is doubtful."""
    studies = {s.id: s for name in V2 if name.endswith("jsonl.gz") for s in map(read, rows(name))}
    found = {nct for nct, study in studies.items() if classify(study).is_car}
    plain_words = re.compile(
        r"CAR[- ]?(?:T|NK)\b|CAR-gamma|(?i:chimeric antigen receptor|cabtagene)|CART\b|CAR-TIL|4SCAR"
    )
    named = {nct for nct in found if plain_words.search(" ".join(p.text for p in passages_of(studies[nct]).passages))}
    assert len(studies) == 1454 and 50 <= len(found) <= 56
    assert found - named <= {"NCT02937844"}  # a chimeric switch receptor, which the field's monitor counts too
    titled = {nct for nct, study in studies.items() if re.search(r"CAR[- ]?T\b|CAR[- ]NK\b", study.title or "")}
    assert titled - found == {"NCT06993766"}  # an observational study of recipients


@pytest.mark.thorough
def test_searching_the_real_records(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    with store.transaction():
        for record in list(rows(V2[0]))[:400]:
            store.upsert(record)
    totals = []
    for name in engines():
        index = fresh(store, name)
        asked = [
            "CD276",
            "B7-H3",
            "CD19",
            "CD20",
            "CAR T",
            "chimeric antigen receptor T cells",
            '"tumor infiltrating lymphocytes"',
            "neurob*",
        ]
        totals.append([search(store, Request(text, limit=500), index=index) for text in asked])
        index.close()
    assert [[r.total for r in answers] for answers in totals] == [[r.total for r in totals[0]]] * len(totals)
    cd276, b7h3, cd19, cd20, car, spelled, *_ = totals[0]
    assert cd276.total == b7h3.total > 5
    assert {s.id for s in cd19.studies} != {s.id for s in cd20.studies}
    assert {s.id for s in spelled.studies} <= {s.id for s in car.studies}


def test_pivotal_trials_that_other_lists_miss() -> None:
    """Titles nearly as registered; found by product name, without the words CAR-T."""
    for nct, title, given in (
        (
            "NCT02435849",
            "Determine Efficacy and Safety of CTL019 in Pediatric Patients With Relapsed and Refractory B-cell ALL",
            "CTL019",
        ),
        ("NCT02228096", "Study of Efficacy and Safety of CTL019 in Pediatric ALL Patients", "CTL019"),
        (
            "NCT03575351",
            "JCAR017 Versus Standard of Care in Adults With High-risk B-NHL",
            "JCAR017",
        ),
    ):
        found = classify(Study(nct, "ctgov", "", title=title, interventions=(Intervention(given),)))
        assert found.is_car and found.target == "CD19", nct
