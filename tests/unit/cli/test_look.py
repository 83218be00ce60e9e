"""`livingdrug plot` and `vpc` on a saved run: what they print, what they draw, what they refuse before they compute."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import livingdrug
from unit.cli.command import command

DATA = "ID,TIME,DV,LLOQ\n" + "".join(
    f"{who},{day},{1000 * who / day:.1f},50\n" for who in range(1, 7) for day in (7, 14, 28, 60)
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run."""
    folder = tmp_path_factory.mktemp("look") / "run"
    livingdrug.Trial("eliana").run(patients=30, seed=1).save(folder)
    return folder


def test_one_patient_is_told_and_drawn(capsys, run, tmp_path):
    picture = tmp_path / "patient.png"
    told = command(capsys, "plot", str(run), "--patient", "1", "--out", str(picture)).out
    assert "Fludarabine" in told and "Infusion" in told and max(map(len, told.splitlines())) <= 80
    assert picture.read_bytes().startswith(b"\x89PNG")
    said = json.loads(command(capsys, "plot", str(run), "--patient", "1", "--json").out)
    (infusion,) = [row for row in said["rows"] if row["what"] == "Infusion"]
    assert said["patient"] == 1 and infusion["day"] == 0 and infusion["amount"].endswith(" cells")
    assert [row["day"] for row in said["rows"]] == sorted(row["day"] for row in said["rows"])


def test_the_journey_and_the_flow_are_told_and_drawn(capsys, run, tmp_path):
    for asked, says in ((["--patient", "1", "--journey"], "CAR-T cells given back"), ([], "Alive when last seen")):
        picture = tmp_path / "picture.svg"
        told = command(capsys, "plot", str(run), *asked, "--out", str(picture)).out
        assert says in told and picture.read_text(encoding="utf-8").count("<path") > 50
        rows = json.loads(command(capsys, "plot", str(run), *asked, "--json").out)["rows"]
        assert says in {next(iter(row.values())) for row in rows}


def test_a_check_over_ones_own_data_is_told_and_drawn(capsys, run, tmp_path):
    (tmp_path / "mine.csv").write_text(DATA, encoding="utf-8")
    asked = ["vpc", str(run), "assay.qpcr.copies", "--data", str(tmp_path / "mine.csv")]
    told = command(capsys, *asked, "--out", str(tmp_path / "vpc.svg")).out
    assert "below 50" in told and "500 trials of 6 observed patients" in told
    assert "<svg" in (tmp_path / "vpc.svg").read_text(encoding="utf-8")
    rows = json.loads(command(capsys, *asked, "--json").out)["rows"]
    assert {row["percentile"] for row in rows} == {"5", "50", "95", "below"} and {row["n"] for row in rows} == {6}
    alone = json.loads(command(capsys, "vpc", str(run), "physiology.temperature", "--json").out)
    assert all(row["observed"] is None and row["n"] == 79 for row in alone["rows"])


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["plot", "RUN", "--patient", "99"], "no patient 99"),
        (["plot", "RUN", "--patient", "6"], "not infused"),
        (["plot", "RUN", "--patient", "1", "--out", "x.doc"], "a plot cannot be written"),
        (["plot", "RUN", "--journey"], "--journey is of one patient"),
        (["plot", "RUN", "--arm", "x"], "--arm is of one patient"),
        (["plot", "nowhere", "--patient", "1"], "holds no whole run"),
        (["vpc", "RUN", "assay.qpcr.copy"], "did you mean 'assay.qpcr.copies'"),
        (["vpc", "RUN", "assay.qpcr.copies", "--data", "none.csv"], "cannot be read"),
        (["vpc", "RUN", "assay.qpcr.copies", "--out", "none/x.png"], "there is no folder"),
    ],
)
def test_what_cannot_be_is_refused(capsys, run, asked, says):
    told = command(capsys, *(str(run) if word == "RUN" else word for word in asked))
    assert told.code == 2 and says in told.err and "Traceback" not in told.err
