"""A whole tumour of agents: the same for any number of threads, and what must hold whatever happens in it."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from livingdrug.agents import fields, law
from livingdrug.agents.course import Course, follow
from livingdrug.agents.numbers import AS_PUBLISHED, Dosed, Given, given
from livingdrug.agents.simulation import Simulation
from livingdrug.errors import EngineError, ScenarioError

SMALL = {"cell.tumour_radius": "70", "kinetics.side": "400", "kinetics.gap": "20", "car_t.attach": "0.2"}
FAST = {**SMALL, "cell.cycle": "6 hour"}  # divides within the first day


@cache
def small(published: bool = False) -> Given:
    return given("organoid:control", {**FAST, **(AS_PUBLISHED if published else {})})


def state(sim: Simulation) -> dict[str, bytes]:
    return {name: sim.cells.of(name).tobytes() for name in sim.cells.columns._fields if name not in ("moved", "start")}


@pytest.mark.parametrize("published", [pytest.param(False, marks=pytest.mark.thorough), True])
def test_any_number_of_threads_gives_the_same_bits(published: bool) -> None:
    ran = []
    for threads in (1, 3):
        sim = Simulation(small(published).numbers, [Dosed(0.1, 300)], seed=4, threads=threads)
        sim.run(600.0)
        sim.close()
        ran.append(sim)
    one, three = ran
    assert one.killed > 2 and one.cells.given > 410 + 300, "nothing happened that could have differed"
    assert state(one) == state(three)
    assert one.oxygen.tobytes() == three.oxygen.tobytes() and one.factor.tobytes() == three.factor.tobytes()


@pytest.fixture(scope="module")
def run() -> Simulation:
    sim = Simulation(small().numbers, [Dosed(0.0, 400)], seed=2)
    for _ in range(12):
        sim.run(sim.minutes + 60.0)
        _whole(sim)
    return sim


def _whole(sim: Simulation) -> None:
    """What must hold at every moment."""
    c, many = sim.cells, sim.cells.count
    partner, kind, alive = c.of("partner"), c.of("kind"), c.of("state") == law.ALIVE
    bound = np.flatnonzero(partner >= 0)
    assert (partner < many).all() and (partner[partner[bound]] == bound).all(), "a bond has two ends"
    assert (kind[bound] != kind[partner[bound]]).all() and alive[bound].all()
    assert len(set(c.of("number").tolist())) == many
    place = c.of("place")
    assert np.isfinite(place).all() and (np.abs(place[:, :3]) <= sim.n.side / 2).all() and (place[:, 3] > 0).all()
    assert sim.bound == sim.killed + sim.left + (len(bound) // 2) + sim.lost
    assert 0 <= sim.oxygen.min() and sim.oxygen.max() <= 38.0 and 0 <= sim.factor.min() and sim.factor.max() < 1


def test_things_happen_and_what_must_hold_holds(run: Simulation) -> None:
    assert run.killed > 5 and run.left > 2 and (run.cells.of("state") == law.APOPTOTIC).any()


def test_oxygen_is_as_exact_as_it_says(run: Simulation) -> None:
    """Beside one that was solved on and on."""
    run._breathe()
    found = run.oxygen.copy()
    run.n, before = run.n._replace(exactness=1e-8), run.n
    run._breathe()
    run.n = before
    assert np.abs(run.oxygen - found).max() < 0.02


def test_packing_and_oxygen_of_the_organoid() -> None:
    """3,957 to 3,963 cells, as the published codes; mean oxygen as that of an even ball in a ball of medium."""
    sim = Simulation(given("organoid:control").numbers)
    assert 3957 <= sim.cells.count <= 3963 and 146 < sim.tumour_radius() <= 150
    n, radius = sim.n, (sim.cells.count * 6 * 0.75 / math.pi * sim.n.volume * 0.75 / math.pi) ** (1 / 3)
    use = sim.cells.count * n.volume * n.oxygen_use / (4 / 3 * math.pi * radius**3) + n.oxygen_decay
    x = radius * math.sqrt(use / n.oxygen_spread)
    inward = x / math.tanh(x) - 1
    surface = 35.9 / (1 + inward * (1 - radius / 572))  # both from the model in shells: oxygen_around, oxygen_reach
    assert sim.oxygen_at().mean() == pytest.approx(3 * surface * inward / x**2, rel=0.02)


def test_car_t_drift_as_slowly_as_those_of_the_published_code() -> None:
    """46 um a day where they turn and stand; when they keep their heading, they arrive within hours."""
    inward = {}
    for published in (True, False):
        n = given("organoid:control", {**SMALL, **(AS_PUBLISHED if published else {}), "kinetics.side": "500"}).numbers
        sim = Simulation(n._replace(attach=0.0), [Dosed(0.1, 600)], seed=1)
        sim.run(150.0)
        away = [np.linalg.norm(sim.cells.of("place")[sim.cells.of("kind") == law.CAR_T][:, :3], axis=1)]
        numbers = [sim.cells.of("number")[sim.cells.of("kind") == law.CAR_T]]
        sim.run(150.0 + 180.0)
        away.append(np.linalg.norm(sim.cells.of("place")[sim.cells.of("kind") == law.CAR_T][:, :3], axis=1))
        numbers.append(sim.cells.of("number")[sim.cells.of("kind") == law.CAR_T])
        was = dict(zip(numbers[0].tolist(), away[0].tolist(), strict=True))
        now = dict(zip(numbers[1].tolist(), away[1].tolist(), strict=True))
        far = [k for k, r in was.items() if 140 < r < 240 and k in now]
        inward[published] = (np.mean([was[k] for k in far]) - np.mean([now[k] for k in far])) / 0.125
    assert inward[True] == pytest.approx(46.0, rel=0.15)
    assert inward[False] > 5 * inward[True]


def test_a_field_that_uses_nothing_stays_as_it_is_around() -> None:
    u = fields.voxels(200.0, 20.0, 38.0)
    none = np.zeros_like(u)
    assert fields.sweep(0, 0, 10, u, fields.Terms(none, none, u, 0.0), fields.Medium(1e5, 0.0, 20.0, True), 1.7) < 1e-12


@cache
def course() -> Course:
    return follow(small(), days=0.25, dose=None, seed=1, every=0.125, pictures=3)


def test_a_course_counts_what_there_is() -> None:
    t = course().table
    assert t["day"].tolist() == [0.0, 0.125, 0.25]
    assert (sum(t[f"antigen_{k}"] for k in range(4)) == t["alive"]).all() and (t["alive"] <= t["tumour"]).all()
    assert [p.day for p in course().pictures] == [0.0, 0.125, 0.25]
    within = (np.linalg.norm(course().pictures[-1].cells[:, :3], axis=1) <= t["half_radius"][-1] + 1e-3).sum()
    assert within == pytest.approx(t["tumour"][-1] / 2, abs=1)
    first = course().shells[0]
    volume = 4 / 3 * math.pi * 25.0**3 * np.diff(np.arange(len(first.tumour) + 1) ** 3)
    assert np.nansum(first.tumour / 1e9 * volume) == pytest.approx(t["alive"][0])


def test_too_many_cells_are_refused_before_and_while_they_come() -> None:
    with pytest.raises(ScenarioError, match="too many"):
        follow(given("organoid", {"cell.tumour_radius": "400"}), days=0.1, most=20_000)
    with pytest.raises(EngineError, match="there would be") as caught:
        follow(given("organoid:control", {**FAST, "cell.cycle": "1 hour"}), days=3.0, most=700)
    assert caught.value.mend


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"attac": "1"}, "did you mean"),
        ({"attach": "-1"}, "negative"),
        ({"attach": "1 mmHg"}, "mmHg"),
        ({"pace.step": "0.07"}, "whole number of times"),
        ({"pace.step": "0.5"}, "too coarse"),
        ({"kinetics.side": "310"}, "fit"),
        ({"kinetics.side": "1003"}, "voxels"),
        ({"oxygen_low": "50"}, "not below"),
        ({"law.reach": "0"}, "not possible"),
        ({"field.voxel": "2"}, "voxel"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(changed: dict[str, str], words: str) -> None:
    with pytest.raises(Exception, match=words) as caught:
        given("organoid", changed)
    assert "--set" in str(caught.value)


def test_shared_numbers_are_those_of_the_model_in_shells() -> None:
    n = given("organoid", {"tumour.kill": "0.1", "kinetics.life": "5 day"}).numbers
    assert (n.kill, n.life, n.apoptosis) == (0.1, 7200.0, pytest.approx(516.0))
    assert given("organoid:double").doses() == [Dosed(0.0, 7914), Dosed(5.0, 7914)]
    assert given("organoid").doses("991") == [Dosed(0.0, 991)] and given("organoid:control").doses() == []
