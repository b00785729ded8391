"""What is known of systems as wholes, as measures for drivers: each figure with its interval."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

import pandas as pd

from opex.ranking.measures import FIGURES
from opex.services.context import Context

__all__ = ["figures"]

Figure = Callable[[Context, datetime], pd.DataFrame]
_SOURCES: Mapping[str, Figure] = {}


def figures(context: Context, measures: Collection[str], as_of: datetime) -> dict[str, pd.DataFrame]:
    """The figures that these measures need, by measure; only what is asked for is computed.

    Each table has columns system, environment (missing where the figure holds for all), value, low, high.
    """
    return {name: _SOURCES[name](context, as_of) for name in FIGURES if name in measures and name in _SOURCES}
