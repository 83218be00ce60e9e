"""How the kernels are compiled: by numba, once, kept in the user's cache folder; they run without Python's lock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import config

from livingdrug.engine.cache import folder

settings: Any = config  # numba reads there where to keep what it compiles

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compiled when first called; the machine code is kept beside that of the engine, not beside the package."""
    return _kept(function, {"contract", "nsz"})


def reassociated(function: Function) -> Function:
    """Compiled with sums in whatever order is fastest: the same order in each call, whoever calls."""
    return _kept(function, {"contract", "nsz", "reassoc"})


def _kept(function: Function, may: set[str]) -> Function:
    kept, settings.CACHE_DIR = settings.CACHE_DIR, str(_place())
    try:
        made: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=may)(function)
    finally:
        settings.CACHE_DIR = kept
    found: Function = made
    return found


@cache
def _place() -> Path:
    """A folder for this text of the kernels: numba looks at a function's own file only, not at those it calls."""
    texts = (path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return folder(f"agents/{hashlib.sha256(b''.join(texts)).hexdigest()[:24]}")


def inlined(function: Function) -> Function:
    """A part of the kernels that call it."""
    made: Any = numba.njit(inline="always", error_model="numpy", fastmath={"contract", "nsz"})(function)
    found: Function = made
    return found
