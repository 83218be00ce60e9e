"""`livingdrug sweep` from a shell: its folder, its JSON, its refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unit.cli.command import command

SHORT = ("--set", "protocol.follow_up=60 d", "--patients", "50")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_folder_of_its_own_with_table_and_plot(capsys: pytest.CaptureFixture[str]) -> None:
    said = command(capsys, "sweep", "eliana", "dose.factor=0.5,2", "--measure", "crs_any", *SHORT)
    assert said.code == 0 and "Monte-Carlo interval for 50 virtual patients" in said.out
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith("eliana-protocol.follow_up=60-d") and folder.name.endswith("-sweep-dose.factor")
    names = {p.name for p in folder.iterdir()}
    assert {"sweep.csv", "sweep.parquet", "sweep.json", "sweep.html", "sweep.svg", "scenario.toml"} <= names
    assert "dose.factor" in (folder / "sweep.html").read_text(encoding="utf-8").partition("</title>")[0]


def test_json_is_one_object_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    said = command(capsys, "sweep", "eliana", "dose.factor", "0.5", "2", *SHORT, "--json")
    told = json.loads(said.out)
    assert [v["value"] for v in told["values"]] == [0.5, 2.0] and told["own"] == 1.0 and not list(Path().iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("dose.factor",),
        ("dose.factor=1", "kinetics.growth=2"),
        ("dose.factr", "1"),
        ("dose.factor", "1", "--steps", "3"),
        ("dose.factor", "1", "--range", "1", "2"),
        ("dose.factor", "1", "--measure", "crs_eny"),
        ("dose.factor", "1", "--patients", "0"),
    ],
)
def test_what_is_refused_ends_with_code_2_and_leaves_nothing(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    said = command(capsys, "sweep", "eliana", *words)
    assert said.code == 2 and said.err and not said.out and not list(Path().iterdir())
