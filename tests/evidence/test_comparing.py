"""Systems and environments side by side: what counts, over which time, and what is said of thin data."""

from dataclasses import replace
from typing import Any

import pytest

from opex.domain.problems import NotEnoughData
from opex.evidence.comparing import Comparison, Side, compare, each_against_the_rest, subjects
from opex.evidence.facts import Facts
from opex.evidence.rates import Ratio
from tests.evidence import builders as b
from tests.evidence.environments import troubled


def side(*systems: str, environment: str = "production") -> Side:
    named = frozenset(systems) if systems else None
    return Side(name=", ".join(systems) or environment, environments=frozenset({environment}), systems=named)


def even(system: str, count: int, **more: Any) -> list[dict[str, Any]]:
    """So many incidents of a system, evenly over the year, two hours each."""
    return [b.incident(f"{system}-{n}", 360 * (1 - n / count), hours=2.0, system=system, **more) for n in range(count)]


def made(system: str, count: int, **more: Any) -> list[dict[str, Any]]:
    return [b.change(f"{system}-{n}", 364 * (1 - n / count), system=system, **more) for n in range(count)]


def shops() -> Facts:
    """A year: mail has 48 incidents and 40 changes, web 24 and 80."""
    return b.facts(
        [*even("mail", 48), *even("web", 24)], changes=[*made("mail", 40), *made("web", 80), b.change("x", 0)]
    )


def told(found: Comparison | NotEnoughData) -> Comparison:
    assert isinstance(found, Comparison)
    return found


def test_rates_are_told_for_a_week_and_for_a_hundred_changes_over_the_time_that_both_cover() -> None:
    found = told(compare(shops(), b.AS_OF, side("mail"), side("web")))
    # both tables have begun 360 days ago, with the first incidents; what opens the time does not count
    assert (found.begin, found.end) == (b.at(360), b.at(7.5))
    one, other = found.one, found.other
    assert (one.incidents, one.episodes, one.changes) == (47, 47, 39)
    assert (other.incidents, other.episodes, other.changes) == (23, 23, 78)
    assert one.system_weeks == other.system_weeks == pytest.approx(352.5 / 7)
    assert one.episodes_a_week.value == pytest.approx(47 / (352.5 / 7))
    assert one.episodes_a_hundred is not None
    assert one.episodes_a_hundred.value == pytest.approx(100 * 47 / 39)
    assert (one.hours_lost, one.recovery_hours) == pytest.approx((94.0, 2.0))
    assert isinstance(found.a_week, Ratio)
    assert isinstance(found.a_hundred, Ratio)
    assert found.a_week.ratio == pytest.approx(47 / 23)
    assert found.a_hundred.ratio == pytest.approx(47 / 39 * 78 / 23)
    assert found.dispersion == 1.0


def test_aftershocks_and_planned_work_make_no_episode_and_an_incident_of_two_systems_counts_for_both() -> None:
    shocks = [b.incident(f"again-{n}", 360 * (1 - n / 48) - 0.2, hours=1.0, system="mail") for n in range(48)]
    planned = [b.incident(f"planned-{n}", 300 - n, system="mail", planned=True) for n in range(30)]
    facts = b.facts(
        [*even("mail", 48), *even("web", 24), *shocks, *planned],
        changes=made("mail", 40),
        further=[("t:web-5", "mail")],
    )
    found = told(compare(facts, b.AS_OF, side("mail"), side("web")))
    # of 48 with an aftershock each, the first opens the time, and the last change ends it before the last one
    assert (found.one.incidents, found.one.episodes) == (46 + 47 + 1, 46)
    assert found.other.incidents == 23


def test_a_late_system_counts_from_its_first_fact_on_and_that_fact_does_not_count() -> None:
    late = [b.incident(n, 100 - 10 * n, system="new") for n in range(10)]
    found = told(compare(b.facts([*even("mail", 48), *late]), b.AS_OF, side("new"), side("mail")))
    assert (found.begin, found.one.episodes) == (b.at(100), 9)
    rest = told(
        compare(b.facts([*even("mail", 48), *even("web", 24), *late]), b.AS_OF, side("web"), side("mail", "new"))
    )
    assert rest.other.system_weeks == pytest.approx((352.5 + 92.5) / 7)


def test_without_changes_only_the_weeks_tell() -> None:
    found = told(compare(b.facts([*even("mail", 48), *even("web", 24)]), b.AS_OF, side("mail"), side("web")))
    assert found.a_hundred == NotEnoughData(have=0, need=10, what="changes on each side")
    assert (found.one.episodes_a_hundred, found.one.incidents_a_hundred) == (None, None)
    assert isinstance(found.a_week, Ratio)


def test_thin_data_is_an_answer() -> None:
    assert compare(b.facts(), b.AS_OF, side("mail"), side("web")) == NotEnoughData(have=0, need=1, what="incidents")
    unknown = compare(shops(), b.AS_OF, side("mail"), side("nobody"))
    assert unknown == NotEnoughData(have=0, need=1, what="incidents or changes of a side")
    short = compare(
        b.facts([b.incident(n, 20 - n, system="ab"[n % 2]) for n in range(20)]), b.AS_OF, side("a"), side("b")
    )
    assert short == NotEnoughData(have=2, need=6, what="weeks that both cover")
    once = told(
        compare(b.facts([*even("mail", 48), b.incident(1, 300, system="web")]), b.AS_OF, side("web"), side("mail"))
    )
    assert once.a_week == NotEnoughData(have=0, need=5, what="incidents and changes of web")
    quiet = b.facts(even("mail", 48), changes=made("web", 40))
    none = told(compare(quiet, b.AS_OF, side("mail"), side("web")))
    assert none.a_week == NotEnoughData(have=0, need=1, what="episodes of web")
    assert none.recovery == NotEnoughData(have=0, need=5, what="episodes that are over on each side")


def test_an_environment_holds_what_names_no_system_too() -> None:
    facts = b.facts([*even("mail", 24), *even("mail", 24, source="u", environment="test"),
                     *(b.incident(n, 300 - 9 * n, system=None) for n in range(20))])  # fmt: skip
    found = told(compare(facts, b.AS_OF, side(), side(environment="test")))
    assert (found.one.systems, found.one.incidents) == (1, 23 + 19)
    assert (found.other.systems, found.other.incidents) == (1, 23)


def test_the_order_of_rows_does_not_matter_and_nothing_is_edited() -> None:
    facts = shops()
    mixed = replace(facts, incident_systems=facts.incident_systems[::-1], change_systems=facts.change_systems[::-1])
    before = facts.incidents.copy()
    one, other = (compare(each, b.AS_OF, side("mail"), side("web")) for each in (facts, mixed))
    assert one == other
    assert before.equals(facts.incidents)


def test_what_can_be_compared_is_listed_with_production_first() -> None:
    facts = b.facts(
        [*even("mail", 3), *even("web", 9, environment="staging"), b.incident("u", 3, system=None)],
        changes=[b.change(1, 5, system="web")],
    )
    assert subjects(facts).to_numpy().tolist() == [
        ["production", "mail", 3, 0], ["production", "web", 0, 1], ["staging", "web", 9, 0],
    ]  # fmt: skip


def test_a_system_with_more_trouble_than_the_others_is_named_and_the_harmless_are_not() -> None:
    rates = {(name, "production", "x"): 75.0 if name == "bad" else 25.0 for name in ("bad", "a", "b", "c", "d")}
    found = each_against_the_rest(troubled(3, rates, spell=0.5), b.AS_OF, "production")
    ratios = {one.system: one.comparison.a_week for one in found if one.q_week <= 0.05}
    assert [name for name, ratio in ratios.items() if isinstance(ratio, Ratio) and ratio.ratio > 1] == ["bad"]
    ratio = ratios["bad"]
    assert isinstance(ratio, Ratio)
    assert ratio.low > 1.5  # three times are planted, less what episodes swallow
    assert each_against_the_rest(b.facts(even("mail", 48)), b.AS_OF, "production") == []
