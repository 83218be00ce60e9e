"""SBML, the exchange format of systems biology: files become ordinary models, and ordinary models become files.

What is read: compartments, species (amount or concentration, boundary, constant), parameters, function definitions,
reactions with local parameters, initial assignments, assignment and rate rules, piecewise, time, conversion factors,
and events (triggers on time or state, delays, priorities, persistence) of Level 2 and Level 3. Whatever else a file
asks for is refused by an error that names the feature and the line: no file may give a silently wrong answer.
"""

from livingdrug.sbml.contents import Event
from livingdrug.sbml.read import Imported, read
from livingdrug.sbml.write import write

__all__ = ["Event", "Imported", "read", "write"]
