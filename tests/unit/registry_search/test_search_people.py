"""Search in people's words: every name of a thing gives one answer, a misspelt one the right one."""

from __future__ import annotations

from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from cart_records import record
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.studies import study
from livingdrug.registry.classify.passages import spelled
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.study import age_until
from livingdrug.registry.search.identifiers import pieces
from livingdrug.registry.search.index import Index, engines, fresh
from livingdrug.registry.search.meanings import meanings_in
from livingdrug.registry.search.query import _ORDINARY, _finder, mark, plain_ways, searchable, understood
from livingdrug.registry.search.request import Request, understood_request
from livingdrug.registry.search.search import Result, search
from livingdrug.registry.terms.molecules import molecule, molecules_in
from livingdrug.registry.terms.spelling import sound
from livingdrug.registry.terms.synonyms import key, library, meaning, synonyms
from thoroughness import some

ENGINES = ["fts5", pytest.param("tantivy", marks=pytest.mark.skipif(not find_spec("tantivy"), reason="not installed"))]

ONE_ANSWER = [
    "IL13Rα2|IL-13Rα2|IL13RA2|interleukin-13 receptor alpha 2",
    "gamma delta|γδ|gamma/delta",
    "CD3 zeta|CD3ζ|CD3z",
    "NHL|nhl|non-Hodgkin lymphoma|non-Hodgkin's lymphoma",
    "IFN-γ|IFNγ|interferon gamma|IFNg",
    "IL-6|IL6|interleukin 6|interleukin-6",
    "TNF-α|TNFα|TNF alpha|tumour necrosis factor alpha",
    "heart attack|myocardial infarction|Acute Myocardial Infarction",
    "high blood pressure|hypertension",
    "breast cancer|Breast Carcinoma|Breast Neoplasms|cancer of the breast",
    "acute lymphocytic leukemia|Acute Lymphoblastic Leukemia|acute lymphoid leukaemia",
    "bowel cancer|colorectal carcinoma|Colorectal Neoplasms",
    "kidney cancer|renal cancer|renal cell carcinoma",
    "T1DM|type 1 diabetes|Diabetes Mellitus, Type 1",
    "cytokine storm|cytokine release syndrome",
    "womb cancer|endometrial carcinoma",
    "shingles|herpes zoster",
    "stroke|cerebrovascular accident",
]
"""Names of one thing, each the title of a study"""

WIDE = [
    ("liver cancer", "Hepatocellular carcinoma"),
    ("brain cancer", "Glioblastoma"),
    ("skin cancer", "Melanoma"),
    ("bone cancer", "Osteosarcoma"),
    ("blood cancer", "Lymphoma in the elderly"),
]
"""A wide word, and a title that it finds but that does not find it"""

TITLES = [t for row in ONE_ANSWER for t in row.split("|")] + [t for pair in WIDE for t in pair]
OTHERS = [
    "CD19 CAR-T in ALL",
    "Kymriah in children",
    "Myasthenia gravis",
    "Lupus nephritis",
    "Multiple myeloma",
    "Leukemia of adults",
    "CAAR-T in pemphigus",
    "KYSA-3 with KYV-101",
    "KYSA-6 with KYV-101",
    "Cytoreductive surgery (CRS)",
    "CD20 in healthy hearts",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    kept = Store(tmp_path_factory.mktemp("mirror") / "trials.sqlite")
    with kept.transaction():
        for n, title in enumerate([*TITLES, *OTHERS]):
            kept.upsert(record(f"NCT0700{n:04d}", title, interventions=["Care"], sponsor="Town"))
        numbered = record("NCT07100001", "A study with many numbers", interventions=["Care"])
        numbered["protocolSection"]["identificationModule"] |= {
            "orgStudyIdInfo": {"id": "CCTL019B2202"},
            "secondaryIdInfos": [
                {"id": "2022-500014-26-00", "type": "CTIS"},
                {"id": "U1111-1234-5678", "type": "REGISTRY"},
                {"id": "2013-003205-25", "type": "EUDRACT_NUMBER"},
                {"id": "ISRCTN12949496", "type": "REGISTRY"},
            ],
        }
        kept.upsert(numbered)
        given_inside = "In vivo CAR-T cells against CD19"
        kept.upsert(
            record("NCT07100002", given_inside, interventions=["LV made CAR-T cells in vivo"], conditions=["Lupus"])
        )
        kept.upsert(
            record("NCT07100003", "CAR-T cells, in vivo expansion measured", interventions=["CD19 CAR-T cells"])
        )
    return kept


@pytest.fixture(scope="module", params=ENGINES)
def index(request: pytest.FixtureRequest, store: Store) -> Index:
    return fresh(store, request.param)


def find(store: Store, index: Index, text: str, **options: object) -> Result:
    return search(store, Request(text, **{"limit": 200, **options}), index=index)  # type: ignore[arg-type]


def titles(result: Result) -> set[str]:
    return {s.title for s in result.studies}


@pytest.mark.parametrize("row", ONE_ANSWER)
def test_every_name_of_a_thing_gives_one_answer(store: Store, index: Index, row: str) -> None:
    names = row.split("|")
    answers = [titles(find(store, index, name)) for name in names]
    assert all(set(names) <= answer for answer in answers), answers
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("wide, narrow", WIDE)
def test_a_wide_word_finds_what_is_narrower_and_not_the_other_way(
    store: Store, index: Index, wide: str, narrow: str
) -> None:
    assert {wide, narrow} <= titles(find(store, index, wide))
    assert wide not in titles(find(store, index, narrow.partition(" in ")[0]))


def test_a_short_form_that_is_an_ordinary_word_is_found_by_what_the_study_is_about(store: Store, index: Index) -> None:
    found = titles(find(store, index, "ALL"))
    assert {"CD19 CAR-T in ALL", "Acute Lymphoblastic Leukemia"} <= found and "Kymriah in children" not in found


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("lymfoma", "lymphoma"),
        ("lukemia", "leukemia"),
        ("mylenoma", "myeloma"),
        ("Kimriah", "Kymriah"),
        ("myastenia gravis", "myasthenia gravis"),
        ("lupus nefritis", "lupus nephritis"),
        ("myeloma OR nefritis", "myeloma OR nephritis"),
    ],
)
def test_the_right_word_is_offered_with_its_count(store: Store, index: Index, typed: str, meant: str) -> None:
    result = find(store, index, typed)
    offered = {s.text.lower(): s.studies for s in result.suggestions}
    assert meant.lower() in offered
    assert offered[meant.lower()] == find(store, index, meant).total > result.total


@pytest.mark.parametrize(
    "typed", ["lymphoma", "leukemia children", "CD19 CAR-T", "xqzwvut", "NCT99999999", '"lymfoma"', "-lymfoma"]
)
def test_nothing_is_offered_for_words_that_are_known_or_like_none(store: Store, index: Index, typed: str) -> None:
    assert find(store, index, typed).suggestions == ()


def test_words_of_a_field_are_mended_too(store: Store, index: Index) -> None:
    assert [s.text for s in find(store, index, "", sponsor="Towm").suggestions] == ["town"]


@pytest.mark.parametrize(
    "typed, found",
    [
        ('"cytokine release syndrome"', {"cytokine release syndrome"}),
        ('"KYSA-3"', {"KYSA-3 with KYV-101"}),
        ("KYSA-3", {"KYSA-3 with KYV-101"}),
        ("CAAR-T", {"CAAR-T in pemphigus"}),
        ('"heart attack"', {"heart attack"}),
    ],
)
def test_what_is_quoted_or_coded_is_exact(store: Store, index: Index, typed: str, found: set[str]) -> None:
    assert titles(find(store, index, typed)) == found


@pytest.mark.parametrize(
    "typed",
    [
        "NCT07100001",
        "nct7100001",
        "07100001",
        "7100001",
        "NCT071000",
        "2022-500014-26",
        "2022-500014-26-00",
        "2022-500014-26-01",
        "2022-500014",
        "500014",
        "2013-003205-25",
        "EudraCT:2013-003205-25",
        "2013-003205-25-DE",
        "ISRCTN12949496",
        "ISRCTN1294",
        "12949496",
        "U1111-1234-5678",
        "U1111-1234",
        "UTN U1111-1234-5678",
        "NCT00000007, ISRCTN12949496",
        "ISRCTN12949496 2013-003205-25",
        "CCTL019B2202",
        "CCTL019B22",
        "B2202",
    ],
)
def test_a_number_finds_its_study_whole_or_in_part(store: Store, index: Index, typed: str) -> None:
    assert "A study with many numbers" in titles(find(store, index, typed)), understood(typed)


def test_a_number_is_not_found_by_another(store: Store, index: Index) -> None:
    for typed in ("NCT07100009", "2022-500014-27", "ISRCTN12949497", "CCTL019B2203", "07000019999"):
        assert "A study with many numbers" not in titles(find(store, index, typed))


@pytest.mark.parametrize("code", ["HRAIN-CD19-0{}7", "ALLCAR-2021-{}3", "CD7CAR20{}2", "CT053-MM-{}2", "XY-B7-H3-0{}1"])
def test_a_code_that_holds_known_names_is_found_by_any_part_of_it(code: str, tmp_path: Path) -> None:
    """The name alone finds it too; another code of the same names does not."""
    store = Store(tmp_path / "codes.sqlite")
    for n in (1, 2):
        record = study(7200000 + n, title="A study")
        record["protocolSection"]["identificationModule"]["orgStudyIdInfo"] = {"id": code.format(n)}
        store.upsert(record, "2026-11-01")
    own = code.format(1)
    joined = "".join(filter(str.isalnum, own))
    for engine in engines():
        with closing(fresh(store, engine)) as index:
            for typed in {own, own.lower(), joined, own.replace("-", " "), own.partition("-")[2] or own, f'"{own}"'}:
                assert [s.id for s in find(store, index, typed).studies] == ["NCT07200001"], (engine, typed)
            for typed in {joined[:-2], own[:-2]} - {"CT053-MM-"}:  # names and nothing else
                assert find(store, index, typed).total == 2, (engine, typed)


@pytest.mark.parametrize(
    "typed, names",
    [
        ("CD19xCD20", {"CD19", "CD20"}),
        ("BCMA\u00d7CD19", {"BCMA", "CD19"}),
        ("GPRC5D x BCMA", {"GPRC5D", "BCMA"}),
        ("anti CD22", {"CD22"}),
        ("anti-GPC3", {"GPC3"}),
        ("CLDN18\u00b72", {"Claudin 18.2"}),
        ("T-regs", {"Treg"}),
        ("kids", {"child"}),
        ("cancer of the lymph nodes", {"lymphoma"}),
    ],
)
def test_targets_and_words_as_people_write_them(typed: str, names: set[str]) -> None:
    assert {clause.known_as for clause in understood(typed).wanted} == names


def test_codes_beside_or_and_without() -> None:
    (either,) = understood("anti-CD19 OR XY-CD22-004").clauses
    assert {c.known_as for pieces in either.parts for c in pieces} >= {"CD19", "CD22"}
    assert [c.exclude for c in understood("lymphoma -mantle 2020").clauses] == [False, True, False]
    assert understood("lymphoma -XY-CD22-004").clauses[1].exclude


@pytest.mark.parametrize("short", sorted(_finder().capitals - _ORDINARY))
def test_a_short_form_means_the_same_in_small_letters(short: str) -> None:
    """Records write it in capitals; who searches does not. Two letters, and ordinary words, are what they are."""
    if len(short) > 2:
        assert understood(f"{short} cells") == understood(f"{short.upper()} cells")
    assert all(not c.known_as for c in understood("met tall all").wanted)


@pytest.mark.parametrize("written", ["carT", "CarT", "cart", "car-t", "car t", "Car-T", "Car T"])
def test_car_t_however_it_is_written(written: str) -> None:
    assert understood(written).wanted[0].known_as == "CAR T"


def test_words_that_sound_alike_are_one() -> None:
    for wrong, right in (
        ("lymfomia", "lymphomia"), ("eksema", "eczema"), ("nefritis", "nephritis"), ("soriasis", "psoriasis"),
        ("skleroderma", "scleroderma"), ("miositis", "myositis"), ("emfisema", "emphysema"), ("rumatoid", "rhumatoid"),
    ):  # fmt: skip
        assert sound(wrong) == sound(right), (wrong, right)


SAME_REQUESTS = [
    ("start", "2020..2022", ["2020 to 2022", "2020-2022", "2020 - 2022", "2020 \u2013 2022"]),
    ("enrollment", "20..100", ["20-100", "20 to 100", "20 \u2014 100"]),
    ("age", "0.5", ["6 months", "6 mo", "6mos", "6 mths"]),
    ("age_group", "older adult", ["elderly", "seniors", "Older"]),
    ("sex", "FEMALE", ["f", "women", "Woman"]),
    ("sponsor_type", ("industry",), [("pharma",), ("company",)]),
    ("status", ("RECRUITING",), [("open",), ("enrolling",)]),
    ("country", ("China",), [("PRC",), ("P.R. China",)]),
]


@pytest.mark.parametrize("field, usual, others", SAME_REQUESTS, ids=str)
def test_a_filter_in_other_words(store: Store, field: str, usual: object, others: list[object]) -> None:
    wanted = understood_request(store, Request(**{field: usual}))[0]  # type: ignore[arg-type]
    for other in others:
        assert understood_request(store, Request(**{field: other}))[0] == wanted, other  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "field, wrong",
    [("start", "2024 spring"), ("start", "2020 and 2022"), ("since", "03/04/2025"), ("since", "2025-01-01x"),
     ("enrollment", "20-100-200"), ("enrollment", "-5"), ("age", "18+"), ("target", ("CD19,CD22",)),
     ("country", ("EU",)), ("country", ("europe",)), ("country", ("European Union",))],
)  # fmt: skip
def test_a_filter_that_says_two_things_or_half_of_one_is_refused(store: Store, field: str, wrong: object) -> None:
    with pytest.raises(RegistryError):
        understood_request(store, Request(**{field: wrong}))  # type: ignore[arg-type]


def test_in_vivo_products_come_first(store: Store, index: Index) -> None:
    found = find(store, index, "in vivo CAR-T")
    assert found.studies[0].id == "NCT07100002"
    assert titles(find(store, index, "", cells=("in vivo",))) == {"In vivo CAR-T cells against CD19"}


@pytest.mark.parametrize(
    "text, years",
    [
        ("17 Years", 18.0),
        ("1 Year", 2.0),
        ("6 Months", 7 / 12),
        ("3 Weeks", 4 / 52.1775),
        ("17.5 Years", 17.5),
        (None, None),
        ("N/A", None),
    ],
)
def test_an_age_limit_lasts_until_the_next_birthday(text: str | None, years: float | None) -> None:
    found = age_until(text)
    assert found == years if years is None else found == pytest.approx(years, abs=1e-6)


@settings(max_examples=some(100))
@given(st.integers(1, 40), st.sampled_from(["", "r"]), st.sampled_from(["", "α", "β", "γ"]))
def test_an_interleukin_has_one_name_however_it_is_written(number: int, receptor: str, letter: str) -> None:
    greek = {"α": "alpha", "β": "beta", "γ": "gamma"}.get(letter, "")
    if letter == "γ" and not receptor:
        letter = greek = ""
    forms = [
        f"IL{number}{receptor.upper()}{letter}",
        f"IL-{number}{receptor.upper()}{letter}",
        f"il{number}{receptor} {greek}".strip(),
        f"interleukin {number} {'receptor' if receptor else ''} {greek}".replace("  ", " ").strip(),
    ]
    found = [molecule(spelled(form)) for form in forms]
    assert all(found), forms
    assert len({m.name for m in found if m}) == 1
    assert len({frozenset(m.ways) for m in found if m}) == 1


@settings(max_examples=some(200))
@given(st.text(max_size=60))
def test_any_text_can_be_asked_for_molecules_and_numbers(text: str) -> None:
    for found in molecules_in(text):
        assert 0 <= found.begin < found.end <= len(text) and found.ways
    assert all(piece.isalnum() for piece in pieces([text]))


def test_lay_words_are_many_and_say_where_they_are_from() -> None:
    table = library("lay_words")
    fields = [rows for name, rows in table.items() if name not in ("about", "read", "labels")]
    pairs = [(name, form) for rows in fields for name, also in rows["means"].items() for form in also]
    assert len(pairs) >= 400 and len(set(pairs)) == len(pairs)
    assert table["about"]["kind"] == "assumed" and table["about"]["why"]
    forms = {form for pair in pairs for form in pair}
    for form, (beside, number) in table["read"].items():
        assert form in forms and number.startswith("NCT") and len(number) == 11
        one, other = meaning(form), meaning(beside)
        assert one is not None and one == other, (form, beside)


def test_every_lay_word_has_one_meaning() -> None:
    owners: dict[str, set[str]] = {}
    for synonym in synonyms():
        for form in synonym.forms:
            owners.setdefault(key(form), set()).add(synonym.name)
    assert {form: names for form, names in owners.items() if len(names) > 1} == {}
    for name, rows in library("lay_words").items():
        if name in ("about", "read", "labels"):
            continue
        for word, also in rows["means"].items():
            groups = {one.name for form in (word, *also) if (one := meaning(form))}
            assert len(groups) == 1, (word, groups)
        for wide, narrow in rows.get("finds", {}).items():
            assert meaning(wide) and set(meaning(wide).narrower(wide)) >= set(narrow)  # type: ignore[union-attr]


def test_the_place_of_a_lay_word_is_in_the_tree(tmp_path: Path) -> None:
    from livingdrug.registry.classify.disease import tree

    assert set(library("lay_words")["labels"].values()) <= {p.name for p in tree()}


def test_no_way_of_saying_a_thing_goes_beyond_ascii() -> None:
    assert all("".join(way).isascii() for synonym in synonyms() for way in plain_ways(synonym))


@settings(max_examples=some(300))
@given(st.sampled_from([(s.name, w) for s in synonyms() for w in plain_ways(s)]), st.text(max_size=20))
def test_the_index_marks_every_way_of_saying_a_thing(said: tuple[str, tuple[str, ...]], around: str) -> None:
    name, way = said
    assert mark(name) in meanings_in(f"{searchable(around)} 0break0 {' '.join(way)}, {searchable(around)}")
    assert mark(name) not in meanings_in(f"{' 0break0 '.join(way)}x")


def test_sites_near_a_place_are_found_by_an_index_and_the_same_without_it(tmp_path: Path) -> None:
    from emulator.studies import studies
    from livingdrug.registry.search.geo import studies_near

    store = Store(tmp_path / "t.sqlite")
    for made in studies(60):
        store.upsert(made)
    asked = [(30.6, 114.3, within, statuses) for within in (5, 900, 12_000) for statuses in (None, {"RECRUITING"})]
    with_index = [studies_near(store, *one) for one in asked]
    assert len(with_index[0]) > 10 and len(with_index[4]) > len(with_index[0])
    assert all(site.km == 0 and site.city == "Wuhan" for site in with_index[0].values())
    plan = store.connect().execute(
        "EXPLAIN QUERY PLAN SELECT latitude, longitude, study, position, status FROM site"
        " WHERE latitude BETWEEN 1 AND 2"
    )
    assert "COVERING INDEX site_place" in plan.fetchone()[-1]
    store.connect().execute("DROP INDEX site_place")  # as in a mirror of before that cannot be written
    assert [studies_near(store, *one) for one in asked] == with_index


@pytest.mark.parametrize(
    "forms", [("CTLA-4", "CTLA4", "CD152"), ("HPV-16", "HPV16"), ("COVID-19", "covid19"), ("PD-1", "PD1", "PDCD1")]
)
def test_a_code_is_one_thing_with_a_hyphen_or_without(forms: tuple[str, ...]) -> None:
    first = forms[0].replace("-", "").lower()
    for form in forms:
        (clause,) = understood(form).clauses
        assert first in {"".join(way) for way in clause.ways}
        assert len(clause.ways) > 1


@pytest.mark.parametrize("text", ["*", "-", "()", "OR OR", "\U0001f9a0", '""', "\x00 -"])
def test_a_text_without_a_word_is_told(tmp_path: Path, text: str) -> None:
    store = Store(tmp_path / "t.sqlite")
    store.upsert(record("NCT09000001", "CD19 CAR-T cells in lymphoma"))
    result = search(store, Request(text), engine="fts5")
    assert result.total == 1 and "holds no word to look for, and was left out" in " ".join(result.notes)
    assert search(store, Request(" "), engine="fts5").notes == ()


@pytest.mark.parametrize(
    "british, american",
    [("sleep apnoea", "sleep apnea"), ("cancer centre", "cancer center"), ("hospitalisation", "hospitalization"),
     ("goitre", "goiter"), ("fibre", "fiber"), ("dyspnoea", "shortness of breath"), ("belly", "abdomen"),
     ("itch", "pruritus"), ("NK cell", "natural killer cell"), ("womb", "uterus")],
)  # fmt: skip
def test_two_ways_of_writing_ask_for_the_same(british: str, american: str) -> None:
    def asked(text: str) -> list[tuple[frozenset[tuple[str, ...]], tuple[str, ...]]]:
        return [(frozenset(c.ways), c.keys) for c in understood(text).clauses]

    assert asked(british) == asked(american)
