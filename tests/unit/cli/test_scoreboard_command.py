"""`livingdrug scoreboard` from a shell: its tables, its JSON, its folder, its refusals, and when it is broken off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from livingdrug.engine import cache
from livingdrug.trial import cases
from unit.cli.command import command
from unit.trial.two_trials import forgetful, two_trials

FEW = ("--patients", "120", "--seeds", "2")
KEYS = {
    "seeds",
    "first_seed",
    "calibration",
    "validation",
    "outlook",
    "naive",
    "wrong_truths",
    "criteria",
    "notes",
    "trials",
}
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module", autouse=True)
def library_of_two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.ENV, forgetful(tmp_path_factory.mktemp("cache")))
        with two_trials(tmp_path_factory.mktemp("library")):
            yield


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_tables_on_the_terminal_and_notes_beside_them(capsys: Capture) -> None:
    said = command(capsys, "scoreboard", *FEW)
    assert said.code == 0 and not list(Path().iterdir())
    for words in ("family", "naive transfer", "wrong truth", "criterion", "Fitted", "Kept apart"):
        assert words in said.out, words
    assert "note: fitted: wrong truth 'strong brake' left out" in said.err


def test_json_has_the_keys_that_are_relied_upon(capsys: Capture) -> None:
    told = json.loads(command(capsys, "scoreboard", *FEW, "--json").out)
    assert set(told) == KEYS | {"wall_s"} and told["seeds"] == 2 and told["first_seed"] == 1
    scored = {"comparable", "inside_median", "inside_min"}
    for role in ("calibration", "validation"):
        assert set(told[role]) == {"families"} | scored
        assert all(set(family) == scored for family in told[role]["families"].values())
    assert set(told["naive"]) == {"comparable", "inside", "answered", "model_where_answered"}
    wrong = {truth["name"]: truth for truth in told["wrong_truths"]}
    assert wrong["slow"]["below_worst_truth"] and wrong["slow"]["score_median"] < wrong["slow"]["worst_truth"]
    assert wrong["same"]["score_median"] is None and not wrong["same"]["below_worst_truth"]
    assert {t["trial"]: t["role"] for t in told["trials"]} == {"fitted": "calibration", "apart": "validation"}
    for measure in told["trials"][0]["measures"]:
        assert {"measure", "simulated", "low", "high", "published", "fitted", "verdict", "reason"} < set(measure)
        assert {"family", "seeds_inside", "naive"} < set(measure)


def test_what_is_left_out_is_left_out(capsys: Capture) -> None:
    words = ("--trial", "fitted", "--no-wrong-truths", "--seed", "4", "--patients", "120", "--json")
    told = json.loads(command(capsys, "scoreboard", *words).out)
    assert (told["seeds"], told["first_seed"], told["wrong_truths"]) == (1, 4, [])
    assert [t["trial"] for t in told["trials"]] == ["fitted"]
    told = json.loads(command(capsys, "scoreboard", *FEW, "--role", "validation", "--json").out)
    assert [t["trial"] for t in told["trials"]] == ["apart"] and not told["calibration"]["comparable"]


def test_a_folder_appears_whole_or_not_at_all(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    said = command(capsys, "scoreboard", *FEW, "--out", "board")
    assert said.code == 0 and "board/scoreboard.html" in said.out
    files = {p.name for p in Path("board").iterdir()}
    assert files == {"scoreboard.html", "scoreboard.json", "scoreboard.csv", "provenance.json"}
    assert command(capsys, "scoreboard", *FEW, "--out", "board").code == 0  # an earlier one is replaced
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine", encoding="utf-8")
    assert command(capsys, "scoreboard", *FEW, "--out", "mine").code == 2
    assert [p.name for p in Path("mine").iterdir()] == ["notes.txt"]

    def broken_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cases, "_simulated", broken_off)
    said = command(capsys, "scoreboard", *FEW, "--fresh", "--out", "never")
    assert said.code == 130 and not Path("never").exists() and "Traceback" not in said.err


def test_many_that_could_not_be_simulated_end_with_code_3(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "_counts", lambda table: {"enrolled": 100, "infused": 100, "failed": 2})
    said = command(capsys, "scoreboard", *FEW, "--trial", "apart", "--fresh")
    assert said.code == 3 and "not to be relied on" in said.err and "apart: 4 of 200" in said.err
    said = command(capsys, "scoreboard", *FEW, "--trial", "fitted", "--fresh")
    assert "wrong truth 'slow': 4 of 200 infused patients could not be simulated" in said.err
    monkeypatch.undo()
    for trial in ("apart", "fitted"):
        assert command(capsys, "scoreboard", *FEW, "--trial", trial, "--fresh").code == 0


@pytest.mark.parametrize(
    "words, said",
    [
        (("--trial", "fited"), "did you mean 'fitted'"),
        (("--role", "calibratoin"), "did you mean 'calibration'"),
        (("--trial", "fitted", "--role", "validation"), "no validation trial"),
        (("--seeds", "0"), "--seeds"),
        (("--seeds", "101"), "--seeds"),
        (("--seed", "-1"), "--seed"),
        (("--patients", "0"), "--patients"),
        (("--seeds", "ten"), "--seeds"),
        (("--trail", "fitted"), "--trail"),
    ],
)
def test_what_is_refused_ends_with_code_2(words: tuple[str, ...], said: str, capsys: Capture) -> None:
    found = command(capsys, "scoreboard", *words)
    assert found.code == 2 and said in found.err and not found.out and not list(Path().iterdir())
