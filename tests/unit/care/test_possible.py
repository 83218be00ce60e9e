"""A condition that is true of nobody, or of everybody, is refused; one that some value decides stands."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.care.compiler import Programs
from livingdrug.errors import ScenarioError
from livingdrug.spec.fields import expression
from livingdrug.trial import Trial
from livingdrug.units import never_negative
from thoroughness import some

TELL = {"<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__, "==": float.__eq__,
        "!=": float.__ne__}  # fmt: skip
# What can be compared: how it is written, its unit behind numbers, and values that it can have.
GRID = [x / 4 for x in range(-8, 33)]
THINGS = {
    "drug.level": (" mg/L", [x for x in GRID if x >= 0]),
    "marker": ("", GRID),
    "crs.grade": ("", [0.0, 1.0, 2.0, 3.0, 4.0]),
    "count(fever)": ("", [float(x) for x in range(12)]),
    "weight": (" kg", [x for x in GRID if x >= 0]),
}


def programs() -> Programs:
    made = Programs(
        {"drug.level": "mg/L", "marker": "1", "physiology.temperature": "degC@37"},
        {"weight": "kg", "age": "year", "share.lost": "%"},
        levels={"crs.grade": 4},
        ranges={"age": (0.0, 200.0), "share.lost": (0.0, 100.0)},
    )
    for name in ("fever", "crs.grade"):
        made.watch(name)
    return made


def refused(text: str) -> str:
    """What is said of an expression; nothing where it stands."""
    try:
        programs().compile(expression(text), where="mine.toml:3", condition=True)
    except ScenarioError as problem:
        assert "mine.toml:3" in str(problem) and problem.mend
        assert "true" in problem.what, problem
        return problem.what
    return ""


@st.composite
def asked(draw: st.DrawFn) -> tuple[str, list[tuple[str, str, float]], list[str]]:
    """Two to four comparisons of one or two quantities, joined: the text, the comparisons, and how they are joined."""
    names = draw(st.lists(st.sampled_from(sorted(THINGS)), min_size=1, max_size=2, unique=True))
    number = st.integers(0, 24).map(lambda x: x / 4)
    one = st.tuples(st.sampled_from(names), st.sampled_from(sorted(TELL)), number)
    rows = draw(st.lists(one, min_size=2, max_size=3))
    joins = draw(st.lists(st.sampled_from(["and", "or", "and not", "or not"]), min_size=len(rows) - 1, max_size=2))
    words = [f"{name} {sign} {x}{THINGS[name][0]}" for name, sign, x in rows]
    text = f"({words[0]})"
    for join, word in zip(joins, words[1:]):
        text = f"({text} {join} ({word}))"
    return text, rows, joins[: len(rows) - 1]


@settings(max_examples=some(400), deadline=None)
@given(asked())
def test_what_is_refused_has_one_answer_for_every_value_and_nothing_else_is(
    told: tuple[str, list[tuple[str, str, float]], list[str]],
) -> None:
    """Beside every combination of values on a grid that holds all that make a difference."""
    text, rows, joins = told
    names = sorted({name for name, _, _ in rows})
    pieces: list[set[bool]] = [set() for _ in range(2 * len(rows) - 1)]
    for values in itertools.product(*(THINGS[name][1] for name in names)):
        own = dict(zip(names, values))
        each = [TELL[sign](own[name], x) for name, sign, x in rows]
        so = each[0]
        for i, (join, x) in enumerate(zip(joins, each[1:])):
            x = not x if "not" in join else x
            so = (so and x) if "and" in join else (so or x)
            pieces[len(rows) + i].add(so)
        for i, x in enumerate(each):
            pieces[i].add(x)
    decided = any(len(answers) == 1 for answers in pieces)
    assert bool(refused(text)) == decided, text


@pytest.mark.parametrize(
    "text",
    ["drug.level < 100 mg/L and drug.level > 0.1 g/L", "count(fever) == 0.5", "not (marker < 1 or marker >= 1)",
     "weight + 1 kg <= 0 kg", "weight - -1 g < 0 kg", "crs.grade * 2 == 2.5", "age > 300 year", "age > 3000 month",
     "share.lost > 101 %", "abs(marker) < 0", "max(crs.grade, 2) < 2", "time > 5 d and time < 24 h",
     "physiology.temperature > 39 degC and physiology.temperature < 38 degC", "floor(marker) == 1.5",
     "(marker > 1 and marker < 1) or fever", "1 if (marker > 1 and marker < 1) else 0", "fever and not fever",
     "marker < weight / 1 kg and marker >= weight / 1 kg"],
)  # fmt: skip
def test_no_value_makes_a_difference(text: str) -> None:
    assert "whatever the values" in refused(text)


@pytest.mark.parametrize(
    "text",
    ["drug.level > 100 mg/L and drug.level > 0.01 g/L", "count(fever) < 0.5", "weight > 0 kg", "marker < 0",
     "drug.level == 0 mg/L", "time > 1 d and time < 48 h", "fever or marker > 1", "marker > 1 and 1", "0 or fever",
     "physiology.temperature > 38 degC and physiology.temperature < 39 degC", "weight * 2 < 30 kg", "age < 18 year",
     "marker < weight / 1 kg and marker < 3", "crs.grade >= 2 and count(fever) > 3 and weight > 20 kg", "1", "0"],
)  # fmt: skip
def test_what_some_value_decides_stands(text: str) -> None:
    assert not refused(text)


def test_a_column_may_be_missing_and_a_quotient_nothing() -> None:
    """What is missing is neither so nor not so: "at least 1 or below 1" asks whether it is there."""
    columns = Programs({"crp": "mg/L", "day": "day"}, {"weight": "kg"}, looking=False, drawing=False)
    columns.compile(expression("crp >= 1 mg/L or crp < 1 mg/L"), condition=True)
    columns.compile(expression("day / crp >= 1 day*L/mg or day / crp < 1 day*L/mg"), condition=True)
    for text in ("crp >= 2 mg/L and crp < 1 mg/L", "weight >= 1 kg or weight < 1 kg"):
        with pytest.raises(ScenarioError, match="whatever the values"):
            columns.compile(expression(text), condition=True)


@pytest.mark.parametrize(
    ("unit", "never"),
    [("cell", True), ("pg/mL", True), ("copy/ug", True), ("cell/uL", True), ("mg", True), ("IU/L", True),
     ("1", False), ("%", False), ("degC@37", False), ("delta_degC", False), ("cell/day", False), ("1/day", False),
     ("day", False), ("mmHg", False)],
)  # fmt: skip
def test_there_is_never_less_than_none_of_an_amount(unit: str, never: bool) -> None:
    assert never_negative(unit) == never


@pytest.mark.parametrize("property_", ["age", "weight"])
@pytest.mark.parametrize("value", [0.3, 1, 12])
def test_one_value_of_everybody_makes_no_rule_impossible(property_: str, value: float, tmp_path: Path) -> None:
    """Neither a user's nor the library's: the value may be changed again, and is no answer of yes or no."""
    unit = {"age": "year", "weight": "kg"}[property_]
    file = tmp_path / "mine.toml"
    file.write_text(
        f'trial = "eliana"\n[[protocol.watch]]\nname = "w"\nwhen = "{property_} < 18 {unit}"\nkind = "assumed"\n'
        'why = "a test"\n',
        encoding="utf-8",
    )
    try:
        Trial(file, {f"covariates.{property_}.value": value}).check()
    except ScenarioError as problem:
        assert "true" not in problem.what, problem
