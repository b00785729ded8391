"""`python -m benchmarks [NAME ...] [--json]`: ratios, side by side in one run; without a name all of them."""

import argparse
import json
from collections.abc import Callable

from benchmarks import after_changes, click, concurrent_writers, ingest, load, rank, start, themes
from benchmarks.measuring import Measured

BENCHMARKS: dict[str, Callable[[], list[Measured]]] = {
    "load": load.measure,
    "ingest": ingest.measure,
    "rank": rank.measure,
    "themes": themes.measure,
    "changes": after_changes.measure,
    "click": click.measure,
    "start": start.measure,
    "concurrent_writers": concurrent_writers.measure,
}


def line(one: Measured) -> str:
    limit, met = ("", "") if one.limit is None else (f"{one.limit:g}", "met" if one.met else "NOT MET")
    sides = f"{_shown(one.ours, one.unit):>10}{_shown(one.floor, one.unit):>10}"
    return f"{one.what:<32}{sides}{one.ratio:>8.2f}{limit:>7}  {met:<9}{one.note}"


def _shown(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:.2f} {unit}".strip()
    return f"{value:.2f} s" if value >= 1 else f"{1e3 * value:.3g} ms"


def main() -> int:
    """Run what was named, or everything; exit 1 when a limit is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="*", metavar="|".join(BENCHMARKS), help="default: all of them")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    if unknown := [name for name in asked.which if name not in BENCHMARKS]:
        parser.error(f'no benchmark is called "{unknown[0]}": there is {", ".join(BENCHMARKS)}')
    if not asked.json:
        print(f"{'what':<32}{'ours':>10}{'floor':>10}{'ratio':>8}{'limit':>7}")
    done: list[Measured] = []
    for name in asked.which or BENCHMARKS:
        for one in BENCHMARKS[name]():
            done.append(one)
            if not asked.json:
                print(line(one), flush=True)
    if asked.json:
        print(json.dumps([one.document() for one in done], indent=2))
    return int(any(one.met is False for one in done))


if __name__ == "__main__":
    raise SystemExit(main())
