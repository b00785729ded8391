"""What every kind of entry of the journal is: something that a person said, as plain data and in words."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from opex.domain.people import Act


@dataclass(frozen=True, kw_only=True)
class Saying:
    """Something that is said of an opportunity, or in a session. Each kind is one row of the journal.

    ``needs`` is what a person must be allowed to do to say it. ``of_session``: it moves no ranking, and is read with
    its session only. ``own``: several people say it side by side, and only one's own newer word makes a save stale.
    ``sealed``: the audit log holds its digest and not its words.
    """

    kind: ClassVar[str] = ""
    needs: ClassVar[Act] = "say"
    of_session: ClassVar[bool] = False
    own: ClassVar[bool] = False
    sealed: ClassVar[bool] = False

    def body(self) -> dict[str, Any]:
        """What the journal keeps, as plain data; fields left unsaid are left out."""
        return {k: v for k, v in asdict(self).items() if v is not None}

    @property
    def act(self) -> Act:
        """What a person must be allowed to do to say this."""
        return self.needs

    @property
    def told(self) -> str:
        """What was said, in words for a history; empty where the kind says it all."""
        return ", ".join(f"{key} {value}" for key, value in self.body().items() if value != "")
