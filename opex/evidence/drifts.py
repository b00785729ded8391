"""Slow drifts: how a count or a metric changes little by little, with an interval and a test of no change."""

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

__all__ = ["log_linear_trend", "slow_change", "without_weekdays"]


def log_linear_trend(counts: NDArray[np.intp]) -> tuple[float, float, float, float]:
    """Growth from the first to the last bin with its 95 % interval, and the one-sided p of no growth.

    Quasi-Poisson regression of counts on time by iteratively reweighted least squares (McCullagh and Nelder 1989);
    the dispersion is at least 1.
    """
    time = np.linspace(-0.5, 0.5, len(counts))
    design = np.column_stack([np.ones_like(time), time])
    beta = np.array([np.log(counts.mean()), 0.0])
    for _ in range(50):
        mean = np.exp(design @ beta)
        step = np.linalg.solve((design.T * mean) @ design, design.T @ (counts - mean))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    mean = np.exp(design @ beta)
    freedom = len(counts) - 2
    dispersion = max(1.0, float(((counts - mean) ** 2 / mean).sum() / freedom))
    error = float(np.sqrt(dispersion * np.linalg.inv((design.T * mean) @ design)[1, 1]))
    slack = float(scipy.stats.t.ppf(0.975, freedom)) * error
    p = float(scipy.stats.t.sf(beta[1] / error, freedom))
    bounded = np.exp(np.clip([beta[1], beta[1] - slack, beta[1] + slack], -20, 20))
    return float(bounded[0]), float(bounded[1]), float(bounded[2]), p


def without_weekdays(days: pd.Series) -> pd.Series:
    """Daily values with each weekday's median taken out and the overall median put back; the index is of days.

    Examples
    --------
    >>> days = pd.Series(5.0 + (np.arange(14) % 7 == 0), index=pd.date_range("2026-01-05", periods=14))
    >>> without_weekdays(days).unique().tolist()
    [5.0]
    """
    weekday = days.groupby(pd.DatetimeIndex(days.index).day_of_week).transform("median")
    return (days - weekday) + float(days.median())


def slow_change(days: pd.Series, worse: int) -> tuple[float, float, float, float]:
    """Relative change over the window with its interval, and the one-sided p of not getting worse.

    Theil and Sen's slope of daily values without their weekdays; Mann and Kendall's test with the variance corrected
    for autocorrelation of the first lag (Hamed and Rao 1998). ``worse`` is 1 where up is worse, else -1.
    """
    values = without_weekdays(days).to_numpy()
    time = (days.index - days.index[0]).total_seconds().to_numpy() / 86_400
    slope, middle, low, high = scipy.stats.theilslopes(values, time)
    residuals = values - (middle + slope * time)
    p = _mann_kendall(values * worse, residuals)
    start = middle if abs(middle) > 1e-12 else 1.0
    low_high = sorted((low * time[-1] / abs(start), high * time[-1] / abs(start)))
    return float(slope * time[-1] / abs(start)), float(low_high[0]), float(low_high[1]), p


def _mann_kendall(values: NDArray[np.float64], residuals: NDArray[np.float64]) -> float:
    count = len(values)
    signs = np.sign(values[None, :] - values[:, None])
    score = float(np.triu(signs, 1).sum())
    _, ties = np.unique(values, return_counts=True)
    variance = (count * (count - 1) * (2 * count + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    ranks = scipy.stats.rankdata(residuals)
    spread = float(ranks.var())
    lagged = float(np.mean((ranks[1:] - ranks.mean()) * (ranks[:-1] - ranks.mean()))) / spread if spread > 0 else 0.0
    inflation = (1 + max(0.0, lagged)) / (1 - min(max(0.0, lagged), 0.95))
    if variance <= 0:
        return 1.0
    return float(scipy.stats.norm.sf((score - np.sign(score)) / np.sqrt(variance * inflation)))
