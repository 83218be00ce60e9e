"""One course of one patient, integrated with SciPy: doses, restarts, and values that jump when a condition turns true.

The clock stops at every dose, break and known jump, and just after it, so that "from 5 on" and "after 5" both mean what
they say. Conditions on states are watched on the dense output of each step and located to the last digit of the clock.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import EngineError
from livingdrug.model import Model, Switch
from livingdrug.published.slopes import slopes

Floats = NDArray[np.float64]
LOOKS = 8  # looks at the conditions within one step
RESTARTS = 100_000


@dataclass(frozen=True)
class Dose:
    """An amount [unit of the entry] given at `time` [day] into the entry `into`; duration [day] 0 is a bolus.

    Into a switch: the value it has from then on.
    """

    time: float
    into: str
    amount: float
    duration: float = 0.0


class Jumps(Protocol):
    """What may jump during a course."""

    def settle(self, t: float, y: Floats) -> Floats:
        """Carry out what is due at t; the state after it."""

    def due(self) -> float:
        """The next time something that waits is carried out; inf when nothing waits."""

    def stops(self, t: float, y: Floats, end: float) -> Floats:
        """Times after t, known already, at which a condition may change."""

    def truth(self, t: float, y: Floats) -> tuple[bool, ...]:
        """Which conditions hold."""

    def near(self, t: float, y: Floats) -> Floats:
        """The differences whose signs decide the conditions."""


class NoJumps:
    """Nothing jumps."""

    def settle(self, t: float, y: Floats) -> Floats:
        return y

    def due(self) -> float:
        return np.inf

    def stops(self, t: float, y: Floats, end: float) -> Floats:
        return np.zeros(0)

    def truth(self, t: float, y: Floats) -> tuple[bool, ...]:
        return ()

    def near(self, t: float, y: Floats) -> Floats:
        return np.zeros(0)


class Course:
    """A model with one patient's values: its right-hand side, and the integration of it.

    printed: use the engine's statements for the slopes. Imported files are evaluated as they stand instead, so that
    what is compared with other simulators has passed through no algebra.
    """

    def __init__(self, model: Model, values: dict[str, float], printed: bool = False) -> None:
        self.model = model
        self.printed = slopes(model) if printed else None
        with np.errstate(all="ignore"):
            self.constants: dict[str, Any] = {**values, **model.constants(values)}
        self.start = np.array([float(self.constants[f"{p}@start"]) for p in model.states])
        self.inputs: dict[str, float] = {}

    def at(self, t: float, y: Floats) -> dict[str, Any]:
        """Every value at one moment, by path."""
        return {**self.constants, **self.inputs, **dict(zip(self.model.states, y, strict=True)), "time": t}

    def derivative(self, t: float, y: Floats) -> Floats:
        """Rate of change of every state [unit/day]."""
        if self.printed:
            return self.printed(t, y, {**self.constants, **self.inputs} if self.inputs else self.constants)
        found = self.model.evaluate(self.at(t, y), published=False).derivatives
        return np.array([np.broadcast_to(found[p], y.shape[1:]) for p in self.model.states], dtype=float)

    def jacobian(self, t: float, y: Floats, size: Floats) -> Floats:
        """Slopes of the rates by differences, all columns in one evaluation. size (states,): their scale."""
        d = 1e-7 * np.maximum(np.abs(y), size)
        rates = self.derivative(t, np.concatenate([y[:, None] + np.diag(d), y[:, None] - np.diag(d)], axis=1))
        n = len(y)
        return (rates[:, :n] - rates[:, n:]) / (2.0 * d)

    def observe(self, times: Floats, states: Floats, what: Sequence[str]) -> dict[str, Floats]:
        """Published quantities or states, by path, at every time (times,), with no dose running."""
        values = {**self.constants, **dict(zip(self.model.states, states.T, strict=True)), "time": times}
        with np.errstate(all="ignore"):
            shown = {**values, **self.model.evaluate(values).published}
        missing = [w for w in what if w not in shown]
        if missing:
            raise EngineError(f"the model publishes no '{missing[0]}'", allowed=sorted(shown))
        return {w: np.broadcast_to(np.asarray(shown[w], float), times.shape) for w in what}

    def solve(
        self, times: Iterable[float], doses: Sequence[Dose] = (), jumps: Jumps | None = None, rtol: float = 1e-9
    ) -> Floats:
        """States (times, states) at each of the sorted times, from time 0 on; after whatever happens at that time."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # LSODA warns before it gives up; what comes of that is said by an error
            return _Journey(self, np.asarray(list(times), float), doses, jumps or NoJumps(), rtol).run()


class _Journey:
    """The state of one integration: where it is, what is still to be written."""

    def __init__(self, course: Course, times: Floats, doses: Sequence[Dose], jumps: Jumps, rtol: float) -> None:
        self.course, self.times, self.jumps, self.rtol = course, times, jumps, rtol
        self.end = float(times[-1]) if len(times) else 0.0
        self.t, self.y = 0.0, course.start.copy()
        self.scale = np.abs(self.y)
        self.written = np.full((len(times), len(self.y)), np.nan)
        self.next = 0
        breaks = [float(course.constants[b]) for b in course.model.breaks]
        course.inputs.clear()
        self.acts = sorted((a for d in doses for a in self._acts(d)), key=lambda a: a[0])
        self.fixed = np.unique([*breaks, *np.nextafter(breaks, np.inf), *(time for time, _ in self.acts)])

    def run(self) -> Floats:
        self._arrive()
        for _ in range(RESTARTS):
            if self.t >= self.end:
                return self.written
            self._leg()
            self._arrive()
        raise EngineError(
            f"the model jumped more than {RESTARTS} times before {self.t:g}", mend="look at its events and rules"
        )

    def _arrive(self) -> None:
        """Doses, ends of infusions and jumps that happen now; then what is to be written at this moment."""
        while self.acts and self.acts[0][0] <= self.t:
            self.acts.pop(0)[1]()
        self.y = self.jumps.settle(self.t, self.y)
        self._write(self.t, lambda t: np.repeat(self.y[:, None], len(t), 1))
        self.scale = np.maximum(self.scale, np.abs(self.y))
        self.stops = self.jumps.stops(self.t, self.y, self.end)

    def _acts(self, d: Dose) -> list[tuple[float, Callable[[], None]]]:
        """What a dose does, and when: it lands, runs from then until then, or sets a switch."""
        model, inputs = self.course.model, self.course.inputs
        if d.into not in model.inputs:
            raise EngineError(f"the model has no entry '{d.into}'", allowed=model.inputs)

        def run(rate: float) -> None:
            inputs[d.into] = inputs.get(d.into, 0.0) + rate

        def land() -> None:
            role = d.into.rpartition(".")[0]
            for state in model.declared[d.into].into:  # type: ignore[attr-defined]
                share = float(self.course.constants[f"{d.into}>{state}"])
                self.y[model.states.index(f"{role}.{state}")] += share * d.amount

        if isinstance(model.declared[d.into], Switch):
            return [(d.time, lambda: inputs.update({d.into: d.amount}))]
        if d.duration > 0:
            rate = d.amount / d.duration
            return [(d.time, lambda: run(rate)), (d.time + d.duration, lambda: run(-rate))]
        return [(d.time, land)]

    def _write(self, until: float, state: Callable[[Floats], Floats]) -> None:
        last = int(np.searchsorted(self.times, until, side="right"))
        if last > self.next:
            self.written[self.next : last] = state(self.times[self.next : last]).T
            self.next = last

    def _leg(self) -> None:
        """Integrate until the next stop or the next condition that changes."""
        stop = min(
            [self.end, self.jumps.due(), *self.stops[self.stops > self.t][:1], *self.fixed[self.fixed > self.t][:1]]
        )
        if not len(self.y) or stop - self.t <= 1e-14 * self.end:  # nothing moves in so short a time
            self._write(np.nextafter(stop, -np.inf), lambda t: np.repeat(self.y[:, None], len(t), 1))
            self.t = stop
            return
        truth = self.jumps.truth(self.t, self.y)
        for solver in self._solvers(stop):
            while solver.status == "running":
                try:
                    problem = solver.step()
                except ValueError as not_finite:  # Radau's linear algebra refuses infinities
                    problem = str(not_finite)
                    break
                if solver.status == "failed" or not np.all(np.isfinite(solver.y)):
                    break
                dense = solver.dense_output()
                change = self._change(dense, solver.t_old, solver.t, truth) if truth else None
                if change is not None:
                    before, self.t = change
                    self._write(before, dense)
                    self.y = dense(self.t)
                    return
                self._write(np.nextafter(min(solver.t, stop), -np.inf), dense)
                self.t, self.y = solver.t, solver.y.copy()
            if solver.status == "finished":
                self.t = stop
                return
        largest = self.course.model.states[int(np.argmax(np.abs(self.y)))]
        raise EngineError(
            f"the integration stops at time {self.t:g}: {problem or 'the state is not finite'}",
            mend=f"look at the model's values; a quantity may grow without limit (the largest is '{largest}')",
        )

    def _solvers(self, stop: float) -> Iterator[Any]:
        """SciPy's solvers from here on: the next is tried where the one before gave up."""
        from scipy.integrate import LSODA, Radau

        known = self.scale[self.scale > 0]
        size = np.where(self.scale > 0, self.scale, known.min() if len(known) else 1.0)
        jacobian = None if self.course.printed else lambda t, y: self.course.jacobian(t, y, size)
        longest = np.inf if isinstance(self.jumps, NoJumps) else max(self.end / 200.0, 1e-300)
        for method, first, floor in (
            (LSODA, None, 1e-9),
            (LSODA, 1e-9, 1e-9),
            (Radau, 1e-9, 1e-6),
            (Radau, 1e-9, 1e-3),
        ):
            if stop > self.t:
                yield method(
                    self.course.derivative,
                    self.t,
                    self.y,
                    stop,
                    rtol=self.rtol,
                    atol=self.rtol * floor * size,
                    max_step=longest,
                    first_step=first and first * (stop - self.t),
                    jac=jacobian,
                )

    def _change(self, dense: Any, a: float, b: float, truth: tuple[bool, ...]) -> tuple[float, float] | None:
        """The first moment in (a, b] at which a condition changes: the last moment before, and the first after."""

        def changed(t: float) -> bool:
            return self.jumps.truth(t, dense(t)) != truth

        grid = np.linspace(a, b, LOOKS + 1)
        near = np.array([self.jumps.near(t, y) for t, y in zip(grid, dense(grid).T, strict=True)])
        for i in range(1, len(grid)):
            before = grid[i - 1]
            for t in [*self._crossings(dense, grid, near, i), *self._touches(dense, grid, near, i), grid[i]]:
                if changed(t):
                    return halve(changed, before, t)
        return None

    def _crossings(self, dense: Any, grid: Floats, near: Floats, i: int) -> list[float]:
        """Moments at which a difference changes sign between two looks, first ones first."""
        found: list[float] = []
        for k in np.flatnonzero(np.sign(near[i]) != np.sign(near[i - 1])):
            found += turns(lambda t: np.sign(self.jumps.near(t, dense(t))[k]), grid[i - 1], grid[i])  # noqa: B023
        return sorted(found)

    def _touches(self, dense: Any, grid: Floats, near: Floats, i: int) -> list[float]:
        """Moments at which a difference reaches zero for a short while around look i and turns back."""
        from scipy.optimize import minimize_scalar

        if i + 1 >= len(grid):
            return []
        left, middle, right = near[i - 1 : i + 2]
        closer = (np.abs(middle) < np.abs(left)) & (np.abs(middle) < np.abs(right))
        found = []
        for k in np.flatnonzero(closer & (np.sign(left) == np.sign(middle)) & (np.sign(right) == np.sign(middle))):
            sign = np.sign(middle[k])
            lowest = minimize_scalar(
                lambda t: sign * self.jumps.near(t, dense(t))[k],  # noqa: B023 (used at once)
                bounds=(grid[i - 1], grid[i + 1]),
                method="bounded",
            )
            if lowest.fun <= 0.0:
                found.append(float(lowest.x))
        return found


def halve(changed: Callable[[float], bool], a: float, b: float) -> tuple[float, float]:
    """Neighbouring moments around the first change: not yet changed, changed. `changed(b)` holds."""
    for _ in range(200):
        middle = 0.5 * (a + b)
        if not a < middle < b:
            break
        a, b = (a, middle) if changed(middle) else (middle, b)
    return float(a), float(b)


def turns(sign: Callable[[float], Any], a: float, b: float) -> Iterator[float]:
    """The first moments after each change of a sign between a and b: where it becomes 0, and where it leaves 0."""
    last = sign(b)
    while a < b and (now := sign(a)) != last:
        a = halve(lambda t: sign(t) != now, a, b)[1]  # noqa: B023 (used at once)
        yield a
