"""The Load page in a real browser: files as people have them, understood, corrected, loaded and taken back."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser

from opex.domain.mapping import Mapping
from opex.domain.source import ORIGINS, Source
from opex.services.loading import Asked
from opex.ui.asking import asked_for
from opex.ui.freshness import EXAMPLES
from tests.journeys.conftest import Visitor, _wait_until_up, free_port
from tests.journeys.test_pages import serious_faults

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WORDS = ("hoch", "mittel", "niedrig")
TITLES = ("Datenbank langsam", "Bezahlung schlägt fehl", "Anmeldung nicht möglich")
COLUMNS = {
    "resolved at": "Ende", "severity": "Schwere", "system": "Dienst", "environment": "Umgebung", "source id": "Kennung",
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on an empty workspace of this module's own; the address it answers at."""
    home, port = tmp_path_factory.mktemp("desk"), free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OPEX_", "AWS_"))}
    command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait_until_up(port, process, home / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, 15)
            process.wait(20)
    told = (home / "log").read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in told, told[-3000:]


class Loader(Visitor):
    """A person on the Load page."""

    def bring(self, *files: Path) -> None:
        self.go("/load")
        self.page.locator("input[type=file]").set_input_files(list(files))
        self.page.get_by_text("What we understood").wait_for(timeout=60_000)
        self.settle()

    def choose(self, label: str, word: str) -> None:
        box = self.page.get_by_role("combobox", name=label, exact=True)
        box.click()
        box.fill(word)
        box.press("Enter")
        self.settle()

    def type(self, label: str, text: str) -> None:
        box = self.page.get_by_role("textbox", name=label, exact=True)
        box.fill(text)
        box.press("Tab")
        self.settle()

    def click(self, name: str) -> None:
        self.page.get_by_role("button", name=name).last.click()
        self.settle()

    def unfold(self, name: str) -> None:
        self.page.locator("summary", has_text=name).click()
        self.settle()

    def load(self, what: str = "incidents") -> str:
        """Load; the sentence that says what it did."""
        self.click(f"Load {what}")
        self.page.get_by_text(f"{what} read from").last.wait_for(timeout=90_000)
        self.settle()
        return self.page.get_by_test_id("stAlert").last.inner_text()

    def select_load(self, position: int) -> None:
        table = self.page.get_by_test_id("stDataFrame").last
        table.scroll_into_view_if_needed()
        table.click(position={"x": 14, "y": 52 + 35 * position})
        self.settle()

    def text(self) -> str:
        return self.page.get_by_test_id("stMainBlockContainer").inner_text()


@pytest.fixture
def loader(browser: Browser, desk: str) -> Iterator[Loader]:
    context = browser.new_context(viewport={"width": 1280, "height": 1600}, accept_downloads=True)
    someone = Loader(page=context.new_page(), address=desk)
    someone.page.on("request", someone.note)
    yield someone
    assert someone.outside == [], "the browser asked for something outside of this machine"
    context.close()


def german(path: Path, rows: int = 60, first: int = 0) -> Path:
    """An export of a German desk: semicolons, Windows-1252, dates with dots, one row without a title, one undated."""
    lines = ["Kennung;Titel;Beginn;Ende;Dienst;Schwere;Umgebung"]
    for n in range(first, first + rows):
        begin = datetime(2024, 4, 3, 14, 30) + timedelta(hours=13 * n)  # noqa: DTZ001 - as it stands in a file
        end = begin + timedelta(minutes=40 + n)
        title, system = TITLES[n % 3], ("Kasse", "Anmeldung, Portal")[n % 2]
        stage = ("Produktion", "Abnahme")[n % 5 == 0]
        begun = "gestern" if n == 9 else f"{begin:%d.%m.%Y %H:%M}"
        title = "" if n == 19 else title
        lines.append(f"INC{n:04};{title};{begun};{end:%d.%m.%Y %H:%M};{system};{WORDS[n % 3]};{stage}")
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))
    return path


def test_a_german_export_is_mapped_kept_loaded_mended_and_taken_back(loader: Loader, tmp_path: Path) -> None:
    page = loader.page
    loader.bring(german(tmp_path / "stoerungen.csv"))

    # needed columns are a question with the file's own columns to answer it
    page.get_by_text("We do not know these headers.").wait_for(timeout=60_000)
    assert page.get_by_role("button", name="Load incidents").count() == 0
    loader.choose("title (needed)", "Titel")
    loader.choose("started at (needed)", "Beginn")
    for field, column in COLUMNS.items():
        loader.choose(field, column)
    assert "counts as one system" in loader.text()
    loader.type("Between several systems in one cell", ",")

    # words that nobody knows are asked for, and stay where they are while they are answered
    page.get_by_text("Say what the words mean: 3 words not known").wait_for(timeout=60_000)
    for word, severity in zip(WORDS, ("2", "3", "4"), strict=True):
        loader.choose(f"severity: {word}", severity)
    loader.choose("environment: Produktion", "production")
    page.get_by_text("2 problems in the first records").wait_for(timeout=60_000)
    assert "the system is in Dienst, the environment is in Umgebung. Every column is used." in loader.text()
    assert serious_faults(loader) == []

    # kept under its own name, tried on the whole file; the text is what the widgets say
    loader.type("Name of the source", "our-desk")
    loader.unfold("Keep this for the next file")
    loader.click("Try and keep as")
    page.get_by_text("Tried and kept: 60 incidents read").wait_for(timeout=60_000)
    toml = page.get_by_role("textbox", name="The mapping as text (TOML)").input_value()
    mapping = Mapping.from_toml(toml)
    assert mapping.columns["started_at"] == "Beginn"
    assert mapping.values == {
        "severity": {"hoch": "2", "mittel": "3", "niedrig": "4"}, "environment": {"Produktion": "production"}
    }  # fmt: skip
    assert (mapping.name, mapping.split) == ("our-desk", ",")

    # loaded: the counts add up, the refused rows come as a file of their own
    assert "58 loaded, 0 unchanged, 0 replaced, 2 refused" in loader.load()
    assert page.locator(".st-key-report table").first.inner_text().split() == [
        "read", "loaded", "unchanged", "replaced", "refused", "60", "=", "58", "+", "0", "+", "0", "+", "2"
    ]  # fmt: skip
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Download the 2 refused rows").click()
    refused = tmp_path / download.value.suggested_filename
    download.value.save_as(refused)
    text = refused.read_text(encoding="utf-8")
    assert "gestern" in text
    assert refused.name.startswith("refused-")

    # mended, and read as the load read its own file, without a question
    refused.write_text(text.replace("gestern", "08.04.2024 11:30").replace('"INC0019";;', '"INC0019";"Kasse";'))
    loader.bring(refused)
    page.get_by_text("These are refused rows that were mended").wait_for(timeout=60_000)
    assert "2 loaded, 0 unchanged, 0 replaced, 0 refused" in loader.load()

    # the first load is taken back: the second stands on it and goes with it only when that is said
    loader.select_load(1)
    page.get_by_text("stoerungen.csv").last.wait_for(timeout=60_000)
    loader.page.locator(".st-key-chosen_load").get_by_role("button", name="Take this load back").click()
    loader.settle()
    loader.click("Yes, take it back")
    page.get_by_text("1 later load of our-desk stands on this one").wait_for(timeout=60_000)
    loader.click("Take these back with it")
    page.get_by_text("taken back by somebody").last.wait_for(timeout=60_000)
    assert "Bring an export as it comes" in loader.text(), "no load is in force"

    # next month's file is read with the kept mapping at once
    loader.bring(german(tmp_path / "mai.csv", rows=30, first=100))
    assert "what happened is in Titel" in loader.text()
    assert "30 loaded, 0 unchanged, 0 replaced, 0 refused" in loader.load()


def test_an_ambiguous_date_is_asked_about_and_a_last_word_before_the_click_counts(
    loader: Loader, tmp_path: Path
) -> None:
    rows = [f"T{n},Login broken,0{n}/0{n % 3 + 1}/2024 10:00,login,P2" for n in range(2, 9)]
    file = tmp_path / "us.csv"
    file.write_text("\n".join(["Ticket,Summary,Created,App,Priority", *rows]))
    loader.bring(file)
    loader.page.get_by_text("Which day is 02/03/2024?").wait_for(timeout=60_000)
    assert loader.page.get_by_role("button", name="Load incidents").count() == 0
    assert loader.page.get_by_test_id("stAlert").count() == 0, "a question is no error"
    loader.page.get_by_text("3 Feb", exact=True).click()
    loader.settle()
    loader.unfold("Keep this for the next file")
    toml = loader.page.get_by_role("textbox", name="The mapping as text (TOML)")
    assert Mapping.from_toml(toml.input_value()).date_format == "m/d/Y"

    # the same as text: a pasted mapping is applied whole
    toml.fill(toml.input_value().replace('timezone = "UTC"', 'timezone = "America/New_York"'))
    toml.press("Tab")
    loader.click("Apply this text")
    loader.page.get_by_text("read as America/New_York").wait_for(timeout=60_000)

    # a name typed just before the click on Load is in the load
    loader.page.get_by_role("textbox", name="Name of the source", exact=True).fill("login-desk")
    assert "7 loaded" in loader.load()
    assert "login-desk (incidents) just now" in loader.text()


def test_a_workbook_of_two_sheets_is_asked_about(loader: Loader, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for year in (2023, 2024):
        sheet = book.create_sheet(str(year))
        sheet.append(["Id", "Summary", "Opened", "Service", "Priority"])
        for month in range(1, year - 2015):
            sheet.append([f"{year}-{month}", "Checkout slow", datetime(year, month, 5, 9), "checkout", "High"])  # noqa: DTZ001
    del book["Sheet"]
    book.save(tmp_path / "years.xlsx")
    loader.bring(tmp_path / "years.xlsx")
    loader.page.get_by_text("The workbook has tables on 2 sheets").wait_for(timeout=60_000)
    assert loader.page.get_by_test_id("stAlert").count() == 0, "a question is no error"
    loader.choose("Sheet", "2024")
    loader.page.get_by_text("Not in this load: 2023").wait_for(timeout=60_000)
    assert "8 loaded, 0 unchanged, 0 replaced, 0 refused" in loader.load()
    loader.choose("Sheet", "2023")
    assert "7 loaded, 0 unchanged, 0 replaced, 0 refused" in loader.load()


def test_text_that_is_not_western_asks_how_it_is_written(loader: Loader, tmp_path: Path) -> None:
    rows = [f"{n};Сбой оплаты заказа;2024-03-{n:02} 14:30" for n in range(1, 13)]
    file = tmp_path / "заявки.csv"
    file.write_bytes("\n".join(["Number;Title;Opened", *rows]).encode("windows-1251"))
    loader.bring(file)

    loader.page.get_by_text("How is the text written?").wait_for(timeout=60_000)
    assert loader.page.get_by_role("button", name="Load incidents").count() == 0
    assert "--encoding" not in loader.text()
    loader.choose("How is the text written?", "Cyrillic (windows-1251)")

    assert "12 loaded" in loader.load()


def test_a_file_that_is_in_the_way_is_left_out_only_when_that_is_said(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "deploys.csv").write_text("sha,committed_at,summary\nabc,2024-03-01T10:00:00Z,Faster checkout\n")
    (tmp_path / "links.csv").write_text("left,right\n1,2\n")
    loader.bring(tmp_path / "deploys.csv", tmp_path / "links.csv")
    assert "links.csv cannot be read as changes" in loader.text(), "what the rows are was guessed"
    assert loader.page.get_by_role("button", name="Load changes").count() == 0
    loader.page.get_by_text("Leave it out").click()
    loader.settle()
    assert "1 loaded" in loader.load("changes")


def test_files_brought_one_after_the_other_are_read_together_and_leave_the_servers_memory(
    loader: Loader, tmp_path: Path
) -> None:
    header = "id,title,started_at\n"
    (tmp_path / "may.csv").write_text(header + "m1,Mail late,2024-05-02T10:00:00Z\nm2,Mail late,2024-05-03T10:00:00Z\n")
    (tmp_path / "june.csv").write_text(header + "m3,Mail lost,2024-06-02T10:00:00Z\n")
    loader.bring(tmp_path / "may.csv")
    assert held_by_the_server(loader) == 0
    loader.page.locator("input[type=file]").set_input_files([tmp_path / "june.csv"])
    loader.page.get_by_text("june.csv").last.wait_for(timeout=60_000)
    loader.settle()
    assert held_by_the_server(loader) == 0
    assert "3 loaded, 0 unchanged, 0 replaced, 0 refused" in loader.load()


def held_by_the_server(loader: Loader) -> float:
    """The bytes of uploads that Streamlit keeps in memory, over all sessions."""
    url = f"{loader.address}/_stcore/metrics?families=cache_memory_bytes"
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own server
        [line] = [line for line in answer.read().decode().splitlines() if "UploadedFileManager" in line]
    return float(line.rpartition(" ")[2])


def test_a_source_is_added_shown_and_removed(loader: Loader) -> None:
    loader.go("/load")
    loader.unfold("Add a source that is fetched by itself")
    loader.click("Keep this source")
    loader.page.get_by_text("our-alarms · incidents · not fetched yet").wait_for(timeout=60_000)
    assert serious_faults(loader) == []
    loader.page.set_viewport_size({"width": 390, "height": 844})
    loader.settle()
    wider = loader.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    loader.click("Remove")
    assert "our-alarms · incidents" not in loader.text()


def test_every_example_of_a_source_is_one() -> None:
    assert {Source.from_toml(text).origin for text in EXAMPLES.values()} == set(ORIGINS)


def test_what_only_fills_gaps_leaves_the_format_its_choice() -> None:
    # given what a file shows by itself
    shown = Mapping(name="statuspage", kind="incidents", columns={"title": "name"}, constants={"status": "closed"})
    asked = Asked(kind="incidents")

    # then nothing, gaps and more than gaps are asked for in their own ways
    assert asked_for(asked, shown, shown) == asked
    filled = Mapping(
        name="our-page", kind="incidents", columns={"title": "name"}, timezone="Europe/Berlin",
        constants={"status": "closed", "environment": "production"},
    )  # fmt: skip
    assert asked_for(asked, shown, filled) == Asked(
        kind="incidents", source="our-page", timezone="Europe/Berlin", environment="production"
    )
    other = Mapping(name="statuspage", kind="incidents", columns={"title": "headline"})
    assert asked_for(asked, shown, other) == Asked(kind="incidents", mapping=other)
