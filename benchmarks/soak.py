"""`python -m benchmarks.soak --minutes 120 [--people 10] [--workspace URL] [--json]`: does the memory stay flat?

The real server, as `opex serve` starts it, on the sample data in a workspace of its own. So many people, each in a
browser context of their own of one Chromium, do something every 20 to 40 seconds: open a page, a row's drawer, move a
weight, filter, search, export, reload (a new session), now and then accept, strike, undo. Once a minute one of them
loads 2,000 incidents through the real upload widget: new rows, the same, changed ones in turns. After the first ten
minutes no id is new, so the workspace stands still and growth is a leak. Every fifth file is bad and must be refused.

Memory is read from /proc every ten seconds, of the server and of its helper that reads files (`opex.sources.nursery`);
a minute is the median of its samples: resident set (rss), proportional share (pss), private anonymous memory (anon).
The result is the slope in MB an hour by least squares over the second half of the minutes, with its 95% interval; the
limit is on the server's and the helper's rss. What was not found on a page is skipped and counted. Ctrl+C ends early
and still reports.
"""

import argparse
import asyncio
import gzip
import io
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

import pyarrow as pa
import pyarrow.csv as pa_csv
from playwright.async_api import Browser, Error, Locator, Page, async_playwright
from scipy import stats

from benchmarks.click import CHROMIUM, QUIET
from benchmarks.made_up import WORDS, incidents
from opex.services.knowing import sizes
from opex.services.loading import load_sample
from opex.workspace import open_workspace

LIMIT = 20.0
"""MB an hour."""
SAMPLE_SECONDS = 10
PAUSE, LOAD_EVERY = (20.0, 40.0), 60.0
"""Seconds between what one person does, and between loads."""
ROWS, SHIFT, WINDOWS = 2000, 1000, 3
PATIENCE = 180
MEASURES = {"rss": "Rss", "pss": "Pss", "anon": "Anonymous"}
HELD = "cache_memory_bytes"


# --- what is counted --------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was done so far."""

    started: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    loads: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    errors: dict[str, str] = field(default_factory=dict)

    def error(self, text: str, where: str) -> None:
        """An error, once; it is said at once."""
        if text not in self.errors:
            self.errors[text] = where
            print(f"ERROR {where}: {text}", file=sys.stderr, flush=True)

    def skip(self, name: str, why: str) -> None:
        self.skipped[name] += 1
        print(f"skipped {name}: {' '.join(why.split())[:240]}", file=sys.stderr, flush=True)


@dataclass(frozen=True, kw_only=True)
class Minute:
    """One line: memory in MB by process and measure, and the counts until then."""

    minute: float
    server: dict[str, float]
    helper: dict[str, float]
    sessions: int
    started: int
    actions: int
    skipped: int
    loads: int
    refused: int
    errors: int
    database: float
    held: dict[str, float]

    def line(self) -> str:
        memory = "".join(f"{part.get(name, 0):>8.1f}" for part in (self.server, self.helper) for name in MEASURES)
        return (
            f"{self.minute:>6.1f}{memory}{self.sessions:>5}{self.started:>8}{self.actions:>8}{self.skipped:>8}"
            f"{self.loads:>6}{self.refused:>8}{self.errors:>7}{self.database:>8.1f}"
        )


HEAD = (
    f"{'':>6}{'server, MB':>24}{'helper, MB':>24}\n{'minute':>6}"
    + "".join(f"{name:>8}" for _ in range(2) for name in MEASURES)
    + f"{'open':>5}{'started':>8}{'actions':>8}{'skipped':>8}{'loads':>6}{'refused':>8}{'errors':>7}{'db, MB':>8}"
)


@dataclass(frozen=True, kw_only=True)
class Slope:
    """MB an hour by least squares, with its 95% interval."""

    mb_an_hour: float
    low: float
    high: float


def slope(minutes: list[float], values: list[float]) -> Slope | None:
    """The slope of these minutes; ``None`` for less than three."""
    if len(minutes) < 3:
        return None
    if min(values) == max(values):
        return Slope(mb_an_hour=0.0, low=0.0, high=0.0)
    fit = stats.linregress([minute / 60 for minute in minutes], values)
    wide = float(stats.t.ppf(0.975, len(minutes) - 2) * fit.stderr)
    return Slope(mb_an_hour=float(fit.slope), low=float(fit.slope) - wide, high=float(fit.slope) + wide)


def slopes(lines: list[Minute]) -> dict[str, Slope | None]:
    """Over the second half, by process and measure."""
    second = [line for line in lines if line.minute > lines[-1].minute / 2 and line.server and line.helper]
    minutes = [line.minute for line in second]
    return {
        f"{process} {name}": slope(minutes, [getattr(line, process)[name] for line in second])
        for process in ("server", "helper")
        for name in MEASURES
    }


# --- the server -------------------------------------------------------------------------------------------------


@contextmanager
def served(url: str, home: Path) -> Iterator[tuple[str, int]]:
    """The app as `opex serve` starts it, on that workspace: its address and the id of the serving process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if key != "OPEX_SAMPLE"} | {"OPEX_WORKSPACE": url}
    command = [sys.executable, "-m", "opex.cli", "serve", "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            asyncio.run(_up(f"http://127.0.0.1:{port}/healthz"))
            yield f"http://127.0.0.1:{port}", _child(process.pid, "streamlit") or process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


async def _up(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=2).close()  # noqa: S310 - our own server
        except OSError:
            await asyncio.sleep(0.2)
        else:
            return
    raise TimeoutError(address)


def _child(parent: int, words: str) -> int | None:
    """The child process whose command line has these words."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            above = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if above == parent and words in (folder / "cmdline").read_text():
                return int(folder.name)
    return None


def memory(process: int | None) -> dict[str, float]:
    """Its memory in MB by measure; nothing when it is gone."""
    try:
        told = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in told}
    return {name: kilobytes[key] * 1024 / 1e6 for name, key in MEASURES.items()}


def metrics(address: str) -> dict[str, float]:
    """What Streamlit says of itself: open sessions, and entries or bytes that it holds, by name."""
    found: dict[str, float] = {}
    with suppress(OSError):
        url = f"{address}/_stcore/metrics?families=active_sessions&families={HELD}"
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own server
            for line in answer.read().decode().splitlines():
                if not line.startswith("#"):
                    name, _, value = line.rpartition(" ")
                    found[name] = found.get(name, 0) + float(value)
    return found


def faults(log: Path) -> list[str]:
    """The lines of the server's log that tell of a fault; the end of such a log is shown whole."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    found = [line for line in text.splitlines() if line.startswith("Traceback") or "reference " in line]
    if found:
        print(f"the server's log ends:\n{text[-8000:]}", file=sys.stderr)
    return found


# --- what is loaded ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class File:
    """A file to bring; a bad one must be refused."""

    what: str
    name: str
    content: bytes

    @property
    def bad(self) -> bool:
        return self.what == "bad"


def files() -> Iterator[File]:
    """New rows, the same, changed ones in turns; each fifth is bad. After three windows of ids no id is new."""
    table = incidents(ROWS + SHIFT * (WINDOWS - 1))
    good = 0
    for number in range(sys.maxsize):
        if number % 5 == 4:
            yield _bad(number // 5, table)
            continue
        turn, what = divmod(good, 3)
        window = table.slice(turn % WINDOWS * SHIFT, ROWS)
        yield File(
            what=("new" if turn < WINDOWS else "again", "same", "changed")[what],
            name=f"tickets-{good}.csv",
            content=_csv(_changed(window, good) if what == 2 else window),
        )
        good += 1


def _changed(rows: pa.Table, number: int) -> pa.Table:
    """Each seventh row with another title."""
    titles = [f"{t} v{number}" if n % 7 == 0 else t for n, t in enumerate(rows["title"].to_pylist())]
    return rows.set_column(rows.column_names.index("title"), "title", pa.array(titles, pa.string()))


def _csv(rows: pa.Table) -> bytes:
    written = io.BytesIO()
    pa_csv.write_csv(rows, written)
    return written.getvalue()


def _bad(number: int, table: pa.Table) -> File:
    whole = _csv(table.slice(0, ROWS))
    never = table.slice(0, 50).set_column(7, "started_at", pa.array(["the 41st of May"] * 50))
    made = [
        ("cut.csv.gz", gzip.compress(whole)[: len(whole) // 20]),
        ("never.csv", _csv(never)),
        ("torn.xlsx", b"PK\x03\x04" + whole[:100_000]),
        ("nothing.csv", b""),
    ]
    name, content = made[number % len(made)]
    return File(what="bad", name=name, content=content)


# --- people -----------------------------------------------------------------------------------------------------


@dataclass
class Person:
    """Somebody at a browser of their own."""

    name: str
    page: Page
    address: str
    random: Random
    tally: Tally
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def arrive(self, *, again: bool = False) -> None:
        """A new session."""
        self.tally.started += 1
        await (self.page.reload() if again else self.page.goto(self.address))
        await self.page.wait_for_selector("h1", timeout=120_000)
        await self.settle()
        box = self.page.get_by_test_id("stSidebar").get_by_role("combobox", name="You are")
        if await box.count() and not await box.input_value():
            await box.fill(self.name)
            await box.press("Enter")
            await self.settle()

    async def settle(self) -> None:
        """Until the app has nothing left to do."""
        await self.page.wait_for_timeout(300)
        await self.page.wait_for_selector(
            '[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=120_000, state="attached"
        )
        await self.page.wait_for_timeout(200)

    async def close_all(self) -> None:
        """Close what lies over the page."""
        for _ in range(2):
            if await self.page.get_by_role("dialog").count():
                await self.page.keyboard.press("Escape")
                await self.settle()

    async def go(self, title: str) -> None:
        """To a page of the navigation, by its title."""
        await self.close_all()
        await self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
        await self.settle()

    async def any_of(self, found: Locator) -> Locator:
        """One of them by chance."""
        await found.first.wait_for()
        return found.nth(self.random.randrange(await found.count()))

    async def look_for_errors(self) -> None:
        """Bugs are errors; refusals, which are sentences, are counted."""
        page = self.page
        broken = page.get_by_text("Something went wrong").or_(page.get_by_test_id("stException"))
        for text in await broken.all_inner_texts():
            self.tally.error(text, f"{self.name} on {page.url}")
        for text in await page.get_by_test_id("stAlertContentError").all_inner_texts():
            if "Something went wrong" not in text:
                self.tally.told[text[:200]] += 1


async def open_a_page(person: Person) -> None:
    await person.close_all()
    links = person.page.get_by_test_id("stSidebarNav").get_by_role("link")
    await (await person.any_of(links)).click()
    await person.settle()


async def _drawer(person: Person) -> Locator:
    await person.go("Priorities")
    await (await person.any_of(person.page.locator(".row"))).click()
    drawer = person.page.get_by_role("dialog")
    await drawer.get_by_text("How the score comes about").wait_for()
    await person.settle()
    return drawer


async def open_a_drawer(person: Person) -> None:
    drawer = await _drawer(person)
    if person.random.random() < 0.5:
        await (await person.any_of(drawer.locator("summary"))).click()
        await person.settle()
    await person.close_all()


async def strike(person: Person) -> None:
    drawer = await _drawer(person)
    await drawer.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 55})
    await person.settle()
    await drawer.get_by_label("Why 1 incident is no evidence").fill("not ours: a test of the alarm")
    await drawer.get_by_role("button", name="Strike 1 incident").click()
    await drawer.get_by_text("Struck:").wait_for()
    if person.random.random() < 0.7:
        await drawer.get_by_text("History (").click()
        await drawer.get_by_role("button", name="Undo").first.click()
        await person.settle()
    await person.close_all()


async def move_a_weight(person: Person) -> None:
    await person.go("Priorities")
    page, sliders = person.page, person.page.get_by_role("slider")
    if not await sliders.count():
        await page.get_by_text("What if", exact=True).click()
    slider = await person.any_of(sliders)
    for _ in range(person.random.randint(2, 8)):
        await slider.press(person.random.choice(["ArrowRight", "ArrowLeft", "PageUp", "PageDown"]))
        await page.wait_for_timeout(person.random.choice([60, 400]))
    await person.settle()
    away = page.get_by_role("button", name="Throw away")
    if person.random.random() < 0.5 and await away.count():
        await away.click()
        await person.settle()


async def change_a_filter(person: Person) -> None:
    await person.go("Priorities")
    page = person.page
    await page.get_by_role("button", name="Filter").click()
    if person.random.random() < 0.5:
        words = page.get_by_label("Words in it")
        await words.fill(person.random.choice(["", "", *WORDS[:8]]))
        await words.press("Enter")
    else:
        box = page.get_by_role("combobox", name=person.random.choice(["Status", "System", "Environment"]))
        await box.click()
        await page.keyboard.press("Backspace" if person.random.random() < 0.5 else "ArrowDown")
        await page.keyboard.press("Enter")
    await person.settle()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")


async def look_at_the_chart(person: Person) -> None:
    await person.go("Priorities")
    await person.page.get_by_role("radio", name="Benefit and cost").click()
    await person.settle()
    await person.page.get_by_role("radio", name="List", exact=True).click()
    await person.settle()


async def search(person: Person) -> None:
    await person.go("Evidence")
    view = person.random.choice(["Themes", "Systems", "Incidents"])
    await person.page.get_by_role("radio", name=view, exact=True).click()
    await person.settle()
    if view == "Incidents":
        words = person.page.get_by_label("Words in the title")
        await words.fill(person.random.choice(WORDS))
        await words.press("Enter")
    else:
        await person.page.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 55})
    await person.settle()


async def accept(person: Person) -> None:
    await person.go("Inbox")
    await person.page.get_by_role("button", name="Accept").click()
    await person.settle()


async def export(person: Person) -> None:
    await person.go("Priorities")
    page = person.page
    await page.get_by_role("button", name="Export").click()
    await (await person.any_of(page.get_by_test_id("stPopoverBody").locator("label:has(input[type=radio])"))).click()
    await person.settle()
    await page.get_by_role("button", name="Make the file").click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download opex-priorities").click()
    await (await download.value).delete()
    await page.keyboard.press("Escape")


async def reload(person: Person) -> None:
    await person.arrive(again=True)


ACTIONS: dict[Callable[[Person], Awaitable[None]], int] = {
    open_a_page: 30, open_a_drawer: 20, move_a_weight: 13, change_a_filter: 13, search: 10, reload: 5,
    look_at_the_chart: 3, accept: 2, strike: 2, export: 2,
}  # fmt: skip


async def load(person: Person, file: File) -> None:
    """Bring the file on the page Load and load it; a bad one is refused when it is read or when it is loaded."""
    await person.go("Priorities")
    await person.go("Load")
    page = person.page
    payload = {"name": file.name, "mimeType": "application/octet-stream", "buffer": file.content}
    await page.locator("input[type=file]").first.set_input_files(payload)
    await page.get_by_text("What we understood").wait_for(timeout=60_000)
    await person.settle()
    button = page.get_by_role("button", name="Load incidents", exact=True)
    refused = page.get_by_test_id("stAlertContentError").first
    await button.or_(refused).first.wait_for(timeout=60_000)
    if await button.count():
        await button.click()
    if file.bad:
        await refused.wait_for(timeout=120_000)
    else:
        await page.get_by_text("incidents read").first.wait_for(timeout=120_000)
    await person.settle()


async def _tried(person: Person, name: str, doing: Awaitable[None]) -> bool:
    """Whether it was done; what is not found is skipped, and the person begins anew."""
    try:
        await asyncio.wait_for(doing, PATIENCE)
        await person.look_for_errors()
    except (Error, TimeoutError) as missed:
        person.tally.skip(name, str(missed) or "it took too long")
        with suppress(Error, TimeoutError):
            await person.look_for_errors()
            await person.arrive()
        return False
    return True


async def browse(person: Person) -> None:
    """Something every 20 to 40 seconds."""
    while True:
        await asyncio.sleep(person.random.uniform(*PAUSE))
        [action] = person.random.choices(list(ACTIONS), list(ACTIONS.values()))
        async with person.lock:
            if await _tried(person, action.__name__, action(person)):
                person.tally.actions[action.__name__] += 1


async def bring(people: list[Person], random: Random) -> None:
    """Once a minute somebody loads a file."""
    for file in files():
        begun = monotonic()
        person = random.choice([one for one in people if not one.lock.locked()] or people)
        async with person.lock:
            if await _tried(person, f"load {file.what}", load(person, file)):
                person.tally.loads[file.what] += 1
        await asyncio.sleep(max(0.0, LOAD_EVERY - (monotonic() - begun)))


# --- the run ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run: how long, how many people, and where it says its lines."""

    minutes: float
    people: int
    url: str
    seed: int
    say: Callable[[str], None]


@asynccontextmanager
async def _everybody(browser: Browser, address: str, run: Run, tally: Tally) -> AsyncIterator[list[Person]]:
    people = []
    for number in range(run.people):
        context = await browser.new_context(viewport={"width": 1280, "height": 1000}, accept_downloads=True)
        context.set_default_timeout(30_000)
        name = f"Person {number + 1}"
        page = await context.new_page()
        page.on("pageerror", lambda error, who=name: tally.error(f"in the browser: {error}", who))
        people.append(Person(name, page, address, Random(run.seed * 1000 + number), tally))
    for person in people:
        await person.arrive()
    yield people


async def _watch(server: int, address: str, run: Run, tally: Tally, stop: asyncio.Event) -> list[Minute]:
    """Sample until the time is over or it is told to stop; a line a minute."""
    begun, lines = monotonic(), []
    samples: list[tuple[dict[str, float], dict[str, float]]] = []
    while not stop.is_set() and monotonic() - begun < 60 * run.minutes:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), SAMPLE_SECONDS)
        samples.append((memory(server), memory(_child(server, "opex.sources.nursery"))))
        if not samples[-1][0]:
            tally.error("it ended by itself", "the server")
            break
        if monotonic() - begun >= 60 * (len(lines) + 1) - 1:
            told = await asyncio.to_thread(metrics, address)
            lines.append(_minute((monotonic() - begun) / 60, samples, told, run, tally))
            run.say(lines[-1].line())
            samples = []
    return lines


def _minute(
    minute: float,
    samples: list[tuple[dict[str, float], dict[str, float]]],
    told: dict[str, float],
    run: Run,
    tally: Tally,
) -> Minute:
    server, helper = (_medians([sample[n] for sample in samples if sample[n]]) for n in (0, 1))
    return Minute(
        minute=minute,
        server=server,
        helper=helper,
        sessions=int(told.pop("active_sessions", 0)),
        started=tally.started,
        actions=tally.actions.total(),
        skipped=tally.skipped.total(),
        loads=tally.loads.total() - tally.loads["bad"],
        refused=tally.loads["bad"],
        errors=len(tally.errors),
        database=_size(run.url),
        held=told,
    )


def _medians(samples: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(sample[name] for sample in samples) for name in MEASURES} if samples else {}


def _size(url: str) -> float:
    """The MB of a SQLite file with its journal; 0 elsewhere."""
    path = Path(url.removeprefix("sqlite:///").split("?")[0])
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*") if file.is_file()) / 1e6


async def soak(address: str, server: int, run: Run, tally: Tally) -> list[Minute]:
    """Let them browse and load while the memory is watched."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=QUIET, handle_sigint=False, handle_sigterm=False
        )
        browser.on("disconnected", lambda _: stop.set())
        async with _everybody(browser, address, run, tally) as people:
            doing = [asyncio.create_task(browse(person)) for person in people]
            doing.append(asyncio.create_task(bring(people, Random(run.seed))))
            doing[-1].add_done_callback(lambda task: task.cancelled() or stop.set())
            lines = await _watch(server, address, run, tally, stop)
            for task in doing:
                task.cancel()
            for outcome in await asyncio.gather(*doing, return_exceptions=True):
                if isinstance(outcome, Exception):
                    tally.error(repr(outcome), "soak itself")
        with suppress(Error):
            await browser.close()
    return lines


def document(run: Run, lines: list[Minute], tally: Tally) -> dict[str, object]:
    """Everything that was measured, as plain values."""
    return {
        "minutes": lines[-1].minute if lines else 0.0,
        "people": run.people,
        "limit": LIMIT,
        "slopes": {name: it and asdict(it) for name, it in slopes(lines).items()} if lines else {},
        **{name: dict(told) if isinstance(told, dict) else told for name, told in vars(tally).items()},
        "lines": [asdict(line) for line in lines],
    }


def summary(lines: list[Minute], tally: Tally) -> Iterator[str]:
    """The result in words."""
    half = lines[-1].minute / 2
    yield f"\n{lines[-1].minute:.1f} minutes; slopes by least squares from minute {half:.0f} on, 95% interval:"
    for name, it in slopes(lines).items():
        if it is not None:
            yield f"  {name:<12}{it.mb_an_hour:>8.1f} MB an hour ({it.low:.1f} to {it.high:.1f})"
    for title in ("actions", "skipped", "loads", "told"):
        told = ", ".join(f"{name} {count}" for name, count in getattr(tally, title).most_common())
        yield f"{title}: {told or 'none'}"
    yield f"errors: {len(tally.errors)}"
    yield from (f"  {where}: {text}" for text, where in tally.errors.items())


def met(lines: list[Minute]) -> bool:
    """Whether the resident sets grow less than the limit."""
    if not lines:
        return False
    found = slopes(lines)
    return all((it := found[name]) is not None and it.mb_an_hour < LIMIT for name in ("server rss", "helper rss"))


def main() -> int:
    """Exit 1 when memory grows faster than the limit, or when there was an error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--workspace", metavar="URL", help="default: the sample data in a temporary one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON document; the lines go to stderr")
    asked = parser.parse_args()
    tally, out = Tally(), sys.stderr if asked.json else sys.stdout
    with TemporaryDirectory(prefix="opex-soak-") as made:
        run = Run(
            minutes=asked.minutes, people=asked.people, seed=asked.seed,
            url=asked.workspace or f"sqlite:///{made}/soak.db", say=lambda line: print(line, file=out, flush=True),
        )  # fmt: skip
        _fill(run.url)
        run.say(HEAD)
        with served(run.url, Path(made)) as (address, server):
            lines = asyncio.run(soak(address, server, run, tally))
        for line in faults(Path(made, "log")):
            tally.error(line, "the server's log")
    if lines:
        run.say("\n".join(summary(lines, tally)))
    if asked.json:
        print(json.dumps(document(run, lines, tally), indent=2))
    return int(not met(lines) or bool(tally.errors))


def _fill(url: str) -> None:
    context = open_workspace(url)
    if not any(sizes(context).values()):
        load_sample(context)
    context.database.close()


if __name__ == "__main__":
    raise SystemExit(main())
