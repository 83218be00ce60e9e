"""The language of care rules: what can be read, how it is said, how errors point at the column."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.errors import ScenarioError
from livingdrug.spec.grammar import Binary, Choice, Name, Number, names, parse, sentence
from thoroughness import some


def test_strength_of_signs() -> None:
    tree = parse("a + b * c >= 2 and not d or e")
    assert isinstance(tree, Binary) and tree.sign == "or"
    assert tree.left.sign == "and"  # type: ignore[union-attr]
    assert tree.left.left == Binary(
        ">=", Binary("+", Name("a", 0), Binary("*", Name("b", 4), Name("c", 8))), Number(2.0)
    )  # type: ignore[union-attr]


def test_numbers_carry_units() -> None:
    assert parse("8 mg/kg") == Number(8.0, "mg/kg")
    assert parse("30 mg/m**2") == Number(30.0, "mg/m**2")
    assert parse("2 / weight") == Binary("/", Number(2.0), Name("weight", 4))
    assert parse("1 if a else 2") == Choice(Name("a", 5), Number(1.0), Number(2.0))
    assert parse(3) == Number(3.0)


def test_names_in_order() -> None:
    assert [n.path for n in names(parse("since(fever) < 12 h and crs.grade >= 2 if a else -b"))] == [
        "a",
        "fever",
        "crs.grade",
        "b",
    ]


def test_read_as_a_sentence() -> None:
    said = sentence(parse("(physiology.pressor_index >= 1 or x > 2) and given(tocilizumab) == 0"))
    assert said == "(physiology pressor index is at least 1 or x is above 2) and the doses of tocilizumab given is 0"
    assert (
        sentence(parse("12 mg/kg if weight < 30 kg else 8 mg/kg"))
        == "12 mg/kg if weight is below 30 kg, otherwise 8 mg/kg"
    )


@pytest.mark.parametrize(
    ("text", "told", "column"),
    [
        ("a <", "something is missing here", 4),
        ("a < b < c", "compare two things at a time", 7),
        ("30 mg/m^2", "write a power behind the unit, as m2", 8),
        ("a $ b", "'$' means nothing here", 3),
        ("(a", "')' is missing after '('", 3),
        ("f()", "')' cannot stand here", 3),
        ("a b", "'b' cannot stand here", 3),
        ("a if b", "'else' is missing after 'if ...'", 7),
        ("1e999", "too large a number", 1),
        ("", "something is missing here", 1),
        ("__import__('os')", "means nothing here", 12),
        ("(" * 60 + "a", "parentheses within each other", 41),
    ],
)
def test_errors_point_at_the_column(text: str, told: str, column: int) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(text, "rule 'x'")
    assert told in str(caught.value) and f"column {column} of" in str(caught.value)
    assert "rule 'x'" in str(caught.value) and "allowed:" in str(caught.value)


@pytest.mark.parametrize("text", [None, True, ["a"], "a" * 3_000])
def test_what_is_no_expression(text: object) -> None:
    with pytest.raises(ScenarioError):
        parse(text)  # type: ignore[arg-type]


@settings(max_examples=some(200))
@given(st.text(alphabet="ab1. ()<>=+-*/,andorift%", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        tree = parse(text)
    except ScenarioError:
        return
    assert sentence(tree)
