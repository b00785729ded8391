"""The system catalogue: incidents and changes meet through it, since commits name no system by themselves."""

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from opex.domain.problems import Refused
from opex.domain.toml import dumps


@dataclass(frozen=True, kw_only=True)
class System:
    """A system: its name, the other names it goes by, and the patterns that find it in changes.

    ``patterns`` are regular expressions, looked for (case-insensitively) in a change's title and file paths.
    ``criticality`` is 1 (most critical) to 5, or ``None`` where nobody said. ``proposed`` is true until a person
    has looked at it: a later load may then propose anew.
    """

    name: str
    aliases: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    owner: str = ""
    criticality: int | None = None
    proposed: bool = False

    def __post_init__(self) -> None:
        """Refuse a system without a name or with a pattern that cannot be read."""
        if not self.name.strip():
            raise Refused("A system needs a name.")
        if self.criticality is not None and self.criticality not in range(1, 6):
            raise Refused(f"System {self.name}: criticality is {self.criticality}; it must be 1 to 5.")
        for pattern in self.patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise Refused(f'System {self.name}: the pattern "{pattern}" cannot be read ({error}).') from error


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All systems of a workspace. A name or alias belongs to one system only (compared without case)."""

    systems: tuple[System, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        """Refuse a name that two systems claim."""
        claimed: dict[str, str] = {}
        for system in self.systems:
            for name in {system.name.casefold(), *(alias.casefold() for alias in system.aliases)}:
                if name in claimed:
                    raise Refused(f'Both {claimed[name]} and {system.name} are called "{name}": keep one.')
                claimed[name] = system.name

    @property
    def names(self) -> dict[str, str]:
        """Every name and alias, without case, to the system's name."""
        return {name.casefold(): system.name for system in self.systems for name in (system.name, *system.aliases)}

    def to_toml(self) -> str:
        """The catalogue as TOML, one ``[[systems]]`` table a system."""
        return dumps({"systems": [_plain(system) for system in self.systems]})

    @classmethod
    def from_toml(cls, text: str) -> "Catalogue":
        """Read what `to_toml` wrote, or refuse it with one sentence."""
        try:
            rows = tomllib.loads(text).get("systems", [])
            return cls(systems=tuple(_system(row) for row in rows))
        except (tomllib.TOMLDecodeError, TypeError, AttributeError) as error:
            raise Refused(f"The catalogue cannot be read: {error}.") from error


def _plain(system: System) -> dict[str, Any]:
    return {
        "name": system.name,
        "aliases": list(system.aliases),
        "patterns": list(system.patterns),
        "owner": system.owner,
        "criticality": system.criticality,
        "proposed": system.proposed,
    }


def _system(row: dict[str, Any]) -> System:
    known = {"name", "aliases", "patterns", "owner", "criticality", "proposed"}
    if unknown := set(row) - known:
        raise Refused(f"The catalogue has {sorted(unknown)[0]!r}; a system has {', '.join(sorted(known))}.")
    for key in ("aliases", "patterns"):
        if not (isinstance(row.get(key, []), list) and all(isinstance(text, str) for text in row.get(key, []))):
            raise Refused(f"System {row.get('name')}: {key} must be a list of texts.")
    lists = {key: tuple(row.get(key, ())) for key in ("aliases", "patterns")}
    return System(**{**row, **lists})
