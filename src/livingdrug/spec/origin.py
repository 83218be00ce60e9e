"""Where a row or a number comes from: source, place in it, kind, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from livingdrug.errors import SourceError, nearest
from livingdrug.parameters import Source, check_kind
from livingdrug.spec.fields import Kind, Real, Sources, Text, Texts, Unit
from livingdrug.spec.typed import Typed


class Sourced(Typed):
    """A row that may say where it comes from."""

    kind: Kind | None = None
    source: Text | None = None
    where: Text | None = None
    why: Text | None = None
    about: Text | None = None
    note: Text | None = None

    def cites(self, sources: Mapping[str, Source]) -> None:
        """SourceError when the row cites what no file of this run defines."""
        if self.source is not None and self.source not in sources:
            raise SourceError(
                f"{self.called} cites '{self.source}', which no file here defines",
                where=self.place("source"),
                allowed=sorted(sources) or "nothing",
                nearest=nearest(self.source, sources),
                mend=f"add a table [sources.{self.source}] with its title and year",
            )


class Quantity(Sourced):
    """A number of a protocol, with its unit and where it comes from."""

    called: ClassVar[str] = "number"
    value: Real
    unit: Unit

    def sourced(self, path: str, sources: Mapping[str, Source]) -> None:
        """SourceError unless the number says its kind and where it comes from."""
        said = {k: x for k in ("kind", "source", "where", "why") if (x := getattr(self, k)) is not None}
        cites = self.source is not None and self.source not in sources
        check_kind(path, said, sources, str(self.place("source") if cites else self.place()))


class File(Typed):
    """What every library file may say of itself."""

    title: Text | None = None
    aliases: Texts = ()
    about: Text | None = None
    sources: Sources = {}

    @classmethod
    def fields(cls) -> set[str]:
        """The keys that are not numbers of the model."""
        return set(cls.model_fields)
