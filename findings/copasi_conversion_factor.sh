#!/bin/sh
# COPASI 4.48.311: a conversion factor is in the reaction, in the message and in the export, but not in the course.
#
# Guess: A -> S at a rate 0.01 A, with a conversion factor of 10 on S, makes ten S of each A: S rises from 2 to
# 2 + 1000 (1 - exp(-0.02)) = 21.80 at time 2. COPASI says at import that it changed the stoichiometries so that results
# are correct (message SBML 100), and shows the reaction as A -> 10 * S.
# Behaviour: the course is that of A -> S: S is 3.98 at time 2. Compiling where necessary does not help, a forced
# compilation does, and so does writing the model as SBML and reading that again. The same with a factor of the model.
# Seen: "A -> 10 * S, S(2) = 3.98; compiled where necessary 3.98, by force 21.80; written and read again 21.80".
# Exits with 0 while this is so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check \
  python-copasi==4.48.311 libroadrunner==2.10.0 python-libsbml==5.21.2
"$folder/env/bin/python" - <<'PYTHON'
import math
import sys

import COPASI
import libsbml
import roadrunner

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="m" WHOLE>
<listOfCompartments><compartment id="C" size="1" spatialDimensions="3" constant="true"/></listOfCompartments>
<listOfSpecies><species id="A" compartment="C" initialAmount="100" hasOnlySubstanceUnits="true"
  boundaryCondition="BOUNDARY" constant="false"/><species id="S" compartment="C" initialAmount="2"
  hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false" ONE/></listOfSpecies>
<listOfParameters><parameter id="f" value="10" constant="true"/></listOfParameters>
<listOfReactions><reaction id="r" reversible="false" fast="false">
<listOfReactants><speciesReference species="A" stoichiometry="1" constant="true"/></listOfReactants>
<listOfProducts><speciesReference species="S" stoichiometry="1" constant="true"/></listOfProducts>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><cn>0.01</cn><ci>A</ci></apply></math>
</kineticLaw></reaction></listOfReactions></model></sbml>"""
FACTOR = 'conversionFactor="f"'
OF_S = MODEL.replace("WHOLE", "").replace("ONE", FACTOR).replace("BOUNDARY", "false")
OF_ALL = MODEL.replace("WHOLE", FACTOR).replace("ONE", "").replace("BOUNDARY", "true")  # A stays as it is


def valid(sbml: str) -> bool:
    """Whether libSBML finds no error."""
    document = libsbml.readSBMLFromString(sbml)
    document.checkConsistency()
    return document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0


def libroadrunner(sbml: str) -> float:
    """S at time 2."""
    runner = roadrunner.RoadRunner(sbml)
    runner.timeCourseSelections = ["S"]
    return float(runner.simulate(0, 2, 3)[-1][0])


def read(sbml: str):
    """The file as COPASI has it, and what COPASI said."""
    data = COPASI.CRootContainer.addDatamodel()
    COPASI.CCopasiMessage.clearDeque()
    assert data.importSBMLFromString(sbml)
    return data, COPASI.CCopasiMessage.getAllMessageText()


def course(data) -> float:
    """S at time 2, by COPASI's LSODA."""
    task = data.getTask("Time-Course")
    problem = task.getProblem()
    problem.setDuration(2.0)
    problem.setStepNumber(2)
    problem.setTimeSeriesRequested(True)
    assert task.process(True)
    series = task.getTimeSeries()
    column = {series.getSBMLId(i, data): i for i in range(series.getNumVariables())}
    return series.getConcentrationData(series.getRecordedSteps() - 1, column["S"])


holds = True
for name, sbml, per_unit in (
    ("factor of S", OF_S, 100 * (1 - math.exp(-0.02))),
    ("factor of the model", OF_ALL, 2.0),
):
    data, said = read(sbml)
    model = data.getModel()
    scheme, told = model.getReactions().get(0).getReactionScheme(), "changed the stoichiometries" in said
    first = course(data)
    model.compileIfNecessary()
    needed = course(data)
    again = course(read(data.exportSBMLToString(3, 1))[0])
    model.forceCompile()
    forced, other = course(data), libroadrunner(sbml)
    print(f"{name}: {scheme}, S(2) = {first:.2f}; compiled where necessary {needed:.2f}, by force {forced:.2f}; "
          f"written and read again {again:.2f}; libroadrunner {other:.2f}")
    without, right = 2 + per_unit, 2 + 10 * per_unit
    holds &= valid(sbml) and told and scheme.endswith("10 * S")
    holds &= all(abs(x - without) < 1e-3 for x in (first, needed))
    holds &= all(abs(x - right) < 1e-3 for x in (again, forced, other))
sys.exit(0 if holds else 1)
PYTHON
