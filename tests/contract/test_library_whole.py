"""Nothing in the library stands alone: every mechanism has its equations, every entry loads and is used or can be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from livingdrug import biology, library
from livingdrug.scenario import resolve
from livingdrug.scenario.parts import lineage, whole
from livingdrug.scenario.plausible import plausible
from livingdrug.spec.fit import Ensemble, Fit
from livingdrug.spec.typed import read
from livingdrug.trial import Trial

OWN = {stem for stem, place in biology.stems().items() if ".published." not in place}
TRIALS = library.names("trials")
EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.toml"))


def test_every_mechanism_has_equations_and_values() -> None:
    assert set(library.names("mechanisms")) == OWN


@pytest.mark.parametrize("kind", library.KINDS)
def test_every_entry_loads_and_says_what_it_is(kind: str) -> None:
    for name in library.names(kind):
        entry = library.find(kind, name)
        assert entry.data.get("title"), f"{entry.file} has no title"


@pytest.mark.parametrize("trial", TRIALS)
def test_every_trial_resolves_to_a_model_with_all_its_numbers(trial: str) -> None:
    resolved = resolve(trial)
    assert set(resolved.model().parameters) == set(resolved.parameters)


def test_no_threshold_of_a_protocol_is_read_by_nobody() -> None:
    texts = {n: library.find("protocols", n).text for n in library.names("protocols")}
    every = "\n".join([*texts.values(), *(library.find("trials", n).text for n in TRIALS)])
    said = {path for text in texts.values() for path in re.findall(r"^\[(threshold\.\w+)\]", text, re.M)}
    dead = [path for path in said if not re.search(rf"(?<!\[){re.escape(path)}\b", every)]
    assert len(said) > 10 and not dead, dead


def test_every_population_and_protocol_is_in_a_trial_or_an_example() -> None:
    """By its own name, or as what one is like."""
    used = {kind: set() for kind in ("population", "protocol")}
    asked = [library.find("trials", trial).data for trial in TRIALS]
    for example in (tomllib.loads(file.read_text(encoding="utf-8")) for file in EXAMPLES):
        asked += [example, *example.get("arm", [])]
    for data in asked:
        for kind, names in used.items():
            part = data.get(kind)
            if part := part.get("base") if isinstance(part, dict) else part:
                names |= {entry.name for entry in lineage(library.find(f"{kind}s", part))}
    for kind, names in used.items():
        assert names == set(library.names(f"{kind}s")), f"a {kind} that neither uses is never run by a test"


def suits(trial: str, product: str) -> tuple[bool, bool, int, str]:
    """How well a trial suits a product: its own, else of the same target, else of the most alike mechanisms."""
    own = library.find("products", library.find("trials", trial).data["product"])
    asked = library.find("products", product)
    alike = set(whole(own)["modules"].items()) & set(whole(asked)["modules"].items())
    return own.name == asked.name, own.data.get("target") == asked.data.get("target"), len(alike), trial


@pytest.mark.parametrize("product", library.names("products"))
def test_every_product_runs_in_the_trial_that_suits_it_best(product: str) -> None:
    """A product needs no trial of its own."""
    trial = max(TRIALS, key=lambda t: suits(t, product))
    result = Trial(trial, {"product": product}).run(patients=8, seed=1)
    patients = result.patients
    assert len(patients) == 8 * len(result.arms) and patients["infused"].any()
    assert not patients["failed"].any(), f"{product} cannot be simulated in {trial}"


@pytest.mark.parametrize("drug", library.names("drugs"))
def test_every_drug_can_be_given(drug: str) -> None:
    resolved = resolve("eliana", {"protocol.drugs": str([*dict.fromkeys([*resolve("eliana").protocol.drugs, drug])])})
    assert any(role.rpartition(".")[2] == drug for role in resolved.modules)


@pytest.mark.parametrize("name", library.names("ensembles"))
def test_every_ensemble_is_of_a_fit_as_it_stands(name: str) -> None:
    """Otherwise `livingdrug calibrate NAME --plausible` has to be run again."""
    ensemble = read(Ensemble, library.find("ensembles", name).table)
    fit = read(Fit, library.find("fits", ensemble.fit).table)
    assert ensemble.sets.columns == tuple(row.path for row in fit.free)
    resolved = resolve(fit.trial or ensemble.fit)
    drawn = plausible(resolved, {ensemble.fit})  # SourceError where a value has changed since
    assert {c.path for c in drawn.columns} == {row.path for row in fit.free}
