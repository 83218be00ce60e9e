"""The table of approvals beside the labels in force: what is to be re-read, and where sources disagree."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from emulator.labels import LabelStores, MadeLabel, openfda_record
from livingdrug.cli.approvals import app as approvals_app
from livingdrug.cli.trials import app as trials_app
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports import approvals as table_of_approvals
from livingdrug.registry.reports import labels as review
from livingdrug.registry.reports.approvals import _table, approvals, read_table, wanted_labels
from livingdrug.registry.sync.labels import SERVICES, sync_labels

CILTA = MadeLabel("Carvykti", "ciltacabtagene autoleucel", version=12, effective="2026-07-21")
LISO = MadeLabel(
    "Breyanzi",
    "lisocabtagene maraleucel",
    version=9,
    effective="2026-02-11",
    uses=(
        "adult patients with relapsed or refractory marginal zone lymphoma (MZL) who have received at least 2 prior"
        " lines of systemic therapy",
        "adult patients with relapsed chronic lymphocytic leukemia (CLL) or small lymphocytic lymphoma (SLL)",
    ),
)
WARNED = CILTA.next("2026-10-20", heading=f"{CILTA.heading} and IMMUNE EFFECTOR CELL-ASSOCIATED ENTEROCOLITIS")


REAL = _table()


def made_table() -> dict[str, Any]:
    """A table of approvals that stays as it is: two products of the FDA, the second with two entries."""
    table = copy.deepcopy(REAL)
    blank = {"agency": "FDA", "country": "United States", "stage": "approved", "line": "after at least 2 lines",
             "date": "2022-02-28", "date_is": "approval", "basis": "not read", "source": ["openfda_label"]}  # fmt: skip
    cilta = {**blank, "product": CILTA.generic, "brand": CILTA.brand, "indication": "multiple myeloma"}
    zones = {**blank, "product": LISO.generic, "brand": LISO.brand, "indication": "marginal zone lymphoma"}
    chronic = "chronic lymphocytic leukaemia or small lymphocytic lymphoma; accelerated"
    other = {**zones, "indication": chronic, "line": "not read"}
    elsewhere = [a for a in table["approval"] if a["agency"] != "FDA"]
    said = {"agency": "FDA", "stage": "in the label", "source": ["openfda_label"]}
    both = "cytokine release syndrome; neurological toxicities; secondary hematological malignancies"
    colitis = "immune effector cell-associated enterocolitis, from October 2025"
    unread = {"agency": "FDA", "set_id": "not read", "version": "not read", "source": ["openfda_label"]}
    return table | {
        "approval": [cilta, zones, other, *elsewhere],
        "warning": [
            {**said, "says": both, "products": [CILTA.generic]},
            {**said, "says": colitis, "products": [CILTA.generic], "stage": "reported, not confirmed"},
        ],
        "label": [
            {**unread, "product": CILTA.generic, "date": "2026-07-21"},
            {**unread, "product": LISO.generic, "date": "not read"},
        ],
    }


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_table()
    monkeypatch.setattr(table_of_approvals, "_table", lambda: made)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "t.sqlite"


def run(app: Any, *words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(map(str, words)))
    assert result.exit_code == code, result.output
    assert not result.exception or isinstance(result.exception, SystemExit)
    return result


def fetched(db: Path, *made: MadeLabel, copies: dict[str, dict[str, Any]] | None = None) -> Store:
    store = Store(db)
    with LabelStores(*made) as stores:
        stores.openfda |= copies or {}
        for service in SERVICES:
            sync_labels(store, wanted_labels(), service=service, base_url=stores.urls[service])
    return store


def of(db: Path, *made: MadeLabel, **options: Any) -> review.LabelInForce:
    (found,) = review.labels_in_force(fetched(db, *made, **options)).values()
    return found


def with_basis(monkeypatch: pytest.MonkeyPatch, product: str, **basis: Any) -> None:
    """The table with another row on which label a product was read from."""
    table = made_table()
    (row,) = [r for r in table["label"] if r["product"] == product]
    row.update(basis)
    rows = read_table(table)
    monkeypatch.setattr(review, "approvals", lambda: rows)


def test_every_product_of_the_table_is_asked_for_once() -> None:
    wanted = wanted_labels()
    assert sorted(w.product for w in wanted) == sorted({a.product for a in approvals()})
    assert {w.brand for w in wanted if w.brand} == {a.brand for a in approvals()} - {"not read"}


@pytest.mark.parametrize(
    "basis, standing, why",
    [
        ({"version": 12}, review.CURRENT, "read from version 12, DailyMed has version 12 of 2026-07-21"),
        ({"version": 11}, review.REREAD, "read from version 11, DailyMed has version 12"),
        ({"version": 13}, review.REREAD, "read from version 13, DailyMed has version 12"),
        ({"date": "2026-07-21"}, review.CURRENT, "read from the label of 2026-07-21, DailyMed has version 12 of"),
        ({"date": "2026-07-20"}, review.REREAD, "read from the label of 2026-07-20, DailyMed has version 12 of"),
        ({"date": "not read"}, review.UNBOUND, "does not say which version it was read from"),
        ({"set_id": "00000000-0000-0000-0000-000000000001"}, review.REREAD, "was read from the label 00000000-"),
    ],
)
def test_how_the_table_stands_to_the_label(
    db: Path, monkeypatch: pytest.MonkeyPatch, basis: dict[str, Any], standing: str, why: str
) -> None:
    store = fetched(db, CILTA)
    with_basis(monkeypatch, CILTA.generic, **basis)
    (found,) = review.labels_in_force(store).values()
    assert found.standing == standing and why in found.why


def test_a_label_newer_than_the_day_of_reading_is_to_be_reread(db: Path) -> None:
    assert of(db, replace(LISO, effective="2026-12-24")).standing == review.REREAD
    assert review.labels_in_force(fetched(db.with_name("u"), LISO))[LISO.generic].standing == review.UNBOUND


def test_a_label_of_a_product_that_the_table_has_no_entry_for(db: Path) -> None:
    found = of(db, MadeLabel("Satricel", "satricabtagene autoleucel"))
    assert found.standing == review.REREAD and "has no entry of the FDA" in found.why


@pytest.mark.parametrize(
    "wrong",
    [{"set_id": "12"}, {"version": "twelve"}, {"version": 0}, {"version": True}, {"date": "July"}, {"date": "2026-07"}],
)
def test_a_row_of_labels_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    table = made_table()
    table["label"][0].update(wrong)
    with pytest.raises(RegistryError, match=f"is no {next(iter(wrong))} of a label"):
        read_table(table)


def remarks(db: Path, *made: MadeLabel, **options: Any) -> str:
    return "\n".join(of(db, *made, **options).remarks)


def test_the_copy_that_lags_or_differs_is_told_and_dailymed_counts(db: Path) -> None:
    old, number = openfda_record(CILTA), CILTA.number
    found = of(db, WARNED, copies={number: old})
    assert (found.service, found.version) == ("dailymed", 13)
    assert "openFDA lags with version 12 of 2026-07-21: DailyMed counts" in found.remarks
    ahead = remarks(db.with_name("b"), CILTA, copies={number: openfda_record(WARNED)})
    assert "openFDA is ahead with version 13 of 2026-10-20: DailyMed counts" in ahead
    other = {**old, "boxed_warning": ["WARNING: FEVER"], "effective_time": "20260720"}
    told = remarks(db.with_name("c"), CILTA, copies={number: other})
    assert "openFDA's copy of version 12 differs in: date, boxed title; DailyMed counts" in told
    assert "openFDA" not in remarks(db.with_name("d"), CILTA)


def test_openfda_alone_is_used_and_named(db: Path) -> None:
    store = Store(db)
    with LabelStores(CILTA) as stores:
        sync_labels(store, wanted_labels(), service="openfda", base_url=stores.urls["openfda"])
    (found,) = review.labels_in_force(store).values()
    assert found.service == "openfda" and found.why.endswith("openFDA has version 12 of 2026-07-21")


def test_boxed_warnings_are_held_against_the_table(db: Path) -> None:
    told = remarks(db, WARNED)
    assert "the box names 'immune effector cell-associated enterocolitis', which the table calls reported" in told
    assert "does not name" not in told
    less = replace(CILTA, heading="WARNING: CYTOKINE RELEASE SYNDROME and NEUROLOGIC TOXICITIES")
    told = remarks(db.with_name("b"), less)
    assert "the box does not name 'secondary hematological malignancies', which the table has" in told
    assert "'neurological toxicities'" not in told and "enterocolitis" not in told


def test_indications_are_held_against_the_table(db: Path) -> None:
    assert "indications" not in remarks(db, LISO)
    other = replace(LISO, uses=("adult patients with mantle cell lymphoma", LISO.uses[0].replace("least 2", "least 3")))
    told = remarks(db.with_name("b"), other)
    assert "name MCL; no entry of the table does" in told
    assert "do not name 'chronic lymphocytic leukaemia or small lymphocytic lymphoma'" in told
    assert "the label says 3 lines of treatment before, the table 'after at least 2 lines'" in told
    assert "central nervous" not in told  # what it is not indicated for


# what a user types and reads


def test_sync_labels_and_approvals(db: Path) -> None:
    with LabelStores(WARNED, LISO) as stores:
        stores.openfda[CILTA.number] = openfda_record(CILTA)
        for service in SERVICES:
            words = ("sync", "--labels", "--registry", service, "--base-url", stores.urls[service], "--db", db)
            printed = run(trials_app, *words).stdout
            without = f"{len(wanted_labels()) - 2} without a label there"
            assert f"2 new, 0 changed, 0 unchanged, 0 quarantined, {without}" in printed
        assert "openFDA labels:" in printed and "(data of 2026-08-04)" in printed
        assert "ciltacabtagene autoleucel: to be re-read: the table was read from the label of 2026-07-21" in printed
        assert "  openFDA lags with version 12" in printed
        done = json.loads(run(trials_app, *words, "--json").stdout)
    assert (done["new"], done["unchanged"], done["labels"], done["failures"]) == (0, 2, 2, [])
    assert done["review"][CILTA.generic]["standing"] == "to be re-read"
    page = run(approvals_app, "--product", "Carvykti", "--db", db).stdout
    assert "FDA, United States: approved; to be re-read\n" in page
    assert "label     version 13 of 2026-10-20 (DailyMed, seen 20" in page and WARNED.heading in page
    assert "versions  13 of 2026-10-20, 12 of 2026-07-21, 2 of 2025-11-03" in page
    assert page.endswith(
        "To be re-read: 1 entries; their labels have changed since, or are not those that were read.\n"
    )
    whole = run(approvals_app, "--db", db).stdout
    assert whole.count("  label     version") == 3 and "  look at" not in whole  # both entries of one product


def test_json_keeps_its_keys_and_gains_some(db: Path) -> None:
    before = json.loads(run(approvals_app, "--json", "--db", db).stdout)
    assert before["labels_seen"] is None and {a["label"] for a in before["approvals"]} == {None}
    fetched(db, WARNED)
    said = json.loads(run(approvals_app, "--json", "--db", db).stdout)
    assert {"total", "approvals"} < set(said) and said["total"] == len(approvals()) and said["labels_seen"]
    kept = {"product", "brand", "agency", "country", "stage", "indication", "line", "date", "date_is", "basis",
            "sources", "note", "boxed_warnings", "monitoring", "not_read"}  # fmt: skip
    rows = {(a["product"], a["agency"]): a for a in said["approvals"]}
    assert all(kept | {"label", "to_be_reread", "read_from_label"} == set(a) for a in rows.values())
    row = rows[CILTA.generic, "FDA"]
    assert row["to_be_reread"] and row["label"]["version"] == 13 and row["label"]["boxed_title"] == WARNED.heading
    assert row["read_from_label"]["date"] == "2026-07-21" and row["label"]["versions"]["12"] == "2026-07-21"
    assert all(a["label"] is None for (_, agency), a in rows.items() if agency != "FDA")


def test_without_labels_the_table_is_shown_and_says_so(db: Path, tmp_path: Path) -> None:
    assert "none fetched; `livingdrug trials sync --labels`" in run(approvals_app, "--db", db).stdout
    Store(db)
    assert "none fetched" in run(approvals_app, "--db", db).stdout
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"notes, not a mirror " * 400)
    result = run(approvals_app, "--db", damaged)
    assert "entries" in result.stdout and str(damaged) in result.stderr and "mend:" in result.stderr


def test_a_failing_service_ends_with_2_after_telling_the_rest(db: Path) -> None:
    with LabelStores(CILTA, LISO, faults={f"{LISO.number}.xml": "503"}) as stores:
        words = ("sync", "--labels", "--registry", "dailymed", "--base-url", stores.urls["dailymed"], "--db", db)
        result = run(trials_app, *words, code=2)
        assert "1 new" in result.stdout and "1 left for the next run" in result.stdout
        assert "DailyMed: Breyanzi: the registry gives no usable answer (status 503)" in result.stderr
        said = run(trials_app, *words, "--json", code=2)
        assert len(json.loads(said.stdout)["failures"]) == 1
        stores.faults.clear()
        assert "2 new" in (again := run(trials_app, *words).stdout) and "taken up where it had stopped" in again


def test_an_unreadable_answer_is_counted_and_ends_with_0(db: Path) -> None:
    with LabelStores(CILTA, faults={".xml": "other-shape"}) as stores:
        words = ("sync", "--labels", "--registry", "dailymed", "--base-url", stores.urls["dailymed"], "--db", db)
        printed = run(trials_app, *words).stdout
        assert "0 new, 0 changed, 0 unchanged, 1 quarantined" in printed
        assert "Carvykti: this is no label: XML that begins with 'label'" in printed


@pytest.mark.parametrize(
    "words, message",
    [
        ("sync --labels --all", "--labels fetches no studies"),
        ("sync --labels --cart", "--labels fetches no studies"),
        ("sync --labels --query x", "--labels fetches no studies"),
        ("sync --labels --registry ctgov", "unknown label service 'ctgov'"),
        ("sync --labels --registry dailymd", "did you mean 'dailymed'"),
        ("sync --registry dailymed", "unknown registry 'dailymed'"),
        ("sync --labels --base-url http://127.0.0.1:1", "one address cannot be that of several"),
        ("sync --labels --registry openfda --base-url nonsense", "not an address"),
        ("sync --labels --every fortnight", "unknown interval 'fortnight'"),
    ],
)
def test_wrong_words_are_refused(db: Path, words: str, message: str) -> None:
    assert message in run(trials_app, *words.split(), "--db", db, code=2).output
