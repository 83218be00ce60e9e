"""The commented templates that `livingdrug new` writes. Each loads as it is."""

PRODUCT = """title = "NAME"                     # what people call it
aliases = []                      # other names it should answer to
about = "One or two sentences: target, costimulation, disease."

# Use it: a scenario file with   trial = "eliana"   and   product = "NAME.toml"   (or put it in a folder named in
# LIVINGDRUG_LIBRARY, under products/, and write product = "NAME").

[modules]                         # role = mechanism; see: livingdrug list mechanisms
lymphocytes = "lymphocytes"
homeostasis = "homeostatic_cytokines"
leucocytes = "leucocytes"
kinetics = "renewing_effectors"
cytokines = "cytokine_release"
physiology = "physiology"
outcome = "hazards"
"assay.qpcr" = "qpcr"
"assay.flow" = "flow_cytometry"
"assay.marrow" = "marrow"
"assay.serum" = "serum"

[kinetics.growth]                 # any number of any chosen mechanism; what you leave out keeps its default
value = 1.6
unit = "1/day"
kind = "assumed"                  # measured | fitted | derived | assumed
why = "a template: put your number and its source here"
spread = { law = "log-normal", sd = 0.2 }     # how patients differ; leave it out to keep the default's

# [kinetics.death]
# value = 0.4
# unit = "1/day"
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

# A drug with a known mechanism is this one file; give it by a care rule or a schedule: give = "NAME".
mechanism = "tocilizumab"         # see: livingdrug list mechanisms

[drug.NAME.affinity]              # any number of the mechanism; what you leave out keeps its default
value = 2.0
unit = "mg/L"
kind = "assumed"                  # measured | fitted | derived | assumed
why = "a template: put your number and its source here"

# [sources.label]
# title = "Prescribing information"
# year = 2026
"""

TUMOUR = """title = "NAME"
aliases = []
about = "The disease, in one sentence."

# Use it: a scenario file with   trial = "eliana"   and   tumour = "NAME.toml".

[modules]                         # role = mechanism; see: livingdrug list mechanisms
tumour = "leukaemia"
b_cells = "b_cells"

[tumour.growth]                   # any number of the mechanism; what you leave out keeps its default
value = 0.1
unit = "1/day"
kind = "assumed"                  # measured | fitted | derived | assumed
why = "a template: put your number and its source here"
spread = { law = "log-normal", sd = 0.4 }
"""

POPULATION = """title = "NAME"
aliases = []
about = "Who these patients are."
tumour = "b-all"

# Properties of the patients: law = log-normal, normal, logit-normal, uniform or chance.
[covariates.age]
law = "uniform"
low = 18
high = 75
unit = "year"
kind = "assumed"                  # measured | fitted | derived | assumed
why = "a template: put your own law here"

[covariates.weight]
law = "log-normal"
value = 75
sd = 0.2
unit = "kg"
kind = "assumed"
why = "a template"

[covariates.bsa]
law = "log-normal"
given = "weight"                  # around value * (weight / at) ** power
value = 1.8
at = 70
power = 0.65
sd = 0.04
unit = "m**2"
kind = "assumed"
why = "body surface grows about as weight to the 2/3"

[covariates.egfr]
law = "log-normal"
value = 95
sd = 0.25
unit = "mL/min"
kind = "assumed"
why = "a template"

[covariates.fitness]              # latent: how fit the patient's T cells are
law = "normal"
value = 0
sd = 1
unit = "1"
kind = "assumed"
why = "latent; other numbers load on it"

[covariates.female]
law = "chance"
value = 0.5
unit = "1"
kind = "assumed"
why = "a template"
"""

PROTOCOL = """title = "NAME"
about = "Who gets what, when. A scenario may also change a library protocol word by word, in a table [protocol]."
start = "day -7"
follow_up = "12 months"

[[schedule]]
name = "fludarabine"
give = "fludarabine"
amount = "30 mg/m2"
days = [-5, -4, -3]
over = "30 min"
kind = "assumed"
why = "a template"

[[schedule]]
name = "infusion"
give = "infusion"
amount = "2e6 cell/kg"
days = [0]
kind = "assumed"
why = "a template"

[[rule]]                          # a care rule: looked at on a clock, as on a ward
name = "tocilizumab for fever"
when = "physiology.temperature >= 1"
check = "every 6 h for 28 d"
do = { give = "tocilizumab", amount = "8 mg/kg", at_most = "800 mg" }
limits = { doses = 3, apart = "8 h" }
kind = "assumed"
why = "a template"
"""

TRIAL = """# A trial of your own, built on a library trial: write only what differs. Run it: livingdrug run NAME.toml
trial = "eliana"                  # see: livingdrug list trials
title = "NAME"
patients = 200
seed = 1

# product = "my-product.toml"     # a library name or a file beside this one
# population = "..."
# protocol = "..."

# Any number of the model, by its path. See: livingdrug explain NAME.toml kinetics.growth
# [kinetics]
# growth = 1.5                    # in the unit it has; or "1.5 1/day"; or "* 0.5" for half of what it was

# [set]                           # the same for words of protocol and population
# "protocol.follow_up" = "24 months"

[[arm]]                           # arms meet the same patients, with the same luck
name = "as published"

[[arm]]
name = "weaker kill"
[arm.set]
"tumour.kill" = "* 0.8"
"""

TEMPLATES = {
    "product": PRODUCT,
    "drug": DRUG,
    "tumour": TUMOUR,
    "population": POPULATION,
    "protocol": PROTOCOL,
    "trial": TRIAL,
    "scenario": TRIAL,
}
