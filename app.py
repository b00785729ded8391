"""The launcher: one process with the app and its routes. Nothing else; pages are reached through opex/ui/main.py only.

`streamlit run app.py`, `uvicorn app:app` and `opex serve` all start here.
"""

import logging
import secrets
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import opex
from opex.ui.collecting import keep_collections_short
from opex.ui.revision import POSITION
from opex.ui.threshold import Back, Threshold

_log = logging.getLogger("opex")
_log.setLevel(logging.INFO)
_log.addHandler(logging.StreamHandler())
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"img-src 'self' data: blob:; connect-src 'self' ws: wss:; object-src 'none'; "
    b"frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
}


class SecurityHeaders:
    """Say in every answer that nothing outside of this machine is fetched, framed or guessed at."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS.items()]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


async def healthz(_request: Request) -> PlainTextResponse:
    """Whether the process answers."""
    return PlainTextResponse("ok")


def _report(error: Exception) -> bool:
    """Log a bug in full here, and show a number there: errors name data, and pages are seen by others."""
    reference = secrets.token_hex(4)
    _log.error("reference %s", reference, exc_info=error)
    st.error(f"Something went wrong that is our fault. Nothing half-done was saved. Reference {reference}.")
    return True


keep_collections_short()
app = st.App(
    Path(opex.__file__).parent / "ui" / "main.py",
    routes=[Route("/healthz", healthz), POSITION],
    middleware=[Middleware(SecurityHeaders), Middleware(Threshold), Middleware(Back)],
    on_script_error=_report,
)
