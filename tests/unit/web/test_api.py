"""The JSON interface: one form of error whatever is sent, and what the command line says."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from livingdrug.scenario import link
from livingdrug.web.api.jobs import policy
from livingdrug.web.api.run import ArmAsked, text_of
from livingdrug.web.app import build
from livingdrug.web.pages._runs import piece_of, scenario_of
from livingdrug.web.settings import Limits, Settings
from thoroughness import some

FORM = {"ok", "error", "where", "allowed", "mend", "nearest", "errors", "status"}
PATIENTS = 70


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    made = build(Settings(folder=tmp_path_factory.mktemp("web"), workers=1, limits=Limits(waiting=8)))
    with TestClient(made, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def is_fault(found: Any) -> dict[str, Any]:
    """The error that came back; it has the one form, and a status that fits it."""
    said = found.json()
    assert set(said) == FORM and said["ok"] is False and said["status"] == found.status_code
    assert said["error"] and isinstance(said["error"], str)
    assert 400 <= found.status_code < 500 and "Traceback" not in found.text
    return dict(said)


@pytest.fixture(scope="module")
def run(client: TestClient) -> dict[str, Any]:
    """A run of two arms, done."""
    arms = [{"name": "as published"}, {"name": "half", "title": "Half", "set": {"tumour.kill": "* 0.5"}}]
    asked = client.post("/api/run", json={"trial": "eliana", "patients": PATIENTS, "seed": 1, "arms": arms})
    assert asked.status_code == 202, asked.text
    begun = asked.json()
    assert asked.headers["location"] == begun["links"]["self"]
    assert begun["links"]["result"] is None and begun["total"] == 2 * PATIENTS
    with client.stream("GET", begun["links"]["events"]) as told:
        told_ = [json.loads(line[6:]) for line in told.iter_lines() if line.startswith("data: ")]
    assert told_[-1]["state"] == "done" and told_[-1]["key"] == begun["key"], told_[-1]
    return dict(told_[-1])


def test_run_and_result(client: TestClient, run: dict[str, Any]) -> None:
    assert client.get(run["links"]["self"]).json() == run
    result = client.get(run["links"]["result"]).json()
    assert result["seed"] == 1 and set(result["arms"]) == {"as published", "half"}
    assert result["patients"]["enrolled"] == PATIENTS and result["measures"]
    again = client.post("/api/run", json={"scenario": text_of("eliana", None, [
        ArmAsked(name="as published"), ArmAsked(name="half", title="Half", set={"tumour.kill": "* 0.5"})]),
        "patients": PATIENTS, "seed": 1})  # fmt: skip
    assert again.status_code == 200 and again.json()["key"] == run["key"]
    files = run["links"]["files"]
    assert {"patients.parquet", "scenario.toml", "report.html", "arms.parquet"} <= set(files)
    table = client.get(files["patients.parquet"])
    assert table.content[:4] == b"PAR1" and "attachment" in table.headers["content-disposition"]
    said = is_fault(client.get(f"{run['links']['self']}/files/patient.parquet"))
    assert said["status"] == 404 and said["nearest"] == "patients.parquet"


def test_report_is_a_page_that_may_do_nothing(client: TestClient, run: dict[str, Any]) -> None:
    found = client.get(run["links"]["report"])
    said = found.headers["content-security-policy"]
    assert said == policy(found.text) and said.count("'sha256-") == found.text.count("<style")
    assert found.text.count(" style=") == 0, "the policy lets no style of a single element through"


def test_jobs_are_listed(client: TestClient, run: dict[str, Any]) -> None:
    found = client.get("/api/jobs").json()
    assert found["total"] == len(found["jobs"]) and run["key"] in [j["key"] for j in found["jobs"]]


def test_cancel_and_delete(client: TestClient) -> None:
    begun = client.post("/api/run", json={"trial": "eliana", "patients": 20_000}).json()
    here = begun["links"]["self"]
    assert is_fault(client.get(f"{here}/result"))["status"] == 409
    assert client.post(begun["links"]["cancel"]).json()["state"] == "cancelled"
    with client.stream("GET", f"{here}/events") as told:
        assert [line for line in told.iter_lines() if line.startswith("data")][0].count("cancelled") == 1
    assert client.delete(here).status_code == 204
    assert is_fault(client.delete(here))["status"] == 404
    for more in ("", "/events", "/result", "/report.html", "/files/patients.parquet"):
        assert is_fault(client.get(here + more))["status"] == 404
    assert is_fault(client.post(f"{here}/cancel"))["status"] == 404


def test_what_the_library_knows(client: TestClient) -> None:
    kinds = client.get("/api/list").json()
    assert kinds["trials"] == len(client.get("/api/list/trials").json()) > 0
    assert {"eliana"} <= {e["name"] for e in client.get("/api/list/trials").json()}
    (shown,) = client.get("/api/show/trials/eliana").json()
    assert shown["kind"] == "trial" and shown["published"] and shown["sources"]
    assert "properties" in client.get("/api/schema/scenario").json()
    assert "scenario" in client.get("/api/schema").json()
    explained = client.get("/api/explain", params={"scenario": "eliana", "path": "tumour.kill"}).json()
    assert explained["layers"][-1]["value"] == explained["value"] and explained["unit"] == "1/day"
    changed = {"trial": "eliana", "path": "tumour.kill", "set": {"tumour.kill": "* 0.5"}}
    halved = client.post("/api/explain", json=changed).json()
    assert halved["value"] == pytest.approx(explained["value"] / 2) and halved["layers"][-1]["layer"] == "--set"
    models = client.get("/api/models").json()
    assert client.get(f"/api/models/{models[0]['name']}").json()["title"] == models[0]["title"]
    approvals = client.get("/api/approvals").json()
    assert approvals["total"] == len(approvals["approvals"]) > 0 and approvals["approvals"][0]["sources"]


@pytest.mark.parametrize(
    ("address", "status", "nearest"),
    [
        ("/api/list/trails", 404, "trials"),
        ("/api/show/elania", 404, "eliana"),
        ("/api/models/steen_2019", 404, "stein_2019"),
        ("/api/schema/scenarios", 404, "scenario"),
        ("/api/explain?scenario=eliana&path=tumour.kil", 422, "tumour.kill"),
        ("/api/explain?scenario=elania&path=tumour.kill", 422, "eliana"),
        ("/api/explain?scenario=eliana&path=tumour.kill&arm=x", 422, None),
        ("/api/explain?scenario=eliana&pat=tumour.kill", 422, "path"),
        ("/api/explain", 422, None),
        ("/api/approvals?contry=x", 422, "country"),
        ("/api/jobs?most=5", 422, None),
        ("/api/jobs/x", 404, None),
        ("/api/nothing", 404, None),
    ],
)
def test_what_is_not_there(client: TestClient, address: str, status: int, nearest: str | None) -> None:
    said = is_fault(client.get(address))
    assert said["status"] == status and (nearest is None or said["nearest"] == nearest), said


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"trial": "eliana", "pateints": 5}, "unknown word 'pateints'"),
        ({"trial": "eliana", "patients": "5"}, "patients"),
        ({"trial": "eliana", "patients": 5.5}, "patients"),
        ({"trial": "eliana", "patients": True}, "patients"),
        ({"trial": ["eliana"]}, "trial"),
        ({"trial": "eliana", "scenario": "x = 1"}, "a trial and a scenario"),
        ({"trial": "eliana\n[set]"}, "no trial's name"),
        ({}, "no trial is asked for"),
        ([], "must be a JSON object"),
        (None, "must be a JSON object"),
        ({"trial": "eliana", "set": {"tumour.kill": [1]}}, "tumour.kill"),
        ({"trial": "eliana", "arms": [{"name": "a", "sett": {}}]}, "unknown word 'sett'"),
        ({"trial": "eliana", "arms": [{"set": {}}]}, "name"),
        ({"trial": "eliana", "arms": [{"name": "a"}, {"name": "a"}]}, "two arms"),
        ({"scenario": 'trial = "eliana"\narm = 1', "arms": [{"name": "a"}]}, "TOML"),
    ],
)
def test_bodies_that_cannot_be(client: TestClient, body: Any, what: str) -> None:
    said = is_fault(client.post("/api/run", json=body))
    assert said["status"] == 422 and what in said["error"], said


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"trial": "eliana", "pateints": 5}, "pateints"),
        ({"trial": "eliana", "patients": "5"}, "patients"),
        ({"trial": "eliana", "patients": 0}, "patients"),
        ({"trial": "eliana", "patients": 10**9}, "patients"),
        ({"trial": "eliana", "seed": -1}, "seed"),
        ({"trial": 3}, "trial"),
        ({}, "trial"),
        ({"trial": "eliana", "set": {"dose.factor": None}}, "set.dose.factor"),
        ({"trial": "eliana", "arms": [{"name": "a", "set": {"dose.factor": []}}]}, "arms[0].set.dose.factor"),
        ({"trial": "eliana", "arms": [{"name": "a", "sett": {}}]}, "sett"),
        ({"trial": "eliana", "files": {"../x": ""}}, "files"),
    ],
)
def test_a_fault_of_a_body_names_its_word(client: TestClient, body: Any, where: str) -> None:
    said = is_fault(client.post("/api/run", json=body))
    assert said["where"] == where and len(said["errors"]) <= 1, said


@pytest.mark.parametrize("address", ["/api/jobs/KEY/cancel", "/virtual/jobs/KEY/cancel", "/virtual/jobs/KEY/again"])
def test_a_button_takes_nothing(client: TestClient, run: dict[str, Any], address: str) -> None:
    form = not address.startswith("/api")
    told = {"accept": "application/json", **({"content-type": "application/x-www-form-urlencoded"} if form else {})}
    address = address.replace("KEY", run["key"])
    said = is_fault(client.post(address, content=b"late=1" if form else b'{"late": 1}', headers=told))
    assert said["status"] == 422 and "late" in said["error"], said
    assert is_fault(client.post(f"{address}?late=1", headers=told))["status"] == 422


def test_a_body_that_is_none_is_told_as_such(client: TestClient) -> None:
    for body in (b"trial=eliana", b'{"a": 1,}'):
        assert "is no JSON" in is_fault(client.post("/api/run", content=body))["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[1]", b"nan", b"\xff\xfe", b'{"trial": "eliana"', b"[" * 100_000, b'{"a":' * 50_000,
        b'{"patients": ' + b"9" * 5000 + b"}", b'{"trial": "\\ud800"}', b'{"\\ud800": 1}',
        b'{"trial": "eliana", "set": {"tumour.kill": NaN}}', b'{"trial": "eliana", "set": {"tumour.kill": 1e999}}',
        b'{"trial": "eliana", "patients": -0}',
    ],
    ids=range(14),
)  # fmt: skip
def test_bodies_that_are_none(client: TestClient, body: bytes) -> None:
    is_fault(client.post("/api/run", content=body, headers={"Content-Type": "application/json"}))


TEXT = st.text(max_size=30) | st.sampled_from(
    ["eliana", "tumour.kill", "* 0.5", "1/day", 'trial = "eliana"', "cohort.file"]
)
VALUE = TEXT | st.integers() | st.floats() | st.booleans() | st.none()
JSON = st.recursive(VALUE, lambda x: st.lists(x, max_size=3) | st.dictionaries(TEXT, x, max_size=3), max_leaves=8)
WORDS = st.sampled_from(["trial", "scenario", "patients", "seed", "set", "arms", "files", "name", "trials"]) | TEXT
LIKELY = st.fixed_dictionaries(
    {"patients": st.just(3) | JSON},
    optional={
        "trial": st.just("eliana") | JSON,
        "scenario": TEXT
        | st.builds(lambda k, v: f'trial = "eliana"\n[set]\n{json.dumps(k)} = {json.dumps(v)}', TEXT, TEXT),
        "seed": st.integers(0, 3) | JSON,
        "set": st.dictionaries(TEXT, VALUE, max_size=2) | JSON,
        "arms": st.lists(
            st.fixed_dictionaries({"name": TEXT}, optional={"set": st.dictionaries(TEXT, VALUE)}), max_size=2
        ),
        "files": st.dictionaries(TEXT, TEXT, max_size=1) | JSON,
    },
)


@settings(max_examples=some(80))
@given(body=JSON | st.dictionaries(WORDS, JSON, max_size=4) | LIKELY)
def test_whatever_is_sent(client: TestClient, body: Any) -> None:
    """Asked for, or refused in the one form: nothing else comes of any body."""
    text = json.dumps(body)
    found = client.post("/api/run", content=text, headers={"Content-Type": "application/json"})
    if found.status_code in {200, 202}:
        assert client.delete(found.json()["links"]["self"]).status_code == 204
    else:
        is_fault(found)


@settings(max_examples=some(60))
@given(part=st.sampled_from(["list", "show", "models", "schema", "jobs"]), name=st.text(min_size=1, max_size=40))
def test_whatever_is_asked(client: TestClient, part: str, name: str) -> None:
    from urllib.parse import quote

    found = client.get(f"/api/{part}/{quote(name.encode('utf-8', 'surrogatepass'), safe='')}")
    if found.status_code != 200:
        is_fault(found)


def test_the_description_is_whole(client: TestClient) -> None:
    """Each call says what it does and what it answers with, and is on the page."""
    described = client.get("/api/openapi.json").json()
    page = client.get("/api").text
    assert "<script" not in page.replace('<script type="module" src="/static/page.js', "")
    for path, methods in described["paths"].items():
        for method, said in methods.items():
            assert said.get("description"), (method, path)
            assert set(said["responses"]) - {"422"}, (method, path)
        assert f"<code>{path}</code>".replace("{", "&#123;") in page or f"<code>{path}</code>" in page, path
    assert "/api/run" in described["paths"] and "Fault" in described["components"]["schemas"]


def test_commands_on_the_page_are_answered(client: TestClient) -> None:
    """Every example that only reads does what it says."""
    import html
    import re

    page = html.unescape(client.get("/api").text)
    shown = re.findall(r"<code>curl '?(http://localhost[^'<]*)'?</code>", page)
    assert len(shown) >= 8
    for address in shown:
        if not re.search("KEY|NUMBER", address):  # words that stand for something
            assert when_ready(client, address).status_code == 200, address


def when_ready(client: TestClient, address: str) -> Any:
    """The answer, once the trials can be searched: until then it is 503, with the seconds to wait."""
    while (found := client.get(address)).status_code == 503:
        assert "made ready" in found.json()["error"], found.text
        time.sleep(0.5)
    return found


def test_files_that_are_kept_are_only_those(tmp_path: Path) -> None:
    from dataclasses import replace

    from livingdrug.web.api._shapes import names
    from livingdrug.web.jobs import Job

    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.toml").write_text("")
    (tmp_path.parent / "outside.toml").write_text("")
    job = Job("k", "t", "eliana", 1, 1, "done", "report", 1, 1, None, tmp_path, "", None)
    assert names(job) == ["a/x.toml", "report.html"] and names(replace(job, folder=None)) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"trial": "eliana", "patients": 5, "patients": 50}', "'patients' stands twice"),
        ('{"trial": "eliana", "set": {"dose.factor": 0.5, "dose.factor": 0.6}}', "'dose.factor' stands twice"),
        ('{"trial": "eliana", "patients": 5, "set": {"patients": 7}}', "patients: 5 is asked for, and 7 by 'set'"),
        ('{"trial": "eliana", "seed": 5, "set": {"seed": 7}}', "seed: 5 is asked for, and 7 by 'set'"),
        ('{"scenario": "trial = \\"eliana\\"", "files": {"mine.csv": "a"}}', "nothing names it"),
        ('{"trial": "eliana", "patients": ' + "9" * 5000 + "}", "nested too deeply"),
    ],
)
def test_of_two_that_cannot_both_hold_none_is_passed_over(client: TestClient, body: str, said: str) -> None:
    found = client.post("/api/run", content=body, headers={"Content-Type": "application/json"})
    assert said in is_fault(found)["error"]


def test_a_word_of_an_address_stands_once(client: TestClient) -> None:
    assert "given 2 times" in is_fault(client.get("/api/approvals?country=China&country=Japan"))["error"]


SHARED = (
    {"trial": "eliana", "set": {"dose.factor": 0.6}},
    {"trial": "eliana", "set": {"tumour.kill": "* 0.6"}},
    {"trial": "eliana"},
    {"trial": "eliana", "set": {"title": "Mine"}},
    {"scenario": 'trial = "eliana"\n[set]\n"dose.factor" = 0.7\n', "set": {"tumour.kill": "* 0.5"}},
    {"scenario": 'trial = "eliana"\n[set]\ntumour.kill = 4.0\n', "set": {"tumour.kill": "* 0.5"}},
    {"scenario": '"patients" = 9\ntrial = "eliana"\n[[arm]]\nname = "a"\ntitle = "A"\n[[arm]]\nname = "b"\n',
     "set": {"dose.factor": 0.7}},
)  # fmt: skip


@pytest.mark.parametrize("asked", SHARED)
def test_a_run_has_the_same_key_by_its_link(client: TestClient, asked: dict[str, Any]) -> None:
    begun = client.post("/api/run", json={**asked, "patients": 11, "seed": 3}).json()
    job = client.app.state.jobs.get(begun["key"])  # type: ignore[attr-defined]
    sent = link.decode(str(piece_of(job)))
    client.post(begun["links"]["cancel"])
    assert client.app.state.jobs.check(sent.text).key == begun["key"]  # type: ignore[attr-defined]
    assert tomllib.loads(scenario_of(job))["trial"] == "eliana"


def test_the_scoreboard_is_that_of_the_command_line(client: TestClient) -> None:
    from livingdrug.trial.stored import stored

    board, found = stored().board, client.get("/api/scoreboard").json()
    assert found["validation"]["comparable"] == board.score("validation").comparable
    assert {t["trial"] for t in found["trials"]} == {t.trial for t in board.trials}
    assert set(board.json()) <= set(found) and found["version"] == stored().version
