"""Messages are short however much is allowed, and name what is most like the word that was given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from livingdrug.errors import MOST, LivingDrugError, UnitError, listed, nearest, unknown

NAMES = st.lists(st.text("abcdefgh_.", min_size=1, max_size=12), unique=True, max_size=60)


@given(NAMES, st.text(max_size=15))
def test_at_most_five_names_are_listed(names: list[str], given_: str) -> None:
    shown = listed(names, given_)
    assert len(shown.split(", ")) <= MOST + 1
    if len(names) > MOST:
        assert shown.endswith(f"... ({len(names)} in all)")
    else:
        assert shown == ", ".join(names)


@given(NAMES.filter(bool), st.data())
def test_a_name_with_one_letter_wrong_is_found_and_listed(names: list[str], data: st.DataObject) -> None:
    meant = data.draw(st.sampled_from(names))
    problem = unknown("name", meant + "z", names, "here")
    if problem.nearest == meant:
        assert meant in str(problem.allowed)
    else:
        assert len(meant) < 2 or problem.nearest in names


def test_an_error_finds_the_nearest_by_itself() -> None:
    many = [f"role.number_{i}" for i in range(300)]
    problem = LivingDrugError("no such number", allowed=many, given="role.numbr_17")
    assert problem.nearest == "role.number_17" and "role.number_17" in str(problem.allowed)
    assert str(problem.allowed).endswith("... (300 in all)") and len(problem.message) < 200
    moved = problem.but(where="mine.toml:3")
    assert moved.message == problem.message.replace("\n", "\n  where:   mine.toml:3\n", 1) and problem.where is None
    assert type(unknown("name", "a", ["b"]).but(mend="x")) is type(unknown("name", "a", ["b"]))
    assert LivingDrugError("x", allowed=many).nearest is None
    assert LivingDrugError("x", allowed="any text, as it is").allowed == "any text, as it is"
    assert isinstance(unknown("unit", "x", [], error=UnitError), UnitError)


def test_a_very_long_word_costs_little() -> None:
    assert nearest("a" * 1_000_000, ["abc", "b"]) is None


@given(st.lists(st.text("abc", min_size=1, max_size=4), min_size=2, max_size=4), NAMES)
def test_the_beginning_of_a_dotted_name_finds_it(words: list[str], others: list[str]) -> None:
    beginning, whole = ".".join(words[:-1]), ".".join(words)
    problem = unknown("path", beginning, {*others, whole} - {beginning}, "here")
    assert str(problem.nearest).startswith(f"{beginning}.") and problem.nearest in str(problem.allowed)
