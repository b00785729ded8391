"""What a session talks about: where each item would stand as each person sees it, and how far people agree."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from opex.domain.decisions import MOVE_REASONS
from opex.domain.drivers import DriverSet
from opex.domain.problems import NotEnoughData
from opex.domain.sessions import INSIGHT, REMOVAL, Value
from opex.ranking.measures import MEASURES
from opex.ranking.places import order_keys, place_among
from opex.ranking.ranking import worths
from opex.review.agenda import Stake, Talk, agenda
from opex.review.agreement import Agreement, agreement
from opex.review.sessions import Session, middle
from opex.services.context import Context
from opex.services.prioritising import Board, board
from opex.services.seeing import unseen

__all__ = ["Agreed", "agreed", "talks"]

Floats = NDArray[np.float64]
DRAWS = 400


def talks(context: Context, session: Session) -> list[Talk]:
    """The agenda of a session whose answers lie open: what matters first. Items out of the ranking are left out."""
    of = board(context)
    if isinstance(of, NotEnoughData):
        return []
    place = {item.id: n for n, item in enumerate(of.items)}
    here = [item for item in session.plan.items if item in place]
    middles = _Valued(of, session, place)
    stakes = [middles.stake(item) for item in here]
    return agenda(stakes, session.plan.cut)


class _Valued:
    """A board on which the session's items stand at the group's medians where nothing is settled yet."""

    def __init__(self, of: Board, session: Session, place: Mapping[str, int]) -> None:
        self.of, self.session, self.place = of, session, place
        self.weights = np.array(list(of.drivers.weights.values()))
        self.raw = of.raw.copy()
        for item in session.plan.items:
            if item in place:
                self.raw[place[item]] = self._row(item, self._medians(item))
        self.keys = self._keys(self.raw, np.arange(len(of.items)))
        self.order = sorted(range(len(self.keys)), key=lambda n: (-self.keys[n], of.items[n].id))
        self.moves = {entry.opportunity: entry for entry in of.for_all.moves}

    def stake(self, item: str) -> Stake:
        """Where the item stands at the medians, and where each person's own answers would put it."""
        n = self.place[item]
        group = self._medians(item)  # of what is not settled: there nobody differs any more
        people = {
            person: {question: value for question, value in mine.items() if question in group}
            for person, mine in self._answers(item).items()
        }
        others = np.delete(self.keys, n)
        rows = np.array([self._row(item, group | mine) for mine in people.values()]).reshape(-1, self.raw.shape[1])
        found = place_among(others, self._keys(rows, np.full(len(rows), n))).tolist()
        last = len(self.keys)
        places = {
            person: last if mine.get(INSIGHT) == "wrong" else self._agreed(n, int(at))
            for (person, mine), at in zip(people.items(), found, strict=True)
        }
        return Stake(
            item=item,
            place=self._agreed(n, int(place_among(others, self.keys[n : n + 1])[0])),
            places=places,
            functions=self._functions(item),
            fixed=self._fixed(item),
            wrong=group.get(INSIGHT) == "wrong",
        )

    def _agreed(self, n: int, place: int) -> int:
        """The place of an item in the agreed order, were it at that computed place: what was moved stands where it is.

        A moved item's own place follows from no answer (`Stake.fixed`): then the computed one is told.
        """
        if not self.moves or self.of.items[n].id in self.moves:
            return place
        computed = [self.of.items[other].id for other in self.order if other != n]
        computed.insert(place - 1, self.of.items[n].id)
        return self.of.agreed(computed).index(self.of.items[n].id) + 1

    def _fixed(self, item: str) -> str:
        if item not in self.moves:
            return ""
        said = self.moves[item].saying
        reason = MOVE_REASONS[getattr(said, "reason", "other")]
        return f"It was moved to place {getattr(said, 'to', '')} by hand ({reason}): answers do not change that."

    def _answers(self, item: str) -> dict[str, dict[str, Value]]:
        """By person what they know of the item; those who know nothing of it are left out."""
        found: dict[str, dict[str, Value]] = {}
        for question in self.session.questions(item):
            for person, given in self.session.last(item, question).items():
                if given.value is not None:
                    found.setdefault(person, {})[question] = given.value
        return dict(sorted(found.items()))

    def _functions(self, item: str) -> dict[str, str]:
        return {
            person: given.function
            for question in self.session.questions(item)
            for person, given in self.session.last(item, question).items()
        }

    def _medians(self, item: str) -> dict[str, Value]:
        open_questions = [q for q in self.session.questions(item) if (item, q) not in self.session.settled]
        given = {q: middle(q, [one.value for one in self.session.last(item, q).values()]) for q in open_questions}
        return {question: value for question, value in given.items() if value is not None}

    def _row(self, item: str, answers: Mapping[str, Value]) -> Floats:
        """The item's raw values as these answers have them: levels in place of ratings, pains by what it removes."""
        n = self.place[item]
        row: Floats = self.of.raw[n].copy()
        likely = self.of.items[n].removes.likely
        removes = answers.get(REMOVAL)
        for column, driver in enumerate(self.of.drivers.drivers):
            if driver.rated and driver.name in answers:
                row[column] = float(answers[driver.name] or 0)
            elif removes is not None and not driver.rated and MEASURES[driver.measure].pain and likely > 0:
                row[column] *= float(removes) / likely
        return row

    def _keys(self, raw: Floats, of_items: NDArray[np.intp]) -> Floats:
        """What orders these rows, each a version of an item of the board."""
        of = self.of
        values = worths(raw, of.drivers.drivers)
        days, sure = of.effort_days[of_items], of.confidence[of_items]
        return order_keys(of.formula, values, ~np.isnan(raw), self.weights, days, sure)


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """How far people agree on one question: all together and within each function; ``people`` counts who answered."""

    question: str
    title: str
    everybody: Agreement | NotEnoughData
    by_function: Mapping[str, Agreement | NotEnoughData]
    people: int


def agreed(context: Context, session: Session, drivers: DriverSet) -> tuple[Agreed, ...]:
    """How far people agree on the order of the items under each question, in the order of the questions."""
    asked = dict.fromkeys(q for item in session.plan.items for q in session.questions(item))
    newest = max((given.seq for rounds in session.answers.values() for r in rounds for given in r.values()), default=0)
    key = (session.id, session.version, newest, drivers.version, unseen(context))
    return context.memory.get("agreed", key, lambda: tuple(_agreed(session, q, drivers) for q in asked))


def _agreed(session: Session, question: str, drivers: DriverSet) -> Agreed:
    titles = {INSIGHT: "Does it hold?", REMOVAL: "How much it removes"} | {d.name: d.title for d in drivers.drivers}
    people = {p: g.function for item in session.plan.items for p, g in session.last(item, question).items()}
    functions = sorted(set(people.values()))
    return Agreed(
        question=question,
        title=titles.get(question, question),
        everybody=_among(session, question, sorted(people)),
        by_function={f: _among(session, question, sorted(p for p in people if people[p] == f)) for f in functions},
        people=len(people),
    )


_SURE = {"wrong": 0.0, "doubtful": 1.0, "holds": 2.0}


def _among(session: Session, question: str, people: list[str]) -> Agreement | NotEnoughData:
    table = np.full((len(people), len(session.plan.items)), np.nan)
    for column, item in enumerate(session.plan.items):
        given = session.last(item, question)
        for row, person in enumerate(people):
            value = given[person].value if person in given else None
            table[row, column] = np.nan if value is None else _SURE.get(str(value), _number(value))
    table = table[:, (~np.isnan(table)).sum(axis=0) > 1]
    table = table[(~np.isnan(table)).any(axis=1)] if table.size else table
    if len(people) < 2:
        return NotEnoughData(have=len(people), need=2, what="people")
    if table.shape[1] < 3:
        return NotEnoughData(have=table.shape[1], need=3, what="items that two answered")
    found = agreement(table, draws=DRAWS)
    alike = replace(found, value=1.0, low=1.0, high=1.0)
    same = all(np.unique(column[~np.isnan(column)]).size == 1 for column in table.T)
    return alike if np.isnan(found.value) and same else found


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else np.nan
