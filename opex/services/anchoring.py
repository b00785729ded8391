"""What the anchors of each driver do to today's items: whether it orders anything, and who lies beyond an anchor."""

import numpy as np

from opex.services.prioritising import Board

__all__ = ["warnings"]


def warnings(of: Board) -> dict[str, str]:
    """A sentence for each driver that is idle or cuts items off, by its name; drivers without fault have none.

    Idle: all items have the same worth on it, so today it orders nothing, whatever its weight. Cut off: items beyond an
    anchor count as the anchor, so that they are alike on this driver.
    """
    told = {driver.name: _sentence(of, n) for n, driver in enumerate(of.drivers.drivers)}
    return {name: sentence for name, sentence in told.items() if sentence}


def _sentence(of: Board, n: int) -> str:
    driver, raw = of.drivers.drivers[n], of.raw[:, n]
    known = raw[~np.isnan(raw)]
    if len(raw) < 2:
        return ""
    if np.ptp(of.values[:, n]) < 1e-9:
        why = "nobody has rated an item on it" if driver.rated and not len(known) else "all items count alike on it"
        return f"{driver.title} is idle: {why}, so its {driver.weight:.0%} order nothing today."
    low, high = sorted((driver.scale.zero_at, driver.scale.one_at))
    parts = [
        f"{count} of {len(known)} items lie {where} {anchor:g} {driver.unit}"
        for count, where, anchor in (
            (int((known > high).sum()), "above", high),
            (int((known < low).sum()), "below", low),
        )
        if count
    ]
    return f"{driver.title}: {' and '.join(parts)}; beyond an anchor they count alike." if parts else ""
