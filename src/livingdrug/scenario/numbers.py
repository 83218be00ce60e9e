"""What each layer says of every number of the model; the last word holds."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

from livingdrug import library
from livingdrug.errors import LivingDrugError, ScenarioError, SourceError, WiringError, listed, nearest, unknown
from livingdrug.library import LibraryFile
from livingdrug.library.located import Located, Place, mistakable
from livingdrug.model import Adds, Model, Module, Multiplies, Param, Reads
from livingdrug.parameters import OLDER, PARAMETER_KEYS, VARIES, Parameter, Source, Variability, read_parameter
from livingdrug.scenario.draft import Override
from livingdrug.scenario.parts import lineage
from livingdrug.spec.numbers import Drug, Mechanism, Numbered
from livingdrug.spec.protocol import numbers as protocol_numbers
from livingdrug.spec.scenario import PARTS, TYPES
from livingdrug.spec.trial import Trial
from livingdrug.spec.typed import Typed, of_file, read

ROUNDED = 1e-3  # how far parts of a whole may be from adding up to 1


@dataclass(frozen=True)
class Below:
    """What the files of the library say of every number of the model, lowest first. known: every path that there is,
    the protocol's too; earlier: today's path of a number by the one it had."""

    stack: Mapping[str, tuple[Parameter, ...]]
    known: Mapping[str, Any]
    earlier: Mapping[str, str]


def in_library(model: Model, modules: Mapping[str, str], entries: Mapping[str, list[LibraryFile]]) -> Below:
    """What the files of a scenario's parts and mechanisms say, before a user changes anything."""
    stack: dict[str, list[Parameter]] = {path: [] for path in model.parameters}
    earlier: dict[str, str] = {}
    known_stems = set(library.names("mechanisms"))
    for role, stem in modules.items():
        if stem in known_stems:
            native = type(model.modules[role]).role
            for entry in lineage(library.find("mechanisms", stem)):
                typed = of_file(Mechanism, entry)
                earlier |= typed.earlier
                _lay(stack, entry, typed, "mechanism", modules, {native: role})
    drugs = [part for part in entries if part.startswith("drug ")]
    for part in ("tumour", "population", *drugs, "costimulation", "manufacture", "product", "comparator"):
        for entry in entries.get(part, []):
            kind, (layer, _, name) = Drug if part in drugs else TYPES[part], part.partition(" ")
            like = {f"{family}.{entry.name}": f"{family}.{name}" for family in ("drug", "conditioning")}
            _lay(stack, entry, _numbered(kind, entry), layer, modules, like if name not in ("", entry.name) else {})
    known = dict.fromkeys(stack)
    for entry in entries.get("protocol", []):  # most of its numbers are its own, not the model's
        own = {p: x for key in entry.table for p, x in protocol_numbers(entry.table[key], key)}
        known |= dict.fromkeys(own)
        for path, data in own.items():
            if path not in stack:
                continue
            below = stack[path][-1] if stack[path] else None
            line = entry.line(path)
            stack[path].append(read_parameter(path, data, below, entry.sources, "protocol", entry.file, line))
    return Below(
        {path: tuple(x.in_unit(model.unit(path)) for x in said) for path, said in stack.items()}, known, earlier
    )


def said(
    model: Model,
    modules: Mapping[str, str],
    below: Below,
    changes: list[Override],
    elsewhere: Sequence[str] = (),
    sources: Mapping[str, Source] = {},  # noqa: B006
) -> dict[str, list[Parameter]]:
    """What each layer says of every number of the model, lowest first. elsewhere: paths of what is none of its numbers,
    for messages; sources: that the user's numbers may cite."""
    stack = {path: list(x) for path, x in below.stack.items()}
    for change in _joined(_today(c, below.earlier) for c in changes):
        if change.path not in stack:
            raise _unknown_path(change.path, below.known, modules, change.place, elsewhere)
        said = stack[change.path]
        file, _, row = change.place.rpartition(":")
        file, number = (file, int(row)) if row.isdigit() else (str(change.place), None)
        under = said[-1] if said else None
        read_ = read_parameter(change.path, change.data, under, sources, change.layer, file, number, by_user=True)
        said.append(read_.in_unit(model.unit(change.path)))
    _complete(stack, model, modules)
    _within(stack, model, {change.path: change.place for change in changes})
    return stack


def _within(stack: Mapping[str, list[Parameter]], model: Model, changed: Mapping[str, str]) -> None:
    """ScenarioError for a changed number beyond what its mechanism can take, not above what it must exceed, or one of
    parts that do not add up to the whole."""
    wholes: dict[str, list[str]] = {}
    for path, d in model.declared.items():
        if not isinstance(d, Param):
            continue
        role, x = path.rpartition(".")[0], stack[path][-1]
        if d.part:
            wholes.setdefault(f"{role}.{d.part}", []).append(path)
        if path in changed:
            _between(d, x, changed[path])
        low = f"{role}.{d.above}"
        if low in stack and (place := changed.get(path, changed.get(low))) and x.value <= (end := stack[low][-1].value):
            said, allowed = f"{path} = {x.value:g} {x.unit} is not above {low} = {end:g}", f"{d.doc}, above the other"
            raise ScenarioError(said, where=place, allowed=allowed, mend="change one of the two")
    for parts in wholes.values():
        total = sum(stack[path][-1].value for path in parts)
        if (own := [path for path in parts if path in changed]) and abs(total - 1) > ROUNDED:
            told = ", ".join(f"{path} = {stack[path][-1].value:g}" for path in parts)
            raise ScenarioError(
                f"{parts[0]} to {parts[-1]} add up to {total:.4g}, and they are the parts of one whole ({told})",
                where=changed[own[-1]],
                allowed="parts that add up to 1",
                mend="change the others as well",
            )


def _between(d: Param, x: Parameter, place: str) -> None:
    """ScenarioError for a number below the least or above the most that its mechanism can take."""
    unit = "" if x.unit == "1" else f" {x.unit}"
    said = f"{x.path} = {x.value:g}{unit}"
    if d.most is not None and x.value > d.most:
        percent = f'write "{x.value:g} %" where percent are meant' if d.most == 1 and x.value <= 100 else None
        least = f"{d.least or 0:g}"
        raise ScenarioError(
            f"{said} is above {d.most:g}", where=place, allowed=f"{least} to {d.most:g}: {d.doc}", mend=percent
        )
    if d.least is not None and x.value < d.least:
        allowed = f"{d.least:g}{unit} or more: {d.doc}"
        raise ScenarioError(f"{said} is below {d.least:g}", where=place, allowed=allowed)
    if not isinstance(d.above, str) and x.value <= d.above:
        allowed = f"above {d.above:g}{unit}: {d.doc}"
        raise ScenarioError(f"{said} is not above {d.above:g}", where=place, allowed=allowed)


def _joined(changes: Iterable[Override]) -> list[Override]:
    """The changes, those of one layer that say parts of one variability (`x.variability.sd` beside
    `x.variability.distribution`) as one: whichever comes first, they are meant together."""
    found: list[Override] = []
    for change in changes:
        key = next((k for k in VARIES if isinstance(change.data.get(k), Mapping)), "")
        i = next((i for i, x in enumerate(found) if key and _of_one(x, change, key)), None)
        if i is None:
            found.append(change)
            continue
        before = found[i]
        one, other = before.data[key], change.data[key]
        both = Located({**one, **other}, {**_places(one, before), **_places(other, change)})
        found[i] = replace(before, data={**before.data, **change.data, key: both})
    return found


def _of_one(before: Override, change: Override, key: str) -> bool:
    """Whether two changes are of one layer, and of one number's variability."""
    return (before.path, before.layer) == (change.path, change.layer) and isinstance(before.data.get(key), Mapping)


def _places(data: Mapping[str, Any], change: Override) -> Mapping[str, Place]:
    places: Mapping[str, Place] = getattr(data, "places", dict.fromkeys(data, change.place))
    return places


def _numbered(kind: Any, entry: LibraryFile) -> Numbered:
    """The numbers of a file. Patients who are like others are whole only together with them, and have none."""
    if "like" not in entry.data:
        return of_file(cast("type[Numbered]", kind), entry)
    apart = ("covariates", "baseline")
    table = Located({k: x for k, x in entry.table.items() if k not in apart}, entry.table.places, entry.table.place)
    return read(cast("type[Numbered]", kind), table)


def _today(change: Override, earlier: Mapping[str, str]) -> Override:
    """A change by the path that its number has now."""
    if change.path not in earlier:
        return change
    now = earlier[change.path]
    warnings.warn(f"{change.place}: '{change.path}' is now '{now}'", FutureWarning, stacklevel=2)
    return replace(change, path=now)


def loaded(stack: Mapping[str, Iterable[Parameter]], files: Iterable[Typed], properties: Iterable[str]) -> None:
    """ScenarioError for a property that any layer's variability loads on and that is a misspelt one of the patients'
    (one that they lack, and that no run asks for, may belong to other patients); files: whose numbers are looked at
    also where no mechanism has them."""
    known = tuple(properties)
    told: list[tuple[str, Variability, str]] = [
        (p.path, p.variability, p.place) for said in stack.values() for p in said if p.variability
    ]
    for file in files:
        for path, number in getattr(file, "numbers", {}).items():
            if path not in stack and isinstance(number, Located) and "variability" in number:
                at = number.at("variability")
                told.append((path, Variability.read(number["variability"], at), at))
    for path, variability, place in told:
        for name in variability.loadings:
            if name not in known and mistakable(name, known):
                where = variability.places.get(name, place)
                raise unknown(f"property that '{path}' loads on:", name, known, where)


def _complete(stack: Mapping[str, list[Parameter]], model: Model, modules: Mapping[str, str]) -> None:
    """SourceError when no layer gives a number."""
    missing = [p for p, said in stack.items() if not said]
    if missing:
        role = max((r for r in modules if missing[0].startswith(f"{r}.")), key=len)
        also = f", nor for {len(missing) - 1} more" if len(missing) > 1 else ""
        raise SourceError(
            f"no layer gives a value for '{missing[0]}' [{model.unit(missing[0])}]{also}",
            where=f"module '{modules[role]}' in the role '{role}'",
            mend=f"add [{missing[0]}] with value, unit, kind and source to library/mechanisms/{modules[role]}.toml",
        )


def _lay(
    stack: dict[str, list[Parameter]],
    entry: LibraryFile,
    typed: Numbered,
    layer: str,
    modules: Mapping[str, str],
    renamed: Mapping[str, str],
) -> None:
    """Lay a library file's numbers on the stack; those of roles that nobody fills here are left aside."""
    for native, data in typed.numbers.items():
        place = typed.place(native) or data.place
        moved = (new + native[len(old) :] for old, new in renamed.items() if native.startswith(f"{old}."))
        path = next(moved, native)
        if path in stack:
            said = stack[path]
            below = said[-1] if said else None
            said.append(read_parameter(path, data, below, entry.sources, layer, entry.file, entry.line(native)))
        elif layer == "mechanism" or path != native:  # these have numbers of their own role only
            own = {old + p[len(new) :] for old, new in renamed.items() for p in stack if p.startswith(f"{new}.")}
            raise _unknown_path(native, dict.fromkeys(own), modules, data.place or place)
        elif (
            layer != "costimulation"
            and any(path.startswith(f"{role}.") for role in modules)
            and not _replaced(typed, path, modules)
        ):
            raise _unknown_path(path, stack, modules, data.place or place)
        elif path not in (known := _elsewhere(library.stamps("mechanisms"))):
            raise _unknown_path(path, {**stack, **dict.fromkeys(known)}, modules, data.place or place)


def _replaced(typed: Numbered, path: str, modules: Mapping[str, str]) -> bool:
    """Whether a number belongs to a mechanism that the file chose itself, and another layer replaced."""
    return any(path.startswith(f"{role}.") and modules.get(role) != own for role, own in typed.modules.items())


@lru_cache(maxsize=8)
def _elsewhere(files: tuple[library.Stamp, ...]) -> frozenset[str]:
    """Every number of every mechanism in these files, by the role it usually fills; drugs by their own names too."""
    found: set[str] = set()
    for stem in library.names("mechanisms"):
        found |= set(of_file(Mechanism, library.find("mechanisms", stem)).numbers)
    families = {path.partition(".")[0]: path for path in found}
    for name in library.names("drugs"):
        for path in list(found):
            family, _, rest = path.partition(".")
            if family in families and "." in rest:
                found.add(f"{family}.{name}.{rest.partition('.')[2]}")
    return frozenset(found)


def fitting(role: str, stem: str, place: str | None) -> type[Module]:
    """The mechanism of this stem, if there is one and it can fill the role, or another of the role's family (another
    drug); ScenarioError or WiringError otherwise."""
    from livingdrug import biology

    try:
        kind = biology.find(stem)
    except WiringError as problem:
        mend = problem.mend if problem.where else problem.mend or f'write modules.{role} = "NAME"'
        raise problem.but(where=problem.where or place, mend=mend) from None
    if kind.role.partition(".")[0] != role.partition(".")[0]:
        raise ScenarioError(
            f"the module '{stem}' fills the role '{kind.role}', not '{role}'",
            where=place,
            nearest=nearest(role, [kind.role]),
            mend=f"choose a module for the role '{role}'",
        )
    if kind.role != role and (own := _native(library.stamps("mechanisms")).get(role)):
        raise ScenarioError(
            f"the module '{stem}' fills the role '{kind.role}', and '{role}' is that of {listed(own)}",
            where=place,
            allowed=own,
            mend=f'write modules."{kind.role}" = "{stem}", or choose another module here',
        )
    if kind.role != role and mistakable(role, (kind.role,)):
        raise unknown("role", role, (kind.role,), place)
    return kind


@lru_cache(maxsize=8)
def _native(files: tuple[library.Stamp, ...]) -> dict[str, list[str]]:
    """The mechanisms with these files of numbers, by the role that each fills by itself."""
    from livingdrug import biology

    known, found = biology.stems(), dict[str, list[str]]()
    for stem in library.names("mechanisms"):
        if stem in known:
            found.setdefault(biology.find(stem).role, []).append(stem)
    return found


def assembled(modules: tuple[tuple[str, str], ...]) -> Model:
    """The model of these (role, stem) choices."""
    return wired(tuple((role, fitting(role, stem, None)) for role, stem in modules))


@lru_cache(maxsize=32)
def wired(chosen: tuple[tuple[str, type[Module]], ...]) -> Model:
    """The model of these (role, mechanism).

    Kept by the classes, not by their stems: a user's file that has changed gives another class.
    """
    from livingdrug.biology import yours

    made = []
    for role, kind in chosen:
        module = kind()
        if module.role != role:
            module.role = role  # type: ignore[misc]
        made.append(module)
    return yours.checked(Model(made))


def _unknown_path(
    path: str, known: Mapping[str, Any], modules: Mapping[str, str], place: str, elsewhere: Sequence[str] = ()
) -> LivingDrugError:
    """The error for a number that the model does not have, with the nearest that it has, or that another part has."""
    what = f"the model has no number '{path}'"
    if number := next((p for p in known if path.startswith(f"{p}.")), None):
        key = path[len(number) + 1 :].partition(".")[0]
        found = unknown(f"key of the number '{number}':", key, PARAMETER_KEYS, place)
        return ScenarioError(found.what, found.where, found.allowed, OLDER.get(key, found.nearest))
    if role := max((r for r in modules if path.startswith(f"{r}.")), key=len, default=None):
        mine = [p for p in known if p.startswith(f"{role}.")]
        return ScenarioError(what, place, mine or "nothing here", given=path)
    first, _, rest = path.partition(".")
    if role := next((r for r in modules if r.rpartition(".")[2] == first and r != first), None):
        mine = [p for p in known if p.startswith(f"{role}.")]
        return ScenarioError(what, place, mine or role, (nearest(f"{role}.{rest}", mine) if rest else "") or role)
    roots = sorted({*(r.partition(".")[0] for r in modules), *Trial.model_fields, *PARTS, "covariates"})
    if first not in roots and (root := mistakable(first, roots)):
        close = nearest(path, [p for p in (*known, *elsewhere) if p.startswith(f"{root}.")])
        return ScenarioError(what, place, roots, close or f"{root}.{rest}".strip("."))
    every = [*known, *elsewhere]
    if inside := [p for p in every if p.startswith(f"{path}.")]:
        return ScenarioError(what, place, inside, given=path)
    if whole := _whole_path(path, every):
        return ScenarioError(what, place, nearest=whole, mend=f"write the whole path: {whole} = ...")
    allowed = f"roles {listed(sorted(modules), path)}"
    return ScenarioError(what, place, allowed, nearest(path, every) or nearest(first, roots))


def _whole_path(path: str, paths: Sequence[str]) -> str | None:
    """The path that this one is the end of: "share.salvaged" of "protocol.share.salvaged"; or nearly, where no whole
    path is like it."""
    ends = {".".join(words[i:]): x for x in paths for words in [x.split(".")] for i in range(1, len(words))}
    return ends.get(path if path in ends or nearest(path, paths) else nearest(path, ends) or "")


def idle(model: Model) -> list[str]:
    """One sentence a module that acts only on what is not there: a drug for a switch that no cell carries."""
    told = []
    read = {r.path.rpartition(".")[0] for m in model.modules.values() for r in m.of(Reads)}
    for role, module in model.modules.items():
        sought = [c.path for c in module.of(Multiplies, Adds)]
        if not sought or role in read or any(path in model.contributions for path in sought):
            continue
        absent = [seat for path in sought if (seat := path.rpartition(".")[0]) not in model.modules]
        if absent:
            seats = " or ".join(f'"{seat}"' for seat in dict.fromkeys(absent))
            why = f"it acts on {seats}, and no mechanism fills that role; choose one under [modules]"
        else:
            why = f"it acts on {listed(sought)}, and the mechanism of that role has no such thing"
        told.append(f"{role} does nothing here: {why}")
    return told
