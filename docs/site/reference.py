"""The reference, made from the package itself: its docstrings, its commands, and what its files may say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# What the reference of Python shows: a page, what it is about, and the names on it.
API: dict[str, tuple[str, str, list[str]]] = {
    "trial": (
        "Trials and results",
        "A virtual trial is run with :class:`livingdrug.Trial`, and read again with :func:`livingdrug.load`.",
        [
            "livingdrug.Trial",
            "livingdrug.load",
            "livingdrug.scoreboard",
            "livingdrug.results.result.Result",
            "livingdrug.results.result.ArmResult",
            "livingdrug.results.result.TimeToEvent",
            "livingdrug.trial.applicability.applicability",
            "livingdrug.trial.applicability.Applicability",
        ],
    ),
    "tables": (
        "Courses and tables",
        "What a result holds: quantities over time, and measures beside what was published.",
        [
            "livingdrug.results.courses.Courses",
            "livingdrug.results.columns.Columns",
            "livingdrug.results.comparison.Comparison",
            "livingdrug.results.comparison.Row",
            "livingdrug.results.arms.Arms",
            "livingdrug.results.arms.Compared",
            "livingdrug.results.arms.Difference",
            "livingdrug.results.sweep.Sweep",
            "livingdrug.results.sweep.Response",
            "livingdrug.results.scoreboard.Scoreboard",
            "livingdrug.results.score.Score",
            "livingdrug.results.score.Scored",
            "livingdrug.results.score.Naive",
            "livingdrug.results.score.TrialScore",
            "livingdrug.results.score.WrongTruthScore",
            "livingdrug.results.criteria.Criterion",
        ],
    ),
    "figures": (
        "Figures, one patient, predictive checks",
        "What :meth:`Result.plot` and :meth:`Result.vpc` give back, and the chart that both hold.",
        [
            "livingdrug.report.patient.OnePatient",
            "livingdrug.report.vpc.Check",
            "livingdrug.plot.Chart",
        ],
    ),
    "scenario": (
        "Scenarios, patients, library",
        "What a file says once every layer is laid, the patients that are drawn from it, and the library's entries.",
        [
            "livingdrug.scenario.resolve",
            "livingdrug.scenario.explain",
            "livingdrug.scenario.explain.Explanation",
            "livingdrug.scenario.Resolved",
            "livingdrug.scenario.Arm",
            "livingdrug.cohort.draw",
            "livingdrug.cohort.Cohort",
            "livingdrug.cohort.baseline",
            "livingdrug.cohort.BaselineTable",
            "livingdrug.library.find",
            "livingdrug.library.names",
            "livingdrug.library.also",
            "livingdrug.library.LibraryFile",
            "livingdrug.parameters.Parameter",
            "livingdrug.parameters.Source",
        ],
    ),
    "published": (
        "Published models and SBML",
        "The models that others published, and files of the exchange format.",
        [
            "livingdrug.published.entry.published",
            "livingdrug.published.entry.names",
            "livingdrug.published.entry.Published",
            "livingdrug.published.course.run",
            "livingdrug.published.course.Run",
            "livingdrug.published.integrate.Dose",
            "livingdrug.sbml.load",
            "livingdrug.sbml.Loaded",
            "livingdrug.sbml.Course",
            "livingdrug.sbml.read",
            "livingdrug.sbml.Imported",
            "livingdrug.sbml.write",
        ],
    ),
    "registry": (
        "The mirror of the registries",
        "Registered trials on your disk, read and searched.",
        [
            "livingdrug.registry.mirror.store.Store",
            "livingdrug.registry.records.study.Study",
            "livingdrug.registry.search.search.search",
            "livingdrug.registry.search.request.Request",
            "livingdrug.registry.search.search.Result",
            "livingdrug.registry.search.search.FoundStudy",
            "livingdrug.registry.reports.compare.compared",
            "livingdrug.registry.reports.portfolio.portfolio",
            "livingdrug.registry.reports.gaps.white_space",
            "livingdrug.registry.reports.watch.add_watch",
            "livingdrug.registry.search.own_labels.set_label",
        ],
    ),
    "model": (
        "The language of mechanisms",
        "What a file of biology is written in.",
        [f"livingdrug.model.{name}" for name in ("Module", "State", "Param", "Derived", "Covariate", "Reads")]
        + [f"livingdrug.model.{name}" for name in ("Publishes", "Entry", "Flow", "assemble", "Model")],
    ),
    "errors": (
        "Errors",
        "Every fault that a user can mend is one of these, and says what is wrong, where, what is allowed and how to "
        "mend it. The command line prints it and ends with exit code 2.",
        [
            f"livingdrug.errors.{name}"
            for name in (
                "LivingDrugError",
                "ScenarioError",
                "WiringError",
                "UnitError",
                "SourceError",
                "EngineError",
            )
        ],
    ),
}


def pages() -> dict[str, str]:
    """Every page of the reference, by its file."""
    return {**api(), "reference/cli.md": cli(), **files()}


def api() -> dict[str, str]:
    """Pages from docstrings."""
    import importlib

    found = {"reference/api/index.rst": _rst("Python", _short_list())}
    for page, (title, about, names) in API.items():
        parts = [about]
        for name in names:
            module, _, word = name.rpartition(".")
            thing = getattr(importlib.import_module(module), word)
            kind = "autoclass" if isinstance(thing, type) else "autofunction"
            members = "\n   :members:" if kind == "autoclass" else ""
            bases = "\n   :show-inheritance:" if isinstance(thing, type) and issubclass(thing, Exception) else ""
            parts.append(f"{word}\n{'-' * len(word)}\n\n.. {kind}:: {name}{members}{bases}")
        found[f"reference/api/{page}.rst"] = _rst(title, "\n\n".join(parts))
    return found


def _short_list() -> str:
    listed = "\n\n".join(f":doc:`{title} <{page}>`\n   {about}" for page, (title, about, _) in API.items())
    tree = ".. toctree::\n   :hidden:\n\n" + "\n".join(f"   {page}" for page in API)
    head = (
        "``import livingdrug`` gives ``Trial`` and ``load``; all else is imported from its module. In the examples "
        '``result`` is ``livingdrug.Trial("eliana").run(patients=60, seed=1)``.'
    )
    return f"{head}\n\n{listed}\n\n{tree}"


def _rst(title: str, text: str) -> str:
    return f"{title}\n{'=' * len(title)}\n\n{text}\n"


def cli() -> str:
    """Every command with its arguments and options, as `--help` has them."""
    import typer.main

    from livingdrug.cli import commands

    head = (
        "# Commands and options\n\nWhat `--help` says of each. How they behave: [the command line](../commands.md).\n"
    )
    return "\n".join([head, *_commands(typer.main.get_command(commands()), "livingdrug", 2)])


def _commands(command: Any, name: str, level: int) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    if not inner:
        yield f"{'#' * min(level, 3)} {name}\n\n{_prose(command.help)}\n\n{_options(command, name)}"
        return
    if level > 2:
        yield f"## {name}\n\n{_prose(command.help)}\n"
    for word, one in inner.items():
        yield from _commands(one, f"{name} {word}", level + 1 if hasattr(one, "commands") or level > 2 else 2)


def _options(command: Any, name: str) -> str:
    rows, words = [], []
    for p in command.params:
        if p.name == "help":
            continue
        if p.param_type_name == "argument":
            word = (p.metavar or p.name).upper().strip("[]") + ("..." if p.nargs == -1 else "")
            words.append(word if p.required else f"[{word}]")
            rows.append((f"`{word}`", p))
        else:
            kind = "" if p.is_flag else f" {p.metavar or p.name.upper()}"
            rows.append((", ".join(f"`{flag}{kind}`" for flag in (*p.opts, *p.secondary_opts)), p))
    usage = " ".join([name, *words, *(["[OPTIONS]"] if len(words) < len(rows) else [])])
    table = [f"| {what} | {_cell(_prose(p.help))}{_default(p)} |" for what, p in rows]
    return f"```text\n{usage}\n```\n\n" + "\n".join(["| argument or option | means |", "|---|---|", *table, ""])


def _default(p: Any) -> str:
    usual = p.default
    told = p.multiple or callable(usual) or usual in (None, False, "", ()) or "Ellipsis" in repr(usual)
    return "" if told or p.param_type_name == "argument" else f" Without it `{usual}`."


def files() -> dict[str, str]:
    """A page for each kind of library file, from the JSON Schema that `livingdrug schema` prints."""
    from livingdrug.spec.json_schema import KINDS, schema_of

    found = {}
    for kind in KINDS:
        schema = schema_of(kind)
        head = f"# {kind.replace('_', ' ').capitalize()} files\n\n{_prose(schema.get('description', ''))}\n\n" + (
            f"What `livingdrug schema {kind}` prints, as tables. "
            f"`livingdrug new {kind} NAME` writes such a file, and the guide is [the library](../../library.md).\n"
        )
        defined = schema.get("$defs", {})
        for name, needed in _needed(schema).items():
            defined[name]["required"] = needed
        parts = [head, _keys("Keys", schema)]
        parts += [f"{_keys(name, table, _where(name, schema))}" for name, table in sorted(defined.items())]
        found[f"reference/files/{kind}.md"] = "\n".join(parts)
    found["reference/files/index.md"] = (
        "# Keys of library files\n\nWhat each kind of TOML file may say.\n\n"
        + "```{toctree}\n"
        + "\n".join(KINDS)
        + "\n```\n"
    )
    return found


def _needed(schema: Mapping[str, Any]) -> dict[str, list[str]]:
    """What tables of a kind need in a file that is whole by itself, by the table's name."""
    found = {}
    for key, must in schema.get("then", {}).get("properties", {}).items():
        inside = must if "required" in must else next(iter(must.values()))
        found |= {name: inside["required"] for name in _refs(schema["properties"][key])}
    return found


def _where(name: str, schema: Mapping[str, Any]) -> str:
    """Under which keys a table of this kind stands."""
    owners = [("", schema), *((f"{n}: ", table) for n, table in schema.get("$defs", {}).items() if n != name)]
    keys = [f"{n}`{k}`" for n, table in owners for k, x in table.get("properties", {}).items() if name in _refs(x)]
    return f"Stands under {', '.join(keys)}." if keys else ""


def _refs(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return {str(x).rpartition("/")[2] for k, x in value.items() if k == "$ref"}.union(*map(_refs, value.values()))
    return set().union(*map(_refs, value)) if isinstance(value, list) else set()


def _keys(title: str, table: Mapping[str, Any], where: str = "") -> str:
    needed = set(table.get("required", ()))
    rows = [
        f"| `{key}` | {_type(x)}{' (needed)' if key in needed else ''}{_cell(_usual(x))} |"
        for key, x in table.get("properties", {}).items()
        if not x.get("deprecated")
    ]
    further = table.get("additionalProperties")
    if isinstance(further, Mapping) and "description" in further:
        rows.append(f"| any other name | {_type(further)} |")
    about = _prose(table.get("description", "")) if title != "Keys" else ""
    return "\n".join([f"## {title}\n", f"{about} {where}\n", "| key | holds |", "|---|---|", *rows, ""])


def _type(x: Mapping[str, Any]) -> str:
    """What a key holds, in words."""
    if "description" in x and "enum" not in x and not _refs(x):
        return _cell(_prose(x["description"]))
    if "$ref" in x:
        name = x["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    either = [y for y in x.get("anyOf", x.get("oneOf", ())) if y.get("type") != "null"]
    if either:
        return " or ".join(dict.fromkeys(map(_type, either)))
    if "enum" in x or "const" in x:
        return " / ".join(f"`{y}`" for y in x.get("enum", [x.get("const")]))
    if "$ref" in x.get("items", {}) or x.get("type") == "array" and "items" in x:
        return f"a list of: {_type(x['items'])}"
    if isinstance(x.get("additionalProperties"), Mapping):
        return f"a table of: {_type(x['additionalProperties'])}"
    kinds = {
        "object": "table",
        "array": "list",
        "string": "text",
        "boolean": "true or false",
        "integer": "whole number",
    }
    said = x.get("type", "anything")
    words = [kinds.get(k, k) for k in (said if isinstance(said, list) else [said])]
    return _cell(_prose(x.get("description", "") or " or ".join(words)))


def _usual(x: Mapping[str, Any]) -> str:
    """What holds where the key is left out, when that is a plain number or word."""
    usual = x.get("default")
    if not usual or not isinstance(usual, str | int | float):
        return ""
    days = " days" if isinstance(usual, float) and x.get("type") == "string" else ""
    return f"; without it `{usual}{days}`"


def _prose(text: str | None) -> str:
    """A text of the package as Markdown: whatever is in brackets or between < and > is meant as it stands."""
    return re.sub(r"([<>\[\]*|])", r"\\\1", " ".join((text or "").split()))


def _cell(text: str) -> str:
    return text.replace("\\|", "|").replace("|", "\\|")
