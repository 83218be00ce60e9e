"""Virtual patients: their properties, and how each differs in the model's numbers. Same seed and id, same patient."""

from livingdrug.cohort.baseline import BaselineTable, baseline, baseline_of
from livingdrug.cohort.bounds import at_bounds
from livingdrug.cohort.draw import Cohort, again, draw, finite

__all__ = ["BaselineTable", "Cohort", "again", "at_bounds", "baseline", "baseline_of", "draw", "finite"]
