"""The view "Changes and incidents" in a real browser: what it leads with, and a verdict that moves credit at once."""

import pytest

from tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

VIEW = "/evidence?workspace=Sample+data&evidence_view=Changes+and+incidents"


def test_a_link_is_selected_rejected_with_a_reason_and_the_word_withdrawn(visitor: Visitor) -> None:
    visitor.go("/?workspace=Sample+data")
    page = visitor.page
    if "Nothing" in page.locator("h1").inner_text():
        page.get_by_role("button", name="Look at sample data").click()
    visitor.titles()
    visitor.go(VIEW)
    page.get_by_text("A deployment of checkout landed 6 minutes before").wait_for(timeout=120_000)
    assert page.get_by_text("46 of 80 episodes of checkout began within 24 h").count() == 1
    assert page.get_by_text("The excess is clearest within 4 h after a change").count() == 1
    visitor.say_who("Ana")
    links = page.get_by_test_id("stDataFrame").last
    links.scroll_into_view_if_needed()
    links.click(position={"x": 18, "y": 55})
    page.get_by_role("button", name="It was not").click()
    page.get_by_text("The reason of a verdict cannot be empty").wait_for()
    page.get_by_label("Why").fill("another shop")
    page.get_by_role("button", name="It was not").click()
    page.get_by_text("says it was not this change: “another shop”").wait_for(timeout=60_000)
    assert page.get_by_text("A deployment of checkout landed 11 minutes before").count() == 1, "the next one leads"
    assert page.get_by_text("46 of 80 episodes of checkout began within 24 h").count() == 1, "chance stays as it was"
    page.get_by_role("button", name="Withdraw the last word").click()
    page.get_by_text("A deployment of checkout landed 6 minutes before").wait_for(timeout=60_000)
    assert page.get_by_text("Something went wrong").count() == 0
