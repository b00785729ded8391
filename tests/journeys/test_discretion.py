"""In a real browser: whoever may decide says in the drawer which roles see an opportunity."""

import pytest

from tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_an_opportunity_is_restricted_in_its_drawer_and_the_history_says_so(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/?workspace=Sample+data")
    if "Nothing" in page.locator("h1").inner_text():
        page.get_by_role("button", name="Look at sample data").click()
    visitor.titles()
    visitor.settle()
    visitor.say_who("Ana Ng")
    page.locator(".row").first.press("Enter")
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("Who sees this: everybody").click(timeout=60_000)
    drawer.get_by_role("button", name="Remove viewer").click()
    drawer.get_by_label("Why", exact=True).last.fill("not public yet")
    drawer.get_by_role("button", name="Save", exact=True).last.click()
    drawer.get_by_text("Who sees this: reviewer, facilitator, administrator").wait_for(timeout=60_000)
    drawer.get_by_text("History (1)").click()
    drawer.get_by_text("seen by reviewer, facilitator, administrator only (not public yet)").wait_for(timeout=60_000)
