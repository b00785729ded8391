"""What the finder of risky changes costs beside the other finders, and whom it names in seeded worlds.

    python benchmarks/risky_changes.py [WORLDS]

Prints the processor time of the finder as a share of all other finders on the sample, and over so many planted worlds:
the share of false names, the planted systems found, how often the interval in the chosen window covers the planted
ratio, and how many times the ratio in the chosen window is the planted one.
"""

import sys
import tempfile
from pathlib import Path
from time import process_time

import numpy as np

from opex.evidence.finders import FINDERS
from opex.evidence.linking import compare
from opex.evidence.risky_changes import risky_changes
from opex.services.knowing import Known, known
from tests.evidence import builders as b
from tests.evidence.test_risky_changes import facts_of
from tests.evidence.worlds import world
from tests.services.sample import sample_in


def cost() -> None:
    with tempfile.TemporaryDirectory() as folder:
        now = known(sample_in(Path(folder)))
        assert isinstance(now, Known)
        spent = {}
        for finder in FINDERS:
            began = process_time()
            list(finder(now.facts, now.as_of))
            spent[finder.__name__] = process_time() - began
    others = sum(seconds for name, seconds in spent.items() if name != "risky_changes")
    began = process_time()
    compare(now.facts)
    whole = process_time() - began
    print(f"risky_changes: {spent['risky_changes'] / others:.2f} times all other finders together;")
    print(f"  the whole comparison, with every interval, would be {whole / others:.2f} times")


def whom(worlds: int) -> None:
    false_shares, found, strong, covered, inflated = [], 0, 0, [], []
    for seed in range(worlds):
        systems = world(seed)
        facts = facts_of(systems)
        named = {int(f.system.split("-")[1]): f for f in risky_changes(facts, b.AS_OF) if f.system}
        guilty = {n for n, one in enumerate(systems) if one.ratio > 1}
        false_shares.append(len(named.keys() - guilty) / max(1, len(named)))
        sure = {n for n, one in enumerate(systems) if one.ratio == 4 and one.extra >= 25}
        strong, found = strong + len(sure), found + len(sure & named.keys())
        covered += [named[n].low <= systems[n].ratio <= named[n].high for n in named.keys() & guilty]
        inflated += [named[n].effect / systems[n].ratio for n in named.keys() & guilty]
    print(f"{worlds} worlds of 30 systems: false among the named, mean {np.mean(false_shares):.3f};")
    print(f"  {found} of {strong} systems with ratio 4 and 25 extra incidents named;")
    print(f"  the interval in the chosen window covers the planted ratio in {np.mean(covered):.3f} of {len(covered)};")
    print(f"  the ratio there is {np.median(inflated):.2f} times the planted one (median)")


if __name__ == "__main__":
    cost()
    whom(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
