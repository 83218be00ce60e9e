"""The text of an explainer: what its marks become, and that nothing else gets through."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.explainers.text import Text
from thoroughness import some


def html(source: str) -> str:
    return "".join(p.what for p in Text(source, "x.md").pieces(lambda key: f"<sup>{key}</sup>") if p.kind == "html")


def test_a_claim_ends_with_its_mark_and_may_hold_a_word() -> None:
    text = Text("It is so: [many [T cells](word:t-cell) die]{claim=die}. Next.", "x.md")
    assert '<a class="word" href="#word-t-cell">T cells</a> die<sup>die</sup>. Next.' in html(text.source)
    assert text.claims == ("die",) and text.words == ("t-cell",)


def test_sentences_are_cut_where_they_end_and_a_claim_may_hold_several() -> None:
    text = Text("One is 3.5 of 10. [Two. Three]{claim=a} and four?\n\n- An item\n- Another [5]{claim=b}", "x.md")
    assert [s.text for s in text.sentences] == [
        "One is 3.5 of 10.",
        "Two.",
        "Three and four?",
        "An item.",
        "Another 5.",
    ]
    assert [s.bare for s in text.sentences] == ["One is 3.5 of 10.", "", "and four?", "An item", "Another"]


def test_things_stand_on_lines_of_their_own_even_inside_a_paragraph() -> None:
    text = Text("Before\n::figure one::\nafter\n\n::approvals::\n", "x.md")
    kinds = [(p.kind, p.what) for p in text.pieces(str) if p.kind != "html"]
    assert kinds == [("figure", "one"), ("approvals", "")]
    assert text.uses["figure"] == [("one", 2)]


def test_a_note_holds_blocks_and_its_claims_count() -> None:
    text = Text("::: note\nWatch **out**.\n\n- [5]{claim=a}\n:::\n\nEnd.", "x.md")
    assert '<div class="note small">' in html(text.source) and "</div>" in html(text.source)
    assert text.claims == ("a",) and [s.note for s in text.sentences] == [True, True, False]


def test_headings_have_ids() -> None:
    assert Text("## The end {#end}\n\ntext", "x.md").heads == (("end", "The end"),)
    assert '<h2 id="end">The end</h2>' in html("## The end {#end}")


@pytest.mark.parametrize(
    ("source", "said", "line"),
    [
        ("text\n\n## No id\n", "has no id", 3),
        ("## A {#a}\n\n## B {#a}\n", "two headings have the id 'a'", 3),
        ("## A {#main}\n", "which is taken", 0),
        ("## A {#one}\n\n::figure one::\n", "which is taken", 0),
        ("::figure one::\n\n::figure one::\n", "stands twice", 3),
        ("text\n\n::picture x::\n", "unknown thing to place 'picture'", 3),
        ("::figure::\n", "does not say which", 1),
        ("a [link](http://x.org/)\n", "leads nowhere", 1),
        ("", "the page says nothing", 0),
        ("\n  \n", "the page says nothing", 0),
        ("a [link](other.html)\n", "leads nowhere", 1),
    ],
)
def test_what_cannot_be_is_told_with_its_line(source: str, said: str, line: int) -> None:
    with pytest.raises(ScenarioError, match=said) as problem:
        Text(source, "x.md")
    assert problem.value.where == (f"x.md:{line}" if line else "x.md")


@settings(max_examples=some(80))
@given(
    st.sampled_from(["::figure one::", "::still a-b::", "::approvals::", "::: note", "[5]{claim=a}", "[T](word:t)"]),
    st.integers(0, 20),
    st.sampled_from(["cut", "double", "upper", "space"]),
)
def test_a_mark_is_understood_or_told_and_never_stands_on_the_page(mark: str, at: int, how: str) -> None:
    at = at % len(mark)
    broken = {
        "cut": mark[:at] + mark[at + 1 :],
        "double": mark[:at] + mark[at] + mark[at:],
        "upper": mark[:at] + mark[at].upper() + mark[at + 1 :],
        "space": mark[:at] + " " + mark[at:],
    }[how]
    try:
        shown = html(f"Text.\n\n{broken}\n\nMore.")
    except ScenarioError:
        return
    assert not re.search(r"::|\]\{|claim=|word:", re.sub(r"<[^>]*>", "", shown))


@pytest.mark.parametrize("source", ["<script>alert(1)</script>", "a <b onclick=x>b</b>", "![x](word:a)", "<!-- c -->"])
def test_markup_is_shown_as_text(source: str) -> None:
    shown = html(source)
    assert "<script" not in shown and "<b " not in shown and "<img" not in shown and "<!--" not in shown


@settings(max_examples=some(150))
@given(st.text(st.sampled_from("ab .[](){}#:*_-`<>&!\n=1word:claim"), max_size=80))
def test_any_text_is_read_or_refused_and_never_more_than_our_own_tags(source: str) -> None:
    try:
        shown = html(source)
    except LivingDrugError:
        return
    tags = set(re.findall(r"<\s*([a-zA-Z!][a-z0-9]*)", shown))
    assert tags <= {"p", "a", "ul", "ol", "li", "em", "strong", "code", "pre", "div", "sup", "br", "hr", "blockquote",
                    "h1", "h2", "h3", "h4", "h5", "h6"}  # fmt: skip
