"""Was that right? What opex did with a file, held against what is true of the file."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.trust.hostile.case import KEYS, Case, Row

LONGEST = 500
KEPT = 1_000  # a report may stop listing problems here; it never stops counting them
KINDS = ("traceback", "hang", "death", "silently wrong", "counts", "clumsy")
_MACHINE = re.compile(
    r"Traceback|\b[A-Z]\w*(?:Error|Exception|Invalid|ZipFile)\b|\b(?:opex|pyarrow|openpyxl|pandas|zipfile|sqlalchemy|yaml)\."
    r"[a-z_]\w*|\bline \d+, in |<class |\b0x[0-9a-f]{8,}"
)
_UNFORESEEN = re.compile(r"Traceback \(most recent call last\)|did not foresee")
_RAISED = re.compile(r"^[\w.]*(?:Error|Exception|Invalid|Interrupt)\b.*", re.MULTILINE)
_ENDS = re.compile(r"[.!?](?=\s+[A-Z])")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What happened: how the process ended, what it said, what it took and what is in the workspace now."""

    status: int
    seconds: float = 0.0
    peak: int = 0
    ended_for: str = ""
    report: Mapping[str, Any] | None = None
    said: str = ""
    loaded: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def refused(self) -> bool:
        """The whole file was refused."""
        return self.status == 1

    @property
    def problems(self) -> list[dict[str, Any]]:
        """The rows that the report names."""
        return list((self.report or {}).get("problems", []))


def judge(case: Case, outcome: Outcome) -> str | None:
    """What is wrong with the outcome, beginning with one of ``KINDS``; ``None`` when nothing is."""
    checks = (_ended(outcome), _wrong(case, outcome), _counts(outcome), _clumsy(case, outcome))
    return next((found for found in checks if found), None)


def too_strict(case: Case, outcome: Outcome) -> str | None:
    """Good rows that were refused. No failure of trust, but a list to look at."""
    if case.expect != "rows" or not case.truth:
        return None
    if outcome.refused:
        return f"the file is refused, it holds {len(case.truth)} good rows: {outcome.said[:300]}"
    named = {problem["row"]: problem["sentence"] for problem in outcome.problems}
    here = {_key(case, row) for row in outcome.loaded}
    refused = [row for row in case.truth if _key(case, row.cells) not in here and row.number in named]
    return f"{len(refused)} good rows are refused, such as {named[refused[0].number][:300]}" if refused else None


def _ended(outcome: Outcome) -> str | None:
    if _UNFORESEEN.search(outcome.said):
        told = _RAISED.findall(outcome.said) or outcome.said.strip().splitlines()
        return f"traceback: {told[-1][:300]}"
    if outcome.ended_for == "time":
        return f"hang: still busy after {outcome.seconds:.0f} s ({outcome.peak / 2**20:,.0f} MB)"
    if outcome.ended_for:
        return f"death: took {outcome.peak / 2**20:,.0f} MB in {outcome.seconds:.1f} s and was ended"
    if outcome.status not in (0, 1):
        return f"death: exit {outcome.status}: {outcome.said.strip()[-300:]}"
    return None


def _wrong(case: Case, outcome: Outcome) -> str | None:
    """What was loaded and is not true, or is true and was lost without a word."""
    if case.canary is not None and case.canary.exists():
        return f"silently wrong: {case.canary} was made"
    if outcome.loaded and (case.expect == "refused" or outcome.refused):
        return f"silently wrong: {len(outcome.loaded)} rows are loaded, such as {_shown(outcome.loaded[0])}"
    found = _untrue(case, outcome.loaded) if outcome.loaded else None
    if found or outcome.refused or case.expect == "refused":
        return found
    return _lost(case, outcome)


def _untrue(case: Case, loaded: Iterable[Mapping[str, Any]]) -> str | None:
    truth = {_key(case, row.cells): row for row in case.truth}
    for row in loaded:
        true = truth.get(_key(case, row))
        if true is None:
            return f"silently wrong: nobody said the row {_shown(row)}"
        for column, value in true.cells.items():
            if not _same(row[column], value):
                where = f"row {true.number}, {column}"
                return f"silently wrong: {where} is {str(row[column])[:120]!r}, true is {str(value)[:120]!r}"
    return None


def _lost(case: Case, outcome: Outcome) -> str | None:
    named = {problem["row"] for problem in outcome.problems}
    if len(outcome.problems) >= KEPT:
        return None
    for number in sorted(case.bad_rows - named):
        return f"silently wrong: the bad row {number} is not named"
    here = {_key(case, row) for row in outcome.loaded}
    for row in case.truth:
        if _key(case, row.cells) not in here and row.number not in named:
            return f"silently wrong: row {row.number} is neither loaded nor named ({_shown(row.cells)})"
    return None


def _counts(outcome: Outcome) -> str | None:
    if outcome.report is None:
        return None if outcome.status == 1 else "counts: there is no report"
    parts = {name: outcome.report[name] for name in ("loaded", "unchanged", "replaced", "refused")}
    if outcome.report["read"] != sum(parts.values()):
        return f"counts: {outcome.report['read']} read are not {parts}"
    if parts["loaded"] != len(outcome.loaded):
        return f"counts: {parts['loaded']} loaded, {len(outcome.loaded)} in the workspace"
    return None


def _clumsy(case: Case, outcome: Outcome) -> str | None:
    """A refusal names the file and is one line for a person; so is each problem."""
    if not outcome.refused:
        sentences = [" ".join(problem["sentence"].split()) for problem in outcome.problems[:50]]
        return next((found for one in sentences if (found := _ill_said(one, case))), None)
    return _ill_said(outcome.said.strip(), case) or _nameless(outcome.said, case)


def _ill_said(sentence: str, case: Case) -> str | None:
    plain = sentence.replace(case.argument, "").replace(Path(case.argument).name, "")
    if not sentence:
        return "clumsy: nothing is said"
    if len(sentence) > LONGEST:
        return f"clumsy: {len(sentence):,} characters: {sentence[:200]}"
    if "\n" in sentence:
        return f"clumsy: several lines: {sentence[:200]!r}"
    if found := _MACHINE.search(plain):
        return f'clumsy: "{found[0]}" is no word for a person: {sentence[:300]}'
    if not sentence.endswith((".", '."')) or len(_ENDS.findall(plain)) > 1:
        return f"clumsy: no sentence: {sentence[:300]}"
    return None


def _nameless(sentence: str, case: Case) -> str | None:
    names = [*re.findall(r"\w{3,}", Path(case.argument).name)[:1], *(value for value in case.options.values() if value)]
    if not names or any(name in sentence for name in names):
        return None
    return f"clumsy: it does not name the file {Path(case.argument).name!r}: {sentence.strip()[:300]}"


def _key(case: Case, cells: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells rows apart; a table without ids is told apart by what its rows say."""
    given = case.truth[0].cells if case.truth else cells
    names = KEYS[case.kind] if all(name in given for name in KEYS[case.kind]) else ("title", "started_at")
    return tuple(cells.get(name) for name in names)


def _same(found: Any, true: Any) -> bool:
    if true is None or found is None:
        return found is true
    if isinstance(true, dt.datetime) or not isinstance(true, float):
        return bool(found == true)
    return float(found).hex() == float(true).hex() or float(found) == true


def _shown(cells: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={str(value)[:60]!r}" for name, value in cells.items() if value is not None)[:400]


def truth_of(rows: Iterable[Mapping[str, Any]], first: int = 2) -> tuple[Row, ...]:
    """Rows as a truth, numbered from the first one below the header."""
    return tuple(Row(number=number, cells=cells) for number, cells in enumerate(rows, first))
