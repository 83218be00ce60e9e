"""`livingdrug trials sync --labels`: the drug labels of the approved products, from DailyMed and openFDA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livingdrug.cli.mirror import progress_bar, say, say_json

if TYPE_CHECKING:
    from livingdrug.registry.mirror.store import Store

COUNTS = ("new", "changed", "unchanged", "quarantined", "removed", "not_found")


def sync_labels(store: Store, services: list[str], base_url: str | None, as_json: bool) -> list[str]:
    """Fetches the labels, tells what is to be read again, and returns what failed."""
    from livingdrug.registry.errors import RegistryError
    from livingdrug.registry.reports.approvals import wanted_labels
    from livingdrug.registry.reports.labels import SERVICE_NAMES, labels_in_force
    from livingdrug.registry.sync.labels import sync_labels as fetch

    runs: list[dict[str, Any]] = []
    failures: list[str] = []
    for service in services:
        title = SERVICE_NAMES.get(service, service)
        try:
            with progress_bar(as_json, title) as progress:
                done = fetch(store, wanted_labels(), service=service, base_url=base_url, progress=progress)
        except RegistryError as error:
            failures.append(f"{title}: {error}")
            continue
        runs.append(done)
        failures += [f"{title}: {failure}" for failure in done["failures"]]
        if not as_json:
            say(_summary(done, title))
    found = labels_in_force(store)
    if as_json:
        counts = {k: sum(r[k] for r in runs) for k in COUNTS}
        review = {p: {"standing": x.standing, "why": x.why, "remarks": x.remarks} for p, x in found.items()}
        around = {"studies": len(store), "labels": len(found), "runs": runs, "failures": failures, "review": review}
        say_json({**counts, **around})
    else:
        for product, label in found.items():
            say(f"{product}: {label.standing}: {label.why}")
            for remark in label.remarks:
                say(f"  {remark}")
    return failures


def _summary(done: dict[str, Any], title: str) -> str:
    counts = ", ".join(f"{done[k]:,} {k}" for k in ("new", "changed", "unchanged", "quarantined"))
    stamp = f" (data of {done['data_timestamp'][:10]})" if done["data_timestamp"] else ""
    lines = [f"{title} labels: {counts}, {done['not_found']:,} without a label there{stamp}"]
    if done["failed"]:
        lines[0] += f", {done['failed']:,} left for the next run"
    if done["resumed"]:
        lines[0] += ", taken up where it had stopped"
    return "\n".join([*lines, *(f"  {said}" for said in done["told"])])
