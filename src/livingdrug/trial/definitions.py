"""How each measure of an arm is defined, down to its columns and watches: two arms stand side by side only in what is
defined alike in both."""

from __future__ import annotations

from collections.abc import Mapping

from livingdrug.spec.protocol import Protocol
from livingdrug.spec.trial import Measure, Trial
from livingdrug.trial.graded import OWN, asked_of, scale_of

SAMPLED = ("cmax", "tmax", "auc", "last_measurable", "doubling", "decline", "auc_true")  # columns of [samples]


def definitions(trial: Trial, protocol: Protocol) -> Mapping[str, str]:
    """Measure -> its whole definition as a text: what is asked, the endpoint, columns, watches, scale and assay."""
    return {m.name: _defined(m, trial, protocol) for m in trial.measure}


def _defined(m: Measure, trial: Trial, protocol: Protocol) -> str:
    texts = {c.name: c.value for c in trial.column} | {w.key: w.asked for w in protocol.watch}
    said = [m.kind, str(m.of), m.among.text, m.by.text if m.by else "", str(m.at), m.shown_unit]
    for e in trial.endpoint:
        if m.timed and e.name == m.of:
            said += [e.start, str(e.events), str(e.censors), e.among.text]
    names = sorted(asked_of(m, trial, {name: {n.path for n in x.names} for name, x in texts.items()}))
    said += [f"{name} = {texts[name].text}" for name in names if name in texts]
    if any(name.startswith(f"{OWN}.") for name in names):
        said.append(scale_of(trial))
    if trial.samples and any(name in SAMPLED or name.startswith("copies_") for name in names):
        said.append(trial.samples.observable)
    return "; ".join(said)
