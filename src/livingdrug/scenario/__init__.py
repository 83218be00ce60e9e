"""A user's short file, resolved: which modules, which numbers, which trial, and which layer said so."""

from livingdrug.scenario.blame import blamed
from livingdrug.scenario.explain import explain
from livingdrug.scenario.resolve import laid, outline, resolve
from livingdrug.scenario.resolved import Arm, Resolved

__all__ = ["Arm", "Resolved", "blamed", "explain", "laid", "outline", "resolve"]
