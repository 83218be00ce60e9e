"""The form of a scenario: what was typed, as fields; the same as TOML, line by line; and back."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from livingdrug import library
from livingdrug.errors import LivingDrugError, nearest, pointed
from livingdrug.library.located import Place, placed
from livingdrug.report.offered import Choice, Offer, every_path, offered
from livingdrug.scenario import Resolved, resolve
from livingdrug.scenario.alone import alone
from livingdrug.scenario.draft import leaves
from livingdrug.scenario.saved import toml
from livingdrug.spec.scenario import PARTS
from livingdrug.web.pages._scenario import Fault, plain, value
from livingdrug.web.refused import Refused
from livingdrug.web.settings import Limits

CHOSEN = ("product", "population", "tumour", "protocol")  # parts that a form lets one choose
KNOWN = {"trial", "title", *CHOSEN, "patients", "seed", "set", "arm"}  # words that a form can show
SPARE = 2  # empty rows at the end of the table of further changes
MOST_ROWS = 60
MOST_FAULTS = 5
PLAIN = ("do", "trial", "title", "patients", "seed", "arms", "rows")  # fields without a number or a path
DROPPED = ("patients", "seed", "part", "value", "arm", "cell")  # fields without which one may look further
USUAL_PATIENTS = 500


@dataclass(frozen=True)
class Form:
    """What was typed. values: path -> value, for every arm; arms: their names, none for one arm; rows: a path, and its
    value in every arm (or in the one)."""

    trial: str
    title: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    patients: str = ""
    seed: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    arms: tuple[str, ...] = ()
    rows: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def without(self, name: str) -> Form:
        """The same, with one field left empty."""
        kind, _, rest = name.partition(":")
        if kind == "patients":
            return replace(self, patients="")
        if kind == "seed":
            return replace(self, seed="")
        if kind == "part":
            return replace(self, parts={k: x for k, x in self.parts.items() if k != rest})
        if kind == "value":
            return replace(self, values={k: x for k, x in self.values.items() if k != rest})
        if kind == "arm":
            number = int(rest)
            return replace(self, arms=tuple(f"arm {i + 1}" if i == number else x for i, x in enumerate(self.arms)))
        row, _, column = rest.partition(":")
        cells = [
            (path, tuple("" if (i, j) == (int(row), int(column)) else x for j, x in enumerate(typed)))
            for i, (path, typed) in enumerate(self.rows)
        ]
        return replace(self, rows=tuple(cells))


@dataclass(frozen=True)
class Ground:
    """What a form stands on: the scenario of its trial and parts, as the library has it, and what it offers."""

    resolved: Resolved
    offers: tuple[Offer, ...]
    paths: Mapping[str, Choice]

    @classmethod
    def of(cls, form: Form) -> Ground:
        """LivingDrugError where trial and parts do not go together; a name that is a file's is refused."""
        alone(written(form)[0])
        resolved = resolve(form.trial, {part: name for part, name in form.parts.items() if name})
        return cls(resolved, offered(resolved), every_path(resolved))


def choices(kind: str) -> list[tuple[str, str]]:
    """Name and title of every entry of a kind of part."""
    folder = PARTS.get(kind, kind)
    return [(name, library.find(folder, name).title) for name in library.names(folder)]


def read(given: Mapping[str, str], limits: Limits) -> Form:
    """The form that was sent; what is unknown in it is left aside, a decimal comma is a point."""
    arms = tuple(given.get(f"arm:{i}", "").strip() for i in range(min(_count(given, "arms", 1), limits.arms)))
    columns = max(len(arms), 1)
    rows = []
    for i in range(min(_count(given, "rows", 0), MOST_ROWS)):
        path = given.get(f"row:{i}", "").strip()
        cells = tuple(pointed(given.get(f"cell:{i}:{j}", "").strip()) for j in range(columns))
        if path or any(cells):
            rows.append((path, cells))
    return Form(
        trial=given.get("trial", "").strip(),
        title=" ".join(given.get("title", "").split()),
        parts={part: x for part in CHOSEN if (x := given.get(f"part:{part}", "").strip())},
        patients=given.get("patients", "").strip(),
        seed=given.get("seed", "").strip(),
        values={
            k.partition(":")[2]: pointed(x.strip()) for k, x in given.items() if k.startswith("value:") and x.strip()
        },
        arms=arms if len(arms) > 1 else (),
        rows=tuple(rows),
    )


def only_known(given: Mapping[str, str], limits: Limits) -> None:
    """Refuses (422) a form, or a text, that sends a field it does not have: nothing is passed over in silence. What
    stands behind `value:` is a path, which is looked at as the scenario is."""
    if "text" in given:
        names = ["do", "text"]
    else:
        arms, rows = min(_count(given, "arms", 1), limits.arms), min(_count(given, "rows", 0), MOST_ROWS)
        names = [*PLAIN, *(f"part:{part}" for part in CHOSEN), *(f"arm:{i}" for i in range(arms))]
        for i in range(rows):
            names += [f"row:{i}", *(f"cell:{i}:{j}" for j in range(max(arms, 1)))]
    for name in given:
        if name in names or ("text" not in given and name.startswith("value:")):
            continue
        short = [x for x in names if not x.startswith(("row:", "cell:"))]
        raise Refused(
            422,
            f"'{name[:60]}' is no field of this form",
            where="the form",
            allowed=[
                *short,
                *([] if "text" in given else ["value:PATH", f"row:0 to row:{rows - 1}" if rows else "rows"]),
            ],
            nearest=nearest(name[:60], names),
            mend=None if "text" in given else "leave it out; fields of arms and rows are as many as arms and rows say",
        )


def _count(given: Mapping[str, str], name: str, otherwise: int) -> int:
    typed = given.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else otherwise


def written(form: Form, ground: Ground | None = None) -> tuple[str, dict[int, str]]:
    """The scenario as TOML, and which field stands on which line. Values as the library has them are left out."""
    lines: list[str] = []
    places: dict[int, str] = {}

    def say(text: str, name: str = "") -> None:
        lines.append(text)
        if name:
            places[len(lines)] = name

    say(f"title = {toml(form.title or _title(form))}", "title")
    say(f"trial = {toml(form.trial)}", "trial")
    for part, name in form.parts.items():
        say(f"{part} = {toml(name)}", f"part:{part}")
    say(f"patients = {value('patients', form.patients or str(USUAL_PATIENTS))}", "patients")
    say(f"seed = {value('seed', form.seed or '1')}", "seed")
    for head, changes in _tables(form, ground):
        say("")
        for text, name in head:
            say(text, name)
        for path, typed, name in changes:
            say(f"{toml(path)} = {value(path, typed)}", name)
    return "\n".join(lines) + "\n", places


Changes = list[tuple[str, str, str]]  # path, what was typed, field


def _tables(form: Form, ground: Ground | None) -> Iterator[tuple[list[tuple[str, str]], Changes]]:
    """Heads (text, field) and changes of [set], then of each arm."""
    known = ground.paths if ground else {}
    common: Changes = [
        (path, typed, f"value:{path}")
        for path, typed in form.values.items()
        if path not in known or known[path].value != typed
    ]
    cells = [_row(form, j) for j in range(max(len(form.arms), 1))]
    if not form.arms:
        common += cells[0]
    if common:
        yield [("[set]", "")], common
    for j, name in enumerate(form.arms):
        head = [("[[arm]]", f"arm:{j}"), (f"name = {toml(name)}", f"arm:{j}")]
        yield [*head, *([("[arm.set]", "")] if cells[j] else [])], cells[j]


def _row(form: Form, j: int) -> Changes:
    found: dict[str, tuple[str, str, str]] = {}
    for i, (path, typed) in enumerate(form.rows):
        if path and typed[j]:
            found[path] = (path, typed[j], f"cell:{i}:{j}")
    return list(found.values())


def _title(form: Form) -> str:
    """What a run is called whose author gave it no name."""
    try:
        trial = library.find("trials", form.trial).title.partition(":")[0]
    except LivingDrugError:
        trial = form.trial
    if form.arms:
        return f"{trial}: {', '.join(form.arms)}"
    changed = [*form.parts.values(), *(f"{p} = {x}" for p, x in _changed(form))]
    shown = "; ".join([*changed[:2], *([f"and {len(changed) - 2} more"] if len(changed) > 2 else [])])
    return f"{trial}: {shown}" if changed else trial


def _changed(form: Form) -> list[tuple[str, str]]:
    return [(path, typed[0]) for path, typed in form.rows if path and typed[0]]


def shown(text: str) -> tuple[Form | None, str]:
    """The form that says what a text says; None with the reason where a form cannot say it."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None, "it is not valid TOML yet"
    if more := [key for key in data if key not in KNOWN]:
        return None, f"it says '{more[0]}', for which the form has no field"
    if tables := [key for key in (*CHOSEN, "trial", "title") if not isinstance(data.get(key, ""), str)]:
        return None, f"'{tables[0]}' is a table of changes, for which the form has no field"
    if "trial" not in data:
        return None, "it builds on no trial of the library"
    arms = data.get("arm", [])
    if not isinstance(arms, list) or any(not isinstance(a, dict) or set(a) - {"name", "set"} for a in arms):
        return None, "an arm says more than its name and [arm.set]"
    sets = [data.get("set", {}), *(a.get("set", {}) for a in arms)]
    if any(not isinstance(x, dict) for x in sets) or any(not isinstance(a.get("name"), str) for a in arms):
        return None, "an arm has no name, or 'set' is no table"
    return _form(data, arms, [_leaves(x) for x in sets]), ""


def _form(data: Mapping[str, Any], arms: list[Any], sets: list[dict[str, str]]) -> Form:
    common, *own = sets
    paths = list(dict.fromkeys(path for changes in own for path in changes))
    several = len(arms) > 1
    if len(arms) == 1:
        common = common | own[0]
    return Form(
        trial=data["trial"],
        title=data.get("title", ""),
        parts={part: data[part] for part in CHOSEN if part in data},
        patients=plain(data["patients"]) if "patients" in data else "",
        seed=plain(data["seed"]) if "seed" in data else "",
        values=common,
        arms=tuple(a["name"] for a in arms) if several else (),
        rows=tuple((p, tuple(changes.get(p, "") for changes in own)) for p in paths) if several else (),
    )


def _leaves(changes: Mapping[str, Any]) -> dict[str, str]:
    return {path: plain(x) for path, x, _ in leaves(placed(changes, Place("")), Place(""))}


def settled(form: Form, ground: Ground) -> Form:
    """The form with changes of paths that it offers no field for moved to its table of further changes."""
    offered_ = {choice.path for offer in ground.offers for choice in offer.choices}
    own = {path: x for path, x in form.values.items() if path in offered_}
    more = [(path, (x,) * max(len(form.arms), 1)) for path, x in form.values.items() if path not in offered_]
    return replace(form, values=own, rows=(*more, *form.rows))


def faults(form: Form, ground: Ground | None, wrong: Callable[[str], Fault | None]) -> dict[str, Fault]:
    """Field -> what is wrong with it, as the command line would say it; "" for what no single field says."""
    found: dict[str, Fault] = {}
    while len(found) < MOST_FAULTS:
        text, places = written(form, ground)
        fault = wrong(text)
        if fault is None:
            break
        name = places.get(fault.line or 0, "")
        if name in found or name.partition(":")[0] not in DROPPED:
            found.setdefault(name, fault)
            break
        found[name] = fault
        form = form.without(name)
    return found
