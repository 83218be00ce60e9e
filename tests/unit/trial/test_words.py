"""A damaged trial or protocol file ends in one of our errors, before anybody is simulated; never in a traceback."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.scenario import resolve
from livingdrug.trial.design import design
from livingdrug.trial.run import rehearse
from livingdrug.trial.words import check

ODD = (
    None,
    "",
    -1,
    0,
    1e400,
    "x y",
    "every 0 h",
    "1 <",
    True,
    [],
    {},
    [1, "a"],
    {"value": "x"},
    3.5,
    "day -900",
    ["day 5"],
)


def plain(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {k: plain(v) for k, v in data.items()}
    return [plain(x) for x in data] if isinstance(data, (list, tuple)) else data


def places(data: Any, path: tuple = ()) -> Iterator[tuple]:  # type: ignore[type-arg]
    for key, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield (*path, key)
        yield from places(inner, (*path, key))


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_told_so(seed: int) -> None:
    luck = random.Random(seed)
    base = resolve("eliana")
    trial, protocol = plain(base.trial), plain(base.protocol)
    hurt = luck.choice([trial, protocol])
    *path, last = luck.choice([p for p in places(hurt) if p[0] not in ("sources", "title", "about", "aliases")])
    inner = hurt
    for key in path:
        inner = inner[key]
    if luck.random() < 0.25:
        del inner[last]
    else:
        inner[last] = copy.deepcopy(luck.choice(ODD))
    arm = replace(base, trial=trial, protocol=protocol).arms[0]
    try:
        rehearse(arm, design(arm))
    except LivingDrugError as told:
        assert str(told)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"published": [{"measure": "x", "valeu": 1}]}, "did you mean 'value'"),
        ({"published": [{"measure": "x"}]}, "needs 'value'"),
        ({"published": [{"measure": "x", "value": "8"}]}, "a finite number"),
        ({"published": [{"measure": "x", "value": 1, "range": [1]}]}, "two numbers"),
        ({"published": [{"measure": "x", "value": 1}] * 2}, "published 'x' stands twice"),
        ({"endpoint": [{"name": "x", "events": ["death"], "censor": []}]}, "did you mean 'censors'"),
        ({"endpoint": [{"name": "x"}]}, "needs 'events'"),
        ({"measure": [{"name": "x", "kind": "share", "off": "y"}]}, "did you mean 'of'"),
        ({"measure": {"name": "x"}}, "is not a list of tables"),
        ({"column": ["x"]}, "is not a table"),
        ({"course": {"show": ["x"]}}, "did you mean 'shown'"),
        ({"samples": {"observable": "x"}}, "needs 'visits'"),
        ({"size": -3}, "a whole number above 0"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        check({**plain(resolve("eliana").trial), **change})
    assert told in str(caught.value)


def test_an_observable_that_does_not_exist_is_corrected() -> None:
    base = resolve("eliana")
    arm = replace(base, trial={**base.trial, "course": {"shown": ["assay.qpcr.copys"]}}).arms[0]
    with pytest.raises(ScenarioError, match="did you mean 'assay.qpcr.copies'"):
        design(arm)
