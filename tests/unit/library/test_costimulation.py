"""The costimulation layer: what every receptor with a domain shares, between drug and product."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug import library
from livingdrug.errors import LivingDrugError
from livingdrug.scenario import resolve

CLASSES = library.names("costimulation")


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_changes_its_own_numbers_and_no_others(name: str) -> None:
    asked = resolve("eliana", {"product.costimulation": name})
    base = resolve("eliana")
    own = {path for path, x in asked.parameters.items() if x.layer == "costimulation"}
    assert own and all(asked.parameters[p].file == f"library/costimulation/{name}.toml" for p in own)
    changed = {p for p, x in asked.parameters.items() if x.value != base.parameters[p].value}
    theirs = {p for p, x in base.parameters.items() if x.layer == "costimulation"}
    assert changed <= own | theirs


def test_a_misspelt_class_is_refused_with_the_nearest() -> None:
    with pytest.raises(LivingDrugError) as caught:
        resolve("eliana", {"product.costimulation": "CD82"})
    assert caught.value.nearest == "CD28" and "--set" in str(caught.value.where)


def test_a_number_of_the_product_lies_above_its_class(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'trial = "eliana"\nproduct.costimulation = "CD28"\n[product.kinetics.growth]\nvalue = 1.5\nunit = "1/day"\n'
        'kind = "assumed"\nwhy = "x"\n',
        encoding="utf-8",
    )
    found = resolve(file).parameters
    assert found["kinetics.growth"].value == 1.5 and found["cytokines.working"].layer == "costimulation"


def test_a_class_of_ones_own_is_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "library" / "costimulation"
    folder.mkdir(parents=True)
    (folder / "OX40.toml").write_text(
        'title = "OX40"\nlike = "4-1BB"\n[kinetics.growth]\nvalue = 1.9\nkind = "assumed"\nwhy = "x"\n',
        encoding="utf-8",
    )
    file = tmp_path / "mine.toml"
    file.write_text('trial = "eliana"\nproduct.costimulation = "OX40"\n', encoding="utf-8")
    with library.also(tmp_path / "library"):
        found = resolve(file).parameters
    base = resolve("eliana").parameters
    assert found["kinetics.growth"].value == 1.9
    assert found["kinetics.to_memory"].value == base["kinetics.to_memory"].value
