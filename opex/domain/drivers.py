"""Drivers for improvement: what counts, on which scale, and how much. A driver set is versioned."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from opex.domain.problems import Refused
from opex.domain.toml import dumps

Family = Literal["desired capability", "unacceptable issue", "compliance requirement"]
Curve = Literal["linear", "logarithmic", "steps"]
FAMILIES: tuple[Family, ...] = ("desired capability", "unacceptable issue", "compliance requirement")
CURVES: tuple[Curve, ...] = ("linear", "logarithmic", "steps")
RATED = "rated"
MOST_RAW = 1e12


@dataclass(frozen=True, kw_only=True)
class Scale:
    """An anchored scale: the raw value that counts as 0, the one that counts as 1, and the curve between.

    ``zero_at`` may lie above ``one_at``: then less is more urgent. ``steps`` (for the curve of that name) are
    pairs of a raw value and the worth from there on, in rising order of the raw value.
    """

    zero_at: float
    one_at: float
    curve: Curve = "linear"
    steps: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a scale on which nothing can be placed."""
        if not (math.isfinite(self.zero_at) and math.isfinite(self.one_at)) or self.zero_at == self.one_at:
            raise Refused(f"A scale needs two different finite anchors; these are {self.zero_at} and {self.one_at}.")
        if self.curve not in CURVES:
            raise Refused(f'A scale\'s curve is one of {", ".join(CURVES)}; this is "{self.curve}".')
        if self.curve == "logarithmic" and min(self.zero_at, self.one_at) < 0:
            raise Refused("A logarithmic scale has no place for a negative anchor.")
        if abs(self.zero_at) > MOST_RAW or abs(self.one_at) > MOST_RAW:
            raise Refused(f"An anchor lies between {-MOST_RAW:g} and {MOST_RAW:g}.")
        if abs(self.one_at - self.zero_at) < 1e-9 * max(abs(self.zero_at), abs(self.one_at)):
            raise Refused(f"The anchors {self.zero_at} and {self.one_at} are too close to tell items apart.")
        if self.curve == "steps":
            self._check_steps()

    def _check_steps(self) -> None:
        raws = [raw for raw, _ in self.steps]
        if not all(math.isfinite(raw) for raw in raws):
            raise Refused("The raw values of steps are finite numbers.")
        if len(raws) < 2 or raws != sorted(set(raws)):
            raise Refused("A scale in steps needs at least two raw values in rising order.")
        if any(not 0 <= worth <= 1 for _, worth in self.steps):
            raise Refused("The worth of a step lies between 0 and 1.")
        if self.worth_of_step(self.zero_at) != 0 or self.worth_of_step(self.one_at) != 1:
            raise Refused(f"The steps must count 0 at {self.zero_at:g} and 1 at {self.one_at:g}, as the anchors say.")

    def worth_of_step(self, raw: float) -> float:
        """The worth of the last step at or below ``raw``; before the first one that of the lower anchor."""
        reached = [worth for at, worth in self.steps if at <= raw]
        return reached[-1] if reached else self.before_the_first_step

    @property
    def before_the_first_step(self) -> float:
        """0 where the scale rises, 1 where less is more urgent."""
        return 0.0 if self.zero_at < self.one_at else 1.0


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One driver: its family, what it measures and in which unit, its scale, rubric and weight.

    ``measure`` names a measure of `opex.ranking.measures`, or is ``rated``: then people rate it on the ``rubric``
    (a level to its text), and the raw value is the median level given.
    """

    name: str
    title: str
    family: Family
    definition: str
    measure: str
    unit: str
    scale: Scale
    weight: float
    rubric: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a driver that cannot be used or explained."""
        if not self.name.isidentifier():
            raise Refused(f'A driver\'s name is one word in lower case and underscores; this is "{self.name}".')
        if self.family not in FAMILIES:
            raise Refused(f"Driver {self.name}: the family is one of {', '.join(FAMILIES)}.")
        texts = {"title": self.title, "definition": self.definition, "measure": self.measure, "unit": self.unit}
        for field, text in texts.items():
            if not isinstance(text, str):
                raise Refused(f"Driver {self.name}: the {field} is {text!r}; it must be text.")
        if not self.definition.strip():
            raise Refused(f"Driver {self.name} needs a definition that a colleague can apply.")
        if not (math.isfinite(self.weight) and 0 <= self.weight <= 1):
            raise Refused(f"Driver {self.name}: the weight is {self.weight}; it must lie between 0 and 1.")
        if self.measure == RATED and len(self.rubric) < 2:
            raise Refused(f"Driver {self.name} is rated by people, so it needs a rubric of at least two levels.")

    @property
    def rated(self) -> bool:
        """Whether people rate it."""
        return self.measure == RATED


@dataclass(frozen=True, kw_only=True)
class DriverSet:
    """Drivers whose weights add up to 1, under a name and a version that every save raises.

    ``formula`` names the team's own formula (`opex.domain.formulas`), which orders the items; as a part of the set it
    is versioned with it. The additive score needs no mention.
    """

    name: str
    version: int
    drivers: tuple[Driver, ...]
    formula: str = "additive"

    def __post_init__(self) -> None:
        """Refuse a set that cannot order anything."""
        if not self.drivers:
            raise Refused("A driver set needs at least one driver.")
        names = [driver.name for driver in self.drivers]
        if len(set(names)) < len(names):
            raise Refused(f"Two drivers are called {max(names, key=names.count)}: names must differ.")
        total = sum(driver.weight for driver in self.drivers)
        if not math.isclose(total, 1.0, abs_tol=1e-6):
            raise Refused(f"Driver weights add up to {total:.4g}; they must add up to 1.")

    @property
    def label(self) -> str:
        """The set as people call it, such as ``default v7``."""
        return f"{self.name} v{self.version}"

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each driver, in the set's order."""
        return {driver.name: driver.weight for driver in self.drivers}

    def driver(self, name: str) -> Driver:
        """The driver of that name, or a refusal that lists the names there are."""
        for driver in self.drivers:
            if driver.name == name:
                return driver
        raise Refused(f'There is no driver "{name}"; there are {", ".join(self.weights)}.')

    def reweighted(self, weights: Mapping[str, float]) -> "DriverSet":
        """The same drivers with other weights, scaled so that they add up to 1.

        Raises
        ------
        Refused
            When all weights are zero: then nothing would count.
        """
        total = sum(weights.get(driver.name, driver.weight) for driver in self.drivers)
        if total <= 0:
            raise Refused("All weights are zero: give at least one driver a weight.")
        drivers = tuple(replace(d, weight=weights.get(d.name, d.weight) / total) for d in self.drivers)
        return replace(self, drivers=drivers)

    def to_toml(self) -> str:
        """The set as TOML, one ``[[drivers]]`` table a driver."""
        formula = None if self.formula == "additive" else self.formula
        drivers = [_plain(driver) for driver in self.drivers]
        return dumps({"name": self.name, "version": self.version, "formula": formula, "drivers": drivers})

    @classmethod
    def from_toml(cls, text: str) -> "DriverSet":
        """Read what `to_toml` wrote, or refuse it with one sentence."""
        try:
            document = tomllib.loads(text)
            drivers = tuple(_driver(row) for row in document["drivers"])
            name, formula = _text(document["name"], "name"), _text(document.get("formula", "additive"), "formula")
            return cls(name=name, version=int(document.get("version", 1)), drivers=drivers, formula=formula)
        except tomllib.TOMLDecodeError as error:
            raise Refused(f"The driver set is not TOML: {error}.") from error
        except KeyError as error:
            raise Refused(f"The driver set lacks {error}.") from error
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise Refused(f"The driver set cannot be read: {error}.") from error


def _text(text: object, what: str) -> str:
    if not isinstance(text, str):
        raise Refused(f"The {what} of the driver set is {text!r}; it must be text.")
    return text


def _plain(driver: Driver) -> dict[str, Any]:
    row = asdict(driver)
    row["scale"]["steps"] = [list(step) for step in driver.scale.steps] or None
    row["rubric"] = {str(level): text for level, text in driver.rubric} or None
    return row


def _driver(row: dict[str, Any]) -> Driver:
    scale = dict(row["scale"])
    scale["steps"] = tuple((float(raw), float(worth)) for raw, worth in scale.get("steps", ()))
    rubric = tuple(sorted((int(level), str(text)) for level, text in row.get("rubric", {}).items()))
    return Driver(**{**row, "scale": Scale(**scale), "rubric": rubric})
