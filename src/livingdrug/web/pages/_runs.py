"""A run as something to hand on: its scenario as one text, its link, the command that runs it."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from livingdrug import library
from livingdrug.errors import LivingDrugError
from livingdrug.library.located import Place, placed
from livingdrug.scenario import link
from livingdrug.scenario.draft import leaves
from livingdrug.scenario.saved import toml
from livingdrug.web.pages import _form

if TYPE_CHECKING:
    from livingdrug.web.jobs import Job


def scenario_of(job: Job) -> str:
    """The scenario of a run as one file's text, with its patients and seed."""
    text = f"trial = {toml(job.text.strip())}\n" if _named(job) else job.text
    words = {"patients": job.patients, "seed": job.seed}
    text = _with(text, {**{name: x for name, x in job.sets.items() if name == "title"}, **words})
    sets = {path: x for path, x in job.sets.items() if path not in (*words, "title")}
    if not sets:
        return text
    data = tomllib.loads(text)
    if "set" not in data:
        return f"{text}\n[set]\n" + "".join(f"{toml(path)} = {toml(x)}\n" for path, x in sets.items())
    own = {path: x for path, x, _ in leaves(placed(data["set"], Place("")), Place(""))}
    return _anew({**data, "set": {**own, **sets}})


def _named(job: Job) -> bool:
    """Whether a library trial was asked for by its name."""
    return "\n" not in job.text.strip() and "=" not in job.text


def told_of(job: Job) -> str:
    """The same for somebody else: what a run is called by itself stands in the text, so that the key is the same."""
    words = {"name": library.find("trials", job.text.strip()).name} if _named(job) else {}
    if _named(job) or job.sets:
        words["title"] = job.title
    return _with(scenario_of(job), words)


def _with(text: str, words: Mapping[str, str | int]) -> str:
    """The text with these words at its top where it says others, or none."""
    data = tomllib.loads(text)
    own = {name: x for name, x in words.items() if data.get(name) != x}
    lines = [line for line in text.split("\n") if line.partition("=")[0].strip() not in own]
    made = "\n".join([*(f"{name} = {toml(x)}" for name, x in own.items()), *lines])
    return made if _says(made, {**data, **own}) else _anew({**data, **own})


def _says(text: str, data: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == data
    except ValueError:
        return False


def _anew(data: Mapping[str, Any]) -> str:
    """A scenario written from its data; its remarks are lost."""
    return "".join(f"{toml(key)} = {toml(x)}\n" for key, x in data.items())


def piece_of(job: Job) -> str | None:
    """What the link to a run carries; None for a scenario too long for one."""
    try:
        return link.encode(told_of(job))
    except LivingDrugError:
        return None


def command(of: str, *words: str) -> str:
    """A command line, as one would type it."""
    return shlex.join(["livingdrug", "run", of, *words])


def command_of(job: Job) -> str:
    """The command that runs the same: a library trial with its changes, else the scenario's file."""
    form, _ = _form.shown(scenario_of(job))
    if form is None or form.arms:
        return command("scenario.toml")
    sets = [word for path, x in (*form.parts.items(), *form.values.items()) for word in ("--set", f"{path}={x}")]
    return command(form.trial, "--patients", str(job.patients), "--seed", str(job.seed), *sets)
