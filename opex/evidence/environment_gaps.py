"""The finder of environment gaps: trouble that production has and that no test environment ever shows."""

from collections.abc import Iterator
from datetime import datetime

from opex.domain.problems import NotEnoughData
from opex.evidence.facts import YEAR, Facts
from opex.evidence.findings import Finding, poisson_interval
from opex.evidence.gaps import ClassSeen, Gaps, class_gaps

__all__ = ["MOST_Q", "environment_gap"]

MOST_Q = 0.05


def environment_gap(facts: Facts, as_of: datetime) -> Iterator[Finding]:
    """Categories that production has and no test environment shows, though it should have. Key: category.

    Reported where no test environment has one, production at least five, and q is at most 0.05 for none there if the
    category made up the same share of trouble (hypergeometric; Benjamini and Hochberg over all categories). Systems
    without a test environment take no part. Silent where nothing is known of a test environment.
    """
    found = class_gaps(facts)
    if isinstance(found, NotEnoughData):
        return
    rows = facts.incidents.set_index("id")
    for one in found.classes:
        if one.tests or not one.q_value <= MOST_Q:
            continue
        members = rows.loc[list(one.incidents)]
        count = int((members["started_at"] > as_of - YEAR).sum())
        low, high = poisson_interval(count)
        systems = members["system"].dropna().unique()
        yield Finding(
            finder="environment_gap",
            key=one.name,
            label=f"{one.name} trouble that no test shows",
            incidents=one.incidents,
            effect=count,
            low=low,
            high=high,
            unit="incidents a year that no test environment shows",
            why=_why(one, found),
            falsifier="Ask the team of the test environment: if such trouble comes up there and nobody writes it down, "
            "it is a gap in the log and none in the tests.",
            system=str(systems[0]) if len(systems) == 1 else None,
            environment="production",
            category=one.name,
        )


def _why(one: ClassSeen, found: Gaps) -> str:
    others = found.tests
    where = " and ".join(found.environments)
    return (
        f"Production had {one.production} episodes of {one.name} while {where} had none among {others}; at "
        f"production's share they would have shown {one.expected:.1f}. If it comes up there, then at most "
        f"{one.at_most:.0%} as often beside other trouble."
    )
