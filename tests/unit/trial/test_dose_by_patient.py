"""A dose may be worked out from what the model knows of a patient: clearance, volumes, and all other constants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.scenario import resolve
from livingdrug.trial.design import design
from livingdrug.trial.enrolment import Enrolled, enrol
from thoroughness import some

WHO = np.arange(40, dtype=np.int64)
CLEARANCE, ACTIVE = "conditioning.fludarabine.clearance", "conditioning.fludarabine.active_share"


def dosed(folder: Path, amount: str) -> tuple[Enrolled, np.ndarray]:
    """Patients whose fludarabine is dosed so, and their doses of it [mg] (n, days)."""
    file = folder / "dosed.toml"
    row = f'[[protocol.schedule]]\nname = "fludarabine"\namount = "{amount}"\n'
    file.write_text(f'trial = "eliana"\n{row}', encoding="utf-8")
    arm = resolve(file).arms[0]
    found = enrol(arm, design(arm), WHO, seed=3)
    number = [dose.name for dose in arm.resolved.protocol.schedule].index("fludarabine")
    given = found.scheduled_by == number
    return found, found.patients.doses[..., 2][given].reshape(len(found.infused), -1)


@settings(max_examples=some(8))
@given(exposure=st.floats(1, 60))
def test_a_dose_that_leads_to_one_exposure(tmp_path: Path, exposure: float) -> None:
    found, doses = dosed(tmp_path, f"{exposure!r} mg*hour/L * {CLEARANCE} / {ACTIVE} / 4")
    assert doses.shape[1] == 4
    clearance = np.asarray(found.values[CLEARANCE])  # [L/day]
    reached = doses.sum(axis=1) * found.values[ACTIVE] / clearance * 24
    np.testing.assert_allclose(reached, exposure, rtol=1e-12)
    assert np.ptp(doses[:, 0]) > 0, "another dose for each patient"


@pytest.mark.parametrize("path", resolve("eliana").model().derived)
def test_every_derived_constant_may_be_named(tmp_path: Path, path: str) -> None:
    _, doses = dosed(tmp_path, f"30 mg * (1 + 0 * {path} / ({path}))")
    assert np.isfinite(doses).all()
