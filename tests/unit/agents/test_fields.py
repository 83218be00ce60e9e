"""What diffuses, against the sphere that can be solved by hand, and cells' own clocks against theirs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livingdrug.agents import fields, law, living
from livingdrug.agents.cells import Cells
from livingdrug.agents.numbers import Numbers, given

N: Numbers = given("organoid:control").numbers


def sphere(voxel: float) -> float:
    """Mean error [mmHg] in a sphere that uses oxygen, with what lies outside held at 38 mmHg."""
    side, radius, wide, length = 360.0, 150.0, 1e5, 100.0
    across = round(side / voxel)
    middle = (np.arange(across) + 0.5) * voxel - side / 2
    r = np.sqrt(sum(x**2 for x in np.meshgrid(middle, middle, middle, indexing="ij")))
    use = np.where(r < radius, wide / length**2, 1e9)
    held = np.where(r < radius, 0.0, 38e9)
    u = fields.voxels(side, voxel, 38.0)
    medium = fields.Medium(wide, 0.0, voxel, True)
    for _ in range(3000):
        if (
            max(fields.sweep(colour, 0, across, u, fields.Terms(use, held, u, 0.0), medium, 1.8) for colour in (0, 1))
            < 1e-6
        ):
            break
    inside = r < radius
    exact = 38.0 * radius * np.sinh(r[inside] / length) / (r[inside] * math.sinh(radius / length))
    return float(np.abs(u[inside] - exact).mean())


def test_oxygen_is_that_of_the_analytic_sphere_and_the_error_falls_with_the_voxel() -> None:
    """c = c_s R sinh(r/L) / (r sinh(R/L)); the voxels follow the sphere's surface in stairs, so the order is one."""
    errors = [sphere(voxel) for voxel in (20.0, 12.0, 6.0)]
    assert errors[0] < 0.9 and errors[1] < 0.7 * errors[0] and errors[2] < 0.6 * errors[1]


def test_a_closed_field_loses_nothing_but_by_decay() -> None:
    """Implicit steps of a field with closed faces: what is in it falls as decay alone says."""
    u = np.random.default_rng(1).uniform(0.0, 1.0, (12, 12, 12))
    none, medium = np.zeros_like(u), fields.Medium(1000.0, 0.016, 20.0, False)
    for _ in range(5):
        before, total = u.copy(), u.sum()
        for _ in range(400):
            if (
                max(fields.sweep(c, 0, 12, u, fields.Terms(none, none, before, 1 / 6), medium, 1.5) for c in (0, 1))
                < 1e-12
            ):
                break
        assert u.sum() == pytest.approx(total / (1 + 6 * 0.016), rel=1e-9)


def test_split_steps_come_to_the_balance_as_they_get_shorter() -> None:
    """What they leave lies below the balance by an error that goes with the step."""
    side, voxel = 400.0, 20.0
    u, use = fields.voxels(side, voxel, 38.0), np.zeros((20, 20, 20))
    use[6:14, 6:14, 6:14] = 7.5
    medium = fields.Medium(1e5, 0.1, voxel, True)
    while (
        max(fields.sweep(c, 0, 20, u, fields.Terms(use, np.zeros_like(u), u, 0.0), medium, 1.6) for c in (0, 1)) > 1e-8
    ):
        pass
    below = []
    for dt in (0.02, 0.01, 0.005):
        v = fields.voxels(side, voxel, 38.0)
        for _ in range(round(8 / dt)):
            fields.split(v, np.exp(-np.log1p(dt * use)), dt, 38.0, medium, np.empty(20), np.empty(20))
        below.append(float((u - v)[6:14, 6:14, 6:14].mean()))
    assert below[0] > below[1] > below[2] > 0 and below[1] / below[2] == pytest.approx(2.0, abs=0.2)


def ticked(minutes: float, oxygen: float, antigen: float = 1.0, state: int = law.ALIVE, partner: int = -1) -> Cells:
    """One tumour cell, full-grown and due after 1,000 minutes, after so many minutes."""
    cells = Cells(1)
    cells.added(1)
    c = cells.columns
    c.fluid[0], c.nuclear[0], c.cytoplasm[0] = 0.75 * 2494, 0.25 * 540, 0.25 * 1954
    c.place[0, 3], c.antigen[0], c.due[0], c.state[0], c.partner[0] = 8.4, antigen, 1000.0, state, partner
    for k in range(round(minutes / 6)):
        living.tick(0, 1, 6.0, np.uint64(1), k, 6.0 * k, np.array([oxygen]), c, N)
        if c.becomes[0]:
            break
    return cells


@pytest.mark.parametrize(("oxygen", "antigen"), [(38.0, 1.0), (24.0, 1.0), (24.0, 1.6), (50.0, 0.7), (12.0, 2.0)])
def test_a_cell_divides_when_its_timer_has_run(oxygen: float, antigen: float) -> None:
    pace = antigen * min(max((oxygen - 10) / 28, 0.0), 1.0)
    cells = ticked(20_000, oxygen, antigen)
    assert cells.columns.becomes[0] == living.DIVIDES
    assert cells.columns.timer[0] == pytest.approx(1000 / pace, abs=6.1)


@pytest.mark.parametrize(("oxygen", "partner"), [(10.0, -1), (38.0, 5)])
def test_without_oxygen_or_in_the_hold_of_a_car_t_it_does_not(oxygen: float, partner: int) -> None:
    cells = ticked(20_000, oxygen, partner=partner)
    assert cells.columns.becomes[0] == living.STAYS and cells.columns.state[0] == law.ALIVE


def test_the_dead_are_cleared_when_their_time_is_up() -> None:
    cells = ticked(5_000, 38.0, state=law.APOPTOTIC)
    assert cells.columns.becomes[0] == living.GOES and cells.columns.timer[0] == pytest.approx(516, abs=6.1)
    assert cells.columns.place[0, 3] < 8.4
    starved = ticked(6_000, 1.0)
    assert starved.columns.state[0] == law.SWELLING and starved.columns.fluid[0] > 1.1 * 0.75 * 2494
    assert ticked(8_000, 1.0).columns.state[0] == law.LYSED
    assert ticked(20_000, 6.0).columns.state[0] == law.ALIVE


def test_halves_grow_back_to_a_whole() -> None:
    cells = Cells(2)
    cells.added(1)
    c = cells.columns
    c.fluid[0], c.nuclear[0], c.cytoplasm[0], c.antigen[0] = 0.75 * 2494, 0.25 * 540, 0.25 * 1954, 1.3
    c.place[0] = (1.0, 2.0, 3.0, 8.41271)
    cells.added(1)
    living.divide(np.array([0]), 1, np.uint64(5), 3, c, N)
    assert c.place[:2, :3].mean(axis=0) == pytest.approx([1.0, 2.0, 3.0])
    assert np.linalg.norm(c.place[0, :3] - c.place[1, :3]) == pytest.approx(8.41271)
    assert c.antigen[1] == 1.3 and (c.timer[:2] == 0).all() and c.due[0] != c.due[1]
    volume = c.fluid + c.nuclear + c.cytoplasm
    assert volume[:2] == pytest.approx(1247.0)
    for k in range(400):
        living.tick(0, 2, 6.0, np.uint64(1), k, 6.0 * k, np.array([38.0, 38.0]), c, N)
    assert (c.fluid + c.nuclear + c.cytoplasm)[:2] == pytest.approx(2494.0, rel=0.01)
