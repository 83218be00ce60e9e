"""What is given in place of cells: standard of care as published hazards, and how it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from livingdrug.parameters import Source
from livingdrug.spec.numbers import Numbered
from livingdrug.spec.protocol import Rule, Watch, once


class Comparator(Numbered):
    """Standard of care: its mechanism (hazards), their numbers, and the watches and rules of an arm that gets no cells.

    An arm that names one has none of the product's, tumour's and protocol's mechanisms, doses and rules; patients,
    follow-up and visits are the trial's. like: the comparator it is a change of.
    """

    called: ClassVar[str] = "comparator"
    like: str | None = None
    watch: tuple[Watch, ...] = ()
    rule: tuple[Rule, ...] = ()

    def consistent(self) -> None:
        for kind in ("watch", "rule"):
            once(getattr(self, kind), kind)

    def cites(self, sources: Mapping[str, Source]) -> None:
        """SourceError when a row cites what no file here defines."""
        for row in (*self.rule, *self.watch):
            row.cites(sources)
