"""What the library says for a report: every file's tables fit its model, and another disease speaks for itself."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import biology, library, units
from livingdrug.errors import LivingDrugError, UnitError
from livingdrug.model import Param, Port, Publishes, State, Total
from livingdrug.report.words import PLAIN, words
from livingdrug.scenario import resolve
from livingdrug.spec.shown import Figure, Shown
from livingdrug.units import of_unit
from thoroughness import some

TRIALS = library.names("trials")
MECHANISMS = library.names("mechanisms")


def converts(unit: str, shown: str) -> bool:
    """Whether a number in a unit can be told in another of its kind, as mm for um, % for 1."""
    try:
        return units.factor(unit, shown) > 0
    except UnitError:
        return False


@pytest.mark.parametrize("stem", MECHANISMS)
def test_a_mechanism_shows_what_it_has_in_a_unit_that_is_its_own(stem: str) -> None:
    module, data = biology.find(stem), library.find("mechanisms", stem).data
    looked_at = {d.name: d for d in module().of(State, Publishes, Port, Total)}
    numbers = {d.name for d in module().of(Param)}
    for name, shown in data.get("shown", {}).items():
        assert name in looked_at, f"{stem} has no '{name}'"
        d = looked_at[name]
        unit = getattr(d, "zero", "").partition(" ")[2] or d.unit
        said = shown.get("unit", of_unit(unit))
        assert said == of_unit(unit) or converts(unit, said), f"{stem}: {name}"
        at = shown.get("line", {}).get("at")
        assert not isinstance(at, str) or at in numbers, f"{stem}: {name} has its line at '{at}'"


@pytest.mark.parametrize("trial", TRIALS)
def test_every_figure_has_a_place_and_something_to_show(trial: str) -> None:
    resolved = resolve(trial)
    said = words(resolved)
    panels, sections = {p.name: p for p in said.panels}, dict(said.sections)
    assert {s.figure for s in said.shown.values() if s.figure} <= set(panels)
    for panel in panels.values():
        assert panel.section in sections, f"figure '{panel.name}' has no section"
        assert said.of_panel(panel) or panel.kind == "presence"
    texts = [s.title for s in said.shown.values()] + [x for p in said.panels for x in (p.title, p.words)]
    texts += [e.words for e in said.events] + [t for _, t in said.sections]
    assert not [t for t in texts if "{" in t], "a word is not filled in"


def another_disease(folder: Path, **more: str) -> Path:
    """A scenario in which the disease is another one, told by a file beside it."""
    lines = "\n".join(f"[{table}]\n{text}" for table, text in more.items())
    (folder / "other.toml").write_text(
        f'title = "Another disease"\n[modules]\ntumour = "leukaemia"\nb_cells = "b_cells"\n{lines}\n', encoding="utf-8"
    )
    file = folder / "scenario.toml"
    file.write_text('trial = "eliana"\ntumour = "other.toml"\n', encoding="utf-8")
    return file


def test_another_disease_speaks_for_itself(tmp_path: Path) -> None:
    plain = words(resolve(another_disease(tmp_path)))
    assert dict(plain.sections)["cells"] == f"CAR-T cells and {PLAIN['disease']}" and plain.events == ()
    told = another_disease(
        tmp_path,
        words='disease = "lymphoma"\ncells = "lymphoma cells"',
        **{
            "figure.disease": 'title = "Lymphoma"\norder = 1',
            'shown."tumour.positive"': 'title = "{target}+ {cells}"\nfloor = 10',
            "event.progression": 'day = "relapse_day"\nwords = "progression"',
            "glossary": 'PR = "partial response"',
        },
    )
    said = words(resolve(told))
    assert dict(said.sections)["cells"] == "CAR-T cells and lymphoma"
    assert said.of_section("cells")[0].title == "Lymphoma"
    target = resolve(told).product.target
    positive = said.shown["tumour.positive"]
    assert (positive.title, positive.floor, positive.unit) == (f"{target}+ lymphoma cells", 10.0, "cells")
    assert [e.words for e in said.events] == ["progression"] and said.glossary[0] == ("PR", "partial response")
    assert (
        "leukaemi" not in " ".join([*(p.title + p.words for p in said.panels), *dict(said.sections).values()]).lower()
    )


WORD = st.text(string.ascii_lowercase, min_size=3, max_size=8)


@settings(max_examples=some(30))
@given(st.sampled_from([("figure.disease", Figure), ('shown."tumour.positive"', Shown)]), WORD, st.data())
def test_a_wrong_key_or_value_is_named_with_its_file(tmp_path: Path, table, key, data) -> None:
    name, keys = table[0], set(table[1].model_fields)
    wrong = data.draw(st.booleans()) and key not in keys
    known = data.draw(st.sampled_from(sorted(keys)))
    file = another_disease(tmp_path, **{name: f'{key} = "x"' if wrong else f"{known} = []"})
    with pytest.raises(LivingDrugError) as told:
        words(resolve(file))
    text = str(told.value)
    assert "other.toml:" in text
    assert (key if wrong else known) in text


def test_choices_are_listed(tmp_path: Path) -> None:
    with pytest.raises(LivingDrugError, match="linear, log"):
        words(resolve(another_disease(tmp_path, **{'shown."tumour.positive"': 'scale = "logarithmic"'})))
