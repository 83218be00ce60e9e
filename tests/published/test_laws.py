"""The laws of the analysis plan on a few virtual patients: those that must hold in any number of them.

`verification/laws.py` reads them all on more patients and several seeds, and writes the page.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

VERIFICATION = Path(__file__).parents[2] / "verification"
PATIENTS, SEED = 300, 11
WANT_MORE = {  # than a test has
    "Higher peak with more disease",
    "B cells in aplasia [per uL]",
    "Less disease, no worse response",
}


@pytest.fixture(scope="module")
def laws():
    sys.path.insert(0, str(VERIFICATION))
    try:
        import laws as found
    finally:
        sys.path.remove(str(VERIFICATION))
    found.N = PATIENTS
    return found


def test_every_law_of_the_page_holds_on_a_few_patients(laws):
    broken = {}
    for law in laws.LAWS:
        if law.name not in WANT_MORE:
            seen = law.read(SEED)
            if not law.holds(seen):
                broken[law.name] = seen
    assert not broken


def test_laws_between_patients_and_in_the_same_patients_are_told_apart(laws):
    kinds = {law.kind for law in laws.LAWS}
    assert kinds == {laws.ALL, laws.SAME, laws.BETWEEN}
    assert len({law.name for law in laws.LAWS}) == len(laws.LAWS)


def test_a_law_can_break(laws):
    """Thresholds that are not shared put patients on pressors who never had fever."""
    apart = laws.follow({"physiology.fever_half": "* 30"}, SEED)
    silent = (apart.columns["crs_grade"] == 0) & (apart.columns["high_dose_pressor"] > 0)
    assert silent.mean() > 0.01


def test_thresholds_of_support_are_in_order_in_every_patient(laws):
    from livingdrug import Trial

    own = Trial("eliana").resolved.parameters
    value = {k.rpartition(".")[2]: p.value for k, p in own.items() if k.startswith("physiology.")}
    assert 1 < value["boluses_at"] < value["pressor_at"] <= value["high_pressor_at"] < value["second_pressor_at"]
    assert value["high_flow_ratio"] > 1 and value["ventilation_ratio"] > 1
