"""A duel: which of two real items should be done first? Answered with scores and ranks hidden."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Literal

from opex.domain.problems import Refused
from opex.domain.saying import Saying

Answer = Literal["first", "second", "equal", "cannot_say"]
Picked = Literal["information", "random"]
ANSWERS: dict[Answer, str] = {
    "first": "the first one",
    "second": "the second one",
    "equal": "both alike",
    "cannot_say": "cannot say",
}
PICKED: tuple[Picked, ...] = ("information", "random")


@dataclass(frozen=True, kw_only=True)
class Dueled(Saying):
    """An answer. It is said of the pair (``pair_id``) and of no opportunity.

    ``first`` and ``second`` are the items in the order in which they were shown. ``picked`` says whether the pair was
    asked because the answer tells much, or at random. What each was worth then on the drivers of which something was
    known (0 to 1), and under which version of the drivers, is kept with it: values change later.
    """

    kind: ClassVar[str] = "dueled"
    first: str
    second: str
    answer: Answer
    picked: Picked
    first_worths: dict[str, float]
    second_worths: dict[str, float]
    drivers: int
    session: str | None = None

    def __post_init__(self) -> None:
        """Refuse an item against itself, an unknown answer, or worths that no model can use."""
        if self.first == self.second:
            raise Refused("A duel is between two different items.")
        if self.answer not in ANSWERS:
            raise Refused(f'An answer is one of {", ".join(ANSWERS)}; this is "{self.answer}".')
        if self.picked not in PICKED:
            raise Refused(f'A duel is picked for {" or ".join(PICKED)}; this is "{self.picked}".')
        for worth in (*self.first_worths.values(), *self.second_worths.values()):
            if not 0 <= worth <= 1:
                raise Refused(f"A worth lies between 0 and 1; this is {worth}.")

    @property
    def told(self) -> str:
        """The pair and the answer in words."""
        return f"{self.first} or {self.second}: {ANSWERS[self.answer]}"

    @property
    def outcome(self) -> float | None:
        """1 for the first, 0 for the second, a half for both alike; ``None`` where nobody could say."""
        return {"first": 1.0, "second": 0.0, "equal": 0.5}.get(self.answer)


def pair_id(one: str, other: str) -> str:
    """What the journal calls two items that are compared, in whichever order.

    Examples
    --------
    >>> pair_id("a", "b") == pair_id("b", "a") != pair_id("a", "c")
    True
    """
    low, high = sorted((one, other))
    both = f"{len(low)}|{low}|{high}"
    return f"duel-{hashlib.blake2b(both.encode(), digest_size=8).hexdigest()}"
