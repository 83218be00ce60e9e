"""`livingdrug trials`: what a user types and reads."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from emulator.ctgov import Ctgov
from emulator.studies import studies, study, updated
from livingdrug.cli.trials import app
from livingdrug.registry.search import index


@pytest.fixture
def db(tmp_path: Path) -> str:
    return str(tmp_path / "t.sqlite")


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.output
    assert not result.exception or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in studies(4)) + '{"broken": ')
    return str(path)


def test_import_counts(db: str, file: str) -> None:
    counts = {"read": 5, "new": 4, "changed": 0, "unchanged": 0, "quarantined": 1}
    assert json.loads(run("import", file, "--db", db, "--json").stdout) == counts
    printed = run("import", file, "--db", db).stdout
    assert "5 records read: 0 new, 0 changed, 4 unchanged, 1 quarantined; the mirror holds 4 studies" in printed
    assert "set aside from records.jsonl: not JSON" in printed


@pytest.mark.parametrize("words", [["import"], ["demo"]])
def test_what_is_brought_in_is_ready_for_searching(
    db: str, file: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*words, *([file] if words == ["import"] else []), "--db", db)

    def late(*_: object) -> None:
        raise AssertionError("the search had to make the index")

    monkeypatch.setattr(index, "_fill", late)
    assert " studies" in run("search", "--db", db).stdout


def test_an_index_that_cannot_be_made_costs_no_records(db: str, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(index.Index, "add", full)
        result = run("import", file, "--db", db)
    assert "5 records read: 4 new" in result.stdout and "not ready for searching yet: the disk is full" in result.stderr
    assert "4 studies" in run("search", "--db", db).stdout


@pytest.mark.parametrize("since, until", [("2026", "2020"), ("2026-03", "2026-02"), ("2026-03-02", "2026-03-01")])
def test_a_span_that_ends_before_it_begins_is_refused(db: str, file: str, since: str, until: str) -> None:
    run("import", file, "--db", db)
    assert "is before" in run("changes", "--since", since, "--until", until, "--db", db, code=2).stderr
    run("changes", "--since", since, "--until", since, "--db", db)


def test_show(db: str, file: str) -> None:
    run("import", file, "--db", db)
    page = run("show", "nct1001", "--db", db).stdout
    assert page.startswith("NCT00001001  ") and "https://clinicaltrials.gov/study/NCT00001001" in page
    assert "age >= 18" in page and "Secretname" not in page and "example.org" not in page
    shown = json.loads(run("show", "NCT00001001", "--json", "--db", db).stdout)
    assert shown["id"] == "NCT00001001" and shown["changes"] == [] and "Secretname" not in json.dumps(shown)
    raw = json.loads(run("show", "NCT00001001", "--raw", "--db", db).stdout)
    assert "protocolSection" in raw and "Secretname" not in json.dumps(raw)
    assert "Secretname" in run("show", "NCT00001001", "--raw", "--contacts", "--db", db).stdout


def test_a_former_id_shows_the_present_study_and_says_so(db: str, tmp_path: Path) -> None:
    record = study(7, title="The present one")
    record["protocolSection"]["identificationModule"]["nctIdAliases"] = ["NCT00000003"]
    (tmp_path / "r.json").write_text(json.dumps([study(3, title="The former one"), record]))
    run("import", str(tmp_path / "r.json"), "--db", db)
    page = run("show", "nct3", "--db", db).stdout
    assert page.startswith(
        "NCT00000003 is a former id; the study is now listed as NCT00000007\n\nNCT00000007  The present"
    )
    shown = json.loads(run("show", "NCT00000003", "--json", "--db", db).stdout)
    assert (shown["id"], shown["former_id"]) == ("NCT00000007", "NCT00000003")
    assert json.loads(run("show", "NCT00000007", "--json", "--db", db).stdout)["former_id"] is None
    raw = run("show", "NCT00000003", "--raw", "--db", db)
    assert "The present one" in raw.stdout and json.loads(raw.stdout) and "is a former id" in raw.stderr


def test_what_is_printed_cannot_steer_the_terminal(db: str, tmp_path: Path) -> None:
    record = study(5, title="a\x9b2J\u202eb\ud800\x1b[31m")
    (tmp_path / "r.json").write_text(json.dumps(record))
    run("import", str(tmp_path / "r.json"), "--db", db)
    for words in (("--json",), ("--raw",), ()):
        shown = run("show", "NCT00000005", *words, "--db", db).stdout
        assert not set(shown) & set("\x9b\u202e\ud800\x1b")
    raw = json.loads(run("show", "NCT00000005", "--raw", "--contacts", "--db", db).stdout)
    assert raw == record


def test_changes(db: str, tmp_path: Path) -> None:
    for day, record in enumerate(
        (study(1, status="RECRUITING"), updated(study(1), "2026-01-02", overallStatus="COMPLETED")), 1
    ):
        path = tmp_path / f"{day}.json"
        path.write_text(json.dumps({"seen_at": f"2026-01-0{day}T00:00:00Z", "study": record}))
        run("import", str(path), "--db", db)
    printed = run("changes", "--since", "2026-01-02", "--db", db).stdout
    assert "status: RECRUITING -> COMPLETED" in printed and printed.endswith("1 changes since 2026-01-02\n")
    found = json.loads(run("changes", "--since", "2026", "--kind", "status", "--json", "--db", db).stdout)
    assert found["total"] == 1 and found["changes"][0]["after"] == "COMPLETED"
    feed = ElementTree.fromstring(run("changes", "--since", "2026-01", "--atom", "--db", db).stdout)
    assert feed.tag.endswith("feed")
    assert run("changes", "--db", db).stdout.startswith("0 changes since ")


def test_sync(db: str) -> None:
    with Ctgov(studies(12)) as registry:
        done = json.loads(run("sync", "--all", "--base-url", registry.base_url, "--db", db, "--json").stdout)
        assert (done["new"], done["studies"], len(done["runs"])) == (12, 12, 1)
        again = run("sync", "--all", "--base-url", registry.base_url, "--db", db).stdout
        assert again == "ClinicalTrials.gov: nothing new (data of 2026-01-01T09:00)\n"
        some = run("sync", "--query", "NCT00001001", "--base-url", registry.base_url, "--db", db).stdout
        assert "0 new, 0 changed, 1 unchanged" in some
        assert "nothing new" not in run("sync", "--base-url", registry.base_url, "--db", db).stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("show NCT00000001", "there is no mirror of the registries yet"),
        ("changes --since soon", "there is no mirror of the registries yet"),
        ("import nothing.json", "no such file"),
        ("sync --all --cart", "more than one of --query, --all and --cart"),
        ("sync --all --registry xyz", "unknown registry 'xyz'"),
        ("sync --all --every fortnight", "unknown interval 'fortnight'"),
        ("sync --all --base-url nonsense", "not an address"),
        (
            "sync --registry ctis --registry isrctn --base-url http://127.0.0.1:1",
            "one address cannot be that of several",
        ),
    ],
)
def test_one_message_and_exit_code_2(db: str, words: str, message: str) -> None:
    result = run(*words.split(), "--db", db, code=2)
    assert message in result.stderr and "Traceback" not in result.output


def test_bad_dates_kinds_and_ids(db: str, file: str) -> None:
    run("import", file, "--db", db)
    assert "'soon' is no date" in run("changes", "--since", "soon", "--db", db, code=2).stderr
    assert "did you mean 'enrollment'" in run("changes", "--kind", "enrolment", "--db", db, code=2).stderr
    assert "no study 'NCT5'" in run("show", "NCT5", "--db", db, code=2).stderr


def test_a_registry_in_trouble_ends_with_code_2_and_keeps_what_came(db: str) -> None:
    with Ctgov(studies(3), faults={n: "503" for n in range(2, 40)}) as registry:
        result = run("sync", "--all", "--base-url", registry.base_url, "--db", db, code=2)
        assert "goes on where it stopped" in result.stderr
        registry.faults.clear()
        assert (
            "taken up where it had stopped" in run("sync", "--all", "--base-url", registry.base_url, "--db", db).stdout
        )
