"""The compiled loop that counts courses into bins, while other threads go on; made once, kept as models are."""

from __future__ import annotations

from functools import cache as remembered
from typing import TYPE_CHECKING, Any

from livingdrug.engine import cache
from livingdrug.engine.codegen.emit_python import PRELUDES, kernel_text

if TYPE_CHECKING:
    from livingdrug.engine.plan import Floats, Ints


def count(values: Floats, begins: Ints, edges: Floats, digits: int, counts: Ints) -> None:
    """Counts values (n, columns) in counts (columns, bins); what the others are: `results.courses`."""
    _kernel().count_courses(values, begins, edges, digits, counts)


@remembered
def _kernel() -> Any:
    return cache.first_of_the_compilers(lambda made: cache.of_text(_text(made), made)).kernel


def _text(made: str) -> str:
    return "\n".join(["import numpy as np", kernel_text(PRELUDES[made][0]), kernel_text("counting.py")])
