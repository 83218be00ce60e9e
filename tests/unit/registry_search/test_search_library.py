"""The tables behind search and classifier: every row says where it was read, or that it was not."""

from __future__ import annotations

import re

import pytest

from livingdrug.registry.classify.disease import tree
from livingdrug.registry.classify.targets import antigens
from livingdrug.registry.terms.patterns import rule, rules
from livingdrug.registry.terms.products import named_in, products
from livingdrug.registry.terms.synonyms import Finder, key, library, meaning, synonyms

PRODUCTS = library("products")["product"]
ANTIGENS = library("antigens")["antigen"]


@pytest.mark.parametrize("row", PRODUCTS, ids=[r["name"] for r in PRODUCTS])
def test_product_rows_are_sourced(row: dict) -> None:
    assert row["kind"] in ("read", "recalled")
    if row["kind"] == "recalled":
        assert row["recalled"] and row["why"]
    if "target" not in row.get("recalled", []):
        assert row.get("source") or not row["target"]
    if "costimulation" in row or "generation" in row:
        assert row["structure_source"]


@pytest.mark.parametrize("row", ANTIGENS, ids=[r["name"] for r in ANTIGENS])
def test_other_names_of_antigens_are_sourced(row: dict) -> None:
    assert row.get("source") or not row["also"]
    assert row.get("why") or not row.get("recalled")


def test_words_and_diseases_say_where_they_are_from() -> None:
    assert all(w.get("source") or (w.get("kind") == "recalled" and w["why"]) for w in library("words")["word"])
    assert library("diseases")["about"]["why"] and library("rules")["about"]["why"]


def test_products_aim_at_known_antigens() -> None:
    assert {t for p in products().values() for t in p.targets} <= set(antigens())


def test_antigens_name_known_antigens() -> None:
    named = {n for row in ANTIGENS for n in (*row.get("receptors", ()), *filter(None, [row.get("variant_of")]))}
    assert named <= set(antigens())


def test_no_name_means_two_things() -> None:
    owners: dict[str, set[str]] = {}
    for synonym in synonyms():
        for form in synonym.forms:
            owners.setdefault(key(form), set()).add(f"{synonym.kind} {synonym.name}")
    assert {form: names for form, names in owners.items() if len(names) > 1} == {}


def test_the_tree_has_three_levels_and_no_name_twice() -> None:
    diseases = [p.disease for p in tree() if p.disease]
    assert len(diseases) == len(set(diseases)) > 60
    assert {p.branch for p in tree()} == {"Blood cancer", "Solid tumour", "Autoimmune", "Other disease"}


def test_rules_compile_and_say_something() -> None:
    table = library("rules")["rule"]
    families = {name for name, row in table.items() if "any" not in row}
    assert families == {"other", "platform", "costimulation"}
    for name in table:
        patterns = [p for _, p in rules(name)] if name in families else [rule(name)]
        assert all(p.pattern and not p.search("") for p in patterns), name


@pytest.mark.parametrize(
    "one, other",
    [
        ("B7-H3", "CD276"),
        ("b7 h3", "B7H3"),
        ("CTL019", "Kymriah"),
        ("tisagenlecleucel", "ctl 019"),
        ("BCMA", "TNFRSF17"),
        ("JCAR017", "Breyanzi"),
        ("CAR T", "chimeric antigen receptor"),
        ("CAR-T", "CART"),
        ("leukaemia MCL", "leukemia MCL"),
    ],
)
def test_names_that_mean_the_same(one: str, other: str) -> None:
    assert key(one) == key(other) or meaning(one) == meaning(other) is not None


@pytest.mark.parametrize(
    "one, other", [("CD19", "CD20"), ("CD2", "CD20"), ("CD7", "CD70"), ("MUC1", "MUC16"), ("GPC2", "GPC3")]
)
def test_names_that_do_not(one: str, other: str) -> None:
    assert meaning(one) != meaning(other)


def test_a_finder_takes_whole_names_only() -> None:
    finder = Finder([("CD19", "CD19"), ("CD2", "CD2"), ("ALL", "ALL"), ("CLL", "CLL"), ("acute leukemia", "AL")])
    assert [n for n, _, _ in finder.find("CD190, CD 20, ABCD19, all, CLL-1")] == []
    assert [n for n, _, _ in finder.find("CD19CAR and anti-CD-19; ALL; acute leukaemias")] == [
        "CD19",
        "CD19",
        "ALL",
        "AL",
    ]


def test_products_are_found_as_written() -> None:
    found = [p.name for p, _, _ in named_in("KTE C19 then bb-2121, jcar 017 and CTL019; not CTL0190")]
    assert found == [
        "axicabtagene ciloleucel",
        "idecabtagene vicleucel",
        "lisocabtagene maraleucel",
        "tisagenlecleucel",
    ]


def test_sources_carry_no_address_of_a_machine() -> None:
    text = repr(PRODUCTS) + repr(ANTIGENS)
    assert not re.search(r"https?://|/tmp|/home", text)


def test_a_code_of_antigen_and_car_is_only_meant_where_it_is_written_in_one() -> None:
    """CD33CART is one product; CD33 CAR-T are any CAR cells at CD33."""
    from livingdrug.registry.search.query import understood
    from livingdrug.registry.terms.products import named_in
    from livingdrug.registry.terms.synonyms import meaning

    for apart in ("CD33 CAR-T", "CD33-CAR-T", "CD33 CART", "CD33-CART", "CD33.CART", "CD33 CAR T"):
        assert meaning(apart) is None and not named_in(f"{apart} cells in AML"), apart
        assert [clause.known_as for clause in understood(apart).clauses] == ["CD33", "CAR T"], apart
    for code in ("CD33CART", "cd33cart"):
        assert meaning(code).name == "CD33CART" and named_in(f"{code} in AML")
        assert [clause.known_as for clause in understood(code).clauses] == ["CD33CART"]
