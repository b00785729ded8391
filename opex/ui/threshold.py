"""Before any page: the server starts only as it may, and without a sign-in it answers only this machine."""

from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote, unquote

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from opex import workspace
from opex.domain.problems import Refused
from opex.domain.serving import LOOPBACK, is_loopback, refusals
from opex.services import people
from opex.ui.door import auth, team

__all__ = ["Back", "Threshold", "not_from_here", "own_path", "started"]

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


def started() -> list[str]:
    """Why the app must not start as it is set up; none when it started, with its administrators appointed."""
    at = st.get_option("server.address")
    at = LOOPBACK if at is None else str(at)  # another server than Streamlit's listens: each request is looked at
    files = [Path(file) for file in st.get_option("secrets.files")]
    try:
        found = refusals(workspace.serving(at, auth() if team() else None, _within(files)))
        if team() and not found and (named := workspace.administrators()):
            _appoint(named)
    except Refused as refusal:
        return [str(refusal)]
    return found


def _within(files: Iterable[Path]) -> list[Path]:
    """The files themselves; of a folder of secrets, those in it."""
    return [one for file in files for one in (sorted(file.rglob("*")) if file.is_dir() else [file])]


def _appoint(logins: tuple[str, ...]) -> None:
    context = workspace.open_workspace()
    try:
        people.appoint(context, logins)
    finally:
        context.database.close()


def not_from_here(client: str | None, headers: Headers) -> str:
    """Why a request is refused while nobody signs in; empty when it comes from this machine, for this machine.

    A proxy is somebody else's door, and another host name is a page elsewhere that made its name point here.

    Examples
    --------
    >>> not_from_here("127.0.0.1", Headers({"host": "localhost:8501"}))
    ''
    >>> not_from_here("127.0.0.1", Headers({"host": "evil.example:8501"}))
    'Local mode: opex answers at localhost only, under no other name.'
    """
    if client is None or not is_loopback(client):
        return "Local mode: opex answers only the machine that it runs on."
    if any(name in headers for name in FORWARDED):
        return "Local mode: opex answers no proxy. To serve a team, set up the sign-in (docs/deploy.md)."
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_loopback(_without_port(hosts[0])):
        return "Local mode: opex answers at localhost only, under no other name."
    return ""


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


class Threshold:
    """Start only as one may; without a sign-in, answer only this machine, over HTTP and the websocket alike."""

    def __init__(self, app: ASGIApp, start: Callable[[], list[str]] = started) -> None:
        self.app, self.start = app, start

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, or say why not."""
        if scope["type"] == "lifespan":
            if why := self.start():
                await receive()
                await send({"type": "lifespan.startup.failed", "message": "opex does not start.\n" + "\n".join(why)})
                return
        elif not team():
            client = scope.get("client")
            if refused := not_from_here(client[0] if client else None, Headers(scope=scope)):
                await _refuse(scope, receive, send, refused)
                return
        await self.app(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    """403 and one sentence; a websocket is not opened, which tells a browser the same."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    await PlainTextResponse(why + "\n", status_code=403)(scope, receive, send)


BACK, CALLBACK = "opex_back", "/oauth2callback"
LONGEST = 1500


def own_path(wanted: str) -> str:
    """A page of this app to go back to, as an address within it; the first page for anything else.

    Examples
    --------
    >>> own_path("/sessions?session=7"), own_path("//evil.example"), own_path("https://evil.example")
    ('/sessions?session=7', '/', '/')
    """
    odd = any(letter <= " " or letter in "\\\x7f" for letter in wanted)
    inside = wanted.startswith("/") and not wanted.startswith("//") and len(wanted) <= LONGEST
    return wanted if inside and not odd else "/"


class Back:
    """After the sign-in go to the page that was asked for: the provider only knows one address to return to."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Remember the page that a browser opens, and turn the return of the sign-in there."""
        if scope["type"] != "http" or not team():
            await self.app(scope, receive, send)
            return
        asked, path = Headers(scope=scope), scope["path"]
        opened = asked.get("sec-fetch-dest") == "document" and not path.startswith(("/auth/", "/_stcore", CALLBACK))

        async def turned(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if opened:
                    wanted = own_path(
                        quote(path) + (f"?{query}" if (query := scope["query_string"].decode("latin-1")) else "")
                    )
                    secure = "; Secure" if scope["scheme"] == "https" else ""
                    headers.append("set-cookie", f"{BACK}={quote(wanted, safe='')}; Path=/; Max-Age=900; "
                                                 f"HttpOnly; SameSite=Lax{secure}")  # fmt: skip
                elif path == CALLBACK and headers.get("location") == "/":
                    headers["location"] = own_path(unquote(_cookie(asked, BACK)))
            await send(message)

        await self.app(scope, receive, turned)


def _cookie(headers: Headers, name: str) -> str:
    return cookie_parser(headers.get("cookie", "")).get(name, "/")
