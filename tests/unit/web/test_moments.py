"""The recorded run that a page turns: what is kept, what is counted, and that it can be made anew."""

from __future__ import annotations

import base64
import gzip
import sys
from pathlib import Path

import numpy as np
import pytest

from livingdrug.agents import numbers, view
from livingdrug.web import figures, moments

ROOT = Path(__file__).parents[3]
FILE = "tumour_cells.json"
LIGHT = 80_000  # [byte] of the recording, packed
sys.path.insert(0, str(ROOT / "verification"))


def test_the_recording_is_light_and_says_what_it_is() -> None:
    data = moments.recording(FILE)
    assert len(gzip.compress(moments.text(FILE).encode(), 6)) < LIGHT
    spec = figures.spec("tumour-cells")
    assert len(data["moments"]) == spec["walk"]["high"] == spec["walk"]["most"]
    hours = [hour for hour, *_ in data["moments"]]
    assert hours == sorted(set(hours)) and hours[0] == 0
    given = numbers.given(data["model"], data["changed"]).numbers
    assert (given.side, given.tumour_radius) == (data["side"], 100.0)
    assert f"seed {data['seed']}" in spec["under"] and "recording of a model" in spec["under"]


def test_as_many_car_t_are_given_as_there_are_tumour_cells() -> None:
    data = moments.recording(FILE)
    rows = moments.counts(data, np.inf)
    (_, *first), (_, *second) = rows[:2]
    assert sum(first[:2]) == data["dose"] == second[3] and first[2:] == [0, 0]
    alive = [little + much for _, little, much, _, _ in rows]
    assert alive == sorted(alive, reverse=True) and alive[-1] < 0.5 * alive[0]
    shares = [little / (little + much) for _, little, much, _, _ in rows]
    assert shares == sorted(shares), "who wears less is killed later"


@pytest.mark.parametrize("within", [20, 90, 400])
def test_what_is_drawn_is_what_is_counted_less_a_quarter(within: float) -> None:
    data, spec = moments.recording(FILE), figures.spec("tumour-cells")
    moment = data["moments"][2]
    rows = moments.slices(moment, data["side"], spec["near"], within)
    _, place, kind = moment
    inside = (np.linalg.norm(place, axis=1) <= within) & ((place[:, 0] <= 0) | (place[:, 2] <= 0))
    drawn = [sum(row[k].count("M") for row in rows) for k in range(4)]
    assert drawn == np.bincount(kind[inside], minlength=4).tolist()
    assert moments.counts(data, within)[2][1:] >= drawn and len(rows) == moments.SLICES
    wide = moments.widths(data["side"], spec["near"])
    assert wide == sorted(wide), "the nearest are the largest"


def test_the_script_makes_such_a_recording() -> None:
    recorded = pytest.importorskip("tumour_cells").recorded
    made = recorded(40.0, 3, (0, 2))
    assert set(made) == set(moments.recording(FILE)) and made["seed"] == 3
    place, kind = view.unpacked(base64.b64decode(made["moments"][0]["cells"]), made["side"])
    assert len(kind) == made["dose"] and np.linalg.norm(place, axis=1).max() < 41
    later = view.unpacked(base64.b64decode(made["moments"][1]["cells"]), made["side"])[1]
    assert (later == view.KINDS.index("CAR-T")).sum() == made["dose"]
    assert made == recorded(40.0, 3, (0, 2))


@pytest.mark.thorough
def test_the_recording_is_what_the_script_makes_now() -> None:
    import json

    made, kept = pytest.importorskip("tumour_cells").recorded(100.0, 1), json.loads(moments.text(FILE))
    for now, then in zip(made["moments"], kept["moments"], strict=True):
        counts = [np.bincount(view.unpacked(base64.b64decode(m["cells"]), 600.0)[1], minlength=4) for m in (now, then)]
        assert np.abs(counts[0] - counts[1]).max() <= 30, "run verification/tumour_cells.py anew"
