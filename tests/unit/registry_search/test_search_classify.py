"""Is it a CAR cell therapy, against what, from whom: each answer with its evidence; silence where nothing is said."""

from __future__ import annotations

import pytest
from cart_records import study
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.registry.classify.cell_therapy import CAR_THERAPY
from livingdrug.registry.classify.classify import classify
from livingdrug.registry.classify.passages import passages_of
from livingdrug.registry.search.document import document, may_be_car
from thoroughness import some

CARS = {
    "words": dict(title="CD19 CAR-T cells in lymphoma", interventions=["CD19 CAR-T"]),
    "spelled out": dict(title="T cells in leukaemia", interventions=["Chimeric antigen receptor T cells against CD19"]),
    "product only": dict(title="Study of CTL019 in paediatric patients with B-ALL", interventions=["CTL019"]),
    "code of another company": dict(title="A Study of JCAR017 in B-cell lymphoma", interventions=["JCAR017"]),
    "generic name": dict(title="Newcabtagene autoleucel in myeloma", interventions=["Newcabtagene autoleucel"]),
    "bare number": dict(title="CART22 in B-ALL", interventions=["CART22 cells"]),
    "natural killer": dict(title="CAR-NK cells in AML", interventions=["CD33 CAR-NK"]),
    "in vivo": dict(title="In vivo CAR-T drug against CD20, mRNA-LNP", interventions=["LNP injection"]),
    "only in the arm": dict(
        title="AB-9 in kidney cancer", interventions=["AB-9"], arms=["AB-9: CAR T cells against CD70 in one infusion"]
    ),
    "with bridging radiotherapy": dict(
        title="Bridging radiotherapy with CD19 CAR-T cells in lymphoma",
        interventions=["Radiotherapy", "CD19 CAR-T cells"],
    ),
    "CAR not named": dict(
        title="T cells genetically targeted to CD19 in leukaemia", interventions=["Genetically engineered T cells"]
    ),
    "autoimmune": dict(
        title="CD19 CAR-T in lupus nephritis", interventions=["CD19 CAR-T"], conditions=["Lupus Nephritis"]
    ),
}
NOT_CARS = {
    "TCR-T": dict(title="NY-ESO-1 TCR-T cells in sarcoma", interventions=["TCR-T cells"]),
    "TCR spelled out": dict(
        title="T cell receptor transduced T cells, MAGE-A4", interventions=["MAGE-A4 T cell receptor gene therapy"]
    ),
    "afami-cel": dict(title="Afamitresgene autoleucel in synovial sarcoma", interventions=["afamitresgene autoleucel"]),
    "TIL": dict(
        title="TIL and pembrolizumab in melanoma", interventions=["Tumor infiltrating lymphocytes", "pembrolizumab"]
    ),
    "lifileucel": dict(title="Lifileucel in melanoma", interventions=["lifileucel"]),
    "bispecific": dict(title="Epcoritamab in lymphoma", interventions=["epcoritamab"]),
    "bispecific after CAR-T": dict(
        title="Glofitamab for relapse after CAR-T cell therapy", interventions=["glofitamab"]
    ),
    "blinatumomab": dict(title="Blinatumomab in B-ALL", interventions=["Blinatumomab"], summary="A CD19xCD3 BiTE."),
    "bispecific around": dict(
        title="Teclistamab as bridging before BCMA CAR-T",
        interventions=["teclistamab"],
        summary="Patients who await CAR-T.",
    ),
    "follow-up": dict(title="Long-term follow-up of patients who received CAR-T cells", interventions=["CAR-T cells"]),
    "fifteen years": dict(title="LTFU protocol for gene-modified T cells", interventions=["Previously given CART-19"]),
    "tocilizumab": dict(title="Tocilizumab for cytokine release after CAR-T", interventions=["Tocilizumab"]),
    "anakinra": dict(
        title="Anakinra to prevent neurotoxicity in patients receiving CAR T-cell therapy", interventions=["Anakinra"]
    ),
    "maintenance": dict(
        title="Lenalidomide maintenance following BCMA CAR T-cell therapy", interventions=["lenalidomide"]
    ),
    "imaging": dict(title="PET imaging of CAR-T cell therapy recipients", interventions=["18F PET tracer"]),
    "exercise": dict(title="Exercise before CAR-T cell therapy", interventions=["Exercise program"]),
    "observational": dict(
        title="Real-world outcomes of axi-cel", interventions=["axi-cel"], study_type="OBSERVATIONAL"
    ),
    "quality of life": dict(
        title="Quality of life in CAR-T patients", interventions=["Questionnaire"], study_type="OBSERVATIONAL"
    ),
    "dendritic": dict(title="CAR-DC vaccine in solid tumours", interventions=["EphA2 CAR-DC"]),
    "virus": dict(title="EBV-specific cytotoxic T lymphocytes in lymphoma", interventions=["EBV specific T cells"]),
    "stem cells": dict(
        title="Mesenchymal stem cells for cytopenia after CAR-T", interventions=["Mesenchymal stem cells"]
    ),
    "cartilage": dict(
        title="Stem cell extract for cartilage repair",
        interventions=["Extract"],
        summary="Cartilage formation in the knee.",
    ),
    "antiretroviral": dict(title="Dasatinib and cART in HIV", interventions=["Dasatinib"], summary="People on cART."),
    "drug after a product": dict(
        title="Mezigdomide after idecabtagene vicleucel in myeloma", interventions=["Mezigdomide"]
    ),
    "drug after a brand": dict(title="Pembrolizumab following Kymriah", interventions=["Pembrolizumab"]),
    "ADC": dict(title="Loncastuximab tesirine after CAR-T failure", interventions=["loncastuximab tesirine"]),
    "allergy": dict(title="Milk immunotherapy", interventions=["Milk"], summary="Frequency of milk-specific T cells."),
    "vaccine": dict(title="Zoster vaccine in recipients of CAR-T cells", interventions=["Zoster vaccine"]),
}


@pytest.mark.parametrize("name", CARS)
def test_is_a_car_therapy(name: str) -> None:
    said = classify(study(**CARS[name]))
    assert said.is_car, said.kind
    assert said.kind.evidence and said.kind.place


@pytest.mark.parametrize("name", NOT_CARS)
def test_is_none(name: str) -> None:
    said = classify(study(**NOT_CARS[name]))
    assert not said.is_car, said.kind


@pytest.mark.parametrize(
    "name, kind",
    [
        ("TCR-T", "TCR-T"),
        ("TIL", "TIL"),
        ("bispecific", "bispecific antibody"),
        ("follow-up", "long-term follow-up"),
        ("tocilizumab", "care around CAR-T"),
        ("observational", "observational"),
        ("dendritic", "CAR dendritic cell"),
    ],
)
def test_says_what_it_is_instead(name: str, kind: str) -> None:
    assert classify(study(**NOT_CARS[name])).kind.value == kind


@pytest.mark.parametrize("name", [*CARS, *NOT_CARS])
def test_the_quick_look_passes_every_car_therapy(name: str) -> None:
    read = study(**{**CARS, **NOT_CARS}[name])
    assert may_be_car(passages_of(read)) or not classify(read).is_car
    assert (document(read).labels.platform != "") == classify(read).is_car


@pytest.mark.parametrize(
    "said, target",
    [
        (dict(title="Anti-CD19 CAR-T"), "CD19"),
        (dict(title="CAR-T against CD20"), "CD20"),
        (dict(title="CD276 CAR-T in glioma"), "B7-H3"),
        (dict(title="B7H3 CAR T cells"), "B7-H3"),
        (dict(title="CART19 in CLL"), "CD19"),
        (dict(title="CD19/22 bispecific CAR-T"), "CD19/CD22"),
        (dict(title="CD19CD22 CAR-T"), "CD19/CD22"),
        (dict(title="CD133 CAR-T"), "CD133"),
        (dict(title="CD123/CD33 CAR-T"), "CD123/CD33"),
        (dict(title="Sequential CD19 and CD20 CAR-T"), "CD19/CD20"),
        (dict(title="CD19CAR-28z cells"), "CD19"),
        (dict(title="CAR-T targeting TNFRSF17"), "BCMA"),
        (dict(title="APRIL CAR T cells"), "BCMA/TACI"),
        (dict(title="IL13Rα2 CAR-T"), "IL13Ra2"),
        (dict(title="GPRC5D-CAR-T after BCMA CAR-T failure"), "GPRC5D"),
        (dict(title="Anti-EGFRvIII CAR T cells"), "EGFRvIII"),
        (dict(title="CLL-1 CAR-T in AML"), "CLL1"),
        (
            dict(
                title="CAR-T cells",
                interventions=["Autologous CD19CAR-CD28-CD3zeta-EGFRt-expressing CD4+/CD8+ T cells"],
            ),
            "CD19",
        ),
        (dict(title="CAR-T in lymphoma", summary="The cells target CD22 on the lymphoma."), "CD22"),
        (
            dict(title="CAR-T in lymphoma", summary="After 6 x 10^5 CAR T cells/kg patients stay in hospital."),
            "not stated",
        ),
        (
            dict(title="CAR-T in leukaemia", eligibility="Exclusion Criteria: CD19 negative disease, prior CD22 CAR-T"),
            "not stated",
        ),
        (dict(title="CAR-T in lymphoma", eligibility="Inclusion: tumour positive for CD30 by flow"), "CD30"),
        (
            dict(title="CAR-T in leukaemia", eligibility="Inclusion: positive expression of CD19 and/or CD20"),
            "CD19/CD20",
        ),
        (
            dict(title="CAR-T", eligibility="Inclusion: confirmed to express CD19, CD22, CD20, BCMA or others"),
            "not stated",
        ),
        (dict(title="CAR-T in lymphoma", eligibility="Inclusion: CD20 negative after rituximab"), "not stated"),
        (dict(title="HER2 and MUC1 CAR-NK, dual", arms=["mesothelin-positive patients"]), "HER2/MUC1"),
        (dict(title="CAR-T", arms=["CD19/CD22 positive lymphoma"]), "CD19/CD22"),
        (dict(title="Dual CAR-NK, MSLN and MUC1", interventions=["CLDN18.2 CAR-NK"]), "Claudin 18.2/MUC1/Mesothelin"),
        (dict(title="CD19 CAR-T", interventions=["CD19 CAR-T", "anti-CD20 antibody"]), "CD19"),
        (dict(title="CAR20.19.22 T-cells"), "CD19/CD20/CD22"),
        (dict(title="iC9/CAR.19/IL15 NK cells"), "CD19"),
        (dict(title="AntiCD19 Chimeric Antigen Receptor T Cells"), "CD19"),
        (dict(title="BAFFR CAR-T"), "BAFF-R"),
        (dict(title="BAFF CAR-T"), "BAFF-R/BCMA/TACI"),
        (dict(title="CD19-CD28-zeta-CAR-mbIL15-HER1t T cells"), "CD19"),
        (dict(title="CD22 CAR-T for CD19- ALL"), "CD22"),
        (dict(title="A Study of bb2121 in myeloma", interventions=["bb2121"]), "BCMA"),
        (dict(title="Kymriah in lymphoma", interventions=["Kymriah"]), "CD19"),
    ],
)
def test_target(said: dict, target: str) -> None:
    assert classify(study(**said)).target == target


def test_a_named_product_answers_with_its_table_row() -> None:
    said = classify(study("Study of JCAR017", interventions=["JCAR017"]))
    assert said.products == ("lisocabtagene maraleucel",)
    assert (said.targets[0].value, said.costimulation.value, said.generation.value) == ("CD19", "4-1BB", "2")
    assert "product table" in said.costimulation.evidence and "Table 2" in said.costimulation.evidence
    assert said.source.value == "autologous"


@pytest.mark.parametrize(
    "said, costimulation, generation",
    [
        (dict(title="CD19 CAR-T", details="second generation CAR with 4-1BB and CD3 zeta"), "4-1BB", "2"),
        (dict(title="CD19-28z CAR T cells"), "CD28", "2"),
        (dict(title="CD19 CAR-T", details="a CAR with CD28 and 4-1BB signalling domains"), "4-1BB+CD28", "3"),
        (dict(title="CD19 CAR-T", details="cells are expanded with anti-CD3/CD28 beads"), "not stated", "not stated"),
        (dict(title="4SCAR19 cells"), "not stated", "4"),
        (dict(title="CD19 CAR-T", summary="after next generation sequencing"), "not stated", "not stated"),
    ],
)
def test_structure_is_stated_or_not_stated(said: dict, costimulation: str, generation: str) -> None:
    found = classify(study(**said))
    assert (found.costimulation.value, found.generation.value) == (costimulation, generation)


@pytest.mark.parametrize(
    "said, source, confidence, platform",
    [
        (dict(title="Autologous CD19 CAR-T"), "autologous", "high", "CAR-T"),
        (dict(title="Universal CD19 CAR-T"), "allogeneic", "high", "CAR-T"),
        (dict(title="CD19 CAR-T", summary="cells from a healthy donor"), "allogeneic", "high", "CAR-T"),
        (dict(title="CD19 CAR-T after allogeneic stem cell transplantation"), "autologous", "inferred", "CAR-T"),
        (dict(title="CD19 CAR-T", arms=["Leukapheresis, then CAR-T cells"]), "autologous", "inferred", "CAR-T"),
        (dict(title="In vivo CAR-T by mRNA-LNP"), "in vivo", "high", "CAR-T"),
        (dict(title="CD19 CAR-NK cells"), "not stated", "low", "CAR-NK"),
        (dict(title="Allogeneic B7-H3 CAR-γδT cells"), "allogeneic", "high", "CAR-gamma-delta-T"),
        (dict(title="CAR-T in NK/T-cell lymphoma", summary="autologous"), "autologous", "high", "CAR-T"),
        (dict(title="NKG2D CAR-T cells", summary="autologous"), "autologous", "high", "CAR-T"),
    ],
)
def test_whose_cells(said: dict, source: str, confidence: str, platform: str) -> None:
    found = classify(study(**said))
    assert (found.source.value, found.source.confidence, found.platform.value) == (source, confidence, platform)


@pytest.mark.parametrize(
    "conditions, title, place",
    [
        (["Diffuse Large B Cell Lymphoma"], "", "Blood cancer > B-NHL > DLBCL"),
        (["B-Cell Acute Lymphoblastic Leukaemia"], "", "Blood cancer > Acute lymphoblastic > B-ALL"),
        (["Multiple Myeloma", "Relapsed Cancer"], "", "Blood cancer > Plasma cell disease > Multiple myeloma"),
        (["Neuroblastoma"], "", "Solid tumour > Childhood solid tumour > Neuroblastoma"),
        (["Glioblastoma", "Brain Tumor"], "", "Solid tumour > Brain and nerves > Glioblastoma"),
        (["Chronic Lymphocytic Leukemia", "Diffuse Large B-cell Lymphoma"], "", "Blood cancer > Several"),
        (["Leukemia", "Ovarian Cancer"], "", "Several > Several"),
        (["Systemic Lupus Erythematosus"], "", "Autoimmune > Connective tissue > Lupus"),
        (
            ["Advanced Solid Tumor", "Hepatocellular Carcinoma"],
            "",
            "Solid tumour > Digestive > Hepatocellular carcinoma",
        ),
        ([], "A study in mantle cell lymphoma", "Blood cancer > B-NHL > MCL"),
        (["Tumours, solid"], "CLL-1 CAR-T in AML", "Blood cancer > AML > AML"),
    ],
)
def test_disease(conditions: list[str], title: str, place: str) -> None:
    found = classify(study(title, conditions=conditions)).diseases
    assert found is not None
    assert " > ".join(p for p in (found.main.branch, found.main.group, found.main.disease) if p) == place


def test_small_words_are_no_diseases() -> None:
    assert (
        classify(study("All patients met the team at the ball for 3 mm of all", conditions=["Asthma"])).diseases is None
    )


@pytest.mark.parametrize(
    "name, category, kind",
    [
        ("Acme Therapeutics, Inc.", "INDUSTRY", "industry"),
        ("National Cancer Institute", "NIH", "government"),
        ("Peking University", "OTHER", "academic"),
        ("Hebei Cell Biotechnology Co., Ltd.", "OTHER", "industry"),
        ("The Hospital Co. Foundation University", "OTHER", "academic"),
    ],
)
def test_sponsor(name: str, category: str, kind: str) -> None:
    assert classify(study("CAR-T", sponsor=name, sponsor_class=category)).sponsor_type.value == kind


@settings(max_examples=some(60))
@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=400))
def test_any_text_is_classified(title: str, intervention: str, eligibility: str) -> None:
    said = classify(study(title, interventions=[intervention], eligibility=eligibility, conditions=[title]))
    assert said.kind.value and said.target


def test_long_hostile_text_is_no_trap() -> None:
    for text in (
        "CAR " * 3_000,
        "anti-" * 3_000,
        "CD19/" * 3_000,
        "a" * 50_000,
        "10^6 x " * 3_000,
        "T cell receptor " * 2_000,
    ):
        assert classify(study("CAR-T", summary=text, interventions=[text[:5000]], arms=[text])).is_car
    assert CAR_THERAPY
