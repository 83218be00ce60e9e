"""A patients' table is the same in memory and in files, and leaves nothing behind."""

from __future__ import annotations

import gc
import pickle
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from livingdrug.errors import ScenarioError
from livingdrug.results import columns as place
from livingdrug.results.columns import Columns
from livingdrug.results.lazy import Lazy

RNG = np.random.default_rng(3)
LOTS = [
    {
        "patient": np.arange(first, first + n),
        "day": np.where(RNG.random(n) < 0.3, np.inf, RNG.random(n)),
        "cause": np.array([["", "relapse", "infection é"][i] for i in RNG.integers(0, 3, n)], "U24"),
        "male": RNG.random(n) < 0.5,
    }
    for first, n in ((0, 40), (40, 1), (41, 0), (41, 70), (111, 9))
]


@pytest.fixture(params=[1_000, 60, 0], ids=["in memory", "some in files", "all in files"])
def table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Columns:
    monkeypatch.setattr(place, "IN_MEMORY", request.param)
    monkeypatch.setattr(place, "PART", 32)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = Columns()
    for lot in LOTS:
        made.append(lot)
    assert any(tmp_path.iterdir()) == (request.param < 120)
    return made


def test_every_column_comes_back_as_it_was(table: Columns) -> None:
    assert list(table) == list(LOTS[0]) and table.size == 120
    for name in table:
        whole = np.concatenate([lot[name] for lot in LOTS])
        assert table[name].dtype == whole.dtype and table.kind(name) == whole.dtype.kind
        np.testing.assert_array_equal(table[name], whole)
        for first, last in ((0, 1), (35, 100), (59, 61), (110, 500), (7, 7)):
            np.testing.assert_array_equal(table.part(name, first, last), whole[first:last])
        np.testing.assert_array_equal(np.concatenate([part[name] for part in table.parts()]), whole)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(table))[name], whole)
    assert [len(part["day"]) for part in table.parts()] == [32, 32, 32, 24]
    assert "day" in table and "night" not in table


def test_the_files_go_with_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(place, "IN_MEMORY", 5)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = Columns({"x": np.zeros(10)})
    assert len(list(tmp_path.rglob("*.bin"))) == 1
    del made
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_a_table_without_room_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(place, "IN_MEMORY", 5)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(ScenarioError, match="cannot be kept") as caught:
        Columns({"x": np.zeros(10)})
    assert "TMPDIR" in str(caught.value)


def test_other_columns_are_refused() -> None:
    table = Columns({"x": np.zeros(2)})
    with pytest.raises(ValueError, match="do not go under"):
        table.append({"y": np.zeros(2)})
    with pytest.raises(TypeError, match="Cannot cast"):
        Columns({"x": np.zeros(2, int)}).append({"x": np.zeros(2)})


def test_what_is_on_demand_is_made_when_asked() -> None:
    made: list[str] = []
    found = Lazy(["a", "b"], lambda name: made.append(name) or name.upper(), keep=1)
    assert list(found) == ["a", "b"] and not made and "a" in found and "c" not in found
    assert [found["a"], found["a"], found["b"], found["a"]] == ["A", "A", "B", "A"] and made == ["a", "b", "a"]
    assert found.get("c") is None and len(made) == 3


def test_texts_are_counted_as_they_stand_and_without_being_written_out(table: Columns) -> None:
    told, written = table.texts("cause"), np.concatenate([lot["cause"] for lot in LOTS])
    assert [told.words[i] for i in told.places] == written.tolist()
    some = np.concatenate([lot["male"] for lot in LOTS])
    for among in (slice(None), some):
        words, many = np.unique(written[among], return_counts=True)
        assert list(told.counts(among).items()) == list(zip(words.tolist(), many.tolist()))


def test_words_that_are_said_alike_are_counted_together() -> None:
    told = place.Texts(["b", "a", "b"], np.array([0, 1, 2, 2]))
    assert told.counts() == {"a": 1, "b": 3}


def test_counting_the_texts_of_many_patients_takes_a_few_numbers_for_each() -> None:
    many = 100_000
    table = Columns({"status": np.array(["infused", "not infused: death before infusion"], "U48")[np.arange(many) % 2]})
    tracemalloc.start()
    assert sum(table.texts("status").counts().values()) == many
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40 * many  # the texts themselves are 192 bytes each
