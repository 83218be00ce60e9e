#!/bin/sh
# libSBML 5.21.2, antimony 3.3.0: (2^3)^2 and (-2)^2 lose their brackets as text, and are read back as 512 and -4.
#
# Guess: what `formulaToL3String` writes is what `parseL3Formula` reads. The two have one documented syntax, in which
# `^` groups to the left and binds closer than a minus sign; so a model goes from SBML to Antimony and back unharmed.
# Behaviour: the writer keeps to that table and writes 2^3^2; the reader groups to the right. A negative number is
# written without brackets under a power: -2^2. Antimony writes and reads the same, so a model that went there and back
# has another value, without a message; libroadrunner runs the one and the other. (The older pair writes pow(...).)
# Seen: "(2^3)^2 = 64 -> 2^3^2 -> 512", "(-2)^2 = 4 -> -2^2 -> -4", "by way of Antimony: 64, 4 -> 512, -4".
# Exits with 0 while this is so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check \
  python-libsbml==5.21.2 antimony==3.3.0 libroadrunner==2.10.0
"$folder/env/bin/python" - <<'PYTHON'
import sys

import antimony
import libsbml
import roadrunner

MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
FORMULAS = {
    "(2^3)^2": "<apply><power/><apply><power/><cn>2</cn><cn>3</cn></apply><cn>2</cn></apply>",
    "(-2)^2": "<apply><power/><cn>-2</cn><cn>2</cn></apply>",
}


def document(maths: list[str]) -> str:
    """A model with a parameter p0, p1, ... for each formula, which is its initial value."""
    parameters = "".join(f'<parameter id="p{i}" constant="false"/>' for i in range(len(maths)))
    starts = "".join(f'<initialAssignment symbol="p{i}">{m}</initialAssignment>' for i, m in enumerate(maths))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="m">
<listOfParameters>{parameters}</listOfParameters>
<listOfInitialAssignments>{starts}</listOfInitialAssignments></model></sbml>"""


def values(sbml: str) -> list[float]:
    """The parameters' values at time 0, by libroadrunner."""
    runner = roadrunner.RoadRunner(sbml)
    return [float(runner[f"p{i}"]) for i in range(len(FORMULAS))]


def by_antimony(sbml: str) -> str:
    """The document after a way through Antimony's text."""
    antimony.clearPreviousLoads()
    assert antimony.loadSBMLString(sbml) >= 0, antimony.getLastError()
    text = antimony.getAntimonyString()
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(text) >= 0, antimony.getLastError()
    return antimony.getSBMLString(antimony.getMainModuleName())


trees = [f"{MATH}{m}</math>" for m in FORMULAS.values()]
original = document(trees)
checked = libsbml.readSBMLFromString(original)
checked.checkConsistency()
valid = checked.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
texts = [libsbml.formulaToL3String(libsbml.readMathMLFromString(t)) for t in trees]
back = [libsbml.writeMathMLToString(libsbml.parseL3Formula(t)).split("?>", 1)[-1] for t in texts]
older = [libsbml.formulaToString(libsbml.readMathMLFromString(t)) for t in trees]
right, reread, antimonied = values(original), values(document(back)), values(by_antimony(original))
for name, text, old, a, b in zip(FORMULAS, texts, older, right, reread):
    print(f"{name} = {a:g} -> {text} -> {b:g} (the older writer: {old})")
print("by way of Antimony:", ", ".join(f"{x:g}" for x in right), "->", ", ".join(f"{x:g}" for x in antimonied))
print("a valid document:", valid)
same = valid and right == [64.0, 4.0] and texts == ["2^3^2", "-2^2"] and reread == antimonied == [512.0, -4.0]
sys.exit(0 if same else 1)
PYTHON
