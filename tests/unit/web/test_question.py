"""What is asked for, before anything looks at it: relative changes laid on the scenario's own, and messages in the
words of who asked."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.scenario import resolve
from livingdrug.scenario.saved import toml
from livingdrug.web.api.run import ArmAsked, in_words_of_the_body, text_of
from livingdrug.web.jobs.question import Question, retold
from livingdrug.web.settings import Limits
from thoroughness import some

PATHS = ("tumour.kill", "kinetics.growth")
SAID = st.one_of(
    st.floats(0.1, 10).map(lambda x: round(x, 4)),
    st.floats(0.1, 10).map(lambda x: f"{x:.4g} 1/day"),
    st.floats(0.1, 10).map(lambda x: f"* {x:.4g}"),
    st.floats(0.1, 10).map(lambda x: {"value": round(x, 4), "why": "mine"}),
)


@settings(max_examples=some(12))
@given(SAID, st.floats(0.1, 10), st.booleans())
def test_a_relative_change_of_the_scenarios_own_is_as_on_the_command_line(
    tmp_path_factory: pytest.TempPathFactory, said: object, by: float, nested: bool
) -> None:
    own = f"[set.tumour]\nkill = {toml(said)}\n" if nested else f'[set]\n"tumour.kill" = {toml(said)}\n'
    text = f'trial = "eliana"\n{own}'
    sets = {"tumour.kill": f"* {by:.4g}", "kinetics.growth": "* 1.1"}
    folded = Question(text, sets=sets).folded()
    assert set(folded.sets) == {"kinetics.growth"}
    folder: Path = tmp_path_factory.mktemp("scenario")
    for name, written in (("a", text), ("b", folded.text)):
        (folder / f"{name}.toml").write_text(written)
    theirs, ours = resolve(folder / "a.toml", sets), resolve(folder / "b.toml", folded.sets)
    for path in PATHS:
        assert ours.parameters[path].value == pytest.approx(theirs.parameters[path].value, rel=1e-12)


@pytest.mark.parametrize("text", ["eliana", 'trial = "eliana"\n', 'trial = "eliana"\n[set]\n"tumour.kill" = 3\n'])
def test_what_is_not_relative_to_the_scenarios_own_stays_as_it_is(text: str) -> None:
    asked = Question(text, sets={"dose.factor": "* 0.5", "tumour.kill": 2.0})
    assert asked.folded() is asked


def test_a_message_speaks_of_the_servers_own_words_and_limits() -> None:
    limits = Limits(patients=700)
    told = retold(ScenarioError("'patients' = 0: too small", where="--set", allowed="1 to 10,000,000"), limits)
    assert (told.where, told.allowed) == ("set", "1 to 700")
    told = retold(ScenarioError("x", where="tumour.kill (--set)", mend="with --set"), limits)
    assert "--" not in told.message


@settings(max_examples=some(40))
@given(
    st.lists(
        st.builds(
            ArmAsked,
            name=st.just("a"),
            title=st.sampled_from([None, "A"]),
            set=st.dictionaries(st.sampled_from(["tumour.kill", "dose.factor", "x"]), st.floats(1, 2), max_size=3),
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from([None, 'trial = "eliana"\npatients = 5']),
    st.data(),
)
def test_a_line_of_the_text_is_told_as_the_word_of_the_body_that_made_it(
    arms: list[ArmAsked], scenario: str | None, data: st.DataObject
) -> None:
    text = text_of(None if scenario else "eliana", scenario, arms)
    lines = text.split("\n")
    begin = (scenario or 'trial = "eliana"\n').count("\n") + 1
    at = data.draw(st.integers(1, len(lines)))
    with pytest.raises(LivingDrugError) as problem, in_words_of_the_body(scenario, arms):
        raise ScenarioError("wrong", where=f"scenario.toml:{at}")
    where, line = str(problem.value.where), lines[at - 1]
    assert "scenario.toml" not in where
    if at <= begin:
        assert where == (f"line {at} of the scenario" if scenario else "trial")
    elif line.startswith('"'):
        path = next(iter(tomllib.loads(line)))
        assert where.endswith(f".set.{path}") and where.startswith("arms[")
        assert lines[:at].count("[[arm]]") - 1 == int(where[5])
