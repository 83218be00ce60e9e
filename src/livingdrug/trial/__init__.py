"""Virtual trials: arms, visits, endpoints, and each measure beside the published one."""

from livingdrug.trial.measures import measures
from livingdrug.trial.run import Trial

__all__ = ["Trial", "measures"]
