"""Prints a tissue: one loop over its shells for what happens in them, around which the kernel moves and diffuses.

Whatever is worked out is worked out at the states in the area X; `tissue` does so without, `tissue_and_slopes` with the
slope of each field's rate in itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from livingdrug.engine.codegen import ros34pw2
from livingdrug.engine.codegen.lower import System
from livingdrug.engine.codegen.places import Shells
from livingdrug.model.tissue import LEAST

KERNEL = "shells.py"
COSTLY = {"/", "("}  # in the text of a statement: a division or a function


def slots(system: System) -> dict[str, int]:
    """Areas of the workspace that a tissue needs, in numbers of each patient."""
    assert system.shells
    shells, states = system.shells, len(system.states)
    m, fields = shells.count, len(shells.fields)
    groups = len(shells.movers) + 1
    return {
        "X": states,
        **dict.fromkeys(("VOLUME", "RADIUS", "GROWN", "PUSHED", "SPREAD", "OUTSIDE", "RESISTANCE"), 1),
        **dict.fromkeys(("PER_VOLUME", "PER_RADIUS"), 1),
        "TOTAL": len(shells.totals),
        **dict.fromkeys(("GAIN", "LOSS", "SOURCE"), m),
        **dict.fromkeys(("RATIO", "PART"), m + 1),
        "LEVEL": m * len(shells.levels),
        "SHARED": m * len(shared(system)),
        **dict.fromkeys(("LOCAL", "DIAGONAL", "BEFORE_IT", "BEYOND_IT"), m * fields),
        **dict.fromkeys(("DRIFT", "SPREADS", "ROOM", "CLOSING", "OWN_OUT", "OWN_IN"), m * len(shells.movers)),
        **dict.fromkeys(("OUTWARD", "INWARD"), m * groups),
    }


def facts(shells: Shells, lanes: int) -> dict[str, object]:
    """Constants of the tissue's kernel."""
    return {
        "SHELLS": shells.count,
        "FIELDS": len(shells.fields),
        "FIRST": shells.first * lanes,
        "INVERSE_GAMMA": 1.0 / ros34pw2.GAMMA,
        "LEAST": LEAST,
    }


def groups(shells: Shells) -> list[int]:
    """Who moves alike: 0 what is only pushed, then each field that moves on its own."""
    movers = [f for f, *_ in shells.movers]
    return [movers.index(f) + 1 if f in movers else 0 for f in range(len(shells.fields))]


def shared(system: System) -> list[str]:
    """Costly values of a shell that decide a substance and are read again: worked out once, and kept beside it."""
    assert system.shells
    shells, hoisted = system.shells, {s.target for s in system.hoisted}
    local = {*shells.fields, *(x for n, x in shells.place.items() if n != "radius"), *(x.symbol for x in shells.levels)}
    for s in system.statements:
        if s.reads & local:
            local.add(s.target)
    seen: set[str] = set()
    found = []
    levels = [[x.gain, x.loss] for x in shells.levels]
    for targets in (*levels, [*shells.rates, *(total for _, total in shells.totals)]):
        needed = [s for s in system.needed(targets, hoisted) if s.target in local]
        found += [s.target for s in needed if s.target in seen and s.target not in found and COSTLY & set(s.text)]
        seen |= {s.target for s in needed}
    return found


class Printer:
    """The functions of a tissue. places: where names that do not differ between shells stand; kept: the hoisted."""

    def __init__(self, system: System, offset: Mapping[str, int], lanes: int, places: Mapping[str, str]) -> None:
        assert system.shells
        self.system, self.shells, self.offset, self.lanes = system, system.shells, offset, lanes
        self.places = dict(places)
        states = [p for i, p in enumerate(system.states) if not self.shells.has(i)]
        rows = dict(zip(states, system.rows, strict=True))
        self.outer = {system.names[p]: self._slot("X", i) for p, i in rows.items()}
        self.outer |= self.totals()
        self.inner = {n: self._shell("X", f, self.shells.first) for f, n in enumerate(self.shells.fields)}
        self.inner |= {x.symbol: self._shell("LEVEL", i) for i, x in enumerate(self.shells.levels)}
        self.shared = {n: self._shell("SHARED", i) for i, n in enumerate(shared(system))}
        self.kept: set[str] = set()  # of the shared, which the functions printed so far have worked out

    def totals(self) -> dict[str, str]:
        """Where what is of the whole tissue stands: its totals and its radius."""
        found = {symbol: self._slot("TOTAL", i) for i, (symbol, _) in enumerate(self.shells.totals)}
        return {**found, self.shells.place["radius"]: self._slot("RADIUS", 0)}

    def functions(self) -> list[str]:
        """`tissue`, `tissue_and_slopes` and what they call."""
        sources = [self._source(i) for i in range(len(self.shells.levels))]
        closing = [f"close(w, {i}, {f})" for i, (f, *_) in enumerate(self.shells.movers)]
        return [
            self._measure(),
            *sources,
            self._happening("happen", False),
            self._happening("happen_and_slopes", True),
            self._tissue("tissue", "happen"),
            self._tissue("tissue_and_slopes", "happen_and_slopes", *closing),
        ]

    def _slot(self, area: str, i: int) -> str:
        return f"w[{self.offset[area] + i * self.lanes} + l]"

    def _shell(self, area: str, i: int, first: int = 0) -> str:
        at = self.offset[area] + (first + i * self.shells.count) * self.lanes
        return f"w[{at} + s*{self.lanes} + l]"

    def _tissue(self, name: str, happening: str, *after: str) -> str:
        lines = ["measure(w)", "size_up(w)"]
        for i in range(len(self.shells.levels)):
            lines += [f"arise_{i}(w)", f"balance(w, {i})"]
        lines += [f"{happening}(w)", "push(w)", *(f"move(w, {i})" for i in range(len(self.shells.movers))), "carry(w)"]
        lines += after
        body = "\n".join(f"    {x}" for x in lines)
        return f'\n\n@compiled("void(float64[::1])")\ndef {name}(w):\n    """The tissue at X."""\n{body}\n'

    def _measure(self) -> str:
        """Volume of the tissue."""
        fills = [(n, t) for n, t in zip(self.shells.fields, self.shells.takes, strict=True) if t != "0.0"]
        filled = " + ".join(f"{n}*{t}" for n, t in fills)
        volume = self._slot("VOLUME", 0)
        return self._over_shells(
            "measure",
            "The volume that the cells of the tissue take up.",
            [*(n for n, _ in fills), *(t for _, t in fills)],
            [f"{volume} = {volume} + ({filled})"],
            [f"{volume} = 0.0"],
        )

    def _source(self, i: int) -> str:
        x = self.shells.levels[i]
        stores = [f"{self._shell('GAIN', 0)} = {x.gain}", f"{self._shell('LOSS', 0)} = {x.loss}"]
        for area, name in (("SPREAD", x.spread), ("OUTSIDE", x.outside), ("RESISTANCE", x.resistance)):
            stores.append(f"{self._slot(area, 0)} = {name}")
        doc = "What decides the level of a substance in every shell."
        return self._over_shells(f"arise_{i}", doc, [x.gain, x.loss, x.spread, x.outside, x.resistance], stores)

    def _happening(self, name: str, slopes: bool) -> str:
        shells = self.shells
        targets, stores = [*shells.rates], []
        for f, rate in enumerate(shells.rates):
            stores.append(f"{self._shell('LOCAL', f)} = {rate}")
        fills = [(r, t) for r, t in zip(shells.rates, shells.takes, strict=True) if t != "0.0"]
        targets += [t for _, t in fills]
        stores.append(f"filled = {' + '.join(f'{t}*({r})' for r, t in fills)}")
        stores.append(f"{self._shell('SOURCE', 0)} = filled")
        stores.append(f"{self._slot('GROWN', 0)} = {self._slot('GROWN', 0)} + filled")
        begin = [f"{self._slot('GROWN', 0)} = 0.0"]
        for i, (_, *moving) in enumerate(shells.movers):
            areas = ("DRIFT", "SPREADS", "ROOM", "CLOSING")[: 4 if slopes else 3]
            moving = moving[: len(areas)]
            targets += moving
            stores += [f"{self._shell(a, i)} = {x}" for a, x in zip(areas, moving, strict=True)]
        for i, (_, summand) in enumerate(shells.totals):
            targets.append(summand)
            stores.append(f"{self._slot('TOTAL', i)} = {self._slot('TOTAL', i)} + {summand}")
            begin.append(f"{self._slot('TOTAL', i)} = 0.0")
        if slopes:
            targets += shells.slopes.reads
            stores += shells.slopes.before
            stores += [f"{self._shell('DIAGONAL', f)} = {text}" for f, text in enumerate(shells.slopes.of)]
        return self._over_shells(
            name, "What happens in every shell, and what is summed over them.", targets, stores, begin
        )

    def _geometry(self) -> dict[str, str]:
        m = self.shells.count
        return {
            "share": f"(3.0*s*s + 3.0*s + 1.0)*{1.0 / m**3!r}",
            "volume": f"{self._slot('VOLUME', 0)}*((3.0*s*s + 3.0*s + 1.0)*{1.0 / m**3!r})",
            "depth": f"{self._slot('RADIUS', 0)}*(1.0 - (s + 0.5)*{1.0 / m!r})",
            "surface": f"1.0 if s == {m - 1} else 0.0",
        }

    def _over_shells(
        self, name: str, doc: str, targets: list[str], stores: list[str], begin: list[str] | None = None
    ) -> str:
        kept = {n: place for n, place in self.shared.items() if n in self.kept}
        places = {**self.places, **self.outer, **self.inner, **kept}
        places |= {self.shells.place[n]: text for n, text in self._geometry().items()}
        statements = self.system.needed(targets, {**self.places, **kept})
        if name.startswith("arise"):
            new = [s.target for s in statements if s.target in self.shared]
            stores = [*(f"{self.shared[n]} = {n}" for n in new), *stores]
            self.kept |= set(new)
        reads = {r for s in statements for r in s.reads} | set(targets)
        lines = [f"{n} = {text}" for n, text in places.items() if n in reads]
        lines += [*(f"{s.target} = {s.text}" for s in statements), *stores]
        head = f'\n\n@compiled("void(float64[::1])")\ndef {name}(w):\n    """{doc}"""\n    wide()\n'
        first = "".join(f"        {x}\n" for x in begin or [])
        first = f"    for l in across(LANES):\n{first}" if begin else ""
        body = "\n".join(f"            {x}" for x in lines)
        return f"{head}{first}    for s in range(SHELLS):\n        for l in across(LANES):\n{body}\n"


def led(function: str, *calls: str) -> str:
    """A function over lanes that calls others first."""
    return function.replace("    wide()\n", "    wide()\n" + "".join(f"    {c}\n" for c in calls), 1)


def with_tissue(system: System, functions: dict[str, str], printer: Printer) -> list[str]:
    """The functions of a model, by name, with those of its tissue: what each does for the tissue comes first."""
    at_once = ("look_at(w, YI)", "tissue(w)")
    begin = ("look_at(w, Y)", "tissue_and_slopes(w)", "clear_shells(w)", "add_shells(w)", "factor_shells(w)")
    first = {
        "begin": begin,
        "slope": ("look_at(w, YS)", "tissue(w)", "add_shells(w)"),
        "solve": ("solve_shells(w)",),
        "interpolate": ("interpolate_shells(w)",),
        "judge": ("add_up_errors(w)",),
    }
    symbols = set(printer.totals())
    reads = {
        "observe": system.observed,
        "conditions": [c.holds for c in system.conditions],
        "new_values": [s.value for s in system.settings],
        "rate_clones": system.rates,
    }
    for name, targets in reads.items():
        known = {r for s in system.needed(targets) for r in s.reads} | set(targets)
        if known & symbols:
            first[name] = at_once
    return [*printer.functions(), *(led(text, *first.get(name, ())) for name, text in functions.items())]
