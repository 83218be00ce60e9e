"""AMICI: the model as our own SBML, turned into C++ around CVODES with analytic Jacobian and sparse solver (KLU)."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.bench.peers import Solver
from livingdrug.bench.peers.task import Floats, Task

NAME = "livingdrug_bench"
# AMICI multiplies both sides of a choice by 0 or 1, and 0 times infinity is no number: so hill without a choice
HILL = "lambda(x, half, n, 1 / (1 + (half / sqrt(x^2 + (1e-10 * half)^2))^n))"


def cvodes(task: Task) -> Solver:
    import amici
    import amici.sim.sundials as sundials
    import libsbml
    from amici.importers.sbml import SbmlImporter

    from livingdrug.sbml.write import identifier, write

    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # where pip puts swig
    shift, model = task.plan.start, task.model  # its clock starts at 0
    first = {p: float(np.broadcast_to(task.values[p], len(task.patients.ids))[0]) for p in task.patients.values}
    doses = [(t - shift, model.inputs[int(i)], amount, over) for t, i, amount, over in task.doses.tolist()]
    kept = tempfile.TemporaryDirectory(prefix="livingdrug-amici-", ignore_cleanup_errors=True)
    folder = Path(kept.name)
    document = libsbml.readSBMLFromString(write(model, first, doses))
    document.getModel().getFunctionDefinition("hill").setMath(libsbml.parseL3Formula(HILL))
    libsbml.writeSBMLToFile(document, str(folder / "model.xml"))
    SbmlImporter(str(folder / "model.xml")).sbml2amici(
        NAME, folder / NAME, generate_sensitivity_code=False, compute_conservation_laws=False, verbose=False
    )
    made: Any = amici.import_model_module(NAME, folder / NAME).get_model()
    solver = made.create_solver()
    solver.set_relative_tolerance(task.rtol)
    solver.set_absolute_tolerance(task.atol)
    solver.set_max_steps(200_000)
    made.set_timepoints(task.times - shift)
    known = {identifier(p): p for p in task.values if "@" not in p}
    free, order = list(made.get_free_parameter_ids()), list(made.get_state_ids())
    constants = np.tile(np.array(made.get_free_parameters()), (len(task.starts), 1))
    constants[:, [i in known for i in free]] = task.table(tuple(known[i] for i in free if i in known))
    places = [order.index(identifier(p)) for p in model.states]

    def solve(patients: int) -> Floats:
        out = []
        for i in range(patients):
            made.set_free_parameters(constants[i])
            start = np.zeros(len(order))
            start[places] = task.starts[i]
            made.set_initial_state(start)
            found = sundials.run_simulation(made, solver)
            out.append(np.array(found.x)[:, places])
        return np.array(out)

    solve.keeps = kept  # type: ignore[attr-defined]
    return solve
