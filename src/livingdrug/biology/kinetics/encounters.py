"""Where CAR-T meet antigen: the share of them that is engaged, on tumour cells, on healthy B cells, or on either."""

from __future__ import annotations

from typing import Any

from livingdrug.model import Module, Param, Publishes, Reads


class Encounters(Module):
    """Antigen-bearing cells are shared out among the effectors, so that many effectors around few targets are idle;
    tumour cells and healthy B cells each suffice to engage a cell. Only the reached part of a tumour counts.

    Our own structure: competition for targets as in predator and prey with interference (Beddington), and the two
    sources of antigen independent of each other.
    Leaves out: how long a cell stays engaged, serial killing one by one, antigen shed into the blood.
    """

    role = "encounters"

    half_antigen = Param("cell", "EC50: antigen-bearing cells that engage half of few effectors")
    sharing = Param("1", "antigen-bearing cells that each effector keeps from the others")
    proliferating = Reads("kinetics.proliferating", "cell", absent=0.0)
    mature = Reads("kinetics.mature", "cell", absent=0.0)
    tumour_antigen = Reads("tumour.antigen", "cell", absent=0.0)
    reach = Reads("tumour.reach", "1", absent=1.0)
    b_cell_antigen = Reads("b_cells.antigen", "cell", absent=0.0)

    engaged = Publishes("1", "share of the effectors that are engaged with antigen")

    def published(self, v: Any) -> dict[str, Any]:
        others = v.half_antigen + v.sharing * (v.proliferating + v.mature)
        by_tumour = v.reach * v.tumour_antigen / (v.tumour_antigen + others)
        by_b_cells = v.b_cell_antigen / (v.b_cell_antigen + others)
        return {"engaged": 1 - (1 - by_tumour) * (1 - by_b_cells)}
