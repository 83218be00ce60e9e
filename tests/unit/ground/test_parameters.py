"""What is no number is refused, wherever a number is asked for: yes and no, empty tables, lists, endless digits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError, ScenarioError, SourceError
from livingdrug.library.located import Located, Place
from livingdrug.parameters import Parameter, Source, Variability, finite, read_parameter
from thoroughness import some

BELOW = Parameter(
    "a.b", 1.0, "1/day", "assumed", why="as it was", variability=Variability("log-normal", 0.5), file="x", line=1
)
NO_NUMBERS = [True, False, [], [1.0], {}, {"a": 1}, None, float("nan"), float("-inf"), 10**400, -(10**5000), b"1"]
NO_TEXTS = [True, 3, 0.5, [], ["a"], {}, {"a": "b"}]


def read(data: object, by_user: bool = True) -> Parameter:
    return read_parameter("a.b", data, BELOW, {}, "layer", "my.toml", 7, by_user)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["value", "sd", "cv", "low", "high", "loadings"])
@pytest.mark.parametrize("by_user", [True, False])
def test_no_number_where_a_number_is_asked_for(key: str, by_user: bool) -> None:
    for value in NO_NUMBERS:
        given_ = {
            "value": {"value": value},
            "loadings": {"variability": {"loadings": {"fitness": value}}},
        }.get(key, {"variability": {"distribution": "log-normal", key: value}})
        with pytest.raises(LivingDrugError, match="is not a finite number") as problem:
            read({"kind": "assumed", "why": "x", **given_}, by_user)
        assert "my.toml:7" in str(problem.value.where), type(value)


@pytest.mark.parametrize("empty", [{}, {"variability": {}}, {"uncertainty": {}}])
@pytest.mark.parametrize("by_user", [True, False])
def test_an_empty_table_changes_nothing_and_is_refused(empty: dict[str, object], by_user: bool) -> None:
    with pytest.raises(SourceError, match="empty table|says nothing") as problem:
        read(empty if not empty else {"kind": "assumed", "why": "x", **empty}, by_user)
    assert "my.toml:7" in str(problem.value.where)


@pytest.mark.parametrize("key", ["kind", "source", "where", "why", "about", "note"])
@pytest.mark.parametrize("by_user", [True, False])
def test_no_text_where_a_text_is_asked_for(key: str, by_user: bool) -> None:
    for value in NO_TEXTS:
        with pytest.raises(SourceError, match=f"{key} = .* is not a text"):
            read({"value": 1.0, "kind": "assumed", "why": "x", key: value}, by_user)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "value",
        "unit",
        "kind",
        "source",
        "where",
        "why",
        "variability",
        "uncertainty",
        "distribution",
        "sd",
        "spread",
        "belief",
        "law",
        "note",
        "x",
    ]
)


@given(st.dictionaries(KEYS, ANYTHING | st.dictionaries(KEYS, ANYTHING, max_size=3), max_size=4), st.booleans())
def test_whatever_stands_in_a_table_it_is_a_parameter_or_refused(data: dict[str, object], by_user: bool) -> None:
    try:
        read(data, by_user).as_dict()
    except LivingDrugError as problem:
        assert problem.where and "my.toml:7" in problem.where


@given(ANYTHING)
def test_whatever_stands_for_a_source_or_a_variability(data: object) -> None:
    for what in (
        lambda: Source.read("x", data, "f:1"),
        lambda: Variability.read(data, "f:1"),
        lambda: finite(data, "f:1"),
    ):
        try:
            what()
        except SourceError as problem:
            assert problem.where == "f:1"


@pytest.mark.parametrize(
    "key, value",
    [("value", True), ("value", "1 furlong"), ("unit", ""), ("unit", 3), ("kind", "guessed"), ("source", "nobody2020")],
)
def test_a_fault_is_told_at_the_line_of_its_key(key: str, value: object) -> None:
    table = {"value": 2.0, "unit": "1/day", "kind": "assumed", "why": "a test", key: value}
    places = {name: Place(f"my.toml:{row}") for row, name in enumerate(table, start=11)}
    with pytest.raises(LivingDrugError) as refused:
        read(Located(table, places, Place("my.toml:10")), by_user=False)
    assert places[key] in str(refused.value.where), refused.value


@pytest.mark.parametrize("key, value", [("sd", -1.0), ("sd", "wide"), ("low", 3.0), ("distribution", "normall")])
def test_a_fault_of_a_variability_is_told_at_the_line_of_its_key(key: str, value: object) -> None:
    inner = {"distribution": "normal", "sd": 1.0, "low": 0.0, "high": 2.0, key: value}
    places = {name: Place(f"my.toml:{row}") for row, name in enumerate(inner, start=21)}
    table = {"value": 2.0, "unit": "1/day", "kind": "assumed", "why": "a test"}
    table["variability"] = Located(inner, places, Place("my.toml:20"))  # type: ignore[assignment]
    with pytest.raises(LivingDrugError) as refused:
        read(Located(table, {}, Place("my.toml:10")), by_user=False)
    assert places[key] in str(refused.value.where), refused.value


@settings(max_examples=some(60))
@given(st.floats(1e-9, 1e9), st.floats(1.001, 1e290), st.sampled_from(["1/day", "1/h", "1/week"]))
def test_a_users_number_far_beyond_what_it_was_is_refused(was: float, times: float, unit: str) -> None:
    from livingdrug.parameters import FARTHEST, beyond
    from livingdrug.units import factor

    value = was * factor("1/day", unit) * times
    if times > FARTHEST * 1.001:
        with pytest.raises(ScenarioError, match="far beyond") as problem:
            beyond("x", value, unit, was, "1/day", "here")
        assert problem.value.where == "here" and problem.value.allowed
    elif times < FARTHEST * 0.999:
        beyond("x", value, unit, was, "1/day", "here")
