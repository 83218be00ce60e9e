"""Expressions as the engine's programs: names, units, questions about the past; carried out by the NumPy twin."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.care.compiler import Programs
from livingdrug.care.interpreter import perform
from livingdrug.engine.plan import Op, Register
from livingdrug.errors import ScenarioError, UnitError

WIDTH = len(Register)


def programs() -> Programs:
    made = Programs(
        {"physiology.temperature": "delta_degC", "drug.level": "mg/L", "plain": None},
        {"weight": "kg", "bsa": "m**2", "share.cured": "1"},
        drugs={"tocilizumab", "anakinra"},
    )
    made.watch("fever")
    made.watch("tocilizumab", gives="tocilizumab")
    made.watch("again", gives="tocilizumab")
    return made


def value(
    text: str,
    unit: str | None = None,
    dose: bool = False,
    time: float = 0.0,
    registers: np.ndarray | None = None,
    **seen: float,
) -> float:
    made = programs()
    program = made.compile(text, unit, dose=dose)
    extras = np.array([[{"weight": 25.0, "bsa": 0.9, "share.cured": 0.3, "draw(cure)": 0.2}[n] for n in made.extras]])
    observed = np.array([[seen[n.replace(".", "_")] for n in made.used]])
    return float(np.ravel(perform(program, observed, extras, time, registers))[0])


def remembered(**told: float) -> np.ndarray:
    """Registers of three watches; fever_FIRST=2 sets one of them."""
    table = np.zeros((1, 3 * WIDTH))
    for name, x in told.items():
        watch, register = name.split("_", 1)
        table[0, ["fever", "tocilizumab", "again"].index(watch) * WIDTH + Register[register]] = x
    return table


def test_arithmetic_and_choice() -> None:
    assert value("2 + 3 * 4 - 6 / 2") == 11.0
    assert value("-(2 - 5)") == 3.0
    assert value("max(1, min(5, 3)) + abs(-2)") == 5.0
    assert value("1 if 2 < 1 else 7") == 7.0
    assert value("not (1 < 2 and 2 <= 2)") == 0.0


def test_units_meet() -> None:
    assert value("physiology.temperature >= 38.5 degC", physiology_temperature=1.6) == 1.0
    assert value("physiology.temperature >= 38.5 degC", physiology_temperature=1.4) == 0.0
    assert value("drug.level > 900 ug/L", drug_level=1.0) == 1.0
    assert value("time >= 12 h", time=0.6) == 1.0
    assert value("share.cured > 20 %") == 1.0


def test_doses_follow_the_body() -> None:
    assert value("12 mg/kg if weight < 30 kg else 8 mg/kg", "mg", dose=True) == 300.0
    assert value("30 mg/m2", "mg", dose=True) == pytest.approx(27.0)
    assert value("min(12 mg/kg, 0.2 g)", "mg", dose=True) == pytest.approx(200.0)
    assert value("1.0e6 cell/kg", "cell", dose=True) == 2.5e7


def test_questions_about_the_past() -> None:
    told = remembered(
        fever_FIRST=2.0,
        fever_LAST=4.0,
        fever_COUNT=6,
        fever_PEAK=1.5,
        tocilizumab_DONE=1,
        again_DONE=2,
        tocilizumab_DONE_LAST=3.0,
        again_DONE_LAST=5.0,
        tocilizumab_DONE_FIRST=3.0,
        again_DONE_FIRST=4.0,
    )
    assert value("first(fever)", registers=told) == 2.0
    assert value("since(fever) < 12 h", time=4.4, registers=told) == 1.0
    assert value("count(fever) + peak(fever)", registers=told) == 7.5
    assert value("given(tocilizumab)", registers=told) == 3.0
    assert value("done(again)", registers=told) == 2.0
    assert value("first_dose(tocilizumab)", registers=told) == 3.0
    assert value("since_dose(tocilizumab)", "h", time=6.0, registers=told) == pytest.approx(24.0)
    assert value("given(anakinra)") == 0.0  # known, but no rule gives it
    assert value("draw(cure) < share.cured") == 1.0
    assert value("never") == np.inf


def test_only_what_is_used_is_loaded() -> None:
    made = programs()
    made.compile("weight > 3 and drug.level > 1")
    assert made.used == ["drug.level"] and made.extras == ["weight"]


@pytest.mark.parametrize(
    ("text", "told", "near"),
    [
        ("phisiology.temperature > 1", "nothing is called 'phisiology.temperature'", "physiology.temperature"),
        ("first(fevr)", "no watch is called 'fevr'", "fever"),
        ("given(tocilizumb)", "no rule gives 'tocilizumb'", "tocilizumab"),
        ("frst(fever)", "nothing can be asked with 'frst(...)'", "first"),
    ],
)
def test_misspelt_names_are_corrected(text: str, told: str, near: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        programs().compile(text, where="rule 'x'")
    assert told in str(caught.value) and f"did you mean '{near}'?" in str(caught.value)
    assert "column" in str(caught.value) and "rule 'x'" in str(caught.value)


def test_units_that_do_not_meet() -> None:
    with pytest.raises(UnitError, match="mg/L"):
        programs().compile("drug.level > 3 kg")
    with pytest.raises(ScenarioError, match="cannot be checked here"):
        programs().compile("plain > 3 mg")
    with pytest.raises(ScenarioError, match="takes 2 arguments"):
        programs().compile("max(1)")
    with pytest.raises(ScenarioError, match="asks about a name"):
        programs().compile("first(1)")


def test_a_rule_may_ask_about_one_further_down() -> None:
    ops, _ = programs().compile("given(tocilizumab)")
    assert [int(a) for o, a in ops if o == Op.REG] == [WIDTH + Register.DONE, 2 * WIDTH + Register.DONE]


def test_programs_use_only_the_engines_operations() -> None:
    ops, _ = programs().compile("1 if weight > 3 else exp(log(2))")
    assert {Op(int(o)) for o in ops[:, 0]} == {Op.CONST, Op.PAR, Op.GT, Op.LOG, Op.EXP, Op.WHERE}


def test_whole_days_as_on_a_report_form() -> None:
    told = remembered(fever_FIRST=2.75, fever_LAST=6.4)
    assert value("date(first(fever))", registers=told) == 3.0  # infusion is at noon of day 0
    assert value("date(last(fever)) - date(first(fever)) + 1 d", registers=told) == 4.0
    assert value("floor(2.9)") == 2.0
    assert value("date(never)") == np.inf


def test_what_is_missing_is_never_true() -> None:
    nan = float("nan")
    assert value("1 if physiology.temperature else 2", physiology_temperature=nan) == 2.0
    assert value("not physiology.temperature", physiology_temperature=nan) == 1.0
    assert value("physiology.temperature or 0", physiology_temperature=nan) == 0.0
    assert np.isnan(value("1 / (physiology.temperature - physiology.temperature)", physiology_temperature=1.0))
