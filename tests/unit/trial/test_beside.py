"""Which trials stand beside a product and a disease, and how it is said where none does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.command import command

from laid_out import trials
from livingdrug import library
from livingdrug.errors import LivingDrugError
from livingdrug.scenario import resolve
from livingdrug.trial.applicability import applicability
from livingdrug.trial.beside import HOLDERS, NONE, alone, of, published, told, trials_beside
from livingdrug.trial.cases import role_of
from livingdrug.trial.stored import changed_since, stored

ENTRIES = [(kind, name) for kind in HOLDERS for name in library.names(kind)]
DESIGNS = sorted(set(library.names("trials")) - set(published()))
RESOLVED = trials()
BARE = [name for kind, name in ENTRIES if kind == "products" and not trials_beside(name)]


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_an_entry_says_what_stands_beside_it(kind: str, name: str) -> None:
    """Read anew: a trial file that names it, with a row that was read and is compared."""
    entry, beside = library.find(kind, name), of(library.find(kind, name))
    named = {t: r for t, r in RESOLVED.items() if r.names.get(kind.removesuffix("s")) == name}
    seen = {t for t, r in named.items() if any(p.read == "seen" and not p.not_comparable for p in r.trial.published)}
    assert set(beside) == seen
    assert told(entry).casefold().startswith(NONE) == (not seen)


def test_some_products_have_a_trial_and_some_have_none() -> None:
    assert BARE and {"tisagenlecleucel", "idecabtagene-vicleucel"}.isdisjoint(BARE)
    assert DESIGNS and all(role_of(RESOLVED[name].trial) == "validation" for name in DESIGNS)


@pytest.mark.parametrize("product", BARE)
def test_a_product_without_a_trial_is_told_in_every_trial(product: str) -> None:
    """In a trial of another product of its target, whose published rows are not its own."""
    target = library.find("products", product).data["target"]
    trial = next((t for t in published() if RESOLVED[t].product.target == target), "eliana")
    assert not alone(RESOLVED[trial])
    assert alone(resolve(trial, {"product": product}))


def test_a_run_says_so_first(tmp_path: Path) -> None:
    first = applicability(RESOLVED[DESIGNS[0]]).findings[0]
    assert (first.name, first.said) == ("trial", NONE)
    own = tmp_path / "mine.toml"  # rows of one's own stand beside it, whatever the library has
    row = '[[published]]\nmeasure = "crs_any"\nvalue = 50\nunit = "%"\nn = 20\n'
    own.write_text(f'trial = "{DESIGNS[0]}"\n{row}', encoding="utf-8")
    assert not alone(resolve(own))


def test_show_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert NONE[1:] in command(capsys, "show", f"products/{BARE[0]}").out
    (shown,) = json.loads(command(capsys, "show", "products/tisagenlecleucel", "--json").out)
    assert "eliana" in shown["trials_beside"]


def test_a_design_alone_is_scored_nowhere() -> None:
    trials = set(published())
    assert trials.isdisjoint(DESIGNS) and set(library.names("trials")) == trials | set(DESIGNS)
    assert not set(changed_since(stored())) & set(DESIGNS)


def test_a_broken_trial_of_the_users_own_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trials").mkdir()
    (tmp_path / "trials" / "broken.toml").write_text('product = "tisagenlecleucel"\npopulation = "nobody"\n')
    before = published()
    monkeypatch.setenv(library.ENV, str(tmp_path))
    assert published() == before
    with pytest.raises(LivingDrugError, match="nobody"):
        resolve("broken")
