"""What is asked for, before it may enter: a scenario that names no file of this machine, checked as a run checks it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.errors import LivingDrugError, short
from livingdrug.library.located import Place, placed
from livingdrug.scenario.draft import leaves
from livingdrug.scenario.resolved import USERS
from livingdrug.scenario.saved import toml
from livingdrug.version import __version__
from livingdrug.web.refused import Refused

if TYPE_CHECKING:
    from livingdrug.scenario import Resolved
    from livingdrug.trial import Trial
    from livingdrug.web.settings import Limits

SCENARIO = "scenario.toml"
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}\.(?:toml|csv)", re.ASCII)
MOST_FILES = 20
OWN = "cohort.file"


@dataclass(frozen=True)
class Question:
    """A scenario's text or a library trial's name; patients, seed: None as the scenario says; sets: path -> value, laid
    on top; files: name -> text of what stands beside the scenario."""

    text: str
    patients: int | None = None
    seed: int | None = None
    sets: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """Whether it is a trial's name and no scenario."""
        return "\n" not in self.text.strip() and "=" not in self.text

    def refuse_files(self) -> None:
        """Refused where it names a file that did not come with it: no file of this machine is read for a visitor."""
        for text in (self.text, *(x for _, x in _texts({"set": self.sets, "files": self.files})), *map(str, self.sets)):
            if any("\ud800" <= c <= "\udfff" for c in text):
                raise Refused(422, "the scenario holds half a character", mend="send it as UTF-8")
        if len(self.files) > MOST_FILES:
            raise Refused(422, f"{len(self.files)} files came with the scenario", allowed=f"at most {MOST_FILES}")
        for name, text in self.files.items():
            if not isinstance(name, str) or not isinstance(text, str) or not FILE.fullmatch(name) or name == SCENARIO:
                said = f"{short(name)} is no name for a file beside the scenario"
                raise Refused(
                    422, said, where="files", allowed="letters, digits, - _ and ., with .toml or .csv at the end"
                )
        if self.named:
            if re.search(r"[\\/\0]|\.toml$", self.text.strip()):
                said = f"{short(self.text.strip())} is a file; a page reads no file of this machine"
                raise Refused(422, said, mend="send its text, or name a trial of the library")
        else:
            self._refuse(_table(self.text), SCENARIO)
        self._refuse(self.sets, "set")
        for name, text in self.files.items():
            if name.endswith(".toml"):
                self._refuse(_table(text), name)
        tables = [self.sets, *map(_table, (self.text, *self.files.values()))]
        named = {x.strip() for table in tables for _, x in _texts(table)}
        for name in self.files:
            if name not in named:
                raise Refused(
                    422,
                    f"{short(name)} came along, but nothing names it",
                    where="files",
                    mend="leave it out, or name it",
                )

    def refuse_twice(self) -> None:
        """Refused where one thing is asked for in two ways of which only one can hold."""
        for name, given in (("patients", self.patients), ("seed", self.seed)):
            if given is not None and self.sets.get(name, given) != given:
                said = f"{name}: {given} is asked for, and {short(self.sets[name])} by 'set'"
                raise Refused(422, said, where=name, mend="say it once")
        own = {} if self.named else _table(self.text).get("set", {})
        changed = {path for path, _, _ in leaves(placed(own, Place("")), Place(""))} if isinstance(own, Mapping) else ()
        for path, x in self.sets.items():
            if path in changed and isinstance(x, str) and x.strip().startswith("*"):
                said = f"{short(path)} is changed in the scenario's own [set], and that by 'set': {short(x)}"
                raise Refused(422, said, where="set", mend="write the change once")

    def _refuse(self, table: Any, where: str) -> None:
        for path, value in _texts(table):
            named = value.strip()
            if (named.endswith(".toml") or path.endswith(OWN)) and named not in self.files:
                said = f"{short(named)} did not come with the scenario; a page reads no file of this machine"
                mend = "send its text with the scenario, or name an entry of the library"
                raise Refused(422, said, where=f"{where}: {path}", mend=mend, nearest=None)

    def folded(self) -> Question:
        """The same with every relative change ("* 0.5") of what the scenario's own [set] says laid on that, as
        `--set` is after a file: the text holds the value that comes of it."""
        if self.named or not isinstance(said := _table(self.text).get("set"), Mapping):
            return self
        own = {path: x for path, x, _ in leaves(placed(said, Place("")), Place(""))}
        moved: dict[str, Any] = {}
        for path, x in self.sets.items():
            if path in own and (by := _factor(x)) is not None and (found := _times(own[path], by)) is not None:
                moved[path] = found
        if not moved:
            return self
        data = {**_table(self.text), "set": {**own, **moved}}
        text = "".join(f"{toml(key)} = {toml(x)}\n" for key, x in data.items())
        return replace(self, text=text, sets={p: x for p, x in self.sets.items() if p not in moved})


_NUMBER = re.compile(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)(\s.*|)", re.DOTALL)


def _factor(said: Any) -> float | None:
    """The number of a relative change ("* 0.5"); None for anything else."""
    found = _NUMBER.fullmatch(said.strip()[1:]) if isinstance(said, str) and said.strip().startswith("*") else None
    try:
        return float(found[1]) if found and not found[2].strip() else None
    except ValueError:
        return None


def _times(own: Any, by: float) -> Any:
    """What a file's [set] says of a number, times this: a number, one with its unit, a relative change; or None."""
    if isinstance(own, Mapping) and "value" in own:
        value = _times(own["value"], by)
        return None if value is None else {**own, "value": value}
    if isinstance(own, (int, float)) and not isinstance(own, bool):
        return own * by
    if (before := _factor(own)) is not None:
        return f"* {before * by!r}"
    found = _NUMBER.fullmatch(own) if isinstance(own, str) else None
    try:
        return f"{float(found[1]) * by!r}{found[2]}" if found else None
    except ValueError:
        return None


def _table(text: str) -> Any:
    """A file's data; empty where it is no TOML, which is told when the file is read."""
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError):
        return {}


def _texts(data: Any) -> Iterator[tuple[str, str]]:
    """Dotted path and text of every text in nested tables and lists."""
    waiting = [("", data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, Mapping):
            waiting += [(f"{path}.{key}" if path else str(key), x) for key, x in value.items()]
        elif isinstance(value, list):
            waiting += [(path, x) for x in value]


@contextmanager
def laid(question: Question, folder: Path) -> Iterator[Trial]:
    """The trial of a question whose files lie in a folder, where this process stands meanwhile: so that every message
    names `scenario.toml`, and never a folder of this machine."""
    from livingdrug.trial import Trial

    before = Path.cwd()
    folder.mkdir()
    for name, text in {**question.files, **({} if question.named else {SCENARIO: question.text})}.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    os.chdir(folder)
    try:
        yield Trial(question.text.strip() if question.named else Path(SCENARIO), sets=question.sets)
    finally:
        os.chdir(before)


@dataclass(frozen=True)
class Answer:
    """A question that may enter: its key, what it is called, how many patients from which seed in how many arms; notes:
    what a reader should know of what is asked."""

    key: str
    title: str
    patients: int
    seed: int
    arms: int
    notes: tuple[str, ...] = ()


def answer(question: Question, folder: Path, limits: Limits) -> Answer:
    """Looks at a question as a run would, without running it. LivingDrugError, Refused for what cannot be."""
    from livingdrug.trial.run import USUAL

    question.refuse_files()
    question.refuse_twice()
    with warnings.catch_warnings(record=True) as told, laid(question, folder) as trial:
        warnings.simplefilter("always")
        sized(question, limits)
        resolved = trial.resolved
        own = resolved.own.size if resolved.own and resolved.trial.place("patients").ours else None
        patients = question.patients or own or resolved.patients or USUAL
        seed = resolved.seed if question.seed is None else question.seed
        if patients > limits.patients:
            said, place = f"{patients:,} patients are more than this server runs", resolved.trial.place("patients")
            where = "patients" if question.patients else None if own or place.ours else str(place) or None
            raise Refused(422, said, where=where, allowed=_most(limits.patients))
        if len(resolved.arms) > limits.arms:
            said, place = f"{len(resolved.arms)} arms are more than this server runs", resolved.trial.place("arm")
            where = None if getattr(place, "ours", False) else str(place) or None
            mend = "leave some out, or run it on the command line: livingdrug run"
            raise Refused(422, said, where=where, allowed=_most(limits.arms), mend=mend)
        trial.check()
        own_notes = [n for arm in resolved.arms for n in (*arm.resolved.notes_for(patients), *trial.design(arm).told)]
        key = key_of(replace(resolved, patients=patients, seed=seed))
    notes = dict.fromkeys([*(str(x.message) for x in told if issubclass(x.category, FutureWarning)), *own_notes])
    return Answer(key, trial.title, patients, seed, len(resolved.arms), tuple(notes))


def explanation(question: Question, folder: Path, path: str, arm: str | None) -> dict[str, Any]:
    """What every layer said of one path, as `livingdrug explain --json` does. LivingDrugError for what is unknown."""
    from livingdrug.scenario import explain

    question.refuse_files()
    with laid(question, folder) as trial:
        resolved = trial.resolved if arm is None else trial.resolved.arm(arm).resolved
        return explain(resolved, path).as_dict()


def retold(problem: LivingDrugError, limits: Limits) -> LivingDrugError:
    """The same in the words of a server: its own limits, and `set` for what the command line calls `--set`."""
    from livingdrug.spec.scenario import MOST_PATIENTS

    here = {"--set": "set", f"1 to {MOST_PATIENTS:,}": f"1 to {limits.patients:,}"}
    parts = {name: getattr(problem, name) for name in ("what", "where", "allowed", "nearest", "mend")}
    for name, said in parts.items():
        for ours, theirs in here.items():
            parts[name] = said = said.replace(ours, theirs) if said else said
    return Refused(getattr(problem, "status", 422), parts.pop("what"), **parts)


def sized(question: Question, limits: Limits) -> None:
    """ScenarioError for numbers of patients and seeds that cannot be."""
    from livingdrug.spec.scenario import MOST_SEED
    from livingdrug.whole import whole

    if question.patients is not None and not question.patients > limits.patients:
        whole(question.patients, "patients", 1, limits.patients, where="patients")
    if question.seed is not None:
        whole(question.seed, "seed", 0, MOST_SEED - 1, where="seed")


def key_of(resolved: Resolved) -> str:
    """The key of a scenario with its patients and seed: the run's own `scenario_hash`, and eight digits for what is
    told beside it (titles, published rows, this version and its equations), which a result shows as well."""
    from livingdrug.engine.cache import fingerprint

    models = [fingerprint(arm.resolved.model()) for arm in resolved.arms]
    arms = [_once(arm.resolved.as_dict()) | {"title": "", "patients": 0, "seed": 0} for arm in resolved.overridden]
    told = [_once(resolved.as_dict()), arms, models, __version__]
    text = json.dumps(_without_places(told), sort_keys=True, default=str)
    return f"{resolved.hash}-{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"


def _once(told: dict[str, Any]) -> dict[str, Any]:
    """Without the title of the trial built on, which a file with a title of its own covers (the run's own is told),
    and without the way in which a visitor's own number came: in the scenario or beside it."""
    numbers = {path: _own_number(p) if p.get("layer") in USERS else p for path, p in told["parameters"].items()}
    return told | {"trial": {k: x for k, x in told["trial"].items() if k != "title"}, "parameters": numbers}


def _own_number(number: dict[str, Any]) -> dict[str, Any]:
    why = str(number.get("why"))
    return number | {"layer": "", "why": "" if why.startswith("set in ") else why}


def _without_places(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {k: _without_places(x) for k, x in data.items() if k not in ("file", "line")}
    return [_without_places(x) for x in data] if isinstance(data, (list, tuple)) else data


def _most(number: int) -> str:
    return f"at most {number:,}"
