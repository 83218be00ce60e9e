"""The living figures: what each says (a TOML file beside its template), and the drawing that stands in the page before
its script runs, equal to the script's first frame.

The drawings are made by the process that `living.begin` starts; a page that comes before them shows the axes and says
so. `python -m livingdrug.web.figures` makes them by hand.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import unknown
from livingdrug.web import chances, crowds, drawn, living, making, moments

Floats = NDArray[np.float64]
Counted = tuple[Any, list[Any], Any, float | None]
"""Each person's group (0 is the worst), further yes or no, how ill within a group, and the middle of a number."""
STEP = 0.25  # [day] between the points of a course
OTHER = {"usual": "usual", "without": "without the drug"}
FOR_READERS = ("input", "limits", "under", "columns", "axis")  # what the script does not need


@cache
def names() -> tuple[str, ...]:
    """All figures, found by their files."""
    return tuple(sorted(p.stem for p in living.folder().glob("*.toml") if not p.name.startswith("_")))


@cache
def spec(name: str) -> dict[str, Any]:
    """What a figure says, completed by what all of its kind share."""
    if name not in names():
        raise unknown("living figure", name, names())
    read = tomllib.loads((living.folder() / f"{name}.toml").read_text(encoding="utf-8"))
    kind = read.setdefault("kind", "curves")
    read.setdefault("model", "")
    read["walk"] = WALKS[kind](read)
    read["digits"] = {n: m.get("digits", 0) for n, m in read.get("measures", {}).items()} | {
        "curves": {},
        "people": {},
        "rate": {"low": 0, "high": 0, "width": 0, "below": 0},
        "survival": {"share": 0},
        "moments": dict.fromkeys(("hour", "alive", "little", "dead", "car", "start"), 0),
    }[kind]
    if button := read.get("button"):
        read.setdefault("label", button.get("label", ""))
        if "gives" not in button:
            button["first"] = 1
    read["columns"] = _columns(read)
    if kind == "moments":
        read |= {"across": moments.ACROSS, "up": moments.UP, "slices": moments.SLICES}
    if kind == "curves":
        read["axis"] = _axis(read)
        read.setdefault("label", "tocilizumab, day {when}" if _drug(read) else "")
        read["other"] = OTHER.get(read["compare"], "")
    return read


def _columns(read: Mapping[str, Any]) -> list[str]:
    """The heads of the table."""
    if "columns" in read:
        return list(read["columns"])
    if read["kind"] == "people":
        return ["Group", "People of 100"]
    if read["kind"] == "rate":
        return ["Trial", "Responses", "Rate seen, %", "Interval from, %", "to, %"]
    if read["kind"] == "survival":
        return ["Person", "Months", "What happened", "At risk before", "Share after, %"]
    other = OTHER.get(read["compare"])
    now = [p["name"] for p in read["panel"]]
    return ["Day", *now, *(f"{other}: {n}" for n in now if other)]


def _axis(read: Mapping[str, Any]) -> list[int]:
    """The days written under the axis: weeks, or months where it is long."""
    start, end = read["days"]
    if end > 100:
        return [0, 91, 183, 274, 365]
    step = 7 if end - start <= 35 else 14
    return [*range(start, end + 1, step), *((42, 60) if read.get("longer") else ())]


def _drug(read: Mapping[str, Any]) -> str | None:
    """The drug whose day a slider or a button sets."""
    slider = next((s for s in read.get("slider", []) if "day_of" in s), None)
    return slider["day_of"] if slider else read.get("button", {}).get("gives")


WALKS = {
    "curves": lambda f: {
        "name": "day", "low": f["days"][0], "high": f["days"][1], "step": f.get("step", STEP), "first": f["day"],
        "label": f["scrub"], "short": "Day", "most": f.get("longer", f["days"][1]), "unit": "day",
    },
    "people": lambda f: {
        "name": "person", "low": 1, "high": 100, "step": 1, "first": 1, "short": "Person", "most": 100, "unit": "",
        "label": "Person to look at; arrow keys go one person",
    },
    "rate": lambda f: {
        "name": "trial", "low": 1, "high": 20, "step": 1, "first": 1, "short": "Trial", "most": 20, "unit": "",
        "label": "Virtual trial to look at; arrow keys go one trial",
    },
    "survival": lambda f: {
        "name": "k", "low": 0, "high": 12, "step": 1, "first": 12, "short": "Person", "most": 40, "unit": "", "of": "n",
        "label": f["scrub"],
    },
    "moments": lambda f: {
        "name": "moment", "low": 1, "high": 6, "step": 1, "first": 3, "short": "Moment", "most": 6, "unit": "",
        "label": f["scrub"],
    },
}  # fmt: skip
"""How each kind of figure is walked through point by point."""


def first(figure: Mapping[str, Any]) -> dict[str, Any]:
    """The state that a figure has at first."""
    state = {x["name"]: x["first"] for x in (*figure.get("slider", []), *figure.get("choice", []))}
    if button := figure.get("button"):
        state[button["name"]] = button.get("first", float("nan"))
    return {**state, figure["walk"]["name"]: figure["walk"]["first"]}


def words(name: str) -> tuple[str, ...]:
    """What an address may say of a figure's state, as `state.js` reads and writes it."""
    figure = spec(name)
    return (*first(figure), *(["longer"] if figure.get("longer") else []))


# ---- courses of a figure -----------------------------------------------------------------------------------------


def ask(figure: Mapping[str, Any], state: Mapping[str, Any], own: Mapping[str, float] | None = None) -> living.Asked:
    """What the model is asked for at this state, as in `course.js`; own: a person's numbers, else the typical ones."""
    made = living.therapy(figure["model"])
    values, given, amounts, days = dict(own or {}), dict(made.given), {}, {}
    for choice in figure.get("choice", []):
        if choice.get("class"):
            values |= made.classes[state[choice["name"]]]
        for name in choice.get("omits", {}).get(state[choice["name"]], []):
            given.pop(name)
    for slider in figure.get("slider", []):
        x = state[slider["name"]]
        if path := slider.get("sets"):
            x_of = x * slider["times"]
            usual = made.values[living.known(path, made.values)]
            values[path] = values[path] * x_of / usual if own and path in values else x_of
        if "gives" in slider:
            amounts[slider["gives"]] = x * slider["times"]
        if "day_of" in slider:
            days[slider["day_of"]] = (x,)
        for path, weight in made.latent[slider["latent"]].items() if "latent" in slider else ():
            values[path] = values.get(path, made.values[path]) * float(np.exp(weight * x))
    button = figure.get("button", {})
    if "gives" in button and np.isfinite(state[button["name"]]):
        days[button["gives"]] = (state[button["name"]],)
    body = {n: values.get(n, made.typical[n]) for n in ("weight", "bsa")}
    doses = [
        (day, dose.into, amount, dose.over)
        for name, dose in given.items()
        for day in days.get(name, dose.days)
        if (amount := dose.of(body, amounts.get(name))) > 0
    ]
    return living.Asked(values, tuple(doses))


def otherwise(figure: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, Any]] | None:
    """The figure and state of the thin dashes; None where there are none."""
    if figure["compare"] == "usual":
        return dict(figure), first(figure)
    if figure["compare"] == "without":
        rest = [s for s in figure["slider"] if "day_of" not in s]
        return {**figure, "slider": rest, "button": {}}, state
    return None


def times(figure: Mapping[str, Any]) -> Floats:
    """The days [day] at which a course is shown (n,)."""
    start, end, step = figure["days"][0], figure.get("longer", figure["days"][1]), figure.get("step", STEP)
    return start + step * np.arange(round((end - start) / step) + 1)


def lines(figure: Mapping[str, Any], state: Mapping[str, Any]) -> list[Floats]:
    """The line of each panel (n,), in the unit that is shown."""
    if figure["model"] == "making":
        return making.lines(figure, state, times(figure))
    scales = {p["scale"]: living.scale(p["scale"]) for p in figure["panel"] if "scale" in p}
    read = {path for s in scales.values() for path in _paths(s)} | {p["shown"] for p in figure["panel"] if "shown" in p}
    seen = sorted(({*read, *figure.get("also", [])}) & set(living.asked(figure["model"])["seen"]))
    at = times(figure)
    found = dict(zip(seen, living.courses([ask(figure, state)], at, seen, of=figure["model"])[0].T))
    made = [
        graded(scales[p["scale"]], found)
        if "scale" in p
        else found[p["shown"]] * p.get("scale_by", 1) + p.get("plus", 0)
        if p["shown"] in found
        else np.zeros(0)
        for p in figure["panel"]
    ]
    return (
        chances.survivors(made, found, state, at) if "survivors" in {p.get("shown") for p in figure["panel"]} else made
    )


def _paths(x: Any) -> set[str]:
    if isinstance(x, dict):
        return _paths(list(x.values()))
    if isinstance(x, list):
        return {p for part in x for p in _paths(part)}
    return {x} if isinstance(x, str) and "." in x else set()


def graded(scale: Mapping[str, Any], found: Mapping[str, Floats]) -> Floats:
    """The grade at each time: 0 until the scale's entry has been met once, then the worst that holds."""
    compare = {">=": np.greater_equal, ">": np.greater, "<": np.less, "<=": np.less_equal}

    def holds(x: Any) -> Any:
        if not isinstance(x, list):
            return found[x] if isinstance(x, str) else x
        sign, left, right = x[0], holds(x[1]), holds(x[2])
        return {"and": np.logical_and, "or": np.logical_or, **compare}[sign](left, right)

    entered = np.maximum.accumulate(holds(scale["entry"]), axis=-1)
    grade = np.zeros(entered.shape)
    for level, when in scale["grades"]:
        grade = np.maximum(grade, np.where(holds(when), float(level), 0.0))
    return np.where(entered, grade, 0.0)


# ---- the drawings before a script runs ---------------------------------------------------------------------------


def still(name: str) -> dict[str, Any]:
    """A figure's first frame: sentence, paths, table, inputs."""
    figure = spec(name)
    made = STILL[figure["kind"]](figure, first(figure))
    return {**made, "input": [_input(row, figure["model"]) for row in figure["input"]], "kinds": _kinds(figure)}


def _curves(figure: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    at, now = times(figure), lines(figure, state)
    other = otherwise(figure, state)
    before = lines(*other) if other else now
    same = not other or (other[0]["slider"] == figure["slider"] and figure["compare"] == "usual") or "button" in figure
    numbers = {**state, **drawn.measured(figure["measures"], at, now, before)}
    panels = [_panel(figure, i, state["day"], at, now, None if same else before) for i in range(len(figure["panel"]))]
    both = [*now, *before] if other else now
    digits = [p["digits"] for p in figure["panel"]] * (2 if other else 1)
    rows = [
        [drawn.as_set(day), *(drawn.said(float(line[drawn.at(at, day)]), d) for line, d in zip(both, digits))]
        for day in figure["rows"]
    ]
    return {"finding": drawn.sentence(figure["says"], numbers, figure["digits"]), "panels": panels, "rows": rows}


def _panel(
    figure: Mapping[str, Any], i: int, day: float, at: Floats, now: list[Floats], before: list[Floats] | None
) -> dict[str, Any]:
    """One panel of the first frame: its paths, where the dot stands, and the top of its scale."""
    panel = figure["panel"][i]
    base = panel.get("over", i)
    scale = figure["panel"][base]
    up, thin = scale.get("range", [0, 1]), figure.get("thin", 1)
    if "tops" in scale:
        up = [0, drawn.top(scale, now[base], *([before[base]] if before else []))]

    last = first(figure).get(figure.get("along", {}).get("most"))  # day of a line's end: what is made is done by then

    def path(line: Floats) -> str:
        xs, ys = drawn.stairs(at, line) if "scale" in panel else (at[::thin], drawn.scaled(panel, line)[::thin])
        return drawn.curve(xs, ys, figure["days"], up, last)

    height = drawn.scaled(panel, now[i])[drawn.at(at, day)]
    return {
        "d": path(now[i]),
        "before": path(before[i]) if before else "",
        "y": drawn.percent(-height, -up[1], -up[0]),
        "top": up[1],
    }


def _people(figure: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    groups, more, ill, middle = CROWDS[figure["counts"]](figure, state)
    order = sorted(range(len(groups)), key=lambda i: (groups[i], -ill[i], i))
    counts = [int((groups == g).sum()) for g in range(len(figure["group"]))]
    mores = [int(row.sum()) for row in more]
    numbers = {**state, **{f"n{g}": n for g, n in enumerate(counts)}, **{f"more{k}": n for k, n in enumerate(mores)}}
    words = [*(g["words"] for g in figure["group"]), *(m["words"] for m in figure.get("more", []))]
    rows = [[word, str(n)] for word, n in zip(words, [*counts, *mores])]
    if middle is not None:
        numbers[figure["middle"]] = middle
        rows.append(["first sign, day, in the middle of those hit", drawn.as_set(middle)])
    return {
        "finding": drawn.sentence(figure["says"], numbers, {}),
        "order": order,
        "people": [figure["group"][groups[i]]["class"] for i in order],
        "counts": counts,
        "rows": rows,
    }


def _courses_of(figure: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[list[living.Asked], Floats]:
    """What the model is asked for of each of the hundred people, and the days that are looked at."""
    people = living.therapy().people
    model = living.therapy().model
    paths = [p for p in (*model.parameters, *model.covariates)]
    asked = []
    for i in range(len(people)):
        own = {p: float(people.of(p)[i]) for p in paths}
        asked.append(
            ask(figure, state, {**own, "weight": float(people.of("weight")[i]), "bsa": float(people.of("bsa")[i])})
        )
    at = figure["step"] * np.arange(round(figure["days"][1] / figure["step"]) + 1)
    return asked, at


def _remission(figure: Mapping[str, Any], state: Mapping[str, Any]) -> Counted:
    asked, at = _courses_of(figure, state)
    limits = [living.therapy().resolved.parameters[p].value for p in living.asked()["limits"]]
    left = living.courses(asked, at, ["tumour.blasts"], rtol=1e-6)[:, -1, 0]
    return np.digitize(left, limits), [], -left, None


def _release(figure: Mapping[str, Any], state: Mapping[str, Any]) -> Counted:
    asked, at = _courses_of(figure, state)
    scales = [living.scale("astct"), living.scale("icans")]
    seen = sorted(_paths(scales))
    found = dict(zip(seen, np.moveaxis(living.courses(asked, at, seen, rtol=1e-6), 2, 0)))
    worst, mind = (graded(s, found).max(axis=1) for s in scales)
    groups = np.where(worst >= 3, 0, np.where(worst >= 1, 1, 2))
    return groups, [mind >= 1, mind >= 3], worst * 10 + found["physiology.pressor_index"].max(axis=1), None


def _first_grade(figure: Mapping[str, Any], state: Mapping[str, Any]) -> Counted:
    """By the worst grade; how many had their first before or after a day; the middle of the first days."""
    scale = living.scale(figure["scale"])
    at = figure["step"] * np.arange(round(figure["days"][1] / figure["step"]) + 1)
    grade = graded(scale, crowds.courses(figure, state, at, sorted(_paths(scale))))
    worst, hit = grade.max(axis=1), (grade >= 1).any(axis=1)
    first = np.where(hit, at[(grade >= 1).argmax(axis=1)], np.nan)
    with np.errstate(invalid="ignore"):
        more = [first < m["before"] if "before" in m else first >= m["after"] for m in figure["more"]]
    known = np.sort(first[hit])
    middle = float(known[(len(known) - 1) // 2]) if len(known) else float("nan")
    return np.where(worst >= 3, 0, np.where(worst >= 1, 1, 2)), more, worst, middle


CROWDS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Counted]] = {
    "remission": _remission, "release": _release, "waiting": making.waiting, "first grade": _first_grade,
}  # fmt: skip
"""What is counted, by name."""
STILL = {
    "curves": _curves,
    "people": _people,
    "rate": chances.rate,
    "survival": chances.survival,
    "moments": moments.still,
}


def _made(model: str) -> Any:
    """What a figure runs: the steps before infusion, or a therapy."""
    return making.making() if model == "making" else living.therapy(model)


def _input(row: Mapping[str, Any], model: str) -> dict[str, str]:
    """One input with its kind and source, as the library says."""
    made = _made(model)
    protocol = made.resolved.protocol
    if "scale" in row:
        file = living.scale_file(row["scale"])
        return {"kind": "measured", "words": row["words"], "says": str(file.sources[file.grade[0].source])}
    if "path" in row:
        p = made.resolved.parameters[row["path"]]
        if "class" in row:
            p = made.of_class(row["class"])[row["path"]]
        says = [str(p.reference) if p.reference else "", p.where or "", p.why or ""]
        return {"kind": p.kind, "words": row["words"], "says": "; ".join(filter(None, says))}
    if "kind" in row:
        return {"kind": row["kind"], "words": row["words"], "says": row["says"]}
    named = living.asked("" if model == "making" else model)["given"]
    given = next(named[row[k]] for k in ("dose", "schedule", "rule") if k in row)
    rows: Any = protocol.schedule if "schedule" in given else protocol.rule
    found = next(x for x in rows if x.name == given.get("schedule", given.get("rule")))
    source = str(protocol.sources[found.source]) if found.source else ""
    kind = found.kind or ("measured" if found.source else "assumed")
    return {
        "kind": kind,
        "words": row["words"],
        "says": "; ".join(filter(None, [source, found.where or "", found.why or ""])),
    }


def _kinds(figure: Mapping[str, Any]) -> dict[str, int]:
    """How many of the model's numbers are measured, fitted, derived, assumed."""
    from livingdrug.parameters import KINDS

    if figure["kind"] in ("rate", "survival", "moments"):
        return {}
    made = _made(figure["model"])
    rests = made.rests_on if figure["model"] == "making" else made.model.parameters
    found = [made.resolved.parameters[p].kind for p in rests if p in made.model.parameters]
    return {kind: found.count(kind) for kind in KINDS}


@cache
def _stills() -> dict[str, Any]:
    return json.loads(living.kept(living.STILLS).read_text(encoding="utf-8"))


def shown(name: str) -> dict[str, Any]:
    """What a template needs of a figure: `spec`, `first` (its state), `still` (None until it is made), `data` for the
    script."""
    figure = spec(name)
    ready = living.kept(living.STILLS).exists()
    if not ready:
        living.begin()
    drawing = _stills()[name] if ready else None
    data = {k: x for k, x in figure.items() if k not in FOR_READERS}
    if figure["kind"] == "people":
        data["order"] = drawing["order"] if drawing else list(range(figure["walk"]["high"]))
    start, figure = first(figure), _filled(figure, drawing)
    panels = figure["panel"]
    own = [i for i, p in enumerate(panels) if not p["hidden"] and p["over"] is None]
    seen = [p for p in panels if not p["hidden"]]
    return {
        "name": name,
        "spec": figure,
        "first": start,
        "still": drawing,
        "data": data,
        "drawn": own,
        "readings": len(seen),
    }


FIGURE = {"longer": 0, "choice": [], "slider": [], "panel": [], "button": None, "label": "", "compare": "none"}
PANEL = {"hidden": False, "over": None, "class": "model", "mark": None}
SLIDER = {"log": False, "whole": False, "step": "any"}


def _filled(figure: Mapping[str, Any], drawing: Mapping[str, Any] | None) -> dict[str, Any]:
    """The figure with every word that a template may ask for."""
    whole = {**FIGURE, **figure}

    def scale(i: int, panel: Mapping[str, Any]) -> dict[str, Any]:
        if "tops" not in panel:
            return {}
        top = drawing["panels"][i]["top"] if drawing else panel["tops"][0]
        return {"range": [0, top], "ticks": [0, top / 2, top]}

    return {
        **whole,
        "panel": [{**PANEL, **p, **scale(i, p)} for i, p in enumerate(whole["panel"])],
        "slider": [{**SLIDER, **x} for x in whole["slider"]],
    }


def make() -> None:
    """Makes what the pages wait for: the modules, then the drawings."""
    for text in (living.module, living.people, making.module, making.crowd):
        text()
    for model in living.asked()["more"]:
        living.module(model)
    for trial in crowds.trials():
        crowds.module(trial)
    living.kept_text(living.STILLS, lambda: json.dumps({name: still(name) for name in names()}, ensure_ascii=False))


if __name__ == "__main__":
    make()
