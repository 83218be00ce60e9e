#!/bin/sh
# libroadrunner 2.10.0: events that follow each other by less than the relative tolerance, read as time, are dropped.
#
# Guess: a tolerance bounds the error of the states; how many events fire depends on the model, not on its unit of time.
# The same saw (n rises by 1 in every period, 20.5 periods long) gives n = 20 whether a period is 1e-3 or 1e-7.
# Behaviour: where two events are less than `relative_tolerance` (1e-6) units of time apart, the third and later ones of
# an output interval do not fire, without a warning: n = 2 with a period of 1e-7. With rtol 1e-9 it is 20 again.
# Exits with 0 while this is so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check libroadrunner==2.10.0
"$folder/env/bin/python" - <<'PYTHON'
import sys
import roadrunner

MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time"> time </csymbol>'
MODEL = f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="m">
<listOfParameters><parameter id="next" value="PERIOD" constant="false"/>
<parameter id="n" value="0" constant="false"/></listOfParameters>
<listOfEvents><event useValuesFromTriggerTime="true"><trigger initialValue="true" persistent="true">
{MATH}<apply><geq/>{TIME}<ci>next</ci></apply></math></trigger><listOfEventAssignments>
<eventAssignment variable="n">{MATH}<apply><plus/><ci>n</ci><cn>1</cn></apply></math></eventAssignment>
<eventAssignment variable="next">{MATH}<apply><plus/><ci>next</ci><cn>PERIOD</cn></apply></math></eventAssignment>
</listOfEventAssignments></event></listOfEvents></model></sbml>"""
seen = {}
for period, rtol in ((1e-3, 1e-6), (1e-7, 1e-6), (1e-7, 1e-9)):
    r = roadrunner.RoadRunner(MODEL.replace("PERIOD", f"{period:f}".rstrip("0") if period > 1e-4 else "0.0000001"))
    r.timeCourseSelections = ["time", "n"]
    r.integrator.relative_tolerance = rtol
    seen[period, rtol] = float(r.simulate(0, 20.5 * period, 2)[-1][1])
    print(f"period {period:g}, relative tolerance {rtol:g}: {seen[period, rtol]:g} of 20 events")
sys.exit(0 if list(seen.values()) == [20.0, 2.0, 20.0] else 1)
PYTHON
