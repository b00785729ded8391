"""``python -m tests.trust.hostile [count] [seed] [family]``: try the corpus and say what fails, grouped by family."""

import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tests.trust.hostile.attempt import Bench, attempt
from tests.trust.hostile.case import FAMILIES
from tests.trust.hostile.corpus import corpus, one
from tests.trust.hostile.judging import judge, too_strict

MOST_SECONDS = float(os.environ.get("HOSTILE_SECONDS", "inf"))


def main(count: int = 1000, seed: int = 7, only: str = "") -> None:
    """Try the files and print each failure as it comes, and the sums at the end."""
    failures: dict[str, list[str]] = defaultdict(list)
    tried, slowest, fattest, writing, began = 0, (0.0, ""), (0, ""), 0.0, time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bench = Bench(folder=folder)
        cases = corpus(folder / "corpus", seed=seed, count=count)
        if only:
            most = min(count, FAMILIES[only].most)
            cases = (one(folder / "corpus" / str(number), only, number, seed=seed) for number in range(most))
        while True:
            if time.monotonic() - began > MOST_SECONDS:
                print("stopped: the time is up")  # noqa: T201
                break
            before = time.monotonic()
            case = next(cases, None)
            writing += time.monotonic() - before
            if case is None:
                break
            tried += 1
            outcome = attempt(case, bench)
            slowest = max(slowest, (outcome.seconds, case.label))
            fattest = max(fattest, (outcome.peak, case.label))
            said = judge(case, outcome)
            strict = too_strict(case, outcome)
            for text in filter(None, (said, strict and f"too strict: {strict}")):
                failures[text.split(":")[0]].append(case.label)
                print(f"{case.label:60} {text}", flush=True)  # noqa: T201
            if only and not said:
                print(f"{case.label:60} {outcome.status} {len(outcome.loaded)} rows {outcome.said.strip()[:200]}")  # noqa: T201
            case.throw_away()
    print({kind: len(found) for kind, found in failures.items()})  # noqa: T201
    print(f"{tried} files in {time.monotonic() - began:.0f} s, writing {writing:.0f} s")  # noqa: T201
    print(f"slowest {slowest}, largest {fattest[0] / 2**20:,.0f} MB {fattest[1]}")  # noqa: T201


if __name__ == "__main__":
    words = sys.argv[1:]
    main(int(words[0]) if words else 1000, int(words[1]) if len(words) > 1 else 7, " ".join(words[2:]))
