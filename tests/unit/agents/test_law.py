"""The force law, the table of neighbours and chance, each against what it is made from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st

from livingdrug import rng
from livingdrug.agents import boxes, car_t, chance, law
from livingdrug.agents.cells import Cells
from livingdrug.agents.numbers import Numbers, given
from thoroughness import some

N: Numbers = given("organoid:control").numbers


def two(kinds: tuple[int, int], d: float, radii: tuple[float, float]) -> Cells:
    """Two cells on a line that lies aslant."""
    cells = Cells(2)
    new = cells.added(2)
    c = cells.columns
    along = np.array([0.6, -0.48, 0.64])
    c.place[new, :3], c.place[new, 3] = np.array([[10.0, 20.0, -30.0]] * 2) + np.outer([0.0, d], along), radii
    c.kind[new] = kinds
    return cells


def moved(cells: Cells, n: Numbers, dt: float = 1.0) -> np.ndarray:
    """Velocities of all cells from one step, (cells, 3)."""
    other = np.array([[j for j in range(cells.count) if j != i] for i in range(cells.count)], np.int32)
    many = np.full(cells.count, cells.count - 1, np.int32)
    law.step(0, cells.count, dt, cells.columns, other, many, np.array([1e9, 1e9]), n)
    return cells.of("old").copy()


def equation(d: float, radii: tuple[float, float], repulsion: float, adhesion: float, reach: float) -> float:
    """The law as it is written."""
    both = sum(radii)
    push = repulsion * (1 - d / both) ** 2 if d < both else 0.0
    return push - (adhesion * (1 - d / (reach * both)) ** 2 if d < reach * both else 0.0)


@settings(max_examples=some(60))
@generated(
    st.floats(0.01, 30.0),
    st.floats(3.0, 11.0),
    st.floats(3.0, 11.0),
    st.sampled_from([(0, 0), (0, 1), (1, 0), (1, 1)]),
)
def test_two_cells_move_as_the_equation_says(d: float, a: float, b: float, kinds: tuple[int, int]) -> None:
    push = {0: N.repulsion, 1: N.car_t_repulsion}
    hold = N.adhesion if kinds == (0, 0) else 0.0
    said = equation(d, (a, b), math.sqrt(push[kinds[0]] * push[kinds[1]]), hold, N.reach)
    pulled = N.pull * d * (N.pull_from < d < N.pull_to)  # a CAR-T towards a tumour cell
    found = moved(two(kinds, d, (a, b)), N)
    along = np.array([0.6, -0.48, 0.64])
    for i, sign in ((0, -1.0), (1, 1.0)):
        wanted = sign * (said - (pulled if kinds[i] == law.CAR_T and kinds[1 - i] == law.TUMOUR else 0.0))
        assert found[i] @ along == pytest.approx(wanted, rel=1e-6, abs=1e-9)
        assert np.linalg.norm(found[i] - found[i] @ along * along) < 1e-9
    assert law.velocity(d, a + b, N.reach, 10.0, 0.4) == pytest.approx(
        equation(d, (a, b), 10.0, 0.4, N.reach), rel=1e-12
    )


def test_a_step_is_that_of_adams_and_bashforth() -> None:
    cells = two((0, 0), 14.0, (8.0, 8.0))
    cells.columns.old[:] = [[0.1, 0.2, 0.3], [0.0, 0.0, 0.0]]
    before = cells.of("place")[0, :3].copy()
    fresh = moved(cells, N, 0.1)[0]
    after = cells.columns.moved[0, :3]
    assert after - before == pytest.approx(0.1 * (1.5 * fresh - 0.5 * np.array([0.1, 0.2, 0.3])), abs=1e-12)


@settings(max_examples=some(20))
@generated(st.integers(0, 2**32), st.integers(2, 300), st.floats(60.0, 300.0))
def test_the_table_of_neighbours_forgets_nobody(seed: int, many: int, side: float) -> None:
    """Against all pairs, in a box so small that it holds few boxes, cells outside it included."""
    chosen = np.random.default_rng(seed)
    cells = Cells(many)
    new = cells.added(many)
    c = cells.columns
    c.place[new, :3], c.place[new, 3] = (
        chosen.uniform(-0.55 * side, 0.55 * side, (many, 3)),
        chosen.uniform(4, 10, many),
    )
    c.kind[new] = chosen.integers(0, 2, many)
    skin = np.array([0.5, 2.0])
    edge, across = boxes.edge_of(1.25, float(c.place[:, 3].max()), 2.0, side)
    box, held, begin = np.empty(many, np.int64), np.empty(many, np.int64), np.empty(across**3 + 1, np.int64)
    boxes.into_boxes(many, c.place, side, edge, across, box, begin, held)
    assert sorted(held) == list(range(many)) and begin[-1] == many
    other, found = np.full((many, many), -1, np.int32), np.empty(many, np.int32)
    boxes.neighbours(0, many, c, 1.25, skin, boxes.Boxes(box, begin, held, across), other, found)
    apart = np.linalg.norm(c.place[:, None, :3] - c.place[None, :, :3], axis=2)
    within = 1.25 * (c.place[:, None, 3] + c.place[None, :, 3]) + skin[c.kind][:, None] + skin[c.kind][None]
    for i in range(many):
        assert set(other[i, : found[i]].tolist()) == set(np.flatnonzero(apart[i] < within[i])) - {i}


def test_chance_is_that_of_the_package_and_hangs_on_the_cell_and_the_moment_alone() -> None:
    key = np.uint64(rng.key(7, chance.STREAM))
    for cell, moment, purpose in ((0, 0, 0), (3, 77, 5), (2**33 + 1, 10**7, chance.LIFE)):
        same = rng.uniform(7, [cell], chance.STREAM, moment * chance.PURPOSES + purpose)[0]
        assert chance.uniforms(key, cell, moment, purpose)[0] == same
    drawn = np.array([chance.direction(key, i, 0, 0) for i in range(2000)])
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1.0) and np.abs(drawn.mean(axis=0)).max() < 0.06


def test_car_t_live_as_long_as_the_published_hazard_says() -> None:
    """S(t) = (1 - t / 14,400 min)^(1/6), mean 6/7 of the longest."""
    key = np.uint64(rng.key(1, chance.STREAM))
    lives = np.array([car_t.life(key, i, N) for i in range(4000)])
    assert lives.max() <= 14400 and lives.mean() == pytest.approx(12342.86, rel=0.01)
    for day in (2.0, 5.0, 8.0, 9.5):
        assert (lives > day * 1440).mean() == pytest.approx((1 - day / 10) ** (1 / 6), abs=0.02)
