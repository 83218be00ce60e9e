"""Running SBML files: no pulse stepped over, events to the digit, and refusals that name the feature and the line."""

from __future__ import annotations

import libsbml
import numpy as np
import pytest
from small_sbml import saved, small

from livingdrug.errors import EngineError, LivingDrugError, ScenarioError
from livingdrug.sbml import load, read
from livingdrug.sbml.draw import chart
from livingdrug.sbml.table import as_csv, assignments, grid, values_over


def course(document, tmp_path, end=10.0, steps=100, **asked):
    return load(saved(document, tmp_path / "small.xml")).run(np.linspace(0, end, steps + 1), **asked)


def pulses(kind, period, share, end):
    """A file that gains 1 in every pulse: (parameters, rates), and how much it gains until `end`."""
    width = share * period
    on = {
        "floor": f"time - {period} * floor(time / {period}) < {width}",
        "ceiling": f"ceil(time / {period}) - time / {period} > {1 - share!r}",
        "quotient": f"time - {period} * quotient(time, {period}) < {width}",
        "sine": f"sin(2 * pi * time / {period}) > {float(np.cos(np.pi * share))!r}",
        "clock": f"c - {period} * floor(c / {period}) < {width}",
        "windows": " || ".join(f"(time >= {k * period} && time < {k * period + width})" for k in range(5)),
    }[kind]
    begun = end / period
    if kind == "sine":  # around a quarter of the period
        gained = np.floor(begun) + np.clip((begun % 1 - 0.25) / share + 0.5, 0, 1)
    else:
        gained = np.floor(begun) + min((begun % 1) / share, 1)
        gained = min(gained, 5.0) if kind == "windows" else gained
    rates = {"x": f"piecewise({1 / width!r}, {on}, 0)", **({"c": "1"} if kind == "clock" else {})}
    return {"x": 0.0, **({"c": 0.0} if kind == "clock" else {})}, rates, gained


@pytest.mark.parametrize("kind", ["floor", "ceiling", "quotient", "sine", "clock", "windows"])
def test_no_pulse_in_time_is_stepped_over(kind, tmp_path):
    """Of any period and length, from a hundredth to a ten-thousandth of the period."""
    draw = np.random.default_rng([1, len(kind)])
    for _ in range(3):
        period, share = float(draw.uniform(1, 30)), float(10 ** draw.uniform(-4, -2))
        parameters, rates, gained = pulses(kind, period, share, end := period * float(draw.uniform(20, 60)))
        found = course(small(parameters, rates), tmp_path, end=end, steps=1)
        assert found["x"][-1] == pytest.approx(gained, rel=1e-5), (period, share)


def bump(kind, at, width):
    """A pulse without any condition: (formula, its area)."""
    away = f"(time - {at!r}) / {width!r}"
    return {
        "max": (f"max(0, 1 - abs({away}))", width),
        "min": (f"2 - 2 * min(1, abs({away}))", 2 * width),
        "normal": (f"exp(-({away})^2)", width * np.sqrt(np.pi)),
        "rational": (f"1 / (1 + ({away})^2)^2", width * np.pi / 2),
        "difference": (f"tanh({away} + 2) - tanh({away} - 2)", 8 * width),
    }[kind]


@pytest.mark.parametrize("kind", ["max", "min", "normal", "rational", "difference"])
def test_no_bump_is_stepped_over_either(kind, tmp_path):
    """From a hundredth to a hundred-thousandth of the course, of time itself, of a clock, by a rule, in a rate law."""
    draw = np.random.default_rng([2, len(kind)])
    for how in ("plain", "clock", "rule", "product"):
        end = float(10 ** draw.uniform(-1, 4))
        width = end * float(10 ** draw.uniform(-5, -2))
        formula, area = bump(kind, end * float(draw.uniform(0.2, 0.8)), width)
        clock, rule = how == "clock", how == "rule"
        text = formula.replace("time", "c") if clock else "w" if rule else formula
        rates = {"x": f"x * ({text})" if how == "product" else text, **({"c": "1"} if clock else {})}
        parameters = {
            "x": 1.0 if how == "product" else 0.0,
            **({"c": 0.0} if clock else {}),
            **({"w": 0.0} if rule else {}),
        }
        found = course(small(parameters, rates, {"w": formula} if rule else None), tmp_path, end=end, steps=1)
        gained = np.log(found["x"][-1]) if how == "product" else found["x"][-1]
        assert gained == pytest.approx(area, rel=1e-4, abs=1e-6), (how, width / end)


def test_what_moves_all_the_time_is_left_to_the_integrator(tmp_path):
    found = course(small({"x": 0.0}, {"x": "cos(2 * pi * time)"}), tmp_path, end=1000.25, steps=1)
    assert found["x"][-1] == pytest.approx(1 / (2 * np.pi), rel=1e-5)


def test_libroadrunner_alone_steps_over_them(tmp_path):
    """The reason for the stops: when this fails, they may no longer be needed."""
    import roadrunner

    parameters, rates, gained = pulses("sine", 24.0, 0.0045, 8760.0)
    alone = roadrunner.RoadRunner(saved(small(parameters, rates), tmp_path / "small.xml"))
    alone.timeCourseSelections = ["x"]
    assert alone.simulate(0, 8760, 366)[-1][0] < 0.5 * gained


def test_a_product_with_a_condition_is_a_pulse_too(tmp_path):
    found = course(small({"x": 0.0}, {"x": "(time - 10 * floor(time / 10) < 0.1) * 20"}), tmp_path, end=100, steps=4)
    assert found["x"][-1] == pytest.approx(20.0, rel=1e-6)


def test_an_infusion_that_an_event_begins(tmp_path):
    """Every 7 days for half an hour; where it begins is kept in a parameter."""
    found = course(
        small(
            {"x": 0.0, "start": -10.0, "next": 0.5},
            {"x": "piecewise(50, time >= start && time < start + 0.02, 0)"},
            events=[{"when": "time >= next", "then": {"start": "time", "next": "next + 7"}}],
        ),
        tmp_path,
        end=364,
        steps=4,
    )
    assert found["x"][-1] == pytest.approx(52.0, rel=1e-6)


def test_a_state_trigger_is_located(tmp_path):
    """x grows by 1 a day; at x >= pi it is set to zero: a sawtooth, exact after three teeth."""
    found = course(small({"x": 0.0}, {"x": "1"}, events=[{"when": f"x >= {np.pi!r}", "then": {"x": 0}}]), tmp_path)
    assert found["x"][-1] == pytest.approx(10.0 - 3 * np.pi, abs=1e-7)


@pytest.mark.parametrize("when, end, times", [("x > 0.999999", 20.0, 3), ("x > 0.3 && x < 0.3001 && y > 0", 20.0, 4)])
def test_a_condition_on_states_that_holds_for_a_moment_is_seen(when, end, times, tmp_path):
    found = course(
        small({"x": 0.0, "y": 1.0, "n": 0.0}, {"x": "y", "y": "-x"}, events=[{"when": when, "then": {"n": "n + 1"}}]),
        tmp_path,
        end=end,
    )
    assert found["n"][-1] == times


def test_a_narrow_window_between_two_times_is_not_stepped_over(tmp_path):
    found = course(
        small({"x": 0.0, "n": 0.0}, {"x": "1"}, events=[{"when": "x > 3.3 && x < 3.300001", "then": {"n": "n + 1"}}]),
        tmp_path,
        end=1000,
        steps=4,
    )
    assert found["n"][-1] == 1


def test_from_five_on_and_after_five_are_told_apart(tmp_path):
    for when, at_five in (("time >= 5", 1.0), ("time > 5", 0.0)):
        found = course(small({"a": 0.0}, events=[{"when": when, "then": {"a": 1}}]), tmp_path, end=10, steps=10)
        assert (found["a"][5], found["a"][6]) == (at_five, 1.0)


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
        assert found["kept"][-1] == pytest.approx(value, abs=1e-7)
        assert found["kept"][49] == 0.0


def test_what_does_not_persist_is_forgotten(tmp_path):
    for persistent, value in ((True, 1.0), (False, 0.0)):
        event = {"when": "time > 2 && time < 3", "then": {"n": 1}, "delay": 2, "persistent": persistent}
        assert course(small({"n": 0.0}, events=[event]), tmp_path)["n"][-1] == value


def test_a_second_run_is_the_first_again(tmp_path):
    """Also where an event of time 0 is delayed, and where the course went in several stretches."""
    waits = {"when": "x > 2", "then": {"x": 7}, "delay": 2.5, "before": False}
    pulse = {"y": "piecewise(1, time >= 4 && time < 4.001, 0)"}
    model = load(saved(small({"x": 3.0, "y": 0.0}, pulse, events=[waits]), tmp_path / "small.xml"))
    times = np.linspace(0, 10, 11)
    first = model.run(times)
    assert list(first["x"][:4]) == [3.0, 3.0, 3.0, 7.0]
    for again in (model.run(times), load(tmp_path / "small.xml").run(times)):
        assert all(np.array_equal(first[n], again[n]) for n in ("x", "y"))


def test_priority_decides_and_what_is_left_open_is_said(tmp_path):
    def one(priority):
        return {"when": "time >= 1", "then": {"x": f"x * 2 + {priority}"}, "priority": priority, "early": False}

    found = course(small({"x": 1.0}, events=[one(1), one(3), one(2)]), tmp_path)
    assert found["x"][-1] == ((1 * 2 + 3) * 2 + 2) * 2 + 1
    assert not found.notes
    either = [{"when": "time >= 1", "then": {"x": v}} for v in (5, 6)]
    open_ = course(small({"x": 1.0}, events=either), tmp_path)
    assert "SBML leaves open which of them goes first" in open_.notes[0]


def test_true_at_the_start_fires_only_if_it_counts_as_false_before(tmp_path):
    for before, value in ((True, 0.0), (False, 1.0)):
        event = {"when": "x > 1", "then": {"n": "n + 1"}, "before": before}
        assert list(course(small({"n": 0.0, "x": 9.0}, events=[event]), tmp_path)["n"]) == [value] * 101


@pytest.mark.parametrize("period", [1e-3, 1e-7, 1e-10])
def test_no_event_is_dropped_in_a_short_unit_of_time(period, tmp_path):
    """libroadrunner forgets events that follow within `rtol` units of time."""
    tooth = {"when": "time >= next", "then": {"n": "n + 1", "next": f"next + {period}"}}
    found = course(small({"next": period, "n": 0.0}, events=[tooth]), tmp_path, end=20.5 * period, steps=1)
    assert found["n"][-1] == 20


def test_small_amounts_are_followed_as_well_as_large_ones(tmp_path):
    found = course(small({"x": 1e-15, "y": 1e15}, {"x": "-x", "y": "-y"}), tmp_path, end=30)
    assert found["x"][-1] == pytest.approx(1e-15 * np.exp(-30), rel=1e-6)
    assert found["y"][-1] == pytest.approx(1e15 * np.exp(-30), rel=1e-6)


def test_a_rated_parameter_beside_many_cells_is_followed(tmp_path):
    """libroadrunner gives the tolerance of the first species to the first rated symbol."""
    text = SHELL.format(body=rule("rateRule", math_of("-p")) + LAW, extra="").replace('Amount="1"', 'Amount="1e12"')
    found = load(saved(text, tmp_path / "a.xml")).run([0.0, 5.0])
    assert found["p"][-1] == pytest.approx(np.exp(-5.0), rel=1e-7)
    assert found["S"][-1] == pytest.approx(1e12 * np.exp(-5.0), rel=1e-7)


def test_an_imported_file_is_an_ordinary_model(tmp_path):
    found = read(saved(small({"x": 2.0, "k": 0.5}, {"x": "-k * x"}), tmp_path / "a.xml"))
    assert found.model.states == ("sbml.x",) and found.values == {"sbml.k": 0.5, "sbml.x at the start": 2.0}
    seen = found.model.evaluate({**found.values, "sbml.x": 2.0})
    assert seen.derivatives["sbml.x"] == -1.0


def test_an_imported_file_runs_on_the_compiled_statements(tmp_path):
    """The same file through the engine's lowering gives libroadrunner's course."""
    from livingdrug.published.integrate import Course

    rates = {"x": "-k * x / (1 + y^2)", "y": "piecewise(x, x > 1, x * exp(-y))"}
    file = saved(small({"x": 2.0, "k": 0.5, "y": 0.0}, rates), tmp_path / "a.xml")
    found, times = read(file), np.linspace(0, 10, 11)
    states = Course(found.model, found.values).solve(times)
    ours = load(file).run(times)
    for i, path in enumerate(found.model.states):
        np.testing.assert_allclose(states[:, i], ours[path.removeprefix("sbml.")], rtol=1e-6)


def test_another_value_is_as_if_the_file_gave_it(tmp_path):
    """Put in before a run, or by compiling the file anew (with events, or initial assignments): the same course."""
    event = {"when": "time >= 3", "then": {"y": "k"}}
    for events in ([], [event]):
        document = small({"x": 2.0, "k": 0.5, "y": 0.0}, {"x": "-k * x"}, {"y2": "k * x"} if 0 else None, events)
        model, times = load(saved(document, tmp_path / "a.xml")), np.linspace(0, 5, 6)
        document.getModel().getParameter("k").setValue(0.7)
        wanted = load(saved(document, tmp_path / "b.xml")).run(times)
        for _ in range(2):
            assert np.array_equal(model.run(times, {"k": 0.7})["x"], wanted["x"])
            assert model.run(times)["x"][-1] == pytest.approx(2.0 * np.exp(-2.5), rel=1e-7)


def test_what_follows_from_a_value_follows_it(tmp_path):
    """q = 10 k at the start, and S = q: libroadrunner's own reset keeps the old q."""
    body = f"""<listOfInitialAssignments><initialAssignment symbol="p">{math_of("10 * k")}</initialAssignment>
      <initialAssignment symbol="S">{math_of("p")}</initialAssignment></listOfInitialAssignments>"""
    model = load(saved(SHELL.format(body=body, extra=""), tmp_path / "a.xml"))
    found = model.run([0.0, 1.0], {"k": 4.0}, symbols=["p", "S"])
    assert (found["p"][-1], found["S"][-1]) == (40.0, 40.0)
    assert model.run([0.0], {"S": 3.0}, symbols=["S"])["S"][0] == 3.0


def test_a_scan_is_a_course_for_every_combination(tmp_path):
    model = load(saved(small({"x": 1.0, "k": 0.5}, {"x": "-k * x"}), tmp_path / "a.xml"))
    found = list(model.scan(values_over(["k=0.1:0.3:3", "x=1,2"]), [0.0, 1.0]))
    assert [(v["k"], v["x"]) for v, _ in found] == [(k, x) for k in np.linspace(0.1, 0.3, 3) for x in (1, 2)]
    for v, c in found:
        assert c["x"][-1] == pytest.approx(v["x"] * np.exp(-v["k"]), rel=1e-7)


def test_identifiers_that_mean_something_elsewhere(tmp_path):
    """A symbol called `time`, one that begins with _, and those that are methods of the runner."""
    odd = {"time_": 1.0, "_x": 1.0, "reset": 2.0, "simulate": 3.0, "model": 4.0}
    text = libsbml.writeSBMLToString(small({**odd, "A": 0.0}, {"A": "time_ + _x + reset + simulate + model"}))
    found = load(saved(text.replace("time_", "time"), tmp_path / "a.xml"))
    assert "time" in found.symbols
    assert found.run([0.0, 1.0], {"time": 5.0})["A"][-1] == pytest.approx(15.0)
    assert course(small({"x": 1.0}, {"x": "1"}), tmp_path)["x"][-1] == pytest.approx(11.0)


@pytest.mark.parametrize("rooms", [("serum", "liver"), ("", ""), ("one", "one")])
def test_figures_use_the_words_of_the_file_and_no_two_alike(rooms, tmp_path):
    """Tools that number their identifiers put what people read into names, the same in every compartment."""
    document = small({"k": 1.0, "w3": 2.0})
    model = document.getModel()
    for i, room in enumerate(rooms):
        c = model.createCompartment()
        c.setId(f"c{i}")
        c.setSize(1.0)
        c.setConstant(True)
        if room:
            c.setName(room)
        s = model.createSpecies()
        s.setId(f"mw{i}")
        s.setName("IL6 ")
        s.setCompartment(f"c{i}")
        s.setInitialAmount(1.0)
        for said in (s.setBoundaryCondition, s.setConstant, s.setHasOnlySubstanceUnits):
            said(False)
    model.getParameter("w3").setName("dose")
    found = load(saved(document, tmp_path / "a.xml"))
    assert {"w3", "mw0", "mw1"} <= set(found.called) and found.called["w3"] == "dose" and "k" not in found.called
    assert len(set(found.called.values())) == len(found.called)
    assert all(found.called[f"mw{i}"].startswith(f"IL6, {room or f'c{i}'}") for i, room in enumerate(rooms))
    drawn = chart([({}, found.run([0.0, 1.0]))], "a.xml", found.called)
    assert {p.title for p in drawn.panels} <= set(found.called.values())
    for said in ("IL6", found.called["mw1"]):
        with pytest.raises(ScenarioError, match="write .*mw1"):
            found.run([0.0, 1.0], symbols=[said])


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
LAW = REACTION.format(more="", law=f"<kineticLaw>{math_of('S')}</kineticLaw>")
FBC = 'xmlns:fbc="http://www.sbml.org/sbml/level3/version1/fbc/version2" fbc:required="{}"'


def rule(kind: str, text: str) -> str:
    variable = "" if kind == "algebraicRule" else ' variable="p"'
    return f"    <listOfRules><{kind}{variable}>{text}</{kind}></listOfRules>"


@pytest.mark.parametrize(
    "what, body, extra, named",
    [
        ("algebraic", rule("algebraicRule", math_of("p - k")), "", "an algebraic rule is not supported"),
        ("delay", rule("assignmentRule", math_of("delay(k, 1)")), "", r"'delay\(x, duration\)' is not supported"),
        ("unknown symbol", rule("rateRule", math_of("nowhere * 2")), "", "nowhere"),
        ("flux balance", "", FBC.format("true"), "package 'fbc' is not supported"),
    ],
)
def test_what_is_not_supported_is_refused_by_name_and_line(what, body, extra, named, tmp_path):
    with pytest.raises(EngineError, match=named) as refused:
        load(saved(SHELL.format(body=body, extra=extra), tmp_path / "odd.xml"))
    assert "odd.xml:" in str(refused.value), str(refused.value)


def test_what_changes_nothing_is_passed_over_with_a_word(tmp_path):
    model = load(saved(SHELL.format(body=LAW, extra=FBC.format("false")), tmp_path / "a.xml"))
    assert model.run([0.0, 1.0])["S"][-1] == pytest.approx(np.exp(-1.0), rel=1e-7)
    assert "package 'fbc' is passed over" in model.notes[0]
    bare = load(saved(SHELL.format(body=LAW.replace(' stoichiometry="1"', ""), extra=""), tmp_path / "b.xml"))
    assert bare.run([0.0, 1.0])["S"][-1] == pytest.approx(np.exp(-1.0), rel=1e-7)
    assert "taken as 1" in bare.notes[0]
    silent = load(saved(SHELL.format(body=REACTION.format(more="", law=""), extra=""), tmp_path / "c.xml"))
    assert "no rate law" in silent.notes[0]


def test_a_fast_reaction_is_refused(tmp_path):
    text = SHELL.format(
        body=REACTION.format(more=' fast="true"', law=f"<kineticLaw>{math_of('S')}</kineticLaw>"), extra=""
    )
    text = text.replace("version2/core", "version1/core").replace('version="2"', 'version="1"')
    with pytest.raises(EngineError, match="the fast reaction 'r' is not supported"):
        load(saved(text, tmp_path / "fast.xml"))


def test_models_made_of_models_are_put_together(tmp_path):
    comp = 'xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true"'
    inner = SHELL.format(body=LAW, extra="").partition("<model")[2].rpartition("</model>")[0]
    text = SHELL.format(
        body='<comp:listOfSubmodels><comp:submodel comp:id="one" comp:modelRef="inner"/></comp:listOfSubmodels>',
        extra=comp,
    ).replace(
        "</sbml>",
        "<comp:listOfModelDefinitions><comp:modelDefinition"
        + inner.replace('id="m"', 'id="inner"', 1)
        + "</comp:modelDefinition></comp:listOfModelDefinitions></sbml>",
    )
    found = load(saved(text, tmp_path / "a.xml")).run([0.0, 1.0], symbols=["one__S", "S"])
    assert (found["one__S"][-1], found["S"][-1]) == (pytest.approx(np.exp(-1.0), rel=1e-7), 1.0)


@pytest.mark.parametrize(
    "rates, cause",
    [
        ({"x": "-x^0.5"}, "a power of a negative number in the rate rule of 'x'"),
        ({"x": "-1", "y": "1 / (x - 0.5)"}, "a division by zero in the rate rule of 'y'"),
        ({"x": "-1", "y": "ln(x)"}, "a logarithm of what is not positive in the rate rule of 'y'"),
        ({"x": "x^2"}, "may grow without limit"),
        ({"x": "x * y", "y": "piecewise(1, time > 2)"}, "the rate rule of 'y' gives no finite number"),
        ({"x": "x * k"}, "the rate rule of 'x' reads 'k', which is nan"),
    ],
)
def test_an_integration_that_stops_names_the_cause(rates, cause, tmp_path):
    with pytest.raises(EngineError, match="SBML: (the integration stops at time|'y' is)") as stopped:
        course(small({"x": 1.0, "y": 0.0, "k": float("nan")}, rates), tmp_path)
    assert cause in str(stopped.value)


def test_a_course_that_cannot_be_settled_is_refused(tmp_path):
    """A branch into a division by zero right at the start: libroadrunner alone gives 134 at time 10, or 1e17."""
    with pytest.raises(EngineError, match="division by zero in the rate rule of 'S'"):
        course(small({"S": 0.0}, {"S": "piecewise(1, S <= 0, 1 / S)"}), tmp_path)


def test_events_without_end_are_stopped(tmp_path):
    turn = [{"when": "a > 0", "then": {"a": -1}}, {"when": "a < 0", "then": {"a": 1}}]
    with pytest.raises(EngineError, match="events trigger each other without end"):
        course(small({"a": 0.0}, events=[*turn, {"when": "time >= 1", "then": {"a": 1}}]), tmp_path)
    bounce = {"when": "h <= 0 && v < 0", "then": {"v": "-0.8 * v"}}
    found = course(small({"h": 1.0, "v": 0.0}, {"h": "v", "v": "-9.81"}, events=[bounce]), tmp_path)
    assert "faster and faster up to time 4.06" in found.notes[0]


UNUSED = '<parameter id="unused" constant="true"/></listOfParameters>'  # libroadrunner alone refuses it


def test_what_has_no_value_is_named(tmp_path):
    bare = SHELL.format(body=LAW.replace(">S<", ">k<"), extra="")
    for text, name in (
        (bare.replace(' initialAmount="1"', ""), "species 'S'"),
        (SHELL.format(body=rule("rateRule", math_of("k")), extra="").replace(' value="1" constant="true"', ""), "'k'"),
    ):
        with pytest.raises(EngineError, match=f"{name} has no value|valid SBML"):
            load(saved(text, tmp_path / "a.xml"))
    unset = SHELL.format(body=LAW, extra="").replace(' size="1"', "").replace("</listOfParameters>", UNUSED)
    assert load(saved(unset, tmp_path / "b.xml")).run([0.0, 1.0])["S"][-1] == pytest.approx(np.exp(-1.0), rel=1e-7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not XML at all",
        "<sbml/>",
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"/>',
        '<!DOCTYPE sbml [<!ENTITY a "b">]>' + SHELL.partition("?>")[2].format(body="", extra=""),
        SHELL.format(body="<nonsense/>", extra=""),
        SHELL.format(body=LAW, extra="")[:700],
        SHELL.format(body=LAW, extra="").replace('id="p"', 'id="k"'),  # libroadrunner alone ends the process here
        SHELL.format(
            body=rule("rateRule", '<math xmlns="http://www.w3.org/1998/Math/MathML"><apply/></math>'), extra=""
        ),
        SHELL.format(body=rule("rateRule", "<math>" + "<apply>" * 6000 + "</apply>" * 6000 + "</math>"), extra=""),
    ],
)
def test_broken_files_are_refused(text, tmp_path):
    with pytest.raises(LivingDrugError):
        load(saved(text, tmp_path / "broken.xml")).run([0.0, 1.0])


def test_level_1_and_other_encodings_are_read(tmp_path):
    text = SHELL.format(body=LAW, extra="").replace('id="m"', 'id="m" name="Müller"').replace("UTF-8", "ISO-8859-1")
    for name, data in (
        ("latin.xml", text.encode("latin-1")),
        ("unsaid.xml", text.replace(' encoding="ISO-8859-1"', "").encode()),
        ("byte order.xml", b"\xef\xbb\xbf" + text.replace("ISO-8859-1", "utf-8").encode()),
    ):
        (tmp_path / name).write_bytes(data)
        assert load(tmp_path / name).run([0.0, 1.0])["S"][-1] == pytest.approx(np.exp(-1.0), rel=1e-7)
    document = libsbml.readSBMLFromString(SHELL.format(body=LAW, extra=""))
    assert document.setLevelAndVersion(1, 2, False)
    old = load(saved(document, tmp_path / "old.xml"))
    assert old.run([0.0, 1.0], amounts=["S"])["S"][-1] == pytest.approx(np.exp(-1.0), rel=1e-7)


@pytest.mark.parametrize("text", ["", "1", "0:1", "0:1:0", "1:0:5", "a:b:c", "0:inf:3", "0:1:1e3", "-1:1:2", "0:nan:2"])
def test_impossible_times_are_refused(text):
    with pytest.raises(ScenarioError, match="time grid"):
        grid(text)


@pytest.mark.parametrize(
    "make", [lambda: assignments(["k"]), lambda: assignments(["k=nan"]), lambda: values_over(["k=1:2"]),
             lambda: values_over(["k=0:1:3:log"]), lambda: values_over(["k="]),
             lambda: assignments(["k=1", "k=2"]), lambda: values_over(["k=1", "k=2"]),
             lambda: values_over(["k=1,2"], ["k"]), lambda: values_over(["k=0:1:9999999"])]
)  # fmt: skip
def test_impossible_values_are_refused(make):
    with pytest.raises(ScenarioError):
        make()


def test_names_and_options_that_do_not_fit_are_refused(tmp_path):
    model = load(saved(small({"tumour": 1.0, "y": 1.0}, {"tumour": "0"}, {"y": "tumour"}), tmp_path / "a.xml"))
    with pytest.raises(ScenarioError, match="no symbol 'tumor'; did you mean 'tumour'"):
        model.run([0, 1], symbols=["tumor"])
    with pytest.raises(ScenarioError, match="no value 'tumor'; did you mean 'tumour'"):
        model.run([0, 1], {"tumor": 1.0})
    with pytest.raises(ScenarioError, match="'y' follows a rule"):
        model.run([0, 1], {"y": 1.0})
    for wrong in ([], [-1.0], [1.0, 0.0], [np.nan]):
        with pytest.raises(ScenarioError, match="times"):
            model.run(wrong)
    for wrong in ({"rtol": 0.0}, {"rtol": 1.0}, {"atol": -1.0}, {"atol": np.nan}):
        with pytest.raises(ScenarioError, match="cannot be"):
            model.run([0, 1], **wrong)
    with pytest.raises(ScenarioError, match="there is no file"):
        load(tmp_path / "nowhere.xml")


def test_the_table_keeps_every_digit(tmp_path):
    found = course(small({"x": 1.0}, {"x": "-x"}), tmp_path, steps=3)
    lines = as_csv(found.columns).splitlines()
    assert lines[0] == "time,x"
    assert float(lines[2].split(",")[1]) == found["x"][1]


def test_long_sums_and_deep_formulas_run(tmp_path):
    deep = small({"x": 1.0, "y": 1.0}, {"x": "y"}, {"y": "sin(" * 300 + "x" + ")" * 300})
    assert np.isfinite(course(deep, tmp_path, steps=2)["x"]).all()


def test_a_concentration_where_there_is_no_room_is_named(tmp_path, recwarn):
    """Its compartment has size 0: no number, in a course or in a population."""
    document = small({"A": 1.0}, {"A": "-A"})
    model = document.getModel()
    room, species = model.createCompartment(), model.createSpecies()
    room.setId("room"), room.setSize(0.0), room.setConstant(True), room.setSpatialDimensions(3)
    species.setId("S"), species.setCompartment("room"), species.setInitialAmount(2.0), species.setConstant(False)
    species.setHasOnlySubstanceUnits(False), species.setBoundaryCondition(False)
    file = saved(document, tmp_path / "room.xml")
    for ask in (lambda: load(file).run([0.0, 1.0]), lambda: read(file)):
        with pytest.raises(EngineError, match="'S' is a concentration in the compartment 'room', whose size is 0"):
            ask()
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]
