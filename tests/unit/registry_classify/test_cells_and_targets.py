"""CAR that stands for something else, cells that carry a CAR, whose cells they are, and what is no target."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_studies import study

from livingdrug.registry.classify.cell_therapy import CAR_THERAPY
from livingdrug.registry.classify.classify import classify
from livingdrug.registry.classify.passages import passages_of
from livingdrug.registry.records.study import Arm
from livingdrug.registry.search.document import may_be_car
from livingdrug.registry.terms.synonyms import library

ANOTHER_CAR = [
    "cortisol awakening response (CAR)",
    "C-reactive protein to albumin ratio (CAR)",
    "Cyclophosphamide, Alvocidib (Flavopiridol) and Rituximab (CAR)",
    "constitutive androstane receptor (CAR)",
    "Children at Risk (CAR)",
    "coxsackie and adenovirus receptor (CAR)",
    "CAR (cortisol awakening response)",
    "CAR: cardiac autonomic reflex",
]
SETTINGS = ["{} in adults", "A study of {}", "{} and outcome after surgery: a trial"]
CELLS = ["CD19 CAR-T cells", "CAR T cells", "chimeric antigen receptor T cells", "T cells with a chimeric receptor"]


@given(st.sampled_from(ANOTHER_CAR), st.sampled_from(SETTINGS), st.booleans())
def test_car_spelled_out_as_something_else_is_no_car(words: str, setting: str, in_summary: bool) -> None:
    title = "CAR in adults with leukemia" if in_summary else setting.format(words)
    said = classify(study(title, "CAR", summary=f"We measure the {words}." if in_summary else None))
    assert not said.is_car


@given(st.sampled_from(ANOTHER_CAR), st.sampled_from(CELLS))
def test_a_record_that_gives_car_cells_stays_one_whatever_else_car_means_in_it(words: str, cells: str) -> None:
    assert classify(study(f"{cells} in leukemia", cells, summary=f"We also measure the {words}.")).is_car


@pytest.mark.parametrize("short", ["CAR-HF", "CAR-ICU", "CAR-REHAB", "CAR-study", "CAR"])
@pytest.mark.parametrize(
    "title, given",
    [
        ("Carvedilol in heart failure: the {} study", "carvedilol"),
        ("{}: cortisol and sleep in nurses", "blood test"),
        ("{} seat education of parents", "education"),
        ("The {} ratio as a sign of outcome after surgery", "none"),
    ],
)
def test_car_without_a_word_of_cells_or_antigens_is_no_car(short: str, title: str, given: str) -> None:
    said = classify(study(title.format(short), given))
    assert not said.is_car and said.kind.confidence != "high"
    cells = classify(study(title.format(short), "T cells", summary="Autologous T cells with a CAR against CD19."))
    assert cells.is_car


WITHOUT_CELLS = ["Leukapheresis", "Data collection", "No intervention", "Questionnaire", "Radiotherapy", "Blinatumomab",
                 "Chart review", "Ibrutinib", "Blood test", "Economic model"]  # fmt: skip
AS_SETTING = [
    "Memory of Adults Who Have Received Chimeric Antigen-Receptor T-Cell (CAR-T) Therapy for Lymphoma",
    "A watch worn by people undergoing chimeric antigen receptor (CAR) T-cell therapy",
    "Registry of commercial CAR-T therapies", "{} versus CAR-T: a decision analysis", "{} for CAR-T manufacturing",
    "Bridging to KTE-X19 by {}", "CAR-T cells in lymphoma: {}",
]  # fmt: skip


@given(st.sampled_from(AS_SETTING), st.sampled_from(WITHOUT_CELLS))
def test_a_study_that_gives_no_cells_gives_no_car(title: str, given: str) -> None:
    assert not classify(study(title.format(given), given)).is_car
    if "ridging" not in title:  # its drug is what is tried, whatever else is listed
        assert classify(study(title.format(given), given, "CD19 CAR-T cells")).is_car


@pytest.mark.parametrize("words", ["CAR-NKT cells", "GD2 CAR NKT cells", "CAR iNKT cells"])
def test_nkt_cells_are_no_nk_cells(words: str) -> None:
    assert classify(study(f"{words} in neuroblastoma", words)).platform.value == "CAR-NKT"


@pytest.mark.parametrize("words", ["chimeric antigen receptor (CAR)", "Chimeric Antigen Receptors (CARs)", "CARs"])
def test_car_spelled_out_as_usual_is_one(words: str) -> None:
    assert classify(study(f"T cells with {words} against CD19", "T cells")).is_car


def test_a_code_that_the_record_calls_another_name_of_a_drug_is_the_drug() -> None:
    drug = study("Pidilizumab in lymphoma", "pidilizumab", other_names=("CT-011",))
    assert not classify(drug).is_car
    assert classify(study("CT011 in hepatocellular carcinoma", "CT011")).products


@pytest.mark.parametrize(
    "title, arm",
    [
        ("EBV-specific T lymphocytes genetically targeted to the CD19 antigen", ""),
        ("Virus specific T cells in B-ALL", "CMV-specific T cells that carry a CD19 chimeric antigen receptor"),
        ("Tumor infiltrating lymphocytes in sarcoma", "TILs engineered with a HER2 CAR"),
    ],
)
def test_virus_specific_and_infiltrating_cells_may_carry_a_car(title: str, arm: str) -> None:
    assert classify(study(title, "T cells", arms=(arm,))).is_car


@pytest.mark.parametrize(
    "title, arm",
    [
        ("EBV-specific T lymphocytes in lymphoma", "EBV-specific T cells"),
        ("Virus specific T cells against CMV", "CMV-specific T cells in recipients of CAR-T cell therapy"),
        ("Tumor infiltrating lymphocytes in melanoma", "TILs after lymphodepletion"),
    ],
)
def test_without_a_car_they_stay_what_they_are(title: str, arm: str) -> None:
    said = classify(study(title, "T cells", arms=(arm,)))
    assert said.kind.value in ("virus-specific T cells", "TIL")


def test_a_drug_beside_t_cells_in_one_intervention_does_not_make_it_a_drug_study() -> None:
    said = classify(
        study(
            "T lymphocytes with ADCC in lymphoma",
            "T-cell therapy + Rituximab + IL-2",
            summary="T lymphocytes engineered to express a CD16-41BB-CD3zeta chimeric receptor are infused.",
        )
    )
    assert said.kind.value == CAR_THERAPY


OWN = [
    "The patients' peripheral blood mononuclear cells will be collected.",
    "T cells purified from the PBMC of subjects, transduced and expanded.",
    "Collect blood from the patients and isolate mononuclear cells.",
    "The cells are grown and then transfused back to the patient.",
    "T cells are taken from tumors and we infuse them back.",
    "Collect 50-100 ml of peripheral blood for culture of CAR19 T cells.",
    "We collect their T cells and modify them.",
    "The participant's T cells will be genetically modified.",
]
OTHERS = [
    "Cells come from healthy donors.",
    "The PBMC of a healthy donor are used.",
    "Syngeneic cells of the identical twin are given.",
    "CAR T cells from the HLA-matched donor are given.",
    "Donor CD19 CAR T cells are given.",
    "Sibling-donor T cells carry it.",
    "Lymphocytes of the transplant donor carry it.",
    "Cells of haploidentical family members carry it.",
]
SILENT = [
    "Patients have back pain.",
    "Disease has come back after treatment.",
    "Patients after autologous stem cell transplantation.",
    "Syngeneic transplantation before enrolment.",
    "Relapse after transplantation from a sibling donor.",
    "Haploidentical family donor stem cell transplantation before enrolment.",
    "Peripheral blood will be drawn to count CAR-T cells.",
]


@given(st.sampled_from(OWN), st.sampled_from(["summary", "description"]))
def test_the_patients_own_cells_in_many_words(words: str, where: str) -> None:
    said_there: dict[str, Any] = {where: words}
    said = classify(study("CD19 CAR-T cells in lymphoma", "CD19 CAR-T cells", **said_there))
    assert said.source.value == "autologous"
    assert said.source.confidence in ("high", "medium")
    assert said.source.place == where


@given(st.sampled_from(OTHERS))
def test_anothers_cells(words: str) -> None:
    assert classify(study("CD19 CAR-T in lymphoma", "CD19 CAR-T cells", summary=words)).source.value == "allogeneic"


@given(st.sampled_from(SILENT))
def test_words_that_do_not_say_whose_cells(words: str) -> None:
    said = classify(study("CD19 CAR-T in lymphoma", "CD19 CAR-T cells", summary=words)).source
    assert said.confidence == "inferred"


def test_either_source() -> None:
    said = classify(study("CAR-T", "CD19 CAR-T cells", summary="Autologous or allogeneic CAR-T cells are used."))
    assert said.source.value == "autologous or allogeneic"


@pytest.mark.parametrize("asked", ["autologous transduced peripheral blood T-cells", "autologous T lymphocytes"])
def test_own_cells_asked_of_those_who_join(asked: str) -> None:
    criteria = "Inclusion Criteria: available {} with over 15 % expression. Exclusion Criteria: {}"
    joined = classify(study("CAR-T", "CD19 CAR-T cells", eligibility=criteria.format(asked, "pregnancy")))
    assert (joined.source.value, joined.source.confidence) == ("autologous", "medium")
    excluded = classify(study("CAR-T", "CD19 CAR-T cells", eligibility=criteria.format("cells", asked)))
    assert excluded.source.confidence == "inferred"


@pytest.mark.parametrize("word", ["refractory", "resistant", "relapsed", "low", "dim", "naive"])
def test_what_the_disease_no_longer_answers_to_is_no_target(word: str) -> None:
    assert classify(study(f"CD22 CAR-T for CD19-{word} lymphoma", "CD22 CAR-T cells")).target == "CD22"


@pytest.mark.parametrize("other", ["PD-L1", "PD-1", "CTLA-4", "TIGIT", "CD47", "EGFR"])
def test_what_the_cells_secrete_against_is_no_target(other: str) -> None:
    for secreted in (
        f"secreting anti-{other} antibody", f"releasing {other} nanobodies", f"armored with an anti-{other} scFv",
        f"secreting an {other}/CD3 bispecific antibody",
    ):  # fmt: skip
        said = classify(study(f"IL13R\u03b12 CAR-T cells {secreted} in glioma", f"IL13R\u03b12 CAR-T cells {secreted}"))
        assert [t.value for t in said.targets] == ["IL13Ra2"], secreted
    before = classify(study(f"{other} antibody-secreting mesothelin CAR-T cells", "CAR-T"))
    assert [t.value for t in before.targets] == ["Mesothelin"]


@pytest.mark.parametrize("how", ["Concomitant", "Concurrent", "Simultaneous"])
def test_cells_given_together_with_a_drug_that_alone_is_listed(how: str) -> None:
    said = classify(study(f"{how} administration of anti-CD19 CAR T-cell therapy and lenalidomide", "Lenalidomide"))
    assert said.is_car


@pytest.mark.parametrize("comparison", ["versus", "vs.", "compared with"])
@pytest.mark.parametrize("car", ["axicabtagene ciloleucel", "CD19 CAR-T"])
def test_a_car_that_only_the_arm_of_comparison_gives_is_not_what_is_tried(comparison: str, car: str) -> None:
    arms = (
        Arm("A", "EXPERIMENTAL", interventions=("Drug: Glofitamab",)),
        Arm("B", "ACTIVE_COMPARATOR", interventions=(f"Biological: {car}",)),
    )
    asked = study(f"Glofitamab {comparison} {car} in lymphoma", "Glofitamab", car)
    assert not classify(replace(asked, arms=arms)).is_car
    turned = study(f"{car} {comparison} glofitamab in lymphoma", car, "Glofitamab")
    arms = (replace(arms[1], type="EXPERIMENTAL"), replace(arms[0], type="ACTIVE_COMPARATOR"))
    assert classify(replace(turned, arms=arms)).is_car
    assert not classify(study(f"Glofitamab {comparison} {car} in lymphoma", "Glofitamab", "Standard of care")).is_car
    assert classify(study(f"Standard of care {comparison} {car} in lymphoma", "AB-101", "Standard of care")).is_car


@pytest.mark.parametrize("care", ["Prophylactic levetiracetam", "Immunoglobulin replacement", "Rehabilitation"])
def test_care_given_with_car_t_is_no_car(care: str) -> None:
    assert classify(study(f"{care} with CAR-T cells", care)).kind.value == "care around CAR-T"
    assert classify(study(f"{care} with CAR-T cells", care, "CD19 CAR-T cells")).is_car
    assert classify(study("Prevention of relapse with CAR-T cells", "AB-101")).is_car


def test_the_only_product_is_told_by_every_passage() -> None:
    said = classify(study("Induced T cell like NK cells in leukemia", "CAR-ITNK cells"))
    assert said.platform.value == "CAR-NK"


@pytest.mark.parametrize(
    "title",
    [
        "CD7 CAR-T cells for T/NK Cell Hematologic Malignancies",
        "CD7 CAR-T cells for T or NK cell lymphoma",
        "CD7 CAR-T cells in natural killer cell leukemia",
        "CD7 CAR-T cells and NK cell counts",
        "CD7 CAR-T cells with NK cells of a donor",
    ],
)
def test_nk_cells_beside_the_cells_that_carry_the_car(title: str) -> None:
    assert classify(study(title, "CD7 CAR-T cells", "NK cells")).platform.value == "CAR-T"
    assert classify(study(title.replace("CAR-T", "CAR-NK"), "CD7 CAR-NK cells")).platform.value == "CAR-NK"


def test_wary_antigens_count_inside_a_list_of_targets() -> None:
    listed = study("CAR-T", "CAR-T cells targeting HER2, Mesothelin, GPC3, AXL, EGFR, or B7-H3")
    assert "AXL" in classify(listed).target
    beside = study("CAR-T", "CD19 CAR-T cells and axl inhibitor")
    assert classify(beside).target == "CD19"


def test_claudins_written_together() -> None:
    assert classify(study("CAR-T", "CAR-T targeting Claudin18.2/6")).target == "Claudin 18.2/Claudin 6"
    assert classify(study("CAR-T", "CAR-T targeting Claudin18.2")).target == "Claudin 18.2"


def test_two_products_of_one_series_are_two() -> None:
    one = classify(study("Universal CAR-T cells RD06-04", "RD06-04"))
    other = classify(study("Universal CAR-T cells RD06-05", "RD06-05"))
    assert (one.target, other.target) == ("CD19", "BCMA/CD19")


@given(st.sampled_from([*CELLS, "EBV-CTLs genetically targeted to the CD19 antigen", "KN5501", "SBT777101"]))
def test_the_quick_look_lets_them_pass(words: str) -> None:
    assert may_be_car(passages_of(study(f"A study of {words}", words)))


@pytest.mark.parametrize("name", ["case_kept", "small"])
def test_every_piece_of_a_quick_look_holds_the_first_of_its_row(name: str) -> None:
    rows = library("rules")["quick"][name]
    assert all(first in piece for first, *rest in rows for piece in rest)
    assert all(not rest or len(rest) > 1 for _, *rest in rows)
