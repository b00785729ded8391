"""What a fetch gives back: files, the state to keep when they are loaded, and every gap by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Progress = Callable[[float, str], None]
Write = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Something that did not arrive: which part, of which time (where that is known), and why."""

    part: str
    since: datetime | None = None
    until: datetime | None = None
    why: str

    @property
    def sentence(self) -> str:
        """The gap in words.

        Examples
        --------
        >>> from datetime import UTC, datetime
        >>> gap = Gap(part="alarm history", until=datetime(2026, 1, 2, tzinfo=UTC), why="it is kept for 30 days")
        >>> gap.sentence
        'alarm history until 2026-01-02 00:00 UTC is missing: it is kept for 30 days.'
        """
        since = f" from {self.since:%Y-%m-%d %H:%M} UTC" if self.since else ""
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        return f"{self.part}{since}{until} is missing: {self.why.rstrip('.')}."


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """The files of one fetch.

    ``state`` may be kept only when the files were loaded. ``format`` is the preset that reads them, or ``None`` where
    it is decided from content. With ``gaps`` the fetch is partial, and the next one from ``state`` fills what AWS
    still keeps. ``objects`` names the object of S3 that each file is; the state holds each object under that name.
    """

    kind: str
    format: str | None
    files: tuple[Path, ...]
    state: dict[str, Any]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    calls: int
    objects: Mapping[Path, str] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Whether anything is missing."""
        return bool(self.gaps)


@dataclass(frozen=True, kw_only=True)
class Permission:
    """Whether an IAM action is allowed; ``None`` where it could not be tried, and ``why``."""

    source: str
    action: str
    allowed: bool | None
    why: str


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What one origin took: the next state, the gaps, and notes. Its rows are written as they come."""

    state: dict[str, Any]
    gaps: list[Gap] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: tuple[Path, ...] = ()
    objects: Mapping[Path, str] = field(default_factory=dict)
