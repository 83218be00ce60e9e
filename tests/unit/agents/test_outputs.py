"""What a run of agents leaves: table, plot, film, view, and how the command answers."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from livingdrug.agents import course, film, view
from unit.cli.command import command

STATIC = Path(__file__).resolve().parents[3] / "src" / "livingdrug" / "web" / "static"
SMALL = ["--set", "cell.tumour_radius=60", "--set", "kinetics.side=300", "--set", "kinetics.gap=20"]
RUN = ["agents", "run", "organoid", "--days", "0.1", "--dose", "50", *SMALL]


def picture(seed: int, many: int = 300) -> course.Picture:
    drawn = np.random.default_rng(seed)
    cells = np.concatenate([drawn.uniform(-499, 499, (many, 3)), drawn.uniform(4, 9, (many, 1))], axis=1)
    return course.Picture(1.5, cells.astype(np.float32), drawn.integers(-1, 6, many).astype(np.int8))


@pytest.mark.parametrize("seed", range(4))
def test_a_view_packs_every_cell_into_four_bytes(seed: int) -> None:
    given = picture(seed)
    data = view.packed(given, 1000.0)
    place, kind = view.unpacked(data, 1000.0)
    assert len(data) == 4 * len(given.kind)
    assert np.abs(place - given.cells[:, :3]).max() <= 0.5 * 1000.0 / 2**view.BITS + 1e-3
    dead, car_t, much = given.kind == -1, given.kind >= 4, (given.kind == 2) | (given.kind == 3)
    assert kind.tolist() == np.select([dead, car_t, much], [2, 3, 1], 0).tolist()


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_the_page_reads_what_was_packed(tmp_path: Path) -> None:
    given = picture(9)
    import base64

    moment = {"day": 1.5, "cells": base64.b64encode(view.packed(given, 1000.0)).decode()}
    code = f"""
import {{unpacked, seen, said}} from {json.dumps((STATIC / "tumour-cells.js").as_uri())};
const m = unpacked({json.dumps(moment)}, 1000, {view.BITS});
const all = seen(m, 0.3, 0.2, false), cut = seen(m, 0.3, 0.2, true);
console.log(JSON.stringify([[...m.places], [...m.kinds], all.length, cut.length, all.map(x => x[2]),
  all.map(x => Math.hypot(x[0], x[1], x[2])), said({{day: 1.5, ...m}}, {{kinds: {json.dumps(view.KINDS)}}})]));
"""
    (tmp_path / "look.mjs").write_text(code, encoding="utf-8")
    ran = subprocess.run(["node", str(tmp_path / "look.mjs")], capture_output=True, text=True, check=True)
    places, kinds, all_, cut, depths, away, words = json.loads(ran.stdout)
    place, kind = view.unpacked(view.packed(given, 1000.0), 1000.0)
    assert np.allclose(np.reshape(places, (-1, 3)), place, atol=1e-3) and kinds == kind.tolist()
    assert all_ == len(kind) and cut == all_ - int(((place[:, 0] > 0) & (place[:, 2] > 0)).sum())
    assert depths == sorted(depths) and np.allclose(sorted(away), sorted(np.linalg.norm(place, axis=1)), rtol=1e-5)
    assert f"{(kind == 2).sum()} dead" in words


def test_a_run_leaves_what_was_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = {name: tmp_path / f"x{kind}" for name, kind in (("csv", ".csv"), ("view", ".json"), ("out", ".png"))}
    files |= {"film": tmp_path / "film.png", "report": tmp_path / "report.html"}
    words = [w for name, path in files.items() for w in (f"--{name}", str(path))]
    code, out, _ = command(capsys, *RUN, *words, "--json", "--every", "0.05")
    assert code == 0 and all(path.stat().st_size > 100 for path in files.values())
    said = json.loads(out)
    assert said["course"]["day"] == [0.0, 0.05, 0.1] and said["course"]["car_t"][0] == 0 < said["course"]["car_t"][1]
    rows = files["csv"].read_text().splitlines()
    assert rows[0].split(",") == list(course.COLUMNS) and len(rows) == 4
    seen = json.loads(files["view"].read_text())
    assert len(seen["moments"]) == 4 and seen["side"] == 300.0
    assert files["film"].read_bytes()[:4] == b"\x89PNG"
    report = files["report"].read_text("utf-8")
    told = (
        "Not medical advice",
        "CAR-T given: day 0: 50 CAR-T.",
        "cell.tumour_radius = 60",
        "data:image/png;base64,iVBOR",
    )
    assert [words for words in told if words not in report] == []
    assert report.count("<svg") >= 1 and "http" not in report.split("<style>")[0]


@pytest.mark.parametrize("place", ["report.pdf", "nowhere/report.html", "report"])
def test_a_report_that_cannot_be_is_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, place: str
) -> None:
    code, _, err = command(capsys, "agents", "run", "organoid", "--report", str(tmp_path / place))
    assert code == 2 and "--report" in err and ".html" in err + place


def test_a_film_moves(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(film.FRAMES, ".gif", 4)
    code, _, err = command(capsys, *RUN, "--film", str(tmp_path / "x.gif"))
    content = (tmp_path / "x.gif").read_bytes()
    assert code == 0 and "wrote" in err and content[:6] == b"GIF89a" and content.count(b"\x21\xf9\x04") >= 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "organoide"], "organoid"),
        (["run", "organoid:nothing"], "control"),
        (["run", "--days", "1000"], "120"),
        (["run", "--days", "-1"], "days"),
        (["run", "--days", "nan"], "days"),
        (["run", "--dose", "1e12"], "too many"),
        (["run", "--dose", "some"], "dose"),
        (["run", "--seed", "-1"], "seed"),
        (["run", "--threads", "0"], "threads"),
        (["run", "--cells", "99999999"], "cells"),
        (["run", "--every", "0"], "every"),
        (["run", "--film", "x.avi"], ".gif"),
        (["run", "--csv", "no/such/folder/x.csv"], "folder"),
        (["run", "--set", "attach"], "--set"),
        (["run", "--set", "cell.tumour_radius=1e7"], "fit"),
        (["run", "--set", "field.voxel=1e-9"], "voxel"),
        (["show", "organoid", "--set", "car_t.atach=1"], "did you mean 'car_t.attach'"),
    ],
)
def test_bad_input_is_answered_in_words(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = command(capsys, "agents", *words)
    assert code == 2 and not out and said in err and "Traceback" not in err


def test_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = command(capsys, "agents", "list", "--json")
    assert code == 0 and {"quarter", "double"} <= set(json.loads(out)[0]["variants"])
    code, out, _ = command(capsys, "agents", "show", "organoid:double", "--json")
    shown = json.loads(out)
    assert code == 0 and [d["cells"] for d in shown["doses"]] == [7914, 7914]
    assert shown["parameters"]["tumour.kill"]["file"].endswith("luque_2024.toml")
    assert all(p.get("source") and p.get("where") for p in shown["parameters"].values())
