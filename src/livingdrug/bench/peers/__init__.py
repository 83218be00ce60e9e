"""Other people's integrators on the bench's model, each at its best: the peers of `livingdrug bench`.

Every peer gets the same equations, doses, outputs and tolerance. Where it takes compiled equations, an analytic
Jacobian or many patients at once, it gets them. One file a tool; a tool that is not installed is a row that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from livingdrug.errors import EngineError

if TYPE_CHECKING:
    from livingdrug.bench.peers.task import Floats, Task

Solver = Callable[[int], "Floats"]  # how many of the task's patients -> their states (patients, times, states)


@dataclass(frozen=True)
class Peer:
    """A tool: its name in the table, the package it needs, where it is set up, how many patients it is timed on."""

    tool: str
    package: str
    module: str
    maker: str
    patients: int
    imports: str = ""
    apart: str = ""  # why it is not timed

    def solver(self, task: Task) -> Solver:
        """Ready to solve; EngineError when the tool is not installed."""
        if self.apart:
            raise EngineError(self.apart)
        if not find_spec(self.imports or self.package):
            raise EngineError(f"{self.package} is not installed")
        made: Solver = getattr(import_module(f"livingdrug.bench.peers.{self.module}"), self.maker)(task)
        return made


PEERS = (
    Peer("scipy LSODA (solve_ivp)", "scipy", "by_scipy", "lsoda", 16),
    Peer("scipy LSODA (odeint)", "scipy", "by_scipy", "odeint", 16),
    Peer("scipy Radau", "scipy", "by_scipy", "radau", 4),
    Peer("numbalsoda LSODA", "numbalsoda", "by_numbalsoda", "lsoda", 64),
    Peer("scikit-sundae CVODE", "scikit-sundae", "by_sundials", "cvode", 16, "sksundae"),
    Peer("pydiffsol BDF", "pydiffsol", "by_pydiffsol", "bdf", 64),
    Peer("libroadrunner CVODE", "libroadrunner", "by_roadrunner", "cvode", 16, "roadrunner"),
    Peer("diffrax Tsit5", "diffrax", "by_diffrax", "tsit5", 64),
    Peer("diffrax Kvaerno5", "diffrax", "by_diffrax", "kvaerno5", 16),
    Peer("AMICI CVODES", "amici", "by_amici", "cvodes", 16),
    Peer("modax Rodas5P", "modax-solvers", "", "", 0, apart="runs on a CUDA card only"),
    Peer("mrgsolve", "mrgsolve", "", "", 0, apart="an R package, not timed from here"),
)
