"""The pages of the evidence: every number is there with its source, filters refuse what they do not know, nothing is
run that a reader typed."""

from __future__ import annotations

import html
import re
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from livingdrug import library
from livingdrug.explainers import page as explainers
from livingdrug.explainers.check import STATUSES, Report, check
from livingdrug.explainers.page import Page
from livingdrug.parameters import KINDS
from livingdrug.plot.typeset import typeset
from livingdrug.registry.reports.approvals import NOT_READ, STAGES, approvals
from livingdrug.scenario import resolve
from livingdrug.trial.stored import stored
from livingdrug.web import citation
from livingdrug.web.app import build
from livingdrug.web.pages._evidence import PAGES
from livingdrug.web.pages._numbers import book, products
from livingdrug.web.pages.equations import mechanisms
from thoroughness import some

ROOT = Path(__file__).resolve().parents[3]
CLIENT = TestClient(build(), base_url="http://localhost")
TRIALS = [t.trial for t in stored().board.trials]


def text(address: str, status: int = 200) -> str:
    answer = CLIENT.get(address, headers={"accept": "text/html"})
    assert answer.status_code == status, address
    return answer.text


@cache
def checked(name: str) -> Report:
    return check(explainers.find(name), None)


@cache
def stands(address: str) -> bool:
    return CLIENT.get(address).status_code == 200


@pytest.mark.parametrize("status", STATUSES)
def test_a_claim_of_any_state_is_shown(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(page: Page, store: Any) -> Report:
        report = checked(page.name)
        return replace(report, claims=(replace(report.claims[0], status=status), *report.claims[1:]))

    monkeypatch.setattr("livingdrug.web.pages.checks.check", judged)
    assert f">{status}</span>" in text("/evidence/checks")


def words(page: str) -> str:
    """What a reader reads of a page."""
    page = re.sub(r'<span class="n">([^<]*)</span>', r"\1", page)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def test_the_first_page_has_four_ways_with_something_true() -> None:
    page = words(text("/"))
    validation = stored().board.score("validation")
    assert f"{validation.median:g} of {validation.comparable} published results that it was never fitted to" in page
    assert f"{len(library.names('trials'))} trials" in page and "studies in the copy of the registries" in page
    assert page.count("Not medical advice") >= 1


@pytest.mark.parametrize("name", [name for _, name, _ in PAGES])
def test_every_page_lists_the_others_that_are_there(name: str) -> None:
    if name in {"checks"} and CLIENT.get(f"/evidence/{name}").status_code == 404:
        pytest.skip("this part is not here")
    page = text(f"/evidence/{name}")
    links = set(re.findall(r'href="(/evidence/[\w-]+)"', page))
    assert {f"/evidence/{x}" for _, x, _ in PAGES if x != "checks"} <= links
    assert all(stands(x) for x in links)


@pytest.mark.parametrize("name", TRIALS)
def test_every_published_row_of_a_trial_is_on_its_page(name: str) -> None:
    page = text(f"/evidence/scoreboard/{name}")
    said = words(page)
    trial = stored().board.trial(name)
    assert page.count('<th scope="row">') == len(trial.rows)
    for r in trial.rows:
        assert words(typeset(r.middle.title)) in said
        if r.comparable:
            assert f"{r.middle.verdict} at {sum(r.inside)} of 10 seeds" in said
    assert page.count('role="img"') == page.count("<figure") == 1


def test_a_trial_that_was_not_scored_is_named_with_the_nearest() -> None:
    assert f"did you mean “{TRIALS[1]}”" in text(f"/evidence/scoreboard/{TRIALS[1]}x", 404)


def test_a_scoreboard_of_another_library_says_so(tmp_path: Path) -> None:
    assert 'id="stale"' not in text("/evidence/scoreboard")
    given = {t: library.find("products", library.find("trials", t).data["product"]) for t in TRIALS}
    trial, entry = next((t, e) for t, e in given.items() if "\nvalue = " in e.text)  # others: no number
    (tmp_path / "products").mkdir()
    line = next(x for x in entry.text.splitlines() if x.startswith("value = "))
    (tmp_path / "products" / f"{entry.name}.toml").write_text(entry.text.replace(line, f"{line}1", 1), encoding="utf-8")
    with library.also(tmp_path):
        for address in ("/evidence/scoreboard", f"/evidence/scoreboard/{trial}", "/evidence/limits"):
            assert 'id="stale"' in text(address)
    assert 'id="stale"' not in text("/evidence/scoreboard")


@pytest.mark.parametrize("product", products())
def test_every_number_of_every_mechanism_is_listed(product: str) -> None:
    page = text(f"/evidence/parameters?product={product}&show=all")
    r = resolve(products()[product].trial)
    paths = set(re.findall(r'href="/evidence/parameters/([^"?]+)"', page))
    assert set(r.parameters) | set(r.covariates) <= paths
    assert paths == {e.path for e in book(r.name)}


@pytest.mark.parametrize("kind", ["", *KINDS])
@pytest.mark.parametrize("q", ["", "kill", "TUMOUR kill", "fitness"])
def test_filters_show_what_answers_to_all_of_them(kind: str, q: str) -> None:
    trial = next(iter(products().values())).trial
    page = text(f"/evidence/parameters?kind={kind}&q={q}&show=all")
    shown = re.findall(r'<th scope="row"><a href="/evidence/parameters/([^"?]+)"', page)
    for e in book(trial):
        inside = " ".join([e.path, e.about, e.source, e.where, e.why, e.mechanism, e.unit]).casefold()
        asked = (not kind or e.kind == kind) and all(w in inside for w in q.casefold().split())
        assert (e.path in shown) == asked, e.path


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/evidence/parameters?kind=mesured", "did you mean “measured”"),
        ("/evidence/parameters?module=leukemia", "did you mean “leukaemia”"),
        ("/evidence/parameters?product=nothing", "is no product"),
        (f"/evidence/parameters?q={'a' * 201}", "at most 200 characters"),
        ("/evidence/approvals?country=Chine", "did you mean “China”"),
        ("/evidence/approvals?stage=approve", "did you mean “approved”"),
    ],
)
def test_a_choice_that_is_not_offered_is_refused(address: str, said: str) -> None:
    assert words(typeset(said)) in words(text(address, 422))


def test_every_number_has_an_address_of_its_own() -> None:
    for path in ("tumour.kill", "age", "dose.factor"):
        page = words(text(f"/evidence/parameters/{path}"))
        e = next(e for e in book(TRIALS[1]) if e.path == path)
        assert typeset(e.value) in page and e.kind in page and "(holds)" in page
    assert "did you mean “tumour.kill”" in words(text("/evidence/parameters/tumour.kil", 404))


@settings(max_examples=some(60))
@given(st.text(max_size=60))
def test_whatever_is_searched_for_is_answered_and_inert(q: str) -> None:
    assert CLIENT.get("/evidence/parameters", params={"q": q, "product": ""}).status_code == 200
    assert CLIENT.get("/evidence/approvals", params={"q": q, "product": ""}).status_code == 422, "it has no search"
    trick = f"<script>alert(1)</script>{q}"[:200]
    page = CLIENT.get("/evidence/parameters", params={"q": trick}).text
    assert "<script>alert" not in page and "style=" not in page


@settings(max_examples=some(40))
@given(st.text(min_size=1, max_size=30))
def test_no_address_breaks_a_page(name: str) -> None:
    for room in ("scoreboard", "parameters", "equations"):
        answer = CLIENT.get(f"/evidence/{room}/{quote(name, safe='')}")
        assert answer.status_code in {200, 404}


@pytest.mark.parametrize("stem", mechanisms())
def test_a_mechanism_has_its_equations_states_and_numbers(stem: str) -> None:
    page = text(f"/evidence/equations/{stem}")
    m = mechanisms()[stem]
    assert page.count("<math ") == page.count("alttext=") >= 1
    if m.published:
        assert all(f'id="number-{path}"' in page and x.kind in words(page) for path, x in m.values.items())
    else:
        assert all(f"/evidence/parameters/{m.role}.{p.name}" in page for p in m.numbers)
    assert all(words(typeset(s.doc)) in words(page) for s in m.states)
    assert not m.left_out or words(typeset(m.left_out)) in words(page)
    assert all(f"source-{key}" in page for key in m.cited)


def test_filters_of_approvals_show_what_is_asked() -> None:
    rows = approvals()
    assert text("/evidence/approvals").count("<article") == len(rows)
    for stage in STAGES:
        many = sum(a.stage == stage for a in rows)
        assert text(f"/evidence/approvals?stage={stage}").count("<article") == many
    reported = words(text("/evidence/approvals"))
    assert not re.search(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])", reported), "a date that is not in words"
    assert "reported, not confirmed" in reported and "no source at hand says it" in reported
    assert all(a.date == NOT_READ or a.product in reported for a in rows)


def test_the_citation_is_that_of_the_file() -> None:
    told = citation.citation()
    lines = (ROOT / "CITATION.cff").read_text("utf-8").splitlines()
    for key in ("title", "version", "license"):
        assert f"{key}: " + (f'"{told[key]}"' if key == "title" else told[key]) in lines
    assert told["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    page = words(text("/evidence/cite"))
    assert told["title"] in page and told["authors"][0] in page and "@software{livingdrug," in page


def test_bibtex_is_whole() -> None:
    made = citation.bibtex({"authors": ["A B", "The C"], "title": "T", "version": "1", "license": "L",
                            "date-released": "2026-01-02"})  # fmt: skip
    assert made.count("{") == made.count("}") and "author = {{A B} and {The C}}" in made and "year = {2026}" in made


@pytest.mark.parametrize(
    ("given_", "names"),
    [
        ('authors:\n  - name: "The x"\n', ["The x"]),
        (
            "authors:\n  - family-names: B\n    given-names: A\n  - family-names: D\n    given-names: C\n",
            ["A B", "C D"],
        ),
        ("title: t\n", []),
    ],
)
def test_authors_of_a_citation_file_are_read(given_: str, names: list[str]) -> None:
    assert citation.read(given_)["authors"] == names
