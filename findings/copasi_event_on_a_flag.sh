#!/bin/sh
# COPASI 4.48.311: an event that waits for a flag is carried out or never, by how the two conditions spell "greater".
#
# Guess: a flag is 2 once x > 1.5, before that 0. An event "flag > 1" is carried out at x = 1.5, and so it is with
# ">= 1": the flag jumps past 1, nothing is ever equal to it, as in libroadrunner.
# Behaviour: where both conditions are strict, or neither is, the event never comes, though the course shows the flag at
# 2 from there on; where one is strict and the other is not, it comes. Without a message, whatever the output times and
# the trigger's `initialValue`, and the same where the flag's formula stands in the trigger itself.
# Seen: libroadrunner carries out all four; COPASI those of "x > 1.5, flag >= 1" and "x >= 1.5, flag > 1".
# Exits with 0 while this is so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check \
  python-copasi==4.48.311 libroadrunner==2.10.0 python-libsbml==5.21.2
"$folder/env/bin/python" - <<'PYTHON'
import sys

import COPASI
import libsbml
import roadrunner

MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
SIGN = {"gt": ">", "geq": ">="}
# x rises by 1 a unit of time; the event counts itself in n.
MODEL = f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="m">
<listOfParameters><parameter id="x" value="0" constant="false"/><parameter id="flag" constant="false"/>
<parameter id="n" value="0" constant="false"/></listOfParameters>
<listOfRules><rateRule variable="x">{MATH}<cn>1</cn></math></rateRule>
<assignmentRule variable="flag">{MATH}<piecewise><piece><cn>2</cn><apply><RISES/><ci>x</ci><cn>1.5</cn></apply></piece>
<otherwise><cn>0</cn></otherwise></piecewise></math></assignmentRule></listOfRules>
<listOfEvents><event useValuesFromTriggerTime="true"><trigger initialValue="INITIAL" persistent="true">
{MATH}<apply><WAITS/><ci>flag</ci><cn>1</cn></apply></math></trigger><listOfEventAssignments>
<eventAssignment variable="n">{MATH}<apply><plus/><ci>n</ci><cn>1</cn></apply></math></eventAssignment>
</listOfEventAssignments></event></listOfEvents></model></sbml>"""
WANTED = ("x", "flag", "n")


def libroadrunner(sbml: str, steps: int) -> list[float]:
    """x, flag and n at time 4."""
    runner = roadrunner.RoadRunner(sbml)
    runner.timeCourseSelections = list(WANTED)
    return [float(v) for v in runner.simulate(0, 4, steps + 1)[-1]]


def copasi(sbml: str, steps: int) -> list[float]:
    """x, flag and n at time 4, by LSODA."""
    data = COPASI.CRootContainer.addDatamodel()
    assert data.importSBMLFromString(sbml)
    task = data.getTask("Time-Course")
    problem = task.getProblem()
    problem.setDuration(4.0)
    problem.setStepNumber(steps)
    problem.setTimeSeriesRequested(True)
    assert task.process(True)
    series = task.getTimeSeries()
    column = {series.getSBMLId(i, data): i for i in range(series.getNumVariables())}
    return [series.getConcentrationData(series.getRecordedSteps() - 1, column[w]) for w in WANTED]


valid, seen = True, {}
for rises in SIGN:
    for waits in SIGN:
        found = set()
        for initial in ("true", "false"):
            sbml = MODEL.replace("RISES", rises).replace("WAITS", waits).replace("INITIAL", initial)
            checked = libsbml.readSBMLFromString(sbml)
            checked.checkConsistency()
            valid &= checked.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
            for steps in (4, 7, 100):
                ends = [tool(sbml, steps) for tool in (libroadrunner, copasi)]
                assert all(abs(x - 4) < 1e-6 and flag == 2 for x, flag, _ in ends), ends
                found.add(tuple(round(n) for _, _, n in ends))
        seen[rises, waits] = found
        said = ", ".join(f"libroadrunner {a}, COPASI {b}" for a, b in sorted(found))
        print(f"flag = 2 if x {SIGN[rises]} 1.5, event on flag {SIGN[waits]} 1: times carried out by {said}")
print("valid documents:", valid)
sys.exit(0 if valid and all(f == {(1, int(a != b))} for (a, b), f in seen.items()) else 1)
PYTHON
