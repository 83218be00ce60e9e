"""A month stays a month, and sorts by its bounds."""

import pytest

from livingdrug.registry.records.dates import partial_date
from livingdrug.registry.records.study import age_in_years


@pytest.mark.parametrize(
    ("text", "stated", "precision", "first", "last"),
    [
        ("2015-04-09", "2015-04-09", "day", "2015-04-09", "2015-04-09"),
        ("2015-04", "2015-04", "month", "2015-04-01", "2015-04-30"),
        ("2016-02", "2016-02", "month", "2016-02-01", "2016-02-29"),
        ("2015", "2015", "year", "2015-01-01", "2015-12-31"),
        ("09/04/2015", "2015-04-09", "day", "2015-04-09", "2015-04-09"),
        ("April 9, 2015", "2015-04-09", "day", "2015-04-09", "2015-04-09"),
        ("9 Apr. 2015", "2015-04-09", "day", "2015-04-09", "2015-04-09"),
        ("April 2015", "2015-04", "month", "2015-04-01", "2015-04-30"),
        ("2015-04-09T11:39:53.057", "2015-04-09", "day", "2015-04-09", "2015-04-09"),
    ],
)
def test_precision_and_bounds(text: str, stated: str, precision: str, first: str, last: str) -> None:
    date = partial_date(text, "ACTUAL")
    assert date is not None
    assert (date.text, date.precision, date.first, date.last, date.type) == (stated, precision, first, last, "ACTUAL")


@pytest.mark.parametrize(
    "text", [None, "", "soon", "2015-13", "2015-02-30", "Aprilis 2015", "April 31, 2015", 2015, ["2015"], "15-04-2015x"]
)
def test_what_is_no_date_is_none(text: object) -> None:
    assert partial_date(text) is None


def test_ages_in_years() -> None:
    assert age_in_years("18 Years") == 18
    assert age_in_years("6 Months") == 0.5
    assert age_in_years("28 Days") == pytest.approx(0.0767, abs=1e-4)
    assert age_in_years("N/A") is None and age_in_years(None) is None and age_in_years("1.2.3 Years") is None
