"""`livingdrug trials search`, `overview`, `statistics`, `draft`: what a user types and reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cart_records import record
from typer.testing import CliRunner, Result

from livingdrug.cli.trials import app
from livingdrug.registry.mirror.store import Store


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("cli") / "trials.sqlite"
    store = Store(path)
    store.upsert(
        record("NCT09200001", "CD276 CAR-T in glioblastoma", interventions=["CD276 CAR-T"], conditions=["Glioblastoma"])
    )
    store.upsert(
        record(
            "NCT09200002",
            "Kymriah in B-ALL \x1b[31m",
            interventions=["Kymriah"],
            conditions=["B-ALL"],
            ages=("3 Years", "21 Years"),
        )
    )
    store.upsert(record("NCT09200003", "[bold]Aspirin[/bold]", interventions=["Aspirin"]))
    return str(path)


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.output
    assert not result.exception or isinstance(result.exception, SystemExit)
    return result


def test_search_prints_studies_and_counts(db: str) -> None:
    printed = run("search", "B7-H3", "glioblastoma", "--db", db).stdout
    assert "NCT09200001  CD276 CAR-T in glioblastoma" in printed and "1 study\n" in printed and "target" in printed


def test_search_json(db: str) -> None:
    said = json.loads(run("search", "--limit", "1", "--json", "--db", db).stdout)
    assert (
        said["total"] == 3
        and len(said["studies"]) == 1
        and set(said["facets"]) >= {"status", "phase", "country", "target"}
    )
    assert set(said["studies"][0]) >= {"id", "title", "status", "phases", "conditions", "sponsor", "targets"}
    kymriah = json.loads(run("search", "tisagenlecleucel", "--json", "--db", db).stdout)
    assert [s["targets"] for s in kymriah["studies"]] == [["CD19"]]


def test_nothing_in_a_record_styles_the_terminal(db: str) -> None:
    printed = run("search", "--db", db).stdout
    assert "\x1b" not in printed and "[bold]Aspirin[/bold]" in printed


def test_overview(db: str, tmp_path: Path) -> None:
    printed = run("overview", "--db", db, "--plot", str(tmp_path / "o.svg")).stdout
    assert "2 trials of CAR cell therapy" in printed and "Not covered" in printed
    assert (tmp_path / "o.svg").read_text("utf-8").startswith("<?xml")
    assert json.loads(run("overview", "--json", "--db", db).stdout)["trials"] == 2
    assert "cannot draw into" in run("overview", "--db", db, "--plot", "x.doc", code=2).stderr


def test_evidence(db: str) -> None:
    printed = run("overview", "--study", "NCT09200002", "--db", db).stdout
    assert "CD19  (high: named product)" in printed and "product table" in printed
    assert (
        json.loads(run("overview", "--study", "NCT09200002", "--json", "--db", db).stdout)["costimulation"]["value"]
        == "4-1BB"
    )


def test_statistics(db: str) -> None:
    assert "3 studies" in run("statistics", "--db", db).stdout
    assert json.loads(run("statistics", "--target", "CD19", "--json", "--db", db).stdout)["studies"] == 1


def test_draft(db: str) -> None:
    printed = run("draft", "NCT09200002", "--db", db).stdout
    assert 'product = "tisagenlecleucel"' in printed and '"covariates.age.high" = 21' in printed
    lacking = run("draft", "NCT09200001", "--db", db)
    assert "the library lacks" in lacking.stderr


@pytest.mark.parametrize(
    "words, message",
    [
        (("search", "--status", "recuiting"), "did you mean 'RECRUITING'"),
        (("search", "--near", "x"), "--near"),
        (("search", "CD19", "--csv", "out/found.csv"), "--csv > out/found.csv"),
        (("search", "--json", "found.JSON"), "prints, and takes no file"),
        (("search", "--engine", "lucene"), "not installed"),
        (("statistics", "--disease", "nonsense"), "unknown disease"),
        (("draft", "NCT00000001"), "no study 'NCT00000001'"),
        (("overview", "--study", "../../etc/passwd"), "no study"),
    ],
)
def test_bad_input_is_one_message_and_code_2(db: str, words: tuple[str, ...], message: str) -> None:
    result = run(*words, "--db", db, code=2)
    assert message in result.stderr and "Traceback" not in result.output


def test_without_a_mirror(tmp_path: Path) -> None:
    for command in (["search", "x"], ["overview"], ["statistics"], ["draft", "NCT1"]):
        assert "no mirror" in run(*command, "--db", str(tmp_path / "none.sqlite"), code=2).stderr
