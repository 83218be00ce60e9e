"""A sync misses nothing and doubles nothing, however awkward the registry."""

import copy
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.ctgov import Ctgov
from emulator.studies import lapsed, number, studies, study, updated
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports.feed import events
from livingdrug.registry.sync.client import Client
from livingdrug.registry.sync.sync import repeat, sync
from livingdrug.registry.terms.cart_queries import cart_names, cart_queries
from thoroughness import some_of

DAY = "2026-01-{:02d}T06:00:00Z"


class Mirror:
    """A store that is synced day by day."""

    def __init__(self, path: Path, registry: Ctgov, query: str = "") -> None:
        self.store, self.registry, self.query, self.day = Store(path / "t.sqlite"), registry, query, 0

    def sync(self, **options: Any) -> dict[str, Any]:
        self.day += 1
        options = {"page_size": 10, "started": DAY.format(self.day), "sleep": lambda s: None} | options
        return sync(self.store, self.query, base_url=self.registry.base_url, **options)

    def same(self) -> bool:
        """Whether every listed record is kept as the registry has it, but for the daily stamp."""
        kept = dict(self.store.studies())
        return all(unstamped(kept[n]) == unstamped(r) for n, r in self.registry.records.items())

    def kinds(self) -> list[tuple[str, str]]:
        return [(e.study, e.kind) for e in events(self.store) if e.kind != "new"]


def unstamped(record: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in record.items() if k != "derivedSection"}


def test_first_load_then_nothing_then_a_day_without_changes(tmp_path: Path) -> None:
    with Ctgov(studies(35)) as registry:
        mirror = Mirror(tmp_path, registry)
        assert mirror.sync()["new"] == 35 and mirror.same()
        asked = len(registry.requests)
        assert mirror.sync()["up_to_date"] and len(registry.requests) == asked + 1
        registry.next_day()
        done = mirror.sync()
        assert (done["new"], done["changed"]) == (0, 0) and mirror.kinds() == []


@pytest.mark.parametrize("fault", ["429", "500", "503", "html", "truncated", "empty"])
def test_every_fault_at_every_request(tmp_path: Path, fault: str) -> None:
    with Ctgov(studies(25), faults={2 * n + 1: fault for n in range(12)}) as registry:
        mirror = Mirror(tmp_path, registry)
        assert mirror.sync()["new"] == 25 and mirror.same()


def test_a_registry_that_stays_silent_is_given_up_and_taken_up_later(tmp_path: Path) -> None:
    with Ctgov(studies(25), faults={n: "503" for n in range(3, 60)}) as registry:
        mirror = Mirror(tmp_path, registry)
        with pytest.raises(RegistryError, match=r"no usable answer \(status 503\)[\s\S]*goes on where it stopped"):
            mirror.sync()
        assert len(mirror.store) == 20
        registry.faults.clear()
        done = mirror.sync()
        assert done["resumed"] and done["new"] == 25 and mirror.same()
        assert [n for (n,) in mirror.store.connect().execute("SELECT DISTINCT first_seen FROM study")] == [
            DAY.format(1)
        ]


def test_silent_changes_are_found_by_the_sweep(tmp_path: Path) -> None:
    records = studies(30)
    for record in records:
        record["protocolSection"]["statusModule"]["overallStatus"] = "RECRUITING"
        record["protocolSection"]["statusModule"].pop("lastKnownStatus", None)
    with Ctgov(copy.deepcopy(records)) as registry:
        mirror = Mirror(tmp_path, registry)
        mirror.sync()
        registry.put(lapsed(records[3]))
        renamed = copy.deepcopy(records[4])
        renamed["protocolSection"]["sponsorCollaboratorsModule"]["leadSponsor"]["name"] = "Hospital of the North"
        registry.put(renamed)
        registry.put(updated(records[5], "2025-12-20", overallStatus="COMPLETED"))
        registry.put(study(9001, updated="2026-01-01"))
        registry.next_day()
        done = mirror.sync()
        assert (done["new"], done["changed"]) == (1, 3) and mirror.same()
        found = {(e.study, e.kind): e for e in events(mirror.store) if e.kind != "new"}
        lapse = found[number(records[3]), "status"]
        assert (lapse.before, lapse.after, lapse.silent, lapse.seen) == ("RECRUITING", "UNKNOWN", True, DAY.format(2))
        assert found[number(records[4]), "sponsor"].silent
        assert not found[number(records[5]), "status"].silent and len(found) == 3


def test_what_no_sweep_shows_is_found_by_rolling(tmp_path: Path) -> None:
    records = studies(28)
    with Ctgov(copy.deepcopy(records)) as registry:
        mirror = Mirror(tmp_path, registry)
        mirror.sync()
        for record in registry.records.values():
            record["protocolSection"]["referencesModule"] = {"references": [{"pmid": "1", "type": "DERIVED"}]}
        for _ in range(14):
            registry.next_day()
            mirror.sync()
        assert mirror.same()
        assert sorted(mirror.kinds()) == [(number(r), "references") for r in records]


def test_removed_moved_and_returned_studies(tmp_path: Path) -> None:
    records = studies(20)
    gone, moved, target = (number(records[i]) for i in (3, 5, 6))
    with Ctgov(copy.deepcopy(records)) as registry:
        mirror = Mirror(tmp_path, registry)
        mirror.sync()
        kept = registry.records.pop(gone)
        registry.records.pop(moved)
        registry.aliases[moved] = target
        registry.next_day()
        assert mirror.sync()["removed"] == 0
        assert mirror.kinds() == [(moved, "removed")] and mirror.store.resolve(moved) == moved
        registry.next_day()
        assert mirror.sync()["removed"] == 1
        assert mirror.store.record(gone) is not None
        registry.next_day()
        asked = len(registry.requests)
        mirror.sync()
        assert not any(gone in r or moved in r for r in registry.requests[asked:])
        registry.put(kept)
        registry.next_day()
        mirror.sync()
        assert sorted(k for n, k in mirror.kinds() if n == gone) == ["removed", "returned"]


def test_one_missing_sweep_is_no_removal(tmp_path: Path) -> None:
    with Ctgov(studies(20)) as registry:
        mirror = Mirror(tmp_path, registry)
        mirror.sync()
        kept = registry.records.pop("NCT00001005")
        registry.next_day()
        mirror.sync()
        registry.put(kept)
        registry.next_day()
        mirror.sync()
        registry.records.pop("NCT00001005")
        registry.next_day()
        mirror.sync()
        assert mirror.kinds() == []


def test_a_refresh_in_the_middle_begins_again(tmp_path: Path) -> None:
    records = studies(40)
    with Ctgov(copy.deepcopy(records)) as registry:

        def refresh() -> None:
            registry.put(study(500, updated="2026-01-01"))
            registry.put(updated(records[2], "2026-01-01", overallStatus="SUSPENDED"))
            registry.records.pop(number(records[30]))
            registry.next_day()

        registry.moves = {3: refresh, 9: registry.next_day}
        mirror = Mirror(tmp_path, registry)
        done = mirror.sync()
        assert done["data_timestamp"] == registry.data_timestamp and mirror.same()
        assert "NCT00000500" in dict(mirror.store.studies())


@pytest.mark.parametrize("cut_at", some_of(range(2, 14)))
def test_a_run_cut_off_for_weeks_is_taken_up_with_the_day_it_is_seen(tmp_path: Path, cut_at: int) -> None:
    records = studies(30)
    with Ctgov(copy.deepcopy(records), faults={n: "503" for n in range(cut_at, 99)}) as registry:
        mirror = Mirror(tmp_path, registry)
        try:
            mirror.sync()
        except RegistryError:
            pass
        registry.faults.clear()
        registry.put(updated(records[2], "2026-02-01", overallStatus="SUSPENDED"))
        registry.put(study(7777, updated="2026-02-01"))
        registry.records.pop(number(records[20]))
        for _ in range(3):
            registry.next_day()
            mirror.sync(started="2026-02-02T00:00:00Z")
        assert mirror.same() and len(mirror.store) in (30, 31)
        late = {e.seen for e in events(mirror.store)}
        assert late <= {"2026-02-02T00:00:00Z"}


def test_data_that_never_stand_still_are_given_up(tmp_path: Path) -> None:
    with Ctgov(studies(5)) as registry:
        registry.moves = {n: registry.next_day for n in range(1, 200)}
        with pytest.raises(RegistryError, match="moved again and again|refuses the question"):
            Mirror(tmp_path, registry).sync()


def test_a_query_keeps_to_its_studies(tmp_path: Path) -> None:
    records = [study(i, title=f"{'Zebrafish' if i % 2 else 'Other'} study {i}") for i in range(1, 21)]
    with Ctgov(copy.deepcopy(records)) as registry:
        mirror = Mirror(tmp_path, registry, query='"zebrafish"')
        assert mirror.sync()["new"] == 10
        leaver = updated(records[0], "2026-01-02")
        leaver["protocolSection"]["identificationModule"]["briefTitle"] = "No fish"
        registry.put(leaver)
        registry.next_day()
        mirror.sync()
        assert mirror.store.reading("NCT00000001").title == "No fish"
        assert mirror.kinds() == [("NCT00000001", "title")]


def test_a_list_of_numbers_is_asked_as_ids(tmp_path: Path) -> None:
    with Ctgov(studies(12)) as registry:
        mirror = Mirror(tmp_path, registry, query="NCT1003, nct00001004 OR NCT00001005")
        assert mirror.sync()["new"] == 3
        assert all("query.term" not in r for r in registry.requests)


def test_a_refused_question_is_told(tmp_path: Path) -> None:
    with Ctgov(studies(3)) as registry:
        with pytest.raises(RegistryError, match="refuses the question: Error parsing query in query.term"):
            Mirror(tmp_path, registry, query="CD19 (").sync()


def test_bad_records_of_the_registry_are_counted_and_the_rest_kept(tmp_path: Path) -> None:
    records = studies(12)
    records[4]["protocolSection"]["identificationModule"]["nctId"] = "NCT00001005 "
    with Ctgov(records) as registry:
        bad = copy.deepcopy(records[5])
        bad["protocolSection"]["identificationModule"]["nctId"] = None
        registry.records["bad"] = bad
        done = Mirror(tmp_path, registry).sync()
        assert (done["new"], done["quarantined"]) == (12, 1)


def test_two_syncs_of_one_file_do_not_meet(tmp_path: Path) -> None:
    from livingdrug.registry.sync.run import locked

    with Ctgov(studies(3)) as registry, locked(Store(tmp_path / "t.sqlite")):
        with pytest.raises(RegistryError, match="another sync of this mirror is running"):
            Mirror(tmp_path, registry).sync()


def test_an_address_that_is_no_registry(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    with Ctgov([]) as registry:
        with pytest.raises(RegistryError, match="does not know this"):
            sync(store, "", base_url=registry.base_url + "/elsewhere")
    with pytest.raises(RegistryError, match="no usable answer"):
        sync(store, "", base_url=registry.base_url, sleep=lambda s: None)
    for address in ("nonsense", "ftp://example.org", "http://"):
        with pytest.raises(RegistryError, match="not an address"):
            sync(store, "", base_url=address)
    with pytest.raises(RegistryError, match="unknown registry 'xyz'"):
        sync(store, "", registry="xyz")


def test_politeness() -> None:
    import httpx

    waits: list[float] = []
    answers = iter(
        [httpx.Response(429, headers={"Retry-After": "7"}), *(httpx.Response(200, json={}) for _ in range(3))]
    )
    agents: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        agents.add(request.headers["User-Agent"])
        return next(answers)

    client = Client("https://registry.example", transport=httpx.MockTransport(answer), sleep=waits.append)
    client.get("/one")
    assert max(waits) == pytest.approx(7, abs=0.5)
    client.get("/two")
    assert 0.5 < waits[-1] <= 7 and client.pause == 1.0
    assert agents.pop().startswith("livingdrug/")
    assert (
        Client("http://127.0.0.1:1").pause == Client("http://localhost:1").pause == Client("http://[::1]:1").pause == 0
    )
    assert Client("http://127.0.0.1.example.org").pause == 1.0


def test_retries_wait_longer_and_longer_with_jitter() -> None:
    import httpx

    waits: list[float] = []
    broken = httpx.MockTransport(lambda request: httpx.Response(500))
    client = Client("https://registry.example", transport=broken, sleep=waits.append)
    with pytest.raises(RegistryError, match="status 500"):
        client.get("/")
    assert len(waits) == 7 and 1 <= waits[0] <= 3 and waits[-1] >= 60 and max(waits) <= 180


def test_the_cart_query_knows_the_products_and_not_only_the_words() -> None:
    names = {n.lower() for n in cart_names()}
    assert {"car-t", "car t", "chimeric antigen receptor", "car-nk"} <= names
    assert {"ctl019", "jcar017", "tisagenlecleucel", "kymriah", "bb2121", "jnj-68284528"} <= names
    queries = cart_queries("ctgov")
    assert (
        all(len(q) < 2500 for q in queries)
        and {n for q in queries for n in q.lower().strip('"').split('" or "')} == names
    )
    assert set(json.loads(cart_queries("ctis")[0])["containAny"].lower().split(", ")) == names


def test_eliana_ensign_and_transform_are_found_by_their_product_names(tmp_path: Path) -> None:
    pivotal = {
        2435849: "Determine Efficacy and Safety of CTL019 in Pediatric Patients With B-cell ALL",
        2228096: "Study of Efficacy and Safety of CTL019 in Pediatric ALL Patients",
        3575351: "A Study to Compare the Efficacy and Safety of JCAR017 to Standard of Care",
    }
    records = [study(n, title=t) for n, t in pivotal.items()] + [study(77, title="Aspirin")]
    for record in records:
        record["protocolSection"]["descriptionModule"]["briefSummary"] = "Nothing."
        record["protocolSection"]["armsInterventionsModule"]["interventions"] = []
    with Ctgov(records) as registry:
        store = Store(tmp_path / "t.sqlite")
        for query in cart_queries("ctgov"):
            sync(store, query, base_url=registry.base_url)
    assert {i for i, _ in store.studies()} == {f"NCT{n:08d}" for n in pivotal}


def test_repeating_goes_on_after_a_bad_day() -> None:
    days, shown, slept = iter([None, RegistryError("no answer"), None]), [], []

    def work() -> None:
        if trouble := next(days):
            raise trouble

    repeat(work, "day", shown.append, sleep=slept.append, clock=lambda: 0.0, rounds=3)
    assert shown == ["no answer"] and slept == [86400, 86400]
    with pytest.raises(RegistryError, match="unknown interval 'fortnight'"):
        repeat(work, "fortnight", shown.append)


@pytest.mark.parametrize("answers_first, tries", [(False, 3), (True, 8)])
def test_a_registry_never_reached_is_given_up_sooner_than_one_that_stumbles(answers_first, tries):
    asked = []

    def answer(request):
        asked.append(request.url.path)
        if request.url.path == "/version":
            return httpx.Response(200, json={})
        raise httpx.ConnectError("no network")

    client = Client("http://registry.example", transport=httpx.MockTransport(answer), sleep=lambda _: None, pause=0.0)
    if answers_first:
        client.get("/version")
    with pytest.raises(RegistryError, match="no usable answer .*no network"):
        client.get("/studies")
    assert asked.count("/studies") == tries
