#!/bin/sh
# libroadrunner 2.10.0: each state's absolute tolerance goes to another state when a model has reactions and rate rules.
#
# Guess: `absolute_tolerance` (1e-12) is scaled by each state's own start, as the documentation says of species and rate
# rules, so that a parameter y with y' = -y from 1e-3 is 1e-3 exp(-5) = 6.74e-6 at time 5, whatever else the model holds.
# Behaviour: the list of tolerances begins with the species, the integrator's states with the rated symbols. Beside a
# species of 1e12, y gets a tolerance of 1: it comes out as -4.9e-5 (rtol 1e-6) and -4.6e-5 (rtol 1e-9), no warning.
# Exits with 0 while this is so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check libroadrunner==2.10.0
"$folder/env/bin/python" - <<'PYTHON'
import math, sys
import roadrunner

MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
MODEL = f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="m">
<listOfCompartments><compartment id="C" size="1" spatialDimensions="3" constant="true"/></listOfCompartments>
<listOfSpecies><species id="X" compartment="C" initialAmount="AMOUNT" hasOnlySubstanceUnits="true"
  boundaryCondition="false" constant="false"/></listOfSpecies>
<listOfParameters><parameter id="y" value="1e-3" constant="false"/></listOfParameters>
<listOfRules><rateRule variable="y">{MATH}<apply><minus/><ci>y</ci></apply></math></rateRule></listOfRules>
<listOfReactions><reaction id="r" reversible="false">
<listOfReactants><speciesReference species="X" stoichiometry="1" constant="true"/></listOfReactants>
<kineticLaw>{MATH}<apply><times/><cn>0.001</cn><ci>X</ci></apply></math></kineticLaw></reaction></listOfReactions>
</model></sbml>"""
wanted, seen = 1e-3 * math.exp(-5), {}
for amount in ("1", "1e12"):
    for rtol in (1e-6, 1e-9):
        r = roadrunner.RoadRunner(MODEL.replace("AMOUNT", amount))
        r.timeCourseSelections = ["time", "y"]
        r.integrator.relative_tolerance = rtol
        seen[amount, rtol] = float(r.simulate(0, 5, 6)[-1][1])
        print(f"X starts at {amount:>4}, rtol {rtol:g}: y(5) = {seen[amount, rtol]:.3e}, right is {wanted:.3e}")
alone = all(abs(seen["1", t] / wanted - 1) < 1e-3 for t in (1e-6, 1e-9))
beside = all(seen["1e12", t] < 0 for t in (1e-6, 1e-9))
sys.exit(0 if alone and beside else 1)
PYTHON
