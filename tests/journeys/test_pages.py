"""Every page, in light and dark and on a phone: it shows its answer, nothing overflows, and it can be used by all."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.conftest import ROOT
from tests.journeys.conftest import Visitor
from tests.trust.team import Someone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = {
    "priorities": "Priorities",
    "evidence": "Evidence",
    "inbox": "Inbox",
    "operations": "Operations review",
    "drivers": "Drivers",
    "questions": "Questions",
    "load": "Load",
    "systems": "Systems",
    "team": "Team",
}
VIEWS = {
    "priorities?view=Doubt": "Priorities",
    "evidence?evidence_view=Changes+and+incidents": "Evidence",
    "evidence?evidence_view=Compare": "Evidence",
    "evidence?evidence_view=Trends": "Evidence",
    "questions?questions_view=Swing+weights": "Questions",
    "questions?questions_view=What+choices+imply": "Questions",
    "operations?operations_view=Delivery": "Operations review",
    "operations?operations_view=What+to+expect": "Operations review",
}
LOOKS = {"light": ("light", 1280, 1000), "dark": ("dark", 1280, 1000), "phone": ("light", 390, 844)}
SCREENSHOTS = ROOT / "docs" / "screenshots"

# Streamlit draws these itself and we cannot reach them: its grid is a canvas with a hidden table, its header a menu.
NOT_OURS = (
    "stDataFrame",
    "stDataFrameGlideDataEditor",
    "stHeader",
    "stToolbar",
    "stMainMenu",
    "stFileUploader",
    "stSidebarNav",
)


@pytest.fixture(scope="module")
def sample(browser: Browser, server: str) -> str:
    """The address of the app, once the sample workspace is filled."""
    context = browser.new_context()
    visitor = Visitor(page=context.new_page(), address=server)
    visitor.go("/?workspace=Sample+data")
    if "Nothing" in visitor.page.locator("h1").inner_text():
        visitor.page.get_by_role("button", name="Look at sample data").click()
    visitor.titles()
    context.close()
    return server


EACH = [
    *((page, look) for page in PAGES for look in LOOKS),
    *((view, look) for view in VIEWS for look in ("dark", "phone")),
]


@pytest.mark.parametrize(("page", "look"), EACH)
def test_a_page_shows_its_answer_and_can_be_used_by_all(browser: Browser, sample: str, page: str, look: str) -> None:
    scheme, width, height = LOOKS[look]
    context = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": height},
        reduced_motion="reduce",  # axe measures colours, and not in the middle of a fade
    )
    visitor = Visitor(page=context.new_page(), address=sample)
    visitor.page.on("request", visitor.note)
    visitor.go(f"/{page.removeprefix('priorities')}{'&' if '?' in page else '?'}workspace=Sample+data")
    shown = visitor.page
    assert shown.locator("h1").inner_text() == (PAGES | VIEWS)[page]
    assert shown.get_by_text("Something went wrong").count() == 0
    wider = shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page} is {wider} pixels wider than the screen"
    if folder := os.environ.get("OPEX_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        shown.screenshot(path=Path(folder) / f"{page.rpartition('=')[2] or page}-{look}.png")
    assert serious_faults(visitor) == []
    assert visitor.outside == []
    context.close()


def serious_faults(visitor: Visitor | Someone) -> list[tuple[str, str]]:
    """What axe calls serious or critical in what we draw."""
    return [
        (fault["id"], node["html"][:160])
        for fault in Axe().run(visitor.page).response["violations"]
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
        if not is_streamlits(visitor, node["target"])
    ]


def is_streamlits(visitor: Visitor | Someone, target: list[str]) -> bool:
    """Whether the faulty element lies in something that Streamlit draws by itself."""
    inside = """([selectors, names]) => {
        const found = selectors.length === 1 && document.querySelector(selectors[0])
        return Boolean(found && names.some(name => found.closest(`[data-testid=${name}]`)))
    }"""
    return bool(visitor.page.evaluate(inside, [target, list(NOT_OURS)]))


def test_of_a_table_with_other_rows_no_row_is_chosen(browser: Browser, sample: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    visitor = Visitor(page=context.new_page(), address=sample)
    visitor.go("/evidence?evidence_view=Incidents&workspace=Sample+data")
    page = visitor.page
    texts = page.get_by_role("paragraph").filter(has_text="sample:INC-")
    page.get_by_test_id("stDataFrame").click(position={"x": 18, "y": 55 + 35 * 12})
    visitor.settle()
    assert texts.count() == 1
    words = page.get_by_role("textbox", name="Words in the title")
    for typed, found in (("disk", "19 incidents"), ("log-05 disk full", "2 incidents")):
        words.fill(typed)
        words.press("Enter")
        page.get_by_text(f"{found}, newest first.").wait_for(timeout=60_000)
        visitor.settle()
        assert (texts.count(), page.get_by_text("Something went wrong").count()) == (0, 0)
    context.close()
