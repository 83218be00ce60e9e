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
    Jump,
    Mode,
    Module,
    Multiplies,
    Param,
    Port,
    Publishes,
    Reads,
    State,
    Switch,
)
from livingdrug.model.found import Quantity
from livingdrug.model.tissue import Field, Place, Substance, Tissue, Total

__all__ = [
    "Adds",
    "Break",
    "Change",
    "Covariate",
    "Derived",
    "Entry",
    "Field",
    "Flow",
    "Hazard",
    "Jump",
    "Mode",
    "Model",
    "Module",
    "Multiplies",
    "Param",
    "Place",
    "Port",
    "Publishes",
    "Quantity",
    "Reads",
    "State",
    "Substance",
    "Switch",
    "Tissue",
    "Total",
    "assemble",
]
