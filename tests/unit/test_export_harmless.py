"""No cell of a run's tables is a formula for a spreadsheet."""

from __future__ import annotations

import pandas as pd

from livingdrug.export.tables import harmless


def test_a_text_that_would_be_a_formula_has_an_apostrophe() -> None:
    table = pd.DataFrame({"arm": ["=1+1", "@a", "-2", "half", None], "day": [-1.0, 0.0, 1.0, float("nan"), 2.0]})
    found = harmless(table)
    assert list(found["arm"][:4]) == ["'=1+1", "'@a", "'-2", "half"] and found["arm"].isna().iloc[4]
    assert found["day"].equals(table["day"]), "numbers stay numbers"


def test_the_kind_of_a_text_column_does_not_matter() -> None:
    for kind in ("object", "string", "category"):
        assert list(harmless(pd.DataFrame({"arm": pd.Series(["+1", "a"], dtype=kind)}))["arm"]) == ["'+1", "a"], kind
