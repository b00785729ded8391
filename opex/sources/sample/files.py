"""The sample as files: CSV as a tool would export it, TOML for the catalogue and for what was planted."""

from pathlib import Path
from typing import Any

import pandas as pd

from opex.domain.toml import dumps
from opex.sources.sample.company import Sample

_HEADINGS = {
    "systems": "# The systems of the sample company. Made by: python -m opex.sources.sample data/sample\n\n",
    "truths": (
        "# What is planted in the sample, for tests of finders.\n"
        "# The app never reads this file; data/README.md explains it.\n\n"
    ),
}


def write(sample: Sample, folder: Path) -> None:
    """Write incidents.csv, changes.csv, readings.csv, systems.toml and truths.toml into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files(sample).items():
        (folder / name).write_bytes(text.encode())


def files(sample: Sample) -> dict[str, str]:
    """The text of each file by its name."""
    return {
        "incidents.csv": _csv(sample.incidents),
        "changes.csv": _csv(sample.changes),
        "readings.csv": _csv(sample.readings),
        "systems.toml": _HEADINGS["systems"] + dumps({"systems": sample.systems}),
        "truths.toml": _HEADINGS["truths"] + dumps({"truths": sample.truths}),
    }


def _csv(frame: pd.DataFrame) -> str:
    text: str = frame.assign(**{name: _plain(frame[name]) for name in frame.columns}).to_csv(
        index=False, lineterminator="\n"
    )
    return text


def _plain(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Times as ISO 8601 with Z, flags as true and false, numbers without needless decimals, the rest as it is."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return pd.Series(column.dt.strftime("%Y-%m-%dT%H:%M:%SZ"), index=column.index)
    if column.dtype == "boolean":
        return column.map({True: "true", False: "false"})
    if column.dtype == "float64":
        return column.map(lambda value: f"{value:g}" if abs(value) < 100_000 else f"{value:.0f}")
    return column
