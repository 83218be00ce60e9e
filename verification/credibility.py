"""The figures of docs/credibility.md that change with the library: kinds of numbers, fits and their ensembles, rows.

Run: python verification/credibility.py. Writes the section "credibility" of docs/credibility.md; nothing is simulated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from writing import PAGE, table, write_section

from livingdrug import library
from livingdrug.parameters import KINDS
from livingdrug.scenario import resolve
from livingdrug.spec.fit import Ensemble, Fit
from livingdrug.spec.typed import read
from livingdrug.trial.ground import calibration


def fits() -> Iterator[list[str]]:
    """Each fit: free values, targets, and how far its ensemble goes."""
    drawn = {}
    for name in library.names("ensembles"):
        ensemble = read(Ensemble, library.find("ensembles", name).table)
        drawn[ensemble.fit] = ensemble
    for name in library.names("fits"):
        fit = read(Fit, library.find("fits", name).table)
        ensemble = drawn.get(name)
        told = "none yet"
        if ensemble:
            low, high = min(ensemble.losses), max(ensemble.losses)
            told = f"{len(ensemble.losses)}, loss {low:.0f} to {high:.0f} (optimum {ensemble.loss:.0f})"
        yield [f"`{name}`", str(len(fit.free)), str(len(fit.target)), ", ".join(fit.after) or "-", told]


def trials() -> Iterator[list[str]]:
    """Each trial: what it is for, its published rows, and how many of them were fitted."""
    fitted = calibration()
    for name in library.names("trials"):
        resolved = resolve(name)
        kinds = Counter(p.kind for p in resolved.parameters.values())
        rows = [r for r in resolved.trial.published if not r.not_comparable and r.read == "seen"]
        use = resolved.trial.role or ("calibration" if name in fitted else "validation")
        counted = [str(len(rows)), str(sum(r.fitted for r in rows)), str(len(resolved.population.baseline))]
        yield [f"`{name}`", use, *counted, ", ".join(f"{kinds[k]} {k}" for k in KINDS)]


def main() -> None:
    text = [
        "Fits, and the ensemble of plausible values around each:",
        table(["fit", "free values", "targets", "after", "plausible sets"], list(fits())),
        "Trials, their published rows that can be compared, and the kinds of the model's numbers:",
        table(["trial", "use", "rows", "fitted", "baseline rows", "numbers"], list(trials())),
    ]
    write_section("credibility", "\n\n".join(text), PAGE.parent / "credibility.md")


if __name__ == "__main__":
    main()
