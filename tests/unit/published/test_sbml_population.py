"""SBML files as virtual populations: each patient as libroadrunner has it, or a refusal that says why."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import libsbml
import numpy as np
import pytest
from small_sbml import saved, small

from livingdrug.engine import cache
from livingdrug.errors import EngineError, ScenarioError
from livingdrug.sbml import load, read
from livingdrug.sbml.table import settings
from livingdrug.sbml.vary import Vary, variability
from livingdrug.sbml.virtual import population

SHARED = Path(os.environ.get("LIVINGDRUG_SHARED", Path(__file__).resolve().parents[3] / ".." / "shared"))
CASES = SHARED / "reference" / "sbml-cases"


@pytest.fixture(autouse=True)
def uncompiled(monkeypatch):
    """The kernel as plain Python: the same text, and nothing to wait for."""
    monkeypatch.setattr("livingdrug.sbml.virtual.compiled", cache.plain)


def off(found, file, symbols, rtol=1e-10):
    """The largest difference of any patient from libroadrunner's course, as a share of that course's peak."""
    model, worst = load(file), 0.0
    for i in range(len(next(iter(found.courses.values())))):
        course = model.run(found.times, {n: x[i] for n, x in found.drawn.items()}, symbols, rtol=rtol)
        for n in symbols:
            worst = max(worst, np.abs(found.courses[n][i] - course[n]).max() / np.abs(course[n]).max())
    return worst


def generated(seed, path):
    """A chain of reactions in two compartments, with one of everything that is compiled, by chance."""
    rng = np.random.default_rng(seed)
    document = libsbml.SBMLDocument(3, 2)
    model = document.createModel()
    swelling = bool(rng.integers(2))

    def made(maker, name, **said):
        e = maker()
        e.setId(name)
        for key, value in said.items():
            getattr(e, f"set{key}")(value)
        return e

    def ruled(maker, name, text):
        rule = maker()
        (rule.setSymbol if hasattr(rule, "setSymbol") else rule.setVariable)(name)
        assert rule.setMath(libsbml.parseL3Formula(text)) == 0

    for i in range(2):
        made(model.createCompartment, f"c{i}", SpatialDimensions=3, Size=float(rng.uniform(0.5, 3)), Constant=i == 0)
    if swelling:
        ruled(model.createRateRule, "c1", "0.05 * c1")
    else:
        ruled(model.createAssignmentRule, "c1", "1 + 0.2 * time")
    made(model.createParameter, "cf", Value=float(rng.uniform(0.5, 2)), Constant=True)
    for i in range(5):
        made(model.createParameter, f"k{i}", Value=float(rng.uniform(0.2, 1.2)), Constant=True)
    made(model.createParameter, "n", Value=float(rng.choice([1.5, 2.0, 3.0])), Constant=True)
    for name in ("twice", "late", "clock", "dose"):
        made(model.createParameter, name, Value=1.0, Constant=False)
    for i in range(4):
        s = made(
            model.createSpecies,
            f"S{i}",
            Compartment=f"c{i % 2}",
            HasOnlySubstanceUnits=bool(rng.integers(2)),
            BoundaryCondition=False,
            Constant=False,
        )
        (s.setInitialAmount if rng.integers(2) else s.setInitialConcentration)(float(rng.uniform(1, 4)))
        if rng.integers(2):
            s.setConversionFactor("cf")
    ruled(model.createInitialAssignment, "k4", "k0 * 0.5 + c0")
    ruled(model.createInitialAssignment, "S3", "S0 + 1")
    ruled(model.createAssignmentRule, "twice", "2 * S1 + k1")
    ruled(model.createRateRule, "late", "piecewise(k1, S0 > 1, time > 3 && S1 < 2, -0.3 * late, 0.1)")
    ruled(model.createRateRule, "clock", "1")
    ruled(model.createRateRule, "dose", "-k2 * dose")
    f = made(model.createFunctionDefinition, "sat")
    assert f.setMath(libsbml.parseL3Formula("lambda(x, h, m, x^m / (h^m + x^m))")) == 0
    laws = ["c0 * k0 * S0", "k1 * sat(S1, own, n)", "k2 * S2 / (1 + twice)", "k3 * S3 * tanh(S0)"]
    for i, law in enumerate(laws):
        r = made(model.createReaction, f"r{i}", Reversible=False)
        for maker, j, many in ((r.createReactant, i, 1.0), (r.createProduct, (i + 1) % 4, float(rng.uniform(0.5, 2)))):
            reference = maker()
            reference.setSpecies(f"S{j}")
            reference.setStoichiometry(many)
            reference.setConstant(True)
        kinetic = r.createKineticLaw()
        assert kinetic.setMath(libsbml.parseL3Formula(law)) == 0
        if "own" in law:
            made(kinetic.createLocalParameter, "own", Value=float(rng.uniform(0.5, 2)))
    events = [
        (f"time >= {float(rng.uniform(0.5, 2))!r}", {"S0": "S0 + 2", "dose": "dose + 1"}),
        (f"S0 < {float(rng.uniform(0.6, 1.2))!r}", {"S0": "S0 + k1"}),
        ("clock >= 4", {"clock": "0", "S2": "S2 * 0.5"}),
    ]
    for i, (when, then) in enumerate(events):
        e = made(model.createEvent, f"e{i}", UseValuesFromTriggerTime=bool(rng.integers(2)))
        trigger = e.createTrigger()
        trigger.setInitialValue(True)
        trigger.setPersistent(True)
        assert trigger.setMath(libsbml.parseL3Formula(when)) == 0
        for name, text in then.items():
            a = e.createEventAssignment()
            a.setVariable(name)
            assert a.setMath(libsbml.parseL3Formula(text)) == 0
    return saved(document, path)


@pytest.mark.parametrize("seed", [1, *[pytest.param(i, marks=pytest.mark.thorough) for i in range(2, 13)]])
def test_each_patient_is_as_libroadrunner_has_it(seed, tmp_path):
    """Rules, functions, piecewise, compartments that change, conversion factors, events: 1e-5 at the same tolerance."""
    file = generated(seed, tmp_path / "chain.xml")
    laws = variability(
        ["k1=lognormal:0.3", "k4=normal:0.1", "r1.own=uniform:0.5,2", "S0=lognormal:0.2", "c0=lognormal:0.1"]
    )
    times = np.sort(np.random.default_rng(seed).uniform(0.0, 9.0, 15))
    found = population(file, laws, 4, times, seed=seed, rtol=1e-8)
    assert not found.failed
    assert off(found, file, list(found.courses)) < 1e-5
    assert found.agreement < 1e-4 and found.checked == 4


def test_percentiles_are_those_of_the_formula(tmp_path):
    file = saved(small({"A": 2.0, "k": 0.5}, {"A": "-k * A"}), tmp_path / "decay.xml")
    found = population(file, {"k": Vary("lognormal", 0.4)}, 40, [0.0, 1.0, 3.0])
    exact = 2.0 * np.exp(-np.outer(found.drawn["k"], found.times))
    np.testing.assert_allclose(found.courses["A"], exact, rtol=1e-5)
    np.testing.assert_allclose(found.percentiles("A", [5, 50]), np.percentile(exact, [5, 50], axis=0), rtol=1e-5)
    assert np.median(np.log(found.drawn["k"] / 0.5)) == pytest.approx(0.0, abs=0.2)
    assert np.std(np.log(found.drawn["k"])) == pytest.approx(0.4, abs=0.12)
    more = population(file, {"k": Vary("lognormal", 0.4)}, 41, [0.0, 1.0, 3.0])
    np.testing.assert_array_equal(more.drawn["k"][:40], found.drawn["k"])
    other = population(file, {"k": Vary("lognormal", 0.4)}, 40, [0.0, 1.0, 3.0], seed=2)
    assert not np.any(other.drawn["k"] == found.drawn["k"])


def test_no_pulse_on_time_is_too_short_whenever_it_comes(tmp_path):
    """A thousandth of a thousandth of the course, at a moment of each patient's own."""
    rule = "piecewise(1000, time >= T && time < T + w, 0)"
    file = saved(small({"A": 0.0, "T": 500.0, "w": 0.001}, {"A": rule}), tmp_path / "pulse.xml")
    found = population(file, variability(["T=uniform:10,990", "w=uniform:0.001,0.002"]), 6, [0.0, 1000.0])
    np.testing.assert_allclose(found.courses["A"][:, -1], 1000.0 * found.drawn["w"], rtol=1e-6)


def test_a_bump_without_a_condition_is_found_too(tmp_path):
    rule = "max(0, 1 - abs(time - T) / w) / w"
    file = saved(small({"A": 0.0, "T": 500.0, "w": 0.01}, {"A": rule}), tmp_path / "bump.xml")
    found = population(file, variability(["T=uniform:10,990"]), 4, [0.0, 1000.0])
    np.testing.assert_allclose(found.courses["A"][:, -1], 1.0, rtol=1e-5)


def test_pulses_on_a_clock_of_the_file_are_found_too(tmp_path):
    rule = "piecewise(1, clock > 500 && clock < 501, 0)"
    file = saved(small({"A": 0.0, "clock": 0.0, "k": 1.0}, {"A": rule, "clock": "k"}), tmp_path / "clock.xml")
    found = population(file, variability(["k=uniform:0.9,1.1"]), 4, [0.0, 1000.0])
    np.testing.assert_allclose(found.courses["A"][:, -1], 1.0 / found.drawn["k"], rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-14, 1e-6, 1e12])
def test_units_make_no_difference(scale, tmp_path):
    rates = {"A": "-k * A", "B": f"k * A * B / {scale!r} - 0.3 * B"}
    file = saved(small({"A": 2.0 * scale, "B": 0.01 * scale, "k": 1.0}, rates), tmp_path / "units.xml")
    found = population(file, variability(["k=lognormal:0.2"]), 3, np.linspace(0, 20, 11))
    assert off(found, file, ["A", "B"]) < 1e-5


def test_an_event_at_a_time_of_the_table_is_seen_there(tmp_path):
    events = [{"when": "time >= 2", "then": {"A": "A + dose"}}, {"when": "time >= 4", "then": {"A": "0"}}]
    file = saved(small({"A": 1.0, "dose": 3.0}, events=events), tmp_path / "dose.xml")
    found = population(file, variability(["dose=uniform:2,4"]), 3, [0.0, 2.0, 3.0, 4.0])
    for d, course in zip(found.drawn["dose"], found.courses["A"], strict=True):
        assert course == pytest.approx([1.0, 1.0 + d, 1.0 + d, 0.0], abs=1e-9)


def test_events_of_the_start_happen_before_it(tmp_path):
    events = [
        {"when": "A < limit", "then": {"A": "A + 10"}, "before": False},
        {"when": "A > 9", "then": {"B": "7"}},
        {"when": "B > 6", "then": {"C": "C + 1"}, "before": True},
    ]
    file = saved(small({"A": 1.0, "B": 0.0, "C": 0.0, "limit": 2.0}, events=events), tmp_path / "start.xml")
    found = population(file, variability(["limit=uniform:0,2"]), 12, [0.0, 1.0])
    low = found.drawn["limit"] > 1.0
    assert low.any() and not low.all()
    np.testing.assert_allclose(found.courses["A"][:, 0], np.where(low, 11.0, 1.0))
    np.testing.assert_allclose(found.courses["C"][:, 0], np.where(low, 1.0, 0.0))
    assert off(found, file, ["A"]) < 1e-9


def test_a_reaction_without_stoichiometry_makes_one(tmp_path):
    text = """<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model>
    <listOfCompartments><compartment id="c" size="2" constant="true"/></listOfCompartments>
    <listOfSpecies><species id="A" compartment="c" initialAmount="4" hasOnlySubstanceUnits="true"
      boundaryCondition="false" constant="false"/></listOfSpecies>
    <listOfParameters><parameter id="k" value="0.5" constant="true"/></listOfParameters>
    <listOfReactions><reaction id="r" reversible="false" fast="false">
      <listOfReactants><speciesReference species="A" constant="true"/></listOfReactants>
      <kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>k</ci><ci>A</ci></apply></math>
      </kineticLaw></reaction></listOfReactions></model></sbml>"""
    file = saved(text, tmp_path / "pysb.xml")
    found = population(file, variability(["k=lognormal:0.3"]), 3, [0.0, 2.0])
    np.testing.assert_allclose(found.courses["A"][:, 1], 4.0 * np.exp(-2.0 * found.drawn["k"]), rtol=1e-5)
    assert any("taken as 1" in n for n in found.notes)


K = {"A": 1.0, "k": 1.0, "p": 2.0}


@pytest.mark.parametrize(
    "document, why",
    [
        (small(K, {"A": "-k * floor(A)"}), "floor"),
        (small(K, {"A": "sin(time)"}), "sin"),
        (small(K, {"A": "k * A^200 / (A^200 + 500^200)"}), "holds oo, which is no finite number"),
        (small(K, {"A": "k * ln(0)"}), "holds -?oo|no finite number"),
        (small(K, {"A": "piecewise(1, time < 1)"}), "a piecewise without an otherwise"),
        (small(K, {"A": "piecewise(1, A == k, 2)"}), "compared with == or !="),
        (small(K, {"A": "-k"}, events=[{"when": "A < 0.5", "then": {"p": "1"}, "delay": 1}]), "has a delay"),
        (
            small(K, events=[{"when": "time > 1", "then": {"A": "1"}}, {"when": "time > 1", "then": {"A": "2"}}]),
            "two events at one moment whose order matters",
        ),
        (
            small(K, {"A": "-k * A^p - 0.1"}),
            "power of a negative number|needs too many steps|too small|differs|certain",
        ),
    ],
)
def test_what_does_not_compile_is_refused_by_name_with_a_way_out(document, why, tmp_path):
    file = saved(document, tmp_path / "refused.xml")
    with pytest.raises(EngineError, match=why) as refused:
        population(file, variability(["k=lognormal:0.1"]), 3, np.linspace(0, 20, 11))
    assert "refused.xml" in str(refused.value)


def test_patients_whose_equations_break_down_are_left_out_and_counted(tmp_path):
    """Below zero the power has no value: only those who get there are left out."""
    file = saved(small({"A": 1.0, "B": 0.0, "k": 0.5}, {"A": "-k", "B": "A^1.5"}), tmp_path / "below.xml")
    found = population(file, variability(["k=uniform:0.2,1.8"]), 24, np.linspace(0, 1, 5))
    assert found.failed == {"a power of a negative number": 24 - len(found.courses["A"])}
    assert 0 < len(found.courses["A"]) < 24
    assert found.drawn["k"].max() < 1.001


@pytest.mark.parametrize(
    "law, error",
    [
        ("kk=lognormal:0.3", "no value 'kk'; did you mean 'k'"),
        ("twice=lognormal:0.3", "'twice' follows an assignment rule"),
        ("zero=lognormal:0.3", "'zero' is 0 in the file"),
        ("k=lognorm:0.3", "did you mean 'lognormal'"),
        ("k=normal:-1", "a standard deviation of -1"),
        ("k=normal:0", "a standard deviation of 0"),
        ("k=normal:nan", "'nan' is not a number"),
        ("k=uniform:2,1", "the low end is not below the high end"),
        ("k=uniform:1", "'1' is not two numbers"),
        ("k=lognormal:9", "powers of ten"),
        ("k", "says not how patients differ"),
        ("=lognormal:1", "says not how patients differ"),
    ],
)
def test_wrong_input_gets_one_clear_message(law, error, tmp_path):
    parameters = {"A": 1.0, "k": 0.5, "zero": 0.0, "twice": 1.0}
    file = saved(small(parameters, {"A": "-k * A"}, {"twice": "2 * k"}), tmp_path / "wrong.xml")
    with pytest.raises(ScenarioError, match=error):
        population(file, variability([law]), 3, [0.0, 1.0])


def test_a_normal_law_that_turns_the_sign_says_so(tmp_path):
    file = saved(small({"A": 1.0, "k": 0.5}, {"A": "-k * A"}), tmp_path / "sign.xml")
    found = population(file, variability(["k=normal:0.5"]), 30, [0.0, 1.0])
    assert any("the other sign" in n for n in found.notes)


def test_what_is_read_varies_whatever_follows_from_it(tmp_path):
    file = saved(small({"A": 1.0, "k": 0.5, "m": 1.0}, {"A": "-k * A"}, {"m": "2 * k"}), tmp_path / "read.xml")
    imported = read(file, vary=["A", "k"])
    assert imported.varied == {"A": "sbml.A at the start", "k": "sbml.k"}
    constants = imported.model.constants({**imported.values, "sbml.A at the start": np.array([1.0, 3.0])})
    assert constants["sbml.A@start"].tolist() == [1.0, 3.0]


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared SBML cases are not at hand (set LIVINGDRUG_SHARED)")
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(d.name, marks=[pytest.mark.thorough] if i % 9 else [])
        for i, d in enumerate(sorted(d for d in CASES.glob("[0-9]*") if d.is_dir()))
    ],
)
def test_a_case_of_the_suite_passes_or_is_refused(case):
    said = settings(CASES / case / f"{case}-settings.txt")
    try:
        found = population(CASES / case / f"{case}-sbml-l3v2.xml", {}, 1, said.times, symbols=said.variables, rtol=1e-8)
    except EngineError as refused:
        assert any(w in str(refused) for w in ("delay", "order matters", "come together")), refused
        return
    rows = list(csv.reader((CASES / case / f"{case}-results.csv").open(encoding="utf-8")))
    wanted = {h.strip(): np.array([float(r[i]) for r in rows[1:] if r]) for i, h in enumerate(rows[0])}
    contents = read(CASES / case / f"{case}-sbml-l3v2.xml").contents
    for name in said.variables:
        s = contents.symbols.get(name)
        as_meant = s is None or s.kind != "species" or (name in said.concentration) == s.by_size
        if as_meant:
            off_by = np.abs(found.courses[name][0] - wanted[name])
            assert np.all(off_by <= said.absolute + said.relative * np.abs(wanted[name])), name


def test_the_command(tmp_path, capsys):
    from livingdrug.cli.sbml import app

    file = saved(small({"A": 1.0, "k": 0.5}, {"A": "-k * A"}), tmp_path / "decay.xml")
    out = tmp_path / "out"
    asked = ["population", file, "--vary", "k=lognormal:0.3", "--patients", "20", "--times", "0:4:4"]
    app([*asked, "--json", "--out", str(out)], standalone_mode=False)
    said = json.loads(capsys.readouterr().out)
    assert said["percentiles"]["time"] == [0, 1, 2, 3, 4]
    assert said["vary"] == {"k": "lognormal:0.3"} and said["failed"] == {}
    rows = list(csv.reader((out / "percentiles.csv").open(encoding="utf-8")))
    assert rows[0] == ["time", *(f"A p{s}" for s in (5, 25, 50, 75, 95))]
    assert [float(r[3]) for r in rows[1:]] == said["percentiles"]["A p50"]
    people = list(csv.reader((out / "patients.csv").open(encoding="utf-8")))
    assert people[0] == ["k", "A peak", "A last"] and len(people) == 21
    assert (out / "percentiles.png").stat().st_size > 5000
    app(asked, standalone_mode=False)
    shown = capsys.readouterr()
    assert "median" in shown.out and "agree with libroadrunner" in shown.err


def test_an_answer_yes_or_no_is_a_number_for_the_compiler(tmp_path):
    """A rule, and a rate, that are conditions (SBML Level 3 Version 2): 1 and 0, also in LLVM's text."""
    from livingdrug.engine.codegen.emit_llvm import translated
    from livingdrug.engine.native import ENTRIES

    document = small(
        {"A": 2.0, "k": 0.5, "p": 0.0, "B": 0.0}, {"A": "-k * A", "B": "A > 1"}, {"p": "A > 0.5 || A < 0.2"}
    )
    file = saved(document, tmp_path / "truths.xml")
    found = population(file, {"k": Vary("lognormal", 0.1)}, 3, np.linspace(0.0, 6.0, 13))
    known = (found.courses["A"] > 0.5) | (found.courses["A"] < 0.2)
    np.testing.assert_array_equal(found.courses["p"], known.astype(float))
    np.testing.assert_allclose(found.courses["B"][:, -1], np.log(2.0) / found.drawn["k"], rtol=1e-5)
    text = cache.text(read(file).model)
    assert "define" in translated(text, [e for e in ENTRIES if f"def {e}(" in text])


def test_an_answer_inside_arithmetic_is_a_number_too(tmp_path):
    """In a sum, a product, a maximum, a comparison, under a power, as the value of a piecewise, and one of two."""
    rates = {
        "a": "(time > 2) * 3 + (time <= 1)",
        "b": "max(time > 4, 0.5) - (time > 1)^2",
        "c": "piecewise(time > 3, time > 2, 2)",
        "d": "piecewise(1, xor(time > 2, time > 4), 0)",
        "e": "((time > 2) >= 1) * k",
    }
    file = saved(small({**dict.fromkeys(rates, 0.0), "k": 1.0}, rates), tmp_path / "answers.xml")
    found = population(file, {"k": Vary("lognormal", 0.1)}, 2, [0.0, 6.0])
    for name, gained in {"a": 13.0, "b": -1.0, "c": 7.0, "d": 2.0}.items():
        np.testing.assert_allclose(found.courses[name][:, -1], gained, rtol=1e-6, err_msg=name)
    np.testing.assert_allclose(found.courses["e"][:, -1], 4.0 * found.drawn["k"], rtol=1e-6)


@pytest.mark.parametrize("rate", ["piecewise(1, rem(time, 1) < 0.01, 0)", "(quotient(time, 2) > 1) * 2"])
def test_a_remainder_is_refused_by_name(rate, tmp_path):
    file = saved(small({"A": 0.0}, {"A": rate}), tmp_path / "remainder.xml")
    with pytest.raises(EngineError, match="floor|remainder"):
        population(file, {}, 1, [0.0, 3.0])
