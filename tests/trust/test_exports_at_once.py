"""Trust row 15: two people export more than 1 MiB at the same moment, and each gets their own bytes."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

from opex.domain.priorities import Priorities
from opex.services import exporting
from opex.services.context import Context
from tests.export import builders as e
from tests.trust.conftest import sized

Figure = Callable[[str], None]
MIB = 1 << 20


def large(of: str) -> Priorities:
    """A thousand rows; two such orders differ in one word of one row, and in nothing else."""
    item = e.flagged()
    rows = [replace(item, opportunity=replace(item.opportunity, id=f"area-{n}")) for n in range(1_000)]
    rows[500] = replace(rows[500], opportunity=replace(rows[500].opportunity, owner=of))
    return Priorities(as_of=e.AS_OF, drivers=e.driver_set(), items=tuple(rows), total=1_000)


def test_two_that_export_at_once_each_get_their_own_bytes_under_a_name_of_its_own(
    context: Context, figure: Figure
) -> None:
    rounds, orders, names, stale, sizes = sized(8, 100), {"Ana": large("Ana"), "Bob": large("Bob")}, set(), 0, set()
    start = Barrier(2)

    def export(who: str) -> tuple[str, str, bytes]:
        start.wait()
        return (who, *exporting.export(context, orders[who], "json"))

    with ThreadPoolExecutor(2) as pool:
        for _ in range(rounds):
            for who, name, content in pool.map(export, orders):
                names.add(name)
                sizes.add(len(content))
                stale += json.loads(content)["opportunities"][500]["owner"] != who
    assert (len(names), stale) == (2 * rounds, 0)
    assert len(sizes) == 1  # alike in length, type and nearly every byte: only the name tells them apart
    assert min(sizes) > MIB
    figure(f"{2 * rounds} exports of {min(sizes):,} bytes, two at once: {len(names)} names, {stale} stale")
