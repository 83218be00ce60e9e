"""Cytokine release: engaged CAR-T activate macrophages, these secrete IL-1 and IL-6, and the liver makes CRP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Module, Param, Port, Publishes, Reads, State
from livingdrug.model.math import exp, hill, log, maximum


class CytokineRelease(Module):
    """Interferon and GM-CSF from engaged CAR-T activate macrophages, IL-1 amplifies them, IL-6 acts through its
    receptor. The trigger follows antigen less than in proportion; macrophages that were active become refractory
    (endotoxin tolerance [lopez2013]), so that release ends though antigen stays.

    Decay rates of interferon and IL-6 from [hardiansyah2019]; IL-6 is cleared partly by its receptor
    [nishimoto2008], so a blocked receptor makes IL-6 rise while its signal, and with it CRP, falls. A part of the
    macrophages' drive passes around the receptor. Patients' macrophages differ in what they secrete, which shows in
    IL-6 and ferritin: the upper tail is like haemophagocytic lymphohistiocytosis.
    Leaves out: IL-10, TNF, soluble receptors as states, endothelium, damage signals from dying cells, tissues.
    """

    role = "cytokines"

    working = Param("cell", "engaged CAR-T that make a trigger of one")
    half_antigen = Param("cell", "EC50 of antigen-bearing cells on the trigger")
    antigen_power = Param("1", "Hill coefficient of the trigger in antigen-bearing cells")
    activity = Param("1", "trigger of an infused short-lived effector relative to one that has expanded")
    ifn_scale = Param("pg/mL", "interferon at a trigger of one")
    ifn_loss = Param("1/day", "loss of interferon")
    gm_scale = Param("pg/mL", "GM-CSF at a trigger of one")
    gm_loss = Param("1/day", "loss of GM-CSF")
    ifn_half = Param("pg/mL", "EC50 of interferon on macrophages")
    steepness = Param("1", "Hill coefficient of activation by interferon")
    gm_half = Param("pg/mL", "EC50 of GM-CSF on activation")
    gm_strength = Param("1", "Emax of GM-CSF, relative to activation by interferon")
    macrophage_rate = Param("1/day", "activation and deactivation rate of macrophages")
    tiring = Param("1/day", "largest rate at which macrophages become refractory while they are active")
    tiring_half = Param("1", "EC50: active macrophages that become refractory at half that rate")
    recovery = Param("1/day", "loss of that refractoriness")
    il1_scale = Param("pg/mL", "IL-1 at macrophages of one")
    il1_loss = Param("1/day", "loss of IL-1")
    il1_half = Param("pg/mL", "EC50 of IL-1 on activation")
    amplification = Param("1", "Emax of IL-1 on activation of macrophages")
    output = Param("1", "what a patient's macrophages secrete, relative to others at the same activation")
    il6_base = Param("pg/mL", "IL-6 without cytokine release")
    il6_made = Param("pg/mL/day", "IL-6 made at macrophages of one")
    il6_loss = Param("1/day", "clearance of IL-6 not by its receptor")
    il6_uptake = Param("1/day", "clearance of IL-6 by its free receptor")
    bypass = Param("1", "macrophage signal independent of the IL-6 receptor, relative to that through it")
    crp_base = Param("mg/L", "CRP without signal")
    crp_most = Param("mg/L", "CRP added at full signal")
    crp_half = Param("pg/mL", "EC50 of the signal on CRP")
    crp_loss = Param("1/day", "loss of CRP")
    ferritin_base = Param("ug/L", "ferritin without cytokine release")
    ferritin_made = Param("ug/L", "ferritin added at macrophages of one")
    ferritin_power = Param("1", "power of what macrophages secrete on ferritin")
    ferritin_loss = Param("1/day", "loss of ferritin")

    effectors = Reads("kinetics.effector", "cell", absent=0.0)
    infused = Reads("kinetics.fresh", "cell", absent=0.0)
    car_t_signalling = Reads("kinetics.signalling", "1", absent=1.0)
    tumour_antigen = Reads("tumour.antigen", "cell", absent=0.0)
    b_cell_antigen = Reads("b_cells.antigen", "cell", absent=0.0)
    production = Port("1", "cytokine production relative to that without drugs")
    receptor = Port("1", "free share of the IL-6 receptor")
    il1_receptor = Port("1", "free share of the IL-1 receptor")
    signalling = Port(
        "1", "JAK-STAT signalling behind the receptors of interferon, GM-CSF and IL-6, relative to no drug"
    )

    ifn_gamma = State("pg/mL", "interferon gamma")
    gm_csf = State("pg/mL", "GM-CSF")
    macrophages = State("1", "activated macrophages")
    refractory = State("1", "share of the macrophages that are refractory, having been active, as after endotoxin")
    il1 = State("pg/mL", "interleukin 1")
    il6 = State("pg/mL", "interleukin 6", start=lambda v: v.il6_base)
    crp = State("mg/L", "C-reactive protein", start=lambda v: v.crp_base)
    ferritin = State("ug/L", "ferritin", start=lambda v: v.ferritin_base)

    signal = Publishes("pg/mL", "IL-6 signal above rest, as IL-6 at a free receptor")
    release = Publishes("pg/mL", "what macrophages release, as the IL-6 it would sustain at a free receptor")

    def flows(self, v: Any) -> Iterator[Flow]:
        antigen = v.tumour_antigen + v.b_cell_antigen
        trigger = (v.effectors + v.activity * v.infused) / v.working
        trigger = trigger * hill(antigen, v.half_antigen, v.antigen_power)
        trigger = trigger * v.car_t_signalling
        drive = hill(v.ifn_gamma, v.ifn_half, v.steepness) * (1 + v.gm_strength * v.gm_csf / (v.gm_csf + v.gm_half))
        drive = drive * v.signalling
        il1 = v.il1 * v.il1_receptor
        amplified = 1 + v.amplification * il1 / (il1 + v.il1_half)
        yield Flow("interferon secretion", into="ifn_gamma", rate=v.ifn_loss * v.ifn_scale * trigger * v.production)
        yield Flow("interferon clearance", out_of="ifn_gamma", rate=v.ifn_loss * v.ifn_gamma)
        yield Flow("GM-CSF secretion", into="gm_csf", rate=v.gm_loss * v.gm_scale * trigger * v.production)
        yield Flow("GM-CSF clearance", out_of="gm_csf", rate=v.gm_loss * v.gm_csf)
        yield Flow(
            "activation",
            into="macrophages",
            rate=v.macrophage_rate * drive * amplified * v.production * (1 - v.refractory),
        )
        yield Flow("deactivation", out_of="macrophages", rate=v.macrophage_rate * v.macrophages)
        tired = v.macrophages / (v.macrophages + v.tiring_half)
        yield Flow("becoming refractory", into="refractory", rate=v.tiring * tired * (1 - v.refractory))
        yield Flow("recovery of responsiveness", out_of="refractory", rate=v.recovery * v.refractory)
        yield Flow("IL-1 secretion", into="il1", rate=v.il1_loss * v.il1_scale * v.macrophages)
        yield Flow("IL-1 clearance", out_of="il1", rate=v.il1_loss * v.il1)
        yield Flow("IL-6 secretion at rest", into="il6", rate=(v.il6_loss + v.il6_uptake) * v.il6_base)
        yield Flow("IL-6 secretion", into="il6", rate=v.il6_made * v.output * v.macrophages)
        yield Flow("IL-6 clearance", out_of="il6", rate=v.il6_loss * v.il6)
        yield Flow("IL-6 receptor-mediated clearance", out_of="il6", rate=v.il6_uptake * v.receptor * v.il6)
        yield Flow(
            "CRP synthesis", into="crp", rate=v.crp_loss * (v.crp_base + v.crp_most * hill(self._signal(v), v.crp_half))
        )
        yield Flow("CRP clearance", out_of="crp", rate=v.crp_loss * v.crp)
        yield Flow(
            "ferritin release",
            into="ferritin",
            rate=v.ferritin_loss
            * (v.ferritin_base + v.ferritin_made * exp(v.ferritin_power * log(v.output * v.macrophages + 1e-9))),
        )
        yield Flow("ferritin clearance", out_of="ferritin", rate=v.ferritin_loss * v.ferritin)

    def published(self, v: Any) -> dict[str, Any]:
        return {"signal": self._signal(v), "release": self._release(v)}

    @staticmethod
    def _signal(v: Any) -> Any:
        around = v.bypass * CytokineRelease._release(v)
        # IL-6 below rest (a drug may take it away) gives no signal; at rest the slope is that of IL-6 above it.
        return maximum(0.0 * v.il6_base, v.il6 - v.il6_base) * v.receptor * v.signalling + around

    @staticmethod
    def _release(v: Any) -> Any:
        return v.il6_made / (v.il6_loss + v.il6_uptake) * v.output * v.macrophages
