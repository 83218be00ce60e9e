"""Equations as MathML say what is run: their text, evaluated, gives the model's own rates; their markup is whole."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
import sympy

from livingdrug.model.declare import Derived, Flow
from livingdrug.model.mathml import Equation, module_equations
from livingdrug.published.entry import published
from livingdrug.scenario import resolve

MODEL = resolve("eliana").model()
LINES = {role: module_equations(MODEL, role) for role in MODEL.modules}
EVERY = [(role, e) for role, lines in LINES.items() for e in lines]


@pytest.fixture(scope="module")
def seen() -> tuple[dict[str, float], dict[str, float], dict[tuple[str, str], float]]:
    """One look at the model with drawn numbers: every value by path; published values; rates by (role, flow)."""
    draw = np.random.default_rng(7)
    paths = (*MODEL.states, *MODEL.parameters, *MODEL.covariates, *MODEL.inputs, "time")
    values = {p: float(draw.uniform(0.2, 2.0)) for p in paths}
    values |= {p: float(x) for p, x in MODEL.constants(values).items()}
    found = MODEL.evaluate(values)
    rates = {}
    for role, f, _ in found.flows:
        if isinstance(f, Flow):
            rates[role, f.name] = float(f.rate)
    return values, {p: float(x) for p, x in found.published.items()}, rates


def evaluated(e: Equation, values: dict[str, float]) -> float:
    """The text of an equation, with numbers for its names."""
    names = {path: f"x{i}" for i, path in enumerate(sorted(e.uses, key=len, reverse=True))}
    text = re.sub(r"(?<![\d.])[A-Za-z_][\w.]*", lambda m: names.get(m[0], m[0]), e.text)
    return float(sympy.sympify(text).subs({short: values[path] for path, short in names.items()}))


def test_every_flow_is_told_with_the_rate_that_is_run(seen: tuple) -> None:
    values, published, rates = seen
    told = {(role, e.name): evaluated(e, {**values, **published}) for role, e in EVERY if e.kind == "flow"}
    assert told.keys() == rates.keys()
    for flow, rate in rates.items():
        assert told[flow] == pytest.approx(rate, rel=2e-3), flow  # numbers are told with four digits


def test_what_is_published_and_the_constants_are_those_that_are_run(seen: tuple) -> None:
    values, published, _ = seen
    both = {**values, **published}
    told = {e.name: evaluated(e, both) for _, e in EVERY if e.kind == "published"}
    assert told and all(told[p] == pytest.approx(published[p], rel=2e-3) for p in told)
    constants = {e.name: evaluated(e, both) for _, e in EVERY if e.kind == "constant"}
    assert constants.keys() == {f"{r}.{d.name}" for r, m in MODEL.modules.items() for d in m.of(Derived)}
    assert all(x == pytest.approx(values[p], rel=2e-3) for p, x in constants.items())


@pytest.mark.parametrize("role", MODEL.modules)
def test_the_markup_is_whole_and_has_its_text(role: str) -> None:
    for e in LINES[role]:
        root = ElementTree.fromstring(e.mathml.replace("&ExponentialE;", "e"))
        assert root.tag == "math" and root.attrib["alttext"] == e.text and e.text
        words = {node.text for node in root.iter() if node.text}
        assert {p.rpartition(".")[2].replace("_", " ").replace(">", " to ") for p in e.uses} <= words
        assert not root.findall(".//*[@style]") and not root.findall(".//*[@mathcolor]")


def test_a_name_of_another_mechanism_has_its_role_as_index() -> None:
    kill = next(e for role, e in EVERY if role == "tumour" and e.name == "positive kill")
    assert "<msub><mi>killers</mi><mi>kinetics</mi></msub>" in kill.mathml
    assert "<mi>crowd</mi>" in kill.mathml and "<mi>tumour</mi>" not in kill.mathml


def test_cases_stand_under_each_other_with_their_conditions() -> None:
    model = published("stein_2019").model
    (role,) = model.modules
    growth = next(e for e in module_equations(model, role) if e.name == "growth")
    root = ElementTree.fromstring(growth.mathml)
    cases = root.findall(".//mtable/mtr")
    assert len(cases) == 2 and "piecewise" not in "".join(root.itertext()).lower()
    assert ["".join(c.itertext()) for c in cases] == ["1if\N{NO-BREAK SPACE}peak day≥time", "0otherwise"]


def test_long_equations_share_terms_that_are_written_once() -> None:
    assert not [e for _, e in EVERY if e.kind == "term"], "what is short is told whole"
    found = published("luque_2024")
    model, role = found.model, "tumour"
    lines = module_equations(model, role)
    values = {p: float(x) for p, x in found.values.items()} | {p: 0.0 for p in (*model.inputs, "time")}
    values |= {p: float(x) for p, x in model.constants(values).items()}
    values |= {p: 1e3 * (i + 1) for i, p in enumerate(model.states)}
    shown = model.evaluate(values)
    values |= {p: float(x) for p, x in shown.published.items()}
    for e in lines:
        if e.kind == "term":  # each names only those before it
            values[e.name] = evaluated(e, values)
    rates = {f.name: float(f.rate) for r, f, _ in shown.flows if r == role and isinstance(f, Flow)}
    told = {e.name: evaluated(e, values) for e in lines if e.kind == "flow"}
    assert told.keys() == rates.keys() and any(rates.values())
    for name, rate in rates.items():
        assert told[name] == pytest.approx(rate, rel=5e-3, abs=1e-12), name
    assert max(len(e.text) for e in lines) < 2_000


def test_an_unknown_role_is_an_error() -> None:
    with pytest.raises(KeyError):
        module_equations(MODEL, "tumor")
