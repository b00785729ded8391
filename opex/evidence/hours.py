"""Moments of a table as hours on one axis, which the numeric cores count in."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["hours_of", "moment_of"]


def hours_of(moments: pd.Series) -> NDArray[np.float64]:
    """Hours since 1970 of aware moments; NaN where missing.

    Examples
    --------
    >>> hours_of(pd.Series(pd.to_datetime(["1970-01-02T06:30Z", None], utc=True))).tolist()
    [30.5, nan]
    """
    since = moments - pd.Timestamp(0, tz="UTC")
    return np.asarray(since.dt.total_seconds().to_numpy(dtype=np.float64) / 3600)


def moment_of(hours: float) -> datetime:
    """The moment so many hours after 1970, to the second."""
    return datetime.fromtimestamp(round(hours * 3600), tz=UTC)
