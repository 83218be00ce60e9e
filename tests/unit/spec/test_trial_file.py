"""A damaged trial or protocol file ends in one of our errors, before anybody is simulated; never in a traceback."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.library.located import Place, placed
from livingdrug.scenario import resolve
from livingdrug.spec.protocol import Protocol
from livingdrug.spec.trial import Trial
from livingdrug.spec.typed import Typed, read
from livingdrug.trial.check import check_arm
from livingdrug.trial.design import design
from thoroughness import some_of

FILE = "hurt.toml:3"
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


def whole(kind: type[Typed], data: Any) -> Any:
    return read(kind, placed(data, Place(FILE)))


@pytest.mark.parametrize("seed", some_of(range(150)))
def test_a_damaged_file_is_told_so(seed: int) -> None:
    rng = random.Random(seed)
    base = resolve("eliana")
    parts = {"trial": plain(base.raw["trial"]), "protocol": plain(base.raw["protocol"])}
    hurt = parts[rng.choice(sorted(parts))]
    *path, last = rng.choice([p for p in places(hurt) if p[0] not in ("sources", "title", "about", "aliases")])
    inner = hurt
    for key in path:
        inner = inner[key]
    if rng.random() < 0.25:
        del inner[last]
    else:
        inner[last] = copy.deepcopy(rng.choice(ODD))
    try:
        typed = {"trial": whole(Trial, parts["trial"]), "protocol": whole(Protocol, parts["protocol"])}
    except LivingDrugError as told:
        assert told.where == FILE and told.what
        return
    arm = replace(base, **typed).arms[0]
    try:
        check_arm(arm, design(arm))
    except LivingDrugError as told:
        assert str(told)


KNOWN = {"measure": [{"name": "x", "kind": "share", "of": "response"}]}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"published": [{"measure": "x", "valeu": 1}]}, "did you mean 'value'"),
        ({"published": [{"measure": "x"}]}, "needs 'value'"),
        ({"published": [{"measure": "x", "value": "8"}]}, "a finite number"),
        ({"published": [{"measure": "x", "value": 1, "range": [1]}]}, "two numbers"),
        ({"published": [{"measure": "x", "value": 1, "range": [2, 1]}]}, "two numbers, the lower first"),
        ({"published": [{"measure": "x", "value": 1, "low": 0}]}, "an interval has two ends"),
        ({"published": [{"measure": "x", "value": 1, "low": 2, "high": 3}]}, "1 does not lie between low = 2"),
        ({"published": [{"measure": "x", "value": 1, "read": "sen"}]}, "did you mean 'seen'"),
        ({"published": [{"measure": "x", "value": 1, "unit": "day"}]}, "the published unit is day, the measure's %"),
        ({"published": [{"measure": "x", "value": 1, "unit": "dya"}]}, "'dya' is not a unit"),
        ({"published": [{"measure": "xx", "value": 1}]}, "unknown measure 'xx'"),
        ({"endpoint": [{"name": "x", "events": ["death"], "censor": []}]}, "did you mean 'censors'"),
        ({"endpoint": [{"name": "x"}]}, "needs 'events'"),
        ({"endpoint": [{"name": "x", "events": "death"}]}, "a list of texts"),
        ({"endpoint": [{"name": "x", "events": ["death"]}] * 2}, "two rows of [[endpoint]] are called 'x'"),
        ({"measure": [{"name": "x", "kind": "share", "off": "y"}]}, "did you mean 'of'"),
        ({"measure": [{"name": "x", "kind": "shares", "of": "y"}]}, "did you mean 'share'"),
        ({"measure": [{"name": "x", "kind": "survival", "of": "y"}]}, "needs 'at'"),
        ({"measure": [{"name": "x", "kind": "survival", "of": "y", "at": 28}]}, "28 has no unit of time"),
        ({"measure": [{"name": "x", "kind": "survival", "of": "OSS", "at": "1 d"}]}, "unknown endpoint 'OSS'"),
        ({"measure": [{"name": "x", "kind": "share", "of": "y >"}]}, "something is missing here: column 4"),
        ({"measure": KNOWN["measure"] * 2}, "two rows of [[measure]] are called 'x'"),
        ({"measure": {"name": "x"}}, "is not a list of tables"),
        ({"measure": "x"}, "is not a list of tables"),
        ({"column": ["x"]}, "is not a table"),
        ({"column": [{"name": "x", "value": "1"}] * 2}, "two rows of [[column]] are called 'x'"),
        ({"course": {"show": ["x"]}}, "did you mean 'shown'"),
        ({"course": {"clock": "evry 6 h"}}, "'evry 6 h' is not a clock"),
        ({"samples": {"observable": "x"}}, "needs 'visits'"),
        ({"samples": {"observable": "x", "visits": "kinetic"}}, "unknown list of visits 'kinetic'"),
        ({"visits": {"kinetics": ["day"]}}, "'day' is not a day"),
        ({"visits": {"kinetics": []}}, "there is no day in the list"),
        ({"size": -3}, "a whole number above 0"),
        ({"seed": -3}, "a whole number, 0 or more"),
        ({"seed": 2**63}, "below 2⁶³"),
        ({"also_graded": "penn"}, "a list of texts"),
        ({"role": "calibrating"}, "did you mean 'calibration'"),
        ({"aliases": "x"}, "allowed: a list of texts"),
        ({"aliases": [1]}, "allowed: a list of texts"),
        ({"visits": [1]}, "visits = [1] is not a table"),
        ({"tile": "x"}, "did you mean 'title'"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], told: str) -> None:
    with pytest.raises(LivingDrugError) as caught:
        whole(Trial, {**KNOWN, **change})
    assert told in str(caught.value) and caught.value.where == FILE


def test_a_whole_trial_is_read_as_it_is() -> None:
    base = resolve("eliana")
    assert whole(Trial, plain(base.raw["trial"])) == base.trial
    assert whole(Protocol, plain(base.raw["protocol"])) == base.protocol


def test_an_observable_that_does_not_exist_is_corrected() -> None:
    base = resolve("eliana")
    trial = whole(Trial, {**plain(base.raw["trial"]), "course": {"shown": ["assay.qpcr.copys"]}})
    arm = replace(base, trial=trial).arms[0]
    with pytest.raises(ScenarioError, match="did you mean 'assay.qpcr.copies'"):
        design(arm)


def test_a_list_of_visits_by_a_misspelt_name_is_told() -> None:
    known = list(resolve("eliana").trial.visits)
    for name in known:
        wrong = name[:-2] + name[-1]
        with pytest.raises(ScenarioError, match=f"did you mean '{name}'"):
            resolve("eliana", {f"visits.{wrong}": [28]})
    assert list(resolve("eliana", {"visits.quite_another": [28]}).trial.visits) == [*known, "quite_another"]


def test_every_word_of_a_covariate_has_an_effect_or_is_refused() -> None:
    """Each word, set for each property of the library's patients: drawn otherwise, or refused."""
    import numpy as np

    from livingdrug.cohort.covariates import draw

    ids = np.arange(60)
    before = draw(resolve("eliana"), ids, 1)
    refused = 0
    for name, c in resolve("eliana").covariates.items():
        unit = "g" if c.unit == "kg" else "month" if c.unit == "year" else "%" if c.unit == "1" else "mm2"
        for key, value in {"power": 0.3, "at": 55, "sd": 0.61, "given": "weight", "unit": unit}.items():
            if c.given == value:
                continue
            try:
                now = draw(resolve("eliana", {f"covariates.{name}.{key}": value}), ids, 1)
            except LivingDrugError:
                refused += 1
            else:
                assert not np.array_equal(now[name], before[name]), (name, key)
    assert refused
