"""Trust rows 11, 12 and 17 at the door: a real OpenID provider, the whole sign-in, in a real browser."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from opex.domain.decisions import Commented
from opex.services import auditing, people, reviewing
from opex.services.context import Context, Speaker
from tests.conftest import context_at
from tests.journeys.test_pages import PAGES
from tests.trust import builders as b
from tests.trust.team import CLIENT_SECRET, COOKIE_SECRET, Team, team

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Figure = Callable[[str], None]
CONTENT = (
    b"INC-",
    b"Checkout number",
    b"Improvement 1",
    b"api-1",
    b"hours lost",
    b"hall-of-words-canary",
    b"drivers default",
)
"""What stands on the pages of the workspace, and must stand on none before the door."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A workspace with something to see on every page."""
    folder = tmp_path_factory.mktemp("workspace")
    made = f"sqlite:///{folder / 'workspace.db'}"
    context = context_at(made)
    b.some_facts(context, folder)
    of = b.propose(context, 1)
    reviewing.say(context, of, Commented(text="hall-of-words-canary"), Speaker(person=b.ANA))
    context.database.close()
    return made


@pytest.fixture(scope="module")
def shop(browser: Browser, url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """The team's server. Tests below share it, in their order: the first one finds it cold."""
    with team(browser, tmp_path_factory.mktemp("home"), url) as made:
        for sub, name in (("ana", "Ana Abel"), ("bo", "Bo Berg"), ("cleo", "Cleo Cruz"), ("dan", "Dan Dietz")):
            made.known(sub, email=f"{sub}@shop.example", email_verified=True, name=name)
        made.known("eve", email="ana@shop.example", email_verified=False, name="Eve Evans")
        made.known("fay", preferred_username="ana@shop.example", name="Fay Fox")
        yield made
    told = made.log.read_text(errors="replace")
    assert "Traceback" not in told, told[-3000:]
    assert [word for word in (COOKIE_SECRET, CLIENT_SECRET) if word in told] == []


@pytest.fixture
def operator(url: str) -> Iterator[Context]:
    """The workspace as its operator sees it, beside the server."""
    context = context_at(url)
    yield context
    context.database.close()


def test_a_cold_server_shows_no_page_to_whoever_did_not_sign_in(shop: Team, figure: Figure) -> None:
    addresses = ["/", *(f"/{page}" for page in PAGES), "/sessions", "/main", "/nowhere", "/?workspace=Sample+data"]
    seen = []
    for address in addresses:
        someone = shop.someone()
        someone.go(address)
        assert someone.title == "Sign in", address
        assert someone.page.get_by_test_id("stSidebar").count() == 0
        seen.append(someone.everything)
        someone.close()
    found = [(address, word) for address, all_ in zip(addresses, seen, strict=True) for word in CONTENT if word in all_]
    assert found == []
    assert [word for all_ in seen for word in (COOKIE_SECRET, CLIENT_SECRET) if word.encode() in all_] == []
    figure(
        f"row 11, a cold server asked for {len(addresses)} addresses without a sign-in: {len(found)} of {len(CONTENT)} "
        f"contents in {sum(map(len, seen)):,} bytes over HTTP and websocket"
    )


def test_the_first_administrator_is_whom_the_operator_named(shop: Team, operator: Context) -> None:
    ana = shop.someone()
    ana.go("/evidence?evidence_view=Compare")
    ana.sign_in("ana")
    assert (ana.title, ana.page.url.partition("?")[0]) == ("Evidence", f"{shop.address}/evidence")  # as asked for
    assert "evidence_view=Compare" in ana.page.url
    ana.go("/")
    side = ana.page.get_by_test_id("stSidebar").inner_text()
    assert ["Ana Abel" in side, "administrator · product" in side, "Sign out" in side] == [True, True, True]
    assert "You are" not in side
    assert b"Improvement 1" in ana.everything
    members = {one.name: one for one in people.members(operator)}
    assert (members["Ana Abel"].role, members["Ana Abel"].login) == ("administrator", "ana@shop.example")
    log = [(one.act, one.person, one.subject) for one in auditing.newest(operator)]
    assert ("role given", "operator", "person:ana@shop.example") in log
    assert ("signed in first", "Ana Abel", "person:Ana Abel") in log
    ana.close()


@pytest.mark.parametrize("sub", ["bo", "eve", "fay", "nobody-knows-me"])
def test_an_outsider_sees_whom_to_ask_and_nothing_else(shop: Team, sub: str) -> None:
    """Also one whose unverified address, or whose chosen user name, is the administrator's."""
    someone = shop.someone()
    someone.go("/")
    someone.sign_in(sub)
    assert someone.title == "No role yet"
    assert "Ask Ana Abel for one" in someone.page.inner_text("body")
    for page in ("/evidence", "/team"):
        someone.go(page)
        assert someone.title == "No role yet"
    assert [word for word in CONTENT if word in someone.everything] == []
    someone.close()


def test_an_administrator_lets_somebody_in_and_out_again(shop: Team, operator: Context, figure: Figure) -> None:
    ana, cleo = shop.someone(), shop.someone()
    cleo.go("/")
    cleo.sign_in("cleo")
    assert cleo.title == "No role yet"
    ana.go("/")
    ana.sign_in("ana")
    ana.go("/team")
    ana.page.get_by_role("textbox", name="Login").fill("dan@shop.example")
    ana.page.get_by_role("button", name="Save", exact=True).click()
    ana.settle()
    assert {one.name: one.role for one in people.members(operator)}["dan@shop.example"] == "reviewer"
    people.give(operator, "Cleo Cruz", "reviewer")
    cleo.page.get_by_role("button", name="Look again").click()
    cleo.settle()
    assert cleo.title == "Priorities"
    side = cleo.page.get_by_test_id("stSidebar").inner_text()
    assert ["reviewer · product" in side, "Load" in side, "Questions" in side] == [True, False, True]
    people.give(operator, "Cleo Cruz", "")
    cleo.page.get_by_text("Benefit and cost").click()  # a part of the page that reruns alone
    cleo.page.get_by_role("heading", name="No role yet").wait_for(timeout=30_000)
    cleo.settle()
    assert cleo.page.get_by_text("Improvement 1").count() == 0
    figure("row 12, a role taken in mid-session: the next click shows the door, 0 let through")
    ana.close()
    cleo.close()


def test_a_viewer_is_shown_nothing_that_needs_more(shop: Team, operator: Context) -> None:
    people.give(operator, "Bo Berg", "viewer")
    bo = shop.someone()
    bo.go("/")
    bo.sign_in("bo")
    assert bo.title == "Priorities"
    side = bo.page.get_by_test_id("stSidebar").inner_text()
    assert [word for word in ("Load", "Questions") if word in side] == []
    assert bo.page.get_by_role("button", name="Propose …").count() == 0
    for page, heading in PAGES.items():
        if page in ("load", "questions"):
            continue
        bo.go(f"/{page}")
        assert bo.title == heading
        offered = [one.inner_text() for one in bo.page.locator("button[kind^=primary]").all()]
        assert offered == [], page
        assert bo.page.get_by_text("Something went wrong").count() == 0
    bo.go("/load")
    assert bo.title != "Load"
    bo.close()


def test_a_sign_in_that_ends_is_asked_for_again(browser: Browser, tmp_path: Path, figure: Figure) -> None:
    lasts, url = 25, f"sqlite:///{tmp_path / 'workspace.db'}"
    context = context_at(url)
    b.some_facts(context, tmp_path)
    context.database.close()
    with team(browser, tmp_path, url, lasts=lasts) as short:
        short.known("ana", email="ana@shop.example", email_verified=True, name="Ana Abel")
        ana = short.someone()
        ana.go("/")
        ana.sign_in("ana")
        since = time.monotonic()
        assert ana.title == "Priorities"
        ana.page.wait_for_timeout(max(0.0, 1000 * (lasts + 1 - (time.monotonic() - since))))
        ana.page.get_by_text("Benefit and cost").click()
        ana.page.get_by_role("heading", name="Sign in").wait_for(timeout=30_000)
        ana.settle()
        assert "Your sign-in has ended: sign in again." in ana.page.inner_text("body")
        ana.go("/team")
        assert ana.title == "Sign in"
        ana.sign_in("ana")
        assert ana.title == "Team"
        ana.close()
    figure("row 12, a token that ends: the next click and the next visit ask to sign in, 0 let through")


FORGED = (
    "", "x", "eyJpc19sb2dnZWRfaW4iOiB0cnVlfQ", "2|1:0|10:1700000000|15:_streamlit_user|4:e30=|0000",
    "eyJpc3MiOiJodHRwczovL2lkIiwic3ViIjoiYW5hIiwiaXNfbG9nZ2VkX2luIjp0cnVlfQ.Zm9yZ2Vk.c2lnbmF0dXJl",
)  # fmt: skip


def test_a_cookie_that_is_made_up_signs_nobody_in(shop: Team, figure: Figure) -> None:
    let_in = 0
    for cookie in FORGED:
        someone = shop.someone()
        someone.context.add_cookies([{"name": "_streamlit_user", "value": cookie, "url": shop.address}])
        someone.go("/")
        let_in += someone.title != "Sign in"
        someone.close()
    assert let_in == 0
    figure(f"row 12, made-up cookies: {let_in} of {len(FORGED)} let in")


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example/", "/%5C/evil.example", "%2F%2Fevil.example"]
)
def test_the_way_back_from_the_provider_leads_nowhere_else(shop: Team, back: str) -> None:
    asked = urllib.request.Request(f"{shop.address}/oauth2callback?state=x", headers={"Cookie": f"opex_back={back}"})  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as told:
        urllib.request.build_opener(NoRedirect).open(asked, timeout=20)
    assert told.value.headers["Location"] == "/"
    told.value.close()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Show where one would be sent."""

    def redirect_request(self, *_: object) -> None:
        return None


def test_signing_out_closes_the_door(shop: Team) -> None:
    ana = shop.someone()
    ana.go("/")
    ana.sign_in("ana")
    ana.page.get_by_test_id("stSidebar").get_by_role("button", name="Sign out").click()
    ana.page.wait_for_url(f"{shop.provider}/**", timeout=30_000)
    ana.go("/")
    assert ana.title == "Sign in"
    ana.close()


def test_the_secrets_of_the_sign_in_reach_no_browser_and_no_workspace(shop: Team, url: str, figure: Figure) -> None:
    ana = shop.someone()
    ana.go("/")
    ana.sign_in("ana")
    for page in PAGES:
        ana.go(f"/{page}")
    kept = Path(url.removeprefix("sqlite:///"))
    everything = [
        ana.everything,
        shop.log.read_bytes(),
        *(file.read_bytes() for file in kept.parent.glob("workspace.db*")),
    ]
    hits = [word for word in (COOKIE_SECRET, CLIENT_SECRET) for text in everything if word.encode() in text]
    assert hits == []
    figure(
        f"row 17, cookie and client secret in {sum(map(len, everything)):,} bytes of pages, log and workspace: 0 hits"
    )
    ana.close()
