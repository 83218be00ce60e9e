"""How runs of every kind are told: deaths, cycles of a therapy, units, changes, figures with a time of their own."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug import library
from livingdrug.plot.svg import _set
from livingdrug.plot.tables import _in_turn
from livingdrug.report.journey import _spans, by_care, is_conditioning
from livingdrug.report.narrative import with_published
from livingdrug.report.words import _times, died_of
from livingdrug.scenario import resolve
from livingdrug.trial.again import Given
from livingdrug.web.pages._results import changes
from livingdrug.web.settings import Limits

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def randomised() -> Any:
    """A trial whose second arm gets standard of care, with published rows of its own."""
    return SimpleNamespace(resolved=resolve("ct041-st-01"))


def test_every_death_is_told_as_the_model_says_what_strikes(randomised: Any) -> None:
    for arm in randomised.resolved.arms:
        model = arm.resolved.model()
        ending = [path for path in model.hazards if getattr(model.declared[path], "ends", False)]
        assert ending
        for path in ending:
            told = died_of(path.rpartition(".")[2].replace("_", " "), arm.resolved)
            assert told.startswith("died ") and "(" not in told, told
        assert died_of("", arm.resolved) == "died"


def test_nothing_was_changed_in_a_trial_as_the_library_has_it(randomised: Any) -> None:
    assert list(changes(randomised)) == []
    assert all(arm.resolved.changed() == [] for arm in randomised.resolved.arms)


def test_what_was_changed_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        'trial = "eliana"\n[set]\n"tumour.kill" = "* 0.5"\n'
        '[[protocol.rule]]\nname = "extra_dose"\nnew = true\nwhen = "time >= 30 d"\ndo = { give = "tocilizumab", '
        'amount = "8 mg/kg" }\n'
    )
    told = {path: value for _, path, value in changes(SimpleNamespace(resolved=resolve(str(file))))}
    assert "tumour.kill" in told and told["protocol.rule"] == "extra dose"
    assert not any("{" in value or "[" in value for value in told.values())


def test_an_arm_with_published_rows_of_its_own_stands_beside_them(randomised: Any) -> None:
    assert with_published(randomised) == ["satri-cel", "physician's choice"]


def dose(drug: str, day: float = 0.0, unit: str = "mg", by_rule: bool = True) -> Given:
    return Given(day, drug, 1.0, unit, 0.0, by_rule)


def test_a_further_cycle_is_therapy_and_not_care() -> None:
    resolved: Any = SimpleNamespace(modules={"conditioning.fludarabine": "fludarabine", "drug.tocilizumab": "x"})
    assert is_conditioning(dose("fludarabine", 51), resolved) and not by_care(dose("fludarabine", 51), resolved)
    assert not by_care(dose("infusion", 56, "cell"), resolved)
    assert by_care(dose("tocilizumab"), resolved) and not by_care(dose("tocilizumab", by_rule=False), resolved)
    assert _spans([-5.0, -4.0, -3.0, 51.0, 52.0, 107.0]) == ["days −5 to −3", "days 51 to 52", "day 107"]


@pytest.mark.parametrize(
    ("unit", "shown", "times"),
    [("um", "mm", 1e-3), ("1", "%", 100.0), ("cell/uL", "cells/µL", 1.0), ("copy/ug", "copies/µg DNA", 1.0)],
)
def test_a_quantity_is_shown_in_the_unit_that_it_says(unit: str, shown: str, times: float) -> None:
    assert _times(unit, shown) == pytest.approx(times)


@given(st.lists(st.permutations("abcdefg").map(lambda x: sorted(x[:4])), min_size=1, max_size=4))
def test_stages_of_several_flows_keep_the_order_of_each(flows: list[list[str]]) -> None:
    made: Any = tuple(SimpleNamespace(stages=[SimpleNamespace(words=w) for w in words]) for words in flows)
    order = _in_turn(made)
    assert sorted(order) == sorted({w for words in flows for w in words})
    assert [w for w in order if w in flows[0]] == flows[0]
    for words in flows:
        new = [w for w in words if w not in flows[0]]
        assert [w for w in order if w in new] == new or len(flows) > 2


def test_words_of_a_chart_are_set() -> None:
    assert _set("-5") == "−5" and _set("IL-6, zuma-1, 2-3") == "IL-6, zuma-1, 2-3"
    assert _set("physician's <b>") == "physician’s &lt;b&gt;"


def test_a_figure_in_days_says_until_which() -> None:
    """Else it is drawn as long as patients are followed, and what happens in days is a stroke at its left edge."""
    for name in library.names("mechanisms"):
        for key, figure in library.find("mechanisms", name).data.get("figure", {}).items():
            if "section" in figure and figure.get("kind", "courses") == "courses" and figure.get("time") != "months":
                assert "until" in figure, (name, key)


def test_the_pages_run_every_example() -> None:
    most = {p.name: len(tomllib.loads(p.read_text("utf-8")).get("arm", ())) for p in EXAMPLES.glob("*.toml")}
    assert most and {name: n for name, n in most.items() if n > Limits().arms} == {}
