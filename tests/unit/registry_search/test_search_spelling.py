"""Words in the plural, in British spelling and joined by OR, with both engines; codes are never merged."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from cart_records import record
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.registry.mirror.store import Store
from livingdrug.registry.search.index import Index, fresh
from livingdrug.registry.search.query import understood
from livingdrug.registry.search.search import Request, search
from livingdrug.registry.terms.spelling import beginnings, folded
from thoroughness import some

TITLES = {
    "NCT08000001": "Lymphomas of the elderly",
    "NCT08000002": "A lymphoma study",
    "NCT08000003": "Brain tumours in women",
    "NCT08000004": "One brain tumor, one woman",
    "NCT08000005": "CD19 and CTL019 in leukaemias",
    "NCT08000006": "CD20 and CTL020 in leukemia",
    "NCT08000007": "Monoclonal antibodies after liver metastases",
    "NCT08000008": "AIDS in the clinic",
    "NCT08000009": "Hearing aid, headaches and viruses",
}
ENGINES = ["fts5", pytest.param("tantivy", marks=pytest.mark.skipif(not find_spec("tantivy"), reason="not installed"))]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    kept = Store(tmp_path_factory.mktemp("mirror") / "trials.sqlite")
    with kept.transaction():
        for study, title in TITLES.items():
            kept.upsert(record(study, title, interventions=["Care"], conditions=["Something"], sponsor="Town"))
    return kept


@pytest.fixture(scope="module", params=ENGINES)
def index(request: pytest.FixtureRequest, store: Store) -> Index:
    return fresh(store, request.param)


@pytest.mark.parametrize(
    "text, found",
    [
        ("lymphoma", "12"),
        ("LYMPHOMAS", "12"),
        ("tumor", "34"),
        ("tumours", "34"),
        ('"brain tumors"', "34"),
        ("women", "34"),
        ("CD19", "5"),
        ("CD20", "6"),
        ("CTL019", "5"),
        ("leukaemia", "56"),
        ("leukemias", "56"),
        ("leukae*", "56"),
        ("tumou*", "34"),
        ("antibody", "7"),
        ("antibodi*", "7"),
        ("antib*", "7"),
        ("metastasis", "7"),
        ("aids", "8"),
        ("aid", "9"),
        ("headache virus", "9"),
        ("lymphoma OR leukemia", "1256"),
        ("lymphoma OR CD20", "126"),
        ("lymphoma or CD20", ""),
        ('"brain tumor" OR "liver metastases" OR aids', "3478"),
        ("leuk* OR headache", "569"),
        ("leukemia CD19 OR CD20 OR lymphoma", "56"),
        ("leukemia OR lymphoma -elderly", "256"),
        ("leukemia OR -CD19", "6"),
        ("OR aids OR", "8"),
        ("OR", "123456789"),
        ("the OR aids", "18"),
    ],
)
def test_words(store: Store, index: Index, text: str, found: str) -> None:
    assert {s.id[-1] for s in search(store, Request(text, limit=50), index=index).studies} == set(found)


def test_a_code_is_never_folded() -> None:
    codes = "CD19 CD20 CTL019 CD19s JCAR017 IL13Ra2 4-1BBs NY-ESO-1 KTE-X19"
    assert folded(codes) == codes.lower()


@settings(max_examples=some(200))
@given(st.lists(st.from_regex(r"[A-Za-z]{1,9}[0-9][A-Za-z0-9]{0,4}", fullmatch=True), max_size=5))
def test_words_with_a_digit_are_left_as_they_are(codes: list[str]) -> None:
    assert folded(" ".join(codes)) == " ".join(codes).lower()


@settings(max_examples=some(200))
@given(st.text(max_size=80))
def test_any_text_is_folded_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_folding_twice_changes_nothing() -> None:
    text = (Path(__file__).parent / "cart_records.py").read_text("utf-8") + " masses glasses series leukaemias viruses"
    assert folded(folded(text)) == folded(text)


def test_beginnings_of_words_that_are_folded() -> None:
    assert beginnings("leuk") == (("leuk",), ())
    assert beginnings("haemato") == (("hemato",), ())
    assert beginnings("cd1") == (("cd1",), ())
    assert beginnings("cells") == (("cells",), ("cell",))


def test_either_of_two_meanings_keeps_both_names() -> None:
    (either,) = understood("CD276 OR CTL019").clauses
    assert either.known_as == "B7-H3 or tisagenlecleucel"
    assert {("b7", "h3"), ("kymriah",), ("cd276",)} <= set(either.ways)
