"""The ward model as plain Python, shared by the parity tests."""

import pytest


@pytest.fixture(scope="session")
def plain():
    from livingdrug.engine import cache
    from unit.engine.ward_model import MODEL

    return cache.plain(MODEL)
