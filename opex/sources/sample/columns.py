"""The columns this company keeps, with the dtypes of the canonical tables."""

from typing import Any

import pandas as pd

from opex.frames import CHANGES, DTYPES, INCIDENTS, READINGS, Table

_NOT_KEPT = {"source", "mitigated_at", "url", "reopened_count", "caused_by"}
INCIDENT_COLUMNS = [name for name in INCIDENTS.names if name not in _NOT_KEPT]
CHANGE_COLUMNS = [name for name in CHANGES.names if name not in _NOT_KEPT]
READING_COLUMNS = [name for name in READINGS.names if name not in _NOT_KEPT]


def canonical(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The same frame; the columns that the table knows have its dtypes, and naive times are taken as UTC."""
    known = [name for name in frame.columns if name in table.names]
    dtypes: dict[str, Any] = {name: DTYPES[table.column(name).kind] for name in known}
    times = [name for name in known if table.column(name).kind == "time"]
    aware = {name: pd.Series(pd.to_datetime(frame[name], utc=True), index=frame.index) for name in times}
    return frame.assign(**aware).astype(dtypes)
