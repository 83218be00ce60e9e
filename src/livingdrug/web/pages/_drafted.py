"""A registered trial as the draft of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livingdrug.registry.mirror.store import Store


def drafted(store: Store, name: str) -> tuple[str, str]:
    """The scenario drafted from a record of the mirror, and a sentence on it.

    Refused (404) where the mirror has no such record.
    """
    from livingdrug.registry.errors import reading
    from livingdrug.registry.reports.scenario_draft import draft
    from livingdrug.registry.search.own_labels import labelled, own_labels
    from livingdrug.web.pages.trials_one import known

    found, _ = known(store, name)
    with reading(found):
        study = store.reading(found)
        made = draft(study, labelled(study, own_labels(store).get(found, {})))
    said = (
        f"Drafted from the registry record {found}: each line says which sentence it came from, or that it is assumed."
    )
    if made.missing:
        said += f" The library lacks {len(made.missing)} of its parts, named at the top; until then it cannot run."
    return made.text, said
