"""Whatever stands in the scoreboard's files, they are read or refused with one message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError
from livingdrug.spec.scoreboard import Transfer, Transfers, WrongTruth, WrongTruths
from livingdrug.spec.typed import Typed, read

words = st.sampled_from(["", "eliana", "response", "tumour.kill", "* 0.7", "x y", "\0", "ø"])
plain = st.one_of(words, st.integers(-3, 3), st.floats(), st.booleans(), st.none())
values = st.recursive(plain, lambda x: st.lists(x, max_size=3) | st.dictionaries(words, x, max_size=3), max_leaves=6)
KEYS = {
    WrongTruth: ["name", "title", "set", "why", "about"],
    Transfer: ["trial", "measures", "from", "take", "log_sd", "not_comparable", "why", "source", "copied"],
    WrongTruths: ["title", "truth", "aliases", "sources"],
    Transfers: ["title", "row", "sources", "about"],
}
WHOLE: dict[type[Typed], dict[str, Any]] = {
    WrongTruth: {"name": "n", "title": "t", "set": {"tumour.kill": "* 0.7"}, "why": "w"},
    Transfer: {"trial": "t", "measures": ["m"], "from": "eliana"},
    WrongTruths: {"truth": [{"name": "n", "title": "t", "set": {"tumour.kill": "* 0.7"}, "why": "w"}]},
    Transfers: {"row": [{"trial": "t", "measures": ["m"], "from": "eliana"}]},
}


@pytest.mark.parametrize("kind", KEYS, ids=lambda k: k.__name__)
@given(st.data())
def test_any_table_is_read_or_refused(kind: type[Typed], data: st.DataObject) -> None:
    table = dict(WHOLE[kind]) if data.draw(st.booleans()) else {}
    table |= data.draw(st.dictionaries(st.sampled_from(KEYS[kind]), values, max_size=4))
    try:
        found = read(kind, table)
    except LivingDrugError as problem:
        assert problem.what and "Error" not in problem.what
    else:
        assert isinstance(found, kind) and table.keys() <= {"copied", *found.said(), "from"}


def test_two_rows_for_one_measure_are_refused() -> None:
    row = WHOLE[Transfer]
    with pytest.raises(LivingDrugError, match="'m' of 't' stands twice"):
        read(Transfers, {"row": [row, {**row, "measures": ["o", "m"]}]})
    with pytest.raises(LivingDrugError, match="cites 'paper'"):
        read(Transfers, {"row": [{**row, "source": "paper"}]})
