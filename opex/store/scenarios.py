"""The named scenarios of a workspace: what if, kept so that colleagues see them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from opex.domain.problems import Refused
from opex.domain.scenarios import Scenario
from opex.store import audit, schema
from opex.store.audit import By
from opex.store.database import SCENARIOS, Database

__all__ = ["MOST", "KeptScenario", "delete", "keep", "scenarios"]

MOST = 20


@dataclass(frozen=True, kw_only=True)
class KeptScenario:
    """A scenario with who kept it and when."""

    scenario: Scenario
    at: datetime
    person: str


def keep(database: Database, scenario: Scenario, *, by: By) -> None:
    """Keep a scenario under its name; one of that name by the same person is replaced.

    Raises
    ------
    Refused
        Without a name or a change, when the name is a colleague's, or when there are `MOST` already.
    """
    if not scenario.name.strip():
        raise Refused("Give the scenario a name that colleagues will understand.")
    if scenario.empty:
        raise Refused("The scenario changes nothing yet: move a weight, an anchor, a removal or a rating.")
    table = schema.scenarios
    with database.writing(SCENARIOS) as connection:
        rows = {row.name: row.person for row in connection.execute(sa.select(table.c.name, table.c.person))}
        owner = rows.get(scenario.name)
        if owner is not None and owner != by.person:
            raise Refused(f"{owner} keeps a scenario of that name: choose another one.")
        if owner is None and len(rows) >= MOST:
            raise Refused(f"There are {MOST} scenarios already: delete one first.")
        connection.execute(sa.delete(table).where(table.c.name == scenario.name))
        row = {"name": scenario.name, "body": scenario.body(), "at": by.at, "person": by.person}
        connection.execute(sa.insert(table).values(**row))
        audit.note(connection, by, "scenario kept", f"scenario:{scenario.name}", after=row["body"])


def delete(database: Database, name: str, *, by: By) -> None:
    """Let go of a scenario; nothing happens when there is none of that name."""
    with database.writing(SCENARIOS) as connection:
        gone = sa.delete(schema.scenarios).where(schema.scenarios.c.name == name)
        if connection.execute(gone).rowcount:
            audit.note(connection, by, "scenario deleted", f"scenario:{name}")


def scenarios(database: Database) -> list[KeptScenario]:
    """All named scenarios, the newest first."""
    table = schema.scenarios
    with database.reading() as connection:
        rows = connection.execute(sa.select(table).order_by(table.c.at.desc(), table.c.name)).all()
    return [KeptScenario(scenario=Scenario.of_body(row.body), at=row.at, person=row.person) for row in rows]
