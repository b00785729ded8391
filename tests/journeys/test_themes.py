"""Themes in a real browser: a name, a merge and a split that hold when more data is loaded, and can be undone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from opex.services import loading, theming
from opex.services.loading import Asked
from tests.conftest import context_at
from tests.journeys.conftest import Visitor, _wait_until_up, free_port

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def write(path: Path, titles: list[str], first: int) -> Path:
    rows = [f"{first + n},{title},production,2026-05-{first + n:02d}T08:00:00Z" for n, title in enumerate(titles)]
    path.write_text("\n".join(["source_id,title,environment,started_at", *rows]), encoding="utf-8")
    return path


def test_what_people_correct_of_themes_holds_when_more_is_loaded(browser: Browser, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'themes.db'}"
    of = context_at(url)
    told = ["Mail relay down"] * 2 + ["Disk full on archive"] * 3 + ["Disk full on archive in Oslo"] * 2
    loading.load(of, [write(tmp_path / "a.csv", [*told, *["Spam filter slow"] * 2], 1)],
                 Asked(kind="incidents", source="t"))  # fmt: skip
    disk, mail, spam = (one.id for one in theming.themes(of))
    port = free_port()
    environment = os.environ | {"OPEX_WORKSPACE": url}
    command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_up(port, process, tmp_path / "log")
        context = browser.new_context(viewport={"width": 1280, "height": 2000})
        visitor = Visitor(page=context.new_page(), address=f"http://127.0.0.1:{port}")
        page = visitor.page
        visitor.go("/evidence")
        visitor.say_who("Ana Ng")

        # the first theme: split off two of its incidents, under a name
        page.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 55})
        page.get_by_role("heading", name="Disk full on archive").wait_for()
        visitor.settle()
        rows = page.get_by_test_id("stDataFrame").nth(1)
        rows.click(position={"x": 18, "y": 55})
        visitor.settle()
        rows.click(position={"x": 18, "y": 90})
        visitor.settle()
        page.get_by_label("2 incidents: another theme, named").fill("Oslo disks")
        page.get_by_role("button", name="Split off").click()
        page.get_by_text("2 incidents split off as “Oslo disks”").wait_for(timeout=60_000)
        visitor.settle()

        # name what is left, and merge another theme into it
        page.get_by_text("Name it, or merge it with another theme").click()
        page.get_by_label("Name", exact=True).fill("Archive, and its mail")
        page.get_by_role("button", name="Rename").click()
        page.get_by_role("heading", name="Archive, and its mail").wait_for(timeout=60_000)
        visitor.settle()
        if not page.get_by_role("combobox", name="The same as").is_visible():
            page.get_by_text("Name it, or merge it with another theme").click()
        other = page.get_by_role("combobox", name="The same as")
        other.fill("Mail relay")
        other.press("Enter")
        page.get_by_role("button", name="Merge").click()
        page.get_by_text(f"Ana Ng merged: with {mail}").wait_for(timeout=60_000)

        # more data comes in: all three hold
        more = ["Mail relay outage", "Disk full on Oslo archive", "Disk full on archive", "Slow spam filter"]
        loading.load(of, [write(tmp_path / "b.csv", more, 10)], Asked(kind="incidents", source="t"))
        visitor.go("/evidence")
        now = {one.title: set(one.incidents) for one in theming.themes(of)}
        assert now == {
            "Archive, and its mail": {f"t:{n}" for n in (1, 2, 3, 4, 5, 10, 12)},
            "Oslo disks": {f"t:{n}" for n in (6, 7, 11)}, "Spam filter slow": {f"t:{n}" for n in (8, 9, 13)},
        }  # fmt: skip
        assert {disk, spam} < {one.id for one in theming.themes(of)}

        visitor.say_who("Ana Ng")

        # undo: the merge is withdrawn, and the mail theme is its own again
        page.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 55})
        page.get_by_role("heading", name="Archive, and its mail").wait_for(timeout=60_000)
        visitor.settle()
        page.get_by_role("button", name="Undo").first.click()
        page.get_by_text(f"Ana Ng merged: with {mail}").wait_for(state="detached", timeout=60_000)
        visitor.settle()
        sizes = {one.id: len(one.incidents) for one in theming.themes(of)}
        assert (sizes[disk], sizes[mail], sizes[spam]) == (4, 3, 3)
        context.close()
    finally:
        process.terminate()
        process.wait(20)
        of.database.close()
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8", errors="replace")
