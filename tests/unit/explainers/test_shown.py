"""Explainers as the server shows them: nothing from a registry runs, no mirror is no fault, figures are there."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livingdrug.explainers import page as pages
from livingdrug.registry.mirror.store import Store
from livingdrug.web.paper import environment
from livingdrug.web.settings import Settings

Ask = Callable[[str], Any]


def shown_at_last(get: Ask, address: str) -> str:
    """A page, asked for again while its list of trials is being made."""
    end = time.monotonic() + 300
    while "being made ready" in (text := get(address).text):
        assert time.monotonic() < end, "the list was never ready"
    return text


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path | None], Ask]:
    """The application with a mirror, or without one."""
    from fastapi.testclient import TestClient

    from livingdrug.web.app import build

    monkeypatch.setattr("livingdrug.web.pages._mirror.default_path", lambda: tmp_path / "none.sqlite")
    monkeypatch.setattr("livingdrug.web.pages._mirror.LOOK", 0.0)

    def made(mirror: Path | None) -> Ask:
        settings = Settings(mirror=mirror, folder=tmp_path / "web", hosts=("testserver",))
        return TestClient(build(settings), raise_server_exceptions=True).get

    return made


def record(number: int, title: str) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": title},
            "statusModule": {"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": {"date": "2026-11-01"}},
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "S", "class": "OTHER"}},
            "conditionsModule": {"conditions": ["Leukemia"]},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"]},
            "armsInterventionsModule": {"interventions": [{"type": "BIOLOGICAL", "name": "CD19 CAR-T cells"}]},
        }
    }


def test_script_in_a_title_is_inert(tmp_path: Path, ask: Callable[[Path | None], Ask]) -> None:
    store = Store(tmp_path / "trials.sqlite")
    hostile = "CAR-T cells <script>alert(1)</script> \" onload='x'"
    store.upsert(record(1, hostile), seen="2026-11-02")
    shown = shown_at_last(ask(store.path), "/explained/car-t")
    assert "NCT00000001" in shown and "<script>alert" not in shown and "&lt;script&gt;alert(1)" in shown
    assert "Open · phase 1 and phase 2" in shown


def test_the_list_follows_the_mirror(tmp_path: Path, ask: Callable[[Path | None], Ask]) -> None:
    store = Store(tmp_path / "trials.sqlite")
    get = ask(store.path)
    assert "holds no study yet" in shown_at_last(get, "/explained/car-t")
    ended = record(1, "CAR-T cells in leukemia, ended")
    ended["protocolSection"]["statusModule"]["overallStatus"] = "COMPLETED"
    store.upsert(ended, seen="2026-11-01")
    assert "None in the copy of the registries" in shown_at_last(get, "/explained/car-t")
    store.upsert(record(2, "CAR-T cells in leukemia"), seen="2026-11-02")
    assert "NCT00000002" in shown_at_last(get, "/explained/car-t")


def test_a_page_does_not_wait_for_its_trials(
    tmp_path: Path, ask: Callable[[Path | None], Ask], monkeypatch: pytest.MonkeyPatch
) -> None:
    from livingdrug.web.pages import _now

    store = Store(tmp_path / "trials.sqlite")
    store.upsert(record(3, "CAR-T cells in leukemia"), seen="2026-11-02")
    go = threading.Event()
    slow = _now._search

    def waiting(*given: Any) -> Any:
        go.wait(60)
        return slow(*given)

    monkeypatch.setattr(_now, "_search", waiting)
    monkeypatch.setattr(_now, "PATIENCE", 0.01)
    get = ask(store.path)
    answer = get("/explained/car-t")
    assert answer.status_code == 200 and "The list is being made ready" in answer.text
    go.set()
    monkeypatch.setattr(_now, "PATIENCE", 5.0)
    assert "NCT00000003" in shown_at_last(get, "/explained/car-t")


def test_without_a_mirror_every_page_stands(ask: Callable[[Path | None], Ask]) -> None:
    get = ask(None)
    for name in pages.names():
        answer = get(f"/explained/{name}")
        assert answer.status_code == 200 and "copy of the registries" in answer.text or "made ready" in answer.text


def test_a_damaged_mirror_is_said_and_the_page_stands(tmp_path: Path, ask: Callable[[Path | None], Ask]) -> None:
    broken = tmp_path / "trials.sqlite"
    broken.write_bytes(b"this is no mirror at all" * 100)
    answer = ask(broken)("/explained/car-t")
    assert answer.status_code == 200 and "copy of the registries" in answer.text


@pytest.mark.parametrize("name", pages.names())
def test_ids_are_unique_and_marks_lead_to_sources(name: str, tmp_path: Path, ask: Callable[[Path | None], Ask]) -> None:
    Store(tmp_path / "trials.sqlite")
    shown = ask(tmp_path / "trials.sqlite")(f"/explained/{name}").text
    ids = re.findall(r'\sid="([^"]+)"', shown)
    assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)
    assert {m for m in re.findall(r'href="#([^"]+)"', shown)} <= set(ids)
    assert 'style="' not in shown and "onclick" not in shown


def test_every_figure_of_a_page_is_there() -> None:
    there = {t for t in environment().list_templates() if t.startswith(("figures/", "stills/"))}
    if not any(t.startswith("figures/") for t in there):
        pytest.skip("no living figure is in this checkout")
    named = {f"{kind}s/{key}.html" for n in pages.names() for kind in ("figure", "still")
             for key, _ in pages.find(n).text.uses[kind]}  # fmt: skip
    assert named <= there
