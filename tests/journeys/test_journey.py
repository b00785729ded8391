"""The main job in a real browser: load, look, strike, re-weigh, adjust, export."""

from pathlib import Path

import openpyxl
import pytest

from tests.journeys.conftest import SAMPLE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_new_user_loads_a_file_and_takes_an_agreed_list_away(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page

    # an empty workspace says what to do next
    visitor.go("/")
    assert page.locator("h1").inner_text() == "Nothing is loaded yet"
    page.get_by_role("button", name="Load my own file").click()
    visitor.settle()

    # load: what we understood comes before anything is loaded
    page.locator("input[type=file]").set_input_files(SAMPLE / "incidents.csv")
    page.wait_for_selector("text=What we understood", timeout=60_000)
    visitor.settle()
    page.get_by_role("button", name="Load incidents").click()
    page.wait_for_selector("text=1,457 incidents read", timeout=120_000)
    assert "1,457 loaded, 0 unchanged, 0 replaced, 0 refused" in page.get_by_test_id("stAlert").last.inner_text()

    # look: ten rows, the first explained
    page.get_by_text("See the priorities").click()
    before = visitor.titles()
    assert len(before) == 10
    visitor.settle()
    visitor.say_who("Ana Ng")

    # strike: the incident leaves the evidence, with its reason, and the number behind the item falls
    page.locator(".row").first.press("Enter")
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("How the score comes about").wait_for(timeout=60_000)
    visitor.settle()
    table = drawer.get_by_test_id("stDataFrame").first
    table.click(position={"x": 18, "y": 55})
    visitor.settle()
    drawer.get_by_label("Why 1 incident is no evidence").fill("not ours: a test of the alarm")
    drawer.get_by_role("button", name="Strike 1 incident").click()
    drawer.get_by_text("Struck:").wait_for(timeout=60_000)

    # adjust: to place 3, with a reason; the computed place stays in view
    drawer.get_by_label("To place").fill("3")
    visitor.choose(drawer.get_by_role("combobox", name="Reason"), "promised")
    drawer.get_by_role("button", name="Move", exact=True).click()
    drawer.get_by_text("Ana Ng put it at place 3").wait_for(timeout=60_000)
    page.keyboard.press("Escape")
    visitor.settle()
    after = visitor.titles()
    assert after[2] == before[0]
    assert after[:2] == before[1:3]
    assert "1 strike" in page.locator(".row").nth(2).inner_text()

    # re-weigh: the list follows at once and shows where items stood
    page.get_by_text("What if", exact=True).click()
    visitor.settle()
    slider = page.get_by_role("slider", name="Growing, %")
    for _ in range(40):
        slider.press("ArrowRight")
    visitor.settle()
    assert slider.input_value() == "50", "held keys are all counted: 10 and 40 presses"
    page.get_by_text("With the weights as moved, not saved:").wait_for(timeout=60_000)
    assert any(word in page.locator(".list").inner_text() for word in ("▲ was", "▼ was"))
    page.get_by_role("button", name="Throw away").click()
    visitor.settle()
    assert visitor.titles() == after

    # export: a real workbook that holds the agreed order
    page.get_by_role("button", name="Export").click()
    page.get_by_text("Excel").first.click()
    visitor.settle()
    page.get_by_role("button", name="Make the file").click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Download opex-priorities").click(timeout=60_000)
    saved = tmp_path / "priorities.xlsx"
    download.value.save_as(saved)
    sheet = openpyxl.load_workbook(saved)["Priorities"]
    header = [cell.value for cell in sheet[1]]
    column = header.index("opportunity")
    assert [sheet.cell(row=n, column=column + 1).value for n in range(2, 12)] == after


def test_a_reload_loses_nothing_that_was_said(visitor: Visitor) -> None:
    visitor.go("/?workspace=Sample+data")
    if "Nothing" in visitor.page.locator("h1").inner_text():
        visitor.page.get_by_role("button", name="Look at sample data").click()
    visitor.titles()
    visitor.settle()
    visitor.say_who("Bo Li")
    visitor.page.locator(".row").first.click()
    drawer = visitor.page.get_by_role("dialog")
    drawer.get_by_label("Comment").fill("Seen in the *Monday* review ![x](http://example.invalid/x.png)")
    drawer.get_by_role("button", name="Add comment").click()
    drawer.get_by_text("Bo Li,").wait_for(timeout=60_000)
    visitor.page.reload()
    visitor.titles()
    visitor.settle()
    visitor.page.locator(".row").first.click()
    told = visitor.page.get_by_role("dialog").get_by_text("Seen in the *Monday* review").first
    told.wait_for(timeout=60_000)
    assert "![x](http" in told.inner_text().replace("\u2060", "")
