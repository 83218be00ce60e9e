"""The language that a biology file is written in: declare a mechanism, assemble a model, describe it."""

from livingdrug.model.assemble import Model, Quantity, assemble
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
    Publishes,
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
    "Publishes",
    "Quantity",
    "Reads",
    "State",
    "Switch",
    "assemble",
]
