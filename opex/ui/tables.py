"""Tables of incidents, as people read them everywhere; and the key of any table from which rows are chosen."""

from collections.abc import Iterable
from hashlib import blake2b

import pandas as pd
import streamlit as st

from opex.domain.safe import markdown
from opex.services import knowing
from opex.services.context import Context

__all__ = ["incident_table", "read_incidents", "rows_key"]

_COLUMNS = {
    "started_at": st.column_config.DatetimeColumn("started", format="D MMM YYYY, HH:mm", width=145),
    "title": st.column_config.TextColumn("incident", width="large"),
    "system": st.column_config.TextColumn("system", width=130),
    "hours": st.column_config.NumberColumn("hours lost", format="%.1f", width="small"),
    "severity": st.column_config.NumberColumn("severity", help="1 most severe to 5", width="small"),
    "id": st.column_config.TextColumn("id", width="small"),
}


def rows_key(name: str, rows: Iterable[object]) -> str:
    """The key of a table from which rows are chosen, made of what tells them apart, in their order.

    The browser keeps the number of a chosen row and not what stands in it: where rows come, go or change places, the
    table begins without a choice, so that nothing is said of a row that nobody chose.

    Examples
    --------
    >>> rows_key("people", ["Ana", "Bo"]) == rows_key("people", ["Ana", "Bo"])
    True
    >>> rows_key("people", ["Ana", "Bo"]) == rows_key("people", ["Al", "Ana", "Bo"])
    False
    """
    return f"{name}_{blake2b(repr(tuple(rows)).encode(), digest_size=6).hexdigest()}"


def incident_table(table: pd.DataFrame, *, key: str, select: bool = False, height: int = 300) -> list[str]:
    """Draw incidents, newest first; the ids that a person selected when ``select`` is on, else none."""
    shown = table[list(_COLUMNS)].reset_index(drop=True)
    height = min(38 + 35 * len(shown), height)
    alt = f"{len(shown)} incidents, newest first"
    if not select:
        st.dataframe(shown, key=key, height=height, hide_index=True, column_config=_COLUMNS, alt=alt)
        return []
    event = st.dataframe(
        shown, key=rows_key(key, table["id"]), height=height, hide_index=True, column_config=_COLUMNS, alt=alt,
        on_select="rerun", selection_mode="multi-row",
    )  # fmt: skip
    return [str(table["id"].iloc[n]) for n in event.selection.rows]


def read_incidents(of: Context, table: pd.DataFrame, chosen: list[str], most: int = 3) -> None:
    """What was written about the incidents that a person selected, as it was typed."""
    texts = knowing.text_of(of, chosen[:most])
    urls = table.set_index("id")["url"].dropna().to_dict() if "url" in table else {}
    for incident in chosen[:most]:
        with st.container(border=True):
            st.caption(markdown(incident))
            st.text(texts.get(incident, "Nothing more was written about it.")[:4000])
            if incident in urls:
                st.text(str(urls[incident]))
