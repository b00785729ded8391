"""What every export says in words and numbers: what is shown, as of when, and how it was computed."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from opex.domain.decisions import MOVE_REASONS
from opex.domain.drivers import Driver, DriverSet, Scale
from opex.domain.formulas import named
from opex.domain.priorities import Move, Priorities, Priority, Replay

POINTS = 100.0  # a score and its contributions lie between 0 and 1; tables show them as points of 100
Value = str | int | float | datetime | None
REPLAY_CAVEAT = "This is hindsight: it uses what is known today, and is no forecast."


def utc(moment: datetime) -> datetime:
    """The instant in UTC.

    Raises
    ------
    ValueError
        For a naive one: a bug of the caller, since nobody knows which instant is meant.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; instants are aware UTC")
    return moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """The instant as ISO 8601 in UTC, with Z.

    Examples
    --------
    >>> iso(datetime(2026, 6, 30, 12, tzinfo=UTC))
    '2026-06-30T12:00:00Z'
    """
    return utc(moment).isoformat().replace("+00:00", "Z")


def instant(moment: datetime) -> str:
    """The instant as people write it.

    Examples
    --------
    >>> instant(datetime(2026, 6, 30, 12, tzinfo=UTC))
    '30 June 2026, 12:00 UTC'
    """
    return f"{utc(moment):%-d %B %Y, %H:%M} UTC"


def finite(number: float | None) -> float | None:
    """The number as a plain one, or ``None`` where it is missing, not a number or infinite."""
    if number is None or not math.isfinite(number):
        return None
    return float(number) if isinstance(number, float) else int(number)


def points(share: float | None) -> float | None:
    """A score or a contribution as points of 100."""
    share = finite(share)
    return None if share is None else share * POINTS


def value_for_effort(priority: Priority) -> float | None:
    """Likely hours brought back in a year for a day of work; ``None`` without an effort to divide by."""
    return finite(priority.value_for_effort) if priority.opportunity.effort_days else None


def said(number: float | None) -> str:
    """A number in a sentence, with as many digits as help.

    Examples
    --------
    >>> [said(x) for x in (1234.5, 18.4, 3.0, 3.46, 0.0042, None)]
    ['1,234', '18', '3', '3.5', '0.0042', 'unknown']
    """
    number = finite(number)
    if number is None:
        return "unknown"
    if abs(number) >= 10:
        return f"{number:,.0f}"
    if number == 0 or abs(number) >= 0.1:
        return f"{number:.1f}".removesuffix(".0")
    return f"{number:.2g}"


def span(low: float | None, high: float | None) -> str:
    """A range in a sentence, one number where both ends read alike.

    Examples
    --------
    >>> span(18, 35), span(4, 4), span(None, 4)
    ('18 to 35', '4', 'unknown')
    """
    ends = [said(low), said(high)]
    if "unknown" in ends:
        return "unknown"
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def shown(priorities: Priorities) -> str:
    """How much of the whole list is here, such as ``3 of 46 opportunities``."""
    total = max(priorities.total, len(priorities.items))
    left_out = f" ({priorities.left_out.removesuffix('.')})" if priorities.left_out else ""
    return f"{len(priorities.items)} of {total} {'opportunity' if total == 1 else 'opportunities'}{left_out}"


def workspace(priorities: Priorities) -> str:
    """The workspace's name; should it be an address, without the password."""
    return re.sub(r"(?<=://)[^/\s]*@", "", priorities.workspace)


def statement(priorities: Priorities, made_at: datetime) -> list[tuple[str, str | datetime]]:
    """What this export shows: a label and a text or an instant each."""
    return [
        ("Shown", shown(priorities)),
        ("Filters", priorities.filters or "none"),
        ("Driver set", f"{priorities.drivers.label}{_tried(priorities)}"),
        ("As of", utc(priorities.as_of)),
        ("Exported at", utc(made_at)),
        ("Workspace", workspace(priorities) or "not named"),
    ]


def _tried(priorities: Priorities) -> str:
    return f", tried and not saved: {priorities.tried}" if priorities.tried else ""


METHOD = (
    (
        "Score",
        "The sum over all drivers of the weight times the place on the driver's scale, times 100. The place is 0 at "
        "the value that counts as nothing, 1 at the value that counts in full, and follows the driver's curve "
        "between; values beyond an anchor count like the anchor. The contributions add up to the score.",
    ),
    (
        "Order",
        "By score alone (the computed rank), then the adjustments that people made, each with its reason. "
        "Opportunities that score alike stand in the order of their ids, which says nothing about which is better. "
        "Filters never change a rank.",
    ),
    (
        "Doubt",
        "Where a place is said with a range, the order was drawn many times: weights around the stated ones, the weeks "
        "of the past year with replacement, removals between low and high, ratings among those given, what is unknown "
        "over its whole scale. The range holds nine of ten draws. A share of draws is a share of plausible weightings "
        "and evidence, and not a frequency of anything in the world.",
    ),
    (
        "Not rated",
        "A driver without a value counts at the middle of its scale, so that an unknown neither lifts nor sinks an "
        "opportunity. Where less than half of the weight has a value, the opportunity stands below all others.",
    ),
    (
        "Hours lost",
        "From the start of each incident to its end, an open one until the as-of instant, up to a stated bound "
        "(7 days), over the 12 months before that instant. An opportunity counts each of its "
        "incidents once; planned work and incidents that somebody struck are left out.",
    ),
    (
        "Benefit",
        "The hours lost in the 12 months times the share that the action removes: low, likely and high. "
        "Opportunities can share incidents, so benefits must not be added up.",
    ),
    ("Value for effort", "The likely benefit in hours a year for each day of work; empty where no effort is stated."),
)


def method(drivers: DriverSet) -> list[tuple[str, str]]:
    """How it was computed; with the team's own formula, where that is not the score itself.

    Examples
    --------
    >>> [label for label, _ in METHOD]
    ['Score', 'Order', 'Doubt', 'Not rated', 'Hours lost', 'Benefit', 'Value for effort']
    """
    formula = named(drivers.formula)
    if formula.additive:
        return list(METHOD)
    own = (
        "Formula",
        f"The order by score alone is replaced by that of {formula.title} ({formula.label}), the team's own formula: "
        f"{formula.says} What it cannot place for want of an effort stands below, in the order of the scores. "
        "Score and contributions stay the additive ones.",
    )
    return [METHOD[0], own, *METHOD[1:]]


DRIVER_HEADERS = (
    "Driver",
    "Definition",
    "Family",
    "Measure",
    "Unit",
    "Counts as nothing at",
    "Counts in full at",
    "Curve",
    "Weight (%)",
)


def driver_rows(drivers: DriverSet) -> list[tuple[Value, ...]]:
    """One row a driver, in the order of `DRIVER_HEADERS`."""
    return [
        (
            driver.title, driver.definition, driver.family, measured(driver), driver.unit,
            driver.scale.zero_at, driver.scale.one_at, curve(driver.scale), finite(driver.weight * 100),
        )
        for driver in drivers.drivers
    ]  # fmt: skip


def measured(driver: Driver) -> str:
    """How the driver gets its value; for one that people rate, its rubric."""
    if not driver.rated:
        return driver.measure
    levels = "; ".join(f"{level}: {text}" for level, text in driver.rubric)
    return f"rated by people ({levels})"


def curve(scale: Scale) -> str:
    """The curve in words; steps with each raw value and its worth."""
    if scale.curve != "steps":
        return scale.curve
    return "steps: " + ", ".join(f"{worth:g} from {raw:g} on" for raw, worth in scale.steps)


def moved(items: Sequence[Priority]) -> list[tuple[Priority, Move]]:
    """The items that people moved, each with its adjustment."""
    return [(priority, priority.move) for priority in items if priority.move is not None]


def move_reason(move: Move) -> str:
    """The reason code of an adjustment in words; an unknown code as it stands."""
    return MOVE_REASONS.get(move.reason, move.reason)


def replayed(replay: Replay) -> str:
    """The replay with its window and its caveat."""
    return f"{replay.sentence} (From {instant(replay.since)} to {instant(replay.until)}.) {REPLAY_CAVEAT}"
