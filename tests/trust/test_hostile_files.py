"""Trust row 7: hostile files are refused, or read exactly; never a traceback, a death, a hang or a silent wrong."""

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.trust.conftest import Nursery, sized
from tests.trust.hostile.attempt import Bench, attempt, by_command_line
from tests.trust.hostile.case import Case, Row, incidents
from tests.trust.hostile.corpus import corpus
from tests.trust.hostile.judging import KINDS, Outcome, judge, too_strict, truth_of

SECONDS = 20
BYTES = 600 * 1024**2


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(folder=tmp_path)


def printable(text: str) -> str:
    """With half characters escaped: a report of pytest must be UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


@pytest.mark.timeout(7200)
def test_a_thousand_hostile_files_are_refused_or_read_exactly(
    tmp_path: Path, bench: Bench, figure: Callable[[str], None]
) -> None:
    failures: list[str] = []
    strict: list[str] = []
    slowest, largest = (0.0, ""), (0, "")
    count = sized(170, 1000)  # one of each family at least
    for case in corpus(tmp_path / "corpus", count=count):
        outcome = attempt(case, bench)
        said = judge(case, outcome)
        failures += [printable(f"{case.label}: {said}")] if said else []
        strict += [case.label] if too_strict(case, outcome) else []
        slowest = max(slowest, (outcome.seconds, case.label))
        largest = max(largest, (outcome.peak, case.label))
        case.throw_away()
    found = Counter(failure.split(": ")[1] for failure in failures)
    figure(
        f"{count:,} hostile files: {', '.join(f'{found[kind]} {kind}' for kind in KINDS)}; {len(strict)} too strict; "
        f"slowest {slowest[0]:.1f} s ({slowest[1]}), largest {largest[0] / 2**20:,.0f} MB ({largest[1]})"
    )
    assert failures == []
    assert slowest[0] < SECONDS
    assert largest[0] < BYTES


def test_the_command_line_refuses_them_with_one_sentence_too(tmp_path: Path, nursery: Nursery) -> None:
    bench, cases = Bench(folder=tmp_path, nursery=nursery), corpus(tmp_path / "corpus", count=sized(6, 100), seed=8)
    told = [printable(f"{case.label}: {said}") for case in cases if (said := judge(case, by_command_line(case, bench)))]
    assert told == []


def test_the_corpus_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    """Every byte, so that a failure can be looked at again."""

    def prints(seed: int) -> Iterator[str]:
        for case in corpus(tmp_path / "same", seed=seed, count=20):
            data = case.path.read_bytes() if case.path.is_file() and not case.path.is_symlink() else b""
            yield f"{case.label} {hashlib.sha256(data).hexdigest()} {case.truth} {case.bad_rows}"
            case.throw_away()

    first = list(prints(7))
    assert list(prints(7)) == first
    assert list(prints(8)) != first


# The judge itself: what it lets pass, and each kind of wrong planted once.

TABLE = incidents(random.Random(1), 4)
CASE = Case(
    path=Path("/x/odd.csv"),
    family="any",
    number=0,
    folder=Path("/x"),
    truth=tuple(TABLE.without(4)),
    bad_rows=frozenset({4}),
)


def stored(rows: list[Row]) -> tuple[dict[str, Any], ...]:
    """The rows as the workspace gives them back."""
    return tuple({"source": "desk", "description": None, **row.cells} for row in rows)


def loaded(rows: list[Row], refused: tuple[int, ...] = (), **counts: int) -> Outcome:
    """A load that took these rows and named those."""
    report: dict[str, Any] = {
        "read": len(rows) + len(refused),
        "loaded": len(rows),
        "unchanged": 0,
        "replaced": 0,
        "refused": len(refused),
    }
    sentence = 'odd.csv, row 4, column started_at: "x" is not a date and time.'
    report |= counts | {"problems": [{"row": number, "sentence": sentence} for number in refused]}
    return Outcome(status=0, report=report, loaded=stored(rows))


GOOD = loaded(TABLE.without(4), (4,))
REFUSED = Outcome(status=1, said='odd.csv, row 4: the time "x" is none; write it as 2024-03-31 14:30.\n')
WRONG = {**GOOD.loaded[0], "title": "Another"}


def test_the_judge_lets_pass_what_is_right() -> None:
    assert judge(CASE, GOOD) is None
    assert judge(CASE, REFUSED) is None
    assert judge(replace(CASE, expect="refused"), REFUSED) is None


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (replace(REFUSED, said="Traceback (most recent call last)\n  File\nKeyError: 'x'"), "traceback: KeyError: 'x'"),
        (replace(REFUSED, ended_for="time", seconds=30.0), "hang: still busy after 30 s"),
        (replace(REFUSED, ended_for="memory", peak=2**31), "death: took 2,048 MB"),
        (Outcome(status=-9, said=""), "death: exit -9"),
        (replace(GOOD, loaded=(WRONG, *GOOD.loaded[1:])), "silently wrong: row 2, title is 'Another'"),
        (loaded(TABLE.rows), "silently wrong: nobody said the row"),
        (loaded(TABLE.without(4)), "silently wrong: the bad row 4 is not named"),
        (loaded(TABLE.without(3, 4), (4,)), "silently wrong: row 3 is neither loaded nor named"),
        (replace(REFUSED, loaded=GOOD.loaded), "silently wrong: 3 rows are loaded"),
        (loaded(TABLE.without(4), (4,), read=9), "counts: 9 read are not"),
        (replace(loaded(TABLE.without(4), (4,), loaded=4, read=5)), "counts: 4 loaded, 3 in the workspace"),
        (replace(REFUSED, said=""), "clumsy: nothing is said"),
        (replace(REFUSED, said="odd.csv is damaged (ArrowInvalid)."), 'clumsy: "ArrowInvalid" is no word for a person'),
        (replace(REFUSED, said="The table is damaged."), "clumsy: it does not name the file 'odd.csv'"),
        (replace(REFUSED, said="odd.csv is\ndamaged."), "clumsy: several lines"),
        (replace(REFUSED, said="odd.csv is damaged" + "!" * 500), "clumsy: 518 characters"),
        (replace(REFUSED, said="odd.csv is damaged"), "clumsy: no sentence"),
    ],
)
def test_the_judge_sees_each_kind_of_wrong(outcome: Outcome, verdict: str) -> None:
    assert (judge(CASE, outcome) or "").startswith(verdict)


def test_nothing_may_be_loaded_of_a_file_that_must_be_refused() -> None:
    assert (judge(replace(CASE, expect="refused"), GOOD) or "").startswith("silently wrong: 3 rows are loaded")


def test_a_canary_that_was_made_is_seen(tmp_path: Path) -> None:
    case = replace(CASE, canary=tmp_path / "canary")
    assert judge(case, GOOD) is None
    (tmp_path / "canary").touch()
    assert (judge(case, GOOD) or "").endswith("canary was made")


def test_good_rows_that_are_refused_are_listed_apart() -> None:
    assert too_strict(CASE, GOOD) is None
    assert (too_strict(CASE, REFUSED) or "").startswith("the file is refused, it holds 3 good rows")
    assert (too_strict(CASE, loaded(TABLE.without(3, 4), (3, 4))) or "").startswith("1 good rows are refused")
    assert too_strict(replace(CASE, expect="either"), REFUSED) is None


def test_a_number_is_the_same_only_when_no_digit_is_lost() -> None:
    case = replace(CASE, kind="metrics", truth=truth_of([{"metric": "m", "at": 1, "value": 0.1}]), bad_rows=frozenset())
    row = {"metric": "m", "at": 1, "value": 0.1}
    report = {"read": 1, "loaded": 1, "unchanged": 0, "replaced": 0, "refused": 0, "problems": []}
    right = Outcome(status=0, report=report, loaded=(row,))
    assert judge(case, right) is None
    wrong = replace(right, loaded=({**row, "value": 0.1 + 1e-17 * 8},))
    assert (judge(case, wrong) or "").startswith("silently wrong: row 2, value is")
