"""The page Questions in a real browser: duels answered by key and by click, kept over a reload, and taken back."""

import pytest

from tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_three_answers_are_there_after_a_reload_and_the_last_can_be_taken_back(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/?workspace=Sample+data")
    if "Nothing" in page.locator("h1").inner_text():
        page.get_by_role("button", name="Look at sample data").click()
    visitor.titles()
    visitor.go("/drivers?workspace=Sample+data")
    page.get_by_role("link", name="Ask me questions").click()
    page.get_by_text("Say who you are first").wait_for(timeout=60_000)
    visitor.settle()
    visitor.say_who("Quinn Askew")

    # by key, by click, and both alike
    page.get_by_text("0 answers of yours").wait_for(timeout=60_000)
    page.get_by_role("heading", name="Questions").click()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("1 answer of yours").wait_for(timeout=60_000)
    visitor.settle()
    page.get_by_role("button", name="This one first").last.click()
    page.get_by_text("2 answers of yours").wait_for(timeout=60_000)
    visitor.settle()
    page.get_by_role("button", name="Both alike").click()
    page.get_by_text("3 answers of yours").wait_for(timeout=60_000)
    visitor.settle()
    third = page.locator("h4").all_inner_texts()

    # a reload loses nothing: the same question waits
    page.reload()
    page.wait_for_selector("h1", timeout=60_000)
    visitor.settle()
    visitor.say_who("Quinn Askew")
    page.get_by_text("3 answers of yours").wait_for(timeout=60_000)
    visitor.settle()
    assert page.locator("h4").all_inner_texts() == third

    # the last one is taken back
    page.get_by_role("button", name="Undo the last answer").click()
    page.get_by_text("2 answers of yours").wait_for(timeout=60_000)

    # too few to say anything
    page.get_by_text("What choices imply").click()
    page.get_by_text("more are needed before they say anything of the weights").first.wait_for(timeout=60_000)


def test_swings_become_a_draft_that_only_a_person_saves(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/?workspace=Sample+data")
    if "Nothing" in page.locator("h1").inner_text():
        page.get_by_role("button", name="Look at sample data").click()
    visitor.titles()
    visitor.go("/questions?workspace=Sample+data&questions_view=Swing+weights")
    first = page.get_by_role("combobox", name="Which one would you move first?")
    first.click()
    page.get_by_role("option", name="Severe incidents").click()
    visitor.settle()
    for swing in page.get_by_role("spinbutton").all():
        swing.fill("50")
        swing.press("Tab")
        visitor.settle()
    page.get_by_role("button", name="Take over as a draft").click()
    page.get_by_role("link", name="The draft waits on the page Drivers").click()
    page.get_by_role("heading", name="Draft of the weights").wait_for(timeout=60_000)
    visitor.settle()
    row = page.get_by_test_id("stTable").get_by_role("row", name="Severe incidents")
    assert row.inner_text().split()[-2:] == ["15.0", "25.0"]
    page.get_by_text("default v1 is in force").wait_for()
    page.get_by_role("button", name="Throw away").click()
    page.get_by_role("heading", name="Draft of the weights").wait_for(state="detached", timeout=60_000)
    assert page.get_by_text("default v1 is in force").count() == 1
