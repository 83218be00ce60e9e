"""What a number cannot be: a share above 1, an upper end below its lower one; and a host against its own cells."""

from __future__ import annotations

from pathlib import Path

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
    loose = [f"{name}: {path}" for name, path, most in SHARES if most is None or most > 1]
    assert len(SHARES) > 30 and not loose, loose


@settings(max_examples=4, deadline=None)
@given(st.sampled_from(["class_one_left", "tcr_left", "cd52_left"]), st.floats(1.001, 9.9))
def test_more_than_all_is_refused_with_what_is_allowed(path: str, value: float) -> None:
    with pytest.raises(ScenarioError, match="is above 1") as refused:
        resolve("carbon", {f"edits.{path}": value})
    assert "0 to 1: share of the infused cells" in str(refused.value)


@pytest.mark.parametrize(("path", "value"), [("antigen_none", 3), ("antigen_full", 0.5), ("oxygen_low", 38)])
def test_an_upper_end_below_its_lower_one_is_refused(path: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=r"is not above tumour\.") as refused:
        resolve("ct041-st-01", {f"tumour.{path}": value})
    assert "change one of the two" in str(refused.value)


@pytest.mark.parametrize("stem", ["host_versus_graft", "graft_versus_host"])
def test_what_is_between_donor_and_host_is_refused_for_own_cells(stem: str, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f'trial = "eliana"\n[modules]\n{stem} = "{stem}"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="these are the patient's own"):
        resolve(file)
