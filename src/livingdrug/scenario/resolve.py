"""From a name or a short file to a complete scenario: lay the files on a draft, choose the modules, ask every layer.

Layers, last wins: mechanism, tumour, population, drug, product, protocol, scenario, arm or --set.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from livingdrug import library
from livingdrug.errors import ScenarioError
from livingdrug.library import Entry
from livingdrug.model import Model, Module
from livingdrug.parameters import is_parameter
from livingdrug.scenario import numbers, schema
from livingdrug.scenario.draft import Change, Draft, choices, leaves, numbers_in
from livingdrug.scenario.resolved import Arm, Resolved


def resolve(name_or_file: str | Path, sets: Mapping[str, Any] | None = None) -> Resolved:
    """The complete scenario for a library trial's name or a user's TOML file.

    sets: dotted path -> value (text such as "0.8", "0.8 1/day" or "* 0.5", or a Python value), the last layer.
    """
    chain = _chain(name_or_file)
    draft = Draft()
    for entry in reversed(chain):
        schema.check(entry.data, entry.where)
        draft.take(entry.data, "scenario" if entry.kind == "scenario" else "trial", entry, "")
    arms = draft.words.pop("arm", [])
    for path, value in (sets or {}).items():
        draft.put(path, _toml_value(value), "--set", "--set")
    top = chain[0]
    whole = replace(_settle(draft, top), text=as_asked(top, sets or {}))
    return replace(whole, overridden=tuple(_arm(arm, draft, top) for arm in arms)) if arms else whole


def as_asked(top: Entry, sets: Mapping[str, Any]) -> str:
    """The scenario as a file that asks for the same again: the user's text or the trial's name, and what was --set."""
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
    kept = [line for line in old[header + 1 :] if not any(line.strip().strip("\"'").startswith(p) for p in sets)]
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
            schema.check(last.data, last.where)
        if len(chain) > 8:
            raise ScenarioError(
                "scenarios build on each other in a circle",
                where=last.where("trial"),
                mend="let one of them build on a library trial",
            )
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


def _arm(arm: Mapping[str, Any], draft: Draft, top: Entry) -> Arm:
    """An arm: the scenario with the arm's own changes laid on it."""
    own = draft.copy()
    index = [a.get("name") for a in top.data.get("arm", [])]
    at = f"arm.{index.index(arm['name'])}" if arm["name"] in index else "arm"
    inside = {k: x for k, x in arm.items() if k not in schema.Arm.model_fields or k == "set"}
    design = {k: x for k, x in inside.items() if not isinstance(x, Mapping) and k not in schema.WORDS}
    own.take({k: x for k, x in inside.items() if k not in design}, f"arm '{arm['name']}'", top, at)
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
        for key in [k for k in mine if k not in numbers.NOT_NUMBERS and is_numbers(entry.data.get(k))]:
            place = draft.origins[f"{part}.{next(leaves({key: own[key]}))[0]}"][-1]
            changes += [Change(p, d, place[0], place[2]) for p, d in numbers_in(own.pop(key), key)]
        place_of = next((x[-1][2] for k, x in draft.origins.items() if k.startswith(f"{part}.")), top.file)
        schema.check_words(schema.PARTS[part], own, entry.data, place_of)
        parts[part] = schema.merged(entry.data, own)
        schema.check_shapes(part, parts[part], place_of)
    modules = _chosen(draft, parts, entries, top)
    model = assembled(tuple(modules.items()))
    stack = numbers.said(model, modules, entries, [*changes, *draft.changes])
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
            raise ScenarioError(
                f"the trial names no {part}",
                where=top.file,
                allowed=library.names(schema.PARTS[part]),
                mend=f'write {part} = "NAME" or trial = "NAME"',
            )
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
        chosen.update(choices(layer, top.file))
    chosen = {role: stem for role, stem in chosen.items() if stem}
    for role in chosen:
        name = role.rpartition(".")[2]
        if "." in role and f"drug {name}" not in entries and name in library.names("drugs"):
            entries[f"drug {name}"] = library.find("drugs", name)
    if not chosen:
        raise ScenarioError("no module is chosen", where=top.file, mend="add [modules] to product or population")
    return chosen


def assembled(modules: tuple[tuple[str, str], ...]) -> Model:
    """The model of these (role, stem) choices. A mechanism may serve another role of its family (another drug)."""
    from livingdrug import biology

    return _wired(tuple((role, stem, biology.find(stem)) for role, stem in modules))


@lru_cache(maxsize=32)
def _wired(chosen: tuple[tuple[str, str, type[Module]], ...]) -> Model:
    """Kept by the classes, not by their stems: a user's file that has changed gives another class."""
    made = []
    for role, stem, kind in chosen:
        module = kind()
        if module.role != role:
            if module.role.partition(".")[0] != role.partition(".")[0]:
                raise ScenarioError(
                    f"the module '{stem}' fills the role '{module.role}', not '{role}'",
                    where=f"modules.{role}",
                    mend=f"choose a module for the role '{role}'",
                )
            module.role = role  # type: ignore[misc]
        made.append(module)
    return Model(made)
