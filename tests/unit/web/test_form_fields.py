"""A form sends the fields of its page and no other; a text, itself and what is to be done."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.web.pages import _form
from livingdrug.web.refused import Refused
from livingdrug.web.settings import Limits

SENT = {"do": "run", "trial": "eliana", "title": "", "patients": "5", "seed": "1", "arms": "2", "rows": "1",
        "part:product": "", "arm:0": "a", "arm:1": "b", "row:0": "", "cell:0:0": "", "cell:0:1": "",
        "value:dose.factor": "1"}  # fmt: skip


@settings(max_examples=30)
@given(st.text(max_size=12).filter(lambda x: x not in SENT and not x.startswith(("value:", "part:")) and x != "text"))
def test_a_field_that_no_form_has_is_refused(name: str) -> None:
    _form.only_known(SENT, Limits())
    with pytest.raises(Refused, match="is no field of this form") as refused:
        _form.only_known({**SENT, name: "1"}, Limits())
    assert refused.value.status == 422 and refused.value.allowed


@pytest.mark.parametrize(
    ("name", "meant"),
    [("patient", "patients"), ("Seed", "seed"), ("part:products", "part:product"), ("arm:2", "arm:1"),
     ("cell:0:2", "cell:0:1"), ("row:1", "row:0"), ("titles", "title")],
)  # fmt: skip
def test_a_misspelt_field_is_told_with_the_nearest(name: str, meant: str) -> None:
    with pytest.raises(Refused) as refused:
        _form.only_known({**SENT, name: "1"}, Limits())
    assert f"'{name}'" in refused.value.what and refused.value.nearest is not None
    assert refused.value.nearest == meant or name[:3] in ("arm", "cel", "row")


@pytest.mark.parametrize("name", ["patients", "trial", "txt", "value:dose.factor"])
def test_a_text_is_sent_alone(name: str) -> None:
    _form.only_known({"text": "x", "do": "look"}, Limits())
    with pytest.raises(Refused, match="is no field"):
        _form.only_known({"text": "x", name: "1"}, Limits())
