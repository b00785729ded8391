"""Named scenarios are kept for everybody, on both databases, and touch neither facts nor decisions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from opex.domain.opportunities import Removal
from opex.domain.problems import Refused
from opex.domain.scenarios import Scenario
from opex.store import scenarios as store
from opex.store.audit import By
from opex.store.database import Database
from opex.store.scenarios import MOST, KeptScenario
from tests.conftest import NOW

EFFORT = Scenario(
    name="Später 🙂", weights={"growth": 0.30000000000000004}, removals={"a": Removal(low=0, likely=0.5, high=1)},
    ratings={"a": {"law": -1}},
)  # fmt: skip


def test_a_scenario_comes_back_whole_with_who_kept_it_and_when(database: Database) -> None:
    before = database.revisions()
    store.keep(database, EFFORT, by=By(at=NOW, person="Ana"))
    assert store.scenarios(database) == [KeptScenario(scenario=EFFORT, at=NOW, person="Ana")]
    after = database.revisions()
    assert {name for name in after if after[name] != before[name]} == {"scenarios", "audit"}


def test_the_newest_comes_first_and_ones_own_is_replaced(database: Database) -> None:
    store.keep(database, EFFORT, by=By(at=NOW, person="Ana"))
    store.keep(database, Scenario(name="B", efforts={"a": 3.0}), by=By(at=NOW + timedelta(minutes=1), person="Bo"))
    again = replace(EFFORT, weights={"growth": 0.5})
    store.keep(database, again, by=By(at=NOW + timedelta(minutes=2), person="Ana"))
    assert [(one.scenario.name, one.person) for one in store.scenarios(database)] == [("Später 🙂", "Ana"), ("B", "Bo")]
    assert store.scenarios(database)[0].scenario == again
    store.delete(database, "B", by=By(at=NOW, person="Bo"))
    store.delete(database, "never there", by=By(at=NOW, person="Bo"))
    assert [one.scenario.name for one in store.scenarios(database)] == ["Später 🙂"]


def test_a_colleagues_scenario_is_not_written_over(database: Database) -> None:
    store.keep(database, EFFORT, by=By(at=NOW, person="Ana"))
    with pytest.raises(Refused, match="Ana keeps a scenario of that name"):
        store.keep(database, EFFORT, by=By(at=NOW, person="Bo"))


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [(replace(EFFORT, name=" "), "Give the scenario a name"), (Scenario(name="A"), "changes nothing yet")],
)
def test_a_scenario_without_a_name_or_a_change_is_refused(
    database: Database, scenario: Scenario, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        store.keep(database, scenario, by=By(at=NOW, person="Ana"))
    assert store.scenarios(database) == []


def test_there_is_an_end_to_scenarios(database: Database) -> None:
    for n in range(MOST):
        store.keep(database, replace(EFFORT, name=f"s{n}"), by=By(at=NOW, person="Ana"))
    with pytest.raises(Refused, match=f"There are {MOST} scenarios already"):
        store.keep(database, replace(EFFORT, name="one more"), by=By(at=NOW, person="Ana"))
