"""Expressions as the engine's programs: names, units, questions about the past; carried out by the NumPy twin."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.care.compiler import Programs
from livingdrug.care.interpreter import evaluate
from livingdrug.engine.plan import Op, Register
from livingdrug.errors import LivingDrugError, ScenarioError, UnitError
from livingdrug.spec.fields import expression

WIDTH = len(Register)


def programs() -> Programs:
    made = Programs(
        {"physiology.temperature": "degC@37", "drug.level": "mg/L", "plain": None},
        {"weight": "kg", "bsa": "m**2", "share.cured": "1"},
        drugs={"tocilizumab", "anakinra", "cyclophosphamide"},
        scheduled={"cyclophosphamide"},
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
    program = made.compile(expression(text), unit, dose=dose)
    extras = np.array([[{"weight": 25.0, "bsa": 0.9, "share.cured": 0.3, "draw(cure)": 0.2}[n] for n in made.extras]])
    observed = np.array([[seen[n.replace(".", "_")] for n in made.used]])
    return float(np.ravel(evaluate(program, observed, extras, time, registers))[0])


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
    assert value("1 if plain < 1 else 7", plain=2.0) == 7.0
    assert value("not (plain < 2 and plain <= 1)", plain=1.0) == 0.0


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
    made.compile(expression("weight > 3 kg and drug.level > 1 mg/L"))
    assert made.used == ["drug.level"] and made.extras == ["weight"]


@pytest.mark.parametrize(
    ("text", "told", "near"),
    [
        ("phisiology.temperature > 1", "nothing is called 'phisiology.temperature'", "physiology.temperature"),
        ("wieght > 3 kg", "nothing is called 'wieght'", "weight"),
        ("plan > 3 mg and weight > 1 kg", "nothing is called 'plan'", "plain"),
        ("first(fevr)", "no watch is called 'fevr'", "fever"),
        ("given(tocilizumb)", "'tocilizumb' is no drug that can be given", "tocilizumab"),
        ("done(agan)", "no rule is called 'agan'", "again"),
        ("since_done(tocilizumb)", "no rule is called 'tocilizumb'", "tocilizumab"),
        ("frst(fever)", "nothing can be asked with 'frst(...)'", "first"),
    ],
)
def test_misspelt_names_are_corrected(text: str, told: str, near: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        programs().compile(expression(text), where="rule 'x'")
    assert told in str(caught.value) and f"did you mean '{near}'?" in str(caught.value)
    assert "column" in str(caught.value) and "rule 'x'" in str(caught.value)


def refused(text: str, unit: str | None = None, error: type[Exception] = ScenarioError) -> str:
    """What is said of an expression that cannot be."""
    with pytest.raises(error) as caught:
        programs().compile(expression(text), unit, "protocol.toml:3")
    assert "protocol.toml:3" in str(caught.value)
    return str(caught.value)


def test_units_that_do_not_meet() -> None:
    assert "mg/L" in refused("drug.level > 3 kg", error=UnitError)
    assert "cannot be checked here" in refused("plain > 3 mg")
    assert "takes 2 arguments" in refused("max(1)")
    assert "asks about a name" in refused("first(1)")


SIGNS = ("<", "<=", ">", ">=", "==", "!=", "+", "-")
QUANTITIES = {"drug.level": "mg/L", "weight": "kg", "bsa": "m**2", "time": "day", "first(fever)": "day"}


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("name", QUANTITIES)
def test_a_bare_number_never_meets_a_quantity(name: str, sign: str) -> None:
    unit = QUANTITIES[name]
    chosen = f"{name} {sign} (3 if weight > 1 kg else 0)"
    for text in (f"{name} {sign} 3", f"3 {sign} {name}", f"{name} {sign} -3", chosen, f"{name} {sign} min(3, {name})"):
        told = refused(text)
        assert f"3 has no unit; a number in {unit} is needed" in told and f'write "3 {unit}"' in told
    programs().compile(expression(f"{name} {sign} 3 {unit}"))
    for text in (f"{name} {sign} 0", f"0 {sign} {name}"):  # nought needs no unit; there is no less than none of a drug
        try:
            programs().compile(expression(text))
        except ScenarioError as problem:
            assert "true, whatever" in problem.what and name != "time"


@pytest.mark.parametrize("sign", SIGNS[:6])
def test_a_bare_number_never_meets_a_temperature_not_even_nought(sign: str) -> None:
    for number in ("38", "0"):
        told = refused(f"physiology.temperature {sign} {number}")
        assert f"{number} has no unit; a number in degC is needed" in told and "@" not in told
    assert "degrees are given in degC" in refused("physiology.temperature > 38 mg", error=UnitError)


@pytest.mark.parametrize(
    "text",
    ["{} * 2 > 1", "2 / {} > 1", "{} + 1 degC > 39 degC", "38 degC - {} < 1 degC", "-{} < 0", "abs({}) > 1",
     "exp({}) > 1", "{} > 40 degC - 2 degC", "37 degC + 1 degC < {}",
     "total(warm) > 1", "max({}, 38 degC) - 1 degC > 38 degC",
     "(38 degC if weight > 3 kg else {}) + 1 degC > 39 degC"],
)  # fmt: skip
def test_a_temperature_is_compared_and_not_reckoned_with(text: str) -> None:
    """It is carried as degrees above 37, where sums and products would be wrong without a word."""
    made = programs()
    made.watch("warm")
    made.valued["warm"] = expression("physiology.temperature").node
    for name in ("physiology.temperature", "warm", "peak(warm)", "min(39 degC, physiology.temperature)"):
        with pytest.raises(LivingDrugError, match="degrees can be compared, not reckoned with|delta_degC"):
            made.compile(expression(text.format(name)))


@pytest.mark.parametrize(
    ("text", "held"),
    [("{} > 38 degC + 1 delta_degC", 2.01), ("{} - 1 delta_degC > 38 degC", 2.01),
     ("1 delta_degC + {} > 40 degC", 2.01), ("{} - 37 degC > 2 delta_degC", 2.01),
     ("39 degC - {} < 0.1 delta_degC", 1.91), ("abs({} - 37 degC) > 2 delta_degC", 2.01),
     ("{} - min({}, 38 degC) > 0.5 delta_degC", 1.51), ("max({}, 38 degC) - 1 delta_degC > 38 degC", 2.01)],
)  # fmt: skip
def test_a_difference_of_temperatures_is_reckoned_with(text: str, held: float) -> None:
    """True just above the limit and not just below it, in degrees above 37."""
    asked = text.replace("{}", "physiology.temperature")
    assert value(asked, physiology_temperature=held) == 1.0
    assert value(asked, physiology_temperature=held - 0.02) == 0.0


def test_a_temperature_and_a_difference_have_their_units() -> None:
    assert value("physiology.temperature + 1 delta_degC", "degC", physiology_temperature=1.0) == pytest.approx(39.0)
    assert value("physiology.temperature - 36 degC", "delta_degC", physiology_temperature=1.0) == pytest.approx(2.0)
    assert programs().own(expression("physiology.temperature - 36 degC")) == "delta_degC"
    assert "delta_degC" in refused("physiology.temperature - 36 degC", "degC", UnitError)
    assert "delta_degC" in refused("1 delta_degC - physiology.temperature < 3 delta_degC")


@pytest.mark.parametrize("text", ["exp(3)", "log(weight / 1 kg)", "weight > 3 kg", "weight > 3 kg and time > 2 d"])
@pytest.mark.parametrize("unit", ["kg", "mg", "day", "degC@37"])
def test_what_has_no_unit_is_not_taken_where_one_is_needed(text: str, unit: str) -> None:
    assert f"a number in {unit.partition('@')[0]} is needed" in refused(text, unit)
    programs().compile(expression(text), "1")


@pytest.mark.parametrize("function", ["min", "max"])
def test_the_order_of_what_is_compared_does_not_matter(function: str) -> None:
    for a, b, seen in (
        ("physiology.temperature", "38 degC", {"physiology_temperature": 1.5}),
        ("drug.level", "900 ug/L", {"drug_level": 1.0}),
        ("2 g", "300 mg", {}),
        ("time", "12 h", {}),
    ):
        told = [value(f"{function}({x}, {y}) > {limit}", **seen) for x, y in ((a, b), (b, a)) for limit in (a, b)]
        assert told[:2] == told[2:]
        for x, y in ((a, b), (b, a)):
            assert "has no unit" in refused(f"{function}({x}, {y}) > 3")


def test_plain_numbers_and_dose_amounts() -> None:
    for text in ("share.cured > 0.2", "plain > 3", "count(fever) >= 3", "given(tocilizumab) < 2"):
        programs().compile(expression(text))
    assert "a number in mg is needed" in refused("8", "mg")
    assert value("0", "mg", dose=True) == 0.0


def test_a_column_in_the_unit_of_what_is_asked() -> None:
    told = remembered(fever_FIRST=2.0)
    assert value("first(fever)", "h", registers=told) == pytest.approx(48.0)
    assert value("first(fever)", "week", registers=told) == pytest.approx(2 / 7)
    assert value("drug.level", "ug/L", drug_level=2.0) == pytest.approx(2000.0)
    assert value("physiology.temperature", "degC", physiology_temperature=1.5) == pytest.approx(38.5)
    assert programs().own(expression("drug.level * time")) == "(mg/L)*(day)"
    assert programs().own(expression("drug.level / drug.level")) == "1"


def test_a_watch_that_notes_a_value_notes_its_unit() -> None:
    made = programs()
    made.valued["fever"] = expression("drug.level").node
    assert made.notes_units() == {"fever": "mg/L"}
    assert made.own(expression("peak(fever)")) == "mg/L" == made.own(expression("fever"))
    assert made.own(expression("total(fever)")) == "(mg/L)*(day)"
    made.compile(expression("peak(fever) > 3 mg/L and fever < 2 ug/L"))
    with pytest.raises(ScenarioError, match="3 has no unit; a number in mg/L is needed"):
        made.compile(expression("peak(fever) > 3"))


@pytest.mark.parametrize(
    ("of_drugs", "of_rules"),
    [("given", "done"), ("first_dose", "first_done"), ("last_dose", "last_done"), ("since_dose", "since_done")],
)
def test_drugs_are_given_and_rules_are_done(of_drugs: str, of_rules: str) -> None:
    told = refused(f"{of_drugs}(again)")
    assert "'again' is no drug that can be given" in told and f"ask {of_rules}(again) of a rule" in told
    assert "no rule is called 'anakinra'" in refused(f"{of_rules}(anakinra)")
    assert "is given on a schedule" in refused(f"{of_drugs}(cyclophosphamide)")


def test_a_rule_may_ask_about_one_further_down() -> None:
    ops, _ = programs().compile(expression("given(tocilizumab)"))
    assert [int(a) for o, a in ops if o == Op.REG] == [WIDTH + Register.DONE, 2 * WIDTH + Register.DONE]


def test_programs_use_only_the_engines_operations() -> None:
    ops, _ = programs().compile(expression("1 if weight > 3 kg else exp(log(2))"))
    assert {Op(int(o)) for o in ops[:, 0]} == {Op.CONST, Op.PAR, Op.GT, Op.LOG, Op.EXP, Op.WHERE}


def test_whole_days_as_on_a_report_form() -> None:
    told = remembered(fever_FIRST=2.75, fever_LAST=6.4)
    assert value("date(first(fever))", registers=told) == 3.0  # infusion is at noon of day 0
    assert value("date(last(fever)) - date(first(fever)) + 1 d", registers=told) == 4.0
    assert value("floor(2.9)") == 2.0
    assert value("date(never)") == np.inf


def test_what_is_missing_is_never_true() -> None:
    nan = float("nan")
    assert value("1 if plain >= 1 else 2", plain=nan) == 2.0
    assert value("not plain >= 1", plain=nan) == 1.0
    assert value("plain >= 1 or plain < 0.5", plain=nan) == 0.0
    assert np.isnan(value("1 / (drug.level - 1 mg/L)", drug_level=1.0))
