"""Reading SBML: events to the digit, pulses not stepped over, and refusals that name the feature and the line."""

from __future__ import annotations

import libsbml
import numpy as np
import pytest
from small_sbml import saved, small

from livingdrug.errors import EngineError, ScenarioError
from livingdrug.sbml import read
from livingdrug.sbml.run import Settings, as_csv, grid, run


def course(document, tmp_path, end=10.0, steps=100):
    return run(saved(document, tmp_path / "small.xml"), Settings(np.linspace(0, end, steps + 1)))


def test_a_state_trigger_is_located_exactly(tmp_path):
    """x grows by 1 a day; at x >= pi it is set to zero: a sawtooth, exact after three teeth."""
    found = course(small({"x": 0.0}, {"x": "1"}, events=[{"when": f"x >= {np.pi!r}", "then": {"x": 0}}]), tmp_path)
    assert found["x"][-1] == pytest.approx(10.0 - 3 * np.pi, abs=1e-9)


def test_a_condition_that_holds_for_a_moment_only_is_seen(tmp_path):
    """x = sin(time) passes 0.999999 for 3 thousandths of a day only."""
    found = course(
        small(
            {"x": 0.0, "y": 1.0, "n": 0.0},
            {"x": "y", "y": "-x"},
            events=[{"when": "x > 0.999999", "then": {"n": "n + 1"}}],
        ),
        tmp_path,
        end=20,
    )
    assert found["n"][-1] == 3


def test_from_five_on_and_after_five_are_told_apart(tmp_path):
    for when, at_five in (("time >= 5", 1.0), ("time > 5", 0.0)):
        found = course(small({"a": 0.0}, events=[{"when": when, "then": {"a": 1}}]), tmp_path, end=10, steps=10)
        assert (found["a"][5], found["a"][6]) == (at_five, 1.0)


def test_a_pulse_in_time_is_not_stepped_over(tmp_path):
    found = course(
        small({"x": 0.0}, {"x": "piecewise(1e6, time >= 777.25 && time < 777.25001, 0)"}), tmp_path, end=1000, steps=4
    )
    assert found["x"][-1] == pytest.approx(10.0, rel=1e-6)


def test_a_threshold_that_an_event_moves(tmp_path):
    """A dose every 7 days, the next day kept in a parameter."""
    found = course(
        small(
            {"x": 0.0, "next": 3.0},
            {"x": "-0.1 * x"},
            events=[{"when": "time >= next", "then": {"x": "x + 1", "next": "next + 7"}}],
        ),
        tmp_path,
        end=30,
        steps=30,
    )
    wanted = sum(np.exp(-0.1 * (30 - t)) for t in (3, 10, 17, 24))
    assert found["x"][-1] == pytest.approx(wanted, rel=1e-8)


def test_delay_uses_values_from_when_it_was_triggered_or_carried_out(tmp_path):
    for early, value in ((True, 2.0), (False, 5.0)):
        found = course(
            small(
                {"x": 0.0, "kept": 0.0},
                {"x": "1"},
                events=[{"when": "x >= 2", "then": {"kept": "x"}, "delay": 3, "early": early}],
            ),
            tmp_path,
        )
        assert found["kept"][-1] == pytest.approx(value, abs=1e-9)
        assert found["kept"][49] == 0.0


def test_what_does_not_persist_is_forgotten(tmp_path):
    for persistent, value in ((True, 1.0), (False, 0.0)):
        found = course(
            small(
                {"n": 0.0},
                events=[{"when": "time > 2 && time < 3", "then": {"n": 1}, "delay": 2, "persistent": persistent}],
            ),
            tmp_path,
        )
        assert found["n"][-1] == value


def test_priority_decides_who_goes_first(tmp_path):
    def one(priority):
        return {"when": "time >= 1", "then": {"x": f"x * 2 + {priority}"}, "priority": priority, "early": False}

    found = course(small({"x": 1.0}, events=[one(1), one(3), one(2)]), tmp_path)
    assert found["x"][-1] == ((1 * 2 + 3) * 2 + 2) * 2 + 1


def test_true_at_the_start_fires_only_if_it_counts_as_false_before(tmp_path):
    for before, value in ((True, 0.0), (False, 1.0)):
        found = course(
            small({"n": 0.0, "x": 9.0}, events=[{"when": "x > 1", "then": {"n": "n + 1"}, "before": before}]), tmp_path
        )
        assert list(found["n"]) == [value] * 101


def test_events_that_trigger_each_other_for_ever_are_stopped(tmp_path):
    turn = [{"when": "a > 0", "then": {"a": -1}}, {"when": "a < 0", "then": {"a": 1}}]
    with pytest.raises(EngineError, match="events trigger each other without end"):
        course(small({"a": 0.0}, events=[*turn, {"when": "time >= 1", "then": {"a": 1}}]), tmp_path)


def test_small_amounts_are_followed_as_well_as_large_ones(tmp_path):
    found = course(small({"x": 1e-15, "y": 1e15}, {"x": "-x", "y": "-y"}), tmp_path, end=30)
    assert found["x"][-1] == pytest.approx(1e-15 * np.exp(-30), rel=1e-6)
    assert found["y"][-1] == pytest.approx(1e15 * np.exp(-30), rel=1e-6)


def test_an_imported_file_is_an_ordinary_model(tmp_path):
    found = read(saved(small({"x": 2.0, "k": 0.5}, {"x": "-k * x"}), tmp_path / "a.xml"))
    assert found.model.states == ("sbml.x",) and found.values == {"sbml.k": 0.5}
    seen = found.model.evaluate({**found.values, "sbml.x": 2.0})
    assert seen.derivatives["sbml.x"] == -1.0


def test_an_imported_file_runs_on_the_compiled_statements(tmp_path):
    """The same file through the engine's lowering gives the same course."""
    from livingdrug.published.integrate import Course

    found = read(
        saved(
            small({"x": 2.0, "k": 0.5, "y": 0.0}, {"x": "-k * x / (1 + y^2)", "y": "piecewise(x, x > 1, x * exp(-y))"}),
            tmp_path / "a.xml",
        )
    )
    times = np.linspace(0, 10, 11)
    by_hand, printed = (Course(found.model, found.values, printed=p).solve(times) for p in (False, True))
    np.testing.assert_allclose(by_hand, printed, rtol=1e-6)


def math_of(text: str) -> str:
    return libsbml.writeMathMLToString(libsbml.parseL3Formula(text)).partition("?>")[2]


SHELL = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" {extra} level="3" version="2">
  <model id="m">
    <listOfCompartments><compartment id="c" size="1" constant="true" spatialDimensions="3"/></listOfCompartments>
    <listOfSpecies><species id="S" compartment="c" initialAmount="1" hasOnlySubstanceUnits="true"
      boundaryCondition="false" constant="false"/></listOfSpecies>
    <listOfParameters><parameter id="k" value="1" constant="true"/>
      <parameter id="p" value="1" constant="false"/></listOfParameters>
{body}
  </model>
</sbml>"""
REACTION = """    <listOfReactions><reaction id="r" reversible="false"{more}>
      <listOfReactants><speciesReference species="S" stoichiometry="1" constant="true"/></listOfReactants>
      {law}</reaction></listOfReactions>"""


def rule(kind: str, text: str) -> str:
    variable = "" if kind == "algebraicRule" else ' variable="p"'
    return f"    <listOfRules><{kind}{variable}>{text}</{kind}></listOfRules>"


@pytest.mark.parametrize(
    "what, body, extra, named",
    [
        ("algebraic", rule("algebraicRule", math_of("p - k")), "", "an algebraic rule is not supported"),
        ("delay", rule("assignmentRule", math_of("delay(k, 1)")), "", r"'delay\(x, duration\)' is not supported"),
        ("rateOf", rule("assignmentRule", math_of("rateOf(S)")), "", r"'rateOf\(x\)' is not supported"),
        ("empty rule", rule("rateRule", ""), "", "the rate rule of 'p' has no mathematics"),
        ("no law", REACTION.format(more="", law=""), "", "reaction 'r' without a rate law is not supported"),
        (
            "empty law",
            REACTION.format(more="", law="<kineticLaw/>"),
            "",
            "the rate law of reaction 'r' has no mathematics",
        ),
        ("unknown symbol", rule("rateRule", math_of("nowhere * 2")), "", "nowhere"),
        (
            "package",
            "",
            'xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true"',
            "package 'comp'",
        ),
        (
            "flux balance",
            "",
            'xmlns:fbc="http://www.sbml.org/sbml/level3/version1/fbc/version2" fbc:required="false"',
            "package 'fbc'",
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name_and_line(what, body, extra, named, tmp_path):
    with pytest.raises(EngineError, match=named) as refused:
        run(saved(SHELL.format(body=body, extra=extra), tmp_path / "odd.xml"), grid("0:1:2"))
    assert "odd.xml:" in str(refused.value), str(refused.value)


def test_a_fast_reaction_is_refused(tmp_path):
    text = SHELL.format(
        body=REACTION.format(more=' fast="true"', law=f"<kineticLaw>{math_of('S')}</kineticLaw>"), extra=""
    )
    text = text.replace("version2/core", "version1/core").replace('version="2"', 'version="1"')
    with pytest.raises(EngineError, match="the fast reaction 'r' is not supported"):
        run(saved(text, tmp_path / "fast.xml"), grid("0:1:2"))


def test_a_trigger_that_is_true_at_a_point_only_is_refused(tmp_path):
    with pytest.raises(EngineError, match="compares a changing quantity with =="):
        course(small({"x": 0.0}, {"x": "1"}, events=[{"when": "x == 2", "then": {"x": 0}}]), tmp_path)


def test_what_has_no_value_is_named(tmp_path):
    text = (
        SHELL.format(body="", extra="")
        .replace(' initialAmount="1"', "")
        .replace('value="1" constant="true"', 'constant="true"')
    )
    with pytest.raises(EngineError, match="'(k|S)' has no (initial )?value"):
        run(saved(text, tmp_path / "a.xml"), grid("0:1:2"))


@pytest.mark.parametrize("text", ["", "not XML at all", "<sbml/>", SHELL.format(body="<nonsense/>", extra="")])
def test_broken_files_are_refused(text, tmp_path):
    with pytest.raises(EngineError):
        run(saved(text, tmp_path / "broken.xml"), grid("0:1:2"))


def test_level_1_is_refused(tmp_path):
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2">'
        '<model name="m"><listOfCompartments><compartment name="c"/></listOfCompartments></model></sbml>'
    )
    with pytest.raises(EngineError, match="Level 1 is not supported"):
        run(saved(text, tmp_path / "old.xml"), grid("0:1:2"))


@pytest.mark.parametrize("text", ["", "1", "0:1", "0:1:0", "1:0:5", "a:b:c", "0:inf:3", "0:1:1e3", "-1:1:2", "0:nan:2"])
def test_impossible_times_are_refused(text):
    with pytest.raises(ScenarioError, match="time grid"):
        grid(text)


def test_an_unknown_variable_is_named_with_the_nearest(tmp_path):
    file = saved(small({"tumour": 1.0}, {"tumour": "0"}), tmp_path / "a.xml")
    with pytest.raises(ScenarioError, match="no symbol 'tumor'; did you mean 'tumour'"):
        run(file, Settings(np.linspace(0, 1, 2), ("tumor",)))


def test_the_table_keeps_every_digit(tmp_path):
    found = course(small({"x": 1.0}, {"x": "-x"}), tmp_path, steps=3)
    lines = as_csv(found).splitlines()
    assert lines[0] == "time,x"
    assert float(lines[2].split(",")[1]) == found["x"][1]


def test_a_narrow_window_on_a_state_is_not_stepped_over(tmp_path):
    """x passes through a window a millionth wide, between two looks."""
    found = course(
        small({"x": 0.0, "n": 0.0}, {"x": "1"}, events=[{"when": "x > 3.3 && x < 3.300001", "then": {"n": "n + 1"}}]),
        tmp_path,
        end=1000,
        steps=4,
    )
    assert found["n"][-1] == 1


def test_a_formula_nested_without_measure_is_refused(tmp_path):
    document = small({"x": 1.0, "y": 1.0}, {"x": "y"}, {"y": "sin(" * 700 + "x" + ")" * 700})
    with pytest.raises(EngineError, match="nested too deeply"):
        course(document, tmp_path)
