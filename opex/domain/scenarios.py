"""A scenario: what if this weighed more, counted full from there, removed less, took longer? Nothing of it is saved
as anybody's word."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from opex.domain.drivers import DriverSet
from opex.domain.opportunities import Opportunity, Removal
from opex.domain.problems import Refused

__all__ = ["WHAT_IF", "Scenario"]

WHAT_IF = "what if"
"""The name under which a scenario's level stands among an item's ratings: nobody's."""
LONGEST_NAME = 60
TAKEN = ("saved", "opportunity")
"""Columns of the table in which scenarios stand side by side."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Other weights, anchors, removals, ratings and efforts; what it does not name stays as saved.

    Attributes
    ----------
    weights
        By driver, as shares. Scaled to add up to 1 together with those that it does not name.
    anchors
        By driver: the raw value that counts 0, and the one that counts 1.
    removals
        By item: the shares of its pain that its action removes.
    ratings
        By item, then by rated driver: the level in place of all that people gave.
    efforts
        By item: days of work.
    """

    name: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    anchors: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    removals: Mapping[str, Removal] = field(default_factory=dict)
    ratings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    efforts: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no list can be made of."""
        if len(self.name) > LONGEST_NAME:
            raise Refused(f"A scenario's name has at most {LONGEST_NAME} characters; this has {len(self.name)}.")
        if self.name.strip().casefold() in TAKEN:
            raise Refused(f'A scenario cannot be called "{self.name}": that stands beside it in the same table.')
        if any(not (math.isfinite(weight) and weight >= 0) for weight in self.weights.values()):
            raise Refused("A scenario's weights are shares of 0 or more.")
        if self.weights and sum(self.weights.values()) <= 0:
            raise Refused("All weights of the scenario are zero: give at least one driver a weight.")
        if any(len(set(pair)) < 2 or not all(map(math.isfinite, pair)) for pair in self.anchors.values()):
            raise Refused("A scenario's anchors are two different finite numbers for each driver.")
        if any(not (math.isfinite(days) and days > 0) for days in self.efforts.values()):
            raise Refused("A scenario's efforts are more than 0 days.")

    @property
    def empty(self) -> bool:
        """Whether it changes nothing."""
        return not (self.weights or self.anchors or self.removals or self.ratings or self.efforts)

    @property
    def of_items(self) -> bool:
        """Whether it changes anything of the items, and not of the drivers alone."""
        return bool(self.removals or self.ratings or self.efforts)

    @property
    def key(self) -> str:
        """A text that is equal exactly for scenarios that change the same (whatever their names)."""
        return json.dumps(replace(self, name="").body(), sort_keys=True)

    @property
    def sentence(self) -> str:
        """How much it changes, in words.

        Examples
        --------
        >>> Scenario(weights={"growth": 0.4}, anchors={"growth": (1, 3), "hours": (0, 9)}).sentence
        'other weights, 2 scales'
        >>> Scenario().sentence
        'nothing'
        """
        counts = (
            (len(self.anchors), "scale"),
            (len(self.removals), "removal"),
            (sum(map(len, self.ratings.values())), "rating"),
            (len(self.efforts), "effort"),
        )
        told = [f"{count} {word}" if count == 1 else f"{count} {word}s" for count, word in counts if count]
        return ", ".join([*(["other weights"] if self.weights else []), *told]) or "nothing"

    def drivers(self, saved: DriverSet) -> DriverSet:
        """The driver set with its weights and anchors; drivers that are there no more are passed over.

        Raises
        ------
        Refused
            When an anchor fits no scale, such as a negative one of a logarithmic scale.
        """
        scaled = tuple(
            replace(d, scale=replace(d.scale, zero_at=self.anchors[d.name][0], one_at=self.anchors[d.name][1]))
            if d.name in self.anchors
            else d
            for d in saved.drivers
        )
        changed = replace(saved, drivers=scaled)
        return changed.reweighted(self.weights) if set(self.weights) & set(saved.weights) else changed

    def item(self, saved: Opportunity) -> Opportunity:
        """The opportunity with its removal, ratings and effort."""
        removes = self.removals.get(saved.id)
        rated = {driver: {WHAT_IF: level} for driver, level in self.ratings.get(saved.id, {}).items()}
        return replace(
            saved,
            removes=removes or saved.removes,
            removes_assumed=saved.removes_assumed and removes is None,
            ratings={**saved.ratings, **rated},
            effort_days=self.efforts.get(saved.id, saved.effort_days),
        )

    def body(self) -> dict[str, Any]:
        """As plain data, for `of_body`."""
        return {
            "name": self.name,
            "weights": dict(self.weights),
            "anchors": {driver: list(pair) for driver, pair in self.anchors.items()},
            "removals": {item: asdict(removal) for item, removal in self.removals.items()},
            "ratings": {item: dict(levels) for item, levels in self.ratings.items()},
            "efforts": dict(self.efforts),
        }

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> "Scenario":
        """Read what `body` gave."""
        return cls(
            name=body["name"],
            weights=body["weights"],
            anchors={driver: (pair[0], pair[1]) for driver, pair in body["anchors"].items()},
            removals={item: Removal(**shares) for item, shares in body["removals"].items()},
            ratings=body["ratings"],
            efforts=body["efforts"],
        )
