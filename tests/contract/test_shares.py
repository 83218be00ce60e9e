"""A share is at most 1, whoever sets it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import biology, library
from livingdrug.errors import ScenarioError
from livingdrug.model import Param
from livingdrug.scenario import resolve

SHARES = [
    (name, path, d.most)
    for name in library.names("mechanisms")
    for path, d in vars(biology.find(name)).items()
    if isinstance(d, Param) and d.doc.startswith("share of")
]


def test_every_number_that_is_called_a_share_is_at_most_one() -> None:
    loose = [f"{name}: {path}" for name, path, most in SHARES if most != 1]
    assert len(SHARES) > 30 and not loose, loose


@settings(max_examples=4, deadline=None)
@given(st.sampled_from(["class_one_left", "tcr_left", "cd52_left"]), st.floats(1.001, 9.9))
def test_more_than_all_is_refused_with_what_is_allowed(path: str, value: float) -> None:
    with pytest.raises(ScenarioError, match="is above 1") as refused:
        resolve("carbon", {f"edits.{path}": value})
    assert "0 to 1: share of the infused cells" in str(refused.value)
