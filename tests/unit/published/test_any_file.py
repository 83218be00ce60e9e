"""Any file of a published model is read or refused: by one message, at its line, with what is allowed."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import library
from livingdrug.errors import LivingDrugError
from livingdrug.published.course import run
from livingdrug.published.entry import names, published
from livingdrug.spec import published_model
from thoroughness import some

ENTRIES = {n: library.find("models", n) for n in names()}


def inline(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {inline(x)}" for k, x in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value) if isinstance(value, (str, bool)) else repr(value)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a file."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def asked(folder: Path, data: dict[str, Any]) -> None:
    """Ask everything of the model that a file describes."""
    file = folder / "models" / "mine.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(f"{json.dumps(k)} = {inline(x)}" for k, x in data.items()), encoding="utf-8")
    with library.also(folder):
        for variant in ("", *published_model.read(library.find("models", "mine")).variants):
            model = published(f"mine:{variant}" if variant else "mine")
            assert model.title and model.label and model.days > 0 and model.values and model.courses()
            model.doses()
            assert model.sources is not None and model.usual_dose is None or model.usual_dose.unit


@pytest.mark.parametrize("name", ENTRIES)
def test_every_file_of_the_library_can_be_written_another_way(name, tmp_path):
    asked(tmp_path, {**ENTRIES[name].data, "aliases": []})


@settings(max_examples=some(150))
@given(data=st.data())
def test_no_fault_in_a_file_is_a_traceback(data, tmp_path_factory):
    """Anything in any file left out, renamed, or replaced by anything else."""
    name = data.draw(st.sampled_from(sorted(set(ENTRIES) - {"kirouac_2023"})))
    changed = {**copy.deepcopy(dict(ENTRIES[name].data)), "aliases": []}
    *path, last = data.draw(st.sampled_from([p for p in places(changed) if p[0] != "aliases"]))
    table = changed
    for key in path:
        table = table[key]
    how = data.draw(st.sampled_from(["drop", "rename", "replace"]))
    old = table.pop(last) if how != "replace" or isinstance(table, dict) else table[last]
    other = st.one_of(
        st.text(max_size=5), st.integers(-3, 3), st.sampled_from([-1.0, 1e300, float("nan"), float("inf")]),
        st.booleans(), st.just([]), st.just({}), st.just([{}]), st.just([[1, 2]]),
    )  # fmt: skip
    if how == "rename" and isinstance(table, dict):
        table[f"{last}x"] = old
    elif how == "replace":
        table[last] = data.draw(other)
    try:
        asked(tmp_path_factory.mktemp("library"), changed)
    except LivingDrugError as refused:
        assert refused.what and ("mine" in str(refused) or path == ["modules"]), refused


@pytest.mark.parametrize(
    "old, new, words, line",
    [
        ("days = 100", "day = 100", "did you mean 'days'", "day = 100"),
        ("days = 100", 'days = "long"', "a number above 0", "days ="),
        ("days = 100\n", "", "needs 'days'", ""),
        ('read = "twice"', "", "needs 'read'", ""),
        ("[dose]", '[dose]\nparameter = "therapy.kill"', "say one of into, parameter, absent", "parameter ="),
        ('into = "therapy.infusion"', 'into = "therapy.infusoin"', "did you mean 'therapy.infusion'", "into ="),
        ('path = "therapy.car_t"', 'path = "therapy.cart"', "did you mean 'therapy.car_t'", 'path = "therapy.cart"'),
        ('path = "therapy.car_t"\nunit = "cell/uL"', 'path = "therapy.car_t"\nunit = "cell/mL"', "counted in", ""),
        ("growth = {", "growht = {", "did you mean", ""),
        ('of = "tumour cells"', 'off = "tumour cells"', "did you mean 'of'", "off ="),
        ('therapy = "chaudhury_2020_predator"', 'therapies = "chaudhury_2020_predator"', "unknown key", "[therapy]"),
        ('source = "chaudhury2020", where = "BIOMD0000001024, 10', 'source = "chau", where = "BIOMD0000001024, 10',
         "cites 'chau'", "usual ="),
    ],
)  # fmt: skip
def test_a_fault_is_shown_at_its_line(tmp_path, old, new, words, line):
    text = ENTRIES["chaudhury_2020_predator"].text.replace('aliases = ["chaudhury_lotka_volterra"]\n', "")
    assert old in text
    text = text.replace(old, new, 1)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.toml").write_text(text, encoding="utf-8")
    with library.also(tmp_path), pytest.raises(LivingDrugError) as refused:
        run(published("mine"), days=1)
    assert words in str(refused.value) and "mine.toml" in str(refused.value)
    if line:
        number = next(i for i, x in enumerate(text.splitlines(), 1) if line in x)
        assert f"mine.toml:{number}" in str(refused.value), refused.value


def test_what_is_read_cannot_be_changed():
    said = published_model.read(ENTRIES["barros_2021"])
    with pytest.raises(Exception, match="frozen"):
        said.days = 1.0  # type: ignore[misc]
    assert tomllib.loads(ENTRIES["barros_2021"].text)["days"] == said.days
