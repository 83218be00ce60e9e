"""The same trial in two registries is one trial, whatever the order in which the records come."""

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from emulator.studies import study
from livingdrug.registry.mirror.crosslinks import join
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.identifiers import linking_number


def nct(number: int, *secondary: tuple[str, str]) -> dict[str, Any]:
    record = study(number)
    record["protocolSection"]["identificationModule"]["secondaryIdInfos"] = [{"type": t, "id": i} for t, i in secondary]
    return record


CTIS = {
    "ctNumber": "2023-505613-24-01",
    "ctPublicStatusCode": 4,
    "authorizedApplication": {
        "authorizedPartI": {
            "trialDetails": {
                "clinicalTrialIdentifiers": {
                    "fullTitle": "One trial",
                    "secondaryIdentifyingNumbers": {"nctNumber": {"number": "NCT00000021"}},
                }
            }
        },
        "eudraCt": {"eudraCtCode": "2019-003842-34"},
    },
}
EUCTR = [
    {"a2_eudract_number": "2019-003842-34", "_id": f"2019-003842-34-{c}", "x5_trial_status": "Ongoing"}
    for c in ("BE", "ES")
]
ISRCTN = {"isrctn": "12949496", "trialDescription": {}, "externalRefs": {"clinicalTrialsGovNumber": "NCT00000021"}}


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_four_registries_one_trial_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    records: list[Any] = [nct(21), CTIS, EUCTR, ISRCTN]
    store = Store(tmp_path / "t.sqlite")
    for i in order:
        for record in records[i] if isinstance(records[i], list) else [records[i]]:
            store.upsert(record)
    ids = ["CTIS2023-505613-24", "EUCTR2019-003842-34-BE", "EUCTR2019-003842-34-ES", "ISRCTN12949496", "NCT00000021"]
    assert store.same_trial("NCT00000021") == ids
    assert {t for (t,) in store.connect().execute("SELECT trial FROM study")} == {"NCT00000021"}
    assert store.resolve("2019-003842-34") == store.resolve("ISRCTN12949496".lower().upper()[6:]) == "NCT00000021"


def test_an_extension_that_names_its_parents_number_is_another_trial(tmp_path: Path) -> None:
    parent, extension = nct(31, ("EUDRACT_NUMBER", "2019-003842-34")), nct(32, ("EUDRACT_NUMBER", "2019-003842-34"))
    for records in ([parent, extension, *EUCTR], [*EUCTR, extension, parent]):
        store = Store(tmp_path / f"{records[0] is parent}.sqlite")
        for record in records:
            store.upsert(record)
        assert store.same_trial("NCT00000031")[-1] == "NCT00000031" and len(store.same_trial("NCT00000031")) == 3
        assert store.same_trial("NCT00000032") == ["NCT00000032"]


def test_records_that_name_each_other_come_before_those_that_only_name() -> None:
    e = ("EUDRACT", "2019-003842-34")
    numbers = {
        "NCT00000041": {("NCT", "NCT00000041"), e},
        "NCT00000042": {("NCT", "NCT00000042"), e},
        "EUCTR2019-003842-34-BE": {e, ("NCT", "NCT00000042")},
    }
    registry = {i: "euctr" if i[0] == "E" else "ctgov" for i in numbers}
    assert join(numbers, registry) == {
        "NCT00000041": "NCT00000041",
        "NCT00000042": "NCT00000042",
        "EUCTR2019-003842-34-BE": "NCT00000042",
    }


def test_a_link_that_is_withdrawn_is_undone(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    store.upsert(EUCTR[0])
    store.upsert(nct(51, ("EUDRACT_NUMBER", "2019-003842-34")))
    assert len(store.same_trial("NCT00000051")) == 2
    revision = store.revision()
    store.upsert(nct(51, ("OTHER", "none")), newest=True)
    assert store.same_trial("NCT00000051") == ["NCT00000051"]
    assert store.changed_since(revision) == ["EUCTR2019-003842-34-BE", "NCT00000051"]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("2019-003842-34", "EUDRACT", "2019-003842-34"),
        ("EudraCT: 2019-003842-34", "EUDRACT", "2019-003842-34"),
        ("2023-505613-24-01", "CTIS", "2023-505613-24"),
        ("ISRCTN12949496", "ISRCTN", "12949496"),
        ("nct02435849", "NCT", "NCT02435849"),
    ],
)
def test_registry_numbers_are_known_by_their_form(text: str, kind: str, value: str) -> None:
    found = linking_number(text)
    assert found is not None and (found.kind, found.value) == (kind, value)


def test_other_numbers_are_no_registry_numbers() -> None:
    assert [linking_number(t) for t in ("CLN-001", "2019-003842", "19-0038-42", "NCT1", "")] == [None] * 5
