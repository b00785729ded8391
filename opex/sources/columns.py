"""Which column of the file gives which canonical column, and the cells that it gives."""

import string
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.frames import TABLES, Table
from opex.sources.records import STEM, TEXT, Records, shown
from opex.sources.vocabulary import matched, plain_header

COLUMNS = "columns"
REQUIRED = {"incidents": ("title", "started_at"), "changes": ("title", "started_at"), "metrics": ("at", "value")}
_STAND_INS: dict[str, dict[str, tuple[str, ...]]] = {
    "incidents": {"title": ("description",)},
    "changes": {"started_at": ("finished_at", "committed_at"), "title": ("source_id",)},
    "metrics": {"metric": (f"{{{STEM}}}",)},
}
_PLURALS = ("systems", "services", "components", "applications", "affected", "products", "resources", "hosts")


def table_of(kind: str) -> Table:
    """The canonical table of a kind."""
    return TABLES["readings" if kind == "metrics" else kind]


def resolved(mapping: Mapping, headers: Sequence[str], *, strict: bool) -> Mapping:
    """The mapping with the file's own spelling of its columns, and the others matched where it asks for that.

    ``strict`` refuses a column that the file lacks (a person named it); without it such a column is left out (a
    preset names what may be there).
    """
    _refuse_unknown(mapping)
    spelled = {plain_header(header): header for header in reversed(headers)}
    found: dict[str, str | list[str]] = {}
    for column, given in mapping.columns.items():
        options = [option for one in _listed(given) if (option := _spelled(one, headers, spelled)) is not None]
        if options:
            found[column] = options[0] if isinstance(given, str) or len(options) == 1 else options
        elif strict and any(_listed(given)):
            raise Refused(_absent(mapping, column, given, headers))
    if mapping.match_others:
        left_out = {column: "" for column, given in mapping.columns.items() if not any(_listed(given))}
        found = _with_others(mapping, found, headers, left_out)
    return replace(mapping, columns=found, match_others=False)


def missing_columns(mapping: Mapping) -> list[str]:
    """The required canonical columns that neither a column nor a constant gives."""
    return [c for c in REQUIRED[mapping.kind] if c not in mapping.columns and c not in mapping.constants]


def used_columns(mapping: Mapping) -> set[str]:
    """The file columns that the mapping reads."""
    used = {name for given in mapping.columns.values() for option in _listed(given) for name in _names(option)}
    used |= {rule.column for rule in mapping.planned}
    if mapping.fold:
        used |= {mapping.fold.by, mapping.fold.state, mapping.fold.updated, *mapping.fold.order}
    return used


def matched_words(mapping: Mapping) -> dict[str, str]:
    """Canonical column -> the file's column, template or choice, as a person reads it."""
    return {column: " or ".join(_listed(given)) for column, given in mapping.columns.items()}


def cells(records: Records, given: str | list[str]) -> pa.Array:
    """The cells that a column, template or list of fallbacks gives."""
    arrays = [_filled(records, option) for option in _listed(given)]
    return arrays[0] if len(arrays) == 1 else pc.coalesce(*arrays)


def column_cells(records: Records, name: str) -> pa.Array:
    """The cells of one column of the file (a chunk-free array)."""
    if name == STEM and name not in records.table.column_names:
        return records.stems
    return records.table[name].combine_chunks() if records.table.num_rows else pa.array([], TEXT)


def proposed_split(mapping: Mapping, records: Records) -> str | None:
    """The mark between several systems in one cell, if the header or the values suggest one."""
    given = mapping.columns.get("system")
    if given is None or not records.table.num_rows:
        return None
    values = cells(records, given)
    for mark in ";|":
        if pc.any(pc.match_substring(values, mark)).as_py():
            return mark
    plural = isinstance(given, str) and plain_header(given).endswith(_PLURALS)
    return "," if plural and pc.any(pc.match_substring(values, ",")).as_py() else None


def headers_shown(headers: Sequence[str]) -> str:
    """The file's columns as a refusal lists them."""
    shown_ones = ", ".join(shown(header)[:40] for header in headers[:12])
    return shown_ones + (f" and {len(headers) - 12} more" if len(headers) > 12 else "")


def _refuse_unknown(mapping: Mapping) -> None:
    names = table_of(mapping.kind).names
    for part in (mapping.columns, mapping.constants, mapping.values):
        for column in part:
            if column not in names or column == "source":
                raise Refused(
                    f'The mapping {mapping.name} names "{column}", which is no column of {mapping.kind}; '
                    f"known are {', '.join(name for name in names if name != 'source')}."
                )


def _listed(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def _names(option: str) -> list[str]:
    """The file columns that a column name or a template reads."""
    if "{" not in option:
        return [option] if option else []
    try:
        return [name for _, name, _, _ in string.Formatter().parse(option) if name]
    except ValueError:
        raise Refused(f'"{option}" is no template; write for example "{{category}}, {{subcategory}}".') from None


def _spelled(option: str, headers: Sequence[str], spelled: dict[str, str]) -> str | None:
    """The option in the file's spelling; ``None`` when nothing of it is there."""
    if not option or option in headers:
        return option or None
    names = _names(option)
    if "{" not in option:
        return spelled.get(plain_header(option))
    there = [name for name in names if name == STEM or name in headers or plain_header(name) in spelled]
    return option if there else None


def _absent(mapping: Mapping, column: str, given: str | list[str], headers: Sequence[str]) -> str:
    return (
        f'The mapping {mapping.name} takes {column} from "{" or ".join(_listed(given))}", which the file '
        f"does not have; it has {headers_shown(headers)}."
    )


def _with_others(
    mapping: Mapping, found: dict[str, str | list[str]], headers: Sequence[str], left_out: dict[str, str]
) -> dict[str, str | list[str]]:
    """What the mapping does not mention, matched by name; a required column may borrow another's."""
    settled = dict.fromkeys([*found, *left_out, *mapping.constants], "")
    used = used_columns(replace(mapping, columns=found))
    others = matched([header for header in headers if header not in used], mapping.kind, taken=settled)
    result: dict[str, str | list[str]] = dict(found)
    result.update(others)
    for column, stand_ins in _STAND_INS[mapping.kind].items():
        if column in result or column in mapping.constants or column in left_out:
            continue
        for stand_in in stand_ins:
            if stand_in in result or "{" in stand_in:
                result[column] = result.get(stand_in, stand_in)
                break
    order = table_of(mapping.kind).names
    return {column: result[column] for column in order if column in result}


def _filled(records: Records, option: str) -> pa.Array:
    """A column's cells, or a template's; parts that are missing are left out with the words before them."""
    if "{" not in option or option in records.table.column_names:
        return column_cells(records, option)
    parts = [(literal, name) for literal, name, _, _ in string.Formatter().parse(option)]
    result = _joined("", _part(records, parts[0][1]), parts[0][0])
    for literal, name in parts[1:]:
        if name is None:
            return _joined(result, "", literal)
        part = _part(records, name)
        result = pc.coalesce(_joined(result, part, literal), result, part)
    return result


def _joined(first: pa.Array | str, second: pa.Array | str, between: str) -> pa.Array:
    ends = [pa.scalar(one, TEXT) if isinstance(one, str) else one for one in (first, second)]
    return pc.binary_join_element_wise(*ends, pa.scalar(between, TEXT))


def _part(records: Records, name: str | None) -> pa.Array:
    spelled = {plain_header(header): header for header in reversed(records.columns)}
    spelled |= {header: header for header in records.columns} | {STEM: STEM}
    actual = spelled.get(name or "") or spelled.get(plain_header(name or ""))
    return column_cells(records, actual) if actual else pa.nulls(records.table.num_rows, TEXT)
