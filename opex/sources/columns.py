"""Which column of the file gives which canonical column, and the cells that it gives."""

import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused
from opex.frames import TABLES, Table
from opex.sources.records import STEM, TEXT, Records, shown, with_semicolons
from opex.sources.vocabulary import matched, plain_header

COLUMNS = "columns"
REQUIRED = {"incidents": ("title", "started_at"), "changes": ("title", "started_at"), "metrics": ("at", "value")}
_STAND_INS: dict[str, dict[str, tuple[str, ...]]] = {
    "incidents": {"title": ("description",)},
    "changes": {"started_at": ("finished_at", "committed_at"), "title": ("source_id",)},
    "metrics": {"metric": (f"{{{STEM}}}",)},
}
JOINED = ("system", "tags", "caused_by", "paths")
"""Canonical columns that hold several names: a header that stands several times gives them all."""
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
            raise Refused(_absent(mapping, column, " or ".join(_listed(given)), headers))
    mapping = _with_spelled_parts(mapping, headers, spelled, strict=strict)
    if mapping.match_others:
        left_out = {column: "" for column, given in mapping.columns.items() if not any(_listed(given))}
        found = _with_others(mapping, found, headers, left_out)
    split = mapping.split or (";" if _is_repeated(found.get("system"), headers) else None)
    return replace(mapping, columns=found, split=split, match_others=False)


def missing_columns(mapping: Mapping) -> list[str]:
    """The required canonical columns that neither a column nor a constant gives."""
    return [c for c in REQUIRED[mapping.kind] if c not in mapping.columns and c not in mapping.constants]


def used_columns(mapping: Mapping, headers: Collection[str] = ()) -> set[str]:
    """The file columns that the mapping reads; with the file's headers also their repetitions."""
    used = {name for given in mapping.columns.values() for option in _listed(given) for name in _names(option)}
    used |= {rule.column for rule in mapping.planned} | {header for header, _ in mapping.durations.values()}
    if mapping.fold:
        used |= {mapping.fold.by, *mapping.fold.state, mapping.fold.updated, *mapping.fold.order}
    return used | {name for header in used for name in repetitions(headers, header)}


def matched_words(mapping: Mapping) -> dict[str, str]:
    """Canonical column -> the file's column, template or choice, as a person reads it."""
    return {column: " or ".join(_listed(given)) for column, given in mapping.columns.items()}


def is_state(given: str | list[str]) -> bool:
    """Whether only a status or state gives the column: it says that something is over, not how it went.

    Examples
    --------
    >>> is_state("State"), is_state("Conclusion"), is_state(["conclusion", "status"])
    (True, False, False)
    """
    options = _listed(given)
    return all(plain_header(option).endswith(("status", "state")) for option in options) and any(options)


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """The cells of a canonical column, and by position what else a header that stands several times says there."""

    array: pa.Array
    conflicts: dict[int, str] = field(default_factory=dict)


def mapped(records: Records, mapping: Mapping, column: str) -> Mapped:
    """The cells that the mapping's column, template or list of fallbacks gives for a canonical column.

    Those of the system have ``KEPT_SEMICOLON`` in the names of a list until they are parted (``systems_in``).

    A header that stands several times (``Labels``, ``Labels (2)`` ...) gives all its cells, separated by ``;``, to a
    column of ``JOINED``, and to another one its only value: different ones in a row are a conflict. A repeated
    header that the mapping names itself is a column of its own.
    """
    reader = _Reader(
        records=records,
        between=(mapping.split or ";") if column == "system" else ";",
        joins=column in JOINED,
        own=used_columns(mapping),
    )
    result: pa.Array | None = None
    conflicts: dict[int, str] = {}
    for option in _listed(mapping.columns[column]):
        array = reader.option(option)
        new = {i: text for i, text in reader.conflicts.items() if result is None or not result[i].is_valid}
        conflicts |= {i: text for i, text in new.items() if i not in conflicts}
        result = array if result is None else pc.coalesce(result, array)
        reader.conflicts.clear()
    return Mapped(array=result if column == "system" else with_semicolons(result), conflicts=conflicts)


def column_cells(records: Records, name: str) -> pa.Array:
    """The cells of one column of the file (a chunk-free array)."""
    if name == STEM and name not in records.table.column_names:
        return records.stems
    return records.table[name].combine_chunks() if records.table.num_rows else pa.array([], TEXT)


def all_cells(records: Records, header: str) -> pa.Array:
    """The cells of a column of the file and of its repetitions, separated by semicolons."""
    return with_semicolons(_Reader(records=records, between=";", joins=True, own=()).column(header))


def repetitions(headers: Collection[str], header: str) -> list[str]:
    """The further columns of a header that stands several times, as readers name them.

    Examples
    --------
    >>> repetitions(["Labels", "Labels (2)", "Labels (3)"], "Labels")
    ['Labels (2)', 'Labels (3)']
    """
    found: list[str] = []
    while (name := f"{header} ({len(found) + 2})") in headers:
        found.append(name)
    return found


def proposed_split(mapping: Mapping, records: Records) -> str | None:
    """The mark between several systems in one cell, if the header or the values suggest one."""
    given = mapping.columns.get("system")
    if given is None or not records.table.num_rows:
        return None
    values = mapped(records, mapping, "system").array
    for mark in ";|":
        if pc.any(pc.match_substring(values, mark)).as_py():
            return mark
    plural = isinstance(given, str) and plain_header(given).endswith(_PLURALS)
    return "," if plural and pc.any(pc.match_substring(values, ",")).as_py() else None


def headers_shown(headers: Sequence[str]) -> str:
    """The file's columns as a refusal lists them."""
    shown_ones = ", ".join(shown(header)[:30] for header in headers[:8])
    return shown_ones + (f" and {len(headers) - 8} more" if len(headers) > 8 else "")


def _refuse_unknown(mapping: Mapping) -> None:
    names = table_of(mapping.kind).names
    for part in (mapping.columns, mapping.constants, mapping.values):
        for column in part:
            if column not in names or column == "source":
                raise Refused(
                    f'The mapping {mapping.name} names "{column}", which is no column of {mapping.kind}; '
                    f"known are {', '.join(name for name in names if name != 'source')}."
                )
    _refuse_no_times(mapping)


def _refuse_no_times(mapping: Mapping) -> None:
    """Times that depend on the status or on the start must be times that come after the start."""
    required = REQUIRED[mapping.kind]
    times = [c.name for c in table_of(mapping.kind).columns if c.kind == "time" and c.name not in required]
    for field_name, given in (("closed_only", mapping.closed_only), ("after_start", tuple(mapping.after_start))):
        for column in given:
            if column not in times:
                raise Refused(
                    f'The mapping {mapping.name} names "{column}" in {field_name}, which is no time of '
                    f"{mapping.kind} after the start; known are {', '.join(times) or 'none'}."
                )


def _with_spelled_parts(mapping: Mapping, headers: Sequence[str], spelled: dict[str, str], *, strict: bool) -> Mapping:
    """The durations and the rules of planned work with the file's own spelling of their columns."""
    durations: dict[str, str] = {}
    for time, (header, unit) in mapping.durations.items():
        actual = _spelled(header, headers, spelled)
        if actual is not None:
            durations[time] = f"{actual} {unit}"
        elif strict:
            raise Refused(_absent(mapping, time, header, headers))
    names = table_of(mapping.kind).names
    rules = tuple(
        rule if rule.column in names else replace(rule, column=_spelled(rule.column, headers, spelled) or rule.column)
        for rule in mapping.planned
    )
    return replace(mapping, after_start=durations, planned=rules)


def _is_repeated(given: str | list[str] | None, headers: Sequence[str]) -> bool:
    options = [] if given is None else _listed(given)
    return any(repetitions(headers, header) for option in options for header in _names(option))


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


def _absent(mapping: Mapping, column: str, given: str, headers: Sequence[str]) -> str:
    return (
        f'The mapping {mapping.name} takes {column} from "{given}", which the file '
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


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """Reads columns of the file for one canonical column; ``own`` are headers that are columns of their own."""

    records: Records
    between: str
    joins: bool
    own: Collection[str]
    conflicts: dict[int, str] = field(default_factory=dict)

    def option(self, option: str) -> pa.Array:
        """A column's cells, or a template's; parts that are missing are left out with the words before them."""
        if "{" not in option or option in self.records.table.column_names:
            return self.column(option)
        parts = [(literal, name) for literal, name, _, _ in string.Formatter().parse(option)]
        result = _together("", self.part(parts[0][1]), parts[0][0])
        for literal, name in parts[1:]:
            if name is None:
                return _together(result, "", literal)
            part = self.part(name)
            result = pc.coalesce(_together(result, part, literal), result, part)
        return result

    def part(self, name: str | None) -> pa.Array:
        """The cells of a template's part; missing where the file has no such column."""
        spelled = {plain_header(header): header for header in reversed(self.records.columns)}
        spelled |= {header: header for header in self.records.columns} | {STEM: STEM}
        actual = spelled.get(name or "") or spelled.get(plain_header(name or ""))
        return self.column(actual) if actual else pa.nulls(self.records.table.num_rows, TEXT)

    def column(self, header: str) -> pa.Array:
        """The cells of a header, also when it stands several times."""
        first = column_cells(self.records, header)
        further = [name for name in repetitions(self.records.columns, header) if name not in self.own]
        if not further:
            return first
        cells = (first, *(column_cells(self.records, name) for name in further))
        arrays = [pc.utf8_trim_whitespace(array) for array in cells]
        return _all_of(arrays, self.between) if self.joins else self.only_one_of(arrays, header)

    def only_one_of(self, arrays: Sequence[pa.Array], header: str) -> pa.Array:
        """The first cells that are not missing; others that differ from them are conflicts."""
        one = pc.coalesce(*arrays)
        times = "twice" if len(arrays) == 2 else f"{len(arrays)} times"
        for other in arrays:
            differs = pc.fill_null(pc.not_equal(one, other), False)
            for position in map(int, np.flatnonzero(differs.to_numpy(zero_copy_only=False))):
                said = shown(other[position].as_py())
                text = f'one value; the column {header} stands {times} and says "{said}" too'
                self.conflicts.setdefault(position, text)
        return one


def _all_of(arrays: Sequence[pa.Array], between: str) -> pa.Array:
    """The cells that are not missing, joined; missing where all are."""
    result = arrays[0]
    for array in arrays[1:]:  # (Arrow's own way to skip missing cells loses the rows where all are missing)
        result = pc.coalesce(_together(result, array, between), result, array)
    return result


def _together(first: pa.Array | str, second: pa.Array | str, between: str) -> pa.Array:
    ends = [pa.scalar(one, TEXT) if isinstance(one, str) else one for one in (first, second)]
    return pc.binary_join_element_wise(*ends, pa.scalar(between, TEXT))
