"""Time to an event under censoring: Kaplan-Meier and Cox's model for one group, many resampled trials at once.

Every function takes arrays whose last axis is the patients; leading axes are trials (resampled or not). An event is 1
(or True), a censoring 0 (or False): any other code, a missing or infinite one, and an infinite or negative time are
refused with ScenarioError. Who is left out of a trial has time = nan, where a function says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NORMAL_975 = 1.959963984540054
STANDS = 1e-12  # a step of the logarithm of a hazard ratio below which it stands still


@dataclass(frozen=True)
class Curve:
    """A Kaplan-Meier curve with its 95 % interval (log-log), at 0 and each time of an event or censoring.

    time [day], survival, low, high [1], at_risk: patients still followed just before each time.
    """

    time: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: NDArray[np.int64]

    def at(self, day: float) -> float:
        """The estimate on a day; nan after the last patient was followed."""
        if day > self.time[-1] and self.survival[-1] > 0:
            return float("nan")
        return float(self.survival[np.searchsorted(self.time, day, side="right") - 1])


def kaplan_meier(time: Any, event: Any) -> Curve:
    """The curve of one group: time (n,) [day] of the event or of censoring, none missing; event (n,) whether it was the
    event."""
    time, event = _followed(time, event)
    if np.isnan(time).any():
        said = f"{int(np.isnan(time).sum())} of {time.size} times are missing"
        raise ScenarioError(said, where="time", mend="leave those patients out, or say when they were last seen")
    days, place = np.unique(time, return_inverse=True)
    died = np.bincount(place, weights=event, minlength=len(days))
    left = np.bincount(place, minlength=len(days))
    at_risk = (
        len(time) - np.concatenate([[0], np.cumsum(left)[:-1]]).astype(np.int64) if len(days) else np.zeros(0, np.int64)
    )
    with np.errstate(all="ignore"):
        survival = np.cumprod(1.0 - died / at_risk)
        greenwood = np.cumsum(np.where(at_risk > died, died / (at_risk * (at_risk - died)), 0.0))
        spread = NORMAL_975 * np.sqrt(greenwood) / np.abs(np.log(survival))
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    inside = (survival > 0) & (survival < 1)
    low, high = np.where(inside, low, survival), np.where(inside, high, survival)
    return Curve(
        np.concatenate([[0.0], days]),
        np.concatenate([[1.0], survival]),
        np.concatenate([[1.0], low]),
        np.concatenate([[1.0], high]),
        np.concatenate([[len(time)], at_risk]).astype(np.int64),
    )


def _followed(time: Any, event: Any) -> tuple[Floats, Bools]:
    """Times and events as arrays; ScenarioError where an event is neither 0 nor 1, or a time cannot be."""
    time, event = np.asarray(time, float), np.asarray(event)
    if event.shape != time.shape:
        raise ScenarioError(
            f"{event.shape} events for {time.shape} times", where="event", mend="give one for each time"
        )
    if event.dtype != bool:
        try:
            codes = event.astype(float)
        except (TypeError, ValueError):
            codes = np.full(event.shape, np.nan)
        wrong = event[~np.isin(codes, (0.0, 1.0))]
        if wrong.size:
            raise ScenarioError(
                f"{wrong.size} of {event.size} events are neither 0 nor 1, as {wrong.flat[0]!s}",
                where="event",
                allowed="1: the event, 0: censored",
                mend="of censoring codes (CNSR) write event = (CNSR == 0); other causes than the event are censored",
            )
        event = codes == 1.0
    if np.isinf(time).any() or (time < 0.0).any():
        wrong = time[np.isinf(time) | (time < 0.0)]
        raise ScenarioError(
            f"{wrong.size} of {time.size} times cannot be, as {wrong.flat[0]:g}",
            where="time",
            allowed="0 or more, finite",
            mend="who never had the event is censored on the last day of follow-up: event = 0",
        )
    return time, event


def _sorted(time: Floats, event: Bools, *others: Any) -> tuple[Any, ...]:
    """Patients in order of time, events before censorings of the same time; those to leave out (time = nan) last."""
    order = np.lexsort((~event, time), axis=-1)
    return tuple(np.take_along_axis(np.asarray(x), order, -1) for x in (time, event, *others))


def survival_at(time: Floats, event: Bools, day: float) -> Floats:
    """Kaplan-Meier estimate on a day, one for each trial (...,); patients with time = nan are left out.

    nan when nobody was followed so far and the curve had not reached zero.
    """
    time, event = _sorted(*_followed(time, event))
    return ordered_survival_at(time, event, day)


def ordered_survival_at(time: Floats, event: Bools, day: float) -> Floats:
    """As `survival_at`, of patients who stand in order of time, events before censorings, those left out last."""
    missing = np.isnan(time)
    known = before(missing)
    at_risk = known[..., None] - np.arange(time.shape[-1])
    factor = np.where(event & ~missing & (time <= day), 1.0 - 1.0 / np.maximum(at_risk, 1), 1.0)
    survival = factor.prod(axis=-1)
    last = np.where(known > 0, nth(time, known - 1), -np.inf)
    return np.where((last >= day) | ((survival == 0) & (known > 0)), survival, np.nan)


def before(found: Bools) -> NDArray[np.int64]:
    """How many stand before the first place at which something holds, all of them where it holds nowhere (...,).

    found (..., n): whether it does; n may be 0. For rows in order this counts what a sum would, and stops there.
    """
    if not found.shape[-1]:
        return np.zeros(found.shape[:-1], np.int64)
    return np.where(found.any(axis=-1), found.argmax(axis=-1), found.shape[-1])


def nth(x: NDArray[Any], place: Any) -> NDArray[Any]:
    """The entry of the last axis at a place (...,), which may lie outside where nobody looks; x (..., n)."""
    if not x.shape[-1]:
        return np.full(x.shape[:-1], np.nan)
    inside = np.clip(np.asarray(place), 0, x.shape[-1] - 1)
    return np.take_along_axis(x, inside[..., None], -1)[..., 0]


def median_time(time: Floats, event: Bools) -> Floats:
    """First time [day] at which half have had the event, for each trial (...,); inf when fewer than half had.

    Patients with time = nan are left out.
    """
    return ordered_median_time(*_sorted(*_followed(time, event)))


def ordered_median_time(time: Floats, event: Bools) -> Floats:
    """As `median_time`, of patients who stand in order of time, events before censorings, those left out last."""
    missing = np.isnan(time)
    known = before(missing)
    at_risk = known[..., None] - np.arange(time.shape[-1])
    survival = np.cumprod(np.where(event & ~missing, 1.0 - 1.0 / np.maximum(at_risk, 1), 1.0), axis=-1)
    place = before((survival <= 0.5 + 1e-12) & ~missing)
    never = np.where(known > 0, np.inf, np.nan)
    return np.where(place < time.shape[-1], nth(time, place), never)


def hazard_ratio(time: Floats, event: Bools, since: Floats, steps: int = 30) -> Floats:
    """Cox's hazard ratio of the patients of a group over the others, for each trial (...,).

    since (..., n): the day from which a patient belongs to the group (0 or before: from the start; inf: never), so that
    nobody counts as a member before becoming one. Ties by Breslow. nan without events in both groups. Patients with
    time = nan are left out.
    """
    time, event = _followed(time, event)
    known, since = ~np.isnan(time), np.asarray(since, float)
    if since.shape != time.shape or np.isnan(since[known]).any():
        raise ScenarioError("the day of joining the group is missing", where="since", allowed="a day, or inf: never")
    time, event, since = _sorted(time, event, since)
    known = ~np.isnan(time)
    event = event & known
    member = event & (since < time)
    count = known.sum(axis=-1, keepdims=True)
    # Patients at risk at each event time: all with time >= it (ties included); members among them: since < it.
    place = np.arange(time.shape[-1])
    earlier = np.concatenate([np.zeros((*time.shape[:-1], 1), bool), time[..., 1:] == time[..., :-1]], axis=-1)
    first = np.maximum.accumulate(np.where(earlier, 0, place), axis=-1)
    at_risk = count - first
    inside = _members_at_risk(time, since, known, first)
    flat = (-1, time.shape[-1])
    beta = _cox(
        event.reshape(flat), member.reshape(flat), inside.reshape(flat), (at_risk - inside).reshape(flat), steps
    )
    beta = beta.reshape(time.shape[:-1])
    possible = member.any(axis=-1) & (event & ~member).any(axis=-1) & (np.abs(beta) < 14.0)
    return np.where(possible, np.exp(beta), np.nan)


def _cox(event: Bools, member: Bools, inside: Floats, outside: Floats, steps: int) -> Floats:
    """The logarithm of each trial's hazard ratio (trials,) by Newton's steps; a trial that stands still is left out of
    those that follow. All (trials, n): whether there is an event, and of a member; how many are at risk."""
    beta = np.zeros(len(event))
    moving = np.arange(len(event))
    with np.errstate(all="ignore"):
        for _ in range(steps):
            weight = inside * np.exp(beta[moving])[:, None]
            share = np.where(event, weight / (weight + outside), 0.0)
            score: Floats = (member - share).sum(axis=-1)
            information = (share * (1 - share)).sum(axis=-1)
            moved = beta[moving] + np.clip(np.where(information > 0, score / information, 0.0), -1.0, 1.0)
            moved = np.clip(moved, -15.0, 15.0)
            go_on = np.abs(moved - beta[moving]) > STANDS
            beta[moving] = moved
            if not go_on.any():
                break
            if not go_on.all():
                moving = moving[go_on]
                event, member, inside, outside = (x[go_on] for x in (event, member, inside, outside))
    return beta


def _members_at_risk(time: Floats, since: Floats, known: Bools, first: NDArray[np.int64]) -> Floats:
    """How many members of the group are at risk at each patient's time, patients in order of time; first: the place of
    the first patient of the same time."""
    ever = known & (since < time)
    before: Any = np.cumsum(ever, axis=-1) - ever  # members whose time stands before this place
    gone: Any = np.take_along_axis(before, first, -1)
    joined = ever.sum(axis=-1, keepdims=True)
    if np.isfinite(since[ever]).any():  # else members belong from the start
        both = np.concatenate([time, np.where(ever, since, np.nan)], axis=-1)
        order = np.argsort(both, axis=-1, kind="stable")  # of one day, whose time it is stands before who joins
        joining = np.cumsum(order >= time.shape[-1], axis=-1)
        so_far = np.empty_like(joining)
        np.put_along_axis(so_far, order, joining, -1)
        joined = so_far[..., : time.shape[-1]]
    return np.where(known, joined - gone, 0.0)
