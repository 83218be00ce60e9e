"""One course of a model with doses and breaks, by SciPy's integrators: exact at every restart.

The clock stops at every dose and break, and just after it, so that "from 5 on" and "after 5" both mean what they say.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import EngineError
from livingdrug.model import Model, Switch
from livingdrug.published.slopes import Slopes, slopes

Floats = NDArray[np.float64]
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


class Course:
    """A model with one patient's values: its right-hand side, and the integration of it."""

    def __init__(self, model: Model, values: dict[str, float]) -> None:
        self.model = model
        with np.errstate(all="ignore"):
            self.constants: dict[str, Any] = {**values, **model.constants(values)}
        self.start = np.array([float(self.constants[f"{p}@start"]) for p in model.states])
        self.inputs: dict[str, float] = {}

    @cached_property
    def slopes(self) -> Slopes:
        """The right-hand side as one function; EngineError for a model that only the compiled engine can follow."""
        return slopes(self.model)

    def derivative(self, t: float, y: Floats) -> Floats:
        """Rate of change of every state [unit/day]."""
        return self.slopes(t, y, {**self.constants, **self.inputs} if self.inputs else self.constants)

    def observe(self, times: Floats, states: Floats, what: Sequence[str]) -> dict[str, Floats]:
        """Published quantities or states, by path, at every time (times,), with no dose running."""
        values = {**self.constants, **dict(zip(self.model.states, states.T, strict=True)), "time": times}
        with np.errstate(all="ignore"):
            shown = {**values, **self.model.evaluate(values).published}
        missing = [w for w in what if w not in shown]
        if missing:
            raise EngineError(f"the model publishes no '{missing[0]}'", allowed=sorted(shown))
        return {w: np.broadcast_to(np.asarray(shown[w], float), times.shape) for w in what}

    def solve(self, times: Iterable[float], doses: Sequence[Dose] = (), rtol: float = 1e-9) -> Floats:
        """States (times, states) at each of the sorted times, from time 0 on; after whatever happens at that time."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # LSODA warns before it gives up; what comes of that is said by an error
            return _Journey(self, np.asarray(list(times), float), doses, rtol).run()


class _Journey:
    """The state of one integration: where it is, what is still to be written."""

    def __init__(self, course: Course, times: Floats, doses: Sequence[Dose], rtol: float) -> None:
        self.course, self.times, self.rtol = course, times, rtol
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
            f"the model has more than {RESTARTS} doses and breaks before {self.t:g}", mend="give fewer doses"
        )

    def _arrive(self) -> None:
        """Doses and ends of infusions that happen now; then what is to be written at this moment."""
        while self.acts and self.acts[0][0] <= self.t:
            self.acts.pop(0)[1]()
        self._write(self.t, lambda t: np.repeat(self.y[:, None], len(t), 1))
        self.scale = np.maximum(self.scale, np.abs(self.y))

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
        """Integrate until the next dose, end of an infusion or break."""
        stop = min([self.end, *self.fixed[self.fixed > self.t][:1]])
        if not len(self.y) or stop - self.t <= 1e-14 * self.end:  # nothing moves in so short a time
            self._write(np.nextafter(stop, -np.inf), lambda t: np.repeat(self.y[:, None], len(t), 1))
            self.t = stop
            return
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
                    first_step=first and first * (stop - self.t),
                )
