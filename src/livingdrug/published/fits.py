"""Whether the file of a published model fits its equations: every path, unit, source and set that it names exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from livingdrug.errors import ScenarioError, SourceError, UnitError, unknown
from livingdrug.library import LibraryFile
from livingdrug.model import Model
from livingdrug.spec.published_model import COMPARED, Figure, ModelFile
from livingdrug.units import factor

# What is measured of a course, and in which unit; its: that of what is observed.
MEASURES = {
    **dict.fromkeys(("peak", "nadir", "at"), "its"),
    **dict.fromkeys(("peak_day", "nadir_day", "rise_day", "fall_day", "doubling", "half_life"), "day"),
    "area": "its*day",
}


def check(entry: LibraryFile, said: ModelFile, model: Model) -> None:
    """Raise at the line of the first thing that the file says and the equations do not have."""
    known = {"entry": model.inputs, "parameter": model.parameters, "quantity": tuple(model.quantities)}
    for kind, path, dotted in _paths(said):
        if path not in known[kind]:
            raise unknown(f"{kind} of the model", path, known[kind], entry.where(dotted))
    for source, dotted in _cited(said):
        if source not in said.sources:
            raise unknown("source of this file", source, said.sources, entry.where(dotted), SourceError)
    for name, observation in said.observe.items():
        _check_unit(entry, f"observe.{name}.unit", observation.unit, model.quantities[observation.path].unit)
        if name in COMPARED:  # models are laid over each other in this unit
            factor(observation.unit, COMPARED[name], entry.where(f"observe.{name}.unit"))
    for name, data in said.data.items():
        if data.of not in said.observe:
            raise unknown("observation", data.of, said.observe, entry.where(f"data.{name}.of"))
        _check_unit(entry, f"data.{name}.unit", data.unit, said.observe[data.of].unit)
    for dotted, given, target in (
        ("dose.unit", said.dose.unit, said.dose.into or said.dose.parameter),
        ("conditioning.unit", said.conditioning.unit, said.conditioning.parameter),
    ):
        if given is not None and target is not None:
            factor(given, model.unit(target), entry.where(dotted))
    for i, figure in enumerate(said.published):
        _check_figure(entry, f"published.{i}", figure, said)
    _check_groups(entry, said)


def _check_figure(entry: LibraryFile, at: str, figure: Figure, said: ModelFile) -> None:
    """Raise for a published figure of no variant or observation, or in a unit that its measure is not in."""
    if figure.variant is not None and figure.variant not in said.variants:
        raise unknown("variant", figure.variant, said.variants, entry.where(f"{at}.variant"))
    what, _, rest = figure.measure.partition("(")
    of = rest.partition(",")[0].strip(" )")
    if what.strip() not in MEASURES:
        raise unknown("measure of a course", what.strip(), MEASURES, entry.where(f"{at}.measure"))
    if of not in said.observe:
        raise unknown("observation", of, said.observe, entry.where(f"{at}.measure"))
    unit = MEASURES[what.strip()].replace("its", said.observe[of].unit)
    _check_unit(entry, f"{at}.unit", figure.unit, unit)


def _paths(said: ModelFile) -> Iterator[tuple[str, str, str]]:
    """(kind of thing, its path in the model, where the file names it)."""
    variants = [(f"variants.{n}", v.into, v.also or ()) for n, v in said.variants.items()]
    for table, into, also in [("dose", said.dose.into, said.dose.also), *variants]:
        if into is not None:
            yield "entry", into, f"{table}.into"
        yield from (("entry", a.into, f"{table}.also.{i}.into") for i, a in enumerate(also))
    parameters = {"dose.parameter": said.dose.parameter, "conditioning.parameter": said.conditioning.parameter}
    for dotted, path in {**parameters, "volume": said.volume}.items():
        if path is not None:
            yield "parameter", path, dotted
    yield from (("parameter", path, "sets.columns") for path in (said.sets.columns if said.sets else ()))
    yield from (("quantity", o.path, f"observe.{n}.path") for n, o in said.observe.items())


def _cited(said: ModelFile) -> Iterator[tuple[str, str]]:
    """(key of a source, where the file cites it), of all that is no number."""
    if said.sets:
        yield said.sets.source, "sets.source"
    yield from ((x.source, f"data.{n}.source") for n, x in said.data.items())
    yield from ((x.source, f"published.{i}.source") for i, x in enumerate(said.published))


def _check_unit(entry: LibraryFile, dotted: str, given: str, wanted: str | None) -> None:
    if wanted is not None and abs(factor(wanted, given, entry.where(dotted)) - 1.0) > 1e-9:
        raise UnitError(f"the unit is '{given}', but this is counted in '{wanted}'", where=entry.where(dotted))


def _check_groups(entry: LibraryFile, said: ModelFile) -> None:
    groups: Iterable[str] = {name.split()[0] for name in said.sets.named()} if said.sets else set()
    for name, variant in said.variants.items():
        if variant.group is not None and variant.group not in groups:
            raise ScenarioError(
                f"no whole parameter set belongs to the group '{variant.group}'",
                where=entry.where(f"variants.{name}.group"),
                allowed=sorted(groups) or "none: this file has no [sets]",
            )
