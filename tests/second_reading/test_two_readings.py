"""The published models were read twice; here the two readings meet. What was read once only says so."""

from __future__ import annotations

import copy
import csv
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.published.entry import names, published
from second_reading.reading import HERE, READINGS, faults, second
from thoroughness import some

SHARED = Path(os.environ.get("LIVINGDRUG_SHARED", HERE.parents[1] / ".." / "shared"))
TWICE = [n for n in names() if not published(n).read_once]


@pytest.mark.parametrize("name", names())
def test_both_readings_agree_or_the_model_says_that_there_is_one(name):
    assert faults(name, second(name)) == []


def test_every_second_reading_is_of_a_model():
    assert set(READINGS) <= set(names()), "a file in tests/second_reading is named after no published model"


def test_most_models_were_read_twice():
    assert len(TWICE) >= 12, "a model that was read twice is not to be read once again"


@settings(max_examples=some(40))
@given(data=st.data())
def test_any_number_changed_in_one_reading_is_noticed(data):
    """Whatever number of whatever second reading is off by a thousandth, the comparison says so, and names it."""
    name = data.draw(st.sampled_from(TWICE))
    reading = copy.deepcopy(second(name))
    tables = {
        "": reading["numbers"],
        " of its variability": reading.get("variability", {}),
        **reading.get("variants", {}),
    }
    where = data.draw(st.sampled_from([w for w, t in tables.items() if t]))
    symbol = data.draw(st.sampled_from([s for s, x in tables[where].items() if isinstance(x, (int, float))]))
    tables[where][symbol] = tables[where][symbol] * 1.001 + 1e-30
    assert len(faults(name, reading)) == 1
    del tables[where][symbol]
    if (
        where == ""
        and symbol in reading["meaning"]
        and not any(symbol in v for v in reading.get("variants", {}).values())
    ):
        assert any("once only" in f for f in faults(name, reading))


@pytest.mark.parametrize("change, words", [
    (lambda r: {}, "is not there"),
    (lambda r: {**r, "numbers": {**r["numbers"], "zeta": 1.0}}, "zeta has no meaning yet"),
    (lambda r: {**r, "meaning": {**r["meaning"], "F": "folds"}}, "F means folds"),
    (lambda r: {**r, "nowhere": {}}, "no_fludarabine was read once only"),
    (lambda r: {**r, "numbres": {}}, r"\[numbres\] is no table"),
    (lambda r: {**r, "data": {"mine": []}}, "the data differ"),
])  # fmt: skip
def test_what_a_comparison_says(change, words):
    assert any(re.search(words, f) for f in faults("stein_2019", change(second("stein_2019"))))


@settings(max_examples=some(20))
@given(data=st.data())
def test_a_drawing_is_read_to_the_width_of_a_line(data):
    """Whatever mark is read off by half a thousandth of the drawing's height is the same mark; by two it is not."""
    key = data.draw(st.sampled_from(sorted(second("swanson_2022")["data"])))
    rows = second("swanson_2022")["data"][key]
    ours = published("swanson_2022").data[key].rows
    height = max(x for row in ours for x in row[1:])
    i, mark = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(1, 3))
    for off, agree in ((0.0005, True), (-0.0005, True), (0.002, False), (-0.002, False)):
        reading = copy.deepcopy(second("swanson_2022"))
        reading["data"][key][i][("day", "median", "low", "high")[mark]] = ours[i][mark] + off * height
        assert (not any("data differ" in f for f in faults("swanson_2022", reading))) is agree


@pytest.mark.parametrize("name", [n for n in READINGS if "sets" in second(n)])
def test_whole_sets_are_the_published_ones(name):
    said = second(name)["sets"]
    file = SHARED / "reference" / "models" / said["file"]
    if not file.is_file():
        pytest.skip("the published table of whole sets is not at hand (set LIVINGDRUG_SHARED)")
    with file.open(encoding="utf-8") as lines:
        rows = {" ".join(row[k] for k in said["name"]): row for row in csv.DictReader(lines)}
    variants = [v for v, x in published(name).said.variants.items() if x.group]
    sets = {n: x for v in variants for n, x in published(f"{name}:{v}").sets.items()}
    assert len(sets) == said["count"]
    for one, values in sets.items():
        assert values == {f"therapy.{ours}": float(rows[one][theirs]) for theirs, ours in said["meaning"].items()}
