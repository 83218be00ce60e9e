"""`like = "NAME"` of a drug: that one's mechanism and numbers, in a role of its own, with its own numbers on top."""

from pathlib import Path

import pytest

from livingdrug import library
from livingdrug.errors import ScenarioError
from livingdrug.scenario import resolve


@pytest.mark.parametrize("drug", library.names("drugs"))
def test_a_drug_that_is_like_another_has_its_mechanism_and_numbers_in_a_role_of_its_own(
    drug: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text(f'title = "Mine"\nlike = "{drug}"\n', encoding="utf-8")
    found = {}
    for name in (drug, "mine"):
        scenario = tmp_path / f"with_{name}.toml"
        scenario.write_text(f'trial = "eliana"\n[protocol]\ndrugs = ["{name}"]\n', encoding="utf-8")
        resolved = resolve(scenario)
        role = next(role for role in resolved.modules if role.endswith(f".{name}"))
        own = {p.removeprefix(role): x for p, x in resolved.parameters.items() if p.startswith(f"{role}.")}
        found[name] = resolved.modules[role], {p: (x.value, x.unit) for p, x in own.items()}
    assert found["mine"] == found[drug] and found[drug][1]


def test_numbers_of_a_drug_like_another_go_on_top_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    said = 'value = 0.5\nunit = "L/day"\nkind = "assumed"\nwhy = "a test"\n'
    scenario, drug = tmp_path / "s.toml", tmp_path / "mine.toml"
    scenario.write_text('trial = "eliana"\n[protocol]\ndrugs = ["mine"]\n', encoding="utf-8")
    drug.write_text(f'like = "tocilizumab"\n[drug.mine.clearance_reference]\n{said}', encoding="utf-8")
    assert resolve(scenario).parameters["drug.mine.clearance_reference"].value == 0.5
    drug.write_text(f'like = "tocilizumab"\n[drug.mine.clearence_reference]\n{said}', encoding="utf-8")
    with pytest.raises(ScenarioError, match="clearance_reference") as refused:
        resolve(scenario)
    assert str(refused.value.where).endswith("mine.toml:2")
    drug.write_text('like = "tocilizumabb"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="did you mean 'tocilizumab'"):
        resolve(scenario)
