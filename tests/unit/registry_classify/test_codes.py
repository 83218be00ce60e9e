"""A sponsor's code says nothing of disease or target by itself, whatever names stand in it."""

from __future__ import annotations

import pytest
from made_studies import study

from livingdrug.registry.classify.classify import classify
from livingdrug.registry.classify.passages import without_codes
from livingdrug.registry.classify.targets import antigens
from thoroughness import some_of

CODES = ("{}-XYZ-01", "XYZ-{}-001", "AB-{}-3.1", "KTE-{}-105", "{}/XYZ-2021-03", "UNI_{}_02")
DISEASES = ("ALL", "AML", "CLL", "SLE", "MM", "GBM", "HCC", "DLBCL", "MS", "Lupus", "Lymphoma")
PLAIN = [a for a in antigens() if a.isalnum()]


@pytest.mark.parametrize("code", CODES)
def test_a_disease_in_a_code_is_none(code: str) -> None:
    for name in DISEASES:
        for title in ("Study {} of pembrolizumab in adults", "A study of CAR-T cells ({})", "{}: CAR-T cells"):
            assert classify(study(title.format(code.format(name)), "CAR-T cells")).diseases is None, (title, name)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("antigen", some_of(PLAIN, one_in=8))
def test_an_antigen_in_a_code_is_no_target(code: str, antigen: str) -> None:
    named = code.format(antigen)
    for title in ("Study {} of pembrolizumab in adults", "A study of CAR-T cells ({})"):
        assert not classify(study(title.format(named), "CAR-T cells")).targets, (title, named)
    for label in classify(study("CAR-T cells in adults", named)).targets:
        assert label.confidence == "low"  # what is given may be called after its target


@pytest.mark.parametrize(
    "text",
    ["anti-CD19-01 CAR-T cells", "CAR-CD22-105", "NY-ESO-1", "SARS-CoV-2", "B7-H3", "HLA-A-0201", "Claudin-18.2",
     "CD19/CD22 CAR-T", "IL-13Ra2", "PD-L1", "CD19-CAR-T-01", "2016-2019", "B-ALL"],
)  # fmt: skip
def test_what_is_no_code_is_read(text: str) -> None:
    assert without_codes(text) == text


def test_beside_a_code_the_words_count() -> None:
    found = classify(study("XYZ-CD22-001: CD19 CAR-T cells for multiple myeloma (SLE-UNI-02)", "CD19 CAR-T cells"))
    assert [x.value for x in found.targets] == ["CD19"]
    assert found.diseases is not None and found.diseases.main.disease == "Multiple myeloma"
