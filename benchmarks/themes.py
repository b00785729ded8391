"""Grouping labelled texts into themes: 25,000 beside TF-IDF of the same texts as scikit-learn makes it, and 150,000 in
a process of their own, beside bare tokenising, with the memory that it took at most."""

import csv
import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from time import process_time

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.made_up import sentences
from benchmarks.measuring import Measured, side_by_side
from opex.evidence.themes import group

ROOT = Path(__file__).parents[1]
TEXTS = ROOT.parent / "shared" / "data" / "labelled_texts" / "texts.csv.gz"
COUNT, MANY = 25_000, 150_000
LIMIT, MOST_GIGABYTES = 6.0, 1.5


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


def many_texts() -> list[str]:
    """So many texts: the same matters with other numbers, and in every fifth a word that no other one has."""
    read, _ = texts()
    random = np.random.default_rng(2)
    letters = np.array(list("bcdfghjklmnpqrstvwz"))
    made = ["".join(letters[row]) if n % 5 == 0 else "" for n, row in enumerate(random.integers(0, 19, (MANY, 6)))]
    return [f"{re.sub('[0-9]{4,}', str(n), read[n % len(read)])} {made[n]}" for n in range(MANY)]


def measure(times: int = 5) -> list[Measured]:
    read, which = texts()
    ours, floor = side_by_side(times, lambda: group(read), lambda: TfidfVectorizer().fit_transform(read))
    note = f"floor: TfidfVectorizer().fit_transform, {which}"
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.themes"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    ).stdout
    many = json.loads(told)
    return [
        Measured(what=f"themes of {len(read):,} texts", ours=ours, floor=floor, limit=LIMIT, note=note),
        Measured(what=f"themes of {MANY:,} texts", ours=many["ours"], floor=many["floor"], note="floor: tokenising"),
        Measured(what="... their memory at most", ours=many["gigabytes"], floor=MOST_GIGABYTES, limit=1.0, unit="GB",
                 note="own process, peak RSS; floor: the bound"),
    ]  # fmt: skip


def _alone() -> None:
    """Group once in this process and print what it took."""
    many = many_texts()
    started = process_time()  # of one thread in a process alone: a busy machine does not count
    _ = [re.findall(r"\w+", text.lower()) for text in many]
    tokenised = process_time()
    group(many)
    floor, ours = tokenised - started, process_time() - tokenised
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    kilobytes = int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]
    print(json.dumps({"ours": ours, "floor": floor, "gigabytes": kilobytes / 1e6}))


if __name__ == "__main__":
    _alone()
