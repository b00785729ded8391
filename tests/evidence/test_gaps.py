"""Classes of failure in production and in test; the finder of environment gaps on planted worlds and on nothing."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from opex.domain.problems import NotEnoughData
from opex.evidence.environment_gaps import environment_gap
from opex.evidence.facts import Facts
from opex.evidence.gaps import ClassSeen, Gaps, class_gaps
from opex.evidence.strata import Strata
from tests.evidence import builders as b
from tests.evidence.environments import Rates, troubled

MIX = {"network": 30.0, "data": 25.0, "access": 20.0, "capacity": 15.0, "config": 10.0}


def rates(race: float = 0.0, tests: float = 0.3) -> Rates:
    """Troubles a year of four systems: the same mix in test, less of it; races in production only."""
    found = {}
    for system in ("mail", "web", "shop", "pay"):
        for category, a_year in MIX.items():
            found[system, "production", category] = a_year / 4
            found[system, "test", category] = a_year / 4 * tests
        if race:
            found[system, "production", "race"] = race / 4
    return found


def spread(category: str, count: int, environment: str = "production", **more: Any) -> list[dict[str, Any]]:
    return [
        b.incident(
            f"{category}-{environment}-{n}",
            350 - 340 * n / (count - 1),
            category=category,
            environment=environment,
            **more,
        )
        for n in range(count)
    ]


def told(found: Gaps | NotEnoughData) -> Gaps:
    assert isinstance(found, Gaps)
    return found


def of(found: Gaps, name: str) -> ClassSeen:
    return next(one for one in found.classes if one.name == name)


# --- classes ----------------------------------------------------------------------------------------------------------


def test_a_class_is_held_against_what_test_would_have_shown_at_productions_share() -> None:
    rows = [*spread("race", 20), *spread("data", 20), *spread("data", 10, "test"), *spread("data", 5, "staging")]
    found = told(class_gaps(b.facts(rows)))
    assert (found.environments, found.production, found.tests, found.untested) == (("staging", "test"), 20, 15, 0)
    race = of(found, "race")
    assert (race.production, race.tests, len(race.incidents)) == (20, 0, 20)
    assert race.expected == pytest.approx(20 * 15 / 55)
    assert found.classes[0] == race
    # Fisher's exact test: none of 15 when 20 of 55 are races
    strata = Strata(np.array([20]), np.array([40]), np.array([15]))
    assert race.chance_unseen == strata.as_few(0, 0.5)
    assert race.q_value == pytest.approx(2 * strata.as_few(0))
    assert race.at_most < 0.5


def test_systems_that_no_test_environment_has_and_time_without_test_take_no_part() -> None:
    rows = [*spread("race", 20, system="legacy"), *spread("data", 20), *spread("data", 10, "test")]
    found = told(class_gaps(b.facts(rows)))
    assert (found.untested, [one.name for one in found.classes]) == (20, ["data"])
    early = [b.incident(f"old-{n}", 900 - n * 20, category="race") for n in range(20)]
    assert [one.name for one in told(class_gaps(b.facts([*rows, *early]))).classes] == ["data"]


def test_aftershocks_do_not_make_a_class_common() -> None:
    shocks = [b.incident(f"s{n}", 200 - n / 24, category="race") for n in range(20)]
    found = told(class_gaps(b.facts([*shocks, *spread("data", 20), *spread("data", 10, "test")])))
    race = of(found, "race")
    assert (race.production, len(race.incidents)) == (1, 20)
    assert np.isnan(race.q_value)


def test_what_test_showed_first_is_counted_beside_what_chance_gives() -> None:
    warned = [b.incident(f"w{n}", 350 - 340 * (n + 2) / 19 + 3, category="data", environment="test") for n in range(10)]
    data = of(told(class_gaps(b.facts([*spread("data", 20), *warned, *spread("x", 2, "test")]))), "data")
    assert data.warned == 10
    assert data.warned_by_chance < 7
    elsewhere = [one | {"system": "other"} for one in warned]
    assert of(told(class_gaps(b.facts([*spread("data", 20, system="checkout"), *spread("x", 9, "test"), *elsewhere]))),
              "data").warned == 0  # fmt: skip


def test_where_test_logs_nothing_nothing_is_claimed() -> None:
    changes = [b.change(n, 350 - n, environment="test") for n in range(300)]
    found = told(class_gaps(b.facts(spread("race", 40), changes=changes)))
    race = of(found, "race")
    assert (race.expected, race.chance_unseen, race.at_most, race.q_value) == (0.0, 1.0, float("inf"), 1.0)


def test_only_one_environment_is_an_answer() -> None:
    found = class_gaps(b.facts(spread("race", 40)))
    assert found == NotEnoughData(have=0, need=1, what="test environments with incidents or changes")
    assert class_gaps(b.facts(spread("race", 40, "test"))) == NotEnoughData(
        have=0, need=5, what="incidents in production"
    )


# --- the finder -------------------------------------------------------------------------------------------------------


def keys(found: Iterator[Any]) -> list[str]:
    return [finding.key for finding in found]


def test_a_planted_gap_is_found_with_its_incidents_and_says_how_it_could_be_wrong() -> None:
    facts = troubled(1, rates(race=30.0), spell=0.5)
    [finding] = environment_gap(facts, b.AS_OF)
    assert (finding.key, finding.category, finding.environment) == ("race", "race", "production")
    races = facts.incidents.loc[facts.incidents["category"] == "race", "id"]
    assert set(races) >= set(finding.incidents)
    assert len(finding.incidents) > 0.9 * len(races)
    assert finding.low < finding.effect < finding.high
    assert finding.why.startswith("Production had ")
    assert "test had none among" in finding.why
    assert "gap in the log" in finding.falsifier


def test_most_planted_gaps_are_found_and_nothing_else() -> None:
    found = [keys(environment_gap(troubled(seed, rates(race=25.0), spell=1.0), b.AS_OF)) for seed in range(10)]
    assert sum("race" in each for each in found) >= 8
    assert {key for each in found for key in each} == {"race"}


@pytest.mark.parametrize("tests", [0.05, 0.5])
def test_where_test_has_the_same_mix_nothing_is_found(tests: float) -> None:
    worlds = [troubled(seed, rates(tests=tests), spell=1.0) for seed in range(10)]
    assert [keys(environment_gap(facts, b.AS_OF)) for facts in worlds] == [[]] * 10


@pytest.mark.parametrize("facts", [b.facts(), b.facts(spread("race", 40))])
def test_without_facts_or_without_a_test_environment_it_is_silent(facts: Facts) -> None:
    assert keys(environment_gap(facts, b.AS_OF)) == []
