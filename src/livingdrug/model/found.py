"""What a look at a model finds: rates of change, quantities, clones, conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from livingdrug.model.declare import Change, Flow


@dataclass(frozen=True)
class Evaluation:
    """One look at a model: time derivative of every state, every flow, every published quantity."""

    derivatives: dict[str, Any]
    flows: list[tuple[str, Flow | Change, Any]]  # (role, declaration, total rate)
    published: dict[str, Any]


@dataclass(frozen=True)
class Quantity:
    """Something that can be looked at: a state, a published quantity or a port.

    unit: as a reader writes it; a reader's number is the model's plus `zero` [unit].
    """

    path: str
    unit: str
    doc: str
    zero: float = 0.0


@dataclass(frozen=True)
class Clone:
    """A state read cell by cell: per-cell birth and death [1/day], and per-cell passage to other clones [1/day].

    `passages` lists (path of the clone that gains, per-cell rate).
    """

    path: str
    birth: Any
    death: Any
    passages: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Turn:
    """A mode or a jump as the engine needs it: whether its condition holds (1 or 0), and what a jump sets, by path."""

    path: str
    mode: bool
    holds: Any
    sets: dict[str, Any]
