"""An armoured CAR-T: where it holds a cell it makes interleukin 12, which wakes others to kill around."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Flow, Module, Param, Publishes, Reads


class Interleukin12(Module):
    """Cells beside a CAR-T at work die whether they have the antigen or not, by macrophages and T cells that it wakes;
    CAR-T in the tumour add interferon to the blood.

    Leaves out: the cells that do it, interleukin 12 in serum and its own harm, vessels and matrix.
    """

    role = "armour.il12"

    killing = Param("1/day", "death of the cells around where a CAR-T at work is at every tumour cell's place")
    interferon = Param("pg/mL/day/cell", "rise of interferon gamma in serum by one CAR-T in the tumour")
    inside = Reads("tumour.car_t", "cell", absent=0.0)
    lesions = Reads("tumour.lesions_alike", "1", absent=1.0)
    interferon_gamma = Reads("cytokines.ifn_gamma", "pg/mL")
    bystander = Adds("tumour.bystander", "1/day")
    made = Publishes("pg/mL/day", "interferon made because of it")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("interferon woken by interleukin 12", into="cytokines.ifn_gamma", rate=self._made(v))

    def published(self, v: Any) -> dict[str, Any]:
        return {"made": self._made(v)}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"bystander": v.killing}

    @staticmethod
    def _made(v: Any) -> Any:
        return v.interferon * v.lesions * v.inside
