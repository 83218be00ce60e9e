"""The few functions an equation may use. Each accepts NumPy arrays, pint quantities or SymPy symbols.

`hill`, `smooth_step` and `where` stay whole when traced, so that the engine can print them with guarded derivatives.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

TINY = 1e-10  # a ratio below this counts as this: keeps d(hill)/dx at 0 finite


def _kind(*values: Any) -> str:
    for value in values:
        module = type(value).__module__ or "sympy"  # SymPy leaves it empty for functions of its users
        if module.startswith("sympy") or module == __name__:
            return "sympy"
        if module.startswith("pint"):
            return "pint"
    return "numpy"


def _bare(value: Any, what: str) -> Any:
    """The magnitude of a dimensionless pint quantity (pint itself raises when it has a dimension)."""
    return value.to("dimensionless").magnitude if hasattr(value, "dimensionality") else value


@cache
def symbolic(name: str) -> Any:
    """The opaque SymPy function that stands for `hill`, `smooth_step`, `where`, `maximum` or `minimum`."""
    import sympy

    return sympy.Function(name)


def exp(x: Any) -> Any:
    """e to the x [1]."""
    kind = _kind(x)
    if kind == "sympy":
        import sympy

        return sympy.exp(x)
    return np.exp(_bare(x, "exp"))


def log(x: Any) -> Any:
    """Natural logarithm of x [1], x > 0."""
    kind = _kind(x)
    if kind == "sympy":
        import sympy

        return sympy.log(x)
    return np.log(_bare(x, "log"))


def sqrt(x: Any) -> Any:
    """Square root of x >= 0."""
    if _kind(x) == "sympy":
        import sympy

        return sympy.sqrt(x)
    return np.sqrt(x)


def hill(x: Any, half: Any, n: Any = 1.0) -> Any:
    """Saturating response x^n / (half^n + x^n) [1]; 0 at x <= 0, 1/2 at x = half. n [1] > 0."""
    if _kind(x, half, n) == "sympy":
        return symbolic("hill")(x, half, n)
    ratio = np.maximum(_bare(x / half, "hill"), TINY)
    return 1.0 / (1.0 + np.exp(-_bare(n, "hill") * np.log(ratio)))


def smooth_step(x: Any, at: Any, width: Any) -> Any:
    """Rises from 0 to 1 around x = at, over about four widths: 1 / (1 + exp(-(x - at)/width)) [1]."""
    if _kind(x, at, width) == "sympy":
        return symbolic("smooth_step")(x, at, width)
    return 1.0 / (1.0 + np.exp(-np.clip(_bare((x - at) / width, "smooth_step"), -700.0, 700.0)))


def where(condition: Any, then: Any, otherwise: Any) -> Any:
    """`then` where the condition (an inequality) holds, else `otherwise`."""
    if _kind(condition, then, otherwise) == "sympy":
        return symbolic("where")(condition, then, otherwise)
    if _kind(then, otherwise) == "pint":
        unit = getattr(then, "units", None) or otherwise.units
        registry = (then if hasattr(then, "units") else otherwise)._REGISTRY
        a, b = (q.to(unit).magnitude if hasattr(q, "units") else q for q in (then, otherwise))
        return registry.Quantity(np.where(condition, a, b), unit)
    return np.where(condition, then, otherwise)


def maximum(a: Any, b: Any) -> Any:
    """The larger of two."""
    return _pick("maximum", np.maximum, a, b)


def minimum(a: Any, b: Any) -> Any:
    """The smaller of two."""
    return _pick("minimum", np.minimum, a, b)


def _pick(name: str, function: Any, a: Any, b: Any) -> Any:
    kind = _kind(a, b)
    if kind == "sympy":
        return symbolic(name)(a, b)
    if kind == "pint":
        q = a if hasattr(a, "units") else b
        unit = q.units
        a, b = (x.to(unit).magnitude if hasattr(x, "units") else x for x in (a, b))
        return q._REGISTRY.Quantity(function(a, b), unit)
    return function(a, b)
