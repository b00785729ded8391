"""Small workspaces for the trust suite, made through the services as a person would."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from opex.domain.decisions import Person
from opex.domain.opportunities import Removal
from opex.services import loading, reviewing
from opex.services.context import Context, Speaker
from opex.services.loading import Asked, Report

ANA = Person(name="Ana", function="product")


def written(file: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """The rows as a CSV file."""
    rows = list(rows)
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def incidents(first: int, last: int, **changes: object) -> list[dict[str, object]]:
    """Rows of incidents with the ids INC-first to INC-last, each of two systems."""
    return [
        {
            "id": f"INC-{n}",
            "title": f"Checkout number {n} is slow",
            "description": f"seen {n} times",
            "services": f"api-{n % 7};web-{n % 5}",
            "severity": n % 5 + 1,
            "started_at": f"2026-0{n % 6 + 1}-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:00Z",
            **changes,
        }
        for n in range(first, last + 1)
    ]


def load(context: Context, file: Path, kind: str = "incidents") -> Report:
    """Load the file under the source's name ``desk``."""
    return loading.load(context, [file], Asked(kind=kind, source="desk"), person="Ana")


def some_facts(context: Context, folder: Path) -> None:
    """A few incidents and a change, so that there is something to rank."""
    load(context, written(folder / "some.csv", incidents(1, 12)))
    change = {"id": "C1", "title": "Deploy", "system": "api-1", "started_at": "2026-05-01T10:00Z"}
    load(context, written(folder / "change.csv", [change]), "changes")


def propose(context: Context, number: int, **changes: str) -> str:
    """An opportunity by hand; its id."""
    said = {"title": f"Improvement {number}", "action": f"Do {number}"} | changes
    speaker = Speaker(person=ANA, request_id=f"{number:08}")
    return reviewing.propose(context, speaker, removes=Removal(low=0.1, likely=0.2, high=0.3), **said)
