"""A run in words and tables: what was simulated, how it compares, who the patients were, what care they got."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug import cohort
from livingdrug.care.rules import rule_sentence, scheduled
from livingdrug.parameters import Source
from livingdrug.plot.tables import NONE
from livingdrug.plot.ticks import number
from livingdrug.report.speaker import speaker
from livingdrug.report.words import Words, capital, property_of, scales
from livingdrug.spec.clock import length
from livingdrug.spec.grammar import Call, Name, Node, calls
from livingdrug.units import of_unit
from livingdrug.version import __version__

if TYPE_CHECKING:
    from livingdrug.results.result import Result
    from livingdrug.scenario import Resolved

LOOKS = {"inside": ("inside", "●"), "outside": ("outside", "✕"), "not comparable": ("aside", "□")}
RUN_ON = (("Python", "python"), ("NumPy", "numpy"), ("", "system"), ("", "machine"))
GIVEN = "given"  # the function of expressions that counts doses
NOISE_FREE = ("Noise-free", "read from the simulated course itself, without the error of the assay")


@dataclass(frozen=True)
class Table:
    """A table of words: caption, heads of the columns, rows; notes: sentences under it."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


def glossary(result: Result, words: Words) -> list[tuple[str, str]]:
    """The page's words: those of the library files, its scales and its endpoints."""
    listed = list(words.glossary)
    graded = scales(result.resolved)
    if graded:
        more = "; the same patient may get another grade on another scale" if len(graded) > 1 else ""
        listed.append((", ".join(s.short for s in graded[::-1]), f"scales that grade {graded[0].graded}{more}"))
    listed_ends = [(e.name, e.title or "") for e in result.resolved.trial.endpoint]
    ends = [(name, title.lower()) for name, title in listed_ends if title and name.isupper()]
    if ends:
        listed.append((", ".join(name for name, _ in ends), ", ".join(title for _, title in ends)))
    return [*listed, NOISE_FREE]


def tally(measures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many rows lie inside: all comparable ones, those kept apart, those used in fitting."""
    comparable = [m for m in measures if m["verdict"] != "not comparable"]
    counted = (
        ("comparable measures within the 95 % prediction interval", comparable),
        ("kept apart from fitting (validation), within it", [m for m in comparable if not m["fitted"]]),
        ("used in fitting (calibration), within it", [m for m in comparable if m["fitted"]]),
    )
    return [
        {"words": words, "inside": sum(m["verdict"] == "inside" for m in rows), "of": len(rows)}
        for words, rows in counted
    ]


def row(measure: Mapping[str, Any], sources: Mapping[str, Source]) -> dict[str, Any]:
    """One measure, in words."""
    published = next(iter(measure["published"]), None)
    apart = measure["verdict"] == "not comparable"
    look, sign = LOOKS[measure["verdict"]]
    unit = of_unit(measure["unit"])
    return {
        "label": measure["title"],
        "simulated": "" if apart and measure["simulated"] is None else _spoken(measure, "simulated", unit),
        "published": _spoken(published, "value", unit) if published else "",
        "source": _cited(published, sources) if published else "",
        "verdict": measure["verdict"],
        "reason": capital(measure["reason"]),
        "fitted": measure["fitted"],
        "look": look,
        "sign": sign,
        **_of_sets(measure.get("plausible")),
    }


def _of_sets(plausible: Mapping[str, Any] | None) -> dict[str, str]:
    """The range over plausible values, and both together, in words; "" where there is none."""
    found = {}
    for key, name in (("values", "over_values"), ("both", "with_values")):
        ends = [plausible[f"{key}_{end}"] for end in ("low", "high")] if plausible else [None, None]
        told = ["not reached" if x is None else number(x) for x in ends]
        found[name] = "" if ends == [None, None] else "\u00a0to\u00a0".join(told)
    return found


def _spoken(entry: Mapping[str, Any], key: str, unit: str) -> str:
    """A value with its unit and interval."""
    value, low, high = entry[key], entry["low"], entry["high"]
    if value is None:
        return "not reached"
    after = f"\u00a0{unit}" if unit else ""
    if low is None and high is None:
        return number(value) + after
    ends = ["not reached" if x is None else number(x) for x in (low, high)]
    return f"{number(value)}{after} ({ends[0]}\u00a0to\u00a0{ends[1]})"


def _cited(published: Mapping[str, Any], sources: Mapping[str, Source]) -> str:
    source = sources.get(str(published["source"]))
    words = [_short(source) if source else published["source"], published.get("place"), published.get("cohort")]
    n = f"n\u00a0=\u00a0{published['n']}" if published["n"] else None
    exact = "exact binomial interval" if published.get("exact") else None
    span = (
        f"range {number(published['range'][0])} to {number(published['range'][1])}" if published.get("range") else None
    )
    return ", ".join(str(w) for w in (*words, n, exact, span) if w)


def _short(source: Source) -> str:
    """A source as one cites it in a table: authors or title, journal, year."""
    words = (source.more.get("authors") or source.title, source.more.get("journal"), source.year)
    return ", ".join(str(w) for w in words if w)


def what(result: Result, words: Words) -> list[str]:
    """One paragraph in plain words, and what the runner has to know of it."""
    resolved, counts = result.resolved, result.arm().counts
    product = resolved.product.title or result.product
    follow_up = length(resolved.protocol.follow_up)
    lost = counts["enrolled"] - counts["infused"]
    properties = [property_of(resolved, x, short=True) for x in resolved.covariates]
    varied = sum(p.variability is not None for p in resolved.parameters.values())
    population = resolved.population.title or "patients"
    such = f", such as how much {words.names['disease']} they carry and how fast it grows"
    said = [
        f"{counts['enrolled']:,} virtual patients were enrolled ({_small(population)}); "
        f"{counts['infused']:,} of them received {_small(product)}"
        + (f", {lost:,} were lost before infusion. " if lost else ". ")
        + f"Each was followed for {follow_up} after infusion or until death. No two are alike: they differ in "
        f"{', '.join(properties)}, and in {varied} numbers of the model{such if 'tumour' in resolved.modules else ''}. "
        "Doses, care rules, visits and the limits of the assays are those of the protocol, so that a relapse is found "
        "at a visit, as in life."
    ]
    if len(result.arms) > 1:
        names = [f"“{arm.title}”" for arm in result.arms.values()]
        said.append(
            f"There are {len(names)} arms: {', '.join(names[:-1])} and {names[-1]}. Every arm meets the same patients "
            "with the same random numbers, so that what differs is the arm. Unless an arm is named, the page shows "
            f"{names[0]}."
        )
    said += notes(result)
    if counts["failed"]:
        said.append(
            f"{counts['failed']:,} patients could not be simulated to the end; they are kept as rows with their code."
        )
    return said


def with_published(result: Result) -> list[str]:
    """Names of the arms that stand beside published rows of their own: the first, and those whose file gives some."""
    first, *others = result.resolved.arms
    own = [a.name for a in others if a.resolved.origins.get("published", (("", None, ""),))[-1][0].startswith("arm ")]
    return [first.name, *own]


def notes(result: Result) -> list[str]:
    """What a reader should know of a run, as sentences; what is so in some of the arms alone names them."""
    said = []
    for note in result.notes:
        named = [arm.title for arm in result.arms.values() if note in arm.notes]
        said.append(f"{capital(', '.join(named))}: {note}." if len(named) < len(result.arms) else f"{capital(note)}.")
    return [*said, *([f"{capital(result.few)}."] if result.few else [])]


def applicable(result: Result) -> tuple[list[str], list[tuple[str, str]]]:
    """Whether the model is applicable to what was asked, and what that rests on."""
    if not (judged := result.applicability):
        return [], []
    return [judged.summary], [
        (what if "." in what else capital(what.replace("_", " ")), words) for what, words in judged.points(None)
    ]


def baseline(result: Result) -> list[Table]:
    """The infused patients at the start, beside the published baseline, then each property."""
    arm = result.arm()
    infused = arm.columns["infused"] > 0
    ids = np.asarray(arm.columns["patient"])[infused]
    if not len(ids):
        return []
    tables = []
    rows = cohort.baseline_of(result.resolved, ids, result.seed).rows
    if rows:
        head = ("Baseline", "Simulated (95 % of trials of that size)", "Published", "Source")
        said = [(capital(r.measure), *_baseline(r), f"{r.source}, n = {r.n}") for r in rows]
        tables.append(Table(f"{len(ids):,} infused virtual patients beside the published baseline.", head, said))
    properties = []
    for name, covariate in result.resolved.covariates.items():
        if name not in arm.columns:
            continue
        values, unit = np.asarray(arm.columns[name], float)[infused], of_unit(covariate.unit)
        if set(np.unique(values)) <= {0.0, 1.0}:
            properties.append((capital(property_of(result.resolved, name)), f"{100 * values.mean():.0f} %", ""))
        else:
            low, middle, high = np.percentile(values, [5, 50, 95])
            properties.append(
                (
                    capital(property_of(result.resolved, name)),
                    f"{number(middle)} {unit}".strip(),
                    f"{number(low)} to {number(high)}",
                )
            )
    tables.append(
        Table(
            "Properties of the infused patients.",
            ("Property", "Median, or share", "Nine in ten lie within"),
            properties,
        )
    )
    return tables


def _baseline(row: Any) -> tuple[str, str]:
    times, unit = (100.0, " %") if row.share else (1.0, f" {of_unit(row.unit)}".rstrip())
    ours = f"{number(times * row.simulated)}{unit} ({number(times * row.low)} to {number(times * row.high)})"
    theirs = f"{number(times * row.published)}{unit}"
    if row.published_low is not None and row.published_high is not None:
        theirs += f" ({row.interval} {number(times * row.published_low)} to {number(times * row.published_high)})"
    return ours, theirs


def between(result: Result) -> tuple[list[str], list[Table]]:
    """What differs between the arms, in the same patients: that nothing does, or the table, with what its intervals
    are and what is alike."""
    if len(result.arms) < 2:
        return [], []
    compared = result.between_arms()
    if not compared.changed:
        return [told for told in (compared.same, compared.apart(of_unit)) if told], []
    head, *rows = compared.cells()
    rows = [
        (title, "" if unit == "" else of_unit(unit), *(NONE if x == "-" else x for x in values))
        for title, unit, *values in rows
    ]
    notes = [t for t in (compared.about, compared.same, compared.apart(of_unit)) if t]
    return [], [Table("Measures that differ between the arms.", head, rows, notes)]


def given(result: Result, words: Words) -> list[Table]:
    """What the simulated patients received, arm by arm, as shares of those infused."""
    watched = re.compile("|".join(rf"\b{re.escape(s.path)}\b" for s in words.shown.values() if s.care) or r"(?!)")
    signs = {w.key for w in result.resolved.protocol.watch if w.when and watched.search(w.when.text)}
    asked = [(c.name, c.value.node) for c in result.resolved.trial.column if _care(c.value.node, signs)]
    rows = []
    for name, node in asked:
        called = name.replace("_", " ")
        shares = []
        for arm in result.arms.values():
            if name not in arm.columns:
                shares.append(NONE)  # an arm that gets no cells
                continue
            values = np.asarray(arm.columns[name], float)[arm.columns["infused"] > 0]
            if not (isinstance(node, Call) and node.function == GIVEN):
                shares.append(f"{100 * np.mean(values > 0):.0f} %" if len(values) else "")
                continue
            days = np.asarray(
                arm.columns.get(name.replace("_doses", "_day"), np.full(len(arm.columns["infused"]), np.nan))
            )
            first = days[np.isfinite(days)]
            when = f", first on day {np.median(first):.1f} (median)" if len(first) else ""
            called = name.removesuffix("_doses")
            shares.append(f"{100 * np.mean(values > 0):.0f} %{when}" if len(values) else "")
        rows.append((capital(called), *shares))
    heads = ["Share of infused patients"] if len(result.arms) == 1 else [arm.title for arm in result.arms.values()]
    return [Table("Care that the simulated patients needed or received.", ("Care", *heads), rows)] if rows else []


def _care(node: Node, signs: set[str]) -> bool:
    """Whether a column counts doses, or how often a sign of care was seen."""
    if isinstance(node, Call) and node.function == GIVEN:
        return True
    counted = [c for c in calls(node) if c.function == "count"]
    return any(isinstance(c.arguments[0], Name) and c.arguments[0].path in signs for c in counted)


def rules(resolved: Resolved, words: Words) -> list[tuple[str, str]]:
    """Scheduled doses and care rules that give something, as sentences in the words of the library files."""
    told = speaker(resolved, words)
    said = [(capital(dose.name), scheduled(dose, told)) for dose in resolved.protocol.schedule]
    given = [rule for rule in resolved.protocol.rule if rule.do and rule.do.give]
    return said + [(capital(rule.name), rule_sentence(rule, told)) for rule in given]


def facts(result: Result) -> list[tuple[str, str]]:
    """What is needed to run this again, and what was run."""
    resolved, said = result.resolved, result.provenance
    kinds = Counter(p.kind for p in resolved.parameters.values())
    return [
        ("Version", f"livingdrug {said.get('livingdrug', __version__)}"),
        ("Seed", str(result.seed)),
        ("Scenario", f"{result.trial}, hash {said.get('scenario_hash', resolved.hash)}"),
        (
            "Built from",
            ", ".join(f"{part} {name}" for part, name in resolved.names.items() if not part.startswith("drug")),
        ),
        ("Mechanisms", ", ".join(stem.replace("_", " ") for stem in resolved.modules.values())),
        (
            "Numbers of the model",
            f"{len(resolved.parameters)}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()),
        ),
        ("Simulated", f"{sum(a.counts['infused'] for a in result.arms.values()):,} courses in {result.wall_s:.1f} s"),
        ("Run on", ", ".join(f"{word} {said[key]}" for word, key in RUN_ON if said.get(key))),
        ("Finished", str(said.get("finished", ""))),
    ]


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]
