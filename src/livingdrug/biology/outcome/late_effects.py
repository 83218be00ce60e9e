"""Late effects over fifteen years: second cancers, their deaths, and deaths of other causes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Flow, Hazard, Module, Param, Publishes
from livingdrug.model.math import exp


class LateEffects(Module):
    """Constant hazards of second cancers of four kinds after CAR-T [tix2024]: no more than after other treatment of
    such patients, as far as trials that compare show. Deaths of other causes rise with age as time goes on.

    Leaves out: lines and kinds of earlier treatment, clonal haematopoiesis, the receptor's gene in the cancer, the rise
    of solid cancers with age.
    """

    role = "late_effects"

    age = Covariate("year", "age")
    myeloid_rate = Param("1/day", "hazard of a second cancer of blood or marrow, T cells apart")
    t_cell_rate = Param("1/day", "hazard of a T-cell cancer")
    solid_rate = Param("1/day", "hazard of a solid cancer")
    skin_rate = Param("1/day", "hazard of a skin cancer that is no melanoma")
    fatal = Param("1", "share of second cancers, skin apart, that are fatal", most=1)
    other_rate = Param("1/day", "hazard of death of other causes at the reference age")
    reference_age = Param("year", "age for which that holds")
    ageing = Param("1/year", "rise of that hazard with each year of age, on a logarithm")
    passing = Param("year/day", "years that go by in a day")

    other_start = Derived(
        "1/day",
        "hazard of death of other causes on the day of the cells",
        lambda v: v.other_rate * exp(v.ageing * (v.age - v.reference_age)),
    )
    per_day = Derived("1/day", "rise of that hazard with each day, on a logarithm", lambda v: v.ageing * v.passing)

    second_blood_cancer = Hazard("second cancer of blood or marrow")
    t_cell_cancer = Hazard("T-cell cancer")
    solid_cancer = Hazard("solid cancer")
    skin_cancer = Hazard("skin cancer, no melanoma")
    cancer_death = Hazard("death of a second cancer", ends=True)
    other_death = Hazard("death of other causes", ends=True)

    expected = Publishes("1", "second cancers expected so far, skin among them")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("cancer of blood", into="second_blood_cancer", rate=v.myeloid_rate)
        yield Flow("cancer of T cells", into="t_cell_cancer", rate=v.t_cell_rate)
        yield Flow("solid cancer", into="solid_cancer", rate=v.solid_rate)
        yield Flow("skin cancer", into="skin_cancer", rate=v.skin_rate)
        grave = v.myeloid_rate + v.t_cell_rate + v.solid_rate
        yield Flow("death of cancer", into="cancer_death", rate=v.fatal * grave)
        yield Flow("other death", into="other_death", rate=v.other_start * exp(v.per_day * v.time))

    def published(self, v: Any) -> dict[str, Any]:
        return {"expected": v.second_blood_cancer + v.t_cell_cancer + v.solid_cancer + v.skin_cancer}
