"""Trust row 18: opex starts only as it may and says why not; without a sign-in it answers only its own machine."""

import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from opex.domain.people import Member
from opex.domain.serving import Serving, refusals
from opex.store import people
from opex.store.audit import By
from tests.conftest import NOW, ROOT, context_at
from tests.journeys.conftest import free_port
from tests.trust.team import COOKIE_SECRET, opex_serve, running, secrets_at, variables

Figure = Callable[[str], None]
GOOD = {
    "redirect_uri": "https://opex.shop.example/oauth2callback",
    "cookie_secret": COOKIE_SECRET,
    "client_id": "opex",
    "client_secret": "of the provider",
    "server_metadata_url": "https://id.shop.example/.well-known/openid-configuration",
}


def of(**changes: object) -> Serving:
    return Serving(address="0.0.0.0", auth=GOOD | changes, administrators=("Ana",))  # noqa: S104


# --- what decides -----------------------------------------------------------------------------------------------


def test_a_team_that_signs_in_is_served_on_any_address() -> None:
    assert refusals(of()) == []
    named = {name: GOOD[name] for name in ("redirect_uri", "cookie_secret")}
    provider = {name: GOOD[name] for name in ("client_id", "client_secret", "server_metadata_url")}
    assert refusals(Serving(address="", auth=named | {"google": provider}, administrators=("Ana",))) == []


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost", "::ffff:127.0.0.1"])
def test_one_person_is_served_on_the_loopback(address: str) -> None:
    assert refusals(Serving(address=address)) == []


@pytest.mark.parametrize("address", ["0.0.0.0", "", "::", "10.0.0.7", "opex.shop.example", "localhost.evil.example"])  # noqa: S104
def test_without_a_sign_in_no_other_machine_is_served(address: str) -> None:
    (why,) = refusals(Serving(address=address))
    assert why.startswith("Sign-in is off, and other machines may reach ")
    assert (address or "every address") in why


EXAMPLES = (
    "a-strong-randomly-generated-secret", "xxx", "your-random-secret-goes-here-and-is-long", "changeme" * 5,
    "replace_this_with_something_long_and_unguessable", "my cookie password is very long indeed 1234",
)  # fmt: skip


@pytest.mark.parametrize("secret", EXAMPLES)
def test_a_cookie_secret_out_of_documentation_is_refused_and_not_told(secret: str) -> None:
    (why,) = refusals(of(cookie_secret=secret))
    assert why.startswith("The cookie secret is an example out of some documentation, which others know: ")
    assert secret not in why


@pytest.mark.parametrize("page", ["docs/deploy.md"])
def test_a_cookie_secret_that_our_own_documents_show_is_refused(page: str) -> None:
    shown = re.findall(r'cookie_secret\s*=\s*"([^"]*)"', (ROOT / page).read_text(encoding="utf-8"))
    assert shown
    assert [len(refusals(of(cookie_secret=secret))) for secret in shown] == [1] * len(shown)


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (None, "The cookie secret is missing"),
        ("", "The cookie secret is missing"),
        (7, "The cookie secret is missing"),
        ("b7f1c2d3a4e59688", "The cookie secret has 16 characters and can be guessed; it needs 32"),
        ("ab" * 30, "The cookie secret repeats 2 characters and can be guessed"),
    ],
)
def test_a_cookie_secret_that_can_be_guessed_is_refused_and_not_told(secret: object, why: str) -> None:
    (told,) = refusals(of(cookie_secret=secret))
    assert told.startswith(why)
    assert "secrets.token_hex(32)" in told
    assert not secret or str(secret) not in told


def test_everything_that_is_wrong_is_said_at_once() -> None:
    told = refusals(
        Serving(auth={"redirect_uri": "http://opex.shop.example/oauth2callback"}, exposed=("/srv/secrets.toml",))
    )
    assert [why.split(":")[0] for why in told] == [
        "The cookie secret is missing (cookie_secret under [auth])",
        "/srv/secrets.toml can be read by others on this machine",
        "[auth] lacks client_id, client_secret, server_metadata_url",
        "redirect_uri must begin with https, or the sign-in can be read on its way; it is http",
        "Nobody would be administrator",
    ]


def test_the_sign_in_comes_back_to_where_streamlit_waits_for_it() -> None:
    assert refusals(of(redirect_uri="http://localhost:8501/oauth2callback")) == []
    assert refusals(of(redirect_uri="https://opex.shop.example/")) == [
        "redirect_uri must end with /oauth2callback; it is https://opex.shop.example/"
    ]
    assert refusals(of(redirect_uri=None)) == [
        "The sign-in does not know where to come back: redirect_uri under [auth] is missing."
    ]


# --- real processes ---------------------------------------------------------------------------------------------


def ended(command: list[str], home: Path, **more: str) -> tuple[int, str]:
    """How a server that must not start ended, and what it wrote."""
    done = subprocess.run(
        command, cwd=home, env=variables(home, **more), capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


def streamlit_run(port: int) -> list[str]:
    return [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)]


def uvicorn(port: int, host: str = "127.0.0.1") -> list[str]:
    return [sys.executable, "-m", "uvicorn", "--app-dir", str(ROOT), "app:app", "--host", host, "--port", str(port)]


BY_HAND = {"opex serve": opex_serve, "streamlit run": streamlit_run, "uvicorn": uvicorn}


@pytest.mark.parametrize("started", BY_HAND)
@pytest.mark.parametrize(
    ("changes", "mode", "administrators", "why"),
    [
        ({"cookie_secret": "a-strong-randomly-generated-secret"}, 0o600, "ana@shop.example", "cookie secret is an ex"),
        ({}, 0o644, "ana@shop.example", "secrets.toml can be read by others on this machine: chmod 600 "),
        ({}, 0o600, "", "Nobody would be administrator: name at least one by their login in OPEX_ADMINISTRATORS"),
    ],
)
def test_a_team_is_not_served_with_a_weak_door(
    tmp_path: Path, started: str, changes: dict[str, str], mode: int, administrators: str, why: str
) -> None:
    port = free_port()
    secrets_at(tmp_path, port, 9, **changes).chmod(mode)
    status, told = ended(BY_HAND[started](port), tmp_path, OPEX_ADMINISTRATORS=administrators)
    assert status != 0
    assert told.count(why) == 1
    assert (COOKIE_SECRET in told, "Traceback" in told) == (False, False)


@pytest.mark.parametrize(
    ("started", "options", "more"),
    [
        (opex_serve, ["--address", "0.0.0.0"], {}),  # noqa: S104
        (opex_serve, [], {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}),  # noqa: S104
        (streamlit_run, ["--server.address", "0.0.0.0"], {}),  # noqa: S104
        (streamlit_run, [], {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}),  # noqa: S104
    ],
)
def test_without_a_sign_in_no_public_address_is_opened(
    tmp_path: Path, started: Callable[[int], list[str]], options: list[str], more: dict[str, str]
) -> None:
    status, told = ended([*started(free_port()), *options], tmp_path, **more)
    assert status != 0
    assert told.count("Sign-in is off, and other machines may reach 0.0.0.0: ") == 1
    assert "Traceback" not in told


def test_the_figure_of_row_18(figure: Figure) -> None:
    """Each of the four, by the tests above; here they are counted once, through the function that decides."""
    wrong = [
        Serving(auth=GOOD | {"cookie_secret": EXAMPLES[0]}, administrators=("Ana",)),
        Serving(auth=GOOD, exposed=("secrets.toml",), administrators=("Ana",)),
        Serving(auth=GOOD),
        Serving(address="0.0.0.0"),  # noqa: S104
    ]
    refused = sum(len(refusals(one)) == 1 for one in wrong)
    assert refused == 4
    figure(f"row 18, starts that must not be: {refused} of 4 refused, under opex serve, streamlit run and uvicorn")


def test_an_administrator_in_the_workspace_needs_no_naming(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'workspace.db'}"
    context = context_at(url)
    ana = Member(name="Ana", function="product", role="administrator", login="ana@shop.example")
    people.give(context.database, ana, by=By(at=NOW, person="operator"))
    context.database.close()
    port = free_port()
    secrets_at(tmp_path, port, 9)
    with running(
        opex_serve(port), tmp_path, variables(tmp_path, OPEX_WORKSPACE=url), f"http://127.0.0.1:{port}/healthz", "app"
    ) as log:
        assert asked(port, "GET /healthz", Host="opex.shop.example", **{"X-Forwarded-For": "203.0.113.9"}) == 200
    assert "Traceback" not in log.read_text()


# --- a server without a sign-in ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an app without a sign-in that uvicorn was told to open to everybody."""
    home, port = tmp_path_factory.mktemp("home"), free_port()
    with running(uvicorn(port, "0.0.0.0"), home, variables(home), f"http://127.0.0.1:{port}/healthz", "app"):  # noqa: S104
        yield port


def answer(port: int, request: str, *, at: str = "127.0.0.1", **headers: str | None) -> bytes:
    """What a server answers to a request with exactly these headers."""
    lines = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
    with socket.create_connection((at, port), timeout=20) as connection:
        connection.sendall(
            (
                "\r\n".join([*lines, "Connection: Upgrade" if "Upgrade" in headers else "Connection: close", "", ""])
            ).encode()
        )
        received = b""
        while part := connection.recv(65_536):
            received += part
            if received.startswith(b"HTTP/1.1 101"):
                break
    return received


def asked(port: int, request: str, **headers: str | None) -> int:
    return int(answer(port, request, **headers).split(b" ")[1])


PATHS = ("/", "/evidence", "/healthz", "/_stcore/health", "/_stcore/metrics", "/media/x", "/nowhere")
STRANGE = [
    {"Host": "evil.example"},
    {"Host": "localhost.evil.example"},
    {"Host": "127.0.0.1.evil.example:8501"},
    {"Host": "192.168.1.7"},
    {"Host": ""},
    {"Host": "localhost", "X-Forwarded-For": "203.0.113.9"},
    {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"},
    {"Host": "localhost", "Forwarded": "for=203.0.113.9"},
    {"Host": "localhost", "X-Real-IP": "203.0.113.9"},
    {"Host": "localhost", "X-Forwarded-Host": "opex.shop.example"},
]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_this_machine_is_answered_under_its_own_names(local: int, host: str) -> None:
    assert asked(local, "GET /healthz", Host=f"{host}:{local}") == 200


def test_other_names_proxies_and_machines_get_a_sentence_and_403(local: int, figure: Figure) -> None:
    told = [answer(local, f"GET {path}", **headers) for path in PATHS for headers in STRANGE]
    assert [one for one in told if not one.startswith(b"HTTP/1.1 403")] == []
    assert [one for one in told if not one.rpartition(b"\r\n\r\n")[2].startswith(b"Local mode: opex answers ")] == []
    opened = [answer(local, "GET /_stcore/stream", **UPGRADE, **headers) for headers in STRANGE]
    assert [one.split(b"\r\n")[0] for one in opened] == [b"HTTP/1.1 403 Forbidden"] * len(STRANGE)
    outside = own_address()
    if outside:
        told.append(answer(local, "GET /", at=outside, Host=f"localhost:{local}"))
        assert told[-1].startswith(b"HTTP/1.1 403")
    assert answer(local, "GET /_stcore/stream", **UPGRADE, Host="localhost").startswith(b"HTTP/1.1 101")
    figure(f"local mode: {len(told) + len(opened)} requests and websockets from elsewhere, 0 let in")


UPGRADE = {
    "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


def own_address() -> str:
    """An address of this machine that is not the loopback; empty where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            return ""
        found = str(probe.getsockname()[0])
    return "" if found.startswith("127.") else found
