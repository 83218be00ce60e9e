"""How far the cells have differentiated in culture, and how potent that leaves each of them."""

from __future__ import annotations

from livingdrug.biology.manufacture import Step
from livingdrug.model import Derived, Param, Reads
from livingdrug.model.math import exp, minimum


class Phenotype(Step):
    """From stem-like through central and effector memory to effector: with each division a cell moves down by chance,
    less in IL-7 and IL-15 than in IL-2: dX_i/dt = mu (1 - 2 q) X_i + 2 q mu X_(i-1), solved in closed form. What a cell
    is worth falls along the chain, so the same number of cells engrafts less the longer it was in culture.

    Chance and worth are set so that cells of day 3 are six times as potent as those of day 9 [ghassemi2018].
    Leaves out: other chances at other stages, CD4 and CD8, exhaustion in culture, return to an earlier stage.
    """

    role = "phenotype"
    takes = {"engraftment": "kinetics.engraftment"}
    columns = {"stem_like": "stem_like", "potency": "potency"}
    carries = {"kinetics.engraftment": "potency"}

    stem_share = Param("1", "stem-like and naive cells of the T cells collected")
    central_share = Param("1", "central memory cells of the others")
    moving = Param("1", "chance of each daughter to move a stage down, in IL-2", most=1)
    held = Param("1", "that chance in this culture's cytokines, relative to IL-2")
    worth_central = Param("1", "engraftment of a central memory cell, relative to a stem-like one")
    worth_memory = Param("1", "engraftment of an effector memory cell, relative to a stem-like one")
    worth_effector = Param("1", "engraftment of an effector, relative to a stem-like cell")
    usual_worth = Param("1", "engraftment of a cell of a usual lot of this product, relative to a stem-like one")
    engraftment = Param("1", "engraftment of a usual lot in this patient, more than all of which cannot be")
    divided = Reads("culture.divided", "1", absent=2.5)

    moves = Derived("1", "stages that a cell has moved down, on average", lambda v: 2 * v.moving * v.held * v.divided)
    stayed = Derived("1", "share of cells that have not moved", lambda v: exp(-v.moves))
    stem_like = Derived("1", "share of stem-like and naive cells at harvest", lambda v: v.stem_share * v.stayed)
    central_memory = Derived(
        "1",
        "central memory cells at harvest",
        lambda v: v.stayed * (v.stem_share * v.moves + (1 - v.stem_share) * v.central_share),
    )
    effector_memory = Derived(
        "1",
        "effector memory cells at harvest",
        lambda v: (
            v.stayed
            * (
                v.stem_share * v.moves**2 / 2
                + (1 - v.stem_share) * v.central_share * v.moves
                + (1 - v.stem_share) * (1 - v.central_share)
            )
        ),
    )
    effector = Derived("1", "effectors at harvest", lambda v: 1 - v.stem_like - v.central_memory - v.effector_memory)
    worth = Derived(
        "1",
        "engraftment of a cell of this lot, relative to a stem-like one",
        lambda v: (
            v.stem_like
            + v.worth_central * v.central_memory
            + v.worth_memory * v.effector_memory
            + v.worth_effector * v.effector
        ),
    )
    potency = Derived(
        "1",
        "engraftment of a cell relative to a usual lot",
        lambda v: minimum(v.worth / v.usual_worth, 1 / v.engraftment),
    )
