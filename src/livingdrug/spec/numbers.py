"""Files that give numbers of the model by role ([kinetics.growth]): mechanism, tumour, population, drug, product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from livingdrug.errors import LivingDrugError, ScenarioError, SourceError, nearest, unknown
from livingdrug.library.located import Located, Place, mistakable
from livingdrug.parameters import KINDS, PARAMETER_KEYS, VARIES, Variability, current, finite, is_parameter, texts
from livingdrug.spec.fields import Columns, Modules, Table, Text, Texts, worded
from livingdrug.spec.origin import File, Sourced
from livingdrug.spec.shown import Event, Figure, Section, Shown, Words
from livingdrug.spec.typed import Refused, Typed

FEATURES = ("binder", "affinity", "vector", "composition", "dose", "conditioning", "healthy tissue", "approved for")
ORIGINS = ("patient", "donor")  # whose T cells a product is made of
NAMED = ("tumour",)  # a name of a part (a text), and a role with numbers (a table)


class Correlated(Typed):
    """Numbers whose between-patient variabilities are correlated, and their correlation matrix."""

    called: ClassVar[str] = "correlated group"
    paths: Texts
    matrix: Any


class SetsOfNumbers(Typed):
    """Whole published parameter sets: columns are paths of the model's numbers, rows are sets."""

    called: ClassVar[str] = "table of parameter sets"
    columns: Columns
    rows: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...] | None = None
    units: tuple[str, ...] | None = None
    source: str | None = None
    where: str | None = None
    about: str | None = None
    note: str | None = None

    def consistent(self) -> None:
        if not self.rows or any(len(row) != len(self.columns) for row in self.rows):
            said = f"the rows do not have {len(self.columns)} numbers each"
            raise SourceError(said, where=self.place("rows"), mend="give each row one number a column")


class Numbered(File):
    """A file whose other tables are roles with numbers: `numbers`, model path -> its table."""

    modules: Modules = {}
    tables: dict[str, SetsOfNumbers] = {}
    correlated: tuple[Correlated, ...] = ()
    shown: dict[str, Shown] = {}
    figure: dict[str, Figure] = {}
    section: dict[str, Section] = {}
    event: dict[str, Event] = {}
    glossary: dict[str, Text] = {}
    words: Words = Words()
    numbers: dict[str, Table] = {}

    @classmethod
    def _current(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        data = super()._current(data)
        if not isinstance(data, Located):
            return data
        if "numbers" in data:  # not a word of a file
            raise Refused(cls.unknown("numbers", data.at("numbers")))
        roles = {k: x for k, x in data.items() if isinstance(x, Mapping) and (k not in cls.model_fields or k in NAMED)}
        found: dict[str, Located] = {}
        for role, table in roles.items():
            if role not in NAMED and (close := mistakable(role, cls.model_fields)):
                raise Refused(ScenarioError(cls.unknown(role, None).what, data.at(role), nearest=close))
            found.update(parameters(table, role, data.at(role)))
        kept = {k: x for k, x in data.items() if k not in roles}
        kept["numbers"] = Located(found, {p: x.place for p, x in found.items()}, data.place)
        return Located(kept, data.places, data.place)


def parameters(data: Any, path: str, place: Place) -> Iterator[tuple[str, Located]]:
    """Model path and table of every number in nested tables; a bare number is refused."""
    if isinstance(data, Mapping) and not _one(data):
        if not data:
            raise Refused(ScenarioError(f"'{path}' is an empty table", where=place, mend="give value and unit"))
        for key, x in data.items():
            yield from parameters(x, f"{path}.{key}", data.at(key) if isinstance(data, Located) else place)
    elif isinstance(data, Mapping):
        try:
            data = current(data, str(place))
        except SourceError as error:
            raise Refused(error) from None
        checked(path, data, place)
        yield path, data if isinstance(data, Located) else Located(data, {}, place)
    else:
        said = f"'{path}' = {data!r} is a bare number"
        mend = f"write [{path}] with value, unit, kind and source"
        close = nearest(path.rpartition(".")[2], PARAMETER_KEYS)
        raise Refused(SourceError(said, where=place, nearest=close, mend=mend))


def checked(path: str, data: Mapping[str, Any], place: Place) -> None:
    """Refuse keys that no number has, and words that can stand for nothing, whether or not a run uses the number."""
    if not data:
        raise Refused(ScenarioError(f"'{path}' is an empty table", where=place, mend="give value and unit"))
    for key in data:
        if key not in PARAMETER_KEYS:
            at = data.at(key) if isinstance(data, Located) else place
            raise Refused(unknown(f"key of the number '{path}':", key, PARAMETER_KEYS, at, SourceError))
    try:
        texts(data, [key for key in PARAMETER_KEYS if key not in ("value", *VARIES)], str(place), path)
        if "kind" in data and data["kind"] not in KINDS:
            at = data.at("kind") if isinstance(data, Located) else place
            raise unknown("kind of number", str(data["kind"]), KINDS, at, SourceError)
        if "value" in data and not isinstance(data["value"], str):
            finite(data["value"], data.at("value") if isinstance(data, Located) else place)
        for key in ("variability", "uncertainty"):
            if key in data:
                Variability.read(data[key], data.at(key) if isinstance(data, Located) else place)
    except LivingDrugError as error:
        raise Refused(error) from None


def _one(data: Mapping[str, Any]) -> bool:
    """Whether a table is a number: it has a value or a spread, or says of itself what only a number says."""
    said = {key for key in PARAMETER_KEYS if key in data and not isinstance(data[key], Mapping)}
    return is_parameter(data) or len(said) > 1


class Mechanism(Numbered):
    """The default numbers of a mechanism. earlier: paths that its numbers had in the release before -> path; like: the
    mechanism that it is a change of, whose numbers and words it has where it says none of its own; calibrated, outlook:
    what of it was fitted to which patients, and what rests on assumptions; told with every run."""

    called: ClassVar[str] = "mechanism"
    like: Text | None = None
    earlier: dict[str, Text] = {}
    calibrated: Text | None = None
    outlook: Text | None = None


class Feature(Sourced):
    """What is known of a product, in words, whether or not the model has it. name: what it is about."""

    called: ClassVar[str] = "feature"
    name: Annotated[Text, worded(FEATURES)]
    says: Text

    def consistent(self) -> None:
        if self.name not in FEATURES:
            raise unknown("feature of a product", self.name, FEATURES, self.place("name"))
        said = {k: x for k in ("kind", "source", "where", "why") if (x := getattr(self, k)) is not None}
        if not ("source" in said and "where" in said) and not (said.get("kind") == "assumed" and "why" in said):
            mend = 'give source and where, or kind = "assumed" and why'
            raise SourceError(f"the feature '{self.name}' does not say where it comes from", self.place(), mend=mend)


class Product(Numbered):
    """A CAR-T product: target, costimulation, mechanisms, numbers. like: the product it is a change of; second_target:
    of a product with two binders; origin: whose T cells it is made of; feature: what is known of it, told and not
    simulated."""

    called: ClassVar[str] = "product"
    like: Text | None = None
    target: Text | None = None
    second_target: Text | None = None
    costimulation: Text | None = None
    origin: Annotated[Text, worded(ORIGINS)] = ORIGINS[0]
    tumour: Text | None = None
    feature: tuple[Feature, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Every antigen that it is against."""
        said = [*(self.target or "").split(" and "), self.second_target or ""]
        return tuple(dict.fromkeys(x.strip() for x in said if x.strip()))

    def consistent(self) -> None:
        if self.origin not in ORIGINS:
            raise unknown("origin of a product's cells", self.origin, ORIGINS, self.place("origin"))


class Costimulation(Numbered):
    """A costimulatory domain: the numbers that every receptor with it shares. like: the domain it is a change of."""

    called: ClassVar[str] = "costimulation"
    like: Text | None = None


class Manufacture(Numbered):
    """How a product is made and how long the patient waits for it: mechanisms before infusion, and their numbers. A
    scenario that names none has patients from conditioning on. like: the manufacture it is a change of."""

    called: ClassVar[str] = "manufacture"
    like: Text | None = None


class Tumour(Numbered):
    """A disease: its mechanisms, its numbers, and its words. like: the tumour it is a change of; antigens: those that
    its numbers are of."""

    called: ClassVar[str] = "tumour"
    like: Text | None = None
    antigens: Texts = ()


class Drug(Numbered):
    """A drug: the mechanism it acts by, and its numbers."""

    called: ClassVar[str] = "drug"
    like: Text | None = None
    mechanism: Text | None = None
