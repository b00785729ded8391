"""Which changes of production were in a test environment before: strict about sameness, frank about the rest."""

from typing import Any

import pytest

from opex.domain.problems import NotEnoughData
from opex.domain.systems import Catalogue, System
from opex.evidence.drift import Drift, drift
from tests.evidence import builders as b


def staged(n: object, days_ago: float, **more: Any) -> dict[str, Any]:
    return b.change(f"s{n}", days_ago, environment="staging", **more)


def world(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Ten changes that were tried a day before, and one in staging at either end, so that the time is covered."""
    pairs = []
    for n, letter in enumerate("abcdefghij"):
        title = f"Add thing {letter}"
        pairs += [staged(n, 101 - 5 * n, title=title), b.change(n, 100 - 5 * n, title=title)]
    return [staged("first", 200, title="begin"), staged("last", 1, title="end"), *pairs, *rows]


def told(*rows: dict[str, Any], catalogue: Catalogue | None = None) -> Drift:
    found = drift(b.facts(changes=world(*rows), catalogue=catalogue))
    assert isinstance(found, Drift)
    return found


def verdict(found: Drift, title: str) -> str:
    return str(found.changes.set_index("title").loc[title, "verdict"])


def test_changes_are_counted_by_kind_with_the_share_that_skips_and_the_lag() -> None:
    found = told(*(b.change(f"u{n}", 40 - n, title=f"Quick fix {'abcdefghij'[n]}") for n in range(10)),
                 b.change("c", 30, title="Raise the limit", kind="configuration"))  # fmt: skip
    configuration, deployment = found.kinds
    assert (configuration.kind, configuration.changes, configuration.untried) == ("configuration", 1, 1)
    assert configuration.skipped is None  # of ten at least a share is told
    assert (deployment.changes, deployment.tried, deployment.untried, deployment.cannot_tell) == (20, 10, 10, 0)
    assert deployment.skipped is not None
    assert (deployment.skipped.value, deployment.tried_after) == (0.5, 0)
    assert deployment.skipped.low < 0.3
    [lag] = found.lags
    assert (lag.environment, lag.changes, lag.median) == ("staging", 10, pytest.approx(24.0))
    assert (found.begin, found.end, found.untested) == (b.at(186), b.at(1), 0)


@pytest.mark.parametrize(
    ("title", "tried_as", "said"),
    [
        ("Cache the cart", "cache  the cart", "tried"),
        ("checkout: cache the cart", "Cache the cart", "tried"),
        ("shop-checkout: cache the cart", "Cache the cart", "tried"),
        ("Cache the cart to production", "Cache the cart to staging", "tried"),
        ("Cache the cart", "Cache the basket", "untried"),
        ("search: cache the cart", "Cache the cart", "untried"),
        ("Bump jackson from 2.1 to 2.2", "Bump jackson from 2.1 to 2.2", "tried"),
        ("Bump jackson from 2.1 to 2.2", "Bump jackson from 2.0 to 2.1", "cannot tell"),
        ("Release 26.2", "Cache the cart", "cannot tell"),
    ],
)
def test_sameness_is_strict_and_a_version_alone_says_nothing(title: str, tried_as: str, said: str) -> None:
    catalogue = Catalogue(systems=(System(name="checkout", aliases=("shop-checkout",)),))
    found = told(staged("t", 21, title=tried_as), b.change("p", 20, title=title), catalogue=catalogue)
    assert verdict(found, title) == said


def test_another_system_another_kind_too_long_ago_or_afterwards_is_no_trial() -> None:
    for trial in (
        staged("t", 21, title="Cache the cart", system="search"),
        staged("t", 21, title="Cache the cart", kind="configuration"),
        staged("t", 35, title="Cache the cart"),
        staged("t", 19, title="Cache the cart"),
    ):
        found = told(trial, b.change("p", 20, title="Cache the cart"))
        assert verdict(found, "Cache the cart") == "untried"
    assert found.kinds[0].tried_after == 1


def test_the_same_id_in_two_sources_is_the_same_change_whatever_it_is_called() -> None:
    found = told(staged("x", 21, title="a") | {"source": "ci", "source_id": "4711"}, b.change("4711", 20, title="b c"))
    assert verdict(found, "b c") == "tried"


def test_reverts_and_systems_without_a_test_environment_are_left_out() -> None:
    found = told(b.change("r", 20, title="Back", reverts="9"), b.change("l", 20, title="Old", system="legacy"))
    assert set(found.changes["title"]) == {f"Add thing {letter}" for letter in "abcdefghij"}
    assert found.untested == 1


def test_only_one_environment_is_an_answer() -> None:
    one = drift(b.facts(changes=[b.change(n, n) for n in range(30)]))
    assert one == NotEnoughData(have=0, need=10, what="changes in a test environment")
    few = drift(b.facts(changes=[b.change(1, 5), staged(2, 60), staged(3, 1)]))
    assert few == NotEnoughData(have=1, need=10, what="changes in production at that time")
    assert drift(b.facts()) == NotEnoughData(have=0, need=10, what="changes in a test environment")
