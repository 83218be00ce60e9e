"""The form of a scenario and its text say the same; what is wrong stands beside the field that says it."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.scenario import resolve
from livingdrug.scenario.link import FILE, Shared
from livingdrug.web.pages import _form
from livingdrug.web.pages._form import Form, Ground
from livingdrug.web.pages._scenario import Fault
from livingdrug.web.pages.virtual import _do
from livingdrug.web.refused import Refused
from livingdrug.web.settings import Limits

TYPED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def wrong(text: str) -> Fault | None:
    """The first fault of a scenario, as the server's checking process would find it."""
    try:
        with Shared(text).file() as path:
            resolve(path)
    except LivingDrugError as problem:
        found = re.search(rf"{re.escape(FILE)}:(\d+)", problem.where or "")
        return Fault(problem, int(found[1]) if found else None)
    return None


def asked(**typed: object) -> Form:
    return Form("eliana", **typed)  # type: ignore[arg-type]


def test_the_library_values_are_not_written_again() -> None:
    ground = Ground.of(asked())
    same = {c.path: c.value for offer in ground.offers for c in offer.choices}
    text, _ = _form.written(asked(values=same), ground)
    assert "[set]" not in text
    assert wrong(text) is None


def test_what_is_changed_is_laid_on_the_trial() -> None:
    form = asked(patients="200", seed="7", values={"dose.factor": "0.5"}, rows=(("tumour.kill", ("* 0.5",)),))
    text, _ = _form.written(form, Ground.of(form))
    data = tomllib.loads(text)
    assert (data["patients"], data["seed"]) == (200, 7)
    assert data["set"] == {"dose.factor": 0.5, "tumour.kill": "* 0.5"}
    assert wrong(text) is None


def test_arms_stand_side_by_side_and_come_back() -> None:
    form = asked(arms=("as it stands", "half dose"), rows=(("dose.factor", ("", "0.5")),))
    text, _ = _form.written(form, Ground.of(form))
    assert [arm["name"] for arm in tomllib.loads(text)["arm"]] == ["as it stands", "half dose"]
    again, why = _form.shown(text)
    assert not why and again is not None
    assert (again.arms, again.rows) == (form.arms, form.rows)


def test_each_fault_stands_beside_its_field() -> None:
    form = asked(
        patients="many",
        values={"dose.factor": "abc"},
        arms=("a", "a"),
        rows=(("kinetics.grwth", ("1", "")), ("tumour.kill", ("", "* x"))),
    )
    found = _form.faults(form, Ground.of(asked()), wrong)
    assert {"patients", "value:dose.factor", "cell:0:0"} <= set(found)
    assert any(name.startswith("arm:") for name in found)
    assert found["cell:0:0"].error.nearest == "kinetics.growth"


def test_a_form_without_faults_has_none() -> None:
    assert _form.faults(asked(values={"dose.factor": "0.5"}), Ground.of(asked()), wrong) == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("trial = ", "not valid TOML"),
        ("patients = 3", "no trial"),
        ('trial = "eliana"\n[protocol]\nfollow_up = "3 months"', "table of changes"),
        ('trial = "eliana"\n[kinetics]\ngrowth = 1', "'kinetics'"),
        ('trial = "eliana"\n[[arm]]\nname = "a"\nabout = "x"', "an arm says more"),
        ('trial = "eliana"\nset = 3', "no table"),
    ],
)
def test_what_no_form_can_say_stays_text(text: str, why: str) -> None:
    form, said = _form.shown(text)
    assert form is None and why in said


def test_a_file_is_no_trial_of_a_form() -> None:
    with pytest.raises(ScenarioError, match="names a file"):
        Ground.of(Form("/etc/hosts.toml"))
    with pytest.raises(LivingDrugError):
        Ground.of(Form("../../x"))


FIELDS = (
    "arms rows trial patients row:0 cell:0:0 cell:0:1 arm:0 arm:1 value:dose.factor title seed part:product".split()
)


@given(st.dictionaries(st.sampled_from(FIELDS), TYPED))
def test_whatever_is_typed_is_a_file_with_a_line_for_each_field(sent: dict[str, str]) -> None:
    form = _form.read(sent, Limits())
    text, places = _form.written(form)
    data = tomllib.loads(text)
    assert data["trial"] == form.trial
    for line in places:
        assert text.split("\n")[line - 1]


@given(
    st.dictionaries(st.sampled_from(["dose.factor", "tumour.kill", "protocol.follow_up", "covariates.age.low"]), TYPED)
)
def test_text_and_form_say_the_same(values: dict[str, str]) -> None:
    form = asked(values={k: x.strip() for k, x in values.items() if x.strip()}, title="named")
    text, _ = _form.written(form)
    again, why = _form.shown(text)
    assert again is not None, why
    assert _form.written(again)[0] == text


@pytest.mark.parametrize("word", ["", "RUN", "delete", "run ", "\u202erun", "a" * 500])
def test_a_button_that_no_form_has_runs_nothing(word: str) -> None:
    with pytest.raises(Refused, match="nothing that can be done"):
        _do({"trial": "eliana", "do": word})
    assert _do({"trial": "eliana"}) == "run" and _do({"do": "look"}) == "look"
