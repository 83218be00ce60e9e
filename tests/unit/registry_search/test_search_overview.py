"""The field counted, drawn, and the statistics people ask for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from cart_records import record

from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports.overview import answers, evidence, overview, top
from livingdrug.registry.reports.overview_plot import picture
from livingdrug.registry.reports.statistics import statistics
from livingdrug.registry.search.engine import Wanted

MUNICH = ("Munich", "Germany", 48.1, 11.6, "RECRUITING")
WUHAN = ("Wuhan", "China", 30.6, 114.3, "RECRUITING")
LYON = ("Lyon", "France", 45.8, 4.8, "COMPLETED")
FIELD = [
    record(
        "NCT09100001",
        "CD19 CAR-T",
        interventions=["CD19 CAR-T"],
        conditions=["DLBCL"],
        phases=["PHASE1", "PHASE2"],
        start="2021-05",
        posted="2021-01-01",
        sites=[MUNICH, LYON],
        primary_completion="2023-02",
        updated="2026-01-01",
    ),
    record(
        "NCT09100002",
        "Universal BCMA CAR-T",
        interventions=["BCMA CAR-T"],
        conditions=["Multiple Myeloma"],
        start="2022-03-11",
        posted="2022-03-01",
        sites=[WUHAN],
        primary_completion="2025-12",
        sponsor_class="INDUSTRY",
    ),
    record(
        "NCT09100003",
        "CD19/CD22 CAR-T",
        interventions=["CD19/CD22 CAR-T"],
        conditions=["B-ALL"],
        enrollment=99999999,
        start="2022-02-01",
        posted="2022-03-01",
        sites=[WUHAN, WUHAN],
        primary_completion="2020-01-01",
        results=True,
    ),
    record("NCT09100004", "CAR-T", interventions=["CAR-T"], status="WITHDRAWN", enrollment=0, phases=[], start="2023"),
    record("NCT09100005", "Long-term follow-up after CAR-T", interventions=["CAR-T"], conditions=["DLBCL"]),
    record("NCT09100006", "Tocilizumab after CAR-T", interventions=["Tocilizumab"]),
    record("NCT09100007", "Aspirin", interventions=["Aspirin"], conditions=["Stroke"], enrollment=1000),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    kept = Store(tmp_path_factory.mktemp("field") / "trials.sqlite")
    for r in FIELD:
        kept.upsert(r)
    return kept


def test_counts(store: Store) -> None:
    seen = overview(store)
    assert seen.trials == 4
    assert seen.left_out == {"care around CAR-T": 1, "long-term follow-up": 1}
    assert seen.by["target"] == {"CD19": 2, "BCMA": 1, "CD22": 1, "not stated": 1}
    assert seen.by["phase"] == {"PHASE1": 3, "PHASE2": 1, "not stated": 1}
    assert seen.by["country"] == {"China": 2, "France": 1, "Germany": 1, "not stated": 1}
    assert seen.by["source"] == {"autologous (inferred)": 3, "allogeneic": 1}
    assert seen.by["sponsor_type"] == {"academic": 3, "industry": 1}
    assert seen.target_by_disease["CD19"] == {"Acute lymphoblastic": 1, "B-NHL": 1}
    assert {year: sum(c.values()) for year, c in seen.starts.items()} == {"2021": 1, "2022": 2, "2023": 1}
    assert seen.updated == "2026-01-15" and seen.registries == {"ctgov": 4}
    assert any("Chinese" in name for name in seen.not_covered)
    assert set(seen.as_json()) >= {"trials", "by", "target_by_disease", "starts", "not_covered", "left_out"}


def test_a_trial_in_two_registries_counts_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    first, second = (
        record("NCT09100008", "CD19 CAR-T", interventions=["CD19 CAR-T"]),
        record("NCT09100009", "CD19 CAR-T in lymphoma"),
    )
    store.upsert(first)
    store.upsert(second)
    store.connect().execute("UPDATE study SET trial = 'NCT09100008', revision = 99 WHERE id = 'NCT09100009'")
    store.set_setting("revision", 99)
    assert overview(store).trials == 1


def test_every_label_of_a_study_has_its_evidence(store: Store) -> None:
    said = evidence(store, "nct9100003")
    shown = dict(answers(said))
    assert shown["CAR cell therapy"].evidence == "CD19/CD22 CAR-T"
    assert [t.value for t in said.targets] == ["CD19", "CD22"]
    assert all(t.evidence for t in said.targets)
    assert shown["costimulation"].value == "not stated"


def test_the_picture_shows_the_numbers(store: Store, tmp_path: Path) -> None:
    drawn = picture(overview(store))
    texts = {t.get_text() for axes in drawn.axes for t in axes.texts}
    assert "2" in texts
    titles = [axes.get_title(loc="left") for axes in drawn.axes]
    assert titles == ["Trials by target and disease", "Starts by year", "Phase", "Status", "Country"]
    assert {label.get_text() for label in drawn.axes[0].get_yticklabels()} == {"CD19", "CD22", "BCMA"}
    assert all(axes.get_xlabel() or axes.get_ylabel() for axes in drawn.axes[1:])
    years = drawn.axes[1]
    assert years.get_ylim()[1] > 1.05 * max(bar.get_y() + bar.get_height() for bar in years.patches) > 0
    drawn.savefig(tmp_path / "field.png", dpi=60)
    assert (tmp_path / "field.png").stat().st_size > 10_000


def test_an_empty_field_is_drawn_too(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    seen = overview(store)
    assert seen.trials == 0
    picture(seen).savefig(tmp_path / "empty.png", dpi=50)


def test_top_sums_the_rest() -> None:
    assert top({"a": 5, "b": 3, "c": 2, "d": 1}, 2) == {"a": 5, "b": 3, "other": 3}
    assert top({"a": 5}, 2) == {"a": 5}


def test_statistics(store: Store) -> None:
    figures = statistics(store, today=date(2026, 1, 15))
    people = figures.enrollment
    assert (figures.studies, people["people"], people["median"], people["studies"]) == (7, 1080, 20, 5)
    assert (people["placeholders"], people["withdrawn"]) == (1, 1)
    assert figures.placeholders == (("NCT09100003", "99999999"),)
    wait = figures.days_to_start
    assert (wait["studies"], wait["median"], wait["started_before_posting"]) == (2, -9, 1)
    assert wait["left_out_month_only"] == 5
    assert list(figures.sites_by_country) == ["China", "Germany", "France"]
    assert figures.sites_by_country["China"] == {"recruiting": 3, "sites": 3, "share_of_recruiting": 75.0}
    assert figures.results == {"posted": 1, "overdue": 1, "not_yet_due": 1, "not_stated": 3, "withdrawn": 1}


def test_statistics_of_a_search(store: Store) -> None:
    figures = statistics(store, Wanted(exact={"target": ("BCMA",)}), today=date(2027, 6, 1))
    assert figures.studies == 1
    assert figures.results["overdue"] == 1
    assert statistics(store, Wanted(exact={"target": ("none",)})).enrollment["people"] == 0
