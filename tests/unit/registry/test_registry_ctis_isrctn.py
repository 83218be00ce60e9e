"""EU CTIS and ISRCTN fill the same tables."""

from pathlib import Path

import pytest

from emulator.registers import Registers, ctis_trial, isrctn_trial
from emulator.studies import study
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports.feed import events
from livingdrug.registry.sync import ctis as flow
from livingdrug.registry.sync.sync import sync
from livingdrug.registry.terms.cart_queries import cart_queries


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "t.sqlite")


def ctis(store: Store, registers: Registers, day: int, query: str = "") -> dict[str, object]:
    return sync(store, query, registry="ctis", base_url=registers.ctis_url, started=f"2026-01-{day:02d}T00:00:00Z")


def test_ctis_list_and_retrieve(store: Store) -> None:
    with Registers() as registers:
        for serial in range(250):
            registers.put(ctis_trial(serial))
        done = ctis(store, registers, 1)
        assert done["new"] == 250 and len(store) == 250
        trial = store.reading("CTIS2023-500007-11")
        assert (trial.status, trial.status_stated, trial.phases) == (
            "RECRUITING",
            "Ongoing, recruiting",
            ("PHASE1", "PHASE2"),
        )
        assert (trial.sex, trial.minimum_age, trial.maximum_age) == ("FEMALE", "28 Days", "17 Years")
        assert (trial.enrollment, trial.sponsor, trial.countries) == (13, "Acme", ("Poland",))
        assert trial.start is not None and (trial.start.text, trial.start.type) == ("2021-04-28", "ACTUAL")
        asked = len(registers.requests)
        assert ctis(store, registers, 2)["changed"] == 0
        assert not any("retrieve" in r for r in registers.requests[asked:])


@pytest.mark.parametrize("instead", [None, 5])
def test_another_answer_than_the_trial_is_told_and_the_trial_asked_again(store: Store, instead: int | None) -> None:
    with Registers() as registers:
        for serial in range(3):
            registers.put(ctis_trial(serial))
        trial = registers.trials["2023-500001-11-00"]
        other = {"ctPublicStatusCode": 4} if instead is None else ctis_trial(instead)["record"]
        registers.put(trial | {"record": other})
        done = ctis(store, registers, 1)
        assert (done["new"], done["quarantined"], len(store)) == (2, 1, 2)
        registers.put(trial)
        assert ctis(store, registers, 2)["new"] == 1 and store.reading("CTIS2023-500001-11").sponsor == "Acme"


def test_ctis_updates_resubmissions_and_removals(store: Store) -> None:
    with Registers() as registers:
        for serial in range(5):
            registers.put(ctis_trial(serial))
        ctis(store, registers, 1)
        registers.put(ctis_trial(1, updated="20/08/2025", status=8))
        del registers.trials["2023-500002-11-00"]
        registers.put(ctis_trial(2, resubmission=1))
        del registers.trials["2023-500003-11-00"]
        assert ctis(store, registers, 2)["changed"] == 2
        assert store.reading("CTIS2023-500001-11").status == "COMPLETED"
        assert store.reading("CTIS2023-500002-11").url.endswith("2023-500002-11-01") and len(store) == 5
        assert ctis(store, registers, 3)["removed"] == 1
        assert [e.study for e in events(store, kinds=["removed"])] == ["CTIS2023-500003-11"]
        registers.put(ctis_trial(2, resubmission=0))
        ctis(store, registers, 4)
        assert store.reading("CTIS2023-500002-11").url.endswith("2023-500002-11-01")


def test_ctis_gives_at_most_so_many_a_search(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "CAP", 20)
    monkeypatch.setattr(flow, "PAGE", 10)
    with Registers(cap=20) as registers:
        for serial in range(70):
            registers.put(ctis_trial(serial, status=4 if serial < 37 else 5))
        assert ctis(store, registers, 1)["new"] == 70


def test_cart_questions_find_product_names(store: Store) -> None:
    with Registers() as registers:
        registers.put(ctis_trial(1, title="CTL019 in children"))
        registers.put(ctis_trial(2, title="Aspirin"))
        registers.isrctn = {"a": isrctn_trial("12345678", "JCAR017 & others"), "b": isrctn_trial("12345679", "Tea")}
        for query in cart_queries("ctis"):
            ctis(store, registers, 1, query)
        for query in cart_queries("isrctn"):
            sync(store, query, registry="isrctn", base_url=registers.isrctn_url)
    assert [i for i, _ in store.studies()] == ["CTIS2023-500001-11", "ISRCTN12345678"]


def test_isrctn_and_the_same_trial_elsewhere(store: Store) -> None:
    store.upsert(study(1))
    with Registers() as registers:
        registers.put(ctis_trial(1, numbers={"nctNumber": {"number": "NCT00000001"}}))
        ctis(store, registers, 1)
        registers.isrctn = {
            str(n): isrctn_trial(str(12345670 + n), f"Trial {n}", "NCT00000001" if n == 1 else "") for n in range(9)
        }
        done = sync(store, "", registry="isrctn", base_url=registers.isrctn_url)
        assert done["new"] == 9
        assert store.same_trial("NCT00000001") == ["CTIS2023-500001-11", "ISRCTN12345671", "NCT00000001"]
        del registers.isrctn["4"]
        assert sync(store, "", registry="isrctn", base_url=registers.isrctn_url)["removed"] == 0
        assert sync(store, "", registry="isrctn", base_url=registers.isrctn_url)["removed"] == 1


def test_a_ctis_run_that_was_cut_off_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with Registers() as registers:
        for serial in range(9):
            registers.put(ctis_trial(serial))
        retrieve, calls = flow._retrieve, iter(range(99))

        def cut_off(*args: object) -> None:
            if next(calls) == 4:
                raise KeyboardInterrupt
            retrieve(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(flow, "_retrieve", cut_off)
        with pytest.raises(KeyboardInterrupt):
            ctis(store, registers, 1)
        assert len(store) == 4
        asked = len(registers.requests)
        done = ctis(store, registers, 2)
        assert done["resumed"] and len(store) == 9
        assert sum("retrieve" in r for r in registers.requests[asked:]) == 5
