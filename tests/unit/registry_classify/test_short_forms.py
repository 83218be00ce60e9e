"""Short forms that mean several things, and the whole of the autoimmune branch, read by what stands around them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_studies import study

from livingdrug.registry.classify import disease as rules
from livingdrug.registry.classify.classify import classify
from livingdrug.registry.classify.disease import places_in, tree
from livingdrug.registry.terms.synonyms import library, meaning
from thoroughness import some

# form: what it means beside which words; None where it means no disease of the tree
MEANT: dict[str, list[tuple[str | None, list[str]]]] = {
    "AIDs": [("Autoimmune", ["autoimmune diseases", "refractory lupus", "rheumatic disease"])],
    "AIDS": [
        ("HIV", ["HIV-1 infection", "acquired immunodeficiency", "opportunistic infection"]),
        ("Autoimmune", ["autoimmune diseases", "auto-immune disorders"]),
        (None, ["hearing aids in the elderly", "a decision aid for parents"]),
    ],
    "MS": [
        ("Multiple sclerosis", ["multiple sclerosis", "EDSS of 3 or more", "a demyelinating attack", "natalizumab"]),
        (None, ["mass spectrometry of plasma", "mitral stenosis", "morphine sulfate"]),
    ],
    "GBM": [
        ("Glioblastoma", ["glioma", "EGFRvIII", "temozolomide", "a brain tumour"]),
        ("Anti-GBM disease", ["glomerular basement membrane", "Goodpasture", "crescentic glomerulonephritis"]),
    ],
    "CRS": [(None, ["cytokine release syndrome", "chronic rhinosinusitis", "cytoreductive surgery"])],
    "T1D": [
        ("Type 1 diabetes", ["diabetes", "insulin", "islet autoantibodies", "C-peptide"]),
        (None, ["TNM stage", "T1-weighted imaging"]),
    ],
    "NMO": [
        ("NMOSD", ["neuromyelitis optica", "AQP4 antibodies", "aquaporin-4", "demyelinating disease"]),
        (None, ["nitric oxide"]),
    ],
    "RA": [
        ("Rheumatoid arthritis", ["arthritis", "rheumatoid factor", "DMARD failure"]),
        (None, ["refractory anemia with excess blasts", "retinoic acid", "right atrium"]),
    ],
    "SS": [
        ("Sjogren disease", ["Sjogren's syndrome", "dry eyes", "sicca symptoms"]),
        (None, ["serotonin syndrome", "short stature"]),
    ],
    "MG": [("Myasthenia gravis", ["myasthenia", "acetylcholine receptor antibodies", "MuSK"]), (None, ["magnesium"])],
    "PV": [
        ("Pemphigus", ["pemphigus", "desmoglein 3", "blisters"]),
        (None, ["polycythemia vera", "portal vein thrombosis", "JAK2 mutation"]),
    ],
    "LN": [("Lupus", ["lupus", "nephritis of class IV"]), (None, ["lymph nodes", "liquid nitrogen"])],
    "MN": [
        ("Membranous nephropathy", ["membranous nephropathy", "PLA2R antibodies", "nephrotic range"]),
        (None, ["micronuclei", "motor neurons"]),
    ],
    "AAV": [
        ("ANCA vasculitis", ["vasculitis", "granulomatosis with polyangiitis", "ANCA titre"]),
        (None, ["adeno-associated virus", "a vector of serotype 9"]),
    ],
    "AE": [("Autoimmune encephalitis", ["encephalitis", "NMDA receptor antibodies"]), (None, ["adverse events"])],
    "ITP": [("Immune cytopenia", ["thrombocytopenia", "platelet count"]), (None, ["inosine triphosphate"])],
    "TTP": [("Thrombotic thrombocytopenic purpura", ["ADAMTS13", "purpura"]), (None, ["time to progression"])],
    "UC": [("Bowel inflammation", ["ulcerative colitis", "bowel"]), (None, ["urothelial cancer", "umbilical cord"])],
    "HL": [("Hodgkin lymphoma", ["Hodgkin disease", "lymphoma", "CD30"]), (None, ["hearing loss", "hyperlipidemia"])],
    "SPS": [("Stiff person syndrome", ["stiff person", "GAD65"]), (None, ["sodium polystyrene"])],
}
CASES = [(form, disease, word) for form, all_ in MEANT.items() for disease, words in all_ for word in words]
TITLES = ["{form}", "CD19 CAR-T in {form}", "A study in patients with {form}", "Safety in r/r {form} of cells"]
FILLED = ["", "This is an open study. ", "Ten adults are treated in 3 centres. "]


def names(title: str, conditions: tuple[str, ...] = (), summary: str = "") -> set[str]:
    found = classify(study(title, "cells", conditions=conditions, summary=summary)).diseases
    return {place.name for place in found.places} if found else set()


@pytest.mark.parametrize("form, disease, word", CASES)
@settings(max_examples=some(40))
@given(title=st.sampled_from(TITLES), filled=st.sampled_from(FILLED), as_condition=st.booleans())
def test_a_short_form_means_what_stands_around_it(
    form: str, disease: str | None, word: str, title: str, filled: str, as_condition: bool
) -> None:
    conditions = (form,) if as_condition else ()
    said = names(title.format(form=form), conditions, f"{filled}It is about {word}.")
    without = names("A study of cells", (), f"{filled}It is about {word}.")
    if disease is None:
        forms_own = {d for d, _ in MEANT[form] if d}
        assert not said & forms_own or said & forms_own <= without
    else:
        branch = next(place.branch for place in tree() if place.name == disease)
        assert disease in said or (disease == branch and said)  # a branch gives way to what is more exact in it
        assert not (said - without) & ({d for d, _ in MEANT[form] if d} - {disease})


@pytest.mark.parametrize("form", sorted({f for f, all_ in MEANT.items() for d, _ in all_ if d} - {"AE", "TTP"}))
def test_alone_as_a_condition_it_is_taken_for_the_disease(form: str) -> None:
    assert len(names("CAR-T cells", (form,))) == 1


@given(st.sampled_from(sorted(MEANT)), st.sampled_from(["{}x", "x{}", "{}2", "{}-3", "pre{}", "{}+"]))
def test_inside_another_word_or_before_a_number_it_is_nothing(form: str, written: str) -> None:
    own = {d for d, _ in MEANT[form] if d}
    assert not {place.name for place in places_in(f"Study of {written.format(form)} in patients")} & own


@given(st.sampled_from(sorted(MEANT)))
def test_in_small_letters_it_is_a_word_like_any_other(form: str) -> None:
    own = {d for d, _ in MEANT[form] if d}
    assert not {place.name for place in places_in(f"{form.lower()} is a word")} & own


def test_a_list_of_one_branch_explains_its_short_forms() -> None:
    assert names("CAR-T", ("SLE / RA / SS / SSc",)) == {
        "Lupus", "Rheumatoid arthritis", "Sjogren disease", "Systemic sclerosis"
    }  # fmt: skip


def test_the_longer_name_wins_over_the_short_form_within_it() -> None:
    assert names("CAR-T in anti-GBM disease") == {"Anti-GBM disease"}
    assert names("Relapsing MS (RRMS)", ("multiple sclerosis",)) == {"Multiple sclerosis"}
    assert names("CAR-T in AIDS-related lymphoma", ("AIDS-related lymphoma",)) >= {"HIV"}


def test_search_still_knows_the_short_forms_by_their_usual_meaning() -> None:
    for form, name in (("GBM", "Glioblastoma"), ("T1D", "Type 1 diabetes"), ("NMO", "NMOSD"), ("AIDS", "HIV")):
        group = meaning(form)
        assert group is not None
        assert group.name == name


@pytest.mark.parametrize(
    "heading, disease",
    [
        ("Leukemia, Lymphocytic, Chronic, B-Cell", "CLL"),
        ("Leukemia, Myeloid, Acute", "AML"),
        ("Lymphoma, Large B-Cell, Diffuse", "DLBCL"),
        ("Lymphoma, Mantle-Cell", "MCL"),
        ("Carcinoma, Non-Small-Cell Lung", "NSCLC"),
        ("Carcinoma, Hepatocellular", "Hepatocellular carcinoma"),
        ("Diabetes Mellitus, Type 1", "Type 1 diabetes"),
        ("Lupus Erythematosus, Systemic", "Lupus"),
        ("Arthritis, Juvenile", "Juvenile arthritis"),
        ("Leukemia, Lymphoma, and others", None),
    ],
)
def test_inverted_headings(heading: str, disease: str | None) -> None:
    said = names("CAR-T cells", (heading,))
    if disease:
        assert said == {disease}
    else:
        assert said <= {"Blood cancer, several"}


AUTOIMMUNE = {
    "Lupus": ["SLE", "lupus nephritis", "Lupus Erythematosus, Systemic", "systemic lupus erythematous"],
    "Systemic sclerosis": ["scleroderma", "SSc", "diffuse cutaneous systemic sclerosis"],
    "Myositis": ["IIM", "dermatomyositis", "anti-synthetase syndrome", "IMNM", "inclusion body myositis"],
    "Sjogren disease": ["Sjögren's syndrome", "Primary Sjogren's Syndrome", "sicca syndrome"],
    "Rheumatoid arthritis": ["rheumatoid arthritis", "Refractory rheumatoid arthritis"],
    "ANCA vasculitis": ["ANCA-associated vasculitis", "granulomatosis with polyangiitis", "microscopic polyangiitis"],
    "Large vessel vasculitis": ["Takayasu arteritis", "giant cell arteritis", "polyarteritis nodosa"],
    "Behcet disease": ["Behçet's disease", "Behcet Syndrome"],
    "IgG4-related disease": ["IgG4-RD", "IgG4 related disease"],
    "Mixed connective tissue disease": ["MCTD", "mixed connective tissue disease"],
    "Still disease": ["adult-onset Still's disease", "AOSD"],
    "Juvenile arthritis": ["juvenile idiopathic arthritis", "sJIA"],
    "Psoriatic arthritis": ["psoriatic arthritis"],
    "Axial spondyloarthritis": ["ankylosing spondylitis", "axial spondyloarthritis"],
    "Multiple sclerosis": ["multiple sclerosis", "PPMS", "relapsing multiple sclerosis"],
    "Myasthenia gravis": ["generalized myasthenia gravis", "gMG"],
    "Lambert-Eaton syndrome": ["Lambert-Eaton myasthenic syndrome", "LEMS"],
    "NMOSD": ["neuromyelitis optica", "NMOSD"],
    "Stiff person syndrome": ["stiff-person syndrome", "stiff person spectrum disorders"],
    "CIDP": ["chronic inflammatory demyelinating polyradiculoneuropathy", "CIDP"],
    "Autoimmune nodopathy": ["autoimmune nodopathy", "anti-NF155"],
    "Multifocal motor neuropathy": ["multifocal motor neuropathy"],
    "Guillain-Barre syndrome": ["Guillain-Barré syndrome"],
    "Autoimmune encephalitis": ["anti-NMDAR encephalitis", "autoimmune encephalitis", "limbic encephalitis"],
    "MOG antibody disease": ["MOGAD", "myelin oligodendrocyte glycoprotein antibody disease"],
    "Pemphigus": ["pemphigus vulgaris", "pemphigus foliaceus"],
    "Pemphigoid": ["bullous pemphigoid", "autoimmune blistering diseases"],
    "Type 1 diabetes": ["type 1 diabetes mellitus", "T1DM", "autoimmune diabetes"],
    "Anti-GBM disease": ["anti-GBM nephritis", "Goodpasture's syndrome"],
    "Membranous nephropathy": ["primary membranous nephropathy"],
    "IgA nephropathy": ["IgA nephropathy", "IgAN"],
    "Nephrotic syndrome": ["minimal change disease", "FSGS", "nephrotic syndrome"],
    "Immune nephropathy": ["immune nephropathy", "C3 glomerulopathy"],
    "Immune cytopenia": ["immune thrombocytopenia", "AIHA", "Evans syndrome", "warm autoimmune hemolytic anaemia"],
    "Antiphospholipid syndrome": ["antiphospholipid syndrome", "anti-phospholipid syndrome"],
    "Thrombotic thrombocytopenic purpura": ["iTTP", "thrombotic thrombocytopenic purpura"],
    "Bowel inflammation": ["Crohn's disease", "ulcerative colitis", "inflammatory bowel disease"],
    "Coeliac disease": ["celiac disease", "coeliac disease"],
    "Autoimmune hepatitis": ["autoimmune hepatitis", "primary biliary cholangitis"],
    "Graves disease": ["Graves' disease", "thyroid eye disease"],
    "Autoimmune thyroiditis": ["Hashimoto's thyroiditis"],
    "Addison disease": ["Addison's disease"],
    "Psoriasis": ["plaque psoriasis"],
    "Vitiligo": ["vitiligo"],
    "Alopecia areata": ["alopecia areata"],
    "Hidradenitis suppurativa": ["hidradenitis suppurativa"],
    "Autoimmune eye disease": ["non-infectious uveitis"],
    "Sarcoidosis": ["sarcoidosis"],
}  # fmt: skip


@pytest.mark.parametrize("disease, written", [(d, w) for d, all_ in AUTOIMMUNE.items() for w in all_])
def test_the_autoimmune_branch_holds_it(disease: str, written: str) -> None:
    assert names(f"CD19 CAR-T cells in refractory {written}", (written,)) == {disease}
    place = next(p for p in tree() if p.disease == disease)
    assert place.branch == "Autoimmune"


def test_no_autoimmune_disease_is_left_untested() -> None:
    held = {p.disease for p in tree() if p.branch == "Autoimmune" and p.disease}
    assert held - set(AUTOIMMUNE) == {"Acquired haemophilia", "Autoimmune lung disease", "Autoimmune heart disease"}


def test_words_for_the_branch_alone() -> None:
    assert names("CAR-T in autoimmune diseases") == {"Autoimmune"}
    assert names("CAR-T in neuroimmune diseases") == {"Nervous system"}
    assert names("CAR-T in autoimmune diseases of the nervous system") == {"Nervous system"}
    assert names("CAR-T in autoimmune diseases", ("Lupus nephritis",)) == {"Lupus"}


def test_exclusion_criteria_name_no_disease_of_the_study() -> None:
    criteria = "Inclusion Criteria: adults. Exclusion Criteria: lupus nephritis, HIV"
    assert classify(study("A study of cells", "cells", eligibility=criteria)).diseases is None


def test_short_forms_say_what_they_need() -> None:
    for branch in library("diseases")["branch"]:
        rows = [branch, *(d for g in branch.get("group", ()) for d in (g, *g.get("disease", ())))]
        for row in rows:
            if row.get("short") or row.get("only_beside"):
                assert row["beside"], row["name"]
            assert not set(row.get("short", ())) & set(row.get("only_beside", ())), row["name"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("CD19 CAR-T cells, acute lymphoblastic leukemia", "Acute lymphoblastic"),
        ("CD19 CAR T Cell, Non-Hodgkin Lymphoma", "B-NHL"),
        ("CAR-T cells in T-cell lymphoma", "T-cell cancer"),
        ("T-cell acute lymphoblastic leukemia", "T-ALL"),
    ],
)
def test_the_t_of_car_t_cells_is_no_part_of_a_disease(written: str, name: str) -> None:
    assert [place.name for place in places_in(written)] == [name]


ORGANS = {"Brain and nerves", "Chest", "Digestive", "Breast", "Skin", "Head and neck", "Thyroid", "Prostate", "Bladder"}
"""names of a table's rows that name an organ and no tumour"""


def test_every_name_of_a_solid_tumour_is_read_as_a_condition() -> None:
    unread = []
    for place, _, names in rules._rows():
        for name in names if place.branch == "Solid tumour" else ():
            organ = name == place.disease and (name in ORGANS or re.search(r"(?:al|ian|tic|ine|east|EJ|duct)$", name))
            said = classify(study("CAR-T cells", "CAR-T cells", conditions=(name,))).diseases
            found = {p.disease or p.group or p.branch for p in said.places} if said else set()
            if place.name not in found and not organ:
                unread.append((name, place, found))
    assert not unread


@pytest.mark.parametrize(
    "organ", ["Pancreatic beta cells", "Ovarian function", "Prostate surgery", "Thyroid eye disease"]
)
def test_an_organ_alone_is_no_cancer(organ: str) -> None:
    said = classify(study("CAR-T cells", "CAR-T cells", conditions=(organ,))).diseases
    assert said is None or all(p.branch != "Solid tumour" for p in said.places)
