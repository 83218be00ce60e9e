"""Checks of a model that need no simulation: units of what moves, by pint; equations that symbols read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livingdrug.errors import UnitError, WiringError
from livingdrug.model.assemble import Model
from livingdrug.model.declare import Change, Derived, Entry, Port, Reads
from livingdrug.model.scope import TIME
from livingdrug.units import parse, registry


def published_units(model: Model) -> dict[str, str]:
    """Unit of every published quantity, as its equation makes it; UnitError where an equation adds unlike things."""
    return {path: _name(x) for path, x in _evaluate(model).published.items()}


def check_units(model: Model, of: str | None = None) -> None:
    """Every flow is in [unit of its state / day] (per cell: 1/day), every derived constant, start, published quantity
    and reading in its declared unit, to scale: mg/hour where mg/day is meant is an error, also inside a sum.

    of: look at what this role makes and reads alone. UnitError says where."""
    _readings(model, of)
    seen = _evaluate(model)
    plain = _evaluate(model, _bare)

    def mine(path: str) -> bool:
        return of in (None, path.rpartition(".")[0])

    for (role, flow, rate), (_, _, bare) in zip(seen.flows, plain.flows, strict=True):
        if of not in (None, role):
            continue
        _unscaled(rate, bare, f"{role}: {getattr(flow, 'name', None) or flow.why}")
        _moving(model, role, flow, rate)
    for path, port in model.declared.items():
        if isinstance(port, Port) and mine(path):
            _same(seen.published[path], port.unit, f"port {path}")
    for path, published in model.publishes.items():
        if mine(path):
            _same(seen.published[path], published.unit, f"{path.rpartition('.')[0]} publishes {published.name}")
    _check_places(model)


def _moving(model: Model, role: str, flow: Any, rate: Any) -> None:
    """A flow or a change is in the unit of its state, a day."""
    if isinstance(flow, Change):
        _same(rate, f"({_unit(model, role, flow.state)})/day", f"{role}: change of {flow.state} ({flow.why})")
        return
    where = f"{role}: flow '{flow.name}'"
    if flow.per:
        _same(flow.rate, "1/day", where)
    for state, factor in ((flow.into, flow.yields), (flow.out_of, 1)):
        if state:
            _same(rate * factor, f"({_unit(model, role, state)})/day", where)


def _readings(model: Model, of: str | None) -> None:
    """What is read has the unit in which it is declared."""
    for role, m in model.modules.items():
        for d in m.of(Reads) if of in (None, role) else ():
            if d.path in model.declared or d.path in model.publishes:
                _same(_number(1.0, model.unit(d.path)), d.unit, f"{role} reads {d.path}")


def check_symbols(model: Model) -> None:
    """Every equation can be read with symbols, as the compiled engine reads it: what asks a number for its value (`if`,
    `math.exp`, `float`) raises here, from its own line. WiringError for an equation or share that is never finite."""
    import sympy

    paths = (*model.states, *model.parameters, *model.covariates, *model.inputs, *model.modes, TIME)
    known = [p for p, d in model.declared.items() if isinstance(d, Derived)]
    known += [f"{p}>{s}" for p, d in model.declared.items() if isinstance(d, Entry) for s in d.into]
    values = {p: sympy.Symbol(f"x{i}") for i, p in enumerate((*paths, *known))}
    seen = model.evaluate(values)
    equations = {f"{role}: {getattr(flow, 'name', '') or getattr(flow, 'why', '')}": x for role, flow, x in seen.flows}
    shares = {
        p: x for p, d in model.declared.items() if isinstance(d, Entry) for x in d.into.values() if not callable(x)
    }
    for name, x in (*equations.items(), *seen.published.items(), *shares.items()):
        if sympy.sympify(x).has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
            raise WiringError(f"{name} is {x}: no finite number", mend="write a number, or what does not divide by 0")
    if model.clones:
        model.clone_rates(values)
    model.turns({p: x for p, x in values.items() if p not in model.modes})


def _check_places(model: Model) -> None:
    """The formulas of fields, substances and totals of a tissue, each in its unit."""
    if model.tissue is None:
        return
    paths = (*model.states, *model.parameters, *model.covariates)
    values = {p: _number(0.3 + 0.6 * (i * 0.618034 % 1), model.unit(p)) for i, p in enumerate(paths)}
    values[TIME] = _number(1.0, "day")
    constants = model.constants(values, _number)
    for path, found in model.places({**values, **constants}, _number).items():
        unit = model.unit(path)
        units = {"takes": f"um^3/({unit})", "drift": "um/day", "spread": "um^2/day", "room": "1", "of": unit}
        units |= {"gain": f"({unit})/day", "loss": "1/day", "outside": unit, "resistance": "um"}
        for name, x in found.items():
            _same(x, units[name], f"{path}, {name}")


def _evaluate(model: Model, number: Callable[[float, str], Any] | None = None) -> Any:
    """The model evaluated once, with unlike numbers between 0.3 and 0.9 in the declared units; UnitError where unlike
    things are added."""
    from pint import DimensionalityError

    try:
        return _evaluated(model, number)
    except DimensionalityError as problem:
        what = f"[{problem.units1}] and [{problem.units2}] cannot be added or compared"
        raise UnitError(what, mend="a flow is in the unit of its state, a day") from problem


def _evaluated(model: Model, number: Callable[[float, str], Any] | None = None) -> Any:
    from pint import DimensionalityError

    number = number or _number
    paths = (*model.states, *model.parameters, *model.covariates, *model.entries)
    values = {p: number(0.3 + 0.6 * (i * 0.618034 % 1), model.unit(p)) for i, p in enumerate(paths)}
    # An input comes as a rate of dosing.
    for p in model.inputs:
        values[p] = number(0.7, f"({model.unit(p)})/day" if p in model.entries else "1")
    values[TIME] = number(1.0, "day")
    constants = model.constants({p: x for p, x in values.items() if p not in model.inputs}, number)
    if number is _bare:
        return model.evaluate({**values, **constants}, number)
    for path, x in constants.items():
        unit = _entry_unit(model, path) if ">" in path else model.unit(path.removesuffix("@start"))
        kind = model.declared.get(path)
        what = "derived constant" if isinstance(kind, Derived) else "share" if ">" in path else "start"
        _same(x, unit, f"{what} {path}")
    constants = {p: x if hasattr(x, "units") else _number(float(x), "1") for p, x in constants.items()}
    try:
        return model.evaluate({**values, **constants}, _number)
    except DimensionalityError:
        for role, flow, rate in model.rates({**values, **constants}, _number):
            _moving(model, role, flow, rate)  # of flows that cannot be summed, one is in a wrong unit
        raise


def _entry_unit(model: Model, path: str) -> str:
    entry, state = path.split(">")
    return f"({model.unit(entry.rpartition('.')[0] + '.' + state)})/({model.unit(entry)})"


def _unit(model: Model, role: str, state: str) -> str:
    return model.unit(state if "." in state else f"{role}.{state}")


def _number(value: float, unit: str) -> Any:
    return registry().Quantity(value, parse(unit))


def _bare(value: float, unit: str) -> float:
    return value


def _unscaled(x: Any, bare: Any, where: str) -> None:
    """The equation must give the same number with and without units: no silent conversion inside it."""
    given = float(x.magnitude if hasattr(x, "magnitude") else x)
    if abs(given - float(bare)) > 1e-9 * max(abs(given), abs(float(bare))):
        raise UnitError(
            f"units of unlike size are mixed inside it ({given:g} with units, {float(bare):g} without)",
            where=where,
            mend="declare parameters in units that fit; the library converts",
        )


def _name(x: Any) -> str:
    return f"{x.units:~}" if hasattr(x, "units") else "1"


def _same(x: Any, unit: str, where: str) -> None:
    wanted = _number(1.0, unit)
    if not hasattr(x, "units"):
        if x == 0 or wanted.dimensionless and abs(wanted.to("dimensionless").magnitude - 1.0) < 1e-12:
            return
        raise UnitError(f"a plain number stands where [{unit}] is needed", where=where)
    if x.dimensionality != wanted.dimensionality:
        raise UnitError(f"[{_name(x)}] stands where [{unit}] is needed", where=where)
    scale = _number(1.0, str(x.units)).to(wanted.units).magnitude
    if abs(scale - 1.0) > 1e-12:
        raise UnitError(
            f"[{_name(x)}] stands where [{unit}] is needed: the same kind, but {scale:g} times as large",
            where=where,
            mend="declare a parameter in the unit that fits; the library converts",
        )
