"""The language that a biology file is written in: declare a mechanism, assemble a model, describe it."""

from livingdrug.model.assemble import Model, assemble
from livingdrug.model.declare import (
    Adds,
    Break,
    Change,
    Covariate,
    Derived,
    Entry,
    Flow,
    Hazard,
    Module,
    Multiplies,
    Param,
    Port,
    Reads,
    State,
    Switch,
)

__all__ = [
    "Adds",
    "Break",
    "Change",
    "Covariate",
    "Derived",
    "Entry",
    "Flow",
    "Hazard",
    "Model",
    "Module",
    "Multiplies",
    "Param",
    "Port",
    "Reads",
    "State",
    "Switch",
    "assemble",
]
