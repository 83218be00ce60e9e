"""The pages of trials as documents: what they say, what they refuse, and what the JSON says beside the command line."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from trials_mirror import fill, record

from livingdrug.plot.typeset import typeset
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports import in_words
from livingdrug.web.app import build
from livingdrug.web.pages import _mirror
from livingdrug.web.settings import Settings
from thoroughness import some, some_of

PAGES = (
    "/trials", "/trials?q=lymphoma&status=RECRUITING&sort=updated", "/trials?near=Munich,100km&sort=distance",
    "/trials/overview", "/trials/map", "/trials/map?q=lupus", "/trials/changes?since=2026",
    "/trials/compare?ids=NCT04000001,nct4000002", "/trials/portfolio", "/trials/portfolio?by=product",
    "/trials/for-me", "/trials/for-me?age=40&condition=lymphoma&near=Munich", "/trials/NCT04000001",
    "/trials/nct4000001?age=80&lines=1&had=yes&sex=female&near=Oslo,50",
)  # fmt: skip


def client(path: Path | None, folder: Path) -> TestClient:
    return TestClient(build(Settings(mirror=path, folder=folder, hosts=("testserver",))), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mirror") / "trials.sqlite"
    fill(path)
    return path


@pytest.fixture(scope="module")
def web(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    yield client(mirror, tmp_path_factory.mktemp("web"))


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@pytest.mark.parametrize("address", PAGES)
def test_every_page_says_what_it_covers(web: TestClient, address: str) -> None:
    answer = web.get(address)
    assert answer.status_code == 200, answer.text[-2000:]
    said = text(answer.text)
    assert answer.text.count("<h1") == 1
    assert "ClinicalTrials.gov: 25 studies, newest change 20 August 2026" in said and "Not covered" in said
    assert "style=" not in answer.text and "<script>" not in answer.text and "onclick" not in answer.text


def test_a_search_narrowed_by_facets(web: TestClient) -> None:
    said = text(web.get("/trials?q=lymphoma").text)
    assert "25 trials for lymphoma" in said and "“lymphoma” stands in its title" in said
    assert "Page 1 of 2" in said and "Open to new people 23" in said
    narrowed = web.get("/trials?q=leukemia&status=COMPLETED").text
    assert "1 trial " in text(narrowed) and "NCT04000003" in narrowed
    assert "Not yet open 1" in text(narrowed), "the other choices of a facet stay, with what they would find"
    assert re.search(r'value="COMPLETED" form="find" checked', narrowed)
    last = text(web.get("/trials?q=lymphoma&page=2").text)
    assert "Page 2 of 2" in last


def test_what_is_only_inferred_is_said_to_be_likely() -> None:
    stated, inferred = (in_words.given("CAR-T", f"autologous{how}", ()) for how in ("", " (inferred)"))
    assert stated == "CAR-T cells, made from the person's own cells"
    assert inferred == "CAR-T cells, most likely made from the person's own cells"


def test_what_narrows_the_list_is_in_words_however_it_is_written(web: TestClient) -> None:
    assert "Can people join: Finished" in text(web.get("/trials?status=completed").text)


def test_a_misspelt_word_is_asked_about_and_nothing_found_helps_on(web: TestClient) -> None:
    said = web.get("/trials?q=lymfoma").text
    assert "No trial matches" in said and 'href="/trials?q=lymphoma"' in said
    nothing = text(web.get("/trials?q=lupus&status=COMPLETED").text)
    assert "can people join?" in nothing and "Leave out one thing" in nothing


def test_near_a_place(web: TestClient) -> None:
    said = text(web.get("/trials?q=BCMA&near=Munich&within=50").text)
    assert "1 trial" in said and "University Hospital, Munich, Germany" in said
    assert "no distance" not in said
    assert web.get("/trials?near=Mnuich&within=50").status_code == 422
    assert web.get("/trials?sort=distance").status_code == 422


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/trials?bogus=1", 422, "'bogus' is nothing that can be asked here"),
        ("/trials?statsu=x", 422, "did you mean “status”"),
        ("/trials?phase=nine", 422, "unknown phase"),
        ("/trials?target=CD191", 422, "unknown antigen"),
        ("/trials?sex=male&sex=female", 422, "takes one value"),
        ("/trials?page=0", 422, "no whole number"),
        ("/trials?page=x", 422, "no whole number"),
        ("/trials?q=" + "a" * 300, 422, "too long"),
        ("/trials/NCT04000099", 404, "is in the copy of the registries here"),
        ("/trials/NCT0400001", 404, "NCT04000001"),
        ("/trials/rubbish", 404, "is in the copy of the registries here"),
        ("/virtual/new?draft=NCT04000099", 404, "is in the copy of the registries here"),
        ("/virtual/new?draft=rubbish", 404, "is in the copy of the registries here"),
        ("/trials/compare?ids=NCT04000001", 422, "1 numbers are given"),
        ("/trials/compare?ids=NCT04000001,NCT04999999", 404, "NCT04999999"),
        ("/trials/compare?ids=NCT04000001,NCT04000001@9", 422, "has no version"),
        ("/trials/changes?since=never", 422, "is no date"),
        ("/trials/changes?kind=nothing", 422, "unknown kind of change"),
        ("/trials/for-me?age=old", 422, "is no age"),
        ("/trials/for-me?lines=some", 422, "no whole number"),
        ("/trials/for-me?had=perhaps", 422, "is no answer"),
        ("/trials/for-me?near=Nowhereville", 422, "no place"),
        ("/trials/export?format=pdf", 422, "is no form of a list"),
        ("/trials/portfolio?by=colour", 422, "is no way to gather trials"),
        ("/api/trials/search?limit=5000", 422, "no whole number"),
        ("/api/trials/compare?ids=NCT04000001", 422, "numbers are given"),
        ("/api/trials/for-me", 422, "no answer is given"),
    ],
)
def test_what_cannot_be_meant_is_refused(web: TestClient, address: str, status: int, words: str) -> None:
    answer = web.get(address)
    assert answer.status_code == status
    shown = json.dumps(answer.json(), ensure_ascii=False) if "/api/" in address else answer.text

    said = words if "/api/" in address else typeset(words)
    assert said.lower() in html.unescape(shown).lower()


def test_a_mirror_with_no_study_leaves_the_small_set_to_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after `trials sync --labels` alone; with the first study the user's own mirror is read."""
    own, small = tmp_path / "trials.sqlite", tmp_path / "web" / "trials-demo.sqlite"
    monkeypatch.setattr(_mirror, "default_path", lambda: own)
    small.parent.mkdir()
    fill(small)
    Store(own).close()
    assert "25 studies" in text(client(None, small.parent).get("/trials").text)
    fill(own)
    small.unlink()
    assert "25 studies" in text(client(None, small.parent).get("/trials").text) and not small.exists()


EMPTY = ("/", "/trials", "/trials?q=lymphoma", "/trials/overview", "/trials/map", "/trials/changes",
         "/trials/portfolio", "/trials/for-me?age=40&near=Munich", "/evidence/data", "/explained/making")  # fmt: skip


def test_a_mirror_without_a_study_leaves_no_sentence_open(tmp_path: Path) -> None:
    """No 'as of' without a day: what is missing is said, or nothing is."""
    Store(tmp_path / "t.sqlite").close()
    web = client(tmp_path / "t.sqlite", tmp_path / "web")
    for address in EMPTY:
        answer = web.get(address)
        said = text(answer.text)
        assert answer.status_code == 200, address
        assert not re.search(r"\b(as of|data of|since) ?[.,;:]", said), (address, said)
    assert "holds no study yet" in said and "trials demo" in said


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("near=80331", "near"),
        ("near=nowhere-at-all", "near"),
        ("near=48.14,11.58,99999", "near"),
        ("age=forty", "age"),
        ("target=CD191", "target"),
        ("status=opne", "status"),
        ("sponsor_type=firm", "sponsor type"),
        ("enrollment=many", "enrollment"),
        ("since=soon", "since"),
        ("sort=distance", "sort"),
    ],
)
def test_a_page_speaks_of_its_fields_and_not_of_options(web: TestClient, asked: str, where: str) -> None:
    page, told = web.get(f"/trials?{asked}"), web.get(f"/api/trials/search?{asked}").json()
    said = text(page.text)
    assert page.status_code == told["status"] == 422 or told["status"] == 400
    assert f"Where: {where}" in said and told["where"] == where.replace(" ", "_")
    assert not re.search(r"--[a-z]", said.partition("Where:")[2].partition("Sort")[0] + json.dumps(told))


def test_another_spelling_keeps_the_answers(web: TestClient) -> None:
    page = html.unescape(web.get("/trials/for-me?age=40&condition=lymphomaa").text)
    assert re.search(r'href="/trials/for-me\?[^"]*age=40[^"]*condition=lymphoma[&"]', page)


def test_one_trial(web: TestClient) -> None:
    page = web.get("/trials/nct4000001").text
    said = text(page)
    for words in (
        "It tests CAR-T cells", "that look for CD19", "Ages 18 to 75 years, 77 people", "Open to new people",
        "Blood cells are collected through a machine", "Participants undergo leukapheresis.",
        "Visits for years afterwards",
        "They are followed for 15 years.", "Hospital of the Sea", "What the rules read in it",
        "Run a virtual version",
        "enrollment", "Prior CAR-T cell therapy",
    ):  # fmt: skip
        assert words in said, words
    assert 'rel="noreferrer' in page and "/virtual/new?draft=NCT04000001" in page
    assert "Secretname" not in page and "Hiddenman" not in page, "contact persons are not shown"


def test_a_number_of_another_register_and_a_former_one_find_the_trial(mirror: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    store.take(json.dumps(record(4000001, "CD19 CAR-T")), "made", "2026-08-02")
    store.take(json.dumps(record(4000002, "CD19 CAR-T again")), "made", "2026-08-02")
    store.add_alias("NCT04000002", "NCT04000001", "2026-08-03")
    web = client(tmp_path / "t.sqlite", tmp_path / "web")
    assert "NCT04000002 is a former number" in text(web.get("/trials/nct04000002").text)
    assert web.get("/trials/ORG-4000001").status_code == 200


def test_could_it_be_for_me_says_yes_no_and_ask_with_sentences(web: TestClient) -> None:
    answer = web.get("/trials/NCT04000001?age=80&lines=1&had=yes&condition=DLBCL&near=Munich&within=50")
    said = text(answer.text)
    assert answer.headers["cache-control"] == "no-store"
    for words in (
        "3 yes, 0 ask, 3 no.", "This age is outside its limits.", "At least 2 prior lines of therapy",
        "Prior CAR-T cell therapy", "University Hospital, Munich, Germany", "Only the trial team can say for sure",
        "nothing is stored, logged or sent on",
    ):  # fmt: skip
        assert words in said, words
    assert "eligible" not in answer.text.partition('id="me"')[2].partition("</section>")[0].lower()
    assert "no-store" not in web.get("/trials/NCT04000001").headers["cache-control"]
    listed = text(web.get("/trials/for-me?age=40&sex=female&condition=lupus&lines=3").text)
    assert "1 open trial for lupus" in listed and "4 yes, 0 ask, 0 no." not in listed and " yes, " in listed


def test_changes_as_page_and_feed(web: TestClient) -> None:
    said = text(web.get("/trials/changes?since=2026-08-20").text)
    assert "in 1 trial since 20 August 2026" in said and "77" in said
    only = text(web.get("/trials/changes?since=2026-08-20&kind=enrollment&target=CD19").text)
    assert "1 change in 1 trial" in only
    assert "No such change is held here" in text(web.get("/trials/changes?since=2026-08-20&target=BCMA").text)
    feed = web.get("/trials/changes.atom?since=2026-08-01")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(feed.text)
    name = "{http://www.w3.org/2005/Atom}"
    assert root.tag == f"{name}feed" and root.find(f"{name}id") is not None
    entries = root.findall(f"{name}entry")
    assert len(entries) >= 25
    for entry in entries:
        assert all(entry.find(f"{name}{tag}") is not None for tag in ("id", "title", "updated", "content"))


def test_compare(web: TestClient) -> None:
    page = web.get("/trials/compare?ids=NCT04000001&ids=NCT04000002&ids=NCT04000003&ids=")
    said = text(page.text)
    assert page.text.count('scope="col"') == 4 and "facts differ" in said and "Multiple Myeloma" in said
    assert "PHASE" not in said and "RECRUITING" not in said and "Phase" in said  # codes of the registry in words
    assert all(
        len(set(words.values())) == len(words) for words in (in_words.STATUS, in_words.PHASE)
    )  # so that what differs still does
    versions = text(web.get("/trials/compare?ids=NCT04000001@1,NCT04000001&different=1").text)
    assert "version 1" in versions and "77" in versions


def test_exports_are_the_same_list(web: TestClient) -> None:
    address = "/trials/export?q=lymphoma&status=RECRUITING"
    table = web.get(f"{address}&format=csv")
    assert "attachment" in table.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(table.text)))
    listed = web.get(f"{address}&format=json").json()
    assert len(rows) == listed["total"] == len(listed["studies"]) == 23
    assert [r["id"] for r in rows] == [s["id"] for s in listed["studies"]]
    assert web.get(f"{address}&format=ris").text.count("ER  - ") == 23
    book = web.get(f"{address}&format=xlsx")
    try:
        import xlsxwriter  # noqa: F401
    except ModuleNotFoundError:
        assert book.status_code == 422
    else:
        assert book.content[:2] == b"PK"


def line(mirror: Path, *arguments: str) -> Any:
    command = [sys.executable, "-m", "livingdrug", "trials", *arguments, "--json", "--db", str(mirror)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize(
    ("address", "arguments"),
    some_of(
        [
            (
                "search?q=lymphoma&status=recruiting&limit=3",
                ("search", "lymphoma", "--status", "recruiting", "--limit", "3"),
            ),
            ("search?q=lymfoma", ("search", "lymfoma")),
            ("search?near=Munich,100km&sort=distance", ("search", "--near", "Munich,100km", "--sort", "distance")),
            ("show/nct4000001", ("show", "nct4000001")),
            ("changes?since=2026-08-20", ("changes", "--since", "2026-08-20")),
            ("overview", ("overview",)),
            ("overview?study=NCT04000001", ("overview", "--study", "NCT04000001")),
            ("overview?gaps=1", ("overview", "--gaps")),
            ("compare?ids=NCT04000001,NCT04000002", ("compare", "NCT04000001", "NCT04000002")),
            ("portfolio?by=product", ("portfolio", "--by", "product")),
        ],
        one_in=3,
    ),
)
def test_the_interface_says_what_the_command_line_prints(
    web: TestClient, mirror: Path, address: str, arguments: tuple[str, ...]
) -> None:
    assert web.get(f"/api/trials/{address}").json() == line(mirror, *arguments)


def test_completions(web: TestClient) -> None:
    found = web.get("/api/trials/suggest?q=lymp").json()["completions"]
    assert found and all(c["text"].lower().startswith("lymp") for c in found)
    assert web.get("/api/trials/suggest?q=nct0400000").json()["completions"][0]["kind"] == "study"
    assert web.get("/api/trials/suggest?q=l").json()["completions"] == []
    joined = web.get("/api/trials/suggest?q=CD19 lymp").json()["completions"]
    assert joined and all(c["text"].startswith("CD19 ") for c in joined)


@settings(max_examples=some(60))
@given(st.text(max_size=60))
def test_any_words_are_answered(web: TestClient, words: str) -> None:
    for address in ("/trials", "/api/trials/search", "/api/trials/suggest", "/trials/map"):
        assert web.get(address, params={"q": words.encode("utf-8", "replace").decode()}).status_code == 200


@settings(max_examples=some(60))
@given(
    st.sampled_from(("near", "age", "target", "since", "start", "enrollment", "country", "sort", "within")),
    st.text(max_size=30),
)
def test_any_value_of_a_filter_is_answered_or_refused(web: TestClient, name: str, value: str) -> None:
    answer = web.get("/trials", params={name: value.encode("utf-8", "replace").decode()})
    assert answer.status_code in (200, 422)


def test_without_a_mirror_the_small_set_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_mirror, "default_path", lambda: tmp_path / "none.sqlite")
    from livingdrug.registry.reports import demo

    day, rows = demo.facts()
    monkeypatch.setattr(demo, "facts", lambda: (day, rows[:40]))
    web = client(tmp_path / "missing.sqlite", tmp_path / "web")
    said = text(web.get("/trials").text)
    assert "40 trials" in said and "no texts of the records" in said
    assert (tmp_path / "web" / "trials-demo.sqlite").exists()
    assert [p.name for p in (tmp_path / "web").iterdir() if ".new" in p.name] == []


def test_a_mirror_that_changes_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_mirror, "LOOK", 0.0)
    store = Store(tmp_path / "t.sqlite")
    store.take(json.dumps(record(4000001, "CD19 CAR-T in lymphoma")), "made", "2026-08-02")
    web = client(tmp_path / "t.sqlite", tmp_path / "web")
    assert web.get("/api/trials/search").json()["total"] == 1
    assert web.get("/api/trials/overview").json()["trials"] == 1
    store.take(json.dumps(record(4000002, "CD22 CAR-T in lymphoma")), "made", "2026-08-02")
    assert web.get("/api/trials/search").json()["total"] == 2
    assert web.get("/api/trials/overview").json()["trials"] == 2


def test_a_damaged_mirror_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.sqlite").write_bytes(b"not a database at all, but long enough to be one" * 100)
    answer = client(tmp_path / "t.sqlite", tmp_path / "web").get("/trials")
    assert answer.status_code == 400 and "no mirror of the registries" in answer.text


def test_a_reader_who_comes_while_the_index_is_made_is_told(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    real = _mirror.fresh

    def slow(store: Store, **more: Any) -> Any:
        more["progress"](10, 25)
        go_on.wait(300)
        return real(store, **more)

    monkeypatch.setattr(_mirror, "fresh", slow)
    monkeypatch.setattr(_mirror, "PATIENCE", 0.2)
    web = client(mirror, tmp_path / "web")
    early = web.get("/trials")
    assert early.status_code == 503 and early.headers["refresh"] == "5" and "10\xa0of\xa025 studies" in early.text
    assert web.get("/api/trials/search").json()["status"] == 503
    go_on.set()
    monkeypatch.setattr(_mirror, "PATIENCE", 300.0)
    assert web.get("/trials").status_code == 200


def test_many_readers_at_once(web: TestClient) -> None:
    answers: list[int] = []

    def read(n: int) -> None:
        for address in ("/api/trials/search?q=lymphoma", "/trials?status=RECRUITING", f"/trials/NCT0400000{1 + n % 5}"):
            answers.append(web.get(address).status_code)

    threads = [threading.Thread(target=read, args=(n,)) for n in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers == [200] * 36


def test_questions_to_the_mirror_do_not_grow_with_the_list(mirror: Path) -> None:
    """A page of twenty trials asks as many questions as a page of two."""
    from livingdrug.registry.reports.cards import cards
    from livingdrug.registry.search.index import fresh
    from livingdrug.registry.search.request import Request
    from livingdrug.registry.search.search import search

    store = Store(mirror, create=False)
    index = fresh(store)
    counts = []
    for limit in (2, 20):
        asked: list[str] = []
        store.connect().set_trace_callback(asked.append)
        found = search(store, Request(text="lymphoma", limit=limit), index=index)
        assert len(cards(store, found.studies, "lymphoma")) == limit
        store.connect().set_trace_callback(None)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 10


def test_a_mirror_that_cannot_be_written_is_read(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    folder = tmp_path / "kept"
    folder.mkdir()
    shutil.copyfile(mirror, folder / "t.sqlite")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("livingdrug.registry.search.index.can_write", lambda f: folder not in (f, *f.parents))
    before = sorted(p.name for p in folder.iterdir() if "-" not in p.name)
    web = client(folder / "t.sqlite", tmp_path / "web")
    assert web.get("/api/trials/search").json()["total"] == 25
    assert sorted(p.name for p in folder.iterdir() if "-" not in p.name) == before


def test_a_mirror_damaged_in_its_middle_is_told_and_other_pages_stand(mirror: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.sqlite"
    with Store(mirror, create=False).connect() as whole:
        whole.execute("VACUUM INTO ?", (str(damaged),))
    with damaged.open("r+b") as file:
        for place in range(3 * 4096, damaged.stat().st_size, 3 * 4096):
            file.seek(place)
            file.write(b"\xff" * 2000)
    web = client(damaged, tmp_path / "web")
    for address in (*PAGES, "/api/trials/search", "/virtual/new?draft=NCT04000001", "/trials/export?format=csv"):
        found = web.get(address)
        assert found.status_code < 500, address
    assert "damaged" in web.get("/trials").text
    for address in ("/", "/evidence/data", "/explained/car-t"):
        assert web.get(address).status_code == 200


def test_another_mirror_in_its_place_is_read(mirror: Path, tmp_path: Path) -> None:
    path, other = tmp_path / "mine.sqlite", tmp_path / "other.sqlite"
    Store(path).close()
    with Store(mirror, create=False).connect() as whole:
        whole.execute("VACUUM INTO ?", (str(other),))
    web = client(path, tmp_path / "web")
    assert web.get("/api/trials/search").json()["total"] == 0
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    other.replace(path)
    assert web.get("/api/trials/search").json()["total"] == 25


@pytest.mark.parametrize(
    "address",
    ["/api/trials/changes?doubtful=NaN", "/api/trials/overview?gaps=maybe", "/trials/compare?different=perhaps"],
)
def test_neither_yes_nor_no_is_refused(web: TestClient, address: str) -> None:
    assert web.get(address).status_code == 422
    assert web.get(f"{address.partition('=')[0]}=0").status_code == 200
