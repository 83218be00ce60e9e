"""From a name or a short file to a complete scenario. Layers, last wins: mechanism, tumour, population, drug, product,
protocol, scenario, --set. A trial or protocol file never wins by accident: each number remembers its layer and line.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from livingdrug import library
from livingdrug.errors import LivingDrugError, ScenarioError, SourceError, nearest, unknown
from livingdrug.library import Entry
from livingdrug.model import Model
from livingdrug.scenario import schema
from livingdrug.scenario.resolved import Arm, Resolved
from livingdrug.sources import Parameter, is_parameter, read_parameter

_MODIFIERS = ("value", "unit", "spread", "belief", "why", "kind")
_NOT_NUMBERS = ("sources", "covariates", "modules", "tables", "correlated", "baseline", "published", "errata", "arm")


@dataclass(frozen=True)
class Change:
    """One number that a user changes."""

    path: str
    data: Mapping[str, Any]
    layer: str
    place: str


@dataclass
class Draft:
    """A scenario while its layers are being laid on each other."""

    words: dict[str, Any] = field(default_factory=dict)  # trial-level words, merged
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)  # changes inside product, population, ...
    modules: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    origins: dict[str, list[tuple[str, Any, str]]] = field(default_factory=dict)
    beside: dict[str, Path | None] = field(default_factory=dict)  # folder of the file that named each part

    def copy(self) -> Draft:
        """A draft that an arm can change without touching the others."""
        return Draft(dict(self.words), dict(self.parts), dict(self.modules), list(self.changes),
                     {k: list(x) for k, x in self.origins.items()}, dict(self.beside))

    def note(self, path: str, layer: str, value: Any, place: str) -> None:
        """Remember who said what of a word that is not a number of the model."""
        self.origins.setdefault(path, []).append((layer, value, place))


def resolve(name_or_file: str | Path, sets: Mapping[str, Any] | None = None) -> Resolved:
    """The complete scenario for a library trial's name or a user's TOML file.

    sets: dotted path -> value (text such as "0.8", "0.8 1/day" or "* 0.5", or a Python value), the last layer.
    """
    chain = _chain(name_or_file)
    draft = Draft()
    for entry in reversed(chain):
        schema.check(entry)
        _take(draft, entry.data, "scenario" if entry.kind == "scenario" else "trial", entry, "")
    arms = draft.words.pop("arm", [])
    for path, value in (sets or {}).items():
        _put(draft, path, _toml_value(value), "--set", "--set")
    top = chain[0]
    whole = replace(_settle(draft, top), text=as_asked(top, sets or {}))
    return replace(whole, overridden=tuple(_arm(arm, draft, top, whole) for arm in arms)) if arms else whole


def as_asked(top: Entry, sets: Mapping[str, Any]) -> str:
    """The scenario as a file that asks for the same again: the user's text, or the trial's name, with what was --set."""
    text = top.text if top.kind == "scenario" else f'trial = "{top.name}"\n'
    if not sets:
        return text
    lines = [f"{json.dumps(path)} = {_as_toml(_toml_value(value))}" for path, value in sets.items()]
    if "set" not in top.data or top.kind != "scenario":
        return "\n".join([text.rstrip("\n"), "", "[set]", *lines, ""])
    old = text.splitlines()
    header = next((i for i, line in enumerate(old) if line.partition("#")[0].strip() == "[set]"), None)
    if header is None or any(not isinstance(x, (str, int, float, bool)) for x in top.data["set"].values()):
        return "\n".join([text.rstrip("\n"), "", *(f"# --set {line}" for line in lines), ""])
    kept = [line for line in old[header + 1:] if not any(line.strip().strip("\"'").startswith(p) for p in sets)]
    return "\n".join([*old[: header + 1], *lines, *kept, ""])


def _as_toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_as_toml(x)}" for k, x in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_as_toml, value)) + "]"
    return json.dumps(value) if isinstance(value, (str, bool, int)) else str(value)


def _chain(name_or_file: str | Path) -> list[Entry]:
    """The user's file, the trial it builds on, and so on down to one that builds on nothing."""
    name = str(name_or_file)
    is_file = isinstance(name_or_file, Path) or name.endswith(".toml") or "/" in name or "\\" in name
    entry = library.read(Path(name), "scenario", Path(name).stem) if is_file else library.find("trials", name)
    chain = [entry]
    while "trial" in chain[-1].data:
        last = chain[-1]
        below = last.data["trial"]
        if not isinstance(below, str):
            schema.check(last)
        if len(chain) > 8:
            raise ScenarioError("scenarios build on each other in a circle", where=last.where("trial"),
                                mend="let one of them build on a library trial")
        nested = library.find("trials", below, last.path.parent, last.where("trial"))
        if below.endswith(".toml"):
            nested = replace(nested, kind="scenario")
        chain.append(nested)
    return chain


def _toml_value(value: Any) -> Any:
    """What a text after `=` on the command line means: a TOML value where it is one, else the text itself."""
    if not isinstance(value, str):
        return value
    try:
        return tomllib.loads(f"x = {value.strip()}")["x"]
    except tomllib.TOMLDecodeError:
        return value.strip()


def _take(draft: Draft, data: Mapping[str, Any], layer: str, entry: Entry, at: str) -> None:
    """Lay a file (or one arm of it, at `at`) on the draft."""
    for key, value in data.items():
        dotted = f"{at}.{key}".strip(".")
        place = entry.where(dotted)
        if key == "set":
            for path, given in _flat(value):
                _put(draft, path, given, layer, entry.where(f"{dotted}.{path}"))
        elif key in schema.PARTS and isinstance(value, Mapping):
            words = {k: x for k, x in value.items() if not _of_role(key, k)}
            if words or not value:
                _part(draft, key, words, layer, place, entry.path.parent)
            _change(draft, key, {k: x for k, x in value.items() if k not in words}, layer, entry, at)
        elif key in schema.PARTS:
            _choose(draft, key, value, layer, place, entry.path.parent)
        elif key == "modules":
            for role, stem in _modules(value, place):
                draft.modules[role] = stem
                draft.note(f"modules.{role}", layer, stem, place)
        elif layer == "trial" or key in schema.WORDS or not isinstance(value, Mapping):
            _word(draft, key, value, layer, place)
        else:  # words of the trial, numbers of a role of the same name, or both
            known = _words_of(draft, key)
            if words := {k: x for k, x in value.items() if k in known}:
                _word(draft, key, words, layer, place)
            _change(draft, key, {k: x for k, x in value.items() if k not in known}, layer, entry, at)


def _change(draft: Draft, role: str, numbers: Mapping[str, Any], layer: str, entry: Entry, at: str) -> None:
    """Numbers of a role, written as a table."""
    for path, given in _numbers(numbers, role):
        draft.changes.append(Change(path, given, layer, entry.where(f"{at}.{path}".strip("."))))


def _of_role(part: str, word: str) -> bool:
    """Whether `part.word` means a number of the role that has the part's name: the tumour's cells, not its file."""
    return part == "tumour" and word not in ("base", "modules")


def _word(draft: Draft, key: str, value: Any, layer: str, place: str) -> None:
    """A word of the trial's design, laid on what the layers below said."""
    if layer != "trial" and key not in schema.WORDS:
        if key not in _words_of(draft):
            raise unknown("word in the scenario", key, {*schema.WORDS, *_words_of(draft)}, place)
        schema.check_words("trials", {key: value}, draft.words, place)
    draft.words[key] = schema.merged(draft.words[key], value) if key in draft.words and key != "arm" else value
    draft.note(key, layer, value, place)


def _words_of(draft: Draft, table: str = "") -> set[str]:
    """The words that the trial (or a table of it) has, here or in any library trial."""
    own = draft.words.get(table) if table else draft.words
    return {*(own if isinstance(own, Mapping) else ()), *schema.vocabulary("trials").get(table, ())}


def _choose(draft: Draft, part: str, name: Any, layer: str, place: str, folder: Path | None) -> None:
    """Another product, population, tumour or protocol: what was changed inside the one before is forgotten."""
    if not isinstance(name, str):
        raise ScenarioError(f"'{part}' = {name!r} is not a name", where=place, mend=f'write {part} = "NAME"')
    draft.words[part], draft.beside[part] = name, folder
    draft.parts.pop(part, None)
    draft.note(part, layer, name, place)


def _part(draft: Draft, part: str, value: Mapping[str, Any], layer: str, place: str, folder: Path | None) -> None:
    """Change something inside the product, population, tumour or protocol; `base` chooses another one first."""
    inside = {k: x for k, x in value.items() if k != "base"}
    if "base" in value:
        _choose(draft, part, value["base"], layer, place, folder)
    draft.parts[part] = schema.merged(draft.parts.get(part, {}), inside)
    for path, given in _flat(inside):
        draft.note(f"{part}.{path}", layer, given, place)


def _put(draft: Draft, dotted: str, value: Any, layer: str, place: str) -> None:
    """One dotted path = value, wherever it belongs."""
    words = schema.split(dotted, place)
    head, rest = words[0], words[1:]
    if head == "trial" and rest:
        head, rest = rest[0], rest[1:]
    if head in ("patients", "seed") and not rest:
        value = schema.whole(value, head, place)
    if head == "arm":
        raise ScenarioError("arms cannot be set by a path", where=place, mend="write [[arm]] tables in a scenario file")
    if head == "covariates":
        head, rest = "population", ["covariates", *rest]
    if head == "modules" and rest:
        role, value = ".".join(rest), value
        draft.modules[role] = next(_modules({role: value}, place))[1]
        draft.note(f"modules.{role}", layer, value, place)
    elif head in schema.PARTS and not rest:
        _choose(draft, head, value, layer, place, None)
    elif head in schema.PARTS and not _of_role(head, rest[0]):
        _part(draft, head, _nested(rest, value), layer, place, None)
    elif head not in schema.PARTS and (head in schema.WORDS or (
            head in draft.words and (not rest or rest[0] in _words_of(draft, head)))):
        _word(draft, head, _nested(rest, value), layer, place)
    else:
        path, data = _number(words, value)
        draft.changes.append(Change(path, data, layer, place))


def _number(words: list[str], value: Any) -> tuple[str, Mapping[str, Any]]:
    """The model path and the parameter table meant by "kinetics.growth" or "kinetics.growth.spread.sd"."""
    for i, word in enumerate(words):
        if i and word in _MODIFIERS:
            return ".".join(words[:i]), _nested(words[i:], value)
    return ".".join(words), value if isinstance(value, Mapping) else {"value": value}


def _nested(words: list[str], value: Any) -> Any:
    """Path words as tables; a table chosen by name inside a list is merged by its name."""
    for word in reversed(words):
        value = {word: value}
    return value


def _flat(data: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path and value of every leaf of nested tables (a parameter's own table is a leaf)."""
    for key, value in data.items():
        quoted = key if prefix or "." in key else (f'"{key}"' if " " in key else key)
        path = f"{prefix}.{quoted}" if prefix else quoted
        if isinstance(value, Mapping) and value and not is_parameter(value):
            yield from _flat(value, path)
        else:
            yield path, value


def _numbers(data: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Model path and parameter table of every number in nested tables; plain numbers and texts count as values."""
    if is_parameter(data):
        yield prefix, data
        return
    for key, value in data.items():
        path = f"{prefix}.{key}"
        if isinstance(value, Mapping):
            yield from _numbers(value, path)
        else:
            yield path, {"value": value}


def _modules(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Role and stem of each choice; `false` leaves a role empty. Dotted roles may be written as nested tables."""
    for role, stem in value.items():
        if isinstance(stem, Mapping):
            yield from ((f"{role}.{r}", s) for r, s in _modules(stem, place))
        elif isinstance(stem, str) or stem is False:
            yield role, stem or ""
        else:
            raise ScenarioError(f"the module for '{role}' is {stem!r}", where=place,
                                allowed="a module's name, or false to leave the role empty")


def _arm(arm: Mapping[str, Any], draft: Draft, top: Entry, whole: Resolved) -> Arm:
    """An arm: the scenario with the arm's own changes laid on it."""
    own = draft.copy()
    index = [a.get("name") for a in top.data.get("arm", [])]
    at = f"arm.{index.index(arm['name'])}" if arm["name"] in index else "arm"
    inside = {k: x for k, x in arm.items() if k not in schema.Arm.model_fields or k == "set"}
    design = {k: x for k, x in inside.items() if not isinstance(x, Mapping) and k not in schema.WORDS}
    _take(own, {k: x for k, x in inside.items() if k not in design}, f"arm '{arm['name']}'", top, at)
    own.words.update(design)
    return Arm(arm["name"], arm.get("title", arm["name"]), inside, _settle(own, top))


def _settle(draft: Draft, top: Entry) -> Resolved:
    """Everything chosen and every number given; errors name what is missing or unknown."""
    entries = _entries(draft, top)
    parts: dict[str, Mapping[str, Any]] = {}
    changes: list[Change] = []
    for part, entry in entries.items():
        own = dict(draft.parts.get(part, {}))
        mine = [] if part == "protocol" else own  # a protocol's numbers are its own, not the model's
        for key in [k for k in mine if k not in _NOT_NUMBERS and is_numbers(entry.data.get(k))]:
            place = draft.origins[f"{part}.{next(_flat({key: own[key]}))[0]}"][-1]
            changes += [Change(p, d, place[0], place[2]) for p, d in _numbers(own.pop(key), key)]
        place_of = next((x[-1][2] for k, x in draft.origins.items() if k.startswith(f"{part}.")), top.file)
        schema.check_words(schema.PARTS[part], own, entry.data, place_of)
        parts[part] = schema.merged(entry.data, own)
    modules = _chosen(draft, parts, entries, top)
    model = assembled(tuple(modules.items()))
    stack = _stack(model, modules, entries, [*changes, *draft.changes], top)
    return Resolved(
        name=top.name,
        title=str(draft.words.get("title") or top.title),
        modules=modules,
        parameters={path: said[-1] for path, said in stack.items()},
        trial=draft.words,
        protocol=parts["protocol"],
        population=parts["population"],
        product=parts["product"],
        tumour=parts.get("tumour", {}),
        names={p: e.name for p, e in entries.items()},
        patients=draft.words.get("patients"),
        seed=draft.words.get("seed", 1),
        stack={p: tuple(x) for p, x in stack.items()},
        origins={p: tuple(x) for p, x in draft.origins.items()},
        tables={k: x for part in parts.values() for k, x in part.get("tables", {}).items()},
        correlated=tuple(x for part in parts.values() for x in part.get("correlated", [])),
        file=top.path if top.kind == "scenario" else None,
        text=top.text,
    )


def is_numbers(data: Any) -> bool:
    """Whether a table holds parameters somewhere inside."""
    return isinstance(data, Mapping) and (is_parameter(data) or any(is_numbers(x) for x in data.values()))


def _entries(draft: Draft, top: Entry) -> dict[str, Entry]:
    """The library entries of the parts. The tumour may be named by trial, population or product."""
    found: dict[str, Entry] = {}
    for part in ("product", "population", "protocol"):
        name = draft.words.get(part)
        if name is None:
            raise ScenarioError(f"the trial names no {part}", where=top.file,
                                allowed=library.names(schema.PARTS[part]),
                                mend=f'write {part} = "NAME" or trial = "NAME"')
        place = draft.origins[part][-1][2] if part in draft.origins else top.file
        found[part] = library.find(schema.PARTS[part], name, draft.beside.get(part), place)
    tumour = draft.words.get("tumour") or found["population"].data.get("tumour") or found["product"].data.get("tumour")
    if isinstance(tumour, str):
        beside = draft.beside.get("tumour") or found["population"].path.parent
        place = draft.origins["tumour"][-1][2] if "tumour" in draft.origins else found["population"].where("tumour")
        found["tumour"] = library.find("tumours", tumour, beside, place)
    return found


def drugs(words: Mapping[str, Any], protocol: Mapping[str, Any]) -> list[str]:
    """Names of the drugs that trial and protocol list, or that a schedule or care rule gives."""
    listed = [*words.get("drugs", []), *protocol.get("drugs", [])]
    known = library.names("drugs")
    for step in (*protocol.get("rule", []), *protocol.get("schedule", [])):
        given = step.get("give") or (step["do"].get("give") if isinstance(step.get("do"), Mapping) else None)
        if given in known:
            listed.append(given)
    return list(dict.fromkeys(map(str, listed)))


def _chosen(draft: Draft, parts: Mapping[str, Any], entries: dict[str, Entry], top: Entry) -> dict[str, str]:
    """Role -> stem, from every layer that chooses; also finds the drugs' entries."""
    layers: list[Mapping[str, Any]] = [parts[p].get("modules", {}) for p in ("tumour", "population") if p in parts]
    for name in drugs(draft.words, parts["protocol"]):
        entry = library.find("drugs", name, where=entries["protocol"].file)
        entries[f"drug {name}"] = entry
        layers.append(entry.data.get("modules", {f"drug.{name}": str(entry.data.get("mechanism", name))}))
    layers += [parts["product"].get("modules", {}), parts["protocol"].get("modules", {}), draft.modules]
    chosen: dict[str, str] = {}
    for layer in layers:
        chosen.update(_modules(layer, top.file))
    chosen = {role: stem for role, stem in chosen.items() if stem}
    for role in chosen:
        name = role.rpartition(".")[2]
        if "." in role and f"drug {name}" not in entries and name in library.names("drugs"):
            entries[f"drug {name}"] = library.find("drugs", name)
    if not chosen:
        raise ScenarioError("no module is chosen", where=top.file, mend="add [modules] to product or population")
    return chosen


@lru_cache(maxsize=32)
def assembled(modules: tuple[tuple[str, str], ...]) -> Model:
    """The model of these (role, stem) choices. A mechanism may serve another role of its family (another drug)."""
    from livingdrug import biology

    made = []
    for role, stem in modules:
        module = biology.find(stem)()
        if module.role != role:
            if module.role.partition(".")[0] != role.partition(".")[0]:
                raise ScenarioError(f"the module '{stem}' fills the role '{module.role}', not '{role}'",
                                    where=f"modules.{role}", mend=f"choose a module for the role '{role}'")
            module.role = role  # type: ignore[misc]
        made.append(module)
    return Model(made)


def _stack(
    model: Model, modules: Mapping[str, str], entries: Mapping[str, Entry], changes: list[Change], top: Entry,
) -> dict[str, list[Parameter]]:
    """What each layer says of every number of the model."""
    stack: dict[str, list[Parameter]] = {path: [] for path in model.parameters}
    for role, stem in modules.items():
        if stem in library.names("mechanisms"):
            entry = library.find("mechanisms", stem)
            native = type(model.modules[role]).role
            _lay(stack, entry, "mechanism", modules, {native: role} if native != role else {})
    for part in ("tumour", "population", *(e for e in entries if e.startswith("drug ")), "product", "protocol"):
        if part in entries:
            _lay(stack, entries[part], part.partition(" ")[0], modules, {})
    for change in changes:
        if change.path not in stack:
            raise _unknown_path(change.path, stack, modules, change.place)
        said = stack[change.path]
        file, _, line = change.place.rpartition(":")
        file, number = (file, int(line)) if line.isdigit() else (change.place, None)
        said.append(read_parameter(change.path, change.data, said[-1] if said else None, {}, change.layer, file, number,
                                   by_user=True))
    missing = [p for p, said in stack.items() if not said]
    if missing:
        role = max((r for r in modules if missing[0].startswith(f"{r}.")), key=len)
        listed = ", ".join(missing[1:12]) + (f" and {len(missing) - 12} more" if len(missing) > 12 else "")
        also = f", nor for {listed}" if listed else ""
        raise SourceError(
            f"no layer gives a value for '{missing[0]}' [{model.unit(missing[0])}]{also}",
            where=f"module '{modules[role]}' in the role '{role}'",
            mend=f"add [{missing[0]}] with value, unit, kind and source to library/mechanisms/{modules[role]}.toml",
        )
    return {path: [x.in_unit(model.unit(path)) for x in said] for path, said in stack.items()}


def _lay(
    stack: dict[str, list[Parameter]], entry: Entry, layer: str, modules: Mapping[str, str], renamed: Mapping[str, str],
) -> None:
    """Lay a library file's numbers on the stack; those of roles that nobody fills are left aside."""
    tables = {k: x for k, x in entry.data.items() if isinstance(x, Mapping) and k not in _NOT_NUMBERS}
    for key, table in tables.items():
        for native, data in _tables(table, key):
            path = native
            if not isinstance(data, Mapping):
                if layer != "protocol" and any(path.startswith(f"{role}.") for role in modules):
                    raise SourceError(f"'{path}' = {data!r} is a bare number", where=entry.where(native),
                                      mend=f"write [{path}] with value, unit, kind and source")
                continue
            for old, new in renamed.items():
                path = new + native[len(old):] if native.startswith(f"{old}.") else native
            if path not in stack:
                if any(path.startswith(f"{role}.") for role in modules) and layer != "protocol":
                    raise _unknown_path(path, stack, modules, entry.where(native))
                continue
            said = stack[path]
            said.append(read_parameter(path, data, said[-1] if said else None, entry.sources, layer, entry.file,
                                       entry.line(native)))


def _tables(data: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Path and table of every parameter of a library file, and whatever else stands at the end of a path."""
    if isinstance(data, Mapping) and not is_parameter(data):
        for key, value in data.items():
            yield from _tables(value, f"{prefix}.{key}")
    else:
        yield prefix, data


def _unknown_path(path: str, known: Mapping[str, Any], modules: Mapping[str, str], place: str) -> LivingDrugError:
    """The error for a number that the model does not have, with the nearest that it has."""
    role = max((r for r in modules if path.startswith(f"{r}.")), key=len, default=None)
    if role:
        mine = [p for p in known if p.startswith(f"{role}.")]
        return ScenarioError(f"the model has no number '{path}'", where=place, nearest=nearest(path, mine),
                             allowed=", ".join(mine) or "nothing here")
    roots = sorted({*modules, *schema.WORDS})
    words = [f"{table}.{word}" for table, found in schema.vocabulary("trials").items() for word in found if table]
    return ScenarioError(f"the model has no number '{path}'", where=place,
                         nearest=nearest(path, [*known, *words]) or nearest(path.partition(".")[0], roots),
                         allowed=f"roles {', '.join(sorted(modules))}")
