"""A user's short file: which trial it builds on, which parts it chooses or changes, its arms. All else is a number."""

from __future__ import annotations

import re
from collections.abc import Mapping

from livingdrug.errors import ScenarioError, nearest, short, unknown
from livingdrug.library.located import Located, plain
from livingdrug.spec.comparator import Comparator
from livingdrug.spec.numbers import Costimulation, Manufacture, Product, Tumour
from livingdrug.spec.population import Population
from livingdrug.spec.protocol import Protocol
from livingdrug.spec.trial import Trial
from livingdrug.spec.typed import Typed
from livingdrug.whole import whole

MOST_PATIENTS = 10_000_000
MOST_SEED = 2**63
MOST_ARMS = 300
PARTS = {
    "product": "products",
    "population": "populations",
    "tumour": "tumours",
    "protocol": "protocols",
    "manufacture": "manufacture",
    "comparator": "comparators",
}
KINDS_OF = {**PARTS, "costimulation": "costimulation"}  # the folder of each part that has numbers
SCALES = ("scale", "also_graded")  # words that name grading scales
TYPES: dict[str, type[Typed]] = {
    "product": Product,
    "costimulation": Costimulation,
    "population": Population,
    "tumour": Tumour,
    "protocol": Protocol,
    "manufacture": Manufacture,
    "comparator": Comparator,
}
ARM = ("name", "title", "about", "set")  # words of an arm that are not changes
_LABELS = ("registry", "role", "bench", "aliases", "title", "about", "name")  # of a trial; an arm has some of its own
_ONCE = ("patients", "cohort", "seed", "trial", "arm")  # words that an arm cannot change


def outer(data: Located) -> None:
    """ScenarioError unless the words that shape a scenario are of their kind: trial, parts, arms, set."""
    for key in ("trial", "title", "about", "name"):
        if key in data and not isinstance(data[key], str):
            raise ScenarioError(f"{key} = {short(data[key])} is not a text", data.at(key), mend=f'write {key} = "..."')
    for part in PARTS:
        if part in data and not isinstance(data[part], (str, Mapping)):
            said = f"'{part}' = {short(data[part])} is neither a name nor a table"
            raise ScenarioError(said, data.at(part), mend=f'write {part} = "NAME"')
    for key in ("set", "modules", "sources"):
        if key in data and not isinstance(data[key], Mapping):
            raise ScenarioError(f"'{key}' = {short(data[key])} is not a table", data.at(key), mend=f"write [{key}]")
    _numbers(data)
    _arms(data)


def _numbers(data: Located) -> None:
    for key, least, most in (("patients", 1, MOST_PATIENTS), ("seed", 0, MOST_SEED - 1)):
        if key in data:
            whole(data[key], key, least, most, data.at(key))


def _arms(data: Located) -> None:
    arms = data.get("arm", [])
    if not isinstance(arms, list) or not all(isinstance(arm, Mapping) for arm in arms):
        raise ScenarioError("arm is not a list of tables", data.at("arm"), mend='write [[arm]] with name = "..."')
    if not arms and "arm" in data:
        raise ScenarioError("arm = [] names no arm", data.at("arm"), mend="leave it out, or write [[arm]] with a name")
    if len(arms) > MOST_ARMS:
        said = f"{len(arms):,} arms: each is compared with the first, and no table shows so many"
        raise ScenarioError(
            said,
            arms[MOST_ARMS].at("name"),
            f"up to {MOST_ARMS}",
            mend="livingdrug sweep tries one number at many values",
        )
    seen: dict[str, str] = {}
    titles: set[str] = set()
    for arm in arms:
        name = arm.get("name")
        if not isinstance(name, str) or not 0 < len(name) <= 80 or not name.strip() or not name.isprintable():
            said = "an arm needs a name" if name is None else f"an arm's name cannot be {short(name)}"
            close = next((key for key in arm if nearest(key, ("name",))), None) if name is None else None
            raise ScenarioError(
                said if close is None else f"unknown key of an arm: '{close}'",
                arm.at("name" if close is None else close),
                "a text of 1 to 80 letters on one line",
                nearest=close and "name",
                mend='write name = "..." under [[arm]]',
            )
        if plain(name) in seen:
            other = seen[plain(name)]
            said = f"two arms are called '{name}'" if name == other else f"the arms '{name}' and '{other}' look alike"
            raise ScenarioError(said, arm.at("name"), mend="rename one")
        seen[plain(name)] = name
        if not isinstance(title := arm.get("title", name), str) or not title.strip():
            raise ScenarioError(f"an arm's title cannot be {short(title)}", arm.at("title"), "a text, in quotes")
        if empty := next((k for k, x in arm.items() if isinstance(x, Mapping) and not x and k != "set"), None):
            raise ScenarioError(
                f"'{empty}' is an empty table", arm.at(empty), mend="say what it changes, or leave it out"
            )
        title = plain(title).casefold()
        if title in titles:
            said = f"two arms have the title '{arm.get('title', name)}'"
            raise ScenarioError(said, arm.at("title"), mend="no table tells them apart: change one title")
        titles.add(title)
        if not isinstance(arm.get("set", {}), Mapping):
            raise ScenarioError("'set' is not a table", arm.at("set"), mend="write [arm.set]")
        for key in (*arm, *arm.get("set", {})):
            head = str(key).partition(".")[0]
            if head in _LABELS and (key in arm or key in arm.get("set", {})) and not (key in arm and key in ARM):
                at = arm.at(key) if key in arm else arm["set"].at(key) if isinstance(arm["set"], Located) else arm.place
                said = f"'{key}' changes nothing in an arm"
                raise ScenarioError(said, at, mend="write it at the top of the file, or leave it out")
            if head in _ONCE:
                said = f"an arm cannot change '{head}': all arms meet the same patients"
                at = arm.at(key) if key in arm else arm.at("set")
                raise ScenarioError(said, at, mend=f"write {head} at the top of the file")


def split(dotted: str, where: str) -> list[str]:
    """The words of a dotted path; a word with spaces or dots stands in quotes."""
    found = re.findall(r'"([^"]*)"|\'([^\']*)\'|([^.]+)', dotted)
    words = [a or b or c.strip() for a, b, c in found]
    if not words or not all(words) or ".." in dotted or dotted.strip()[:1] == "." or dotted.strip()[-1:] == ".":
        raise ScenarioError(
            f"'{dotted}' is not a path",
            where=where,
            nearest=nearest(dotted, Trial.model_fields),
            allowed="words joined by dots, as kinetics.growth",
        )
    return words


def part_of(key: str) -> str | None:
    """The part whose word this is, if any."""
    return next((part for part, kind in TYPES.items() if key in kind.model_fields), None)


def unknown_word(key: str, place: str) -> ScenarioError:
    """The error for a word that is neither of a trial nor a part; a word of a part is told with it."""
    part = part_of(key)
    mend = f"write {part}.{key} = ..., or {key} = ... under [{part}]" if part else None
    found = unknown("word in the scenario", key, {*Trial.model_fields, "arm"}, place)
    return ScenarioError(found.what, found.where, found.allowed, f"{part}.{key}" if part else found.nearest, mend)
