"""What every kind of entry of the journal is: something that a person said, as plain data and in words."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Saying:
    """Something that is said of an opportunity. Each kind is one row of the journal."""

    kind: ClassVar[str] = ""

    def body(self) -> dict[str, Any]:
        """What the journal keeps, as plain data; fields left unsaid are left out."""
        return {k: v for k, v in asdict(self).items() if v is not None}

    @property
    def told(self) -> str:
        """What was said, in words for a history; empty where the kind says it all."""
        return ", ".join(f"{key} {value}" for key, value in self.body().items() if value != "")
