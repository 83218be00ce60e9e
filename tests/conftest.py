"""Generated examples are the same ones in every run, on fast and on busy machines."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from livingdrug import library
from thoroughness import some, thorough

settings.register_profile(
    "same",
    max_examples=some(100),
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("same")


def pytest_report_header() -> str:
    """Said above every run, as what is left out is not among the skipped."""
    return "thorough: every case" if thorough() else "thorough: a sample of the cases (all with make thorough)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked thorough waits for `make thorough`: the suite is to take minutes."""
    if thorough():
        return
    waits = [item for item in items if item.get_closest_marker("thorough")]
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=waits)


def _folders_as_before() -> Iterator[None]:
    before = os.environ.get(library.ENV)
    yield
    if before is None:
        os.environ.pop(library.ENV, None)
    else:
        os.environ[library.ENV] = before


@pytest.fixture(autouse=True)
def _library_folders_of_one_test() -> Iterator[None]:
    """A scenario with a library beside it is looked in from then on: here only for one test."""
    yield from _folders_as_before()


@pytest.fixture(autouse=True, scope="module")
def _library_folders_of_one_module() -> Iterator[None]:
    """What a module's own fixtures look in ends with the module."""
    yield from _folders_as_before()
