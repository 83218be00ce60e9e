"""The library's trials laid out once, for all tests that only read them."""

from __future__ import annotations

from functools import cache

from livingdrug import library
from livingdrug.scenario import Resolved, resolve


@cache
def trials() -> dict[str, Resolved]:
    """Every trial of the library by name."""
    return {name: resolve(name) for name in library.names("trials")}
