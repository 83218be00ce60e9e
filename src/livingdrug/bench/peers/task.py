"""What every peer is asked: patients whose doses cut the time into pieces, and the states at the output times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, log
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.codegen.lower import System, lower
from livingdrug.engine.plan import Patients, Plan

if TYPE_CHECKING:
    from livingdrug.model import Model

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """The bench's model and patients. Everybody is dosed at the same times; an output comes before the dose."""

    model: Model
    plan: Plan
    patients: Patients

    @property
    def rtol(self) -> float:
        """Relative tolerance; the absolute one is a thousandth of it."""
        return self.plan.rtol

    @property
    def atol(self) -> float:
        return self.rtol * 1e-3

    @property
    def times(self) -> Floats:
        """Output times [day] (T,)."""
        return np.asarray(self.plan.ticks, float)

    @cached_property
    def system(self) -> System:
        """The equations as the engine's statements."""
        return lower(self.model.without_turns("a peer").without_tissue("a peer"))

    @cached_property
    def values(self) -> dict[str, Any]:
        """Parameters, patient constants, shares and starts by path."""
        return {**self.patients.values, **self.model.constants(self.patients.values)}

    def table(self, paths: tuple[str, ...]) -> Floats:
        """These values of every patient (patients, paths)."""
        n = len(self.patients.ids)
        return np.ascontiguousarray(np.column_stack([np.broadcast_to(self.values[p], n) for p in paths]), float)

    @cached_property
    def columns(self) -> Floats:
        """Patient constants (patients, columns)."""
        return self.table(self.system.columns)

    @cached_property
    def starts(self) -> Floats:
        """States at the start (patients, states)."""
        return self.table(tuple(f"{p}@start" for p in self.system.states))

    @property
    def doses(self) -> Floats:
        """Time, input, amount, duration of each dose (doses, 4)."""
        return self.patients.doses[0]

    @cached_property
    def edges(self) -> Floats:
        """Where pieces begin and end [day] (pieces + 1,)."""
        return np.unique([self.plan.start, self.plan.end, *self.doses[:, 0], *(self.doses[:, 0] + self.doses[:, 3])])

    @cached_property
    def inputs(self) -> Floats:
        """What is infused during each piece (pieces, inputs)."""
        u = np.zeros((len(self.edges) - 1, len(self.system.inputs)))
        for begin, i, amount, duration in self.doses:
            if duration > 0:
                inside = (self.edges[:-1] >= begin) & (self.edges[:-1] < begin + duration)
                u[inside, int(i)] += amount / duration
        return u

    @cached_property
    def given(self) -> Floats:
        """What is added to the states at the start of each piece (patients, pieces, states)."""
        out = np.zeros((len(self.starts), len(self.edges) - 1, self.starts.shape[1]))
        for begin, i, amount, duration in self.doses:
            for entry, state, share in self.system.entries:
                if duration == 0 and entry == int(i):
                    out[:, np.searchsorted(self.edges, begin), state] += self.columns[:, share] * amount
        return out

    def pieces(self) -> list[tuple[int, int, int, Floats]]:
        """(piece, first output, last output, the times asked: start, outputs, end) of each piece."""
        found = []
        for k, (at, then) in enumerate(zip(self.edges[:-1], self.edges[1:])):
            first, last = (int(x) for x in np.searchsorted(self.times, [at, then], side="right"))
            found.append((k, first, last, np.unique([at, *self.times[first:last], then])))
        return found

    def by_pieces(self, piece: Any, patients: int) -> Floats:
        """Patient by patient, piece by piece: piece(constants, inputs, state, times) -> states (times, states)."""
        out = np.full((patients, len(self.times), self.starts.shape[1]), np.nan)
        pieces = self.pieces()
        for i in range(patients):
            y = self.starts[i]
            out[i, self.times == self.plan.start] = y
            for k, first, last, asked in pieces:
                found = piece(self.columns[i], self.inputs[k], y + self.given[i, k], asked)
                out[i, first:last] = found[1 : 1 + last - first]
                y = found[-1]
        return out

    @cached_property
    def compiled(self) -> tuple[Any, Any]:
        """slopes(y, p, u, out) and jacobian(y, p, u, out), compiled by numba."""
        import numba

        s = self.system
        arguments = [("y", s.states), ("p", s.columns), ("u", s.inputs)]

        def function(name: str, targets: list[str], stores: list[str]) -> Any:
            lines = [f"{s.names[p]} = {a}[{i}]" for a, paths in arguments for i, p in enumerate(paths)]
            lines += [f"{x.target} = {x.text}" for x in s.needed(targets)] + stores
            scope: dict[str, Any] = {"power": numba.njit(lambda x, n: exp(n * log(x)))}
            exec(f"from math import exp, log, sqrt\ndef {name}(y, p, u, out):\n    " + "\n    ".join(lines), scope)
            return numba.njit(scope[name], error_model="numpy", fastmath={"contract", "nsz"})

        entries = [f"out[{i}, {j}] = {x}" for (i, j), x in s.jacobian.items()]
        return (
            function("slopes", list(s.rhs), [f"out[{i}] = {x}" for i, x in enumerate(s.rhs)]),
            function("jacobian", list(s.jacobian.values()), entries),
        )
