"""What each layer says of every number of the model; the last word holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from livingdrug import library
from livingdrug.errors import LivingDrugError, ScenarioError, SourceError, listed, nearest
from livingdrug.library import Entry
from livingdrug.model import Model
from livingdrug.parameters import Parameter, is_parameter, read_parameter
from livingdrug.scenario import schema
from livingdrug.scenario.draft import Change

NOT_NUMBERS = ("sources", "covariates", "modules", "tables", "correlated", "baseline", "published", "errata", "arm")


def said(
    model: Model,
    modules: Mapping[str, str],
    entries: Mapping[str, Entry],
    changes: list[Change],
) -> dict[str, list[Parameter]]:
    """What each layer says of every number of the model."""
    stack: dict[str, list[Parameter]] = {path: [] for path in model.parameters}
    for role, stem in modules.items():
        if stem in library.names("mechanisms"):
            entry = library.find("mechanisms", stem)
            native = type(model.modules[role]).role
            _lay(stack, entry, "mechanism", modules, {native: role} if native != role else {})
    for part in ("tumour", "population", *(e for e in entries if e.startswith("drug ")), "product", "protocol"):
        if part in entries:
            _lay(stack, entries[part], part.partition(" ")[0], modules, {})
    stack = {path: [x.in_unit(model.unit(path)) for x in said] for path, said in stack.items()}
    for change in changes:  # a user's bare number is in the model's unit, as shown by explain
        if change.path not in stack:
            raise _unknown_path(change.path, stack, modules, change.place)
        said = stack[change.path]
        file, _, line = change.place.rpartition(":")
        file, number = (file, int(line)) if line.isdigit() else (change.place, None)
        read = read_parameter(
            change.path, change.data, said[-1] if said else None, {}, change.layer, file, number, by_user=True
        )
        said.append(read.in_unit(model.unit(change.path)))
    missing = [p for p, said in stack.items() if not said]
    if missing:
        role = max((r for r in modules if missing[0].startswith(f"{r}.")), key=len)
        listed = ", ".join(missing[1:12]) + (f" and {len(missing) - 12} more" if len(missing) > 12 else "")
        also = f", nor for {listed}" if listed else ""
        raise SourceError(
            f"no layer gives a value for '{missing[0]}' [{model.unit(missing[0])}]{also}",
            where=f"module '{modules[role]}' in the role '{role}'",
            mend=f"add [{missing[0]}] with value, unit, kind and source to library/mechanisms/{modules[role]}.toml",
        )
    return stack


def _lay(
    stack: dict[str, list[Parameter]],
    entry: Entry,
    layer: str,
    modules: Mapping[str, str],
    renamed: Mapping[str, str],
) -> None:
    """Lay a library file's numbers on the stack; those of roles that nobody fills are left aside."""
    tables = {k: x for k, x in entry.data.items() if isinstance(x, Mapping) and k not in NOT_NUMBERS}
    for key, table in tables.items():
        for native, data in _tables(table, key):
            path = native
            if not isinstance(data, Mapping):
                if layer != "protocol" and any(path.startswith(f"{role}.") for role in modules):
                    raise SourceError(
                        f"'{path}' = {data!r} is a bare number",
                        where=entry.where(native),
                        mend=f"write [{path}] with value, unit, kind and source",
                    )
                continue
            for old, new in renamed.items():
                path = new + native[len(old) :] if native.startswith(f"{old}.") else native
            if path not in stack:
                if any(path.startswith(f"{role}.") for role in modules) and layer != "protocol":
                    raise _unknown_path(path, stack, modules, entry.where(native))
                continue
            said = stack[path]
            said.append(
                read_parameter(
                    path, data, said[-1] if said else None, entry.sources, layer, entry.file, entry.line(native)
                )
            )


def _tables(data: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Path and table of every parameter of a library file, and whatever else stands at the end of a path."""
    if isinstance(data, Mapping) and not is_parameter(data):
        for key, value in data.items():
            yield from _tables(value, f"{prefix}.{key}")
    else:
        yield prefix, data


def _unknown_path(path: str, known: Mapping[str, Any], modules: Mapping[str, str], place: str) -> LivingDrugError:
    """The error for a number that the model does not have, with the nearest that it has."""
    role = max((r for r in modules if path.startswith(f"{r}.")), key=len, default=None)
    if role:
        mine = [p for p in known if p.startswith(f"{role}.")]
        return ScenarioError(
            f"the model has no number '{path}'",
            where=place,
            allowed=mine or "nothing here",
            given=path,
        )
    roots = sorted({*modules, *schema.WORDS})
    words = [f"{table}.{word}" for table, found in schema.vocabulary("trials").items() for word in found if table]
    return ScenarioError(
        f"the model has no number '{path}'",
        where=place,
        nearest=nearest(path, [*known, *words]) or nearest(path.partition(".")[0], roots),
        allowed=f"roles {listed(sorted(modules), path)}",
    )
