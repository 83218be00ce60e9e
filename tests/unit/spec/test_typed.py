"""A misspelt key in any library file is told with its file, its line and the right key.

Generated over the library's own files: each key of each file, one letter dropped or two swapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import livingdrug.spec
from livingdrug import biology, library
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.library.located import Place, placed
from livingdrug.parameters import PARAMETER_KEYS
from livingdrug.published.entry import published
from livingdrug.scenario import resolve
from livingdrug.scenario.parts import lineage, whole
from livingdrug.spec.numbers import Drug, Manufacture, Mechanism, Product, Tumour
from livingdrug.spec.population import Covariate, Population
from livingdrug.spec.protocol import Dose, Protocol
from livingdrug.spec.scale import Scale
from livingdrug.spec.trial import Trial
from livingdrug.spec.typed import Typed, read
from livingdrug.trial.check import check_arm
from livingdrug.trial.design import design
from thoroughness import thorough

KINDS: dict[str, type[Typed]] = {
    "trials": Trial,
    "protocols": Protocol,
    "populations": Population,
    "products": Product,
    "tumours": Tumour,
    "drugs": Drug,
    "scales": Scale,
    "mechanisms": Mechanism,
    "manufacture": Manufacture,
}
MAKING = {"manufacture": "tisagenlecleucel", "modules.slots": "slots"}  # brings every mechanism before infusion
# Names that a file itself gives, by kind of file and path ("*": any word). Misspelt, they are other names: what asks
# for the right one is told, with the misspelt one as the nearest, or nobody asks for it.
FREE = {
    "*: sources.*": "a file's own key of a source",
    "trials: visits.*": "a trial's own lists of visits",
    "scales: meanings.*": "a scale's own words",
    "populations: covariates.*": "the population's own properties",
    "*: words.*": "words of a disease or a scale",
    "*: glossary.*": "words that a reader may not know",
    "*: shown.*": "quantities as reports name and draw them",
    "*: figure.*": "figures of a report",
    "*: section.*": "sections of a report",
    "*: event.*": "what happens to a patient",
    "mechanisms: earlier.*": "paths that the numbers of a mechanism had before",
    "*: modules.*": "roles: a drug may fill any role of its family",
    "protocols: share": "a protocol's own numbers",
    "protocols: share.*": "a protocol's own numbers",
    "protocols: dose": "a protocol's own numbers",
    "protocols: dose.*": "a protocol's own numbers",
    "protocols: treat": "a protocol's own numbers",
    "protocols: treat.*": "a protocol's own numbers",
    "protocols: antibody": "a protocol's own numbers",
    "protocols: antibody.*": "a protocol's own numbers",
    "protocols: threshold": "a protocol's own numbers",
    "protocols: threshold.*": "a protocol's own numbers",
    "*: *.*.variability.loadings.*": "properties that a number goes with",
    "*: *.*.*.variability.loadings.*": "properties that a number goes with",
}


def free(kind: str, path: tuple[str, ...]) -> bool:
    """Whether the last word of a path is a free name."""
    for pattern in FREE:
        of, _, dotted = pattern.partition(": ")
        words = dotted.split(".")
        if of in ("*", kind) and len(words) == len(path) and all(a in ("*", b) for a, b in zip(words, path)):
            return True
    return False


def keys(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(data, Mapping):
        for key, x in data.items():
            yield (*path, key)
            yield from keys(x, (*path, key))
    elif isinstance(data, list):
        for i, x in enumerate(data):
            yield from keys(x, (*path, str(i)))


def shape(kind: str, path: tuple[str, ...]) -> tuple[str, ...]:
    """What kind of key it is: rows are alike, so are free names, and so are the model's numbers."""
    words = tuple("*" if word.isdigit() or free(kind, path[: i + 1]) else word for i, word in enumerate(path))
    inside = next((i for i, word in enumerate(path) if i > 1 and word in PARAMETER_KEYS), None)
    return ("number", *words[inside:]) if path[0] not in KINDS[kind].model_fields and inside else words


def misspelt(word: str) -> Iterator[str]:
    """One letter dropped; two neighbours swapped."""
    if len(word) > 1:
        middle = len(word) // 2
        yield word[:middle] + word[middle + 1 :]
        for i in [*range(max(middle, 1), len(word)), *range(1, middle)]:
            if word[i - 1] != word[i]:
                yield word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :]
                return


def spoilt(entry: library.LibraryFile, path: tuple[str, ...], wrong: str, folder: Path) -> int:
    """Write the file with one key misspelt; the line on which it stands."""
    line = entry.lines[".".join(path)]
    lines = entry.text.split("\n")
    key = rf"(?<![\w-]){re.escape(path[-1])}(?=[\]\".=]|\s*=)"
    at = 1 if path[-1] in path[:-1] and f"{path[-1]}." in lines[line - 1] else 0  # [tumour.tumour]: the last one
    found = list(re.finditer(key, lines[line - 1]))[at]
    lines[line - 1] = lines[line - 1][: found.start()] + wrong + lines[line - 1][found.end() :]
    file = folder / entry.kind / f"{entry.name}.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines), encoding="utf-8")
    return line


CASES = [(kind, name) for kind in KINDS for name in library.names(kind)]


@cache
def shortest() -> dict[tuple[str, tuple[str, ...]], str]:
    """(kind of file, kind of key) -> the shortest file that has such a key."""
    files = sorted((library.find(kind, name) for kind, name in CASES), key=lambda entry: -len(entry.text))
    return {(entry.kind, shape(entry.kind, path)): entry.name for entry in files for path in keys(entry.data)}


TRIED = [
    pytest.param(kind, name, marks=pytest.mark.thorough) if (kind, name) in CASES[-5:] else (kind, name)
    for kind, name in CASES
]  # of files that are alike all but the first wait


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's own that is searched before the library."""
    monkeypatch.setenv("LIVINGDRUG_LIBRARY", str(tmp_path))
    return tmp_path


def _tumour(population: str) -> str | None:
    """The tumour that a population, or one that it is like, names."""
    below = reversed(lineage(library.find("populations", population)))
    return next((e.data["tumour"] for e in below if isinstance(e.data.get("tumour"), str)), None)


ARMOUR = {
    "modules.armour.tgf": "decoy_receptor",
    "modules.armour.pd1": "checkpoint_switch",
    "modules.armour.il15": "interleukin_15",
    "modules.armour.il12": "interleukin_12",
}


@cache
def rehearsed() -> dict[tuple[str, str], tuple[str, dict[str, str]]]:
    """(kind, name) of tumours, products and mechanisms -> a trial that has them, and what is set in it."""
    found: dict[tuple[str, str], tuple[str, dict[str, str]]] = {}
    plain: dict[str, str] = {}
    for trial, sets in (
        ("eliana", plain),
        ("juliet", plain),
        ("juliet", MAKING),
        *(("ct041-st-01", {**ARMOUR, "modules.gate": gate}) for gate in ("or_gate", "and_gate")),
        ("eliana", {"tumour": "b-all-two-antigens"}),
        ("juliet", {"tumour": "lbcl-two-antigens"}),
        ("karmma", {"tumour": "multiple-myeloma-two-antigens"}),
        ("karmma", {"tumour": "multiple-myeloma-two-antigens", "product": "bcma-gprc5d"}),
        ("eliana", {"tumour": "b-all-cd22", "product": "cd22"}),
        *((t, plain) for t in library.names("trials")),
    ):
        data = library.find("trials", trial).data
        if sets or not {("tumours", _tumour(data["population"])), ("products", data.get("product"))} <= set(found):
            resolved = resolve(trial, sets)
            used = [
                ("tumours", resolved.names["tumour"]),
                ("products", resolved.names["product"]),
                *(("mechanisms", x) for x in resolved.modules.values()),
            ]
            found = {**dict.fromkeys(used, (trial, sets)), **found}
    return found


@pytest.fixture(scope="module", autouse=True)
def _rehearsed_in_the_library_as_it_is() -> None:
    rehearsed()


MODELLED = {
    stem: name for name in library.names("models") for stem in library.find("models", name).data["modules"].values()
}  # mechanism -> a published model that has it


def chosen_alone(kind: str, name: str) -> dict[str, Any]:
    """What chooses a mechanism that no trial has: its drug, or its role."""
    if kind != "mechanisms":
        return {}
    drugs = [d for d in library.names("drugs") if name in library.find("drugs", d).data.get("modules", {}).values()]
    return {"drugs": drugs[:1]} if drugs else {f"modules.{biology.find(name)().role}": name}


def told(kind: str, name: str) -> LivingDrugError | None:
    """What is said of a file when it is read, or when a trial is rehearsed with it."""
    try:
        entry = library.find(kind, name)
        read(KINDS[kind], whole(entry))
        sets = {"scale": name} if kind == "scales" else {"drugs": [name]} if kind == "drugs" else {}
        sets = {"manufacture": name} if kind == "manufacture" else sets
        asked = (kind, name)
        if kind == "populations" and (tumour := _tumour(name)):
            sets, asked = {"population": name}, ("tumours", tumour)
        if kind == "mechanisms" and name in MODELLED and asked not in rehearsed():
            published(MODELLED[name])
            return None
        trial, more = rehearsed().get(asked) or ("eliana", chosen_alone(*asked))
        arm = resolve(trial, {**more, **sets}).arms[0]
        check_arm(arm, design(arm))
    except LivingDrugError as problem:
        return problem
    return None


def suggests(problem: LivingDrugError, path: tuple[str, ...], wrong: str) -> bool:
    """Whether the right key is suggested: alone, in the whole path of a number, or by the name it has today. A
    key that is written just as much like the misspelt one (`lw`: law or low), or more, will do as well."""
    close, key = problem.nearest, path[-1]
    if close is None:
        return False
    if close == key or close.split(".")[: len(path)] == list(path):
        return True
    return close == RENAMED.get(key) or ratio(wrong, close) >= ratio(wrong, key)


RENAMED = {old: new for kind in (Covariate, Dose) for old, new in kind.renamed.items()}


def ratio(given: str, word: str) -> float:
    return SequenceMatcher(None, word, given).ratio()


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(("kind", "name"), TRIED)
def test_a_misspelt_key_is_told_with_its_line(kind: str, name: str, folder: Path) -> None:
    entry = library.find(kind, name)
    seen: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for path in keys(entry.data):
        seen.setdefault(shape(kind, path), []).append(path)
    # Of alike keys the first with a letter dropped, or the last with two swapped, in turn.
    chosen = [(alike[0], 0) if i % 2 else (alike[-1], 1) for i, alike in enumerate(seen.values())]
    if not thorough():  # a quarter of the kinds of key, each in one file
        chosen = [c for c in chosen if shortest()[kind, shape(kind, c[0])] == name][len(name) % 4 :: 4]
    for path, which in chosen:
        wrong = next(iter([*misspelt(path[-1])][which:]), None)
        if wrong is None:
            continue
        line = spoilt(entry, path, wrong, folder)
        problem = told(kind, name)
        what = f"{'.'.join(path)} -> {wrong}: {problem}"
        if free(kind, path):
            assert problem is None or ".toml:" in str(problem.where) and problem.nearest, what
            continue
        assert problem is not None, what
        assert f"{kind}/{name}.toml:{line}" in str(problem.where), what
        assert suggests(problem, path, wrong), what


def kinds(of: type[Typed] = Typed) -> Iterator[type[Typed]]:
    """Every kind of table there is."""
    for kind in of.__subclasses__():
        if kind.__module__.startswith("livingdrug."):
            yield kind
            yield from kinds(kind)


def written(kind: type[Typed]) -> list[str]:
    """A kind's keys as they stand in a file (numbers stand in tables of their roles)."""
    return [field.alias or key for key, field in kind.model_fields.items() if key != "numbers"]


for module in iter_modules(livingdrug.spec.__path__):
    import_module(f"livingdrug.spec.{module.name}")
ALL = sorted(set(kinds()), key=str)


@pytest.mark.parametrize("kind", ALL, ids=[kind.__name__ for kind in ALL])
def test_every_field_of_every_kind_is_suggested(kind: type[Typed]) -> None:
    for key in written(kind):
        for wrong, value in product(misspelt(key), (1, "x", ["x"], {"x": "y"})):
            if wrong in written(kind) or key == "like" and isinstance(value, dict):  # a table there is a role's
                continue
            with pytest.raises(LivingDrugError) as caught:
                read(kind, placed({wrong: value}, Place("file.toml:7")))
            assert caught.value.where == "file.toml:7" and caught.value.allowed != "", (key, wrong, value)
            assert suggests(caught.value, (key,), wrong), str(caught.value)


def test_an_earlier_key_is_today_s_with_a_warning() -> None:
    data = {"law": "fixed", "value": 3, "unit": "1"}
    with pytest.warns(FutureWarning, match="file.toml:7: 'law' of a covariate is now 'distribution'"):
        found = read(Covariate, placed(data, Place("file.toml:7")))
    assert found.distribution == "fixed"
    with pytest.warns(FutureWarning), pytest.raises(ScenarioError, match="'law' and 'distribution' are the same key"):
        read(Covariate, placed({**data, "distribution": "fixed"}, Place("file.toml:7")))


@pytest.mark.parametrize(("where", "fixed"), [("other.toml:9", True), ("--set", True), ("file.toml:8", False)])
def test_a_value_that_a_user_lays_on_another_file_s_distribution_holds_for_everybody(where: str, fixed: bool) -> None:
    """In a file of one's own it is a fault of the file, and no key is dropped unseen."""
    data = placed({"distribution": "uniform", "low": 2, "high": 5, "unit": "1", "value": 9}, Place("file.toml:7"))
    data.places["value"] = Place(where)
    if fixed:
        found = read(Covariate, data)
        assert (found.distribution, found.value, found.low) == ("fixed", 9.0, None)
    else:
        with pytest.raises(LivingDrugError, match="has no use for 'value'"):
            read(Covariate, data)
    data["hih"] = data.pop("high")
    with pytest.raises(LivingDrugError, match="did you mean 'high'"):
        read(Covariate, data)
