"""What if and formulas, in a real browser: try, keep, set side by side, throw away; lock a formula, see the order."""

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Visitor
from tests.journeys.test_pages import serious_faults

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def type_into(visitor: Visitor, x: float, y: float, text: str) -> None:
    """Type over a cell of the table: the grid is a canvas, so the cell is found by its place."""
    page = visitor.page
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x, box["y"] + y)
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    page.keyboard.press("Control+a")
    page.keyboard.type(text, delay=50)
    page.keyboard.press("Enter")
    visitor.settle()


def opened(visitor: Visitor, tab: str) -> Page:
    visitor.page.get_by_role("tab", name=tab).click()
    visitor.settle()
    return visitor.page


def test_a_scenario_is_tried_kept_set_beside_the_saved_order_and_thrown_away(visitor: Visitor) -> None:
    visitor.go("/?workspace=Sample+data")
    if "Nothing" in visitor.page.locator("h1").inner_text():
        visitor.page.get_by_role("button", name="Look at sample data").click()
    saved = visitor.titles()
    visitor.say_who("Cleo Ito")
    page = visitor.page
    page.get_by_text("What if", exact=True).click()
    visitor.settle()
    page.get_by_text("Who comes first at which weight").wait_for(timeout=60_000)
    assert serious_faults(visitor) == []

    opened(visitor, "Scales")
    type_into(visitor, 400, 52, "40")
    page.get_by_text("Moved: 1 scale.").wait_for(timeout=60_000)
    opened(visitor, "Items")
    type_into(visitor, 300, 52, "1")
    page.get_by_text("Moved: 1 scale, 1 removal.").wait_for(timeout=60_000)
    tried = visitor.titles()
    assert tried[0] != saved[0]
    assert "▼ was 1" in page.locator(".list").inner_text() or saved[0] not in tried

    opened(visitor, "Scenarios")
    page.get_by_label("Name of what is moved now").fill("Little is removed")
    page.get_by_role("button", name="Keep as a scenario").click()
    visitor.settle()
    page.get_by_text("1 scale, 1 removal · Cleo Ito").wait_for(timeout=60_000)
    page.get_by_role("button", name="Throw away").click()
    visitor.settle()
    assert visitor.titles() == saved
    page.get_by_role("button", name="Try it").first.click()
    visitor.settle()
    assert visitor.titles() == tried
    page.get_by_role("button", name="Delete").first.click()
    visitor.settle()
    page.get_by_text("No scenario is kept yet.").wait_for(timeout=60_000)


def test_a_formula_is_locked_with_a_reason_and_then_orders_the_list(visitor: Visitor) -> None:
    visitor.go("/?workspace=Sample+data")
    if "Nothing" in visitor.page.locator("h1").inner_text():
        visitor.page.get_by_role("button", name="Look at sample data").click()
    last = visitor.titles()[-1]
    visitor.say_who("Cleo Ito")
    page = visitor.page
    page.locator(".row").last.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("Change action, removal, effort").click()
    drawer.get_by_role("spinbutton", name="Effort, days of work").fill("2")
    drawer.get_by_role("button", name="Save", exact=True).click()
    drawer.get_by_text("Cost: S · 2 days").wait_for(timeout=60_000)
    page.keyboard.press("Escape")
    visitor.settle()

    page.get_by_text("Formulas", exact=True).click()
    visitor.settle()
    page.get_by_text("is the team's own formula").wait_for(timeout=60_000)
    page.get_by_test_id("stToast").wait_for(state="detached", timeout=60_000)  # Streamlit's own, and without a name
    assert serious_faults(visitor) == []
    page.get_by_role("button", name="Lock one").click()
    page.get_by_test_id("stPopoverBody").get_by_text("WSJF", exact=True).click()
    page.get_by_role("button", name="Lock as version").click()
    page.get_by_text("Say why this formula").wait_for(timeout=60_000)
    page.get_by_role("textbox", name="Why").fill("as all our teams do")
    page.get_by_role("button", name="Lock as version").click()
    page.get_by_text("They are ordered by WSJF, the team's own formula.").wait_for(timeout=60_000)
    page.keyboard.press("Escape")
    page.get_by_text("List", exact=True).click()
    visitor.settle()
    assert visitor.titles()[0] == last  # the only one with an effort, so the only one that WSJF can place
