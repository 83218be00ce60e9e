"""Interval arithmetic on arrays: what a formula may be while its inputs move within bounds.

A span is a pair of arrays (low, high) that enclose every value; truths are 0 and 1, so that (0, 1) means undecided.
Nothing here knows SBML files.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Span = tuple[Any, Any]  # (low, high), arrays or numbers that NumPy can join
Function = Callable[..., Span]


def distinct(values: Any) -> Floats:
    """The values, sorted, each once (NumPy's own `unique` loads a large module when it is first called)."""
    ordered = np.sort(np.asarray(values, float))
    return ordered[np.diff(ordered, prepend=-np.inf) > 0.0] if len(ordered) else ordered


def point(value: Any) -> Span:
    """A span of no width."""
    return value, value


def hull(a: Span, b: Span) -> Span:
    """The least span around both."""
    return np.fmin(a[0], b[0]), np.fmax(a[1], b[1])


def decided(s: Span) -> Any:
    """Whether the span is a single value."""
    return np.equal(s[0], s[1])


def _corners(f: Callable[[Any, Any], Any], a: Span, b: Span) -> Span:
    """Of a function that is monotone in each of two arguments."""
    values = [f(x, y) for x in a for y in b]
    return _known(reduce(np.minimum, values), reduce(np.maximum, values))


def _known(low: Any, high: Any) -> Span:
    """Where the mathematics breaks down (not a number), everything is possible; a point stays what it is."""
    lost = np.isnan(low) | np.isnan(high)
    same = np.isnan(low) & np.isnan(high)
    return np.where(lost & ~same, -np.inf, low), np.where(lost & ~same, np.inf, high)


def plus(*s: Span) -> Span:
    return (sum(x[0] for x in s), sum(x[1] for x in s)) if s else point(0.0)


def minus(a: Span, *b: Span) -> Span:
    return (a[0] - b[0][1], a[1] - b[0][0]) if b else (-a[1], -a[0])


def times(*s: Span) -> Span:
    def product(a: Span, b: Span) -> Span:
        return _corners(lambda x, y: np.where(np.equal(x, 0) | np.equal(y, 0), 0.0, np.multiply(x, y)), a, b)

    return reduce(product, s, point(1.0))


def divide(a: Span, b: Span) -> Span:
    low, high = _corners(np.true_divide, a, b)
    across = (np.less_equal(b[0], 0.0) & np.greater_equal(b[1], 0.0)) & ~decided(b)
    return np.where(across, -np.inf, low), np.where(across, np.inf, high)


def power(a: Span, b: Span) -> Span:
    """x^y; a negative base is followed only where the exponent is one whole number."""
    low, high = _corners(lambda x, y: np.power(np.asarray(x, float), y), a, b)
    inside = np.less(a[0], 0.0) & np.greater(a[1], 0.0)
    even = decided(b) & np.equal(np.mod(b[0], 2.0), 0.0)
    odd = decided(b) & np.equal(np.mod(b[0], 2.0), 1.0)
    low = np.where(inside & even & np.greater_equal(b[0], 0.0), 0.0, low)
    unsure = (inside & ~(even | odd)) | (inside & np.less(b[0], 0.0)) | (np.less(a[0], 0.0) & ~decided(b))
    return np.where(unsure, -np.inf, low), np.where(unsure, np.inf, high)


def root(n: Span, *x: Span) -> Span:
    return power(x[0], divide(point(1.0), n)) if x else power(n, point(0.5))


def rising(f: Callable[[Any], Any]) -> Function:
    """Of a function that never falls."""
    return lambda a: _known(f(np.asarray(a[0], float)), f(np.asarray(a[1], float)))


def falling(f: Callable[[Any], Any]) -> Function:
    """Of a function that never rises."""
    return lambda a: _known(f(np.asarray(a[1], float)), f(np.asarray(a[0], float)))


def inverse(f: Function) -> Function:
    """1 / f(x)."""
    return lambda a: divide(point(1.0), f(a))


def of_inverse(f: Function) -> Function:
    """f(1 / x)."""
    return lambda a: f(divide(point(1.0), a))


def pointwise(f: Callable[[Any], Any]) -> Function:
    """Of a function that is enclosed only where its argument is a point."""

    def enclosed(a: Span) -> Span:
        value, exact = f(np.asarray(a[0], float)), decided(a)
        return np.where(exact, value, -np.inf), np.where(exact, value, np.inf)

    return enclosed


def log(b: Span, *x: Span) -> Span:
    ln = rising(np.log)
    return divide(ln(x[0]), ln(b)) if x else divide(ln(b), point(math.log(10.0)))


def absolute(a: Span) -> Span:
    low, high = np.abs(a[0]), np.abs(a[1])
    inside = np.less(a[0], 0.0) & np.greater(a[1], 0.0)
    return np.where(inside, 0.0, np.minimum(low, high)), np.maximum(low, high)


def sine(a: Span) -> Span:
    """Between two extremes sin is monotone; a span that holds one reaches it."""
    low, high = np.asarray(a[0], float), np.asarray(a[1], float)

    def holds(at: float) -> Any:
        return np.floor((high - at) / (2 * np.pi)) >= np.ceil((low - at) / (2 * np.pi))

    x, y = np.sin(low), np.sin(high)
    return np.where(holds(-np.pi / 2), -1.0, np.minimum(x, y)), np.where(holds(np.pi / 2), 1.0, np.maximum(x, y))


def cosine(a: Span) -> Span:
    s = sine((np.add(a[0], np.pi / 2), np.add(a[1], np.pi / 2)))
    return np.where(decided(a), np.cos(a[0]), s[0]), np.where(decided(a), np.cos(a[1]), s[1])


def tangent(a: Span) -> Span:
    """Rising between two poles; a span that holds one may be anything."""
    low, high = np.asarray(a[0], float), np.asarray(a[1], float)
    pole = np.floor(low / np.pi - 0.5) != np.floor(high / np.pi - 0.5)
    return np.where(pole, -np.inf, np.tan(low)), np.where(pole, np.inf, np.tan(high))


def hyperbolic_cosine(a: Span) -> Span:
    return rising(np.cosh)(absolute(a))


def truncated(a: Span) -> Span:
    return rising(np.trunc)(a)


def remainder(a: Span, b: Span) -> Span:
    """a - b * trunc(a / b), which keeps the sign of a."""
    return minus(a, times(b, truncated(divide(a, b))))


def largest(*s: Span) -> Span:
    return reduce(np.maximum, [x[0] for x in s]), reduce(np.maximum, [x[1] for x in s])


def smallest(*s: Span) -> Span:
    return reduce(np.minimum, [x[0] for x in s]), reduce(np.minimum, [x[1] for x in s])


def _truth(never: Any, always: Any) -> Span:
    return np.where(always, 1.0, 0.0), np.where(never, 0.0, 1.0)


def less(a: Span, b: Span) -> Span:
    return _truth(np.greater_equal(a[0], b[1]), np.less(a[1], b[0]))


def at_most(a: Span, b: Span) -> Span:
    return _truth(np.greater(a[0], b[1]), np.less_equal(a[1], b[0]))


def equal(a: Span, b: Span) -> Span:
    apart = np.greater(a[0], b[1]) | np.less(a[1], b[0])
    return _truth(apart, decided(a) & decided(b) & np.equal(a[0], b[0]))


def negation(a: Span) -> Span:
    truth = holds(a)
    return 1.0 - truth[1], 1.0 - truth[0]


def holds(a: Span) -> Span:
    """A number read as a truth: what is not 0 is true."""
    return _truth(np.equal(a[0], 0.0) & np.equal(a[1], 0.0), np.greater(a[0], 0.0) | np.less(a[1], 0.0))


def both(*s: Span) -> Span:
    return smallest(*map(holds, s)) if s else point(1.0)


def either(*s: Span) -> Span:
    return largest(*map(holds, s)) if s else point(0.0)


def odd(*s: Span) -> Span:
    """True where an odd number of them is true."""
    return reduce(lambda a, b: either(both(a, negation(b)), both(negation(a), b)), map(holds, s), point(0.0))


def chained(f: Callable[[Span, Span], Span]) -> Function:
    """a < b < c: every neighbouring pair."""
    return lambda *s: both(*(f(a, b) for a, b in zip(s, s[1:], strict=False)))


def choice(*s: Span) -> Span:
    """piecewise(value, condition, ..., otherwise): the first whose condition holds."""
    answer = s[-1] if len(s) % 2 else point(np.nan)
    for value, condition in reversed(list(zip(s[0::2], s[1::2], strict=False))):
        low, high = holds(condition)
        either_way = hull(value, answer)
        answer = (
            np.where(low == 1.0, value[0], np.where(high == 0.0, answer[0], either_way[0])),
            np.where(low == 1.0, value[1], np.where(high == 0.0, answer[1], either_way[1])),
        )
    return answer
