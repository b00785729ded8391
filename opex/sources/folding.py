"""An event log has several rows for a record; the last update speaks for it, and nothing from its future."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from opex.domain.mapping import Fold
from opex.sources import times
from opex.sources.records import Records

ACKNOWLEDGED = "acknowledged_at"


def folded(records: Records, fold: Fold, timezone: str) -> Records:
    """One record for each value of ``fold.by``: its last update, with the time at which somebody took it on.

    A table without the columns that order updates is a list of records: each row is its record's last update.
    """
    table = records.table
    present = [column for column in fold.order if column in table.column_names]
    if fold.by not in table.column_names or not _has_state(table, fold) or not table.num_rows:
        return records
    if not present:
        return replace(records, table=_without_future(table, fold))
    ordered = records.taken(_order(table, fold, present, timezone))
    groups = pd.factorize(ordered.table[fold.by].combine_chunks().to_pandas().fillna(""))[0]
    order = np.argsort(groups, kind="stable")
    ordered, groups = ordered.taken(order), groups[order]
    last = np.flatnonzero(np.append(groups[1:] != groups[:-1], True))
    result = ordered.taken(last)
    taken_on = _first_taken_on(ordered.table, fold, groups)
    table = _without_future(result.table, fold)
    if taken_on is not None:
        table = _with_column(table, ACKNOWLEDGED, taken_on)
    return replace(result, table=table, notes=(*records.notes, *_notes(records.table, fold)))


def _order(table: pa.Table, fold: Fold, present: list[str], timezone: str) -> npt.NDArray[np.int64]:
    """Positions ordered by the update columns; equal ones keep the file's order."""
    keys = [_sortable(table[column].combine_chunks(), column, timezone) for column in present]
    return np.lexsort([np.arange(table.num_rows), *reversed(keys)])


def _sortable(array: pa.Array, column: str, timezone: str) -> npt.NDArray[np.float64]:
    whole = pc.match_substring_regex(array, r"^\d{1,15}$")
    if pc.all(pc.fill_null(whole, True)).as_py():
        numbers = np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
        return np.where(np.isnan(numbers), -1.0, numbers)
    form = times.decided(array, column=column, stated=None)
    found = times.converted(array, form, times.zone(timezone)).times
    return np.asarray(np.where(np.isnat(found), -np.inf, found.astype("int64").astype(np.float64)), dtype=np.float64)


def _has_state(table: pa.Table, fold: Fold) -> bool:
    return any(name in table.column_names for name in fold.state)


def _states(table: pa.Table, fold: Fold) -> pd.Series:
    """The state of each update: of several columns the first that is not missing."""
    columns = [table[name].combine_chunks() for name in fold.state if name in table.column_names]
    states: pd.Series = pc.coalesce(*columns).to_pandas()
    return states.fillna("").str.strip().str.casefold()


def _first_taken_on(table: pa.Table, fold: Fold, groups: npt.NDArray[np.int64]) -> pa.Array | None:
    """For each record the time of its first update in a state that is neither new nor unknown."""
    if fold.updated not in table.column_names:
        return None
    passive = {word.casefold() for word in (*fold.new, *fold.unknown, "")}
    several = np.bincount(groups)[groups] > 1  # a lone row is no history: its update is not when work began
    taken = np.flatnonzero(~_states(table, fold).isin(passive).to_numpy() & several)
    first_group, first_at = np.unique(groups[taken], return_index=True)
    positions = np.full(int(groups[-1]) + 1, -1)
    positions[first_group] = taken[first_at]
    indices = pa.array(positions, mask=positions < 0)
    return table[fold.updated].combine_chunks().take(indices)


def _without_future(table: pa.Table, fold: Fold) -> pa.Table:
    """Ends are believed only where the last state is a closed one."""
    closed = pa.array(_states(table, fold).isin([word.casefold() for word in fold.closed]).to_numpy())
    for column in fold.ends:
        if column in table.column_names:
            array = table[column].combine_chunks()
            table = _with_column(table, column, pc.if_else(closed, array, pa.scalar(None, array.type)))
    return table


def _with_column(table: pa.Table, name: str, array: pa.Array) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, array)
    return table.append_column(name, array)


def _notes(table: pa.Table, fold: Fold) -> tuple[str, ...]:
    states = _states(table, fold)
    return tuple(
        f'{count} of {len(states):,} updates have the state "{word}", which is not explained; it counts as unknown.'
        for word in fold.unknown
        if (count := int((states == word.casefold()).sum()))
    )
