"""Patients that a distribution would put outside its bounds are counted, and told when they are many."""

from __future__ import annotations

import pytest

from livingdrug.cohort import at_bounds
from livingdrug.scenario import resolve


def test_bounds_that_cut_off_little_are_not_told(folder):
    assert at_bounds(resolve("first")) == []


@pytest.mark.parametrize("path", ["covariates.weight", "cells.growth"])
@pytest.mark.parametrize(("word", "value"), [("low", 1e6), ("high", 1e-3)])
def test_a_bound_at_which_everybody_lands_is_told_with_path_and_share(folder, path, word, value):
    inside = path if path.startswith("covariates") else f"{path}.variability"
    (note,) = at_bounds(resolve("first", {f"{inside}.{word}": value}))
    assert "100% of patients" in note and f"{word} = {value:g}" in note and path in note


def test_the_share_is_that_of_the_distribution(folder):
    """Weight has a median of 65 to 75 kg: a bound at its middle holds about half of the patients."""
    (note,) = at_bounds(resolve("first", {"covariates.weight.high": 70}))
    assert 0.4 < float(note.partition("%")[0]) / 100 < 0.6
