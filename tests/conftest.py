"""Generated examples are the same ones in every run, on fast and on busy machines."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from livingdrug import library

settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")


@pytest.fixture(autouse=True)
def _library_folders_of_one_test() -> Iterator[None]:
    """A scenario with a library beside it is looked in from then on: here only for one test."""
    before = os.environ.get(library.ENV)
    yield
    if before is None:
        os.environ.pop(library.ENV, None)
    else:
        os.environ[library.ENV] = before
