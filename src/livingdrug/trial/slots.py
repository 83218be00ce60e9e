"""The days that an order waits in line for a manufacturing slot, simulated order by order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from livingdrug import rng
from livingdrug.cohort import Cohort
from livingdrug.engine.plan import Floats
from livingdrug.errors import EngineError, ScenarioError
from livingdrug.scenario import Resolved

ORDERS = 10_000  # orders whose days in line are kept
WARM_UP = 2_000  # orders before them, while the line fills from empty
FULLEST = 0.98  # share of the slots held above which the line has no steady state that could be simulated
MOST_SLOTS = 10_000
WORDS = ("slots", "orders", "held", "irregularity")


def waits(
    resolved: Resolved, asked: Mapping[str, str], values: Mapping[str, Any], cohort: Cohort, lot: int = 1
) -> Floats:
    """Days in line (n,) of each patient's order: the patient's own quantile of those in the steady state.

    asked: path of the number of slots, the orders [1/day], the days a slot is held and their irregularity, by word.
    ScenarioError when the slots are too few for the orders, or cannot be.
    """
    line_ = _line(resolved, asked, values, cohort.seed)
    drawn = rng.uniform(cohort.seed, cohort.ids, "line.quantile", lot)
    return line_[np.minimum((drawn * len(line_)).astype(np.int64), len(line_) - 1)]


def _line(resolved: Resolved, asked: Mapping[str, str], values: Mapping[str, Any], seed: int) -> Floats:
    place = resolved.parameters[asked["slots"]].place
    for path in (asked[word] for word in WORDS):
        if np.ndim(values[path]):
            said = f"'{path}' differs between patients, and all orders queue for the same slots"
            raise ScenarioError(said, where=place, mend="give what it is made of variability = false")
    number, orders, held, irregularity = (float(values[asked[word]]) for word in WORDS)
    if not number.is_integer() or not 1 <= number <= MOST_SLOTS:
        said = f"{asked['slots']} = {number:g} cannot be"
        raise ScenarioError(said, where=place, allowed=f"a whole number, 1 to {MOST_SLOTS:,}")
    load = orders * held / number
    if load > FULLEST:
        said = f"{7 * orders:g} orders a week would hold {load:.0%} of {number:g} slots: the line grows for ever"
        fewest = f"{math.ceil(orders * held / FULLEST)} slots or more"
        raise ScenarioError(said, where=place, allowed=fewest, mend="add slots, or take fewer orders")
    if not orders > 0 or not held > 0:
        return np.zeros(1)
    return np.sort(line(int(number), orders, held, irregularity, seed))


@lru_cache(maxsize=16)
def line(number: int, orders: float, held: float, irregularity: float, seed: int, kept: int = ORDERS) -> Floats:
    """Days in line (kept,) of one order after another, in their order.

    number of slots; orders [1/day], by chance; held [day]: a slot by an order, gamma distributed with this mean and
    `irregularity` as its coefficient of variation (1: exponential, 0: all alike). EngineError without SimPy.
    """
    try:
        import simpy
    except ImportError:
        said = "a queue for slots is simulated by SimPy, which is not installed"
        raise EngineError(said, mend='pip install "livingdrug[queue]", or leave [modules] slots out') from None
    who = np.arange(WARM_UP + kept)
    between = -np.log(rng.uniform(seed, who, "line.arrival")) / orders
    lengths = _gamma(rng.uniform(seed, who, "line.held"), irregularity) * held
    waited = np.zeros(len(who))
    clock = simpy.Environment()
    slots = simpy.Resource(clock, number)

    def order(i: int) -> Any:
        came = clock.now
        with slots.request() as free:
            yield free
            waited[i] = clock.now - came
            yield clock.timeout(lengths[i])

    def arrivals() -> Any:
        for i in who:
            yield clock.timeout(between[i])
            clock.process(order(int(i)))

    clock.process(arrivals())
    clock.run()
    return waited[WARM_UP:]


def _gamma(uniform: Floats, variation: float) -> Floats:
    """Gamma distributed numbers of mean 1 by their quantiles."""
    if variation <= 0:
        return np.ones(len(uniform))
    from scipy.special import gammaincinv

    shape = 1.0 / variation**2
    return np.asarray(gammaincinv(shape, uniform) / shape)
