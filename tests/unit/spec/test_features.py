"""Features of a product: what is known of it in words, each with where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug import library
from livingdrug.errors import LivingDrugError
from livingdrug.scenario import resolve
from livingdrug.scenario.parts import whole
from livingdrug.spec.numbers import FEATURES, Product
from livingdrug.spec.typed import read

GOOD = {"name": "vector", "says": "some", "kind": "assumed", "why": "an example"}


def made(tmp_path: Path, **words: str) -> Path:
    rows = "\n".join(f'{k} = "{x}"' for k, x in words.items())
    file = tmp_path / "mine.toml"
    file.write_text(f'trial = "eliana"\n[[product.feature]]\n{rows}\n', encoding="utf-8")
    return file


@pytest.mark.parametrize("name", library.names("products"))
def test_every_feature_of_the_library_is_sourced(name: str) -> None:
    entry = library.find("products", name)
    for one in read(Product, whole(entry)).feature:
        assert one.name in FEATURES and one.says
    for row in entry.data.get("feature", ()):  # in the same file
        assert row.get("source", "") in ("", *entry.sources), row


def test_every_product_says_how_it_is_given_or_bound() -> None:
    for name in library.names("products"):
        assert library.find("products", name).data.get("feature"), name


@pytest.mark.parametrize(
    ("change", "said"),
    [({"name": "vectr"}, "vector"), ({"kind": ""}, "where it comes from"), ({"why": ""}, "where it comes from")],
)
def test_a_feature_that_cannot_be_is_refused(tmp_path: Path, change: dict[str, str], said: str) -> None:
    assert resolve(made(tmp_path, **GOOD)).product.feature
    with pytest.raises(LivingDrugError) as caught:
        resolve(made(tmp_path, **{k: x for k, x in {**GOOD, **change}.items() if x}))
    assert said in str(caught.value)


def test_a_feature_changes_no_simulation(tmp_path: Path) -> None:
    assert resolve(made(tmp_path, **GOOD)).therapy == resolve("eliana").therapy
