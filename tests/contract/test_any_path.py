"""Every path that ELIANA knows, set to something wrong or misspelt: what was set is blamed, or has an effect."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from livingdrug.errors import LivingDrugError
from livingdrug.scenario import Resolved, resolve
from livingdrug.scenario.blame import blamed
from livingdrug.trial import Trial
from thoroughness import some_of

BASE = resolve("eliana")
WRONG = ["true", "-1", "1 furlong", "1 kg", "1 day", '""', "[]", '[1, "a"]', "{}", "{ x = 1 }", "1e300",
         "1" + "0" * 400, "nonsense", "* 2", "* half"]  # fmt: skip
EVERY = 11  # of all paths one in so many is tried in a run, with a value each in turn


def word(key: str) -> str:
    return key if key.replace("_", "").isalnum() else f'"{key}"'


def inside(data: Any, path: str) -> Iterator[str]:
    """The paths of everything in nested tables, and in lists of named ones."""
    if path:
        yield path
    named = {x["name"]: x for x in data if isinstance(x, Mapping) and "name" in x} if isinstance(data, list) else data
    for key, x in named.items() if isinstance(named, Mapping) else ():
        yield from inside(x, f"{path}.{word(key)}".strip("."))


def paths() -> list[str]:
    numbers = [f"{p}{end}" for p in BASE.parameters for end in ("", ".value", ".unit", ".variability.sd", ".kind")]
    parts = {"": "trial", "protocol": "protocol", "covariates": "population"}
    tables = {at: BASE.raw[part]["covariates"] if at == "covariates" else BASE.raw[part] for at, part in parts.items()}
    words = [p for at, table in tables.items() for p in inside(table, at) if p not in ("covariates", "protocol")]
    return [*numbers, *words, *(f"modules.{role}" for role in BASE.modules)]


PATHS = paths()


def attempt(path: str, value: str) -> Trial | LivingDrugError:
    """The trial as `livingdrug run` would begin it, or what is said instead."""
    try:
        trial = Trial("eliana", {path: value})
        trial.check()
    except LivingDrugError as problem:
        return problem
    return trial


def simulated(resolved: Resolved) -> str:
    told = resolved.as_dict()
    return json.dumps({key: x for key, x in told.items() if key not in ("title", "name")}, default=str)


def same(path: str, value: str) -> bool:
    """Whether a path already has the value: titles and texts of one's own are free."""
    return path.rpartition(".")[2] in ("title", "name")


@pytest.mark.parametrize("path", some_of(PATHS[::EVERY]))
def test_a_wrong_value_is_blamed_or_has_an_effect(path: str) -> None:
    value = WRONG[PATHS.index(path) // EVERY % len(WRONG)]
    found = attempt(path, value)
    if isinstance(found, LivingDrugError):
        assert "--set" in str(found.where), found
    else:
        assert simulated(found.resolved) != simulated(BASE) or same(path, value), f"{path} = {value}"


def misspelt(path: str) -> tuple[str, str] | None:
    """A path with one letter doubled in a word of at least five, and the word as it should be."""
    rng = random.Random(path)
    words = path.split(".")
    long = [i for i, x in enumerate(words) if len(x) > 4 and x.isidentifier()]
    if not long:
        return None
    i = rng.choice(long)
    at = rng.randrange(1, len(words[i]))
    wrong = words[i][:at] + words[i][at - 1] + words[i][at:]
    return ".".join([*words[:i], wrong, *words[i + 1 :]]), words[i]


@pytest.mark.parametrize("path", some_of([p for p in PATHS[5::EVERY] if "sources" not in p and misspelt(p)]))
def test_a_misspelt_word_is_told_with_the_right_one(path: str) -> None:
    given = misspelt(path)
    assert given is not None
    wrong, right = given
    found = attempt(wrong, "renewing_effectors" if path.startswith("modules") else "1")
    assert isinstance(found, LivingDrugError), wrong
    assert "--set" in str(found.where) and right in str(found.nearest) and wrong not in str(found.mend), found


def test_the_word_at_fault_is_found_among_several(tmp_path: Any) -> None:
    """In options, in a file, in an arm: the place is that of the word, with the library's behind it."""
    harmless = {"kinetics.growth": "* 0.9"}
    found = attempt_all("eliana", {**harmless, "protocol.start": "day -5"})
    assert str(found.where).startswith("--set protocol.start, against library/protocols/eliana.toml:")
    file = tmp_path / "mine.toml"
    text = 'trial = "eliana"\n{}[[arm]]\nname = "a"\n[arm.set]\n"tumour.kill" = "* 0.5"\n{}'
    for lines, line in ((('protocol.start = "day -5"\n', ""), 2), (("", '"protocol.start" = "day -5"\n'), 6)):
        file.write_text(text.format(*lines), encoding="utf-8")
        found = attempt_all(str(file), {})
        assert str(found.where).startswith(f"{file}:{line}, against library/protocols/eliana.toml:"), found


def attempt_all(name: str, sets: dict[str, Any]) -> LivingDrugError:
    with pytest.raises(LivingDrugError) as caught:
        Trial(name, sets).check()
    return caught.value


def test_what_no_word_of_the_user_makes_is_told_as_it_was() -> None:
    problem = LivingDrugError("broken", "library/trials/eliana.toml:3")

    def never(chain: Any, sets: Any) -> None:
        raise problem

    assert blamed(problem, list(BASE.chain), {"a": 1, "b": 2}, never) is problem
