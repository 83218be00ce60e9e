"""Values from Python, and files beyond any need: taken as a file would say them, or refused in a short message."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livingdrug import library
from livingdrug.errors import LONGEST, LivingDrugError, ScenarioError
from livingdrug.scenario import resolve
from livingdrug.scenario.values import said
from livingdrug.spec.scenario import MOST_ARMS
from livingdrug.trial import Trial

WORDS = ("kinetics.growth", "kinetics.growth.variability", "protocol.rule.relapse", "visits.kinetics", "title", "scale",
         "column.fever", "sources.maude2018.journal", "modules.kinetics", "measure.os_6m.at")  # fmt: skip
TRIAL = 'trial = "eliana"\n'


@pytest.mark.parametrize(
    ("given", "plain"),
    [(np.float64(1.5), 1.5), (np.int64(3), 3), (np.True_, True), (np.str_("abc"), "abc"), (np.array([1, 2]), [1, 2]),
     ((1, 2), [1, 2]), (Path("a.csv"), "a.csv"), ({"a": np.float32(0.5)}, {"a": 0.5}), (date(2020, 1, 1),) * 2],
)  # fmt: skip
def test_a_value_is_what_a_file_would_say(given: Any, plain: Any) -> None:
    found = said("x", given)
    assert found == plain and type(found) is type(plain)


@pytest.mark.parametrize(
    "given", [None, object(), 1 + 2j, b"x", {1}, {"a": None}, [object()], {3: 1}, len, [np.nan, None]]
)
@pytest.mark.parametrize("path", WORDS)
def test_what_no_file_could_say_is_refused_with_its_path(path: str, given: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        resolve("eliana", {path: given})
    assert caught.value.where == f"--set {path}" and caught.value.mend


@pytest.mark.parametrize("path", WORDS)
@pytest.mark.parametrize("given", [np.array([1, 2]), "x" * 100_000, "(" * 5000, "1 " * 3000, "* 1e308", np.array(2.5)])
def test_any_value_has_an_effect_or_a_short_message(path: str, given: Any) -> None:
    try:
        Trial("eliana", {path: given}).check()
    except LivingDrugError as problem:
        assert "--set" in str(problem.where) and len(problem.message) < 4 * LONGEST, problem


MANY = library.LISTED + 1
HUGE = {
    "keys": ("".join(f"kx{i} = 1\n" for i in range(library.MOST)), "keys"),
    "arms": ("".join(f"[[arm]]\nname = 'a{i}'\n" for i in range(MOST_ARMS + 1)), "arms"),
    "rows": ("".join(f"[[column]]\nname = 'a{i}'\nvalue = 'cmax'\n" for i in range(library.MOST)), "keys"),
    "empty rows": ("[[arm]]\n" * MANY, "values in lists"),
    "days": (f"[visits]\nblood = [{', '.join(str(i / 100) for i in range(MANY))}]\n", "values in lists"),
    "doses": (f"[[protocol.schedule]]\nname = 'fludarabine'\ndays = [{'1, ' * MANY}]\n", "values in lists"),
    "names": (f"[course]\nshown = [{', '.join(repr(f'a{i}') for i in range(MANY))}]\n", "values in lists"),
    "lists in lists": (f"[kinetics]\ngrowth = [{'[1], ' * MANY}]\n", "values in lists"),
    "text": (f"title = '{'x' * (library.LONGEST + 1)}'\n", "characters"),
    "expression": (f"[[column]]\nname = 'c'\nvalue = '{'cmax + ' * library.LONGEST}cmax'\n", "characters"),
    "unit": (f"[kinetics.growth]\nvalue = 1\nunit = '{'d*' * library.LONGEST}d'\n", "characters"),
    "key": (f"{'k' * (library.LONGEST + 1)} = 1\n", "characters"),
}


@pytest.mark.parametrize("what", HUGE)
def test_a_file_beyond_any_need_is_refused_with_the_limit(what: str, tmp_path: Path) -> None:
    text, said = HUGE[what]
    file = tmp_path / "huge.toml"
    file.write_text(TRIAL + text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=said) as caught:
        resolve(file)
    assert "huge.toml:" in str(caught.value.where) and "up to" in str(caught.value.allowed)
    assert len(caught.value.message) < 2 * LONGEST


def test_long_lists_below_the_limit_are_judged(tmp_path: Path) -> None:
    """Whether something stands twice is seen in one pass."""
    days = [i / 1000 for i in range(library.LISTED - 100)]
    file = tmp_path / "long.toml"
    for text, told in (
        (f"[visits]\nblood = {[*days, days[3]]}\n", "day 0.003 is in the list twice"),
        (f"[course]\nshown = {[*map(str, days), '0.003']}\n", "'0.003' is in the list twice"),
    ):
        file.write_text(TRIAL + text, encoding="utf-8")
        with pytest.raises(ScenarioError, match=told):
            resolve(file)


@pytest.mark.parametrize(("path", "value"), [("title", "x" * 30_000), ("visits.blood", list(range(30_000))),
                                             ("kinetics.growth", "1" * 30_000)])  # fmt: skip
def test_a_value_beyond_any_need_is_refused(path: str, value: Any) -> None:
    with pytest.raises(ScenarioError, match="long") as caught:
        resolve("eliana", {path: value})
    assert len(caught.value.message) < LONGEST and caught.value.where == f"--set {path}"


def deep(levels: int) -> dict[str, str]:
    return {
        "list": "a = " + "[" * levels + "]" * levels,
        "table": "a = " + "{a=" * levels + "1" + "}" * levels,
        "key": ".".join("a" * levels) + " = 1",
        "header": "[" + ".".join("a" * levels) + "]\nx = 1",
    }


@pytest.mark.parametrize("levels", [60, 900, 5000])
@pytest.mark.parametrize("how", deep(1))
def test_a_file_nested_too_deeply_is_told_at_its_line(how: str, levels: int, tmp_path: Path) -> None:
    file = tmp_path / "deep.toml"
    file.write_text(TRIAL + deep(levels)[how], encoding="utf-8")
    with pytest.raises(ScenarioError, match="nested too deeply") as caught:
        resolve(file)
    assert str(caught.value.where).endswith("deep.toml:2")


@pytest.mark.parametrize("kind", ["schedule", "watch", "rule"])
def test_a_name_that_stands_twice_in_one_file_is_refused_at_the_second(kind: str, tmp_path: Path) -> None:
    name = resolve("eliana").raw["protocol"][kind][0]["name"]
    file = tmp_path / "twice.toml"
    row = f'[[protocol.{kind}]]\nname = "{name}"\nwhy = "one"\n'
    file.write_text(TRIAL + row + row, encoding="utf-8")
    with pytest.raises(ScenarioError, match="stands twice") as caught:
        resolve(file)
    assert str(caught.value.where).endswith("twice.toml:6")


@pytest.mark.parametrize("part", ["product", "population", "tumour", "protocol"])
def test_like_changes_nothing_in_a_scenario_and_is_refused(part: str, tmp_path: Path) -> None:
    file = tmp_path / "like.toml"
    file.write_text(f'{TRIAL}[{part}]\nlike = "anything"\n', encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        resolve(file)
    assert str(caught.value.where).endswith("like.toml:3")


@pytest.mark.parametrize("key", ["trial", "product", "protocol", "population"])
def test_a_file_that_is_not_there_is_told_where_it_is_named(key: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'# mine\n{"" if key == "trial" else TRIAL}{key} = "gone.toml"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"gone\.toml") as caught:
        resolve(file)
    assert str(caught.value.where).endswith(f"mine.toml:{2 if key == 'trial' else 3}")


@pytest.mark.parametrize(
    "text",
    [
        "[covariates.age]\nvalue = 15",
        "covariates.age.value = 15",
        "[[arm]]\nname = 'a'\n[arm.covariates.age]\nvalue = 15",
    ],
)
def test_covariates_are_a_table_as_they_are_a_path(text: str, tmp_path: Path) -> None:
    file = tmp_path / "older.toml"
    file.write_text(f"{TRIAL}{text}\n", encoding="utf-8")
    assert resolve(file).arms[0].resolved.population.covariates["age"].value == 15


def misspelt() -> list[tuple[str, str, str, str]]:
    """(kind, name, as the library writes it, misspelt) of words that only the report, a scale or a table reads."""
    spoilt = []
    for kind, name, key in (
        ("tumours", "b-all", "day"),
        ("tumours", "b-all", "unless"),
        ("tumours", "b-all", "if"),
        ("scales", "penn", "meanings"),
        ("populations", "relapsed-b-all-young", "source"),
    ):
        text = library.find(kind, name).text
        words = (
            re.findall(r'^(\w{5,}) = "physiology', text, re.M)
            if key == "meanings"
            else re.findall(rf'^{key} = "(\w+)"', text, re.M)
        )
        for word in dict.fromkeys(words):
            old = f"\n{word} = " if key == "meanings" else f'\n{key} = "{word}"'
            spoilt.append((kind, name, old, old.replace(word, word[:3] + word[4:])))
    return spoilt


@pytest.mark.parametrize(("kind", "name", "old", "new"), misspelt())
def test_a_misspelt_word_that_only_the_report_reads_is_refused_before_the_run(
    kind: str, name: str, old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = library.find(kind, name).text
    head, tail = text.rsplit(old, 1)
    file = tmp_path / kind / f"{name}.toml"
    file.parent.mkdir()
    file.write_text(head + new + tail, encoding="utf-8")
    monkeypatch.setenv("LIVINGDRUG_LIBRARY", str(tmp_path))
    with pytest.raises(LivingDrugError) as caught:
        Trial("eliana").check()
    assert str(caught.value.where).endswith(f"{name}.toml:{head.count(chr(10)) + 2}"), caught.value
    assert caught.value.nearest and caught.value.nearest in old
