"""The published models were read twice; here the two readings meet."""

from __future__ import annotations

import csv
import os
import tomllib
from pathlib import Path

import pytest

from livingdrug.published.entry import names, published
from livingdrug.units import quantity

HERE = Path(__file__).parent
SECOND = tomllib.loads((HERE / "published_models.toml").read_text(encoding="utf-8"))
SHARED = Path(os.environ.get("LIVINGDRUG_SHARED", HERE.parents[1] / ".." / "shared"))

# symbol of the paper -> name in our model, with the unit of the second reading where it is not the model's
MEANING: dict[str, dict[str, str | tuple[str, str]]] = {
    "stein_2019": {
        "F": "fold",
        "Tmax": "peak_day",
        "Cmax": "peak",
        "alpha": "contraction",
        "FB": "lasting_share",
        "beta": "fading",
        "Ftoci": "with_tocilizumab",
        "Fster": "with_steroids",
        "dose": "dose",
        "dose_reference": "usual_dose",
        "dose_power": "dose_power",
        "no_fludarabine": "fludarabine_effect",
    },
    "ogasawara_2021": {
        "Tlag": "lag",
        "DT": "doubling",
        "Tmax": "peak_day",
        "initial_half_life": "first_half_life",
        "terminal_half_life": "last_half_life",
    },
    "kirouac_2023": {"B0": "tumour_at_infusion", "cells_per_count": "blood"},
    "kimmel_2021": {
        "KN": "normal_room",
        "KC": "car_t_room",
        "rN": "normal_growth",
        "rhoC": "car_t_growth",
        "a": "depletion_shape",
        "b": "depletion_growth",
        "gB": "kill",
        "kB": "half_kill",
        "N0": "normal_at_infusion",
        "B0_mL": "tumour_at_infusion",
        "cells_per_mL": "density",
        "cells_per_count": "body",
        "rB": "tumour_growth",
    },
    "singh_2021": {
        "Kexp": "expansion",
        "EC50": "half_expansion",
        "Rm": "to_memory",
        "KelE": "effector_lost",
        "KelM": "memory_lost",
        "K12": "to_marrow",
        "K21": "to_blood",
        "Kkill": "kill",
        "gm": "m_protein_power",
        "gb": "bcma_power",
        "KC50": "half_kill",
        "kg": "tumour_growth",
        "kon": ("binding", "L/mol/s"),
        "koff": ("unbinding", "1/s"),
        "RCAR": "car_per_cell",
        "RTAA": "bcma_per_cell",
        "Avogadro": "molecules",
        "Vb": "blood_volume",
        "Vm": "marrow_volume",
        "U0": "tumour_at_infusion",
        "Km": "m_protein_lost",
        "Pm": ("m_protein_made", "pg/cell/day"),
        "Kb": "bcma_lost",
        "Pb": ("bcma_made", "pg/L*L/cell/day"),
        "copies": "copies",
        "seed": "seed",
    },
    "hardiansyah_2019": {
        "d6": "il6_lost",
        "d10": "il10_lost",
        "dg": "ifn_lost",
        "rM": "memory_growth",
        "dM": "memory_death",
        "aM": "to_effector",
        "kin": "into_tissue",
        "kout": "out_of_tissue",
        "rB": "growth",
        "dB": "death",
        "aG": "ifn_floor",
        "bG": "half_il10",
        "h": "half_b_cells",
        "P6": ("il6_made", "ug/mL/day/Gcell**2"),
        "P10": ("il10_made", "ug/mL/day/Gcell**2"),
        "Pg": ("ifn_made", "ug/mL/day/Gcell**2"),
        "rE": "expansion",
        "dE": "effector_death",
        "aE": "to_memory",
        "K": "kill",
        "B0": "b_cells_at_infusion",
        "b6": "il6_before",
        "b10": "il10_before",
        "bg": "ifn_before",
    },
    "hanson_2016": {
        "l0": "room",
        "b": "half_inflammation",
        "n": "divisions",
        "r1": ("tumour_growth", "1/hour"),
        "r2": ("killer_growth", "1/hour"),
        "r3": ("helper_growth", "1/hour"),
        "r4": ("lymphocyte_growth", "1/hour"),
        "d1": ("kill", "uL/cell/hour"),
        "d2": ("inflammation_lost", "1/hour"),
        "d3": ("killer_death", "1/hour"),
        "d4": ("helper_death", "1/hour"),
        "d5": ("lymphocyte_death", "1/hour"),
        "p0": ("inflammation_made", "1/hour"),
        "p1": ("inflammation_by_meeting", "uL**2/cell**2/hour"),
        "p2": ("lymphocytes_made", "cell/uL/hour"),
        "a1": ("killer_activation", "uL/cell/hour"),
        "a2": "aid",
        "a3": ("helper_activation", "uL/cell/hour"),
        "k": "capacity",
        "L0": "lymphocytes_at_infusion",
        "I0": "inflammation_at_infusion",
        "B0": "tumour_at_infusion",
    },
    "leon_triana_2021_leukaemia": {
        "al": "kill",
        "k": "offspring",
        "tC": "car_t_life",
        "tB": "b_cell_life",
        "rL": "growth",
        "tI": "progenitor_life",
        "beta": "progenitor_feed",
        "C50": "half_shut",
        "I0": "progenitors",
        "L0": "leukaemia_at_infusion",
        "B0": "b_cells_at_infusion",
    },
    "leon_triana_2021_solid": {
        "rC": "expansion",
        "rCb": "expansion_off",
        "gT": "half_tumour",
        "gB": "half_b_cells",
        "gC": "half_suppression",
        "a1": "suppression",
        "tC": "car_t_life",
        "rT": "growth",
        "a2": "kill",
        "k": "homing",
        "aB": "kill_off",
        "tB": "b_cell_life",
        "B0": "b_cells_at_infusion",
        "T0": "tumour_at_infusion",
    },
    "barros_2021": {
        "phi": "expansion",
        "rho": "effector_lost",
        "eps": "to_memory",
        "th": "recall",
        "al": "inhibition",
        "mu": "memory_death",
        "r": "growth",
        "b": "crowding",
        "ga": "kill",
        "T0": "tumour_at_start",
    },
    "chaudhury_2020_predator": {
        "U0": "tumour_at_infusion",
        "growth_of_E": "expansion",
        "death_of_E": "death",
        "growth_of_U": "growth",
        "kill": "kill",
    },
    "chaudhury_2020_ec50": {
        "U0": "tumour_at_infusion",
        "Tmax": "peak_day",
        "expansion": "expansion",
        "EC50_expansion": "half_expansion",
        "kEP": "settling",
        "kE": "contraction",
        "fading": "fading",
        "g": "growth",
        "Umax": "capacity",
        "d": "kill",
        "EC50_kill": "half_kill",
        "Ucrit": "cure_below",
        "h": "cure_slope",
    },
}
# symbol -> the dose that the library's model gives: total amount, in the entry's unit
DOSES = {
    "kirouac_2023": "dose",
    "kimmel_2021": "C0_cells",
    "hardiansyah_2019": "dose",
    "leon_triana_2021_leukaemia": "C0",
    "leon_triana_2021_solid": "Cb0",
    "barros_2021": "dose",
}
READ_ONCE = {  # numbers of the library that no paper gives, with the reason in the library's `why`
    "stein_2019": {"no_fludarabine"},
    "ogasawara_2021": {"peak", "lasting_share"},
    "kirouac_2023": {"engraftment"},
    "kimmel_2021": {"tumour_turnover"},
    "hanson_2016": {"blood"},
    "leon_triana_2021_leukaemia": {"one", "progenitors"},
    "chaudhury_2020_predator": {"blood"},
    "chaudhury_2020_ec50": {"blood", "one"},
}


def agree(name: str, symbol: str, value: float) -> None:
    """Compare one number of the second reading ("rB", or "rB fast" for a variant) with the library."""
    symbol, _, variant = symbol.partition(" ")
    model = published(f"{name}:{variant}" if variant else name)
    meaning = MEANING[name].get(symbol)
    if meaning is None:
        assert symbol in (DOSES.get(name), "C0")
        assert sum(d.amount for d in model.doses()[: 3 if name.startswith("hard") else 1]) == pytest.approx(value)
        return
    ours, unit = meaning if isinstance(meaning, tuple) else (meaning, None)
    path = f"therapy.{ours}"
    second = quantity(f"{value!r} {unit}", model.model.unit(path)) if unit else value
    assert model.values[path] == pytest.approx(second, rel=1e-9, abs=0), f"{name}: {symbol}"


NUMBERS = [
    (n, s, x)
    for n, table in SECOND.items()
    for s, x in table.items()
    if isinstance(x, (int, float)) and s not in ("dose_day", "challenge", "challenge_day", "E0", "each_kind")
]
NUMBERS += [
    (n, f"{s} {v}", x)
    for n, table in SECOND.items()
    for v, inner in table.items()
    if isinstance(inner, dict) and v != "omega"
    for s, x in inner.items()
    if s != "dose_day"
]


@pytest.mark.parametrize("name, symbol, value", NUMBERS, ids=str)
def test_both_readings_agree(name, symbol, value):
    agree(name, symbol, value)


@pytest.mark.parametrize(
    "name, symbol, sd", [(n, s, x) for n, t in SECOND.items() for s, x in t.get("omega", {}).items()], ids=str
)
def test_both_readings_agree_on_the_spread(name, symbol, sd):
    path = f"therapy.{MEANING[name][symbol]}"
    spread = published(name).parameters[path].spread
    assert spread is not None and spread.law == "log-normal" and spread.sd == sd


def test_no_spread_was_read_once():
    for name in names():
        spreads = {p.rpartition(".")[2] for p, x in published(name).parameters.items() if x.spread}
        assert spreads == {MEANING[name][s] for s in SECOND[name].get("omega", {})}


def test_days_and_shares_agree():
    second = SECOND["hardiansyah_2019"]
    doses = published("hardiansyah_2019").doses()
    assert [[d.time, d.amount / second["dose"]] for d in doses] == [[t, pytest.approx(s)] for t, s in second["shares"]]
    second = SECOND["barros_2021"]
    given, again = published("barros_2021").doses()
    assert (given.time, again.time, again.amount) == (second["dose_day"], second["challenge_day"], second["challenge"])
    assert [d.time for d in published("barros_2021:raji").doses()] == [second["raji"]["dose_day"]]


def test_doses_of_the_models_per_microlitre_agree():
    for name, kinds in (("hanson_2016", 4), ("chaudhury_2020_predator", 1), ("chaudhury_2020_ec50", 1)):
        model = published(name)
        each = SECOND[name].get("each_kind", SECOND[name].get("E0"))
        assert model.doses()[0].amount / model.values["therapy.blood"] == pytest.approx(kinds * each)


def test_data_of_kimmel_agree():
    second = [[r["day"], r["median"], r["low"], r["high"]] for r in SECOND["kimmel_2021"]["data"]]
    assert published("kimmel_2021").data["zuma1"]["rows"] == second


@pytest.mark.parametrize("name", names())
def test_nothing_was_read_once_only(name):
    """Every number of the library was read twice, or says that no paper gives it."""
    twice = {m if isinstance(m, str) else m[0] for m in MEANING[name].values()} | READ_ONCE.get(name, set())
    columns = set(published(name).entry.data.get("sets", {}).get("columns", []))
    assert {p.rpartition(".")[2] for p in published(name).parameters if p not in columns} == twice


def test_kirouac_sets_are_the_published_ones():
    file = SHARED / "reference" / "models" / "Kirouac_2023_NatBiotechnol" / "parameter_sets_36_virtual_patients.csv"
    if not file.is_file():
        pytest.skip("the table of the 36 sets is not at hand (set LIVINGDRUG_SHARED)")
    order = {
        "B50": "half_antigen",
        "muB": "tumour_growth",
        "k_kill": "kill",
        "f_loss": "lost",
        "TK50": "half_kill",
        "kt": "kill_slope",
        "kb1": "antigen_made",
        "kb2": "antigen_lost",
        "mu_m": "renewal_rate",
        "km": "renewal_slope",
        "f_max": "renewal_top",
        "ke": "maturing_slope",
        "mu_e": "maturing",
        "N": "divisions",
        "kex": "tiring",
        "d_m": "memory_death",
        "d_e1": "dividing_death",
        "d_e2": "effector_death",
        "d_x": "exhausted_death",
        "B_max": "capacity",
        "kx": "tiring_slope",
        "r_m": "return_rate",
        "kr": "return_slope",
        "f_Tm": "to_memory",
        "f_Te1": "to_dividing",
        "f_Te2": "to_effector",
        "f_Tx": "to_exhausted",
    }
    seen = 0
    for group in ("cr", "pr", "nr"):
        for name, values in published(f"kirouac_2023:{group}").sets.items():
            with file.open() as lines:
                row = next(r for r in csv.DictReader(lines) if f"{r['response_group']} {r['set_index']}" == name)
            assert values == {f"therapy.{ours}": float(row[theirs]) for theirs, ours in order.items()}
            seen += 1
    assert seen == 36
