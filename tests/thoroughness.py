"""How many examples a property is tried on: all in `make thorough`, a quarter in `make test`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pytest


def thorough() -> bool:
    """Whether time is no object (LIVINGDRUG_THOROUGH, as `make thorough` sets it)."""
    return bool(os.environ.get("LIVINGDRUG_THOROUGH"))


def some(many: int) -> int:
    """`many` examples, or a quarter of them and at least five."""
    return many if thorough() else max(5, many // 4)


def some_of(every: Iterable[Any], one_in: int = 4) -> list[Any]:
    """Cases, of which all but one in so many are passed over unless the tests are thorough."""
    kept = []
    for i, case in enumerate(every):
        if not isinstance(case, type(pytest.param())):
            case = pytest.param(*(case if isinstance(case, tuple) else (case,)))
        waits = [] if i % one_in == 0 else [pytest.mark.thorough]
        kept.append(pytest.param(*case.values, marks=[*case.marks, *waits], id=case.id))
    return kept
