"""What claims rest on: backed, reported, stale, contradicted, unbacked, not checked; and what stands without a mark."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from small import CLAIM, DAY, JOURNAL, checked, write

from livingdrug.errors import LivingDrugError
from livingdrug.explainers import bound
from livingdrug.explainers.check import check, stages
from livingdrug.explainers.unmarked import fact
from livingdrug.registry.mirror.store import Store


def status(folder: Path, claim: str, source: str = "", day: date = DAY) -> tuple[str, str]:
    found = checked(folder, "[x]{claim=a}", f'[claims.a]\nsays = "x"\n{claim}\n{source}', day=day).claims[0]
    return found.status, found.why


def sourced(folder: Path, source: str, more: str = "") -> tuple[str, str]:
    claim = f'source = "s"\nplace = "p"\nread = 2026-11-30\n{more}'
    return status(folder, claim, f'[sources.s]\ntitle = "t"\n{source}\n')


@pytest.mark.parametrize(
    "source",
    [
        'kind = "journal"\ndoi = "10.1182/x.1"',
        'kind = "journal"\npmid = 29808005',
        'kind = "journal"\nurl = "https://pmc.ncbi.nlm.nih.gov/articles/PMC9787013"',
        'kind = "registry"\nnct = "NCT02435849"',
        'kind = "regulator"\nurl = "https://www.ema.europa.eu/en/x"',
        'kind = "label"\nurl = "https://dailymed.nlm.nih.gov/x"',
    ],
)
def test_sources_that_carry_a_claim(tmp_path: Path, source: str) -> None:
    assert sourced(tmp_path, source) == ("backed", "")


@pytest.mark.parametrize(
    "source",
    [
        'kind = "press"\nurl = "https://news.example.org/x"',
        'kind = "journal"',
        'kind = "journal"\ndoi = "11.1/x"',
        'kind = "journal"\npmid = "PMC12"',
        'kind = "journal"\nurl = "https://blog.example.org/doi.org"',
        'kind = "regulator"\nurl = "https://fda.gov.example.org/x"',
        'kind = "regulator"\nurl = "http://www.fda.gov/x"',
        'kind = "label"\nurl = "https://www.drugs.com/x"',
        'kind = "registry"\nnct = "NCT1"',
    ],
)
def test_sources_that_carry_none(tmp_path: Path, source: str) -> None:
    found, why = sourced(tmp_path, source)
    assert found == "unbacked" and why


def test_what_is_only_reported_is_open_and_no_failure(tmp_path: Path) -> None:
    source = '[sources.paper]\ntitle = "News"\nkind = "press"\n'
    report = checked(tmp_path, "[x]{claim=one}", CLAIM + "reported = true\n" + source)
    assert report.claims[0].status == "reported" and report.ok


def test_a_claim_falls_due_after_ninety_days(tmp_path: Path) -> None:
    read = date(2026, 11, 29)
    for days, expected in ((0, "backed"), (90, "backed"), (91, "stale")):
        report = checked(tmp_path, "[x]{claim=one}", CLAIM + JOURNAL, day=read + timedelta(days=days))
        assert report.claims[0].status == expected and report.ok == (expected == "backed")
        assert report.claims[0].due == read + timedelta(days=90)


def test_a_day_to_come_is_no_reading(tmp_path: Path) -> None:
    report = checked(tmp_path, "[x]{claim=one}", CLAIM + JOURNAL, day=date(2026, 11, 1))
    assert report.claims[0].status == "unbacked" and "to come" in report.claims[0].why


@pytest.mark.parametrize(
    ("binding", "value"),
    [
        ("trial:eliana/published/crs_any", "77"),
        ("trial:eliana/published/crs_any#n", "79"),
        ("trial:eliana/published/crs_any/label2022-2022", "77"),
        ("approvals:tisagenlecleucel/United States", '"approved"'),
        ("approvals:Kymriah/United States/date", '"2017-08-30"'),
        ("approvals:*/United States", "7"),
        ("library:products/tisagenlecleucel.toml#target", '"CD19"'),
    ],
)
def test_what_is_bound_stands_while_it_says_the_same(tmp_path: Path, binding: str, value: str) -> None:
    assert status(tmp_path, f'bound = "{binding}"\nvalue = {value}') == ("backed", "")
    found, why = status(tmp_path, f'bound = "{binding}"\nvalue = 987654')
    assert found == "contradicted" and "987654" in why


@pytest.mark.parametrize(
    "binding",
    [
        "trial:elania/published/crs_any",
        "trial:eliana/published/crs",
        "trial:eliana/crs_any",
        "trial:eliana/published/crs_any/maude",
        "trial:eliana/published/crs_any#nn",
        "approvals:tisagenlecleucel",
        "approvals:tisagen/United States",
        "approvals:tisagenlecleucel/Atlantis",
        "approvals:tisagenlecleucel/United States/colour",
        "library:products/tisagenlecleucel.toml",
        "library:products/tisagenlecleucel.toml#tumour.gone",
        "library:gone/x.toml#y",
        "book:chapter",
        "registry:NCT02435849",
        "",
    ],
)
def test_a_binding_to_nothing_is_unbacked_and_says_what_is_wrong(tmp_path: Path, binding: str) -> None:
    found, why = status(tmp_path, f'bound = "{binding}"\nvalue = 1')
    assert found == "unbacked" and why


def test_a_recalled_number_carries_nothing(tmp_path: Path) -> None:
    found, why = status(tmp_path, 'bound = "trial:eliana/published/persistence"\nvalue = 168')
    assert found == "unbacked" and "recalled" in why


def test_an_approval_told_by_the_press_alone_is_reported(tmp_path: Path) -> None:
    binding = 'bound = "approvals:satricabtagene autoleucel/China/date"\nvalue = "2026-06-22"'
    assert status(tmp_path, binding)[0] == "reported"


def test_a_warning_told_by_the_press_alone_is_reported(tmp_path: Path) -> None:
    binding = 'bound = "approvals:ciltacabtagene autoleucel/United States/boxed_warnings"\nvalue = '
    enterocolitis = '"immune effector cell-associated enterocolitis, from October 2025"'
    assert status(tmp_path, binding + enterocolitis)[0] == "reported"
    assert status(tmp_path, binding + '"secondary hematological malignancies"') == ("backed", "")
    assert status(tmp_path, binding + '"hair loss"')[0] == "contradicted"


def test_an_approval_read_again_after_the_review_is_stale_at_once(tmp_path: Path) -> None:
    head = 'title = "A"\nshort = "A"\norder = 1\nsummary = "A"\nreviewed = 2026-11-01\n'
    table = '[claims.a]\nsays = "x"\nbound = "approvals:tisagenlecleucel/United States"\nvalue = "approved"\n'
    claim = checked(tmp_path, "[x]{claim=a}", table, head=head).claims[0]
    assert claim.status == "stale" and "changed on" in claim.why


REGISTRY = '[claims.a]\nsays = "x"\nbound = "registry:NCT00000001/status"\nvalue = "RECRUITING"\n'
RECORD = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "T"},
        "statusModule": {"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": {"date": "2026-11-01"}},
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "S", "class": "OTHER"}},
        "designModule": {"studyType": "INTERVENTIONAL"},
    }
}


def record(status: str, updated: str) -> dict:
    module = {"overallStatus": status, "lastUpdatePostDateStruct": {"date": updated}}
    return {"protocolSection": RECORD["protocolSection"] | {"statusModule": module}}


def test_a_registry_claim_follows_its_record(tmp_path: Path) -> None:
    page = write(tmp_path, "[x]{claim=a}", REGISTRY)
    alone = check(page, day=DAY)
    assert alone.claims[0].status == "not checked" and alone.ok
    store = Store(tmp_path / "trials.sqlite")
    assert check(page, store, DAY).claims[0].status == "unbacked"
    store.upsert(record("RECRUITING", "2026-11-01"), seen="2026-11-02")
    assert check(page, store, DAY).claims[0].status == "backed"
    store.upsert(record("RECRUITING", "2026-12-24"), seen="2026-12-24")
    assert check(page, store, DAY).claims[0].status == "stale"
    store.upsert(record("COMPLETED", "2026-12-25"), seen="2026-12-25")
    assert check(page, store, DAY).claims[0].status == "contradicted"


def test_the_three_stages_are_computed_and_no_clinician_is_claimed(tmp_path: Path) -> None:
    page = write(tmp_path, "[x]{claim=one}", CLAIM + JOURNAL)
    primary, medical, registry = stages(page, check(page, day=DAY))
    assert (primary.state, primary.on, primary.by) == ("full", DAY, "by program")
    assert medical.state == "none" and medical.on is None and "No clinician has reviewed this page" in medical.says
    assert registry.state == "none" and registry.on is None
    assert stages(page, check(page, day=DAY), DAY)[2].state == "full"
    late = check(page, day=DAY + timedelta(days=200))
    assert stages(page, late)[0].state == "none" and "1 due to be read again" in stages(page, late)[0].says


@pytest.mark.parametrize(
    "said",
    [
        "It helps 48 of them.",
        "It came in May 2017.",
        "It is 5% better.",
        "It was approved in Japan.",
        "It is the first treatment for lupus.",
        "They waited three long weeks.",
        "One in ten has it.",
        "Half of them had it.",
    ],
)
def test_facts_without_a_mark_are_found(tmp_path: Path, said: str) -> None:
    assert fact(said)
    report = checked(tmp_path, f"Fine. {said} Fine.")
    assert [u.text for u in report.unmarked] == [said] and not report.ok
    assert report.unmarked[0].where.endswith("small.md:1")


@pytest.mark.parametrize(
    "said",
    [
        "CD19 sits on B cells.",
        "A CD28 or 4-1BB part helps.",
        "IL-6 brings fever.",
        "That day is called day 0.",
        "Grade 3 is severe.",
        "In the first weeks you rest.",
        "First, blood is taken.",
        "You stay two or more nights.",
    ],
)
def test_plain_sentences_are_let_be(said: str) -> None:
    assert fact(said) is None


@pytest.mark.parametrize(
    ("bound", "value"), [("trial:eliana/published/crs_any", 77), ("trial:juliet/published/not_infused", 30)]
)
def test_what_was_read_in_another_text_is_told_and_its_stage_is_not_done(
    bound: str, value: int, tmp_path: Path
) -> None:
    table = f'[claims.a]\nsays = "x"\nbound = "{bound}"\nvalue = {value}\n'
    page = write(tmp_path, "[x]{claim=a}", table)
    report = check(page, day=DAY)
    assert report.claims[0].second_hand and report.ok
    primary = stages(page, report)[0]
    assert primary.state == "half" and "1 of them was read second-hand" in primary.says


def test_a_number_inside_a_claim_is_marked(tmp_path: Path) -> None:
    assert not checked(
        tmp_path, "Of them [48 of 100]{claim=one} had it. [Then 5. And 6.]{claim=one}", CLAIM + JOURNAL
    ).unmarked


def test_every_binding_says_what_it_rests_on() -> None:
    thing = bound.look_up("trial:eliana/published/crs_any")
    assert "Kymriah" in thing.source and "Penn" in thing.place and thing.n == 79 and thing.unit == "%"
    with pytest.raises(LivingDrugError, match="unknown kind of binding"):
        bound.look_up("x:y")
