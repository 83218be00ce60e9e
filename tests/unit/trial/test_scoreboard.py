"""The scoreboard: verdicts of single runs, counted over seeds; wrong truths; what is remembered; what is refused."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livingdrug
from livingdrug.engine import cache
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.results.comparison import Row
from livingdrug.results.criteria import reached
from livingdrug.results.score import Score, Scored, counted, score
from livingdrug.results.scoreboard import Scoreboard
from livingdrug.trial import cases, remembered
from unit.trial.two_trials import forgetful, two_trials

N, SEEDS = 120, 3


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.ENV, forgetful(tmp_path_factory.mktemp("cache")))
        with two_trials(tmp_path_factory.mktemp("library")) as place:
            yield place


@pytest.fixture(scope="module")
def board(folder: Path) -> Scoreboard:
    return livingdrug.scoreboard(patients=N, seeds=SEEDS)


@pytest.fixture
def changed(folder: Path) -> Iterator[Path]:
    """The library, whose files are put back afterwards."""
    kept = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.toml")}
    yield folder
    for path, text in kept.items():
        path.write_text(text, encoding="utf-8")


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def never(*_: object) -> None:
    raise AssertionError("simulated again")


# --- counting ---------------------------------------------------------------------------------------------------------


def test_rows_are_those_of_single_runs(board: Scoreboard) -> None:
    for told in board.trials:
        for i, seed in enumerate(board.seeds):
            alone = livingdrug.Trial(told.trial).run(patients=N, seed=seed).beside_published().rows
            for row, own in zip(told.rows, alone, strict=False):
                x = row.rows[i]
                assert (x.measure, x.verdict, x.reason) == (own.measure, own.verdict, own.reason)
                assert [x.simulated, x.low, x.high, x.whole] == pytest.approx(
                    [own.simulated, own.low, own.high, own.whole], nan_ok=True
                )


def test_scores_are_the_counts_over_the_seeds(board: Scoreboard) -> None:
    assert board.seeds == (1, 2, 3) and [t.role for t in board.trials] == ["validation", "calibration"]
    frame = board.frame()
    for role in ("calibration", "validation"):
        own = frame[frame["role"] == role]
        counts = own[own["verdict"] == "inside"].groupby("seed").size().reindex(board.seeds, fill_value=0)
        assert board.score(role).inside == tuple(counts)
        assert sum(s.comparable for s in board.by_family(role).values()) == board.score(role).comparable
    assert set(board.by_family("validation")) == {"durability", "kinetics", "other"}


def test_a_row_that_nobody_counts_in_is_not_comparable(board: Scoreboard) -> None:
    (row,) = [r for r in board.trial("fitted").rows if r.middle.measure == "nobody"]
    assert not row.comparable and "nobody" in row.middle.reason
    assert board.trial("fitted").score.comparable == 4


verdicts = st.lists(st.sampled_from(["inside", "outside", "not comparable"]), min_size=4, max_size=4)


def row(verdict: str) -> Row:
    return Row("m", "M", "1", 1.0, 0.0, 2.0, 1.0, 10, value=1.0, verdict=verdict, reason="why")


@given(st.lists(verdicts, max_size=8))
def test_the_same_rows_count_at_every_seed(table: list[list[str]]) -> None:
    rows = [Scored("t", "f", tuple(map(row, words))) for words in table]
    found = score(rows, 4)
    assert found.comparable == sum(any(w != "not comparable" for w in words) for words in table)
    assert found.inside == tuple(sum(words[i] == "inside" for words in table) for i in range(4))
    assert found.least <= found.median <= found.most <= found.comparable
    assert counted(rows, 4).inside == found.inside
    for r, words in zip(rows, table, strict=True):
        assert (r.middle.verdict == "inside") == (2 * words.count("inside") > 4)
        assert (r.middle.verdict == "not comparable") == (not r.comparable)


@given(st.integers(1, 30), st.data())
def test_a_family_reaches_its_criterion_by_share_or_by_misses(n: int, data: st.DataObject) -> None:
    inside = data.draw(st.integers(0, n))
    assert reached(Score(n, (inside,))) == (inside >= 0.85 * n if n >= 7 else n - inside <= 1)


# --- wrong truths -----------------------------------------------------------------------------------------------------


def test_a_wrong_truth_is_scored_over_the_same_rows_and_seeds(board: Scoreboard) -> None:
    slow, brake, same = board.wrong_truths
    assert slow.trials == ("fitted",) and slow.truth == board.score("calibration")
    run = livingdrug.Trial("fitted", {"cells.growth": "* 0.5"})
    found = tuple(run.run(patients=N, seed=s).beside_published().counts()["inside"] for s in board.seeds)
    assert slow.score.inside == found
    assert slow.below == (slow.score.median < min(board.score("calibration").inside)) is True
    assert slow.families_below and set(slow.families_below) <= {"kinetics", "durability"}
    for left_out, why in ((brake, "has no drug.brake.half"), (same, "cells.room stay")):
        assert not left_out.tried and not left_out.below and why in left_out.left_out["fitted"]
        assert any(left_out.name in note for note in board.notes)
    (criterion,) = [c for c in board.criteria if c.name == "wrong truths"]
    assert criterion.got == "1 of 1" and criterion.met


def test_a_row_that_a_wrong_truth_empties_is_lost_by_it() -> None:
    """Otherwise a false model would gain by leaving nobody to be compared."""
    truth, false = (Scored("t", "f", (row(verdict),)) for verdict in ("inside", "not comparable"))
    assert counted([false], 1) == Score(1, (0,)) and score([truth], 1) == Score(1, (1,))


def test_a_wrong_truth_that_cannot_be_is_told_at_its_line(changed: Path) -> None:
    edited(changed / "wrong_truths.toml", '"cells.growth" = "* 0.5"', '"cells.growth" = "fast"')
    with pytest.raises(LivingDrugError) as found:
        livingdrug.scoreboard(patients=N, seeds=1)
    assert "wrong_truths.toml:4, for fitted" in str(found.value.where)


@pytest.mark.parametrize(
    "old, new, said",
    [
        ('name = "same"', 'name = "slow"', "two wrong truths"),
        ('set = { "cells.room" = "* 1" }', "set = {}", "sets nothing"),
        ('set = { "cells.room" = "* 1" }', 'set = { "cells.room" = true }', "is no value"),
        ('title = "The same again"\n', "", "needs 'title'"),
        ('title = "The same again"', 'titel = "The same again"', "titel"),
    ],
)
def test_faults_of_the_file_of_wrong_truths_have_a_line(changed: Path, old: str, new: str, said: str) -> None:
    edited(changed / "wrong_truths.toml", old, new)
    with pytest.raises(LivingDrugError, match=said) as found:
        livingdrug.scoreboard(patients=N, seeds=1)
    assert "wrong_truths.toml:" in str(found.value.where)


# --- what is remembered -----------------------------------------------------------------------------------------------


def test_what_was_simulated_is_not_simulated_again(board: Scoreboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "_simulated", never)
    again = livingdrug.scoreboard(patients=N, seeds=SEEDS)
    assert again.json() | {"wall_s": 0} == board.json() | {"wall_s": 0}
    with pytest.raises(AssertionError, match="simulated again"):
        livingdrug.scoreboard(patients=N, seeds=SEEDS, fresh=True)


@pytest.mark.parametrize("asked", [{"seeds": SEEDS + 1}, {"patients": N + 1}, {"seed": 7}])
def test_other_seeds_and_numbers_are_simulated(board: Scoreboard, asked: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "_simulated", never)
    with pytest.raises(AssertionError, match="simulated again"):
        livingdrug.scoreboard(**{"patients": N, "seeds": SEEDS} | asked)


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("trials/fitted.toml", "value = 90", "value = 91"),
        ("trials/fitted.toml", 'of = "weight > 70 kg"', 'of = "weight > 71 kg"'),
        ("mechanisms/grower.toml", "value = 1e10", "value = 1.1e10"),
        ("products/cellix.toml", "value = 1.1", "value = 1.2"),
        ("protocols/plain.toml", "1e6 cell", "2e6 cell"),
        ("scales/astct.toml", "[[grade]]", "# other words\n[[grade]]"),
    ],
)
def test_a_changed_word_is_simulated_anew(
    board: Scoreboard, changed: Path, file: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(changed / file, old, new)
    monkeypatch.setattr(cases, "_simulated", never)
    if file == "mechanisms/grower.toml":  # a tumour of its own says how much room there is
        livingdrug.scoreboard(patients=N, seeds=SEEDS)
        return
    with pytest.raises(AssertionError, match="simulated again"):
        livingdrug.scoreboard(patients=N, seeds=SEEDS)


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"rows": [{}], "counts": {}}', "\0"])
def test_a_damaged_memory_is_simulated_anew(board: Scoreboard, damage: str) -> None:
    kept = sorted(cache.folder(remembered.KEPT).glob("*-1.json"))
    assert kept
    for path in kept:
        path.write_text(damage, encoding="utf-8")
    again = livingdrug.scoreboard(patients=N, seeds=SEEDS)
    assert again.json() | {"wall_s": 0} == board.json() | {"wall_s": 0}


def test_results_do_not_depend_on_the_processors(board: Scoreboard, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[int, int]] = []
    for processors in (1, 5):
        monkeypatch.setattr(os, "cpu_count", lambda n=processors: n)
        again = livingdrug.scoreboard(patients=N, seeds=SEEDS, fresh=True, progress=lambda *x: done.append(x))
        assert again.json() | {"wall_s": 0} == board.json() | {"wall_s": 0}
    assert max(done) == (N * SEEDS * 3, N * SEEDS * 3)  # two trials and one wrong truth


# --- what is asked for ------------------------------------------------------------------------------------------------


def test_trials_and_roles_are_chosen(board: Scoreboard) -> None:
    one = livingdrug.scoreboard(["apart"], patients=N, seeds=SEEDS)
    assert [t.trial for t in one.trials] == ["apart"] and not one.wrong_truths
    assert one.score("validation") == board.score("validation") and not one.score("calibration").comparable
    fitted = livingdrug.scoreboard(role="calibration", patients=N, seeds=SEEDS, wrong_truths=False)
    assert [t.trial for t in fitted.trials] == ["fitted"] and math.isnan(fitted.times_naive())
    assert len(livingdrug.scoreboard(["apart", "apart"], patients=N, seeds=SEEDS).trials) == 1


def test_a_file_of_ones_own_is_scored(board: Scoreboard, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('trial = "fitted"\n[set]\n"cells.growth" = "* 0.5"\n', encoding="utf-8")
    mine = livingdrug.scoreboard([file, "fitted"], patients=N, seeds=SEEDS)
    assert mine.trial("fitted").score == board.trial("fitted").score
    assert mine.trial("mine").score == board.wrong_truths[0].score
    assert mine.wrong_truths[0].trials == ("mine", "fitted")


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"trials": ["fited"]}, "did you mean 'fitted'"),
        ({"trials": "fitted"}, "a list is needed"),
        ({"trials": []}, "no trial to score"),
        ({"trials": ["fitted"], "role": "validation"}, "no validation trial"),
        ({"role": "validatoin"}, "did you mean 'validation'"),
        ({"patients": 0}, "patients"),
        ({"seeds": 0}, "seeds"),
        ({"seeds": 101}, "seeds"),
        ({"seeds": 2.5}, "seeds"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_is_refused(asked: dict, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        livingdrug.scoreboard(**asked)


def test_few_patients_compare_nothing_and_say_so() -> None:
    few = livingdrug.scoreboard(patients=10, seeds=1)
    assert not few.score().comparable and "too few virtual patients: 10" in repr(few)
    assert all(c.met is None for c in few.criteria)


def test_it_is_saved_whole(board: Scoreboard, tmp_path: Path) -> None:
    board.save(tmp_path / "board")
    assert {p.name for p in (tmp_path / "board").iterdir()} == {
        "scoreboard.html", "scoreboard.json", "scoreboard.csv", "provenance.json",
    }  # fmt: skip
    told = json.loads((tmp_path / "board" / "scoreboard.json").read_text(encoding="utf-8"))
    assert told["calibration"]["inside_median"] == board.score("calibration").median
    assert {"trials", "seeds", "calibration", "validation", "naive", "wrong_truths"} <= set(told)
    assert len(pd.read_csv(tmp_path / "board" / "scoreboard.csv")) == SEEDS * len(board.rows())
    page = (tmp_path / "board" / "scoreboard.html").read_text(encoding="utf-8")
    for words in ("Growth halved", "Kept apart", "naive transfer", "Not medical advice", "other assays"):
        assert words in page, words
    assert "http" not in page.replace("http://www.w3.org", "") and "None" not in page and "nan" not in page


def test_the_printed_tables_say_who_fails_whom(board: Scoreboard) -> None:
    shown = repr(board)
    for words in ("calibration", "naive transfer", "answered by it", "Growth halved", "not tried", "criterion"):
        assert words in shown, words
