"""`like = "NAME"`: a file of the library is that one with its own words on top; of a trial, the design alone."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import library
from livingdrug.cohort import draw
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.scenario import explain, resolve
from livingdrug.scenario.parts import lineage, whole
from livingdrug.scenario.saved import files
from livingdrug.spec.trial import DESIGN, Trial
from thoroughness import some

ELDERS = """title = "Elders"
like = "people"
[covariates.age]
low = 50
high = 80
kind = "measured"
source = "paper"
where = "Table 1"
[[baseline]]
measure = "age, median"
replace = true
of = "age"
value = 65
unit = "year"
[sources.paper]
title = "A paper"
year = 2020
"""
EARLY = """title = "Early care"
like = "usual"
follow_up = "30 d"
[[rule]]
name = "brake late"
when = "cells.number >= 1e7"
[[rule]]
name = "second"
remove = true
"""
SECOND = """title = "Second trial"
like = "first"
product = "cellix"
population = "elders"
protocol = "early"
size = 12
[[measure]]
name = "response"
title = "Response"
family = "response"
"""


@pytest.fixture(autouse=True)
def entries(folder: Path) -> None:
    for name, text in (("populations/elders", ELDERS), ("protocols/early", EARLY), ("trials/second", SECOND)):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def test_patients_like_others_bring_the_words_in_which_they_differ() -> None:
    r = resolve("first", {"population": "elders"})
    age, people = r.population.covariates["age"], resolve("first").population
    assert (age.distribution, age.low, age.high, age.kind) == ("uniform", 50, 80, "measured")
    assert set(r.population.covariates) == set(people.covariates) and r.population.tumour == "clump"
    assert [row.value for row in r.population.baseline] == [65]
    ages = draw(r, range(200), 1).of("age")
    assert ages.min() >= 50 and ages.max() > 70
    assert r.parameters["cells.room"].layer == "tumour"


def test_care_like_other_care_changes_rules_by_name() -> None:
    early, usual = (resolve("first", {"protocol": name}).protocol for name in ("early", "usual"))
    assert [rule.name for rule in early.rule] == ["brake late"] and len(usual.rule) == 2
    assert early.rule[0].do == usual.rule[0].do and early.rule[0].when != usual.rule[0].when
    assert early.follow_up == 30 and early.drugs == ("brake",)


def test_a_trial_like_another_takes_its_design_and_nothing_that_was_published() -> None:
    second, first = resolve("second"), resolve("first")
    assert [c.name for c in second.trial.column] == [c.name for c in first.trial.column]
    response = second.trial.measure[0]
    assert (response.kind, response.family, response.title) == ("share", "response", "Response")
    assert first.trial.published and not second.trial.published
    assert (second.name, second.title, second.trial.size) == ("second", "Second trial", 12)
    assert second.as_fitted and "NCT00000001" not in library.find("trials", "second").aliases
    assert str(explain(second, "size")).count("12")


def test_a_scenario_may_build_on_a_trial_that_is_like_another_and_is_saved_whole(folder: Path) -> None:
    Path("mine.toml").write_text('trial = "second"\nsize = 7\n', encoding="utf-8")
    r = resolve("mine.toml")
    assert r.trial.size == 7 and [m.name for m in r.trial.measure] == ["response"]
    kept = set(files(r))
    for kind, names in {"trials": ("first", "second"), "populations": ("elders", "people")}.items():
        assert {f"library/{kind}/{name}.toml" for name in names} <= kept


@pytest.mark.parametrize("kind", ["populations", "protocols", "trials", "products"])
def test_a_circle_and_a_name_that_nothing_answers_to_are_told(kind: str, folder: Path) -> None:
    text = {"populations": ELDERS, "protocols": EARLY, "trials": SECOND}.get(kind, 'title = "P"\nlike = "cellix"\n')
    words = text.split('"')
    for like, said in ((f'"{"self"}"', "like itself"), (f'"{words[3]}x"', f"did you mean '{words[3]}'"), ("3", "name")):
        file = folder / kind / "self.toml"
        file.write_text(text.replace(f'like = "{words[3]}"', f"like = {like}"), encoding="utf-8")
        with pytest.raises(ScenarioError, match=said) as caught:
            lineage(library.find(kind, "self"))
        assert str(caught.value.where).endswith("self.toml:2")


def test_a_misspelt_word_of_a_file_that_is_whole_only_with_another_is_told_with_its_line(folder: Path) -> None:
    for wrong, line, right in (("hgih = 80", 5, "high"), ("covariats", 3, "covariates")):
        text = ELDERS.replace("high = 80", wrong) if "=" in wrong else ELDERS.replace("covariates", wrong)
        (folder / "populations/elders.toml").write_text(text, encoding="utf-8")
        with pytest.raises(LivingDrugError) as caught:
            resolve("second")
        assert str(caught.value.where).endswith(f"elders.toml:{line}") and caught.value.nearest == right


def test_only_a_file_of_the_library_is_like_another() -> None:
    Path("mine.toml").write_text('trial = "first"\nlike = "second"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="means nothing here") as caught:
        resolve("mine.toml")
    assert str(caught.value.where) == "mine.toml:2"
    with pytest.raises(LivingDrugError):
        resolve("first", {"like": "second"})


WORDS = {"low": st.integers(21, 39), "high": st.integers(41, 59), "why": st.sampled_from(["ours", "theirs"])}


@settings(max_examples=some(40))
@given(
    words=st.fixed_dictionaries({}, optional=WORDS),
    size=st.none() | st.integers(1, 9),
    title=st.none() | st.just("Mine"),
)
def test_what_a_file_says_itself_holds_and_the_rest_is_as_below(words, size, title, folder: Path) -> None:
    said = "".join(f"{key} = {x if isinstance(x, int) else repr(x)}\n" for key, x in words.items())
    own = 'title = "Own"\nlike = "people"\n' + (f"[covariates.age]\n{said}" if said else "")
    (folder / "populations/own.toml").write_text(own, encoding="utf-8")
    below, above = (whole(library.find("populations", name))["covariates"] for name in ("people", "own"))
    assert above == {**below, "age": {**below["age"], **words}}
    top = "".join(f"{key} = {x!r}\n" for key, x in (("size", size), ("title", title)) if x)
    (folder / "trials/own.toml").write_text(f'like = "first"\n{top}', encoding="utf-8")
    first, mine = (whole(library.find("trials", name)) for name in ("first", "own"))
    kept = {key: first[key] for key in DESIGN if key in first}
    assert mine == kept | {key: x for key, x in (("size", size), ("title", title)) if x}


def test_the_design_is_words_of_a_trial() -> None:
    assert set(DESIGN) <= set(Trial.model_fields) and "published" not in DESIGN
