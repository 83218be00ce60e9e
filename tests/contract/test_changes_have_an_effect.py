"""A change that a user writes has the effect that it says, or is refused with the reason: generated, a kind a test."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from livingdrug.errors import LivingDrugError, ScenarioError, SourceError, a
from livingdrug.parameters import PARAMETER_KEYS, VARIES, is_parameter
from livingdrug.scenario import resolve
from livingdrug.spec.json_schema import FILES
from livingdrug.trial import Trial
from thoroughness import some_of

TRIAL = 'trial = "eliana"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def resolved(text: str, trial: str = TRIAL) -> Any:
    Path("mine.toml").write_text(trial + text, encoding="utf-8")
    return resolve("mine.toml")


def refused(text: str) -> LivingDrugError:
    with pytest.raises(LivingDrugError) as caught:
        resolved(text)
    assert "mine.toml:" in str(caught.value.where), caught.value
    return caught.value


# --- how patients differ ----------------------------------------------------------------------------------------------

NUMBERS = {p: x for p, x in resolve("eliana").parameters.items() if x.variability and x.variability.sd}
LOG = [p for p, x in NUMBERS.items() if x.variability.distribution == "log-normal"]


@pytest.mark.parametrize("path", some_of(LOG, one_in=25))
@pytest.mark.parametrize("cv", [0.2, 1.5])
def test_a_coefficient_of_variation_counts_whatever_was_said_before(path: str, cv: float) -> None:
    found = resolved(f"[{path}]\nvariability = {{ cv = {cv} }}\n").parameters[path].variability
    assert found.sd == pytest.approx(math.sqrt(math.log1p(cv**2)))
    assert found.loadings == NUMBERS[path].variability.loadings
    assert refused(f"[{path}]\nvariability = {{ cv = {cv}, sd = 0.3 }}\n").mend


@pytest.mark.parametrize("path", some_of(NUMBERS, one_in=25))
@pytest.mark.parametrize("kind", ["normal", "log-normal", "logit-normal"])
def test_a_width_is_not_taken_over_by_another_distribution(path: str, kind: str) -> None:
    if kind == NUMBERS[path].variability.distribution:
        return
    assert "was written for" in refused(f'[{path}]\nvariability = {{ distribution = "{kind}" }}\n').what
    with_ends = f'variability = {{ distribution = "{kind}", sd = 0.1, low = 0, high = 1e15 }}'
    assert resolved(f"[{path}]\n{with_ends}\n").parameters[path].variability.distribution == kind


@pytest.mark.parametrize("first", ["sd", "distribution"])
def test_parts_of_a_variability_that_are_set_one_by_one_are_meant_together(first: str) -> None:
    parts: dict[str, Any] = {"sd": 0.1, "distribution": "normal"}
    ordered = sorted(parts, key=lambda key: key != first)
    found = (
        resolve("eliana", {f"{LOG[0]}.variability.{key}": parts[key] for key in ordered}).parameters[LOG[0]].variability
    )
    assert (found.sd, found.distribution) == (0.1, "normal")
    rows = "".join(f"'{LOG[0]}.variability.{key}' = {parts[key]!r}\n" for key in ordered)
    assert resolved(f"[set]\n{rows}").parameters[LOG[0]].variability == found


# --- numbers whose names are also words -------------------------------------------------------------------------------

WAYS = {
    "table of the role": "[tumour]\nspread = {}\n",
    "table of the number": "[tumour.spread]\nvalue = {}\n",
    "path": "[set]\n'tumour.spread' = {}\n",
    "path to the value": "[set]\n'tumour.spread.value' = {}\n",
    "both words": "[tumour.spread]\nvalue = {}\nvariability = {{ sd = 0.1 }}\n",
}


@pytest.mark.parametrize("how", WAYS)
def test_a_number_that_is_called_as_an_earlier_key_can_be_set(how: str) -> None:
    solid = 'trial = "ct041-st-01"\n'
    was = resolve("ct041-st-01").arms[0].resolved.parameters["tumour.spread"].value
    assert resolved(WAYS[how].format(was * 2), solid).arms[0].resolved.parameters["tumour.spread"].value == was * 2


def test_an_earlier_key_is_a_variability_where_it_is_one() -> None:
    assert is_parameter({"spread": {"sd": 0.2}}) and is_parameter({"spread": False})
    assert not is_parameter({"spread": 3.0}) and not is_parameter({"spread": {"value": 3.0, "unit": "1"}})
    assert refused("[kinetics]\ngrowth.spread = 0.5\n").nearest == "variability"


@pytest.mark.parametrize("key", [k for k in PARAMETER_KEYS if k not in ("value", *VARIES)])
def test_a_word_about_a_number_that_leaves_the_number_is_refused(key: str) -> None:
    said = {"unit": "1/week", "kind": "measured"}.get(key, "x")
    problem = refused(f'[kinetics.growth]\n{key} = "{said}"\n')
    assert str(problem.where).endswith("mine.toml:3") and problem.mend and not problem.nearest


def test_a_value_outside_its_distribution_is_told_with_the_ends() -> None:
    problem = pytest.raises(SourceError, Trial("eliana", {"tumour.burden": 1.0}).check).value
    ends = NUMBERS["tumour.burden"].variability
    assert f"{ends.low:g} and {ends.high:g}" in problem.what and "variability" in str(problem.mend)


# --- roles, drugs, protocols ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", some_of(resolve("eliana").modules, one_in=8))
@pytest.mark.parametrize(
    "head", some_of(["modules", "product.modules", "protocol.modules", "tumour.modules"], one_in=2)
)
def test_a_role_that_nobody_fills_cannot_be_left_empty(role: str, head: str) -> None:
    wrong = role[:-2] + role[-1:]
    problem = refused(f'[{head}]\n"{wrong}" = false\n')
    assert "to leave empty" in problem.what and problem.nearest == role


def test_drugs_that_nothing_gives_are_told() -> None:
    Path("mine.toml").write_text(f'{TRIAL}drugs = ["anakinra"]\n', encoding="utf-8")
    trial = Trial("mine.toml")
    assert any("nothing gives 'drug.anakinra' (mine.toml:2)" in n for n in trial.design(trial.resolved.arms[0]).notes)


def test_a_shorter_protocol_leaves_out_visits_of_the_trial() -> None:
    """As a shorter follow-up does that a user writes."""
    own = 'like = "eliana"\nfollow_up = "20 months"\n'
    for text in (TRIAL + '[protocol]\nfollow_up = "20 months"\n', TRIAL + 'protocol = "short.toml"\n'):
        Path("short.toml").write_text(own, encoding="utf-8")
        Path("mine.toml").write_text(text, encoding="utf-8")
        trial = Trial("mine.toml")
        notes = trial.design(trial.resolved.arms[0]).notes
        assert any("visits 'blood'" in n and "left out" in n for n in notes), text


def test_another_protocol_of_the_library_leaves_out_visits_of_the_trial() -> None:
    trial = Trial("cibmtr-tisagenlecleucel-b-all", {"protocol": "eliana", "protocol.follow_up": "6 months"})
    assert any("left out" in n for n in trial.design(trial.resolved.arms[0]).notes)


# --- messages ---------------------------------------------------------------------------------------------------------


def test_what_stands_against_the_library_says_how_to_mend_it() -> None:
    for text in ('tumour = "lbcl"\n', 'also_graded = ["penn"]\n', "[covariates.age]\nlow = 18\n"):
        Path("mine.toml").write_text(TRIAL + text, encoding="utf-8")
        with pytest.raises(LivingDrugError) as caught:
            Trial("mine.toml").check()
        assert "against library/" in str(caught.value.where) and caught.value.mend


@pytest.mark.parametrize("kind", FILES)
def test_a_kind_is_named_with_its_article(kind: str) -> None:
    called = FILES[kind].called
    assert f"key of {a(called)} " in FILES[kind].unknown("zzzz", None).what
    assert a("action") == "an action" and a("rule") == "a rule"


def test_a_row_that_lacks_a_word_may_be_meant_to_change_another() -> None:
    assert "name one that is there" in str(
        refused("[[protocol.schedule]]\nname = 'infusion'\namount = '1e8 cell'\n").mend
    )


@pytest.mark.parametrize(("word", "part"), [("rule", "protocol"), ("schedule", "protocol"), ("baseline", "population")])
def test_rows_of_a_part_at_the_top_are_told_with_the_part(word: str, part: str) -> None:
    assert refused(f"[[{word}]]\nname = 'x'\n").nearest == f"{part}.{word}"
    assert isinstance(refused(f"[[{word}]]\nname = 'x'\n"), ScenarioError)
