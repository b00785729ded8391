"""Grouping 25,000 labelled texts into themes, beside TF-IDF of the same texts as scikit-learn makes it."""

import csv
import gzip
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.made_up import sentences
from benchmarks.measuring import Measured, side_by_side
from opex.evidence.themes import group

TEXTS = Path(__file__).parents[2] / "shared" / "data" / "labelled_texts" / "texts.csv.gz"
COUNT = 25_000
LIMIT = 6.0


def texts() -> tuple[list[str], str]:
    """The labelled texts, or seeded look-alikes where they are not at hand."""
    if TEXTS.exists():
        with gzip.open(TEXTS, "rt", encoding="utf-8", newline="") as file:
            return [row["text"] for row in csv.DictReader(file)][:COUNT], "labelled texts"
    random = np.random.default_rng(1)
    wordings = sentences(random, 300, 4, 7)
    chosen = random.zipf(1.3, COUNT // 2) % len(wordings)
    repeated = [f"srv{random.integers(999)}: {wordings[n]} (ticket {random.integers(99999)})" for n in chosen]
    return [*repeated, *sentences(random, COUNT - len(repeated), 5, 9)], "made-up look-alikes"


def measure(times: int = 5) -> list[Measured]:
    read, which = texts()
    ours, floor = side_by_side(times, lambda: group(read), lambda: TfidfVectorizer().fit_transform(read))
    note = f"floor: TfidfVectorizer().fit_transform, {which}"
    return [Measured(what=f"themes of {len(read):,} texts", ours=ours, floor=floor, limit=LIMIT, note=note)]
