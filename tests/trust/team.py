"""A team's server as it stands in the world: a real OpenID provider, the app behind its sign-in, and browsers."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, BrowserContext, Page

from tests.conftest import ROOT
from tests.journeys.conftest import AT_REST, free_port

COOKIE_SECRET = "7c4f1e9ab2d05386c4f1e97ab2d05386f00dfeed7c4f1e9a"
CLIENT_SECRET = "client-canary-b90d22"


def variables(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process that nothing else is configured for."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **more}


def secrets_at(home: Path, port: int, provider: int, **changes: str) -> Path:
    """The file of secrets of a team's server, which only its owner reads."""
    section = {
        "redirect_uri": f"http://127.0.0.1:{port}/oauth2callback",
        "cookie_secret": COOKIE_SECRET,
        "client_id": "opex",
        "client_secret": CLIENT_SECRET,
        "server_metadata_url": f"http://127.0.0.1:{provider}/.well-known/openid-configuration",
    } | changes
    file = home / ".streamlit" / "secrets.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("[auth]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in section.items() if value))
    file.chmod(0o600)
    return file


def opex_serve(port: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "opex.cli", "serve", "--port", str(port), *more]


@contextmanager
def running(command: Sequence[str], home: Path, env: Mapping[str, str], url: str, name: str) -> Iterator[Path]:
    """A server that answers at that URL until the end; its log."""
    log = home / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=home, env=env, stdout=file, stderr=file, start_new_session=True)
        try:
            for _ in range(300):
                assert process.poll() is None, log.read_text()
                try:
                    urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - our own server
                    break
                except OSError:
                    time.sleep(0.2)
            yield log
        finally:
            os.killpg(process.pid, 15)
            process.wait(20)


@dataclass
class Someone:
    """A person at a browser of their own, and everything that reached it."""

    context: BrowserContext
    page: Page
    address: str
    received: list[bytes] = field(default_factory=list)

    def go(self, path: str = "/") -> None:
        self.page.goto(self.address + path)
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_selector("h1", timeout=60_000)
        for _ in range(2):
            self.page.wait_for_timeout(300)
            self.page.wait_for_function(AT_REST, timeout=60_000)

    def sign_in(self, sub: str) -> None:
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_placeholder("sub").fill(sub)
        self.page.get_by_role("button", name="Authorize").click()
        self.page.wait_for_url(f"{self.address}/**", timeout=30_000)
        self.settle()

    @property
    def title(self) -> str:
        return self.page.locator("h1").first.inner_text()

    @property
    def everything(self) -> bytes:
        """What came over HTTP and the websocket, and what stands on the page now."""
        return b"\n".join([*self.received, self.page.content().encode()])

    def close(self) -> None:
        self.context.close()


@dataclass
class Team:
    """A team's server."""

    address: str
    provider: str
    log: Path
    browser: Browser

    def someone(self, **look: object) -> Someone:
        """A new person at a new browser."""
        context = self.browser.new_context(**(look or {"viewport": {"width": 1280, "height": 1000}}))  # type: ignore[arg-type]
        one = Someone(context=context, page=context.new_page(), address=self.address)

        def note(payload: str | bytes) -> None:
            one.received.append(payload if isinstance(payload, bytes) else payload.encode())

        one.page.on("websocket", lambda socket: socket.on("framereceived", note))
        return one

    def known(self, sub: str, **claims: object) -> None:
        """Somebody whom the provider knows."""
        body = json.dumps(claims).encode()
        request = urllib.request.Request(  # noqa: S310 - our own provider
            f"{self.provider}/users/{quote(sub)}", body, {"Content-Type": "application/json"}, method="PUT"
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


@contextmanager
def team(
    browser: Browser,
    home: Path,
    workspace: str,
    *,
    administrators: str = "ana@shop.example",
    lasts: int = 3600,
    **env: str,
) -> Iterator[Team]:
    """A provider whose word lasts so many seconds, and the app that believes it."""
    port, at = free_port(), free_port()
    secrets_at(home, port, at)
    provider = [sys.executable, "-m", "oidc_provider_mock", "--port", str(at), "--token-max-age", str(lasts)]
    more = {"OPEX_WORKSPACE": workspace, "OPEX_ADMINISTRATORS": administrators, **env}
    with (
        running(provider, home, variables(home), f"http://127.0.0.1:{at}/", "provider"),
        running(opex_serve(port), home, variables(home, **more), f"http://127.0.0.1:{port}/healthz", "app") as log,
    ):
        yield Team(address=f"http://127.0.0.1:{port}", provider=f"http://127.0.0.1:{at}", log=log, browser=browser)
