"""One name for each country: every name and code of ISO 3166-1, and those that registries and people use besides."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from emulator.shared import V2, needs_shared, rows
from livingdrug.registry.records.countries import countries, country, known_country, plain_letters


@pytest.mark.parametrize(
    "one, others",
    [
        ("South Korea", "Korea, Republic of|Korea|Republic of Korea|KR|kor|KOREA, REPUBLIC OF"),
        ("Turkey", "Türkiye|Turkey (Türkiye)|turkiye|TR|Türkei"),
        ("Japan", "日本|JP"),
        ("China", "中国|中國|PR China"),
        ("Greece", "Ελλάδα|ελλάδα|Hellas"),
        ("Czechia", "Czech Republic|CZ|Česko"),
        ("Russia", "Russian Federation|RU|Россия|РОССИЯ"),
        ("Taiwan", "Taiwan, Province of China|Taiwan, China|TWN"),
        ("Iran", "Iran, Islamic Republic of|IR"),
        ("Vietnam", "Viet Nam"),
        ("United Kingdom", "UK|GB|England|Scotland|Great Britain|U.K."),
        ("United States", "USA|US|U.S.A.|america"),
        ("Netherlands", "Holland|The Netherlands|NL"),
        ("Germany", "Deutschland|germany|DE"),
        ("Côte d'Ivoire", "Côte D’Ivoire|Ivory Coast|CI"),
        ("North Macedonia", "Macedonia, The Former Yugoslav Republic of|Macedonia"),
        ("Palestine", "Palestinian Territories, Occupied"),
        ("Serbia and Montenegro", "Former Serbia and Montenegro"),
    ],
)
def test_every_name_is_one_country(one: str, others: str) -> None:
    assert {country(name) for name in others.split("|")} == {one}


def test_what_is_no_country_stays_as_it_stands() -> None:
    assert country("Atlantis") == "Atlantis" and known_country("Atlantis") is None
    assert known_country("") is None and known_country("亚特兰蒂斯") is None


def test_no_name_means_two_countries() -> None:
    owners: dict[str, set[str]] = {}
    for c in countries().values():
        for form in (c.name, *c.codes, *c.also):
            owners.setdefault(plain_letters(form), set()).add(c.name)
    assert {form: names for form, names in owners.items() if len(names) > 1} == {}
    assert all(owners)


@pytest.mark.skipif(not find_spec("pycountry"), reason="pycountry is not installed")
def test_the_table_holds_iso_3166_whole() -> None:
    import pycountry

    for row in pycountry.countries:
        one = known_country(row.alpha_2)
        assert one and countries()[one].codes == (row.alpha_2, row.alpha_3)
        names = (row.name, row.alpha_3, getattr(row, "official_name", row.name), getattr(row, "common_name", row.name))
        assert {known_country(name) for name in names} == {one}


@needs_shared
def test_every_country_of_real_records_is_in_the_table() -> None:
    named = {
        site["country"]
        for file in V2[:4]
        for study in rows(file)
        for site in study["protocolSection"].get("contactsLocationsModule", {}).get("locations", ())
        if "country" in site
    }
    assert len(named) > 50 and {name for name in named if known_country(name) is None} == set()
    assert {known_country(n) for n in named if "Korea" in n or "rkey" in n} == {"South Korea", "Turkey"}
