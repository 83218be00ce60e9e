"""SBML, the exchange format of systems biology: files are run, become our models, and our models become files.

`load` runs a file of any level by libroadrunner and refuses what would be silently wrong. `population` runs many
patients of it on the compiled engine. `read` makes an ordinary model of what our own language can say. `write` makes a
file of a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livingdrug.sbml.read import Imported, read
from livingdrug.sbml.write import write

if TYPE_CHECKING:
    from livingdrug.sbml.simulate import Course, Loaded, load
    from livingdrug.sbml.vary import Vary, variability
    from livingdrug.sbml.virtual import Population, population

__all__ = [
    "Course",
    "Imported",
    "Loaded",
    "Population",
    "Vary",
    "load",
    "population",
    "read",
    "variability",
    "write",
]
LATE = {  # these need libroadrunner, the engine, or much to be imported
    "Course": "simulate",
    "Loaded": "simulate",
    "load": "simulate",
    "Population": "virtual",
    "population": "virtual",
    "Vary": "vary",
    "variability": "vary",
}


def __getattr__(name: str) -> Any:
    if name not in LATE:
        raise AttributeError(f"module 'livingdrug.sbml' has no attribute '{name}'")
    from importlib import import_module

    found = getattr(import_module(f"livingdrug.sbml.{LATE[name]}"), name)
    globals()[name] = found  # in the place of the module of the same name
    return found
