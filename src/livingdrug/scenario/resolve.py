"""From a name or a short file to a complete scenario: lay the files on a draft, choose the modules, ask every layer.

Layers, last wins: mechanism, tumour, population, drug, costimulation, manufacture, product, protocol, scenario, arm or
--set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from livingdrug import library
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.library import LibraryFile
from livingdrug.library.located import Located, Place, mistakable
from livingdrug.model import Model
from livingdrug.scenario import comparator, numbers, parts, shown, together
from livingdrug.scenario.blame import blamed
from livingdrug.scenario.draft import Draft, chosen_first
from livingdrug.scenario.resolved import Arm, Resolved
from livingdrug.scenario.values import said
from livingdrug.spec.patients import read_patients
from livingdrug.spec.protocol import Protocol
from livingdrug.spec.scenario import ARM, PARTS, outer
from livingdrug.spec.trial import Trial
from livingdrug.spec.typed import read

OWN = "cohort.file"
DEEPEST = 8  # scenarios that build on each other


@library.held()
def resolve(name_or_file: str | Path, sets: Mapping[str, Any] | None = None) -> Resolved:
    """The complete scenario for a library trial's name or a user's TOML file.

    sets: dotted path -> value (text such as "0.8", "0.8 1/day" or "* 0.5", or a Python value), the last layer.
    ScenarioError, SourceError or UnitError with file and line for a name, number or unit that cannot be.

    >>> from livingdrug.scenario import resolve
    >>> resolved = resolve("eliana", {"tumour.kill": "* 0.5"})
    >>> parameter = resolved.parameters["tumour.kill"]
    >>> parameter.value, parameter.unit
    (1.5..., '1/day')
    """
    chain = _chain(name_or_file)
    given = {path: said(path, value) for path, value in (sets or {}).items()}
    try:
        return laid(chain, given)
    except LivingDrugError as problem:
        raise blamed(problem, chain, given, laid) from None


def laid(chain: list[LibraryFile], sets: Mapping[str, Any]) -> Resolved:
    """The complete scenario of a user's file and those it builds on, with values set on top."""
    draft, arms = _drafted(chain)
    for path, value in sorted(sets.items(), key=chosen_first):
        draft.put(path, value, "--set", Place("--set"))
    top = chain[0]
    whole = _settle(draft, top, chain)
    whole = replace(whole, sets=sets, title=_title(whole, sets))
    own = tuple(_arm(arm, draft, top, chain) for arm in arms)
    if len(chain) == 1 and not sets and not arms:
        return whole
    alone = not (chain[1:] or sets)
    base = chain[-1].kind != "scenario" and (whole.therapy if alone else _fitted(chain[-1].name, library.state()))
    own = tuple(replace(arm, resolved=replace(arm.resolved, as_fitted=arm.resolved.therapy == base)) for arm in own)
    return replace(whole, overridden=_apart(own), as_fitted=whole.therapy == base)


def outline(trial: str) -> tuple[Trial, Mapping[str, str]]:
    """A library trial's design and the names of its parts, as its files say them: a tenth of the work of `resolve`,
    since no number is laid. Errors as there, of what is read.

    >>> from livingdrug.scenario import outline
    >>> design, names = outline("eliana")
    >>> design.role, names["product"]
    ('calibration', 'tisagenlecleucel')
    """
    chain = _chain(trial)
    draft, _ = _drafted(chain)
    return read(Trial, _design(draft)), {part: x[-1].name for part, x in parts.entries(draft, chain[0]).items()}


def _drafted(chain: list[LibraryFile]) -> tuple[Draft, list[Located]]:
    """The words of a user's file and those it builds on, laid on each other, and its arms."""
    draft = Draft()
    for entry in reversed(chain):
        outer(entry.table)
        for words in parts.written(entry) if entry.kind == "trials" else [entry.table]:
            draft.take(words, "scenario" if entry.kind == "scenario" else "trial", entry)
    return draft, draft.words.pop("arm", [])


def _design(draft: Draft) -> Located:
    """The words of the trial's design."""
    return Located({k: x for k, x in draft.words.items() if k != "set"}, draft.words.places, draft.words.place)


def _apart(arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    """The arms, with a note at each that is the same as one before it: their results will be, to the last digit."""
    before: dict[str, list[Arm]] = {}
    found = []
    for arm in arms:
        alike = before.setdefault(arm.resolved.therapy, [])
        twin = next((x for x in alike if x.resolved.asked == arm.resolved.asked), None)
        alike.append(arm)
        if twin:
            said = f"the arms '{twin.name}' and '{arm.name}' are the same: nothing that they say tells them apart"
            arm = replace(arm, resolved=replace(arm.resolved, notes=(*arm.resolved.notes, said)))
        found.append(arm)
    return tuple(found)


@lru_cache(maxsize=32)
def _fitted(trial: str, state: tuple[library.Stamp, ...]) -> str:
    """The therapy of a library trial as it stands; state: of the library, whose files are as they were."""
    return resolve(trial).therapy


def _title(resolved: Resolved, sets: Mapping[str, Any]) -> str:
    """What the run is called: a what-if says what it changes, unless its file has a title of its own."""
    own = not resolved.trial.place("title").ours and resolved.trial.title
    changed = [f"{path} = {x}" for path, x in sets.items() if path not in ("title", "name", "patients", "seed", OWN)]
    if OWN in sets:
        changed.append(f"patients of {Path(str(sets[OWN])).name}")
    if not own and resolved.file is not None:
        changed.insert(0, f"as changed in {resolved.file.name}")
    shown = "; ".join([*changed[:3], *([f"and {len(changed) - 3} more"] if len(changed) > 3 else [])])
    return f"{resolved.title} ({shown})" if changed else resolved.title


def _chain(name_or_file: str | Path) -> list[LibraryFile]:
    """The user's file, the trial it builds on, and so on down to one that builds on nothing."""
    name = str(name_or_file)
    is_file = isinstance(name_or_file, Path) or name.endswith(".toml") or "/" in name or "\\" in name
    if is_file:
        _own_library(Path(name).parent / "library")
    entry = library.read(Path(name), "scenario", Path(name).stem) if is_file else library.find("trials", name)
    chain = [entry]
    while "trial" in chain[-1].data:
        last = chain[-1]
        outer(last.table)
        if len(chain) > DEEPEST:
            raise ScenarioError(
                "scenarios build on each other in a circle",
                where=last.where("trial"),
                mend="let one of them build on a library trial",
            )
        below = last.data["trial"]
        nested = library.find("trials", below, last.path.parent, last.where("trial"))
        chain.append(replace(nested, kind="scenario") if below.endswith(".toml") else nested)
    return chain


def _own_library(folder: Path) -> None:
    """A folder `library` beside a scenario is looked in as well, from now on."""
    if folder.is_dir() and folder.resolve() != library.HERE and any((folder / kind).is_dir() for kind in library.KINDS):
        library.also(folder)


def _arm(arm: Located, draft: Draft, top: LibraryFile, chain: list[LibraryFile]) -> Arm:
    """An arm: the scenario with the arm's own changes laid on it."""
    own = draft.copy()
    inside = {k: x for k, x in arm.items() if k not in ARM or k == "set"}
    if "comparator" in inside:
        own.words.pop("published", None)  # of the product; an arm without it has rows of its own
    own.take(Located(inside, arm.places, arm.place), f"arm '{arm['name']}'", top)
    title = str(arm.get("title", arm["name"]))
    return Arm(arm["name"], title, inside, _settle(own, top, chain))


def _assembled(modules: Mapping[str, str], draft: Draft, files: list[LibraryFile], whose: str) -> Model:
    """The model of these modules; a role or mechanism that cannot be is told at the line that chose it. whose: T cells
    the product is made of."""

    def changed(role: str) -> str | None:
        """Where a user chose it."""
        said = [draft.origins.get(f"{part}modules.{role}") for part in ("", *(f"{part}." for part in PARTS))]
        return next((x[-1][2] for x in said if x), None)

    def place(role: str) -> str | None:
        chosen = f"modules.{role}"
        own = [(e, chosen) for e in files] + [
            (e, "mechanism") for e in files if e.kind == "drugs" and e.name == role.rpartition(".")[2]
        ]
        return changed(role) or next((e.where(key) for e, key in own if key in e.lines), None)

    others = [role for role in modules if not changed(role)]
    for role in modules:
        if role not in others and (close := mistakable(role, others)):
            raise ScenarioError(f"no role is called '{role}'", where=place(role), allowed=others, nearest=close)
        if whose != "donor" and together.between_two(modules[role]) and changed(role):
            raise ScenarioError(
                f"'{modules[role]}' is between a donor's cells and their host, and these are the patient's own",
                where=place(role),
                mend='leave it out, or choose a product of a donor: origin = "donor"',
            )
    return numbers.wired(tuple((role, numbers.fitting(role, stem, place(role))) for role, stem in modules.items()))


def _on_protocol(draft: Draft, protocol: Protocol, model: Model) -> Draft:
    """The draft with every change of a number that only the protocol has, as `dose.factor`, laid on the protocol."""
    own = [c for c in draft.changes if c.path in protocol.numbers and c.path not in model.parameters]
    if not own:
        return draft
    moved = draft.copy()
    moved.changes = [c for c in draft.changes if c not in own]
    for c in own:
        moved.put(f"protocol.{c.path}", c.data["value"] if set(c.data) == {"value"} else c.data, c.layer, c.place)
    return moved


def _part(part: str, entry: LibraryFile, draft: Draft) -> parts.Laid:
    """A part with what was changed inside it; arms that change nothing in it share it."""
    return draft.shared(part, [entry, *draft.parts.get(part, [])], lambda: parts.laid(part, entry, draft))


def _settle(draft: Draft, top: LibraryFile, chain: list[LibraryFile]) -> Resolved:
    """Everything chosen and every number given; errors name what is missing or unknown."""
    words = _design(draft)
    trial = draft.shared("trial", [x for key in words for x in (words[key], words.at(key))], lambda: read(Trial, words))
    entries = parts.entries(draft, top)
    laid = {part: _part(part, found[-1], draft) for part, found in entries.items()}
    typed = {part: x.typed for part, x in laid.items()}
    modules = parts.modules(draft, trial, typed, entries, chain)
    whose = getattr(typed.get("product"), "origin", "")
    model = _assembled(modules, draft, [*chain, *(e for listed in entries.values() for e in reversed(listed))], whose)
    if (moved := _on_protocol(draft, typed["protocol"], model)) is not draft:
        draft, laid["protocol"] = moved, parts.laid("protocol", entries["protocol"][-1], moved)
        typed["protocol"] = laid["protocol"].typed
    changes = [*(c for x in laid.values() for c in x.changes), *draft.changes]
    if "comparator" in typed:
        typed["protocol"] = comparator.protocol_of(typed["comparator"], typed["protocol"])
        trial = comparator.trial_of(trial, typed["protocol"], model, typed["population"].covariates)
        changes = comparator.asked(changes, modules)
        together.without_cells(draft, modules)
    cited = {key: x for part in (trial, *typed.values()) for key, x in part.sources.items()}
    cited |= {key: x for found in entries.values() for entry in found for key, x in entry.sources.items()}
    entries |= {f"scale {name}": [file] for name, file in parts.scales(trial).items()}
    files = [x for found in entries.values() for x in found]
    below = draft.shared(f"numbers of {modules}", [model, *files], lambda: numbers.in_library(model, modules, entries))
    stack = numbers.said(model, modules, below, changes, parts.addresses(words, laid), cited)
    own = read_patients(trial.cohort, typed["population"].covariates) if trial.cohort else None
    if own:
        parts.twice_told(draft, typed, own)
    found = Resolved(
        name=trial.name or top.name,
        title=trial.title or top.title,
        modules=modules,
        parameters={path: said[-1] for path, said in stack.items()},
        trial=trial,
        protocol=typed["protocol"],
        population=typed["population"],
        product=typed["product"],
        tumour=typed.get("tumour"),
        manufacture=typed.get("manufacture"),
        comparator=typed.get("comparator"),
        names={part: x[-1].name for part, x in entries.items() if not part.startswith("scale ")},
        patients=trial.patients,
        seed=trial.seed,
        stack={p: tuple(x) for p, x in stack.items()},
        origins={p: tuple(x) for p, x in draft.origins.items()},
        raw={"trial": words, **{part: x.table for part, x in laid.items()}},
        chain=tuple(chain),
        entries={part: tuple(x) for part, x in entries.items()},
        own=own,
        notes=(
            *(own.notes if own else ()),
            *comparator.notes(typed.get("comparator")),
            *parts.filled_in(draft, typed, entries),
            *parts.made_as(entries),
            *together.notes(typed, entries, modules),
            *numbers.idle(model),
            *parts.fixed(typed["population"], parts.laid("population", entries["population"][-1], Draft()).typed),
            *parts.uncited({"trial": trial, **typed}, [*(e.data for e in chain), *(x.table for x in laid.values())]),
        ),
    )
    numbers.loaded(found.stack, typed.values(), found.covariates)
    shown.known(found)
    parts.cited(found)
    return found
