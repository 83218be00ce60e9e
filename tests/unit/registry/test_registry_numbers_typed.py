"""A trial's number finds it however it is typed: with blanks, dashes, another case, the registry's name in any form, as
a link, with the letter O for a nought."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from emulator.studies import study
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.identifiers import rejoined
from livingdrug.registry.search.query import understood

NCT, EUDRACT, EUCT, ISRCTN = "NCT00085930", "2013-003205-25", "2022-500123-41", "ISRCTN12345678"
BEHIND = ("", " ", "-", ":", ": ", " #", " no. ", " No: ", " number ", "_", "\u2013")
LINKS = {
    f"https://clinicaltrials.gov/study/{NCT}?term=CAR#top": NCT,
    f"http://www.isrctn.com/{ISRCTN}": ISRCTN,
    f"https://www.clinicaltrialsregister.eu/ctr-search/trial/{EUDRACT}/DE": EUDRACT,
    f"https://euclinicaltrials.eu/ctis-public/view/{EUCT}-00": f"{EUCT}-00",
}


def typed() -> list[tuple[str, str]]:
    """(as typed, as registries write it)."""
    found = list(LINKS.items())
    for name, number in (("NCT", NCT), ("ISRCTN", ISRCTN)):
        digits = number.removeprefix(name)
        for case, gap in itertools.product((name, name.lower(), name.title()), BEHIND):
            found.append((f"{case}{gap}{digits}", number))
        for apart in (f"{digits[:4]} {digits[4:]}", "-".join((digits[:2], digits[2:5], digits[5:]))):
            found.append((f"{name} {apart}", number))
    found += [("NCTOOO8593O", NCT), ("nct o0085930", NCT), ("\uff2e\uff23\uff34\uff10\uff10085930", NCT)]
    for names, number in (
        (("EudraCT", "eudract", "EUCTR", ""), EUDRACT),
        (("EU CT", "EU-CT", "euct", "CTIS", ""), EUCT),
    ):
        for name, gap, sign in itertools.product(names, BEHIND, ("-", " ", "/", "\u2011")):
            if not (name == "" and gap.strip()):
                found.append((f"{name}{gap}{number.replace('-', sign)}".strip(), number))
    return found


@pytest.mark.parametrize("around", ["{}", "lymphoma {} in children", "({})"])
def test_a_number_is_one_word_however_it_is_typed(around: str) -> None:
    wrong = [(a, rejoined(around.format(a))) for a, b in typed() if rejoined(around.format(a)) != around.format(b)]
    assert not [w for w in wrong if "://" not in w[0] or around == "{}"], wrong[:5]


def test_a_search_asks_for_the_number_itself() -> None:
    for text, number in typed():
        (clause,) = understood(text).clauses
        key = "".join(filter(str.isalnum, number.lower()))
        assert any(k.rstrip("*") == key for k in clause.keys), (text, clause.keys)


@pytest.mark.parametrize(
    "text",
    ["CD19 2013", "lymphoma stage 3 4 2016-2019", "nct trial of 2019", "1e6 cells", "2 or more lines", "B7-H3 2020",
     "il-6 100 pg", "CAR T 2022", "phase 1/2 2019", "+49 30 123456"],
)  # fmt: skip
def test_other_numbers_stay_as_they_are(text: str) -> None:
    assert rejoined(text) == text


def test_the_store_knows_a_trial_by_any_of_them(tmp_path: Path) -> None:
    made = study(85930)
    made["protocolSection"]["identificationModule"]["secondaryIdInfos"] = [
        {"id": EUDRACT, "type": "EUDRACT_NUMBER"}, {"id": EUCT, "type": "CTIS"}, {"id": ISRCTN, "type": "REGISTRY"},
    ]  # fmt: skip
    store = Store(tmp_path / "t.sqlite")
    store.upsert(made)
    for text, _ in typed():
        assert store.resolve(text) == NCT and store.present(text) == (NCT, None), text
    store.close()
