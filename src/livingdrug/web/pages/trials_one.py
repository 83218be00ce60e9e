"""One trial: in plain words first, then its record, its history, what the rules say of it, and *could it be for me?*

This file comes after `trials_field` in the alphabet, so that /trials/map is the map and no trial of that number.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.errors import LivingDrugError
from livingdrug.registry.classify.classify import Classification
from livingdrug.registry.classify.disease import SEVERAL
from livingdrug.registry.errors import RecordError, RegistryError, reading
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.study import Study
from livingdrug.registry.reports import in_words
from livingdrug.registry.reports.eligibility import criteria
from livingdrug.registry.reports.feed import events, sentence
from livingdrug.registry.reports.for_me import could_it_be
from livingdrug.registry.reports.overview import answers
from livingdrug.registry.reports.scenario_draft import draft
from livingdrug.registry.reports.taking_part import taking_part
from livingdrug.registry.search.nearest_id import like
from livingdrug.registry.search.own_labels import labelled, own_labels
from livingdrug.web.pages._asked import KM, only
from livingdrug.web.pages._for_me import ANSWERS, HEADERS, person, said
from livingdrug.web.pages._mirror import PatientRoute, opened
from livingdrug.web.paper import page
from livingdrug.web.refused import Refused

router = APIRouter(include_in_schema=False, route_class=PatientRoute)

SITES_SHOWN, EVENTS_SHOWN = 12, 12


@router.get("/trials/{number}")
def trial(number: str, request: Request) -> Response:
    """The page of one trial, by any of its numbers."""
    mirror = opened(request)
    given = {name: listed[0] for name, listed in only(request.query_params, *ANSWERS).items()}
    found, former = known(mirror.store, number)
    records = list(mirror.store.readings(mirror.store.same_trial(found)))
    study = next(r for r in records if r.id == found)
    read = labelled(study, own_labels(mirror.store).get(found, {}))
    history = [(event, sentence(event)) for event in events(mirror.store, study=found)]
    shown = _for_me(mirror.store, study, given)
    answer = page(
        request.scope,
        "trials_one.html",
        title=f"{study.title or study.id}",
        about=f"{study.id}: what is tested, in whom and where, in plain words and as the record says it.",
        study=study,
        former=former,
        others=[r for r in records if r.id != found],
        removed=_removed(mirror.store, found),
        coverage=mirror.coverage(),
        words=in_words,
        tested=in_words.given(
            read.platform.value if read.is_car else "", read.source.told, tuple(sorted(t.value for t in read.targets))
        ),
        illness=_illness(read),
        illness_words=in_words.ILLNESSES.get(_illness(read), in_words.within(_illness(read))),
        taking_part=taking_part(study),
        criteria=criteria(study.eligibility),
        labels=answers(read),
        said=read,
        history=history,
        versions=sum(1 for _ in mirror.store.versions(found)),
        virtual=_virtual(study, read),
        sites_shown=SITES_SHOWN,
        events_shown=EVENTS_SHOWN,
        km=KM,
        **shown,
    )
    if given:
        answer.headers.update(HEADERS)
    return answer


def known(store: Store, number: str) -> tuple[str, str | None]:
    """(id of the study, the former id it was asked by); raises Refused (404) with the numbers most like it."""
    try:
        return store.present(number)
    except RegistryError as problem:
        near = like(store, number)
        raise Refused(
            404,
            f"no trial '{number[:60]}' is in the copy of the registries here",
            nearest=near[0] if near else None,
            allowed=list(near) or "a number of ClinicalTrials.gov, CTIS, ISRCTN or EU CTR",
            mend="look for it by its words on the page of trials",
        ) from problem


def _illness(read: Classification) -> str:
    """The one illness that a study is about; empty where there are several or none."""
    main = read.diseases.main if read.diseases else None
    return "" if main is None or main.name == SEVERAL else main.name


def _removed(store: Store, study: str) -> tuple[str, str] | None:
    row = store.connect().execute("SELECT since, reason FROM tombstone WHERE study = ?", (study,)).fetchone()
    return (row[0], row[1]) if row else None


def _for_me(store: Store, study: Study, given: dict[str, str]) -> dict[str, Any]:
    """The answers for a person, and what was wrong with what they said."""
    try:
        who, note = person(store, given)
    except LivingDrugError as problem:
        return {"answers": said(given), "for_me": None, "place_note": "", "wrong": problem}
    return {
        "answers": given,
        "for_me": could_it_be(study, who) if who.says else None,
        "place_note": note,
        "wrong": None,
    }


def _virtual(study: Study, said: Classification) -> dict[str, Any] | None:
    """The draft of a virtual version; None where no CAR cells are given or none could be made."""
    if not said.is_car:
        return None
    try:
        with reading(study.id):
            made = draft(study, said)
    except RecordError:
        return None
    return {"missing": made.missing, "text": made.text}
