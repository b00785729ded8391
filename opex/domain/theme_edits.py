"""Corrections of themes: a name, two that are one, one that is two."""

from dataclasses import dataclass
from typing import ClassVar

from opex.domain.problems import Refused
from opex.domain.saying import Saying


@dataclass(frozen=True, kw_only=True)
class ThemeRenamed(Saying):
    """A name for a theme; empty: the finder's own name again."""

    kind: ClassVar[str] = "theme_renamed"
    name: str

    def __post_init__(self) -> None:
        """Refuse a name that fits no line."""
        if len(self.name) > 90:
            raise Refused(f"A theme's name has at most 90 characters; this one has {len(self.name)}.")


@dataclass(frozen=True, kw_only=True)
class ThemesMerged(Saying):
    """This theme and another one are one, under this one's identity.

    The anchors are incidents that each had then: by them both are known again, however incidents are grouped later.
    """

    kind: ClassVar[str] = "themes_merged"
    other: str
    anchors: tuple[str, ...]
    other_anchors: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a merge of nothing."""
        if not self.anchors or not self.other_anchors:
            raise Refused("A merge of themes names incidents of both.")

    @property
    def told(self) -> str:
        """Which other theme."""
        return f"with {self.other} ({len(self.other_anchors)} incidents then)"


@dataclass(frozen=True, kw_only=True)
class ThemeSplit(Saying):
    """Some incidents of this theme are another theme; ``stays`` are those that were left to it then."""

    kind: ClassVar[str] = "theme_split"
    incidents: tuple[str, ...]
    stays: tuple[str, ...]
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse parts that cannot recur."""
        if len(self.incidents) < 2:
            raise Refused("One incident is no theme: select at least two to split off, or strike the one.")
        if len(self.stays) < 2:
            raise Refused("At least two incidents must stay in the theme.")
        if len(self.name) > 90:
            raise Refused(f"A theme's name has at most 90 characters; this one has {len(self.name)}.")

    @property
    def told(self) -> str:
        """How many incidents, and their name."""
        return f"{len(self.incidents)} incidents split off" + (f" as “{self.name}”" if self.name else "")
