"""Made-up rows in the shape of a real export: seeded, so that every run measures the same bytes."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

WORDS = [
    "payment",
    "checkout",
    "search",
    "login",
    "queue",
    "database",
    "timeout",
    "slow",
    "error",
    "certificate",
    "disk",
    "full",
    "node",
    "restart",
    "failover",
    "latency",
    "alert",
    "customers",
    "reported",
    "cannot",
    "service",
    "deployment",
    "rollback",
    "cache",
    "connection",
    "refused",
    "after",
    "the",
    "on",
    "for",
]
CHANCES = {
    "environment": (("production", "test", "development"), (0.8, 0.15, 0.05)),
    "category": (("software", "network", "hardware", "configuration", "dependency"), (0.4, 0.2, 0.1, 0.2, 0.1)),
    "severity": (("1", "2", "3", "4", "5"), (0.02, 0.1, 0.3, 0.4, 0.18)),
    "team": (("Platform", "Checkout", "Search", "Payments", "Identity", "Network"), (0.2, 0.2, 0.15, 0.15, 0.15, 0.15)),
}  # fmt: skip


def sentences(random: np.random.Generator, count: int, least: int, most: int) -> list[str]:
    """So many texts of least to most words."""
    lengths = random.integers(least, most + 1, count)
    words = np.array(WORDS, dtype=object)[random.integers(0, len(WORDS), int(lengths.sum()))]
    ends = np.cumsum(lengths)
    return [
        " ".join(words[start:end].tolist()) for start, end in zip((ends - lengths).tolist(), ends.tolist(), strict=True)
    ]


def incidents(rows: int, seed: int = 1, systems: int = 60, years: int = 3) -> pa.Table:
    """Incidents of twelve columns, all text: what a ticket system's export holds. The newest is of June 2026."""
    random = np.random.default_rng(seed)
    start = np.datetime64("2026-06-30T00:00:00") - np.sort(random.integers(1, years * 365 * 86400, rows))[::-1]
    end = start + random.lognormal(8.5, 1.3, rows).astype("int64")
    open_still = random.random(rows) < 0.02
    columns = {
        "id": [f"INC{n:07d}" for n in range(rows)],
        "title": [f"{text} ({random.integers(999)})" for text in sentences(random, rows, 4, 9)],
        "description": sentences(random, rows, 8, 30),
        "system": [f"system-{n:02d}" for n in random.zipf(1.4, rows) % systems],
        **{name: random.choice(words, rows, p=chances) for name, (words, chances) in CHANCES.items()},
        "started_at": _written(start),
        "resolved_at": np.where(open_still, "", _written(end)),
        "status": np.where(open_still, "open", "closed"),
        "customers": random.lognormal(4, 2, rows).astype("int64").astype(str),
    }
    order = ["id", "title", "description", "system", "environment", "category", "severity", "started_at"]
    order += ["resolved_at", "status", "team", "customers"]
    return pa.table({name: pa.array(columns[name], pa.string()) for name in order})


def _written(moments: np.ndarray) -> np.ndarray:
    return np.char.add(moments.astype("datetime64[s]").astype(str), "Z")


def incidents_csv(path: Path, rows: int, seed: int = 1) -> Path:
    """The incidents as a CSV file."""
    pa_csv.write_csv(incidents(rows, seed), path)
    return path
