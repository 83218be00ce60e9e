"""The commented files that `livingdrug new` writes. Each loads and runs as it is.

Names of a trial, its product, its modules and so on are those of the library's reference trial, filled in when written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livingdrug import library
from livingdrug.cli.templates_mechanism import FILES
from livingdrug.errors import ScenarioError
from livingdrug.scenario import Resolved, resolve
from livingdrug.scenario.saved import toml
from livingdrug.spec.fields import FAMILIES
from livingdrug.spec.trial import KINDS as MEASURES
from livingdrug.spec.trial import bench

PRODUCT = """title = "NAME"                     # what people call it
aliases = []                      # other names it should answer to
about = "One or two sentences: target, costimulation, disease."

# Use it: a scenario file with   trial = "TRIAL"   and   product = "NAME.toml"   (or put it in a folder named in
# LIVINGDRUG_LIBRARY, under products/, and write product = "NAME").

# To change one thing of a product that is there, write its name and leave [modules] out:
# like = "PRODUCT"

[modules]                         # role = mechanism; see: livingdrug list mechanisms
MODULES

[NUMBER]                          # any number of any chosen mechanism; what you leave out keeps its default
value = VALUE
unit = "UNIT"
kind = "assumed"                  # measured | fitted | derived | assumed
why = "a template: put your number and its source here"
variability = { distribution = "log-normal", sd = 0.2 }     # how patients differ; leave it out to keep the default's

# A number that was read, not assumed:
# kind = "measured"
# source = "smith2026"            # a key of [sources] in this file
# where = "Table 2"

# [sources.smith2026]
# title = "Title of the paper"
# year = 2026
# doi = "10.1000/xyz"
"""

DRUG = """title = "NAME"
aliases = []
about = "What it does, in one sentence."

# A drug with a known mechanism is this one file, beside your scenario or in your library under drugs/; give it by a
# care rule or a schedule: give = "NAME".
mechanism = "MECHANISM"           # see: livingdrug list mechanisms

[NUMBER]                          # any number of the mechanism; what you leave out keeps its default
value = VALUE
unit = "UNIT"
kind = "assumed"                  # measured | fitted | derived | assumed
why = "a template: put your number and its source here"

# [sources.label]
# title = "Prescribing information"
# year = 2026
"""

TUMOUR = """title = "NAME"
aliases = []
about = "The disease, in one sentence."

# Use it: a scenario file with   trial = "TRIAL"   and   tumour = "NAME.toml".
# To change one thing of a disease that is there:   like = "TUMOUR"

[modules]                         # role = mechanism; see: livingdrug list mechanisms
MODULES

[NUMBER]                          # any number of the mechanism; what you leave out keeps its default
value = VALUE
unit = "UNIT"
kind = "assumed"                  # measured | fitted | derived | assumed
why = "a template: put your number and its source here"
variability = { distribution = "log-normal", sd = 0.4 }
"""

POPULATION = """title = "NAME"
aliases = []
about = "Who these patients are."
tumour = "TUMOUR"

# Use it: a scenario file with   trial = "TRIAL"   and   population = "NAME.toml".
# Properties of the patients: distribution = log-normal, normal, logit-normal, uniform or chance.
[covariates.age]
distribution = "uniform"
low = 18
high = 75
unit = "year"
kind = "assumed"                  # measured | fitted | derived | assumed
why = "a template: put your own distribution here"

[covariates.weight]
distribution = "log-normal"
value = 75                        # the median
sd = 0.2                          # of the logarithm
unit = "kg"
kind = "assumed"
why = "a template"

[covariates.bsa]
distribution = "log-normal"
given = "weight"                  # around value * (weight / at) ** power
value = 1.8
at = 70
power = 0.65
sd = 0.04
unit = "m**2"
kind = "assumed"
why = "body surface grows about as weight to the 2/3"

[covariates.egfr]
distribution = "log-normal"
value = 95
sd = 0.25
unit = "mL/min"
kind = "assumed"
why = "a template"

[covariates.fitness]              # latent: how fit the patient's T cells are
distribution = "normal"
value = 0
sd = 1
unit = "1"
kind = "assumed"
why = "latent; other numbers load on it"

[covariates.reserve]              # latent: how much inflammation the patient bears
distribution = "normal"
value = 0
sd = 1
unit = "1"
kind = "assumed"
why = "latent; other numbers load on it"
"""

PROTOCOL = """title = "NAME"
about = "Who gets what, when."
like = "PROTOCOL"                 # what is not said here stays as in this protocol (livingdrug show protocol/PROTOCOL)

# Use it: a scenario file with   trial = "TRIAL"   and   protocol = "NAME.toml".
start = "day -7"                  # every amount, time and threshold with its unit
follow_up = "12 months"

[[schedule]]                      # a dose decided before the start; one of the name below is changed, another added
name = "SCHEDULED"
days = [-5, -4, -3]               # days from infusion
kind = "assumed"
why = "a template"

[[watch]]                         # something that is only looked for, on a clock, as on a ward
name = "high fever"
when = "WATCHED"
check = "every 6 h for 28 d"
kind = "assumed"
why = "a template"

[[rule]]                          # a care rule: looked at on a clock; when it is so, something is given
name = "a first dose for high fever"
when = "since(high_fever) < 6 h"
check = "every 6 h for 28 d"
do = { give = "DRUG", amount = "8 mg/kg", at_most = "800 mg", over = "1 h" }
limits = { doses = 1, apart = "8 h" }
kind = "assumed"
why = "a template"
"""

SCENARIO = """# What you would change in a trial of the library. Run it: livingdrug run NAME.toml
trial = "TRIAL"                   # see: livingdrug list trials
title = "NAME"
patients = 200
seed = 1

# product = "my-product.toml"     # a library name or a file beside this one
# population = "..."
# protocol = "..."

# Any number of the model, by its path. See: livingdrug explain NAME.toml NUMBER
# [set]
# "NUMBER" = "VALUE UNIT"         # or "* 0.5" for half of what it was
# "protocol.follow_up" = "24 months"

[[arm]]                           # arms meet the same patients: common random numbers
name = "as published"

[[arm]]
name = "weaker"
[arm.set]
"NUMBER" = "* 0.8"
"""

TRIAL = """# A trial of your own. Run it: livingdrug run NAME.toml   (or put it in your library under trials/)
title = "NAME"
about = "Design, phase, what was published of it."
product = "PRODUCT"
population = "POPULATION"
protocol = "PROTOCOL"
scale = "SCALE"                   # see: livingdrug list scales
size = 100                        # patients of the trial itself: the prediction interval is for a trial of this size
patients = 200

[sources.smith2026]
title = "Title of the paper"
year = 2026

[visits]                          # days from infusion; the protocol's clocks ask for these by name
VISITS

[course]                          # what is kept over time
shown = [SHOWN]

[[column]]                        # one number of each patient; see: livingdrug show TRIAL
name = "crs_grade"
value = "peak(crs.grade)"
title = "Worst grade of cytokine release"

[[endpoint]]                      # time to an event: the column death_day is the event "death"
name = "OS"
title = "Overall survival"
start = "infusion"
events = ["death"]

[[measure]]                       # one number of the whole trial
name = "severe"
title = "CRS, {scale} grade 3 or more"
family = "CRS"                    # FAMILIES
kind = "share"                    # KINDS
of = "crs_grade >= 3"

[[measure]]
name = "os_6m"
title = "OS at 6 months"
family = "durability"
kind = "survival"
of = "OS"
at = "6 months"

[[published]]                     # what a measure is compared with: chosen before anything is fitted
measure = "severe"
scale = "SCALE"                   # the scale on which it was graded
value = 30
unit = "%"
n = 100
source = "smith2026"
year = 2026
where = "Table 2"
not_comparable = "a template: put the published value here and take this line out"
"""


def files(kind: str, name: str) -> list[tuple[str, str]]:
    """Path and text of each file that `new KIND NAME` writes."""
    if kind in FILES:
        return [(path.replace("NAME", name), text.replace("NAME", name)) for path, text in FILES[kind]]
    text, words = TEMPLATES[kind]
    filled = {**_words(reference()), **words(reference(), name)}
    for word in sorted(filled, key=len, reverse=True):
        text = text.replace(word, filled[word])
    return [(f"{name}.toml", text.replace("NAME", name))]


def reference() -> Resolved:
    """The library trial whose parts the templates name: the one that says bench = true."""
    for name in library.names("trials"):
        if bench(library.find("trials", name)):
            return resolve(name)
    raise ScenarioError("no trial of the library says bench = true", mend="write it in the reference trial's file")


def _words(r: Resolved) -> dict[str, str]:
    """The names of the reference trial and its parts."""
    names = {part.upper(): r.names[part] for part in ("product", "population", "protocol", "tumour")}
    return {"TRIAL": r.name, "SCALE": r.trial.scale or "", **names, **_number(r, r.product.numbers)}


def _number(r: Resolved, numbers: Any) -> dict[str, str]:
    """The first number of a file, as the model has it."""
    p = r.parameters[next(path for path in numbers if path in r.parameters)]
    return {"NUMBER": p.path, "VALUE": f"{p.value:g}", "UNIT": p.unit}


def _modules(modules: dict[str, str]) -> str:
    return "\n".join(f"{toml(role) if '.' in role else role} = {toml(stem)}" for role, stem in modules.items())


def _product(r: Resolved, name: str) -> dict[str, str]:
    return {"MODULES": _modules(r.product.modules)}


def _tumour(r: Resolved, name: str) -> dict[str, str]:
    assert r.tumour is not None
    return {"MODULES": _modules(r.tumour.modules), **_number(r, r.tumour.numbers)}


def _drug(r: Resolved, name: str) -> dict[str, str]:
    role, stem = next((role, stem) for role, stem in r.modules.items() if role.startswith("drug."))
    number = _number(r, [p for p in r.parameters if p.startswith(f"{role}.")])
    return {**number, "MECHANISM": stem, "NUMBER": number["NUMBER"].replace(role, f"drug.{name}")}


def _protocol(r: Resolved, name: str) -> dict[str, str]:
    warm = next(q for q in r.model().quantities.values() if q.zero)
    return {
        "SCHEDULED": r.protocol.schedule[0].name,
        "WATCHED": f"{warm.path} >= 39 {warm.unit}",
        "DRUG": r.protocol.drugs[0],
    }


def _trial(r: Resolved, name: str) -> dict[str, str]:
    asked = dict.fromkeys(v for look in r.protocol.looks for v in look.check.visits)
    visits = "\n".join(f"{v} = {[int(d) for d in r.trial.visits[v].listed]}" for v in asked)
    words = {"KINDS": " | ".join(MEASURES), "FAMILIES": " | ".join(FAMILIES)}
    return {"VISITS": visits, "SHOWN": toml(r.trial.course.shown[0]), **words}


def _nothing(r: Resolved, name: str) -> dict[str, str]:
    return {}


TEMPLATES: dict[str, tuple[str, Callable[[Resolved, str], dict[str, str]]]] = {
    "product": (PRODUCT, _product),
    "drug": (DRUG, _drug),
    "tumour": (TUMOUR, _tumour),
    "population": (POPULATION, _nothing),
    "protocol": (PROTOCOL, _protocol),
    "trial": (TRIAL, _trial),
    "scenario": (SCENARIO, _nothing),
}
KINDS = (*TEMPLATES, *FILES)
