"""Care rules and grading scales: read, said, compiled, carried out."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug import library
from livingdrug.care.compiler import Programs
from livingdrug.care.grading import Scale
from livingdrug.care.interpreter import evaluate
from livingdrug.care.rules import compiled, drugs, enlist, find_input, rule_sentence
from livingdrug.engine.plan import Act, Register
from livingdrug.errors import LivingDrugError, ScenarioError, UnitError
from livingdrug.library.located import Place, placed
from livingdrug.model import Covariate, Entry, Flow, Module, State, Switch, assemble
from livingdrug.spec import scale as spec
from livingdrug.spec.protocol import Rule, Watch
from livingdrug.spec.typed import read

WIDTH = len(Register)
RULE = {
    "name": "tocilizumab for CRS",
    "when": "physiology.temperature >= 38.5 degC",
    "check": "every 6 h for 28 d",
    "do": {
        "give": "tocilizumab",
        "amount": "12 mg/kg if weight < 30 kg else 8 mg/kg",
        "at_most": "800 mg",
        "over": "1 h",
    },
    "limits": {"doses": 3, "apart": "8 h"},
}


class Drug(Module):
    """A drug that is given and lost. Leaves out: everything else."""

    role = "drug.tocilizumab"
    weight = Covariate("kg", "body weight")
    drug = State("mg", "drug")
    dose = Entry("mg", "drug", into={"drug": 1.0})
    on = Switch("a switch")

    def flows(self, v):  # type: ignore[no-untyped-def]
        yield Flow("loss", out_of="drug", rate=v.drug / 10)


MODEL = assemble(Drug)


def programs() -> Programs:
    return Programs({"physiology.temperature": "degC@37"}, {"weight": "kg"}, drugs=set(drugs(MODEL)))


def rule(data: dict, kind: type[Watch] = Rule) -> Watch:  # type: ignore[type-arg]
    return read(kind, placed(data, Place("protocol.toml:12")))


def made_of(data: dict, kind: type[Watch] = Rule) -> tuple[Programs, object]:  # type: ignore[type-arg]
    made, typed = programs(), rule(data, kind)
    enlist(typed, made)
    return made, compiled(typed, made, MODEL, 4)


def test_a_rule_becomes_a_watch() -> None:
    made, watch = made_of(RULE)
    assert (watch.act, watch.target, watch.marks, watch.limit) == (Act.DOSE, 0, 4, 3)  # type: ignore[attr-defined]
    assert watch.duration == pytest.approx(1 / 24) and watch.apart == pytest.approx(1 / 3)  # type: ignore[attr-defined]
    dose = evaluate((watch.amount, watch.amount_constants), None, np.array([[20.0], [70.0], [150.0]]))  # type: ignore[attr-defined]
    assert dose.tolist() == [240.0, 560.0, 800.0]
    assert made.gives == {"tocilizumab": [0]}


def test_a_rule_is_a_sentence() -> None:
    assert rule_sentence(rule(RULE)) == (
        "Every 6 h for 28 d: when physiology temperature is at least 38.5 degC, give tocilizumab, 12 mg/kg if weight "
        "is below 30 kg, otherwise 8 mg/kg (at most 800 mg) over 1 h; at most 3 doses, at least 8 h apart."
    )


def test_switches_and_stops() -> None:
    _, watch = made_of({"name": "x", "when": "1", "do": {"set": "drug.tocilizumab.on", "to": 1}})
    assert (watch.act, watch.target) == (Act.SET, 1)  # type: ignore[attr-defined]
    _, watch = made_of({"name": "x", "when": "1", "do": {"stop": True}})
    assert watch.act == Act.STOP  # type: ignore[attr-defined]


def test_a_watch_looks_only() -> None:
    for data in ({"name": "high fever", "when": "physiology.temperature >= 39 degC"}, {"name": "w", "value": "weight"}):
        for kind in (Watch, Rule) if "value" in data else (Watch,):
            made, watch = made_of(data, kind)
            assert (watch.name, watch.act, watch.target) == (data["name"].replace(" ", "_"), Act.NOTHING, -1)  # type: ignore[attr-defined]
            assert list(made.watches) == [watch.name]  # type: ignore[attr-defined]
            assert made.notes_units() == ({"w": "kg"} if "value" in data else {})
    assert rule_sentence(rule(data, Watch)) == "Every 6 h: note weight."


def test_rules_of_every_kind_are_sentences() -> None:
    limits = {"times": 2, "apart": "1 d"}
    said = rule_sentence(
        rule({"name": "x", "when": "time > 3 d", "do": {"set": "a.b", "to": 2, "after": "6 h"}, "limits": limits})
    )
    assert said == "Every 6 h: when time is above 3 d, set a.b to 2; at most 2 times, at least 24 h apart."
    said = rule_sentence(rule({"name": "x", "when": "time > 3 d", "check": ["day 28", "day 60"], "do": {"stop": True}}))
    assert said == "On day 28, day 60: when time is above 3 d, end follow-up."


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"whn": "1"}, "did you mean 'when'?"),
        ({"do": {"give": "tocilizumab"}}, "but not how much"),
        ({"do": {"giv": "tocilizumab"}}, "did you mean 'give'?"),
        ({"do": {"give": "tocilizumab", "amount": "1 mg", "stop": True}}, "does one thing"),
        ({"do": {"stop": True, "amount": "1 mg"}}, "'amount' does not belong to a rule that says stop"),
        ({"do": {"give": "tocilizumab", "amount": "-1 mg"}}, "a dose is never negative"),
        ({"do": {"give": "tocilizumab", "amount": "1 mg", "over": 1}}, "1 has no unit of time"),
        ({"do": 3}, "3 is not a table"),
        ({"limits": {"doses": -1}}, "a whole number, 0 or more"),
        ({"limits": {"doses": 2**63}}, "below 2⁶³"),
        ({"limits": {"times": 10**30}}, "below 2⁶³"),
        ({"limits": {"doses": 1, "times": 1}}, "doses and times are the same limit"),
        ({"limits": {"apart": "-8 h"}}, "cannot be negative"),
        ({"limits": {"apart": 8}}, "8 has no unit of time"),
        ({"do": "give"}, "'give' is not a table"),
        ({"name": ""}, "allowed: a text"),
        ({"when": "1 <"}, "something is missing"),
        ({"value": "weight"}, "says both when"),
        ({"check": "evry 6 h"}, "'evry 6 h' is not a clock"),
    ],
)
def test_rules_that_cannot_be(change: dict, told: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(LivingDrugError) as caught:
        rule({**RULE, **change})
    assert told in str(caught.value) and "protocol.toml:12" in str(caught.value)


@pytest.mark.parametrize("missing", ["name", "when", "do"])
def test_what_a_rule_needs(missing: str) -> None:
    with pytest.raises(ScenarioError, match="needs 'name'|does not say when|does nothing"):
        rule({k: x for k, x in RULE.items() if k != missing})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"do": {"give": "tocilizumb", "amount": "1 mg"}}, "did you mean 'tocilizumab'"),
        ({"do": {"give": "tocilizumab", "amount": "8"}}, "8 has no unit; a number in mg is needed"),
        ({"do": {"give": "tocilizumab", "amount": "8 L"}}, "a quantity in 'mg' is needed"),
        ({"do": {"set": "drug.tocilizumab.onn"}}, "did you mean 'drug.tocilizumab.on'"),
        ({"when": "physiology.temperature >= 38.5"}, "a number in degC is needed"),
        ({"when": "wieght > 3 kg"}, "did you mean 'weight'"),
    ],
)
def test_rules_that_the_model_does_not_know(change: dict, told: str) -> None:  # type: ignore[type-arg]
    with pytest.raises((ScenarioError, UnitError)) as caught:
        made_of({**RULE, **change})
    assert told in str(caught.value) and "protocol.toml:12" in str(caught.value)


def test_unknown_drugs_and_two_rules_of_one_name() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'tocilizumab'"):
        find_input(MODEL, "tocilizumb", True)
    made, typed = programs(), rule(RULE)
    enlist(typed, made)
    with pytest.raises(ScenarioError, match="two rules are called"):
        enlist(typed, made)


INDICES = ("fluids", "boluses", "pressor", "high_pressor", "second_pressor", "oxygen", "high_flow", "ventilation")


def grade(scale: str, fevers: int, temperature: float, **needed: float) -> float:
    """The grade on a scale of a patient with these indices, who has been febrile at so many looks."""
    seen = {"physiology.temperature": temperature, **{f"physiology.{n}_index": needed.get(n, 0.0) for n in INDICES}}
    made = Programs({p: "degC@37" if p.endswith("ture") else "1" for p in seen}, {})
    graded = Scale(scale, read(spec.Scale, library.find("scales", scale).table))
    graded.enlist(made, also="crs")
    watches = {w.name: w for w in graded.compile(made, 1)}
    registers = np.zeros((1, len(made.watches) * WIDTH))
    registers[0, made.watches[f"{scale}.entry"] * WIDTH + Register.COUNT] = fevers
    watch = watches[f"{scale}.grade"]
    assert made.number("crs.grade") == made.number(f"{scale}.grade")
    return float(
        np.ravel(
            evaluate((watch.program, watch.constants), np.array([[seen[p] for p in made.used]]), None, 0.0, registers)
        )[0]
    )


@pytest.mark.parametrize(
    ("needed", "penn", "astct", "lee2014"),
    [
        ({}, 1, 1, 1),
        ({"fluids": 1.2}, 2, 2, 2),
        ({"fluids": 1.2, "boluses": 1.0}, 3, 2, 2),
        ({"oxygen": 1.0}, 3, 2, 2),
        ({"pressor": 1.1}, 3, 3, 2),
        ({"high_flow": 1.1, "oxygen": 2.0}, 3, 3, 3),
        ({"second_pressor": 1.0, "pressor": 2.0}, 3, 4, 3),
        ({"ventilation": 1.0}, 4, 4, 4),
    ],
)
def test_scales_read_the_same_physiology_differently(needed: dict, penn: int, astct: int, lee2014: int) -> None:  # type: ignore[type-arg]
    assert [grade(s, 1, 1.2, **needed) for s in ("penn", "astct", "lee2014")] == [penn, astct, lee2014]


def test_without_fever_there_is_no_grade_and_fever_need_not_last() -> None:
    assert grade("astct", 0, 0.5, pressor=2.0) == 0
    assert grade("astct", 3, 0.2, pressor=2.0) == 3
    assert grade("astct", 3, 0.2) == 0


def test_penn_grade_3_is_never_rarer_than_astct_grade_3() -> None:
    for leak in np.linspace(0.5, 4.0, 15):
        needed = {
            "fluids": leak,
            "boluses": leak / 1.5,
            "pressor": leak / 2,
            "second_pressor": leak / 3,
            "oxygen": leak / 1.2,
            "high_flow": leak / 3.6,
            "high_pressor": leak / 2.4,
            "ventilation": leak / 3.8,
        }
        assert (grade("penn", 1, 1.5, **needed) >= 3) >= (grade("astct", 1, 1.5, **needed) >= 3)


def test_a_scale_that_names_what_is_not_there_says_on_which_line() -> None:
    for name in library.names("scales"):
        entry = library.find("scales", name)
        made = Programs({"physiology.temperature": "degC@37"}, {})
        graded = Scale(name, read(spec.Scale, entry.table))
        graded.enlist(made)
        with pytest.raises(ScenarioError, match=r"nothing is called '\w+\.\w+'") as caught:
            graded.compile(made, 1)
        assert f"library/scales/{name}.toml:" in str(caught.value) and "column" in str(caught.value)
