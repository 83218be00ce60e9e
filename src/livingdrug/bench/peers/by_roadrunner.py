"""libroadrunner: the model as our own SBML, compiled by its LLVM back end; doses are SBML events."""

from __future__ import annotations

import numpy as np

from livingdrug.bench.peers import Solver
from livingdrug.bench.peers.task import Floats, Task


def cvode(task: Task) -> Solver:
    import roadrunner

    from livingdrug.sbml.write import identifier, write

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_ERROR)
    shift = task.plan.start  # its clock starts at 0
    model = task.model
    first = {p: float(np.broadcast_to(task.values[p], len(task.patients.ids))[0]) for p in task.patients.values}
    doses = [(t - shift, model.inputs[int(i)], amount, over) for t, i, amount, over in task.doses.tolist()]
    runner = roadrunner.RoadRunner(write(model, first, doses))
    runner.integrator.relative_tolerance = task.rtol
    runner.integrator.absolute_tolerance = task.atol
    runner.integrator.stiff = True
    runner.integrator.maximum_num_steps = 200_000
    runner.timeCourseSelections = ["time", *(identifier(p) for p in model.states)]
    known = list(runner.model.getGlobalParameterIds())
    paths = tuple(p for p in task.values if "@" not in p and identifier(p) in known)
    places = [known.index(identifier(p)) for p in paths]
    infusions = [known.index(identifier(p)) for p in model.inputs]
    constants, species = task.table(paths), list(runner.model.getFloatingSpeciesIds())
    order = [species.index(identifier(p)) for p in model.states]
    rows = np.rint(task.times - shift).astype(int)
    points = int(round(task.plan.end - shift)) + 1  # every day

    def solver(patients: int) -> Floats:
        out = []
        for i in range(patients):
            runner.reset()  # carries out the events of day 0, on top of what is infused now
            runner.model.setGlobalParameterValues(infusions, task.inputs[0])
            runner.model.setGlobalParameterValues(places, constants[i])
            runner.model.setFloatingSpeciesAmounts(order, task.starts[i])
            out.append(np.array(runner.simulate(0, task.plan.end - shift, points))[rows, 1:])
        return np.array(out)

    return solver
