"""The parts of a scenario: which files they are, what was changed inside them, and the mechanisms they choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug import biology, library, units
from livingdrug.errors import MOST, LivingDrugError, ScenarioError, WiringError, nearest, unknown
from livingdrug.library import LibraryFile
from livingdrug.library.layers import merged
from livingdrug.library.located import Located, Place, mistakable
from livingdrug.parameters import PARAMETER_KEYS, beyond
from livingdrug.scenario.draft import Draft, Named, Override, leaves, numbers_in
from livingdrug.spec.fields import choices
from livingdrug.spec.numbers import Drug, Mechanism, Numbered
from livingdrug.spec.origin import Quantity
from livingdrug.spec.patients import beyond as farthest
from livingdrug.spec.population import Covariate, Population
from livingdrug.spec.protocol import INFUSION, Protocol
from livingdrug.spec.scenario import KINDS_OF, TYPES
from livingdrug.spec.trial import DESIGN, Trial
from livingdrug.spec.typed import Typed, of_file, read

if TYPE_CHECKING:
    from livingdrug.scenario.resolved import Resolved
    from livingdrug.spec.patients import OwnPatients


@dataclass(frozen=True)
class Laid:
    """A part with its changes: as a table, typed, and the numbers of the model that were changed inside it."""

    table: Located
    typed: Any
    changes: list[Override]


def entries(draft: Draft, top: LibraryFile) -> dict[str, list[LibraryFile]]:
    """The library files of each part, lowest first (`like = ` builds on another). The tumour may be named by the
    population or the product."""
    found: dict[str, list[LibraryFile]] = {}
    for part in ("product", "population", "protocol"):
        if part not in draft.named:
            raise ScenarioError(
                f"the trial names no {part}",
                where=top.file,
                allowed=library.names(KINDS_OF[part]),
                mend=f'write {part} = "NAME" or trial = "NAME"',
            )
        found[part] = _lineage(part, draft.named[part][-1])
    if "tumour" in draft.named:
        found["tumour"] = _lineage("tumour", draft.named["tumour"][-1])
    elif tumour := _named_by("tumour", ("population", "product"), draft, found):
        found["tumour"] = _lineage("tumour", tumour)
    if costimulation := _named_by("costimulation", ("product",), draft, found):
        found["costimulation"] = _lineage("costimulation", costimulation)
    if "manufacture" in draft.named:
        found["manufacture"] = _lineage("manufacture", draft.named["manufacture"][-1])
    elif changed := draft.parts.get("manufacture"):
        raise ScenarioError(
            "manufacture is changed, and nothing is manufactured: patients begin at conditioning",
            where=changed[-1].place,
            allowed=library.names("manufacture"),
            mend='write manufacture = "NAME" as well',
        )
    if "comparator" in draft.named:
        found["comparator"] = _lineage("comparator", draft.named["comparator"][-1])
    elif changed := draft.parts.get("comparator"):
        raise ScenarioError(
            "comparator is changed, and this arm gets cells",
            where=changed[-1].place,
            allowed=library.names("comparators"),
            mend='write comparator = "NAME" as well',
        )
    return found


def _named_by(word: str, by: tuple[str, ...], draft: Draft, found: Mapping[str, list[LibraryFile]]) -> Named | None:
    """A part as named by a change of others, or by their files."""
    changed = [(given, None) for part in by for given in reversed(draft.parts.get(part, []))]
    files = [(e.table, e.path.parent) for part in by for e in reversed(found[part])]
    for table, folder in (*changed, *files):
        if isinstance(table.get(word), str):
            return Named(table[word], folder, table.at(word))
    return None


def _lineage(part: str, named: Named) -> list[LibraryFile]:
    """The file of a part and those it is like, lowest first."""
    return lineage(library.find(KINDS_OF[part], named.name, named.folder, named.place))


def lineage(entry: LibraryFile) -> list[LibraryFile]:
    """A file and those it is like, lowest first."""
    _known_words(entry)
    found = [entry]
    while "like" in found[0].data:
        entry = found[0]
        like, place = entry.data["like"], entry.table.at("like")
        if not isinstance(like, str):
            raise ScenarioError(f"like = {like!r} is not a name", where=place, allowed=library.names(entry.kind))
        below = library.find(entry.kind, like, entry.path.parent, place)
        if any(below.path == e.path for e in found):
            raise ScenarioError(f"'{like}' is like itself", where=place, mend="name another one")
        found.insert(0, below)
    return found


def _known_words(entry: LibraryFile) -> None:
    """ScenarioError for a word that no file of this kind has: with `like` misspelt, nothing else is judged rightly."""
    kinds: dict[str, type[Typed]] = {**TYPES, "trial": Trial, "mechanism": Mechanism}
    kind = kinds.get(entry.kind.removesuffix("s"))
    for key, x in entry.data.items():  # tables of other names hold numbers
        if kind and key not in {*kind.model_fields, *kind.renamed, "arm"} and not isinstance(x, Mapping):
            raise kind.unknown(key, entry.table.at(key))


def written(entry: LibraryFile) -> list[Located]:
    """What a file of the library says, lowest first: the words of those it is like, of trials their design, then its
    own."""
    *below, own = lineage(entry)
    said = [{k: x for k, x in e.table.items() if k in DESIGN or e.kind != "trials"} for e in below] + [own.table]
    return [
        Located({k: x for k, x in words.items() if k != "like"}, e.table.places, e.table.place)
        for words, e in zip(said, (*below, own))
    ]


def whole(entry: LibraryFile) -> Located:
    """The table of a file, laid on those it is like (numbers of the model are laid elsewhere)."""
    table: Located = Located({}, {}, entry.table.place)
    for words in written(entry):
        if table and isinstance(words.get("covariates"), Mapping):
            known = table.get("covariates", {})
            words["covariates"] = own = _covariates(words["covariates"], known)
            again = {name for name, x in own.items() if "value" in x or "points" in x}
            kept = {name: _without_origin(x) if name in again else x for name, x in known.items()}
            kept = {name: _in_its_unit(x, own[name]) if name in own else x for name, x in kept.items()}
            table["covariates"] = Located(kept, known.places, known.place)
        table = merged(table, words, entry.kind.removesuffix("s"))
    return table


def _in_its_unit(number: Located, above: Located) -> Located:
    """A number whose unit stands where another file gives values in it: whoever wrote those knew it. A unit that is
    none is that of the file that says it."""
    if not units.is_unit(number.get("unit")):
        return number
    at = next((above.at(k) for k in ("value", "points", "low", "high") if k in above and "unit" not in above), None)
    if at is None or not at.ours:
        return number
    return Located(number, {**number.places, "unit": at}, number.place)


def _without_origin(number: Located) -> Located:
    """A number but where it comes from, which says nothing of another value in its place."""
    kept = {k: x for k, x in number.items() if k not in Quantity.model_fields or k in ("value", "unit", "about")}
    return Located(kept, number.places, number.place)


def laid(part: str, entry: LibraryFile, draft: Draft) -> Laid:
    """A part with what was changed inside it."""
    kind = TYPES[part]
    table = whole(entry)
    changes: list[Override] = []
    below: Any = _read(part, table) if draft.parts.get(part) else None
    for given in draft.parts.get(part, []):
        own = Located(dict(given), given.places, given.place)
        for key in [k for k, x in given.items() if isinstance(x, Mapping) and k not in kind.model_fields]:
            if part == "protocol":  # a protocol's numbers are its own, not the model's
                continue
            layer = draft.origins[f"{part}.{next(leaves({key: own[key]}, own.at(key)))[0]}"][-1][0]
            changes += [Override(p, d, layer, at) for p, d, at in numbers_in(own.pop(key), key, given.at(key))]
        if isinstance(own.get("covariates"), Mapping):
            own["covariates"] = _covariates(own["covariates"], table.get("covariates", {}))
        if part == "protocol":
            _numbers_known(own, below.numbers)
        table = merged(table, own, part)
    typed = _read(part, table)
    if below is not None and part in ("population", "protocol"):
        _sign_kept(_amounts(below), _amounts(typed))
    return Laid(table, typed, changes)


def _numbers_known(own: Located, known: Mapping[str, Any]) -> None:
    """ScenarioError for a number of the protocol that is nearly one that it has."""
    for path, _, place in leaves(own, own.place):
        number = path.rpartition(".")[0] if path.rpartition(".")[2] in PARAMETER_KEYS else path
        new = number.partition(".")[0] not in Protocol.model_fields and number not in known
        if new and (close := mistakable(number, known)):
            raise ScenarioError(f"the protocol has no number '{number}'", where=place, allowed=known, nearest=close)


def twice_told(draft: Draft, typed: Mapping[str, Any], own: OwnPatients) -> None:
    """ScenarioError for a change of what the user's own patients say: their properties, and the doses of a drug."""
    drugs = set(own.doses.into) if own.doses else set()
    for given in draft.parts.get("population", []):
        changed = given.get("covariates", {})
        for name in changed if own.asked.missing != "draw" else ():
            if name in own.values:
                at = changed.at(name) if isinstance(changed, Located) else given.place
                said = f"'{name}' is changed, and {own.file} says what it is of each patient"
                raise ScenarioError(said, at, mend=f"leave the change out, or the column '{name}'")
    for given in draft.parts.get("protocol", []):
        rows = given.get("schedule", [])
        named = rows.items() if isinstance(rows, Mapping) else ((row.get("name"), row) for row in rows)
        for name, row in named:
            dose = next((d for d in typed["protocol"].schedule if d.name == name), None)
            if dose is not None and {dose.give, "" if dose.give == INFUSION else dose.give} & drugs:
                said = (
                    f"the dose '{dose.name}' is changed, and {own.file} says what each patient is given of {dose.give}"
                )
                raise ScenarioError(
                    said, getattr(row, "place", given.place), mend="leave the change out, or those records"
                )
        if "" in drugs or INFUSION in drugs:
            lost = given.get("share", {})
            for name in ("manufacturing_failure", "lost_before_infusion"):
                if isinstance(lost, Mapping) and name in lost:
                    said = f"share.{name} is changed, and {own.file} says who is infused"
                    raise ScenarioError(said, getattr(lost, "places", {}).get(name, given.place), mend="leave it out")


def _read(part: str, table: Located) -> Any:
    return read(TYPES[part], table)


def _amounts(typed: Any) -> Mapping[str, Any]:
    """What a population or protocol has a value of, by name."""
    return typed.covariates if isinstance(typed, Population) else typed.numbers


def _sign_kept(below: Mapping[str, Any], above: Mapping[str, Any]) -> None:
    """ScenarioError for a value that a user made negative where no patient has a negative one, or absurdly large."""
    for name, x in above.items():
        was = below.get(name)
        if was is None or x.value is None:
            continue
        known = [abs(y) for y in (was.value, getattr(was, "high", None), getattr(was, "low", None)) if y is not None]
        if isinstance(was, Covariate) and x.unit == was.unit and abs(x.value) > (most := farthest(was)):
            said = f"{name} = {x.value:g} {x.unit}: nobody has so much"
            raise ScenarioError(said, where=x.place("value"), allowed=f"up to {most:g} {x.unit}")
        if known:
            beyond(name, x.value, x.unit, max(known), was.unit, x.place("value"))
        if x.value >= 0:
            continue
        least = [y for y in (was.value, getattr(was, "low", None)) if y is not None]
        if (least and min(least) >= 0 and getattr(was, "distribution", "") != "normal") or was.value is None:
            raise ScenarioError(f"{name} = {x.value:g} {x.unit} is negative", x.place("value"), "0 or more")


def addresses(words: Located, laid: Mapping[str, Laid]) -> list[str]:
    """The paths of what is no number of the model: words of trial and protocol, patients' properties."""
    found = [f"covariates.{name}" for name in laid["population"].typed.covariates]
    for prefix, table in (("", words), ("protocol.", laid["protocol"].table)):
        for path, x, _ in leaves(table, table.place):
            found.append(prefix + path)
            for row in x if isinstance(x, list) else ():
                if isinstance(row, Mapping) and "name" in row:
                    found += [f'{prefix}{path}."{row["name"]}".{key}' for key in row if key != "name"]
    return found


def _covariates(given: Mapping[str, Any], known: Mapping[str, Any]) -> Located:
    """A property's bare value is its value. A property of its own says how it is distributed."""
    places = getattr(given, "places", {})
    for name, x in given.items():
        if name not in known and not (isinstance(x, Mapping) and {"unit", "distribution"} <= x.keys()):
            if isinstance(x, Located) and (wrong := _misspelt(x)):
                raise Covariate.unknown(wrong, x.at(wrong))
            mend = f'a new one needs distribution, unit and value under [population.covariates."{name}"]'
            raise unknown("property of the patients", name, known, places.get(name), mend=mend)
    rows = {
        name: x if isinstance(x, Mapping) else Located({"value": x}, {"value": places[name]}, places[name])
        for name, x in given.items()
    }
    return Located(rows, places, getattr(given, "place", Place("")))


def _misspelt(property_: Located) -> str | None:
    """A key that no property has, where one that a new property needs is missing."""
    words = {*Covariate.model_fields, *Covariate.renamed}
    return next((key for key in property_ if key not in words), None)


def modules(
    draft: Draft,
    trial: Trial,
    typed: Mapping[str, Any],
    entries: dict[str, list[LibraryFile]],
    chain: list[LibraryFile],
) -> dict[str, str]:
    """Role -> mechanism, from every layer that chooses; also finds the drugs' files.

    A product that replaces the trial's own and says no `like` leaves the roles that it does not name as they were.
    """
    if "comparator" in typed:
        return _of_comparator(typed["comparator"], draft)
    _named(typed.values())
    layers: list[Mapping[str, str]] = [typed[p].modules for p in ("tumour", "population") if p in typed]
    folders = list(dict.fromkeys(e.path.parent for e in (*chain, entries["protocol"][-1])))
    for name, place in drugs(trial, typed["protocol"], folders).items():
        entries[f"drug {name}"] = lineage(drug(name, folders, place))
        layers.append(_acting(name, entries[f"drug {name}"]))
    if len(draft.named["product"]) > 1 and len(entries["product"]) == 1:
        layers.append(laid("product", _lineage("product", draft.named["product"][0])[-1], Draft()).typed.modules)
    layers += [typed[p].modules for p in ("manufacture", "product") if p in typed]
    layers += [trial.modules, typed["protocol"].modules, draft.modules]
    chosen: dict[str, str] = {}
    for layer in layers:
        chosen.update(layer)
    if "manufacture" in typed and (said := _unmade(typed, chosen)):
        where = draft.named["manufacture"][-1].place if "manufacture" in draft.named else chain[0].file
        raise ScenarioError(said, where=where, mend="leave manufacture out")
    _emptied(draft, layers, entries)
    chosen = {role: stem for role, stem in chosen.items() if stem}
    known = library.names("drugs")
    for role in chosen:
        name = role.rpartition(".")[2]
        if "." in role and f"drug {name}" not in entries and name in known:
            entries[f"drug {name}"] = lineage(library.find("drugs", name))
    if not chosen:
        raise ScenarioError("no module is chosen", where=chain[0].file, mend="add [modules] to product or population")
    return chosen


def _named(files: Iterable[Any]) -> None:
    """The error for a user's mechanism that is none, also in a role for which another file has the last word."""
    for file in files:
        for role, stem in getattr(file, "modules", {}).items():
            place = file.place(f"modules.{role}")
            if stem and not place.ours and stem not in biology.stems():
                try:
                    biology.find(stem)
                except WiringError as problem:
                    where = problem.where or place
                    raise WiringError(problem.what, where, problem.allowed, problem.nearest, problem.mend) from None


def _emptied(draft: Draft, layers: Iterable[Mapping[str, str]], entries: Mapping[str, list[LibraryFile]]) -> None:
    """ScenarioError for a role that a user leaves empty and nobody would have filled: a misspelt one."""
    below = [choices(whole(files[-1]).get("modules", {})) for files in entries.values()]
    filled = {role for layer in (*layers, *below) for role, stem in layer.items() if stem}
    filled |= {p.rpartition("modules.")[2] for p, told in draft.origins.items() if "modules." in p and told[-1][1]}
    said = [(draft.modules, "")]
    said += [(choices(x["modules"]), f"{p}.") for p, given in draft.parts.items() for x in given if "modules" in x]
    for table, part in said:
        for role, stem in table.items():
            if not stem and role not in filled and (told := draft.origins.get(f"{part}modules.{role}")):
                raise unknown("role to leave empty", role, filled, told[-1][2])
    for file in (file for files in entries.values() for file in files if not file.ours):
        roles = choices(file.data.get("modules", {}))
        if not (empty := {role for role, stem in roles.items() if not stem} - filled):
            continue
        known = filled | {biology.find(stem).role for stem in library.names("mechanisms")}
        for role in sorted(empty - known):
            if mistakable(role, known):
                raise unknown("role to leave empty", role, known, file.where(f"modules.{role}"))


def _unmade(typed: Mapping[str, Any], chosen: Mapping[str, str]) -> str:
    """Why nothing of a manufacture that is named can be carried out; "" where it can."""
    if not any(chosen.get(role) for role in typed["manufacture"].modules):
        return "manufacture is named, and nothing of it is left: the product is made in the body"
    if "product" in typed and typed["product"].origin == "donor":
        return "manufacture is named, and nobody waits for cells: they were made in advance, from a donor"
    return ""


def _of_comparator(comparator: Numbered, draft: Draft) -> dict[str, str]:
    """Role -> mechanism of an arm that gets standard of care and nothing else, as a user chose it."""
    chosen = {role: own for role, stem in comparator.modules.items() if (own := draft.modules.get(role, stem))}
    if not chosen:
        mend = "add [modules] with the mechanism of its hazards"
        raise ScenarioError("the comparator chooses no module", where=comparator.place(), mend=mend)
    return chosen


def _acting(name: str, files: list[LibraryFile]) -> dict[str, str]:
    """Role -> mechanism of a drug: as its file says, or that of the drug it is like, in a role of its own name."""
    for file in reversed(files):
        said = of_file(Drug, file)
        if said.mechanism or said.modules:
            listed = said.modules or {f"drug.{name}": said.mechanism or name}
            ends = {name, file.name}
            if not any(role.rpartition(".")[2] in ends for role in listed):
                wrong = next(iter(listed))
                right = nearest(wrong, [f"{family}.{file.name}" for family in ("drug", "conditioning")])
                right = right or f"{wrong.partition('.')[0]}.{file.name}"
                told = f"the drug '{file.name}' fills no role of its name, and what is given reaches nothing"
                raise ScenarioError(told, where=said.place(f"modules.{wrong}") or said.place("modules"), nearest=right)
            return {own_role(role, file.name, name): stem for role, stem in listed.items()}
    return {f"drug.{name}": name if len(files) == 1 else files[0].name}


def own_role(role: str, below: str, name: str) -> str:
    """The role of a drug that is like another, for one of that other's."""
    return f"{role.removesuffix(f'.{below}')}.{name}" if role.endswith(f".{below}") else role


def filled_in(draft: Draft, typed: Mapping[str, Any], entries: Mapping[str, list[LibraryFile]]) -> list[str]:
    """Which roles a product left open that replaces the trial's own and says no `like`."""
    if len(draft.named["product"]) < 2 or len(entries["product"]) > 1:
        return []
    before = _lineage("product", draft.named["product"][0])[-1]
    open_ = [r for r in laid("product", before, Draft()).typed.modules if r not in typed["product"].modules]
    if before.path == entries["product"][0].path or not open_:
        return []
    return [
        f"the product '{entries['product'][0].name}' names no mechanism for {', '.join(open_)}: those of "
        f"'{before.name}' are used, with their default numbers (like = \"{before.name}\" would take its numbers too)"
    ]


def made_as(entries: Mapping[str, list[LibraryFile]]) -> list[str]:
    """Whether the cells are made as those of another product are: one sentence, or none."""
    if "manufacture" not in entries:
        return []
    last, made = entries["product"][-1].name, entries["manufacture"][-1].name
    own = {last} if last in library.names("products") else {e.name for e in entries["product"]}
    other = next((x for x in library.names("products") if made == x or made.startswith(f"{x}-")), None)
    if other is None or other in own:
        return []
    said = f"cells of '{entries['product'][-1].name}' are made as those of '{other}' are, within its limits"
    return [f'{said} (manufacture = "{made}")']


def fixed(population: Population, below: Population) -> list[str]:
    """Properties that a user gave a value outside what the population was made for: every patient has it."""
    found = []
    for name, c in population.covariates.items():
        was = below.covariates.get(name)
        if c.distribution == "fixed" and was is not None and was.distribution != "fixed":
            ends = [f"{x:g}" for x in (was.low, was.high) if x is not None]
            range_ = f" ({' to '.join(ends)} {c.unit})" if len(ends) == 2 else ""
            found.append(f"every patient has {name} = {c.value:g} {c.unit}; the population's own distribution{range_} "
                         "is not used, and nothing was fitted to such patients")  # fmt: skip
    return found


def uncited(files: Mapping[str, Any], told: Iterable[Any]) -> list[str]:
    """Sources that a user defines and nothing mentions. files: the typed parts and the trial; told: what is said."""
    places = {key: file.place(f"sources.{key}") for file in files.values() for key in file.sources}
    own = {key: at for key, at in places.items() if at and not at.ours}
    texts = "\n".join(text for data in told for text in _texts(data)) if own else ""
    lone = {key: at for key, at in own.items() if key not in texts}
    cited = [key for key in places if key not in lone]
    found = []
    for key, at in list(lone.items())[:MOST]:
        close = mistakable(key, cited)
        found.append(f"nothing cites the source '{key}' ({at})" + (f"; is '{close}' meant?" if close else ""))
    return found + ([f"nothing cites {len(lone) - MOST:,} further sources"] if len(lone) > MOST else [])


def _texts(data: Any) -> Iterator[str]:
    """Every text of a table, but those of its sources."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for key, inside in data.items():
            yield from _texts(inside) if key != "sources" else ()
    elif isinstance(data, (list, tuple)):
        for inside in data:
            yield from _texts(inside)


def drugs(trial: Trial, protocol: Any, folders: list[Path]) -> dict[str, str]:
    """Names of the drugs that trial and protocol list, or that a schedule or care rule gives, and where."""
    found: dict[str, str] = {name: trial.place("drugs") for name in trial.drugs}
    found |= {name: protocol.place("drugs") for name in protocol.drugs}
    known = set(library.names("drugs"))
    given = [(step.give, step.place("give")) for step in protocol.schedule]
    given += [(rule.do.give, rule.do.place("give")) for rule in protocol.rule if rule.do and rule.do.give]
    for name, place in given:
        if name in known or any(is_drug(folder / f"{name}.toml") for folder in folders):
            found.setdefault(name, place)
    return found


def drug(name: str, folders: list[Path], place: str) -> LibraryFile:
    """The file of a drug: in the library, or beside the scenario."""
    if name not in library.names("drugs"):
        for folder in folders:
            if (folder / f"{name}.toml").is_file():
                return library.read(folder / f"{name}.toml", "drugs", name)
        beside = [p.stem for folder in folders for p in folder.glob("*.toml") if is_drug(p)]
        close = nearest(name, [*library.names("drugs"), *beside])
        if close and close in beside:
            raise ScenarioError(f"unknown drug '{name}'", where=place, nearest=close)
    return library.find("drugs", name, where=place)


def is_drug(path: Path) -> bool:
    """Whether a file beside the scenario describes a drug: it says by which mechanism."""
    if not path.is_file():
        return False
    try:
        data = library.read(path, "drugs").data
    except LivingDrugError:
        return False
    like = data.get("like")
    named = isinstance(like, str) and like in library.names("drugs")
    return "mechanism" in data or named or (isinstance(data.get("modules"), Mapping) and "trial" not in data)


def scales(trial: Trial) -> dict[str, LibraryFile]:
    """The grading scales that a trial names, by the names it gives them."""
    named = {trial.scale: trial.place("scale")} if trial.scale else {}
    named |= {name: trial.place("also_graded") for name in trial.also_graded if name not in named}
    return {name: library.find("scales", name, where=place) for name, place in named.items()}


def cited(resolved: Resolved) -> None:
    """An error for a row that cites a source that no file defines, or a number of a patient that there is none of."""
    own = (
        resolved.trial,
        resolved.protocol,
        resolved.population,
        resolved.product,
        resolved.tumour,
        resolved.comparator,
    )
    sources = {key: source for part in own if part is not None for key, source in part.sources.items()}
    every = {*resolved.covariates, *resolved.parameters}
    for row in resolved.population.baseline:
        if row.of not in every:
            raise unknown("number of a patient", row.of, every, row.place("of"))
    for feature in resolved.product.feature if resolved.product else ():
        feature.cites(sources)
    resolved.trial.cites(sources)
    resolved.protocol.cites(sources)
    resolved.population.cites(sources)
