"""What is given in place of cells: standard of care as published hazards, and how it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from livingdrug.errors import ScenarioError, nearest
from livingdrug.library.located import Located
from livingdrug.parameters import Source
from livingdrug.spec.fields import Text, Texts
from livingdrug.spec.numbers import Numbered
from livingdrug.spec.protocol import Rule, Watch, once
from livingdrug.spec.typed import Refused


class Comparator(Numbered):
    """Standard of care: its mechanism (hazards), their numbers, and the watches and rules of an arm that gets no cells.

    An arm that names one has none of the product's, tumour's and protocol's mechanisms, doses and rules; patients,
    follow-up and visits are the trial's. like: the comparator it is a change of; tumours: the diseases of the library
    whose patients it was published of.
    """

    called: ClassVar[str] = "comparator"
    like: Text | None = None
    tumours: Texts = ()
    watch: tuple[Watch, ...] = ()
    rule: tuple[Rule, ...] = ()

    @classmethod
    def _current(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """A misspelt list of rows is told as such, and not taken for numbers of a role."""
        if not isinstance(data, Located):
            return super()._current(data)
        for key, x in data.items():
            if key not in cls.model_fields and isinstance(x, Mapping) and "value" not in x:
                said = any(isinstance(inside, (str, list)) for inside in x.values())
                if said and (close := nearest(key, cls.model_fields)):
                    raise Refused(ScenarioError(cls.unknown(key, None).what, data.at(key), nearest=close))
        return super()._current(data)

    def consistent(self) -> None:
        for kind in ("watch", "rule"):
            once(getattr(self, kind), kind)

    def cites(self, sources: Mapping[str, Source]) -> None:
        """SourceError when a row cites what no file here defines."""
        for row in (*self.rule, *self.watch):
            row.cites(sources)
