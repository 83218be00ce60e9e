"""An armoured CAR-T: it makes interleukin 15, on which CAR-T divide without antigen, in the tumour and around."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Flow, Module, Param, Publishes, Reads


class Interleukin15(Module):
    """CAR-T in the tumour divide although they hold no cell; what they and those in the body make adds to the host's
    interleukin 15, and with it to the division of all of them.

    Leaves out: other lymphocytes and NK cells that it feeds, toxicity of its own, a safety switch.
    """

    role = "armour.il15"

    division = Param("1/day", "division that it adds in the tumour, without antigen")
    secretion = Param("pg/mL/day/cell", "rise of interleukin 15 in serum by one CAR-T")
    effectors = Reads("kinetics.effector", "cell", absent=0.0)
    inside = Reads("tumour.car_t", "cell", absent=0.0)
    lesions = Reads("tumour.lesions_alike", "1", absent=1.0)
    interleukin = Reads("homeostasis.il15", "pg/mL")
    idle = Adds("tumour.idle", "1/day")
    made = Publishes("pg/mL/day", "interleukin 15 made by CAR-T")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("interleukin 15 made by CAR-T", into="homeostasis.il15", rate=self._made(v))

    def published(self, v: Any) -> dict[str, Any]:
        return {"made": self._made(v)}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"idle": v.division}

    @staticmethod
    def _made(v: Any) -> Any:
        return v.secretion * (v.effectors + v.lesions * v.inside)
