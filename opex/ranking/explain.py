"""A place in sentences, made from the live configuration: raw value, anchors, curve, weight, points."""

import numpy as np

from opex.domain.drivers import Driver, DriverSet
from opex.domain.priorities import Priority
from opex.ranking.formula_words import figure_sentences
from opex.ranking.measures import MEASURES
from opex.ranking.scales import worth

__all__ = ["driver_sentence", "sentences"]


def sentences(item: Priority, drivers: DriverSet) -> list[str]:
    """How the item came to its place: the score, the team's own formula, a driver each (most points first), the sum,
    moves.
    """
    ordered = sorted(drivers.drivers, key=lambda driver: (-item.contributions[driver.name], driver.name))
    place = "" if item.figure else f"; that is place {item.computed_rank}"
    lines = [
        f"“{item.opportunity.title}” scores {100 * item.score:.1f} of 100 points under {drivers.label}"
        f"{place}. {item.rated} of {len(drivers.drivers)} drivers have a value."
    ]
    lines += figure_sentences(item)
    lines += [driver_sentence(item, driver) for driver in ordered]
    points = " + ".join(f"{100 * item.contributions[driver.name]:.1f}" for driver in ordered)
    lines.append(f"Together: {points} = {100 * item.score:.1f} points, each rounded to a tenth.")
    if item.doubt is not None:
        lines.append(item.doubt.sentence)
    if not item.enough_rated:
        lines.append("Less than half of the weight has a value, so it stands below all items that have more.")
    if item.move is not None:
        said = f": “{item.move.words}”" if item.move.words else ""
        lines.append(f"{item.move.person} moved it to place {item.move.to} ({item.move.reason}){said}.")
    return lines


def driver_sentence(item: Priority, driver: Driver) -> str:
    """One driver's part in words that a person can check with a pocket calculator."""
    points, most = 100 * item.contributions[driver.name], 100 * driver.weight
    raw = item.values[driver.name]
    if raw is None:
        return (
            f"{driver.title}: nothing is known, so it counts at the middle of its scale: "
            f"0.50 × {most:.3g} = {points:.1f} points."
        )
    share = float(worth(np.array(raw), driver.scale))
    scale = driver.scale
    between = f"a {scale.curve} scale" if scale.curve != "steps" else "a scale in steps"
    return (
        f"{driver.title}: {_raw(item, driver, raw)}; on {between} from {scale.zero_at:g} (counts 0) to "
        f"{scale.one_at:g} (counts 1) that is {share:.3f} × {most:.3g} = {points:.1f} points."
    )


def _raw(item: Priority, driver: Driver, raw: float) -> str:
    if driver.rated:
        text = dict(driver.rubric).get(round(raw), "")
        given = len(item.opportunity.ratings.get(driver.name, {}))
        return f"level {raw:g} (“{text}”), the median of {given} rating{'s' if given != 1 else ''}"
    measure = MEASURES[driver.measure]
    between = _range(item.ranges.get(driver.name))
    if not measure.pain:
        return f"{raw:.3g} {driver.unit}{between} ({measure.says})"
    likely = item.opportunity.removes.likely
    pain = raw / likely if likely else 0.0
    assumed = "an assumed" if item.opportunity.removes_assumed else "a"
    return f"{pain:,.1f} {measure.says} × {assumed} likely removal of {likely:.0%} = {raw:,.1f} {driver.unit}{between}"


def _range(bounds: tuple[float, float] | None) -> str:
    """In brackets, what the evidence leaves open; nothing where there is no interval."""
    return "" if bounds is None else f" ({bounds[0]:.3g} to {bounds[1]:.3g})"
