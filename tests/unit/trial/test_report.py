"""The report of a run: whole, self-contained, accessible, honest about what is simulated and what is not comparable."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import livingdrug
from livingdrug.errors import ScenarioError
from livingdrug.plot.style import INKS
from livingdrug.report import arms as arms_
from livingdrug.report import bibliography, figures, html, narrative
from livingdrug.report.words import words
from livingdrug.results.comparison import Comparison
from livingdrug.results.result import Result

ARMS = """
title = "Half the dose & <b>more</b>, for $5"
trial = "eliana"
patients = 60
[[arm]]
name = "as published"
[[arm]]
name = "<script>half</script> & $x_1$, a name too long for a figure"
[arm.set]
"protocol.dose.factor" = 0.5
"""
VOID = {"meta", "br", "wbr", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Reads a page and notes unclosed tags, ids, references and every attribute that would fetch something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.tags: dict[str, list[dict[str, str | None]]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.setdefault(tag, []).append(found)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.fetched += [found[k] or "" for k in ("src", "srcset", "poster", "data") if k in found]
        self.fetched += [found["href"] or ""] if tag == "link" else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes <{self.open[-1] if self.open else ''}>"
        self.open.pop()


EARLY = """
trial = "eliana"
[[arm]]
name = "as published"
[[arm]]
name = "early"
[[arm.protocol.rule]]
name = "tocilizumab"
when = "crs.grade >= 2"
"""


@pytest.fixture(scope="module")
def result() -> Result:
    return livingdrug.Trial("eliana").run(patients=90, seed=5)


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> Result:
    file = tmp_path_factory.mktemp("report") / "arms.toml"
    file.write_text(ARMS, encoding="utf-8")
    return livingdrug.Trial(file).run(seed=5)


@pytest.fixture(scope="module")
def text(result: Result) -> str:
    return html.render(result)


def test_the_page_needs_nothing_else(text: str) -> None:
    page = Page(text)
    assert page.open == []
    assert page.fetched == []
    assert "script" not in page.tags and "@import" not in text
    assert not re.findall(r"url\((?!#)", text)
    links = [a["href"] or "" for a in page.tags["a"]]
    assert all(link.startswith(("#", "https://doi.org/")) for link in links)
    assert {link[1:] for link in links if link.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert len(text.encode()) < 3_000_000


def test_the_page_reads_without_eyes_and_in_the_dark(text: str) -> None:
    page = Page(text)
    assert page.tags["html"][0]["lang"] == "en"
    charts = [div for div in page.tags["div"] if div.get("class") == "chart"]
    assert len(charts) == len(page.tags["figure"])
    assert all(chart.get("role") == "img" and chart.get("aria-label") for chart in charts)
    assert len(page.tags["caption"]) == len(page.tags["table"])
    assert "prefers-color-scheme: dark" in text
    for ink in INKS.values():
        assert text.count(ink.simulated) == 1, "a colour is written outside the page's theme"


def test_the_page_has_every_part(text: str, result: Result) -> None:
    for name in ("what", "beside", "cells", "release", "survival", "patients", "care", "left-out", "provenance"):
        assert f'<section id="{name}"' in text
    assert text.count("Not medical advice") >= 2
    counts = result.arm().counts
    assert f"{counts['enrolled']} virtual patients were enrolled" in text
    assert result.resolved.hash in text
    for figure in (
        "expansion",
        "disease",
        "clones",
        "cytokines",
        "grades-release",
        "grades-neurotoxicity",
        "swimmer",
        "curve-efs",
        "curve-os",
    ):
        assert f'<figure id="{figure}"' in text
    assert not re.search(r"\b(nan|None|inf)\b", re.sub(r"<[^>]*>", " ", text))


def test_every_comparable_measure_has_its_intervals_on_the_page(text: str, result: Result) -> None:
    """On a phone as on a desk: there is one drawing, and nothing in it is hidden by the width."""
    chart = text[text.index('<figure id="beside-chart"') :]
    chart = chart[: chart.index("</figure>")]
    rows = [r for r in result.arm().comparison.rows if r.comparable]
    assert chart.count('class="lane"') == len(rows)
    intervals = len(rows) + sum(r.published_low is not None for r in rows)
    assert len(re.findall(r'<line class="line i-(?:simulated|published)" stroke', chart)) == intervals
    assert text.count("display: none") == 1 and "@media print { nav { display: none; }" in text


def test_no_text_of_the_page_is_smaller_than_11_pixels(text: str) -> None:
    style = text[text.index("<style>") : text.index("</style>")]
    sizes = [(float(x), unit) for x, unit in re.findall(r"font(?:-size)?: (\.?\d[.\d]*)(rem|em|px|pt)", style)]
    assert len(sizes) > 5
    assert all(x * {"rem": 16, "em": 12.8, "px": 1, "pt": 4 / 3}[unit] >= 10.8 for x, unit in sizes)
    assert not re.findall(r'font-size="|style="', text)


def test_rules_are_told_in_the_words_of_the_files(text: str, result: Result) -> None:
    told = dict(narrative.rules(result.resolved, words(result.resolved)))
    said = " ".join(told.values())
    assert "need of a high-dose vasopressor" in said and "tocilizumab was given" in said
    assert "grade of cytokine release is at least 1" in said
    assert not re.search(r"index|factor|physiology|\bcrs\b|On days 0", said)
    halved = livingdrug.Trial("eliana", {"protocol.dose.factor": 0.5}).resolved
    assert "cells/kg times 0.5" in " ".join(dict(narrative.rules(halved, words(halved))).values())


def test_what_is_published_elsewhere_is_not_drawn_on_bars(result: Result) -> None:
    rows = {r.measure: r for r in result.arm().comparison.rows if r.value is not None}
    assert not rows["crs_severe_astct"].comparable
    drawn = {s.name: figures._published_grades(result, s) for s, _ in figures._grades(result)}
    assert drawn["astct"] == [None, None]


def test_the_count_is_that_of_the_table(text: str, result: Result) -> None:
    counts = result.beside_published().counts()
    for inside, of in (("inside", "comparable"), ("fitted_inside", "fitted"), ("apart_inside", "apart")):
        assert f"<b>{counts[inside]}\N{NO-BREAK SPACE}of\N{NO-BREAK SPACE}{counts[of]}</b>" in text
    assert text.count('class="verdict inside"') == counts["inside"]
    assert text.count('class="verdict outside"') == counts["comparable"] - counts["inside"]
    apart = [m for m in result.beside_published().to_dicts() if m["verdict"] == "not comparable" and m["published"]]
    assert f"not comparable ({len(apart)})" in text
    assert all(m["reason"] for m in apart)


def test_a_table_of_invented_rows_is_told_truly(result: Result) -> None:
    row = next(r for r in result.arm().comparison.rows if r.comparable)
    rows = (
        dataclasses.replace(row, verdict="inside", fitted=True),
        dataclasses.replace(row, verdict="outside", fitted=False, reason="too high"),
        dataclasses.replace(row, verdict="not comparable", reason="recalled"),
    )
    measures = Comparison("invented", rows).to_dicts()
    assert [(t["inside"], t["of"]) for t in narrative.tally(measures)] == [(1, 2), (0, 1), (1, 1)]
    assert [narrative.row(m, {})["sign"] for m in measures] == ["●", "✕", "□"]
    assert narrative.row(measures[2], {})["reason"] == "Recalled"


def test_every_number_of_the_model_stands_with_its_source(text: str, result: Result) -> None:
    listed = bibliography.numbers(result.resolved)
    paths = {n.path for n in listed}
    assert set(result.resolved.parameters) <= paths
    assert {"age", "share.salvaged"} <= {p.removeprefix("covariates.") for p in paths}
    assert all(n.source for n in listed if n.kind != ""), "a number without source or reason"
    plain = re.sub(r"<wbr>", "", text)
    assert all(f"<code>{path}</code>" in plain for path in paths)
    cited = {p.reference.title for p in result.resolved.parameters.values() if p.reference}
    listed_titles = [s.title for s in bibliography.cited(result.resolved)]
    assert cited <= set(listed_titles) and len(listed_titles) == len(set(listed_titles))
    published = {row.source for row in result.resolved.trial.published}
    assert published <= set(result.resolved.trial.sources)


def test_every_mechanism_says_what_it_leaves_out(result: Result) -> None:
    assert len(bibliography.left_out(result.resolved)) == len(result.resolved.modules)


def test_curves_and_lanes_are_those_of_the_patients(result: Result) -> None:
    arm = result.arm()
    infused = arm.columns["infused"] > 0
    curve = figures._curves(result, "OS")[0]
    assert len(curve.durations) == infused.sum()
    died = np.isfinite(arm.columns["death_day"][infused]) & (
        arm.columns["death_day"][infused] <= arm.columns["end_day"][infused]
    )
    assert (~curve.censored).sum() == died.sum()
    lanes = figures._lanes(arm, words(result.resolved))
    assert len(lanes) == min(figures.LANES, infused.sum())
    assert (lanes["death"].notna().to_numpy() == died[: len(lanes)]).all()
    relapsed = lanes["relapse_positive"].notna() | lanes["relapse_negative"].notna()
    assert not (lanes["relapse_positive"].notna() & lanes["relapse_negative"].notna()).any()
    assert relapsed.sum() == np.isfinite(arm.columns["relapse_day"][infused][: len(lanes)]).sum()


def test_arms_are_shown_side_by_side_and_users_words_stay_words(arms: Result) -> None:
    text = html.render(arms)
    page = Page(text)
    assert "script" not in page.tags and "b" in page.tags
    assert "Half the dose &amp; &lt;b&gt;more&lt;/b&gt;, for $5" in text
    assert '<section id="arms"' in text and '<figure id="paired-0"' in text
    assert "There are 2 arms" in text
    assert "what happened to the same patients" in text


def test_differences_stand_first_and_what_is_alike_is_not_drawn(tmp_path: Path) -> None:
    file = tmp_path / "early.toml"
    file.write_text(EARLY, encoding="utf-8")
    arms = livingdrug.Trial(file).run(patients=80, seed=5)
    compared = arms.between_arms()
    part = html.render(arms).partition('<section id="arms"')[2].partition("</section>")[0]
    table, note, figure = (
        part.index(x) for x in ("Measures that differ", "Monte-Carlo interval", "What each arm does")
    )
    assert table < note < figure
    drawn = part[figure:].partition("</figure>")[0]
    shares = [r for r in compared.rows if r.unit == "%" and arms.beside_published()[r.measure].comparable]
    assert any(r.alike for r in shares) and any(not r.alike for r in shares)
    for r in shares:
        assert (f">{r.title}<" in drawn) == (not r.alike)


def test_patients_are_counted_in_both_arms(arms: Result) -> None:
    first, second = arms.arms.values()
    both = int(((first.columns["infused"] > 0) & (second.columns["infused"] > 0)).sum())
    (table,) = arms_.tables(arms)
    assert table.rows and all(sum(int(n) for n in row[1:]) == both for row in table.rows)
    response = np.nan_to_num(first.columns["response"]) > 0, np.nan_to_num(second.columns["response"]) > 0
    found = {row[0]: row[1:] for row in table.rows}.get("CR or CRi within 3 months")
    if (response[0] != response[1]).any():
        assert found is not None and int(found[0]) == int((response[0] & response[1]).sum())


def test_few_numbers_of_a_patient_are_drawn_and_the_most_changed_first(arms: Result) -> None:
    first, second = arms.arms.values()
    shown = list(arms_._paired(arms, first, second))
    assert len({p.name for p in shown}) == len(shown) > 1
    assert all(len(p.reference) >= arms_.FEWEST for p in shown)
    same = list(arms_._paired(arms, first, first))
    assert all(arms_._changed(p) == 0 for p in same)


@pytest.mark.parametrize(("patients", "sets"), [(1, {}), (3, {"protocol.follow_up": "2 months"}),
                                                (2, {"protocol.share.lost_before_infusion": 0.91})])  # fmt: skip
@pytest.mark.filterwarnings("error")
def test_few_patients_or_short_follow_up_make_a_page_too(patients: int, sets: dict) -> None:
    text = html.render(livingdrug.Trial("eliana", sets).run(patients=patients, seed=1))
    assert Page(text).open == []
    assert "nothing could be compared" in text


def test_the_page_is_written_whole_or_not_at_all(result: Result, tmp_path: Path) -> None:
    assert html.write(result, tmp_path / "run") == tmp_path / "run" / "report.html"
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["report.html"]
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ScenarioError, match="report.html' cannot be written"):
        html.write(result, tmp_path / "taken")
