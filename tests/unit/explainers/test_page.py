"""The two files of a page: what is wrong with one is told at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import CLAIM, HEAD, JOURNAL, write

from livingdrug.errors import LivingDrugError, ScenarioError, UnknownName
from livingdrug.explainers import page


def refused(folder: Path, text: str, table: str, **more: str) -> LivingDrugError:
    with pytest.raises(LivingDrugError) as problem:
        write(folder, text, table, **more)
    assert problem.value.where and "pages/small." in problem.value.where, problem.value.message
    return problem.value


def test_a_whole_page(tmp_path: Path) -> None:
    found = write(
        tmp_path, "[One]{claim=one} of [us](word:us).", CLAIM + JOURNAL, words='[us]\nword = "Us"\nmeans = "We."'
    )
    assert found.table.claims["one"].at == "abstract" and page.words(tmp_path)["us"].means == "We."


@pytest.mark.parametrize(
    ("text", "table", "said", "line"),
    [
        ("[x]{claim=two}", CLAIM + JOURNAL, "unknown claim 'two'", "small.md:1"),
        ("[x](word:gone)", "", "unknown word of the glossary 'gone'", "small.md:1"),
        ("\n\n::trials gone::", "", "unknown list of trials 'gone'", "small.md:3"),
        ("::icons gone::", "", "unknown icon array 'gone'", "small.md:1"),
        ("x", CLAIM, "unknown source 'paper'", "small.toml:8"),
        ("x", '[claims.a]\nsays = "x"\n', "a source or on something bound", "small.toml:7"),
        ("x", '[claims.a]\nsays = "x"\nbound = "library:a/b.toml#c"\n', "needs 'value'", "small.toml:7"),
        ("x", '[claims.a]\nsays = "x"\nsource = "paper"\n' + JOURNAL, "needs 'place'", "small.toml:7"),
        ("x", '[claims.a]\nsays = "x"\nsorce = "paper"\n', "unknown key of a claim 'sorce'", "small.toml:8"),
        ("x", '[sources.a]\ntitle = "x"\nkind = "blog"\n', "kind = 'blog'", "small.toml:8"),
        ("x", '[[questions]]\nask = "x"\nanswers = ["a", "b"]\nright = 2\nwhy = "y"\n', "is no answer", "small.toml:9"),
        (
            "x",
            '[icons.a]\ntitle = "t"\nsome = "gone"\nsome_is = "a"\nrest_is = "b"\n',
            "unknown claim 'gone'",
            "toml:8",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, table: str, said: str, line: str) -> None:
    problem = refused(tmp_path, text, table)
    assert said in problem.message and str(problem.where).endswith(line), problem.message


def test_a_page_without_a_title_is_refused(tmp_path: Path) -> None:
    assert "needs 'title'" in refused(tmp_path, "x", "", head=HEAD.partition("\n")[2]).message


def test_an_unknown_page_names_the_nearest() -> None:
    with pytest.raises(UnknownName) as problem:
        page.find("cart")
    assert problem.value.nearest == "car-t"


@pytest.mark.parametrize("name", ["../page", "words", "", "car-t.md", "a/b"])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    with pytest.raises(UnknownName):
        page.find(name)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert write(tmp_path, "Short.").text.prose == "Short."
    assert write(tmp_path, "Another, longer one.").text.prose == "Another, longer one."


@pytest.mark.parametrize("kind", ["figure", "still"])
def test_a_figure_that_nobody_drew_is_told(tmp_path: Path, kind: str) -> None:
    known = {"figure": "sixty-days", "still": "waiting-days"}[kind]
    assert write(tmp_path, f"Text.\n\n::{kind} {known}::\n").text.uses[kind] == [(known, 3)]
    with pytest.raises(ScenarioError, match=f"unknown {'living' if kind == 'figure' else kind} figure") as problem:
        write(tmp_path, f"Text, other.\n\n::{kind} {known[:-1]}::\n")
    assert problem.value.nearest == known and problem.value.where == "explainers/pages/small.md:3"
