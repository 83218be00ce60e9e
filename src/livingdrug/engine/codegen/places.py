"""The equations of a tissue, written once for every shell of it.

Names of a place (its geometry, cells, substances) are symbols like any other; what reads one of them is worked out in a
loop over the shells, and what the rest of the model needs of it is summed there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livingdrug.errors import EngineError, WiringError

if TYPE_CHECKING:
    from livingdrug.engine.codegen.expressions import Sheet
    from livingdrug.model import Model


@dataclass(frozen=True)
class Level:
    """A substance: the symbol of its level, and the names of what decides it."""

    symbol: str
    spread: str
    gain: str
    loss: str
    outside: str
    resistance: str


@dataclass(frozen=True)
class Slopes:
    """An expression for each field, what is worked out before them, and the names that both read."""

    of: tuple[str, ...]
    before: tuple[str, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Shells:
    """A tissue ready to be printed; names are those of values in one shell.

    first: place of the first shell's first field among the states; fields: symbol of each, whose shells follow one
    another; rates: its rate of change but for transport; slopes: of that in itself; takes: tissue a cell takes up,
    "0.0" for none; movers: (field, drift, spread, room, the room's slope in the field itself);
    totals: (symbol, summand); place: symbols of the geometry.
    """

    count: int
    first: int
    fields: tuple[str, ...]
    rates: tuple[str, ...]
    slopes: Slopes
    takes: tuple[str, ...]
    movers: tuple[tuple[int, str, str, str, str], ...]
    levels: tuple[Level, ...]
    totals: tuple[tuple[str, str], ...]
    place: dict[str, str]

    def has(self, state: int) -> bool:
        """Whether a state is one of the tissue's."""
        return self.first <= state < self.first + self.count * len(self.fields)


class Places:
    """What a model says of its tissue; of a model without one, nothing."""

    def __init__(self, model: Model) -> None:
        from livingdrug.model import Substance, Total
        from livingdrug.model.tissue import PLACE

        self.model = model
        self.count = model.declared[model.tissue].shells if model.tissue else 0  # type: ignore[attr-defined]
        inside = model.declared if model.tissue else {}
        self.levels = [p for p, d in inside.items() if isinstance(d, Substance)]
        self.sums = [p for p, d in inside.items() if isinstance(d, Total)]
        self.geometry = [f"{model.tissue}.{x}" for x in PLACE] if model.tissue else []
        self.paths = (*self.levels, *self.sums, *self.geometry)
        self.states = tuple(f"{p}[{s}]" for p in model.fields for s in range(self.count))
        self.added: list[Any] = []  # rates of cells that enter or leave the tissue, to be summed over the shells
        self.local: set[Any] = set()

    def values(self, symbols: dict[str, Any]) -> dict[str, Any]:
        """The symbols, and the place made of them."""
        from livingdrug.model import Place

        self.symbols = symbols
        if not self.model.tissue:
            return symbols
        geometry = {p.rpartition(".")[2]: symbols[p] for p in self.geometry}
        outer = {p: x for p, x in symbols.items() if p not in self.geometry}
        self.local = {symbols[p] for p in (*self.model.fields, *self.levels)}
        self.local |= {x for n, x in geometry.items() if n != "radius"}
        return {**outer, self.model.tissue: Place(**geometry)}

    def whole(self, e: Any) -> Any:
        """An expression of the whole model: each of its terms that reads a place is summed over the shells."""
        import sympy

        if not self.local or not sympy.sympify(e).free_symbols & self.local:
            return e
        there = [t for t in sympy.Add.make_args(e) if t.free_symbols & self.local]
        self.added.append(sympy.Add(*there))
        return e - self.added[-1] + self._sum(len(self.added) - 1)

    def _sum(self, i: int) -> Any:
        import sympy

        return sympy.Symbol(f"summed_{i}")

    def same_everywhere(self, path: str, e: Any) -> Any:
        """A quantity that is seen from outside, which may not read a place."""
        import sympy

        if self.local and sympy.sympify(e).free_symbols & self.local:
            raise WiringError(
                f"'{path}' differs from place to place in the tissue",
                mend='publish a Total: Total("unit", "what", of=)',
            )
        return e

    def expressions(self, derivatives: Mapping[str, Any]) -> list[Any]:
        """Everything that is worked out in a shell, in the order in which `shells` takes it."""
        if not self.model.tissue:
            return []
        found = self.model.places({p: x for p, x in self._known().items()})
        self.found = {p: {n: self._ordered(p, x) for n, x in parts.items()} for p, parts in found.items()}
        fields = self.model.fields
        for path in fields:
            self._known_by_then(path, derivatives[path], self.sums)
        return [
            *(derivatives[p] for p in fields),
            *(self.found[p].get("takes", 0.0) for p in fields),
            *(self.found[p].get(n, x) for p in self._movers() for n, x in MOVING.items()),
            *(self.found[p].get(n, 0.0) for p in self.levels for n in PARTS),
            *(self.found[p]["of"] for p in self.sums),
            *self.added,
        ]

    def _known(self) -> dict[str, Any]:
        from livingdrug.model import Place

        geometry = Place(*(self.symbols[p] for p in self.geometry))
        return {**{p: x for p, x in self.symbols.items() if p not in self.geometry}, str(self.model.tissue): geometry}

    def _ordered(self, path: str, e: Any) -> Any:
        """A formula as it is, if it reads nothing that comes after it."""
        later = self.levels[self.levels.index(path) :] if path in self.levels else []
        self._known_by_then(path, e, [*later, *self.sums])
        return e

    def _known_by_then(self, path: str, e: Any, later: Sequence[str]) -> None:
        """WiringError where an expression reads what is only worked out after it: substances in the order in which they
        are declared, then rates, then totals."""
        import sympy

        for other in later:
            if self.symbols[other] in sympy.sympify(e).free_symbols:
                raise WiringError(
                    f"what happens to '{path}' in a place reads '{other}', which is worked out after it",
                    mend="declare the substance that is read first; let a state follow the total that is read",
                )

    def _slopes(self, sheet: Sheet, rates: Sequence[str], fields: Sequence[str], levels: Sequence[Level]) -> Slopes:
        """The slope of each rate in its own field: directly, and through each substance that fields use up or give off.

        A substance ties these fields together: each is given the slope of all of them, which damps what they do in
        common. Its level is taken as replaced from the neighbouring shells as they are.
        """
        texts = [sheet.slope(r, f) for r, f in zip(rates, fields, strict=True)]
        reads, before = list(texts), []
        for i, x in enumerate(levels):
            acts = {f: (sheet.slope(x.gain, f), sheet.slope(x.loss, f)) for f in fields}
            acting = [f for f in fields if acts[f] != ("0.0", "0.0")]
            through = [sheet.slope(r, x.symbol) for r, f in zip(rates, fields, strict=True) if f in acting]
            through = [t for t in through if t != "0.0"]
            if not through:
                continue
            radius = str(self.symbols[f"{self.model.tissue}.radius"])
            held = f"{x.loss} + {2.0 * self.count**2!r}*{x.spread}/({radius}*{radius})"
            before.append(f"feedback_{i} = ({' + '.join(through)})/({held})")
            reads += [*through, x.symbol, x.loss, x.spread, radius]
            for k, f in enumerate(fields):
                if f in acting:
                    gain, loss = acts[f]
                    texts[k] += f" + feedback_{i}*({gain} - {x.symbol}*{loss})"
                    reads += [gain, loss]
        return Slopes(tuple(texts), tuple(before), tuple(reads))

    def _movers(self) -> list[str]:
        return [p for p in self.model.fields if self.model.declared[p].moves]  # type: ignore[attr-defined]

    def check_doses(self) -> None:
        """EngineError where a dose lands in the tissue itself."""
        from livingdrug.model import Entry

        for path, d in self.model.declared.items():
            if isinstance(d, Entry):
                for state in d.into:
                    if f"{path.rpartition('.')[0]}.{state}" in self.model.fields:
                        raise EngineError(
                            f"the entry '{path}' lands in '{state}', which is in every shell of a tissue",
                            mend="let it land in a state outside, from which a flow leads into the tissue",
                        )

    def shells(
        self, there: Sequence[str], names: Mapping[str, str], sheet: Sheet, states: tuple[str, ...]
    ) -> Shells | None:
        """The tissue, from the names that hold its expressions."""
        if not self.model.tissue:
            return None
        fields, movers = self.model.fields, self._movers()
        given = iter(there)
        rates = tuple(next(given) for _ in fields)
        takes = tuple(next(given) for _ in fields)
        moving = []
        for p in movers:
            drift, spread, room = (next(given) for _ in MOVING)
            moving.append((fields.index(p), drift, spread, room, sheet.slope(room, names[p])))
        levels = tuple(Level(names[p], *(next(given) for _ in PARTS)) for p in self.levels)
        totals = [(names[p], next(given)) for p in self.sums]
        totals += [(f"summed_{i}", next(given)) for i in range(len(self.added))]
        return Shells(
            count=self.count,
            first=states.index(self.states[0]),
            fields=tuple(names[p] for p in fields),
            rates=rates,
            slopes=self._slopes(sheet, rates, [names[p] for p in fields], levels),
            takes=takes,
            movers=tuple(moving),
            levels=levels,
            totals=tuple(totals),
            place={p.rpartition(".")[2]: names[p] for p in self.geometry},
        )


MOVING = {"drift": 0.0, "spread": 0.0, "room": 1.0}
PARTS = ("spread", "gain", "loss", "outside", "resistance")
